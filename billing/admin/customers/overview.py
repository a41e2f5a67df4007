"""A customer's overview on one page: money, access, next dates, people, documents and the latest events."""

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

MOST = 6  # rows of a kind; the list has all
MOST_ACCOUNTS = 5
MOST_INSTANCES = 8
LEVEL = {"full": "good", "read_only": "warn", "deleted": "plain"}
MOST_DATES = 5


@dataclass(frozen=True)
class Row:
    """A row of a table: ``title`` names it and leads to its page, ``note`` describes it."""

    title: object
    note: str = ""
    sum: "SafeString | str" = ""
    state: "SafeString | str" = ""


@dataclass(frozen=True)
class Table:
    """A table shows the first rows of one kind; ``url`` lists all. An ``optional`` one is hidden where it has no rows."""

    title: "str | Promise"
    url: str
    rows: list[Row]
    optional: bool = False

    @property
    def is_shown(self) -> bool:
        return bool(self.rows) or not self.optional


def join_details(*parts: object) -> str:
    """Joins the details of a row into one line, without the empty ones."""
    return " · ".join(str(part) for part in parts if part)


def _account(account: BillingAccount, as_of: datetime) -> dict[str, Any]:
    state = overview.account_position(account=account, as_of=as_of)
    method = payment_methods.active_method(account)
    return {
        "link": link(account, _("Account %(number)s") % {"number": account.number}),
        "balance": figure(state.balance_minor, account.currency),
        "overdue": money(state.overdue_minor, account.currency) if state.overdue_minor else "",
        "relief": moment(state.relief.ends_at) if state.relief is not None else "",
        "method": link(method, method.title) if method is not None else "",
        "coming": _next_dates(account, as_of),
    }


def _next_dates(account: BillingAccount, as_of: datetime) -> list[Row]:
    """Returns the next due items of the account's calendar; reminders are left out."""
    due_items = [
        due_item
        for due_item in calendar.calendar_items(account=account, as_of=as_of, months=1)
        if due_item.step != Step.REMINDER
    ]
    return [
        Row(_step_title(due_item), formats.date_text(due_item.day), titles.amount(due_item))
        for due_item in due_items[:MOST_DATES]
    ]


def _step_title(due_item: calendar.CalendarItem) -> str:
    if due_item.step == Step.END and due_item.subscription is not None:
        return str(_("%(domain)s: ends, as its owner asked") % {"domain": due_item.subscription.instance.domain})
    return titles.title(due_item)


def _instances(customer: Customer, as_of: datetime) -> Table:
    all_instances = (
        Instance.objects.filter(customer=customer).select_related("product").order_by("deleted_at", "domain")
    )
    instances = list(all_instances[:MOST_INSTANCES])
    running = {
        row.instance_id: row
        for row in Subscription.objects.filter(instance__in=instances)
        .select_related("account__seller", "tariff", "instance__product")
        .annotate(in_debt=subscription_work.has_overdue_invoice(as_of))
        .order_by(F("terminated_at").asc(nulls_last=True))
    }  # the running subscription, else the one that ended last
    levels = access.levels(instances, as_of=as_of)
    rows = [_instance(instance, running.get(instance.pk), levels[instance.pk].level, as_of) for instance in instances]
    return Table(_("Instances"), list_url(Instance, f"customer__id__exact={customer.pk}"), rows)


def _instance(instance: Instance, subscription: Any, level: Any, as_of: datetime) -> Row:
    """Describes an instance: its tariff, the subscription's status, and its access where that is less than full."""
    locale, states = formats.language(), []
    name = instance.product.name_in(locale)
    if subscription is not None and instance.deleted_at is None:
        states.append(status_badge(subscription, in_debt=subscription.in_debt, as_of=as_of))
        name = subscription.tariff.name_in(locale) if subscription.tariff is not None else name
    if level.value != "full":
        states.append(badge(LEVEL[str(level.value)], level.label))
    ends = subscription.trial_ends_on if subscription is not None and subscription.paid_from is None else None
    trial = _("trial to %(date)s") % {"date": short_date(ends)} if ends is not None else ""
    return Row(
        link(instance), join_details(name, trial), state=format_html_join(" ", "{}", ((state,) for state in states))
    )


def _people(customer: Customer) -> Table:
    from billing.admin.customers.members import STATUS

    rank = Case(When(status="active", then=Value(0)), When(status="invited", then=Value(1)), default=Value(2))
    members = (
        Member.objects.filter(instance__customer=customer).exclude(status="removed").select_related("role", "instance")
    )
    first_members = members.order_by(rank, "-role__is_administrator", "-role__has_billing_right", "name", "pk")[:MOST]
    locale = formats.language()
    return Table(
        pgettext_lazy("members of instances", "People"),
        list_url(Member, f"instance__customer__id__exact={customer.pk}"),
        [
            Row(
                link(member),
                join_details(member.email if member.name else "", member.role.name_in(locale)),
                state=badge(STATUS[member.status], member.get_status_display()),
            )
            for member in first_members
        ],
    )


def _documents(customer: Customer, as_of: datetime, query: str) -> Table:
    from billing.admin.money.invoices import STATUS

    rows = []
    invoices: Any = with_credited(Invoice.objects.filter(account__customer=customer)).select_related("seller")
    for invoice in invoices.order_by("-issued_at", "-pk")[:MOST]:
        status = invoice.status_on(business_date(as_of, invoice.seller.time_zone), int(invoice.credited))
        due = _("due %(date)s") % {"date": short_date(invoice.due_date)} if invoice.open_minor else ""
        rows.append(
            Row(
                link(invoice),
                join_details(short_date(invoice.issue_date), due),
                money(invoice.total_minor, invoice.currency),
                badge(STATUS[str(status.value)], status.label),
            )
        )
    return Table(_("Invoices"), list_url(Invoice, query), rows)


def _payments(customer: Customer, query: str) -> Table:
    payments = Payment.objects.filter(account__customer=customer).select_related(
        "account", "credit__entry__reversed_by"
    )
    return Table(
        _("Payments"),
        list_url(Payment, query),
        [
            Row(
                link(payment, payment.reference or payment.get_method_display()),
                join_details(
                    short_date(business_date(payment.received_at, settings.BILLING_TIME_ZONE)),
                    payment.get_method_display(),
                ),
                money(payment.amount_minor, payment.currency),
                badge("bad", _("taken back")) if hasattr(payment.credit.entry, "reversed_by") else "",
            )
            for payment in payments.order_by("-received_at", "-pk")[:MOST]
        ],
    )


def _latest_requests(customer: Customer) -> list[CustomerRequest]:
    """Returns requests without an answer first, then the newest."""
    requests = CustomerRequest.objects.filter(account__customer=customer).select_related("account__seller")
    return list(requests.order_by(F("answered_at").desc(nulls_first=True), "-pk")[:MOST])


def _requests(requests: list[CustomerRequest], as_of: datetime, query: str) -> Table:
    from billing.admin.customers.requests import clock_badge

    return Table(
        _("Requests"),
        list_url(CustomerRequest, query),
        [
            Row(
                link(request, capfirst(request.get_kind_display())),
                join_details(short_moment(request.requested_at), request.requested_by),
                state=clock_badge(request, as_of),
            )
            for request in requests
        ],
        optional=True,
    )


def _latest_offers(customer: Customer) -> list[Offer]:
    offers = Offer.objects.filter(account__customer=customer).select_related("account__seller")
    return list(offers.order_by("-pk")[:MOST])


def _offers(offers: list[Offer], as_of: datetime, query: str) -> Table:
    from billing.admin.money.offers import state_badge

    return Table(
        _("Offers"),
        list_url(Offer, query),
        [
            Row(
                link(offer),
                _("valid until %(date)s") % {"date": short_date(offer.valid_until)},
                money(offer.pay_minor, offer.currency),
                state_badge(offer, as_of),
            )
            for offer in offers
        ],
        optional=True,
    )


def _mails(customer: Customer) -> Table:
    notices = Notice.objects.filter(account__customer=customer).defer("text", "html").order_by("-pk")[:MOST]
    return Table(
        _("Mails and messages"),
        list_url(Notice, f"account__customer__id__exact={customer.pk}"),
        [
            Row(
                link(notice, notice.subject),
                join_details(notice.recipient, short_moment(notice.created_at)),
                state=badge(timeline.NOTICE[notice.state], notice.get_state_display()),
            )
            for notice in notices
        ],
    )


def _waiting_rows(
    requests: list[CustomerRequest], offers: list[Offer], approvals: list[Approval], as_of: datetime
) -> list[Row]:
    """Returns what waits: requests for our answer, approvals for a colleague, open offers for the customer."""
    from billing.admin.customers.requests import clock_badge
    from billing.admin.money.offers import state_badge

    rows = [
        Row(link(request, capfirst(request.get_kind_display())), state=clock_badge(request, as_of))
        for request in requests
        if request.answered_at is None
    ]
    rows += [
        Row(
            link(approval, capfirst(approval.get_kind_display())),
            sum=money(approval.amount_minor, approval.currency),
            state=badge("warn", _("waits for approval")),
        )
        for approval in approvals
    ]
    rows += [
        Row(link(offer, _("Offer %(number)s") % {"number": offer.number}), state=state_badge(offer, as_of))
        for offer in offers
        if offer.is_open(business_date(as_of, offer.account.zone))
    ]
    return rows


def accounts_of(customer: Any) -> list[BillingAccount]:
    """Reads the customer's accounts once for a page."""
    if not hasattr(customer, "accounts_now"):
        accounts = BillingAccount.objects.filter(customer=customer).select_related("seller")
        customer.accounts_now = list(accounts[:MOST_ACCOUNTS])
    accounts_now: list[BillingAccount] = customer.accounts_now
    return accounts_now


def overview_of(request: HttpRequest, customer: Customer, as_of: datetime) -> dict[str, Any]:
    """Returns the context of the overview above the form, with only what the person may see."""
    may = request.user.has_perm
    accounts = accounts_of(customer)
    requests = _latest_requests(customer) if may("billing.view_customerrequest") else []
    offers = _latest_offers(customer) if may("billing.view_offer") else []
    approvals = (
        list(waiting.approvals().filter(account__customer=customer)[:MOST]) if may("billing.view_approval") else []
    )
    query = f"q={accounts[0].number}" if len(accounts) == 1 else f"q={customer.name}"
    instances = _instances(customer, as_of) if may("accounts.view_instance") else None
    makers: tuple[tuple[str, Callable[[], Table]], ...] = (
        ("accounts.view_member", lambda: _people(customer)),
        ("billing.view_invoice", lambda: _documents(customer, as_of, query)),
        ("billing.view_payment", lambda: _payments(customer, query)),
        ("billing.view_offer", lambda: _offers(offers, as_of, query)),
        ("billing.view_customerrequest", lambda: _requests(requests, as_of, query)),
        ("billing.view_notice", lambda: _mails(customer)),
    )
    tables = [make() for permission, make in makers if may(permission)]
    context: dict[str, Any] = {
        "tables": [table for table in tables if table.is_shown],
        "instances": instances,
        "waiting": _waiting_rows(requests, offers, approvals, as_of),
    }
    if may("billing.view_billingaccount"):
        context["accounts"] = [_account(account, as_of) for account in accounts]
        context["timeline"], _older = timeline.lines_of(request, customer, limit=12)
        context["timeline_url"] = reverse("admin:accounts_customer_timeline", args=(customer.pk,))
        if may("billing.view_event"):
            context["events_url"] = list_url(Event, f"account__customer__id__exact={customer.pk}")
    return context


class CustomerOverviewMixin:
    """A mixin puts the overview above a customer's form, and the timeline on a page of its own."""

    change_form_outer_before_template = "admin/customer_overview.html"

    def get_urls(self) -> list[URLPattern]:
        page: Any = self
        view = page.admin_site.admin_view(self.timeline_view)
        urls: list[URLPattern] = super().get_urls()  # type: ignore[misc]
        return [path("<int:object_id>/timeline/", view, name="accounts_customer_timeline"), *urls]

    def timeline_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Shows the whole timeline to staff who may see billing accounts. Raises PermissionDenied, Http404."""
        page: Any = self
        if not page.has_view_permission(request) or not request.user.has_perm("billing.view_billingaccount"):
            raise PermissionDenied
        customer = page.get_object(request, str(object_id))
        if customer is None:
            raise Http404
        return timeline.show_timeline(page, request, customer)

    def acts_of(self, request: HttpRequest, customer: Customer) -> list[dict[str, Any]]:
        """Returns the acts of the customer's only account, and the registration of another instance."""
        page: Any = self
        buttons: list[dict[str, Any]] = []
        accounts = accounts_of(customer)
        if len(accounts) == 1:
            other_page: Any = page.admin_site.get_model_admin(BillingAccount)
            buttons += other_page.buttons(other_page.acts, request, accounts[0])
        if customer.erased_at is None:
            other_page = page.admin_site.get_model_admin(Instance)
            register = other_page.buttons(other_page.list_acts, request)
            buttons += [{**button, "path": f"{button['path']}?customer={customer.pk}"} for button in register]
        return buttons

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        customer = kwargs.get("obj")
        if customer is not None:
            context["overview"] = overview_of(request, customer, clock.now())
        return super().render_change_form(request, context, *args, **kwargs)  # type: ignore[misc]
