"""Asks for reauthentication before what cannot be taken back: a proof at most some minutes old that it is still the same person.

Whoever has a second factor gives it; whoever has none types the password again. The form that was sent waits in the session
and is carried out afterwards, so that nobody types anything twice.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.flows.reauthentication import STATE_SESSION_KEY
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import resolve, reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

from billing import clock
from billing.portal.permissions import signed_in_user

TOTP, KEY = Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN


def redirect_to_reauthentication(request: HttpRequest, back_to: str = "") -> HttpResponse | None:
    """Redirects to the page that reauthenticates and leads back to ``back_to`` (default: this page); None where the last proof is
    recent."""
    user = signed_in_user(request)
    has_code, has_key = is_mfa_enabled(user, [TOTP]), is_mfa_enabled(user, [KEY])
    method = "mfa" if has_code or has_key else "password"
    since = clock.real_now().timestamp() - settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
    records = get_authentication_records(request, user)
    if any(record.get("method") == method and record.get("at", 0) > since for record in records):
        return None
    page = "account_reauthenticate"
    if method == "mfa":
        page = "mfa_reauthenticate" if has_code else "mfa_reauthenticate_webauthn"
    return HttpResponseRedirect(f"{reverse(page)}?{urlencode({'next': back_to or request.get_full_path()})}")


def require_reauthentication(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Decorates a view that runs only for somebody who has just reauthenticated; others are asked first, and their form is carried
    out afterwards. Stands inside whatever answers 404, so that nobody is asked about what is not theirs."""

    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        redirect = redirect_to_reauthentication(request)
        if redirect is None:
            return view(request, *args, **kwargs)
        form = request.POST.copy()
        form.pop("csrfmiddlewaretoken", None)
        request.session[STATE_SESSION_KEY] = {
            "callback": f"{__name__}.resume_request",
            "state": {
                "path": request.path,
                "query": request.GET.urlencode(),
                "form": form.urlencode(),
                "page": request.get_full_path(),
            },
        }
        return redirect

    return wrapper


def resume_request(request: HttpRequest, state: dict[str, str]) -> HttpResponse:
    """Carries out the form that waits in the session; called by allauth after the reauthentication.

    Only where this reauthentication was for that form: somebody may have abandoned it and reauthenticate for another page.
    """
    next_page = request.POST.get("next") or request.GET.get("next") or ""
    if next_page != state["page"]:
        safe = url_has_allowed_host_and_scheme(next_page, {request.get_host()}, require_https=request.is_secure())
        return HttpResponseRedirect(next_page if next_page and safe else reverse("portal:overview"))
    request.path = request.path_info = state["path"]
    request.GET, request.POST = QueryDict(state["query"]), QueryDict(state["form"])
    match = resolve(state["path"])
    response: HttpResponse = match.func(request, *match.args, **match.kwargs)
    return response
