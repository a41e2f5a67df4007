"""An account's financial position at an instant: what is owed, what is charged for the month that runs, and what comes next.

Facts only, in minor units and dates; the words are the pages'. Nothing here writes.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from django.db.models import Min, Sum

from accounts.models import Instance
from billing.models import BillingAccount, BillingPeriod, Charge, Credit, Invoice, LedgerAccount, Relief, Subscription
from billing.pricing.due_dates import midnight_after
from billing.pricing.periods import business_date, next_month
from billing.pricing.quantity import price
from billing.pricing.terms import Metric
from billing.reports.usage import active_counts, paid_counts


@dataclass(frozen=True)
class AccountPosition:
    """The account's money, in minor units. ``balance_minor`` = credit left − open invoices − charges not yet invoiced (G3)."""

    account: BillingAccount
    today: date
    balance_minor: int
    open_invoices: tuple[Invoice, ...]
    charged_minor: int
    charged_month: date
    credit_minor: int
    # The day on which an invoice collects the first of what is charged and not billed yet (M7, B7).
    next_invoice_date: date
    # Full access in spite of the debt, the one that lasts longest (M16); None without debt.
    relief: Relief | None = None

    @property
    def owed_minor(self) -> int:
        return sum(invoice.open_minor for invoice in self.open_invoices)

    @property
    def overdue(self) -> tuple[Invoice, ...]:
        return tuple(invoice for invoice in self.open_invoices if invoice.due_date < self.today)

    @property
    def overdue_minor(self) -> int:
        """The exact sum that restores full access (M9)."""
        return sum(invoice.open_minor for invoice in self.overdue)

    @property
    def pressing(self) -> tuple[Invoice, ...]:
        """The invoices that must be paid next: all that are overdue, else those of the nearest due date."""
        if self.overdue:
            return self.overdue
        nearest = self.open_invoices[0].due_date if self.open_invoices else None
        return tuple(invoice for invoice in self.open_invoices if invoice.due_date == nearest)

    @property
    def pressing_minor(self) -> int:
        return sum(invoice.open_minor for invoice in self.pressing)

    @property
    def later(self) -> tuple[Invoice, ...]:
        """Open invoices that are not overdue."""
        return tuple(invoice for invoice in self.open_invoices if invoice.due_date >= self.today)

    @property
    def later_minor(self) -> int:
        return sum(invoice.open_minor for invoice in self.later)

    @property
    def later_due(self) -> date | None:
        """The first day on which one of those that are not overdue has to be paid."""
        return self.later[0].due_date if self.later else None

    @property
    def due_date(self) -> date | None:
        return self.pressing[0].due_date if self.pressing else None

    @property
    def lock_at(self) -> datetime | None:
        """The instant from which access is read-only if the pressing invoices stay unpaid: 00:00 after the due date (M8)."""
        return midnight_after(self.pressing[0].due_date, self.account.zone) if self.pressing else None

    @property
    def parts(self) -> bool:
        """Tells whether the balance is made of more than one thing, so that its parts are worth showing."""
        return len(self.open_invoices) + bool(self.charged_minor) + bool(self.credit_minor) > 1

    @property
    def next_due_minor(self) -> int:
        """The sum the next invoice would leave to be paid if nothing more happened: charges less the credit on hand."""
        return max(0, self.charged_minor - self.credit_minor)


class Step(StrEnum):
    DUE = "due"
    LOCK = "lock"
    INVOICE = "invoice"


@dataclass(frozen=True)
class NextDate:
    """One dated thing ahead: ``at`` the instant where the hour matters, ``amount_minor`` None where no sum belongs to it."""

    step: Step
    day: date
    at: datetime | None = None
    invoice: Invoice | None = None
    amount_minor: int | None = None


@dataclass(frozen=True)
class InstanceRow:
    """An instance as the account's owner sees it in a list. ``subscription`` None: none was ever taken."""

    instance: Instance
    subscription: Subscription | None
    active: int
    peak: int
    quota: int
    seats: int = 0

    @property
    def is_metered(self) -> bool:
        """Tells whether its use is measured and paid afterwards (M1); what is paid in advance or free shows its state instead."""
        return self.subscription is not None and self.subscription.is_metered

    @property
    def metric(self) -> str:
        """The units that are counted; empty where there is no tariff."""
        tariff = self.subscription.tariff if self.subscription is not None else None
        return str(tariff.metric) if tariff is not None else ""

    @property
    def units(self) -> int | None:
        """The seats or bought units that are paid for; None where nothing is counted or use is measured."""
        if self.subscription is None or self.is_metered:
            return None
        units_by_metric = {Metric.PAID_MEMBERS: self.seats, Metric.QUANTITY: self.subscription.quantity or 1}
        return units_by_metric.get(Metric(self.metric)) if self.metric else None

    @property
    def is_free(self) -> bool:
        """Tells whether its running month costs nothing so far (M3)."""
        if self.subscription is None or self.subscription.tariff is None or not self.is_metered:
            return False
        return price(self.subscription.tariff.terms(), self.peak) == 0


def account_position(*, account: BillingAccount, as_of: datetime) -> AccountPosition:
    """Returns the account's money at ``as_of``, in four queries however much there is, five where something is overdue."""
    today = business_date(as_of, account.zone)
    uninvoiced = (
        Charge.objects.uncollected()
        .filter(account=account)
        .aggregate(total=Sum("amount_minor"), next_transition_date=Min("subscription__next_transition_date"))
    )
    credit = Credit.objects.unapplied().filter(account=account).aggregate(total=Sum("unapplied_minor"))["total"]
    open_invoices = tuple(Invoice.objects.open().filter(account=account))
    late = any(invoice.due_date < today for invoice in open_invoices)
    return AccountPosition(
        account=account,
        today=today,
        balance_minor=LedgerAccount.objects.get(billing_account=account).balance_minor,
        open_invoices=open_invoices,
        charged_minor=uninvoiced["total"] or 0,
        charged_month=account.open_month,
        credit_minor=credit or 0,
        next_invoice_date=min(filter(None, [uninvoiced["next_transition_date"], next_month(account.open_month)])),
        relief=_running_relief(account, as_of) if late else None,
    )


def _running_relief(account: BillingAccount, as_of: datetime) -> Relief | None:
    running = Relief.objects.filter(
        instance__subscriptions__account=account,
        instance__subscriptions__terminated_at=None,
        starts_at__lte=as_of,
        ends_at__gt=as_of,
        withdrawn_at=None,
    )
    return running.select_related("instance").order_by("-ends_at").first()


def next_dates(money: AccountPosition, most: int = 4) -> list[NextDate]:
    """Lists what happens next, in the order of its dates: the nearest ``most`` due dates, the lock, the next invoice."""
    zone = money.account.zone
    ahead = [
        NextDate(Step.DUE, invoice.due_date, invoice=invoice, amount_minor=invoice.open_minor)
        for invoice in money.open_invoices
        if invoice.due_date >= money.today
    ][:most]
    if ahead and not money.overdue:
        first = ahead[0].invoice
        assert first is not None
        at = midnight_after(first.due_date, zone)
        ahead.append(NextDate(Step.LOCK, business_date(at, zone), at=at, invoice=first))
    if money.charged_minor > 0:
        ahead.append(NextDate(Step.INVOICE, money.next_invoice_date, amount_minor=money.next_due_minor))
    return sorted(ahead, key=lambda next_date: (next_date.day, next_date.step == Step.LOCK))


def instance_rows(
    *, account: BillingAccount, as_of: datetime, limit: int | None = None, offset: int = 0
) -> list[InstanceRow]:
    """Returns the account's instances with their people, the busiest first; four queries however many there are."""
    subscriptions = (
        Subscription.objects.filter(account=account)
        .select_related("instance__product", "tariff__product")
        .order_by("instance", "-started_at")
    )
    latest: dict[int, Subscription] = {}
    for subscription in subscriptions:
        latest.setdefault(subscription.instance_id, subscription)
    active = active_counts(subscription.instance for subscription in latest.values())
    peaks = dict(
        BillingPeriod.objects.filter(subscription__account=account, opened_at__lte=as_of, ended_at__gt=as_of)
        .order_by("opened_at")
        .values_list("subscription", "peak")
    )
    seats = paid_counts(subscription.instance for subscription in latest.values())
    rows = [
        InstanceRow(
            subscription.instance,
            subscription,
            active.get(subscription.instance_id, 0),
            peaks.get(subscription.pk, 0),
            subscription.tariff.included_quantity if subscription.tariff is not None else 0,
            seats.get(subscription.instance_id, 0),
        )
        for subscription in latest.values()
    ]
    rows.sort(
        key=lambda row: (
            row.instance.deleted_at is not None,
            row.subscription is None or not row.subscription.is_running(as_of),
            -row.active,
            row.instance.domain,
        )
    )
    return rows[offset : offset + limit] if limit is not None else rows[offset:]
