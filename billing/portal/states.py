"""The access of many instances at once, in two queries (three in debt), for lists. One instance alone is `billing.operations.access.level`;
a test holds the two together."""

from collections.abc import Iterable
from datetime import datetime

from accounts.models import Instance
from billing.models import Invoice, Relief, Subscription
from billing.operations.access import Access, Level, Reason, locks_from
from billing.pricing.periods import business_date


def _subscriptions(instances: list[Instance]) -> dict[int, Subscription]:
    """The running subscription of each instance, else the one that ended last."""
    found = Subscription.objects.filter(instance__in=[one.pk for one in instances]).select_related(
        "account__seller", "tariff"
    )
    chosen: dict[int, Subscription] = {}
    for row in found:
        held = chosen.get(row.instance_id)
        if (
            held is None
            or row.terminated_at is None
            or (held.terminated_at is not None and row.terminated_at > held.terminated_at)
        ):
            chosen[row.instance_id] = row
    return chosen


def _debts(subscriptions: Iterable[Subscription], as_of: datetime) -> dict[int, Reason]:
    """The debt of each account that has one: its overdue invoices, the oldest first (M8)."""
    zones = {row.account_id: row.account.zone for row in subscriptions}
    debts: dict[int, Reason] = {}
    for invoice in Invoice.objects.open().filter(account__in=zones):
        zone = zones[invoice.account_id]
        if invoice.due_date >= business_date(as_of, zone):
            continue
        fresh = Reason("invoice_overdue", locks_from(invoice.due_date, zone))
        debts.setdefault(invoice.account_id, fresh).invoices.append(invoice.number)
    return debts


def _reliefs(instances: list[Instance], as_of: datetime) -> dict[int, Relief]:
    """The relief in force of each instance that has one, the one that lasts longest (M16)."""
    running = Relief.objects.filter(
        instance__in=[one.pk for one in instances], starts_at__lte=as_of, ends_at__gt=as_of, withdrawn_at=None
    )
    return {row.instance_id: row for row in running.order_by("ends_at")}


def _state(
    instance: Instance, subscription: Subscription | None, debt: Reason | None, relief: Relief | None, as_of: datetime
) -> Access:
    if instance.deleted_at is not None:
        return Access(Level.DELETED, [Reason("deleted", instance.deleted_at)])
    if subscription is None:
        return Access(Level.READ_ONLY, [Reason("no_subscription", instance.registered_at)])
    if debt is not None and relief is not None and subscription.is_running(as_of):
        return Access(Level.FULL, [Reason("relief", relief.starts_at, relief.ends_at, debt.invoices)])
    reasons = [debt] if debt is not None else []
    if not subscription.is_running(as_of) and subscription.terminated_at is not None:
        reasons.append(Reason("subscription_terminated", subscription.terminated_at))
    return Access(Level.READ_ONLY if reasons else Level.FULL, reasons)


def states(instances: Iterable[Instance], *, as_of: datetime) -> dict[int, Access]:
    """What each of ``instances`` may do at ``as_of``, by its primary key (D3)."""
    rows = list(instances)
    subscriptions = _subscriptions(rows)
    debts = _debts(subscriptions.values(), as_of)
    reliefs = _reliefs(rows, as_of) if debts else {}
    found = {}
    for row in rows:
        subscription = subscriptions.get(row.pk)
        debt = debts.get(subscription.account_id) if subscription is not None else None
        found[row.pk] = _state(row, subscription, debt, reliefs.get(row.pk), as_of)
    return found
