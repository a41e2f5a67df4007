"""A customer on one page: money, access, what comes next, people and papers, and the newest of what happened."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Case, Value, When
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Customer, Instance, Member
from billing import clock, wording
from billing.admin import timeline
from billing.admin.base import badge, figure, link, list_url, money, short_date, short_moment
from billing.models import BillingAccount, CustomerRequest, Invoice, Notice, Offer, Payment
from billing.operations import access
from billing.pricing.periods import business_date
from billing.reports import overview
from billing.reports.invoices import with_credited

MOST = 6  # rows of a kind; the list has the rest
MOST_ACCOUNTS = 5
MOST_INSTANCES = 8
LEVEL = {"full": "good", "read_only": "warn", "deleted": "plain"}
STEPS: "dict[str, str | Promise]" = {
    "due": _("Invoice due"), "lock": _("Read-only unless it is paid"), "invoice": _("Next invoice"),
}  # fmt: skip


@dataclass(frozen=True)
class Table:
    """Some rows of one kind, and where all of them are."""

    title: "str | Promise"
    url: str
    rows: list[tuple[object, ...]]
    wide: bool = False


def _account(account: BillingAccount, as_of: datetime) -> dict[str, Any]:
    now = overview.standing(account=account, as_of=as_of)
    ahead = [
        (STEPS[one.step.value], wording.date_text(one.day),
         money(one.amount_minor, account.currency) if one.amount_minor is not None else "")
        for one in overview.coming(now)
    ]  # fmt: skip
    return {
        "link": link(account, _("Account %(number)s") % {"number": account.number}),
        "balance": figure(now.balance_minor, account.currency),
        "overdue": money(now.overdue_minor, account.currency) if now.overdue_minor else "",
        "relief": short_moment(now.relief.ends_at) if now.relief is not None else "",
        "coming": ahead[:3],
    }


def _instances(customer: Customer, as_of: datetime) -> Table:
    found = Instance.objects.filter(customer=customer).select_related("product").order_by("deleted_at", "domain")
    rows: list[tuple[object, ...]] = []
    for one in found[:MOST_INSTANCES]:
        level = access.level(one, as_of=as_of).level
        rows.append((link(one), one.product.name_in(wording.language()), badge(LEVEL[str(level.value)], level.label)))
    return Table(_("Instances"), list_url(Instance, f"customer__id__exact={customer.pk}"), rows)


def _people(customer: Customer) -> Table:
    rank = Case(When(status="active", then=Value(0)), When(status="invited", then=Value(1)), default=Value(2))
    found = (
        Member.objects.filter(instance__customer=customer).exclude(status="removed").select_related("role", "instance")
    )
    first = found.order_by(rank, "-role__is_administrator", "-role__has_billing_right", "name", "pk")[:MOST]
    locale = wording.language()
    return Table(
        pgettext_lazy("members of instances", "People"), list_url(Member, f"instance__customer__id__exact={customer.pk}"),
        [(link(one), one.email, one.role.name_in(locale), one.get_status_display()) for one in first], wide=True,
    )  # fmt: skip


def _documents(customer: Customer, as_of: datetime, query: str) -> Table:
    from billing.admin.invoices import STATUS

    rows: list[tuple[object, ...]] = []
    found: Any = with_credited(Invoice.objects.filter(account__customer=customer)).select_related("seller")
    for one in found.order_by("-issued_at", "-pk")[:MOST]:
        status = one.status_on(business_date(as_of, one.seller.time_zone), int(one.credited))
        rows.append((
            link(one), short_date(one.issue_date), money(one.total_minor, one.currency),
            badge(STATUS[str(status.value)], status.label),
        ))  # fmt: skip
    return Table(_("Invoices"), list_url(Invoice, query), rows)


def _payments(customer: Customer, query: str) -> Table:
    found = Payment.objects.filter(account__customer=customer).order_by("-received_at", "-pk")[:MOST]
    return Table(_("Payments"), list_url(Payment, query), [
        (link(one, money(one.amount_minor, one.currency)), short_date(one.received_at.date()), one.get_method_display(),
         one.reference) for one in found
    ])  # fmt: skip


def _requests(customer: Customer, as_of: datetime, query: str) -> Table:
    from billing.admin.requests import clock_badge

    found = CustomerRequest.objects.filter(account__customer=customer).select_related("account__seller")
    return Table(_("Requests"), list_url(CustomerRequest, query), [
        (link(one, one.get_kind_display()), short_date(one.requested_at.date()), one.requested_by, clock_badge(one, as_of))
        for one in found.order_by("-pk")[:MOST]
    ], wide=True)  # fmt: skip


def _offers(customer: Customer, as_of: datetime, query: str) -> Table:
    from billing.admin.offers import state_badge

    found = Offer.objects.filter(account__customer=customer).select_related("account__seller").order_by("-pk")[:MOST]
    return Table(_("Offers"), list_url(Offer, query), [
        (link(one), money(one.pay_minor, one.currency), short_date(one.valid_until), state_badge(one, as_of)) for one in found
    ])  # fmt: skip


def _mails(customer: Customer) -> Table:
    found = Notice.objects.filter(account__customer=customer).defer("text", "html").order_by("-pk")[:MOST]
    return Table(_("Mails"), list_url(Notice, f"account__customer__id__exact={customer.pk}"), [
        (link(one, one.subject), one.recipient, short_moment(one.created_at),
         badge(timeline.NOTICE[one.state], one.get_state_display())) for one in found
    ], wide=True)  # fmt: skip


def overview_of(request: HttpRequest, customer: Customer, as_of: datetime) -> dict[str, Any]:
    """What the page shows above the form; nothing that the person may not look into."""
    may = request.user.has_perm
    accounts = list(BillingAccount.objects.filter(customer=customer).select_related("seller")[:MOST_ACCOUNTS])
    query = f"q={accounts[0].number}" if len(accounts) == 1 else f"q={customer.name}"
    makers: tuple[tuple[str, Callable[[], Table]], ...] = (
        ("accounts.view_instance", lambda: _instances(customer, as_of)),
        ("accounts.view_member", lambda: _people(customer)),
        ("billing.view_invoice", lambda: _documents(customer, as_of, query)),
        ("billing.view_payment", lambda: _payments(customer, query)),
        ("billing.view_customerrequest", lambda: _requests(customer, as_of, query)),
        ("billing.view_offer", lambda: _offers(customer, as_of, query)),
        ("billing.view_notice", lambda: _mails(customer)),
    )
    found: dict[str, Any] = {"tables": [make() for permission, make in makers if may(permission)]}
    if may("billing.view_billingaccount"):
        found["accounts"] = [_account(one, as_of) for one in accounts]
        found["timeline"], _older = timeline.lines_of(request, customer, limit=12)
        found["timeline_url"] = reverse("admin:accounts_customer_timeline", args=(customer.pk,))
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

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        customer = kwargs.get("obj")
        if customer is not None:
            context["overview"] = overview_of(request, customer, clock.now())
        return super().render_change_form(request, context, *args, **kwargs)  # type: ignore[misc]
