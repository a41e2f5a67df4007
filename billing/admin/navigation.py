"""The admin's side bar and header, with only what the person may see. The theme calls these functions at each request."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse, reverse_lazy
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from billing import clock
from billing.admin.base import short_moment
from billing.admin.palette import DEFAULT_ACCENT, scale

# Heading, then title, icon and model of each list under it.
SECTIONS: Any = (
    (
        _("Customers"),
        (
            (_("Customers"), "apartment", "accounts.customer"),
            (_("Instances"), "dns", "accounts.instance"),
            (pgettext_lazy("members of instances", "People"), "group", "accounts.member"),
            (_("Subscriptions"), "autorenew", "billing.subscription"),
            (_("Scheduled changes"), "event_upcoming", "billing.termschange"),
            (_("Sign-ups"), "how_to_reg", "billing.signup"),
        ),
    ),
    (
        _("To be answered"),
        (
            (_("Requests"), "inbox", "billing.customerrequest"),
            (_("Approvals"), "verified_user", "billing.approval"),
            (_("Offers"), "local_offer", "billing.offer"),
            (_("Temporary access"), "timer", "billing.relief"),
        ),
    ),
    (
        pgettext_lazy("heading", "Money"),
        (
            (_("Billing accounts"), "account_balance_wallet", "billing.billingaccount"),
            (_("Invoices"), "receipt_long", "billing.invoice"),
            (_("Payments"), "payments", "billing.payment"),
            (_("Payment attempts"), "credit_card", "billing.paymentattempt"),
            (_("Saved payment methods"), "credit_score", "billing.savedmethod"),
            (_("Credit notes"), "undo", "billing.creditnote"),
            (_("Charges"), "functions", "billing.charge"),
            (_("Tries to collect"), "credit_card_clock", "billing.collection"),
            (_("Billing periods"), "date_range", "billing.billingperiod"),
        ),
    ),
    (
        _("Ledger"),
        (
            (_("Entries"), "menu_book", "billing.entry"),
            (_("Ledger accounts"), "account_balance", "billing.ledgeraccount"),
            (_("Credit and where it went"), "call_split", "billing.credit"),
        ),
    ),
    (
        _("Catalogue"),
        (
            (_("Tariffs"), "sell", "billing.tariff"),
            (_("Moves of subscribers"), "move_up", "billing.tariffmove"),
            (_("Products"), "inventory_2", "accounts.product"),
            (_("Roles"), "badge", "accounts.role"),
            (_("Sellers"), "storefront", "billing.seller"),
            (_("VAT rates"), "percent", "billing.vatrate"),
        ),
    ),
    (
        _("What happened"),
        (
            (_("Who did what"), "fact_check", "billing.auditrecord"),
            (_("Events"), "bolt", "billing.event"),
            (_("Mails and messages"), "mail", "billing.notice"),
            (_("Changes of people"), "history", "accounts.memberchange"),
            (_("Announcements of access"), "campaign", "billing.accessannouncement"),
        ),
    ),
    (
        _("Machinery"),
        (
            (_("Work set aside"), "construction", "billing.jobrun"),
            (_("Heartbeats"), "ecg_heart", "billing.heartbeat"),
            (_("Schedules"), "schedule", "django_q.schedule"),
            (_("Failed tasks"), "error", "django_q.failure"),
            (_("API tokens"), "key", "billing.apitoken"),
            (_("Webhooks"), "webhook", "billing.webhookendpoint"),
            (_("Webhook deliveries"), "outbound", "billing.webhookdelivery"),
            (_("Users"), "person", "accounts.user"),
            (_("Groups"), "groups", "auth.group"),
        ),
    ),
)


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """Returns the side bar: home, then a heading for each kind of work with the lists that the person may see."""
    home = {"title": _("What needs somebody"), "icon": "home", "link": reverse_lazy("admin:index")}
    groups: list[dict[str, Any]] = [{"items": [home]}]
    for heading, lists in SECTIONS:
        items = []
        for title, icon, label in lists:
            app_label, model = label.split(".")
            if request.user.has_perm(f"{app_label}.view_{model}"):
                items.append(
                    {"title": capfirst(title), "icon": icon, "link": reverse(f"admin:{app_label}_{model}_changelist")}
                )
        if items:
            groups.append({"title": heading, "separator": True, "items": items})
    return groups


def subheader(request: HttpRequest) -> str:
    """Returns the line under the name: in a sandbox its clock, so that nobody takes it for today."""
    stands_at = clock.sandbox_now()
    if stands_at is not None:
        return str(_("sandbox, %(at)s") % {"at": short_moment(stands_at)})
    return str(_("sandbox") if settings.BILLING_SANDBOX else _("workbench"))


def account_links(request: HttpRequest) -> list[dict[str, Any]]:
    """Returns the links of the menu at the person's name."""
    return [
        {"title": _("Second factor"), "link": reverse("mfa_index")},
        {"title": _("Email addresses"), "link": reverse("account_email")},
        {"title": _("Sessions"), "link": reverse("usersessions_list")},
    ]


def styles(request: HttpRequest) -> str:
    return static("staff/staff.css")


def icon(request: HttpRequest) -> str:
    return static("portal/mark.svg")


def primary(request: HttpRequest) -> dict[str, str]:
    """Returns the theme's scale of PORTAL_ACCENT or, without it, of Saldo's own green."""
    return scale(settings.PORTAL_ACCENT or DEFAULT_ACCENT)
