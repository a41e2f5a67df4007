"""A person's preferences (which notices they get and how, the theme) and the operator's look (accent, logo, icon).

The language of the pages is set by Django's set_language."""

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
from billing.portal.permissions import select_account, signed_in_user

A_DAY = 24 * 3600
A_YEAR = 365 * A_DAY


def _return_address(request: HttpRequest) -> str:
    """Returns the page that the person came from, never one of another site."""
    target = request.POST.get("next", "")
    hosts = {request.get_host()}
    return target if url_has_allowed_host_and_scheme(target, hosts, require_https=request.is_secure()) else "/"


@require_http_methods(["GET", "POST"])
@login_required
def notices(request: HttpRequest) -> HttpResponse:
    """Shows which notices the person gets, by which channel and in which language; POST saves the choice."""
    user, error = signed_in_user(request), None
    choice = preferences.read_choice(user)
    if request.method == "POST":
        choice = _read_choice(request, choice)
        try:
            preferences.save_choice(user=user, choice=choice, as_of=clock.now())
        except BadInput as refusal:
            error = refusal
        else:
            messages.success(request, _("Saved. It holds for what is written from now on."))
            return HttpResponseRedirect(request.get_full_path())
    services = preferences.services()
    context = {
        "section": "mails",
        "selection": select_account(request),
        "choice": choice,
        "rows": _rows(preferences.groups_for(user), choice),
        "services": services,
        "asks_handle": any(service.asks_handle for service in services),
        "error": error,
        "languages": settings.LANGUAGES,
    }
    return render(request, "portal/preferences.html", context, status=422 if error else 200)


def _read_choice(request: HttpRequest, before: preferences.Choice) -> preferences.Choice:
    """Reads the choice from the form; what the form does not ask for stays as ``before`` has it."""
    form, groups = request.POST, NoticePreference.Group.values
    choice = replace(
        before,
        not_by_email=tuple(group for group in groups if f"email_{group}" not in form),
        locale=form.get("locale", ""),
    )
    if "service" not in form:
        return choice
    return replace(
        choice,
        by_message=tuple(group for group in groups if f"message_{group}" in form),
        service=form["service"],
        phone=form.get("phone", ""),
        handle=form.get("handle", before.handle),
    )


def _rows(groups: "list[preferences.GroupOption]", choice: preferences.Choice) -> list[dict[str, Any]]:
    return [
        {
            "group": offered.group,
            "what": offered.what,
            "is_bound": offered.is_bound,
            "by_email": offered.is_bound or offered.group not in choice.not_by_email,
            "by_message": offered.group in choice.by_message,
        }
        for offered in groups
    ]


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Stores the theme in a cookie; ``auto`` and anything unknown leave it to the device."""
    response = HttpResponseRedirect(_return_address(request))
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
    """Answers the operator's accent as a stylesheet: the content security policy forbids inline styles."""
    try:
        rules = accent.stylesheet(settings.PORTAL_ACCENT)
    except ValueError:
        raise Http404 from None  # empty, or no colour: the default accent stays
    return HttpResponse(rules, content_type="text/css; charset=utf-8")


@require_GET
@cache_control(public=True, max_age=A_DAY)
def favicon(request: HttpRequest) -> HttpResponse:
    """Redirects to the icon that browsers ask for by this name where a page names none, as for a PDF."""
    return HttpResponseRedirect(static("portal/favicon.ico"))


@require_GET
@cache_control(public=True, max_age=A_DAY)
def logo(request: HttpRequest) -> HttpResponseBase:
    """Answers the operator's logo from MEDIA_ROOT; nothing else of that directory is ever served."""
    path = logo_path()
    if path is None:
        raise Http404
    return FileResponse(path.open("rb"), content_type=LOGO_TYPES[path.suffix.lower()])
