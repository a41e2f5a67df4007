"""What an instance may do, worked out from invoices and subscriptions at the instant asked (D3), and the announcing of it.

A dead scheduler locks nobody and frees nobody: the job only tells the outside what has become true.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Value
from django.db.models.functions import Concat

from accounts.models import Instance
from billing import notices
from billing.models import AccessAnnouncement, BillingAccount, Event, Invoice, Relief, Seller, Subscription
from billing.operations import events, invoicing, ledger
from billing.pricing.periods import business_date, start_of_day

Level = AccessAnnouncement.Level


@dataclass(frozen=True)
class Reason:
    """Why access is less than full: ``code``, since when, until when where that is known, and the invoices to pay."""

    code: str
    since: datetime
    until: datetime | None = None
    invoices: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Access:
    """``level`` with all reasons for it, the worst first; where access is full there is none, or the relief that it
    rests on."""

    level: Level
    reasons: list[Reason]


def current_subscription(instance: Instance) -> Subscription | None:
    """The running subscription of the instance, else the one that ended last."""
    found = Subscription.objects.filter(instance=instance).select_related("account__seller", "tariff")
    running = found.filter(terminated_at=None).first()
    return running or found.order_by("terminated_at").last()


def locks_from(due_date: date, zone: str) -> datetime:
    """The instant at which an invoice due on ``due_date`` makes its account read-only: the next midnight (M8)."""
    return start_of_day(due_date + timedelta(days=1), zone)


def overdue_invoices(account: BillingAccount, as_of: datetime) -> list[Invoice]:
    """Open invoices of the account whose due date has passed at ``as_of``, the oldest first."""
    today = business_date(as_of, account.zone)
    return list(Invoice.objects.filter(account=account).overdue(today))


def _debt_reason(account: BillingAccount, as_of: datetime) -> list[Reason]:
    overdue = overdue_invoices(account, as_of)
    if not overdue:
        return []
    since = locks_from(overdue[0].due_date, account.zone)
    return [Reason("invoice_overdue", since, invoices=[invoice.number for invoice in overdue])]


def current_relief(instance: Instance, as_of: datetime) -> Relief | None:
    """The relief in force at ``as_of`` that lasts longest (M16)."""
    running = Relief.objects.filter(instance=instance, starts_at__lte=as_of, ends_at__gt=as_of, withdrawn_at=None)
    return running.order_by("-ends_at").first()


def level(instance: Instance, *, as_of: datetime) -> Access:
    """What ``instance`` may do at ``as_of`` (M8, M9, M12, D3, D10, D18): two or three indexed reads, nothing stored."""
    if instance.deleted_at is not None:
        return Access(Level.DELETED, [Reason("deleted", instance.deleted_at)])
    subscription = current_subscription(instance)
    if subscription is None:
        return Access(Level.READ_ONLY, [Reason("no_subscription", instance.registered_at)])
    reasons = _debt_reason(subscription.account, as_of)
    relieved = current_relief(instance, as_of) if reasons and subscription.is_running(as_of) else None
    if relieved is not None:
        return Access(Level.FULL, [Reason("relief", relieved.starts_at, relieved.ends_at, reasons[0].invoices)])
    if not subscription.is_running(as_of):
        assert subscription.terminated_at is not None
        reasons.append(Reason("subscription_terminated", subscription.terminated_at))
    return Access(Level.READ_ONLY if reasons else Level.FULL, reasons)


def _last_announced(instance: Instance) -> str:
    latest = AccessAnnouncement.objects.filter(instance=instance).order_by("-pk").first()
    return latest.level if latest else Level.FULL


EVENTS = {Level.READ_ONLY: "instance.read_only", Level.FULL: "instance.restored", Level.DELETED: "instance.deleted"}


def announce(instance: Instance, *, as_of: datetime, subscription: Subscription | None = None) -> bool:
    """Tells the outside once if the access of ``instance`` is not what was last told; True where it was told.

    The caller holds the lock of the account, so no change is told twice.
    """
    access = level(instance, as_of=as_of)
    if access.level == _last_announced(instance):
        return False
    since = access.reasons[0].since if access.reasons else as_of
    AccessAnnouncement.objects.create(instance=instance, level=access.level, since=since, announced_at=as_of)
    events.emit(
        EVENTS[access.level],
        at=as_of,
        instance=instance,
        subscription=subscription or current_subscription(instance),
        data={
            "instance_id": instance.public_id,
            "access": str(access.level),
            "reasons": [{"code": reason.code, "invoices": reason.invoices} for reason in access.reasons],
        },
    )
    return True


def _charged_instances(account: BillingAccount) -> list[Subscription]:
    """The subscriptions whose instances stand or fall with the account's debt (M8, D10)."""
    running = Subscription.objects.running().filter(account=account)
    return list(running.select_related("instance", "tariff", "account__seller").order_by("pk"))


def announce_changes(account: BillingAccount, *, as_of: datetime) -> list[Instance]:
    """Every instance of the account whose access is another now is announced in this transaction (D14), and the owners are
    told: what locked it, or that it is free again. Returns those that are free again.

    Whoever comes first tells it, the job after midnight or a payment that pays only a part, and nobody after.
    """
    changed = [
        row.instance for row in _charged_instances(account) if announce(row.instance, as_of=as_of, subscription=row)
    ]
    overdue = overdue_invoices(account, as_of)
    if changed and overdue:
        notices.read_only(account=account, instances=changed, invoices=overdue, at=as_of)
    elif changed:
        notices.restored(account=account, instances=changed, at=as_of)
    return [] if overdue else changed


def accounts_to_announce(as_of: datetime) -> list[int]:
    """Accounts with an overdue invoice that nobody has been told of yet."""
    told = Event.objects.filter(fact=Concat(Value("invoice.overdue:"), OuterRef("number")))
    found: set[int] = set()
    for seller in Seller.objects.all():
        today = business_date(as_of, seller.time_zone)
        late = Invoice.objects.overdue(today).filter(seller=seller)
        found |= set(late.filter(~Exists(told)).values_list("account_id", flat=True))
    return sorted(found)


@transaction.atomic
def announce_overdue(*, account_id: int, as_of: datetime) -> int:
    """Tells of the account's newly overdue invoices and of the instances they made read-only; how many invoices."""
    account = ledger.lock(account_id)
    overdue = overdue_invoices(account, as_of)
    told = set(
        Event.objects.filter(fact__in=[f"invoice.overdue:{row.number}" for row in overdue]).values_list(
            "fact", flat=True
        )
    )
    new = [row for row in overdue if f"invoice.overdue:{row.number}" not in told]
    for invoice in new:
        data = invoicing.summary(invoice)
        events.emit("invoice.overdue", at=as_of, account=account, data=data, fact=f"invoice.overdue:{invoice.number}")
    announce_changes(account, as_of=as_of)
    return len(new)
