"""Reliefs: full access before the money arrives (M16), for a limited time and with a recorded reason; they end by themselves."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Instance
from billing import notices
from billing.errors import BadInput, BillingError
from billing.models import Relief
from billing.operations import audit
from billing.operations.cycle import access
from billing.operations.ledger import posting

# What one grant may last at most; support alone grants up to SUPPORT_DAYS, more needs finance (checked by the admin).
LONGEST_DAYS = 30
SUPPORT_DAYS = 3


@transaction.atomic
def grant_relief(*, instance: Instance, ends_at: datetime, reason: str, as_of: datetime, actor: str) -> Relief:
    """Gives ``instance`` full access until ``ends_at`` in spite of debt, and announces it. Refuses an end more than 30 days
    ahead or in the past, and an instance that is not read-only for debt."""
    if not reason.strip():
        raise BadInput(_("Say why: the reason is kept with the relief."), field="reason", rule="M16")
    if not as_of < ends_at <= as_of + timedelta(days=LONGEST_DAYS):
        raise BadInput(
            _("Choose an end from now on, within %(days)s days.") % {"days": LONGEST_DAYS}, field="ends_at", rule="M16"
        )
    subscription = access.current_subscription(instance)
    if subscription is None or not access.overdue_invoices(subscription.account, as_of):
        raise BillingError(
            _("This instance is not read-only for debt: there is nothing to relieve."), code="not_in_debt", rule="M16"
        )
    account = posting.lock(subscription.account_id)
    relief = Relief.objects.create(instance=instance, starts_at=as_of, ends_at=ends_at, reason=reason, granted_by=actor)
    access.announce(instance, as_of=as_of, subscription=subscription)
    audit.record(
        actor=actor,
        action="relief.granted",
        target=relief,
        at=as_of,
        customer=account.customer,
        reason=reason,
        after={"instance": instance.domain, "ends_at": ends_at.isoformat()},
    )
    return relief


@transaction.atomic
def withdraw_relief(*, relief: Relief, as_of: datetime, actor: str, reason: str) -> Relief:
    """Withdraws a relief before its end."""
    if not reason.strip():
        raise BadInput(_("Say why the relief ends early."), field="reason", rule="D15")
    subscription = access.current_subscription(relief.instance)
    assert subscription is not None
    account = posting.lock(subscription.account_id)
    relief = Relief.objects.select_related("instance").get(pk=relief.pk)
    if relief.withdrawn_at is not None or relief.ends_at <= as_of:
        raise BillingError(_("This relief is over already."), code="relief_over", rule="M16")
    relief.withdrawn_at, relief.withdrawn_by = as_of, actor
    relief.save(update_fields=["withdrawn_at", "withdrawn_by"])
    access.announce(relief.instance, as_of=as_of, subscription=subscription)
    audit.record(
        actor=actor, action="relief.withdrawn", target=relief, at=as_of, customer=account.customer, reason=reason
    )
    return relief


def read_ended_unannounced(as_of: datetime) -> list[int]:
    """Reads the reliefs that have run out and whose end is not announced yet."""
    ended = Relief.objects.filter(ends_at__lte=as_of, withdrawn_at=None, end_told_at=None)
    return list(ended.order_by("ends_at").values_list("pk", flat=True))


@transaction.atomic
def announce_end(*, relief_id: int, as_of: datetime) -> bool:
    """Announces once that a relief has run out and the instance is read-only again; access itself ended on time (D3)."""
    relief = Relief.objects.select_related("instance").get(pk=relief_id)
    subscription = access.current_subscription(relief.instance)
    assert subscription is not None
    account = posting.lock(subscription.account_id)
    if not Relief.objects.filter(pk=relief.pk, end_told_at=None).update(end_told_at=as_of):
        return False
    if not access.announce(relief.instance, as_of=as_of, subscription=subscription):
        return False
    overdue = access.overdue_invoices(account, as_of)
    if overdue:
        notices.queue_read_only(account=account, instances=[relief.instance], invoices=overdue, at=as_of)
    return True
