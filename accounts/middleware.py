"""Staff of the operator need a second factor."""

from collections.abc import Callable

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.shortcuts import redirect
from django.utils.translation import gettext as _

FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]  # recovery codes alone are no second factor

# What setting up a second factor needs: its pages, reauthentication, confirming the address, signing out, the language.
OPEN_TO_ALL = (
    "/accounts/2fa/",
    "/accounts/reauthenticate/",
    "/accounts/email/",
    "/accounts/confirm-email/",
    "/accounts/logout/",
    "/accounts/login/",
    "/accounts/password/",
    "/admin/logout/",
    "/i18n/",
    "/theme/",
    "/accent.css",
    "/logo/",
    "/healthz",
    "/static/",
    "/api/",
)


class StaffMfaMiddleware:
    """Keeps staff without a second factor on the pages where one is set up, where ``STAFF_MFA=required``.

    A session that is older than the setting is stopped at its next request.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if self._is_barred(request):
            if request.method not in ("GET", "HEAD"):
                return HttpResponseForbidden(
                    _("Set up a second factor first."), content_type="text/plain; charset=utf-8"
                )
            messages.warning(
                request, _("Your work here needs a second factor: set up an authenticator app or a passkey.")
            )
            return redirect("mfa_index")
        return self.get_response(request)

    def _is_barred(self, request: HttpRequest) -> bool:
        user = request.user
        return (
            settings.STAFF_MFA == "required"
            and user.is_authenticated
            and user.is_staff
            and not request.path.startswith(OPEN_TO_ALL)
            and not is_mfa_enabled(user, FACTORS)
        )
