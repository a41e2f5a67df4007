"""Moves of subscribers to another tariff: a listed, dated act with notice beforehand, never an edit of terms (E2)."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from billing import notices
from billing.errors import BadInput, BillingError
from billing.models import Subscription, Tariff, TariffMove, TermsChange
from billing.operations import audit
from billing.operations.cycle import scheduled_changes
from billing.pricing.periods import business_date

UNCHANGED_FIELDS = ("product_id", "timing", "metric", "cycle")


def read_movable(source: Tariff) -> list[Subscription]:
    """Reads the running subscriptions on the version ``source`` that have no scheduled change."""
    scheduled = TermsChange.objects.waiting().values("subscription")
    subscriptions = Subscription.objects.running().filter(tariff=source).exclude(pk__in=scheduled)
    return list(
        subscriptions.select_related("instance__customer", "account__seller", "account__customer").order_by("pk")
    )


def earliest_date(source: Tariff, as_of: datetime) -> date:
    """Returns the first day on which a move decided at ``as_of`` may take effect: the owners get their notice before it."""
    return business_date(as_of, source.seller.time_zone) + timedelta(days=settings.MOVE_NOTICE_DAYS)


def _check_move(source: Tariff, target: Tariff, effective_date: date, reason: str, as_of: datetime) -> None:
    if not reason.strip():
        raise BadInput(_("Say why they are moved: the owners read it."), field="reason", rule="D15")
    if target.pk == source.pk or target.status != Tariff.Status.PUBLISHED:
        raise BadInput(_("Choose a published tariff to move to."), field="target", rule="E2")
    if (
        any(getattr(source, name) != getattr(target, name) for name in UNCHANGED_FIELDS)
        or source.currency != target.currency
    ):
        raise BadInput(
            _("Choose a tariff of the same product that counts the same and is paid in the same way and currency."),
            field="target",
        )
    earliest = earliest_date(source, as_of)
    if effective_date < earliest:
        raise BadInput(
            _("The owners are told %(days)s days before: choose %(date)s or later.")
            % {"days": settings.MOVE_NOTICE_DAYS, "date": earliest.isoformat()},
            field="effective_date",
        )


@transaction.atomic
def move_subscribers(
    *, source: Tariff, target: Tariff, effective_date: date, reason: str, user: User, as_of: datetime
) -> TariffMove:
    """Schedules every running subscription of ``source`` for ``target`` and notifies their owners (E2).

    Each changes with its first period that begins on ``effective_date`` or later; what is charged until then stays as it
    is. Refuses a target that is not offered or counts otherwise, a day too near, and a version nobody is on.
    """
    _check_move(source, target, effective_date, reason, as_of)
    subscriptions = read_movable(source)
    if not subscriptions:
        raise BillingError(_("Nobody can be moved from this version."), code="nobody_to_move", rule="E2")
    move = TariffMove.objects.create(
        source=source, target=target, effective_date=effective_date, reason=reason, decided_at=as_of, decided_by=user
    )
    TermsChange.objects.bulk_create(
        TermsChange(
            subscription=row,
            tariff=target,
            effective_date=effective_date,
            move=move,
            decided_at=as_of,
            decided_by=user.email,
        )
        for row in subscriptions
    )
    for row in subscriptions:
        notices.queue_terms_will_change(
            subscription=row, tariff=target, effective_date=effective_date, reason=reason, move=move, at=as_of
        )
    audit.record(
        actor=user.email,
        action="tariff.subscribers_moved",
        target=source,
        at=as_of,
        reason=reason,
        after={
            "product": source.product.code,
            "target": str(target),
            "effective_date": effective_date.isoformat(),
            "number": len(subscriptions),
        },
    )
    return move


def _lock_pending(move: TariffMove) -> Iterable[TermsChange]:
    pending = TermsChange.objects.waiting().select_for_update(of=("self",)).filter(move=move)
    rows = pending.select_related("subscription__instance", "subscription__account__customer").order_by("pk")
    # Who has paid for the new terms already gets them.
    return [row for row in rows if scheduled_changes.period_paid_ahead(row.subscription) is None]


@transaction.atomic
def call_off_move(*, move: TariffMove, user: User, as_of: datetime, reason: str) -> int:
    """Calls off what of ``move`` has not taken effect yet and notifies the owners; returns how many subscriptions stay."""
    if not reason.strip():
        raise BadInput(_("Say why the move is called off."), field="reason", rule="D15")
    pending = list(_lock_pending(move))
    if not pending:
        raise BillingError(_("Nothing of this move is waiting any more."), code="move_is_over", rule="E2")
    TermsChange.objects.filter(pk__in=[row.pk for row in pending]).update(cancelled_at=as_of, cancelled_by=user.email)
    for row in pending:
        notices.queue_terms_stay(subscription=row.subscription, move=move, at=as_of)
    audit.record(
        actor=user.email,
        action="tariff.move_called_off",
        target=move.source,
        at=as_of,
        reason=reason,
        after={"product": move.source.product.code, "number": len(pending)},
    )
    return len(pending)
