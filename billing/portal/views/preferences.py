"""What a person chooses for their own eyes (the theme; the language is Django's set_language), and the operator's own look."""

from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_POST

from billing.portal import accent
from billing.portal.context import LOGO_TYPES, THEME_COOKIE, THEMES, logo_path

A_DAY = 24 * 3600
A_YEAR = 365 * A_DAY


def _back(request: HttpRequest) -> str:
    """Where the person came from, never to another site."""
    target = request.POST.get("next", "")
    hosts = {request.get_host()}
    return target if url_has_allowed_host_and_scheme(target, hosts, require_https=request.is_secure()) else "/"


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Keeps the theme in a cookie; ``auto`` and anything unknown leaves it to the device."""
    response = HttpResponseRedirect(_back(request))
    chosen = request.POST.get("theme", "")
    if chosen in THEMES:
        response.set_cookie(
            THEME_COOKIE, chosen, max_age=A_YEAR, samesite="Lax", httponly=True, secure=request.is_secure()
        )
    else:
        response.delete_cookie(THEME_COOKIE)
    return response


@require_GET
@cache_control(public=True, max_age=A_YEAR)
def accent_stylesheet(request: HttpRequest) -> HttpResponse:
    """The operator's accent as a stylesheet: a page may carry no inline style."""
    try:
        rules = accent.stylesheet(settings.PORTAL_ACCENT)
    except ValueError:
        raise Http404 from None  # empty, or no colour: the house's own accent stays
    return HttpResponse(rules, content_type="text/css; charset=utf-8")


@require_GET
@cache_control(public=True, max_age=A_DAY)
def logo(request: HttpRequest) -> HttpResponseBase:
    """The operator's logo from MEDIA_ROOT; nothing else of that directory is ever served."""
    path = logo_path()
    if path is None:
        raise Http404
    return FileResponse(path.open("rb"), content_type=LOGO_TYPES[path.suffix.lower()])
