"""The template context of every page: the operator's name, look and support contacts, and the person's choices."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import SuspiciousFileOperation
from django.http import HttpRequest
from django.urls import reverse
from django.utils._os import safe_join

from billing import clock
from billing.portal.accent import accent_tag

THEMES = ("light", "dark")
THEME_COOKIE = "theme"
LOGO_TYPES = {
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
}


def logo_path() -> Path | None:
    """Returns the operator's logo under MEDIA_ROOT; None where none is set, the file is missing, or its type is not served."""
    name = settings.PORTAL_LOGO
    if not name or Path(name).suffix.lower() not in LOGO_TYPES:
        return None
    try:
        path = Path(safe_join(settings.MEDIA_ROOT, name))
    except SuspiciousFileOperation:
        return None
    return path if path.is_file() else None


def support() -> dict[str, str]:
    """Returns the operator's support contacts, empty where none are set (D20)."""
    contacts = {"email": settings.SUPPORT_EMAIL, "phone": settings.SUPPORT_PHONE, "link": settings.SUPPORT_LINK}
    if not any(contacts.values()):
        return {}
    contacts["phone_link"] = "".join(sign for sign in contacts["phone"] if sign.isdigit() or sign == "+")
    contacts["link_name"] = contacts["link"].removeprefix("https://").rstrip("/")
    return contacts


def portal(request: HttpRequest) -> dict[str, Any]:
    """Puts ``portal`` into every page (a context processor). Makes no query but, in a sandbox, that for its clock."""
    theme = request.COOKIES.get(THEME_COOKIE, "")
    accent = settings.PORTAL_ACCENT
    user = getattr(request, "user", None)
    return {
        "portal": {
            "name": settings.PORTAL_NAME,
            "logo": reverse("portal:logo") if logo_path() else "",
            "accent": accent,
            "accent_tag": accent_tag(accent) if accent else "",
            "support": support(),
            "theme": theme if theme in THEMES else "",
            "languages": settings.LANGUAGES,
            "zone": settings.BILLING_TIME_ZONE,
            "sandbox_now": clock.sandbox_now,  # called by the page that shows it
            "sign_up": settings.SELF_SIGN_UP,
            "person": user.get_short_name() if user is not None and user.is_authenticated else "",
        }
    }
