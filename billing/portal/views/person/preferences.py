"""What a person chooses for themselves (what they are told and how, the theme; the language of the pages is Django's
set_language), and the operator's own look."""

from dataclasses import replace
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.templatetags.static import static
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from billing import clock
from billing.errors import BadInput
from billing.models import NoticePreference
from billing.operations.customers import preferences
from billing.portal import accent
from billing.portal.context import LOGO_TYPES, THEME_COOKIE, THEMES, logo_path
from billing.portal.permissions import desk_of, signed_in

A_DAY = 24 * 3600
A_YEAR = 365 * A_DAY


def _back(request: HttpRequest) -> str:
    """Where the person came from, never to another site."""
    target = request.POST.get("next", "")
    hosts = {request.get_host()}
    return target if url_has_allowed_host_and_scheme(target, hosts, require_https=request.is_secure()) else "/"


@require_http_methods(["GET", "POST"])
@login_required
def notices(request: HttpRequest) -> HttpResponse:
    """What the person is told, by which way and in which language; POST keeps the choice."""
    user, error = signed_in(request), None
    wanted = preferences.read_choice(user)
    if request.method == "POST":
        wanted = _told(request, wanted)
        try:
            preferences.save_choice(user=user, choice=wanted, as_of=clock.now())
        except BadInput as refusal:
            error = refusal
        else:
            messages.success(request, _("Saved. It holds for what is written from now on."))
            return HttpResponseRedirect(request.get_full_path())
    services = preferences.services()
    context = {
        "section": "mails",
        "desk": desk_of(request),
        "wanted": wanted,
        "rows": _rows(preferences.groups_for(user), wanted),
        "services": services,
        "asks_handle": any(one.asks_handle for one in services),
        "error": error,
        "languages": settings.LANGUAGES,
    }
    return render(request, "portal/preferences.html", context, status=422 if error else 200)


def _told(request: HttpRequest, before: preferences.Choice) -> preferences.Choice:
    """The choice as the form says it; what the form did not ask stays as it was."""
    told, groups = request.POST, NoticePreference.Group.values
    wanted = replace(
        before,
        not_by_email=tuple(group for group in groups if f"email_{group}" not in told),
        locale=told.get("locale", ""),
    )
    if "service" not in told:
        return wanted
    return replace(
        wanted,
        by_message=tuple(group for group in groups if f"message_{group}" in told),
        service=told["service"],
        phone=told.get("phone", ""),
        handle=told.get("handle", before.handle),
    )


def _rows(groups: "list[preferences.GroupOption]", wanted: preferences.Choice) -> list[dict[str, Any]]:
    return [
        {
            "group": one.group,
            "what": one.what,
            "is_bound": one.is_bound,
            "by_email": one.is_bound or one.group not in wanted.not_by_email,
            "by_message": one.group in wanted.by_message,
        }
        for one in groups
    ]


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
def favicon(request: HttpRequest) -> HttpResponse:
    """What browsers ask for by this name where a page names no icon, as for a PDF."""
    return HttpResponseRedirect(static("portal/favicon.ico"))


@require_GET
@cache_control(public=True, max_age=A_DAY)
def logo(request: HttpRequest) -> HttpResponseBase:
    """The operator's logo from MEDIA_ROOT; nothing else of that directory is ever served."""
    path = logo_path()
    if path is None:
        raise Http404
    return FileResponse(path.open("rb"), content_type=LOGO_TYPES[path.suffix.lower()])
