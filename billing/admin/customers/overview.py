"""A customer on one page: money, access, what comes next, people and papers, and the newest of what happened."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db.models import Case, F, Value, When
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Customer, Instance, Member
from billing import clock
from billing.admin.base import badge, figure, link, list_url, moment, money, short_date, short_moment
from billing.admin.customers import timeline
from billing.admin.subscriptions.labels import status_badge
from billing.models import (
    Approval,
    BillingAccount,
    CustomerRequest,
    Event,
    Invoice,
    Notice,
    Offer,
    Payment,
    Subscription,
)
from billing.operations.collection import payment_methods
from billing.operations.cycle import access
from billing.pricing.periods import business_date
from billing.reports import overview
from billing.reports.calendars import calendar, titles
from billing.reports.calendars.calendar import Step
from billing.reports.invoices import with_credited
from billing.reports.worklists import subscription_work, waiting
from billing.wording import formats

MOST = 6  # rows of a kind; the list has the rest
MOST_ACCOUNTS = 5
MOST_INSTANCES = 8
LEVEL = {"full": "good", "read_only": "warn", "deleted": "plain"}
MOST_COMING = 5


@dataclass(frozen=True)
class Row:
    """One line of a table: what it is and leads to, what is said of it, its sum and its state."""

    title: object
    note: str = ""
    sum: "SafeString | str" = ""
    state: "SafeString | str" = ""


@dataclass(frozen=True)
class Table:
    """Some rows of one kind, and where all of them are; an ``optional`` one is not shown without rows."""

    title: "str | Promise"
    url: str
    rows: list[Row]
    optional: bool = False

    @property
    def is_shown(self) -> bool:
        return bool(self.rows) or not self.optional


def said(*parts: object) -> str:
    """What is known of a row, in one line."""
    return " · ".join(str(part) for part in parts if part)


def _account(account: BillingAccount, as_of: datetime) -> dict[str, Any]:
    now = overview.standing(account=account, as_of=as_of)
    method = payment_methods.active(account)
    return {
        "link": link(account, _("Account %(number)s") % {"number": account.number}),
        "balance": figure(now.balance_minor, account.currency),
        "overdue": money(now.overdue_minor, account.currency) if now.overdue_minor else "",
        "relief": moment(now.relief.ends_at) if now.relief is not None else "",
        "method": link(method, method.title) if method is not None else "",
        "coming": _coming(account, as_of),
    }


def _coming(account: BillingAccount, as_of: datetime) -> list[Row]:
    """The next dates of the money calendar; what we only write about is left out."""
    ahead = [one for one in calendar.happenings(account=account, as_of=as_of, months=1) if one.step != Step.REMINDER]
    return [Row(_step(one), formats.date_text(one.day), titles.amount(one)) for one in ahead[:MOST_COMING]]


def _step(one: calendar.Happening) -> str:
    if one.step == Step.END and one.subscription is not None:
        return str(_("%(domain)s: ends, as its owner asked") % {"domain": one.subscription.instance.domain})
    return titles.title(one)


def _instances(customer: Customer, as_of: datetime) -> Table:
    found = Instance.objects.filter(customer=customer).select_related("product").order_by("deleted_at", "domain")
    shown = list(found[:MOST_INSTANCES])
    running = {
        row.instance_id: row
        for row in Subscription.objects.filter(instance__in=shown)
        .select_related("account__seller", "tariff", "instance__product")
        .annotate(in_debt=subscription_work.in_debt(as_of))
        .order_by(F("terminated_at").asc(nulls_last=True))
    }  # the one that runs, else the one that ended last
    levels = access.levels(shown, as_of=as_of)
    rows = [_instance(one, running.get(one.pk), levels[one.pk].level, as_of) for one in shown]
    return Table(_("Instances"), list_url(Instance, f"customer__id__exact={customer.pk}"), rows)


def _instance(instance: Instance, subscription: Any, level: Any, as_of: datetime) -> Row:
    """What it is on and how that stands; its access where it is less than full."""
    locale, states = formats.language(), []
    name = instance.product.name_in(locale)
    if subscription is not None and instance.deleted_at is None:
        states.append(status_badge(subscription, in_debt=subscription.in_debt, as_of=as_of))
        name = subscription.tariff.name_in(locale) if subscription.tariff is not None else name
    if level.value != "full":
        states.append(badge(LEVEL[str(level.value)], level.label))
    ends = subscription.trial_ends_on if subscription is not None and subscription.paid_from is None else None
    trial = _("trial to %(date)s") % {"date": short_date(ends)} if ends is not None else ""
    return Row(link(instance), said(name, trial), state=format_html_join(" ", "{}", ((one,) for one in states)))


def _people(customer: Customer) -> Table:
    from billing.admin.customers.members import STATUS

    rank = Case(When(status="active", then=Value(0)), When(status="invited", then=Value(1)), default=Value(2))
    found = (
        Member.objects.filter(instance__customer=customer).exclude(status="removed").select_related("role", "instance")
    )
    first = found.order_by(rank, "-role__is_administrator", "-role__has_billing_right", "name", "pk")[:MOST]
    locale = formats.language()
    return Table(
        pgettext_lazy("members of instances", "People"),
        list_url(Member, f"instance__customer__id__exact={customer.pk}"),
        [
            Row(
                link(one),
                said(one.email if one.name else "", one.role.name_in(locale)),
                state=badge(STATUS[one.status], one.get_status_display()),
            )
            for one in first
        ],
    )


def _documents(customer: Customer, as_of: datetime, query: str) -> Table:
    from billing.admin.money.invoices import STATUS

    rows = []
    found: Any = with_credited(Invoice.objects.filter(account__customer=customer)).select_related("seller")
    for one in found.order_by("-issued_at", "-pk")[:MOST]:
        status = one.status_on(business_date(as_of, one.seller.time_zone), int(one.credited))
        due = _("due %(date)s") % {"date": short_date(one.due_date)} if one.open_minor else ""
        rows.append(
            Row(
                link(one),
                said(short_date(one.issue_date), due),
                money(one.total_minor, one.currency),
                badge(STATUS[str(status.value)], status.label),
            )
        )
    return Table(_("Invoices"), list_url(Invoice, query), rows)


def _payments(customer: Customer, query: str) -> Table:
    found = Payment.objects.filter(account__customer=customer).select_related("account", "credit__entry__reversed_by")
    return Table(
        _("Payments"),
        list_url(Payment, query),
        [
            Row(
                link(one, one.reference or one.get_method_display()),
                said(short_date(business_date(one.received_at, settings.BILLING_TIME_ZONE)), one.get_method_display()),
                money(one.amount_minor, one.currency),
                badge("bad", _("taken back")) if hasattr(one.credit.entry, "reversed_by") else "",
            )
            for one in found.order_by("-received_at", "-pk")[:MOST]
        ],
    )


def _asked(customer: Customer) -> list[CustomerRequest]:
    """What waits for an answer first, then the newest."""
    found = CustomerRequest.objects.filter(account__customer=customer).select_related("account__seller")
    return list(found.order_by(F("answered_at").desc(nulls_first=True), "-pk")[:MOST])


def _requests(asked: list[CustomerRequest], as_of: datetime, query: str) -> Table:
    from billing.admin.customers.requests import clock_badge

    return Table(
        _("Requests"),
        list_url(CustomerRequest, query),
        [
            Row(
                link(one, capfirst(one.get_kind_display())),
                said(short_moment(one.requested_at), one.requested_by),
                state=clock_badge(one, as_of),
            )
            for one in asked
        ],
        optional=True,
    )


def _sent(customer: Customer) -> list[Offer]:
    found = Offer.objects.filter(account__customer=customer).select_related("account__seller")
    return list(found.order_by("-pk")[:MOST])


def _offers(sent: list[Offer], as_of: datetime, query: str) -> Table:
    from billing.admin.money.offers import state_badge

    return Table(
        _("Offers"),
        list_url(Offer, query),
        [
            Row(
                link(one),
                _("valid until %(date)s") % {"date": short_date(one.valid_until)},
                money(one.pay_minor, one.currency),
                state_badge(one, as_of),
            )
            for one in sent
        ],
        optional=True,
    )


def _mails(customer: Customer) -> Table:
    found = Notice.objects.filter(account__customer=customer).defer("text", "html").order_by("-pk")[:MOST]
    return Table(
        _("Mails and messages"),
        list_url(Notice, f"account__customer__id__exact={customer.pk}"),
        [
            Row(
                link(one, one.subject),
                said(one.recipient, short_moment(one.created_at)),
                state=badge(timeline.NOTICE[one.state], one.get_state_display()),
            )
            for one in found
        ],
    )


def _waiting(asked: list[CustomerRequest], sent: list[Offer], held: list[Approval], as_of: datetime) -> list[Row]:
    """What the customer waits for from us, what a colleague decides, and what we wait for from the customer."""
    from billing.admin.customers.requests import clock_badge
    from billing.admin.money.offers import state_badge

    rows = [
        Row(link(one, capfirst(one.get_kind_display())), state=clock_badge(one, as_of))
        for one in asked
        if one.answered_at is None
    ]
    rows += [
        Row(
            link(one, capfirst(one.get_kind_display())),
            sum=money(one.amount_minor, one.currency),
            state=badge("warn", _("waits for approval")),
        )
        for one in held
    ]
    rows += [
        Row(link(one, _("Offer %(number)s") % {"number": one.number}), state=state_badge(one, as_of))
        for one in sent
        if one.is_open(business_date(as_of, one.account.zone))
    ]
    return rows


def accounts_of(customer: Any) -> list[BillingAccount]:
    """The customer's accounts, read once a page."""
    if not hasattr(customer, "accounts_now"):
        found = BillingAccount.objects.filter(customer=customer).select_related("seller")
        customer.accounts_now = list(found[:MOST_ACCOUNTS])
    kept: list[BillingAccount] = customer.accounts_now
    return kept


def overview_of(request: HttpRequest, customer: Customer, as_of: datetime) -> dict[str, Any]:
    """What the page shows above the form; nothing that the person may not look into."""
    may = request.user.has_perm
    accounts = accounts_of(customer)
    asked = _asked(customer) if may("billing.view_customerrequest") else []
    sent = _sent(customer) if may("billing.view_offer") else []
    held = list(waiting.approvals().filter(account__customer=customer)[:MOST]) if may("billing.view_approval") else []
    query = f"q={accounts[0].number}" if len(accounts) == 1 else f"q={customer.name}"
    instances = _instances(customer, as_of) if may("accounts.view_instance") else None
    makers: tuple[tuple[str, Callable[[], Table]], ...] = (
        ("accounts.view_member", lambda: _people(customer)),
        ("billing.view_invoice", lambda: _documents(customer, as_of, query)),
        ("billing.view_payment", lambda: _payments(customer, query)),
        ("billing.view_offer", lambda: _offers(sent, as_of, query)),
        ("billing.view_customerrequest", lambda: _requests(asked, as_of, query)),
        ("billing.view_notice", lambda: _mails(customer)),
    )
    tables = [make() for permission, make in makers if may(permission)]
    found: dict[str, Any] = {
        "tables": [one for one in tables if one.is_shown],
        "instances": instances,
        "waiting": _waiting(asked, sent, held, as_of),
    }
    if may("billing.view_billingaccount"):
        found["accounts"] = [_account(one, as_of) for one in accounts]
        found["timeline"], _older = timeline.lines_of(request, customer, limit=12)
        found["timeline_url"] = reverse("admin:accounts_customer_timeline", args=(customer.pk,))
        if may("billing.view_event"):
            found["events_url"] = list_url(Event, f"account__customer__id__exact={customer.pk}")
    return found


class Overviewed:
    """Puts the overview above a customer's form, and the timeline on a page of its own."""

    change_form_outer_before_template = "admin/customer_overview.html"

    def get_urls(self) -> list[URLPattern]:
        page: Any = self
        view = page.admin_site.admin_view(self.timeline_view)
        found: list[URLPattern] = super().get_urls()  # type: ignore[misc]
        return [path("<int:object_id>/timeline/", view, name="accounts_customer_timeline"), *found]

    def timeline_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Everything that happened; for those who may look into the accounts."""
        page: Any = self
        if not page.has_view_permission(request) or not request.user.has_perm("billing.view_billingaccount"):
            raise PermissionDenied
        customer = page.get_object(request, str(object_id))
        if customer is None:
            raise Http404
        return timeline.view(page, request, customer)

    def acts_of(self, request: HttpRequest, customer: Customer) -> list[dict[str, Any]]:
        """The acts of the customer's account, where there is one; and another instance."""
        page: Any = self
        found: list[dict[str, Any]] = []
        accounts = accounts_of(customer)
        if len(accounts) == 1:
            other: Any = page.admin_site.get_model_admin(BillingAccount)
            found += other.buttons(other.acts, request, accounts[0])
        if customer.erased_at is None:
            other = page.admin_site.get_model_admin(Instance)
            register = other.buttons(other.list_acts, request)
            found += [{**one, "path": f"{one['path']}?customer={customer.pk}"} for one in register]
        return found

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        customer = kwargs.get("obj")
        if customer is not None:
            context["overview"] = overview_of(request, customer, clock.now())
        return super().render_change_form(request, context, *args, **kwargs)  # type: ignore[misc]
