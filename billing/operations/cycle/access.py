"""The access of an instance, worked out from invoices and subscriptions at the instant asked (D3), and its announcement.

A dead scheduler locks nobody and frees nobody: the job only announces what has become true.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Subquery, Value
from django.db.models.functions import Concat

from accounts.models import Instance
from billing import notices
from billing.models import AccessAnnouncement, BillingAccount, Event, Invoice, Relief, Subscription
from billing.operations.cycle import due, subscription_status
from billing.operations.events import outbox
from billing.operations.invoices import issuing
from billing.operations.ledger import posting
from billing.pricing.due_dates import midnight_after
from billing.pricing.periods import business_date

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
    """The access ``level`` of an instance with the reasons for it, the worst first.

    Full access has no reason, or the relief that it rests on. ``subscription`` is the one that runs, else the one that ended
    last.
    """

    level: Level
    reasons: list[Reason]
    subscription: Subscription | None = None

    def valid_until(self, as_of: datetime) -> datetime | None:
        """Returns the first instant after ``as_of`` at which time alone can change the access; None where it never does.

        Debts, trials, renewals and ends all take effect at a midnight of the billing zone (D1, D3, M8); a relief ends at any
        instant (M16). What somebody does, a payment or a termination, comes as an event.
        """
        if self.level == Level.DELETED or self.subscription is None:
            return None
        zone = self.subscription.account.zone
        midnight = midnight_after(business_date(as_of, zone), zone)
        return min([midnight, *(reason.until for reason in self.reasons if reason.until is not None)])


def _is_more_current(candidate: Subscription, chosen: Subscription | None) -> bool:
    """Tells whether ``candidate`` is the current subscription of its instance: the one that runs, else the one that ended last."""
    if chosen is None or candidate.terminated_at is None:
        return True
    return chosen.terminated_at is not None and candidate.terminated_at > chosen.terminated_at


def _subscriptions(instances: list[Instance]) -> dict[int, Subscription]:
    rows = Subscription.objects.filter(instance__in=[instance.pk for instance in instances])
    chosen: dict[int, Subscription] = {}
    for row in rows.select_related("account__seller", "tariff"):
        if _is_more_current(row, chosen.get(row.instance_id)):
            chosen[row.instance_id] = row
    return chosen


def current_subscription(instance: Instance) -> Subscription | None:
    """Returns the running subscription of the instance, else the one that ended last."""
    return _subscriptions([instance]).get(instance.pk)


def overdue_invoices(account: BillingAccount, as_of: datetime) -> list[Invoice]:
    """Reads the open invoices of ``account`` whose due date has passed at ``as_of``, the oldest first."""
    today = business_date(as_of, account.zone)
    return list(Invoice.objects.filter(account=account).overdue(today))


def _debts(subscriptions: Iterable[Subscription], as_of: datetime) -> dict[int, Reason]:
    """Returns the debt of each account that has one: its overdue invoices, the oldest first (M8)."""
    zones = {row.account_id: row.account.zone for row in subscriptions}
    debts: dict[int, Reason] = {}
    for invoice in Invoice.objects.open().filter(account__in=zones):
        zone = zones[invoice.account_id]
        if invoice.due_date >= business_date(as_of, zone):
            continue
        reason = Reason("invoice_overdue", midnight_after(invoice.due_date, zone))
        debts.setdefault(invoice.account_id, reason).invoices.append(invoice.number)
    return debts


def _reliefs(instances: Iterable[Instance], as_of: datetime) -> dict[int, Relief]:
    """Returns the relief in force of each instance that has one, the one that lasts longest (M16)."""
    in_force = Relief.objects.filter(
        instance__in=[instance.pk for instance in instances], starts_at__lte=as_of, ends_at__gt=as_of, withdrawn_at=None
    )
    return {row.instance_id: row for row in in_force.order_by("ends_at")}


def _access(
    instance: Instance, subscription: Subscription | None, debt: Reason | None, relief: Relief | None, as_of: datetime
) -> Access:
    if instance.deleted_at is not None:
        return Access(Level.DELETED, [Reason("deleted", instance.deleted_at)], subscription)
    if subscription is None:
        return Access(Level.READ_ONLY, [Reason("no_subscription", instance.registered_at)])
    lapse = subscription_status.find_lapse(subscription, as_of)
    if debt is not None and relief is not None and lapse is None:
        reason = Reason("relief", relief.starts_at, relief.ends_at, debt.invoices)
        return Access(Level.FULL, [reason], subscription)
    reasons = [debt] if debt is not None else []
    if lapse is not None:
        reasons.append(Reason(lapse.code, lapse.since))
    return Access(Level.READ_ONLY if reasons else Level.FULL, reasons, subscription)


def levels(instances: Iterable[Instance], *, as_of: datetime) -> dict[int, Access]:
    """Works out the access of each of ``instances`` at ``as_of``, by its primary key (M8, M9, M12, D3, D10, D18).

    Two indexed reads for all of them, three where somebody is in debt; nothing is stored.
    """
    rows = list(instances)
    subscriptions = _subscriptions(rows)
    debts = _debts(subscriptions.values(), as_of) if subscriptions else {}
    reliefs = _reliefs(rows, as_of) if debts else {}
    accesses: dict[int, Access] = {}
    for row in rows:
        subscription = subscriptions.get(row.pk)
        debt = debts.get(subscription.account_id) if subscription is not None else None
        accesses[row.pk] = _access(row, subscription, debt, reliefs.get(row.pk), as_of)
    return accesses


def level(instance: Instance, *, as_of: datetime) -> Access:
    """Works out the access of ``instance`` alone at ``as_of``: see `levels`."""
    return levels([instance], as_of=as_of)[instance.pk]


def _last_announced(instances: Iterable[Instance]) -> dict[int, str | None]:
    """Returns the level that was last announced of each of ``instances``, None where nothing was: one read for all of them."""
    latest = AccessAnnouncement.objects.filter(instance=OuterRef("pk")).order_by("-pk").values("level")[:1]
    rows = Instance.objects.filter(pk__in=[row.pk for row in instances]).order_by()
    return dict(rows.values_list("pk", Subquery(latest)))


EVENTS = {Level.READ_ONLY: "instance.read_only", Level.FULL: "instance.restored", Level.DELETED: "instance.deleted"}


def announce(instance: Instance, *, as_of: datetime, subscription: Subscription | None = None) -> bool:
    """Announces the access of ``instance`` where it differs from what was last announced; True where it did.

    The caller holds the lock of the account, so no change is announced twice.
    """
    return bool(_announce_all([instance], {instance.pk: subscription} if subscription else {}, as_of))


def _announce_all(
    instances: Sequence[Instance], subscriptions: Mapping[int, Subscription], as_of: datetime
) -> list[Instance]:
    """Announces those of ``instances`` whose access is not what was last announced, and returns them; with as many statements
    for a thousand as for one. ``subscriptions``: the one that the event names, by instance; else the current one."""
    accesses, announced = levels(instances, as_of=as_of), _last_announced(instances)
    changed = [row for row in instances if accesses[row.pk].level != (announced[row.pk] or Level.FULL)]
    announcements, events = [], []
    for instance in changed:
        access = accesses[instance.pk]
        since = access.reasons[0].since if access.reasons else as_of
        announcements.append(AccessAnnouncement(instance=instance, level=access.level, since=since, announced_at=as_of))
        subscription = subscriptions.get(instance.pk, access.subscription)
        events.append(
            Event(
                type=EVENTS[access.level],
                at=as_of,
                account=subscription.account if subscription is not None else None,
                instance=instance,
                subscription=subscription,
                data={
                    "instance_id": instance.public_id,
                    "access": str(access.level),
                    "reasons": [{"code": reason.code, "invoices": reason.invoices} for reason in access.reasons],
                },
            )
        )
    if changed:
        AccessAnnouncement.objects.bulk_create(announcements)
        outbox.emit_all(events)
    return changed


def announce_changes(account: BillingAccount, *, as_of: datetime) -> list[Instance]:
    """Announces every instance of ``account`` whose access has changed and writes to the owners (D14); returns those with full
    access again.

    Whoever comes first announces it, the job after midnight or a payment that pays only a part, and nobody after.
    """
    running = Subscription.objects.running().filter(account=account)
    subscriptions = list(running.select_related("instance", "tariff", "account__seller").order_by("pk"))
    changed = _announce_all(
        [row.instance for row in subscriptions], {row.instance_id: row for row in subscriptions}, as_of
    )
    overdue = overdue_invoices(account, as_of)
    if changed and overdue:
        notices.queue_read_only(account=account, instances=changed, invoices=overdue, at=as_of)
    elif changed:
        notices.queue_restored(account=account, instances=changed, at=as_of)
    return [] if overdue else changed


def accounts_to_announce(as_of: datetime) -> list[int]:
    """Reads the keys of the accounts with an overdue invoice that has not been announced yet."""
    announced = Event.objects.filter(fact=Concat(Value("invoice.overdue:"), OuterRef("number")))
    overdue = due.due_rows(due.Kind.INVOICE_LOCK, as_of=as_of)
    return sorted(set(overdue.filter(~Exists(announced)).values_list("account_id", flat=True)))


@transaction.atomic
def announce_overdue(*, account_id: int, as_of: datetime) -> int:
    """Announces the account's newly overdue invoices and the instances that they made read-only; returns how many invoices."""
    account = posting.lock(account_id)
    overdue = overdue_invoices(account, as_of)
    announced = set(
        Event.objects.filter(fact__in=[f"invoice.overdue:{row.number}" for row in overdue]).values_list(
            "fact", flat=True
        )
    )
    new = [row for row in overdue if f"invoice.overdue:{row.number}" not in announced]
    for invoice in new:
        data = issuing.event_data(invoice)
        outbox.emit("invoice.overdue", at=as_of, account=account, data=data, fact=f"invoice.overdue:{invoice.number}")
    announce_changes(account, as_of=as_of)
    return len(new)
