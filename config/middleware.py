"""Middleware that every response passes: security headers, content security policy, the billing time zone."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone

GetResponse = Callable[[HttpRequest], HttpResponse]


class SecurityHeadersMiddleware:
    """Sets Permissions-Policy, makes cookies Secure over https, and keeps pages of signed-in people out of caches."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", settings.PERMISSIONS_POLICY)
        user = getattr(request, "user", None)
        if not response.has_header("Cache-Control") and user is not None and user.is_authenticated:
            response.headers["Cache-Control"] = "private, no-store"
        if request.is_secure():
            for cookie in response.cookies.values():
                cookie["secure"] = True
        return response


class ContentSecurityPolicyMiddleware(CSPMiddleware):
    """Sends one strict policy, widened for the two parts of the site whose scripts are not ours: the admin, the API's pages."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        if parts.replace is None and request.path.startswith("/admin/"):
            parts.replace = settings.ADMIN_CONTENT_SECURITY_POLICY
        elif parts.replace is None and request.path == "/api/v1/docs":
            parts.replace = settings.API_DOCS_CONTENT_SECURITY_POLICY
        return parts


class BusinessTimeZoneMiddleware:
    """Activates the billing time zone for pages, where people read and type instants; the API stays in UTC."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith("/api/"):
            return self.get_response(request)
        with timezone.override(ZoneInfo(settings.BILLING_TIME_ZONE)):
            return self.get_response(request)
