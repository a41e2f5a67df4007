"""Proof, some minutes old at most, that it is still the same person: before what cannot be taken back (house's "m").

Whoever has a second factor gives it; whoever has none types the password again.
"""

from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode

from billing import clock
from billing.portal.permissions import signed_in

TOTP, KEY = Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN


def proof_wanted(request: HttpRequest, back_to: str = "") -> HttpResponse | None:
    """The way to the page that asks for the proof and leads back to ``back_to`` (this page); None where it is fresh."""
    user = signed_in(request)
    has_code, has_key = is_mfa_enabled(user, [TOTP]), is_mfa_enabled(user, [KEY])
    method = "mfa" if has_code or has_key else "password"
    since = clock.real_now().timestamp() - settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
    records = get_authentication_records(request, user)
    if any(one.get("method") == method and one.get("at", 0) > since for one in records):
        return None
    page = "account_reauthenticate"
    if method == "mfa":
        page = "mfa_reauthenticate" if has_code else "mfa_reauthenticate_webauthn"
    return HttpResponseRedirect(f"{reverse(page)}?{urlencode({'next': back_to or request.get_full_path()})}")
