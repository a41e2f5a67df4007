"""The admin's theme looks alike in every installation; the name over its pages is the operator's setting.

Dotted names are functions that the theme calls for each request: icons, styles and links have addresses only then.
"""

from typing import Any

UNFOLD: dict[str, Any] = {
    "SITE_ICON": "billing.admin.navigation.icon",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "sizes": "any", "href": "billing.admin.navigation.icon"}
    ],
    "SITE_URL": "/",
    "SHOW_HISTORY": False,  # the audit records show who did what
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_LANGUAGES": True,
    "SHOW_BACK_BUTTON": True,
    "BORDER_RADIUS": "10px",
    "STYLES": ["billing.admin.navigation.styles"],
    "COLORS": {
        "base": {
            "50": "#f7f6f3",
            "100": "#efede8",
            "200": "#e4e2dc",
            "300": "#d3d0c8",
            "400": "#868b90",
            "500": "#5d646c",
            "600": "#474d54",
            "700": "#343a41",
            "800": "#2b3138",
            "900": "#1b1f24",
            "950": "#131619",
        },
        "primary": "billing.admin.navigation.primary",
        "font": {"subtle-light": "#5d646c", "default-light": "#474d54", "important-light": "#1c1f23"},
    },
    "SITE_SUBHEADER": "billing.admin.navigation.subheader",
    "DASHBOARD_CALLBACK": "billing.admin.home.page.dashboard",
    "ACCOUNT": {"navigation": "billing.admin.navigation.account_links"},
    "SIDEBAR": {"show_search": True, "command_search": True, "navigation": "billing.admin.navigation.sidebar"},
}
