"""Reminders at ten in the morning of the billing zone (D12): what falls due soon is said before it hurts."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Max

from billing import notices
from billing.models import BillingPeriod, Event, Invoice, Notice, Seller, Subscription, TermsChange
from billing.operations.cycle import scheduled_changes, subscription_status
from billing.operations.subscriptions import trials
from billing.pricing.periods import MORNING, at_hour, business_date
from billing.pricing.terms import Renewal

KIND = "due_soon"
DAYS_BEFORE_DUE = 3
# Days before the end of a trial, and before a yearly charge, on which owners are told (B2, B4).
TRIAL_DAYS_LEFT = (3, 1)
YEARLY_DAYS_LEFT = (30, 7)
YEAR = 12


def invoices_to_remind_of(as_of: datetime) -> list[Invoice]:
    """Open invoices due within three days of which nobody has been reminded; none before ten o'clock."""
    found: list[Invoice] = []
    for seller in Seller.objects.order_by("pk"):
        today = business_date(as_of, seller.time_zone)
        if as_of < at_hour(today, MORNING, seller.time_zone):
            continue
        soon = Invoice.objects.open().filter(
            seller=seller, due_date__gte=today, due_date__lte=today + timedelta(days=DAYS_BEFORE_DUE)
        )
        reminded = Notice.objects.filter(kind=KIND, invoice__in=soon).values("invoice")
        found += soon.exclude(pk__in=reminded).select_related("account__customer", "account__seller", "seller")
    return found


@transaction.atomic
def remind(*, invoice: Invoice, as_of: datetime) -> int:
    """Reminds of one invoice; once, whoever calls. Returns how many mails were written."""
    return len(notices.due_soon(invoice=invoice, at=as_of))


def _by_ten(as_of: datetime) -> list[tuple[Seller, date]]:
    """The sellers in whose zone it is ten o'clock or later, with the business day there."""
    found = []
    for seller in Seller.objects.order_by("pk"):
        today = business_date(as_of, seller.time_zone)
        if as_of >= at_hour(today, MORNING, seller.time_zone):
            found.append((seller, today))
    return found


def trials_to_remind_of(as_of: datetime) -> list[tuple[Subscription, int]]:
    """Trials that end soon and the days that are left, where nobody has been told so yet (B2)."""
    found: list[tuple[Subscription, int]] = []
    for seller, today in _by_ten(as_of):
        soon = Subscription.objects.running().filter(
            account__seller=seller,
            paid_from=None,
            cancel_date=None,
            trial_ends_on__range=(today, today + timedelta(days=max(TRIAL_DAYS_LEFT))),
        )
        chosen = TermsChange.objects.waiting().values("subscription")
        rows = soon.exclude(pk__in=chosen).select_related(
            "instance", "tariff__product", "account__customer", "account__seller"
        )
        steps = [(row, _step(TRIAL_DAYS_LEFT, row.trial_ends_on, today)) for row in rows]
        facts = {trials.reminder_fact(row, step): (row, step) for row, step in steps if step is not None}
        told = set(Event.objects.filter(fact__in=facts).values_list("fact", flat=True))
        found += [one for fact, one in facts.items() if fact not in told]
    return found


def _step(steps: tuple[int, ...], day: date | None, today: date) -> int | None:
    """Which of the days before ``day`` is told of on ``today``: the next one ahead, None before the first and from ``day`` on."""
    left = (day - today).days if day is not None else 0
    return min((days for days in steps if days >= left), default=None) if left > 0 else None


def renewals_to_remind_of(as_of: datetime) -> list[tuple[Subscription, date, int]]:
    """Yearly charges that come soon: the subscription, the day, and the days before it that are told (B4)."""
    found: list[tuple[Subscription, date, int]] = []
    for seller, today in _by_ten(as_of):
        coming = Subscription.objects.running().filter(
            account__seller=seller,
            turns_on__range=(today, today + timedelta(days=max(YEARLY_DAYS_LEFT))),
            paid_from__isnull=False,
            cancel_date=None,
            tariff__renewal=Renewal.INVOICED,
        )
        rows = list(coming.select_related("instance", "tariff__product", "account__customer", "account__seller"))
        ends = BillingPeriod.objects.filter(subscription__in=rows).values("subscription").annotate(last=Max("end"))
        paid_until = {row["subscription"]: row["last"] for row in ends}
        steps = [(row, day, _step(YEARLY_DAYS_LEFT, day, today)) for row in rows if (day := paid_until.get(row.pk))]
        facts = {
            f"renewal:{row.public_id}:{day}:{step}": (row, day, step) for row, day, step in steps if step is not None
        }
        told = set(Notice.objects.filter(kind="renewal_coming", fact__in=facts).values_list("fact", flat=True))
        new = [one for fact, one in facts.items() if fact not in told]
        found += [(row, day, step) for row, day, step in new if _next_interval(row, day) == YEAR]
    return found


def _next_interval(subscription: Subscription, on: date) -> int | None:
    change = scheduled_changes.waiting_change(subscription)
    tariff = change.tariff if change is not None and change.effective_date <= on else subscription.priced_by
    return tariff.interval_months


@transaction.atomic
def remind_of_renewal(*, subscription: Subscription, renews_on: date, days_left: int, as_of: datetime) -> int:
    """Tells of one yearly charge; once for each number of days. Returns how many notices were written."""
    amount = subscription_status.renewal_price(subscription, renews_on)
    return len(
        notices.renewal_coming(
            subscription=subscription, renews_on=renews_on, amount_minor=amount, days_left=days_left, at=as_of
        )
    )
