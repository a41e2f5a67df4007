"""A subscription's life: created, terminated on the owner's word, resumed within a year (M5, M12, M13)."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import members
from accounts.models import Instance, Product
from billing.errors import BadInput, BillingError
from billing.models import BillingAccount, Invoice, Subscription, SubscriptionChange, Tariff
from billing.operations import access, audit, closing, customers, events, invoicing, ledger
from billing.pricing.periods import Span, add_months, business_date, month_start, next_month, start_of_day

Kind = SubscriptionChange.Kind

# A terminated subscription may be taken up again for this long (M13).
RESUME_MONTHS = 12


def offered_tariff(product: Product, tariff_id: str | None) -> Tariff:
    """The published tariff ``tariff_id`` of the product; refuses one that is not offered and names those that are."""
    offered = {row.tariff_id: row for row in Tariff.objects.published().filter(product=product)}
    if tariff_id in offered:
        return offered[tariff_id]
    known = ", ".join(sorted(offered)) or "—"
    message = (
        _("Choose a tariff of this product: %(known)s.")
        if tariff_id is None
        else _("The tariff “%(id)s” is not offered for this product. Choose one of: %(known)s.")
    )
    raise BadInput(message % {"id": tariff_id, "known": known}, field="tariff_id", code="unknown_tariff", rule="E5")


def _first_day(instance: Instance, today: date, zone: str) -> date:
    """Where the first period begins: on the registration date (M5), but never in a month that is over."""
    registered = business_date(instance.registered_at, zone)
    return registered if month_start(registered) == month_start(today) else today


def _refuse_second(instance: Instance, as_of: datetime) -> None:
    earlier = Subscription.objects.filter(instance=instance).select_related("account__seller")
    for subscription in earlier:
        if subscription.terminated_at is None:
            raise BillingError(
                _("This instance has a subscription already: change or terminate that one."), code="subscription_exists"
            )
        if as_of < resumable_until(subscription):
            raise BillingError(
                _("This instance had a subscription that can still be resumed: resume it instead."),
                code="resume_instead",
                rule="M13",
            )


def _not_before_open_month(account: BillingAccount, as_of: datetime) -> datetime:
    """``as_of``, or the beginning of the month that is open: a request may wait over midnight for the lock, and a period
    that begins in the month closed meanwhile would leave the new month without one, and free."""
    return max(as_of, start_of_day(account.open_month, account.zone))


@transaction.atomic
def create_subscription(
    *,
    instance: Instance,
    tariff_id: str | None,
    as_of: datetime,
    actor: str,
    quantity: int | None = None,
    trial: bool | None = None,
) -> Subscription:
    """Puts ``instance`` on the published tariff ``tariff_id`` and posts what its first period starts with (M5, M6).

    Refuses a tariff that is not offered, a quantity or a trial the tariff does not have, a second subscription.
    """
    tariff = offered_tariff(instance.product, tariff_id)
    if quantity is not None:
        raise BadInput(_("This tariff counts by itself: leave the quantity out."), field="quantity")
    if trial:
        raise BadInput(_("This tariff has no trial period: leave the trial out."), field="trial")
    account = customers.open_account(customer=instance.customer, seller=tariff.seller, as_of=as_of)
    account = ledger.lock(account)
    closing.catch_up(account=account, as_of=as_of)
    as_of = _not_before_open_month(account, as_of)
    instance = members.lock(instance)
    if instance.deleted_at is not None:
        raise BillingError(_("This instance has been deleted."), code="instance_deleted")
    _refuse_second(instance, as_of)
    subscription = Subscription.objects.create(instance=instance, account=account, tariff=tariff, started_at=as_of)
    SubscriptionChange.objects.create(subscription=subscription, kind=Kind.CREATED, at=as_of, actor=actor)
    events.emit("subscription.created", at=as_of, subscription=subscription, data=_summary(subscription))
    today = business_date(as_of, account.zone)
    first = _first_day(instance, today, account.zone)
    closing.open_period(
        subscription=subscription,
        span=Span(first, next_month(first)),
        opened_at=max(start_of_day(first, account.zone), min(instance.registered_at, as_of)),
        as_of=as_of,
        actor=actor,
    )
    access.announce(instance, as_of=as_of, subscription=subscription)
    return subscription


def _summary(subscription: Subscription) -> dict[str, object]:
    return {
        "id": subscription.public_id,
        "instance_id": subscription.instance.public_id,
        "tariff_id": subscription.tariff.tariff_id,
        "version": subscription.tariff.version,
    }


def _locked(subscription: Subscription, as_of: datetime) -> Subscription:
    """The subscription with its account locked and caught up."""
    account = ledger.lock(subscription.account_id)
    closing.catch_up(account=account, as_of=as_of)
    members.lock(subscription.instance)
    found = Subscription.objects.select_related("instance__customer", "tariff").get(pk=subscription.pk)
    found.account = account
    return found


@transaction.atomic
def terminate(
    *, subscription: Subscription, as_of: datetime, actor: str, reason: str, requested_by: str = ""
) -> Invoice | None:
    """Ends ``subscription`` now, issues the final invoice of its month and leaves the instance read-only (M12).

    Only on the owner's initiative: ``requested_by`` names who asked, ``actor`` who carried it out. Returns the final
    invoice, None where nothing was charged. Refuses a subscription that is terminated already.
    """
    if not reason.strip():
        raise BadInput(_("Say why the subscription ends: the reason stays with it."), field="reason", rule="M12")
    subscription = _locked(subscription, as_of)
    if subscription.terminated_at is not None:
        raise BillingError(_("This subscription is terminated already."), code="already_terminated", rule="M12")
    period = subscription.periods.get(closed_at=None)
    today = business_date(as_of, subscription.account.zone)
    period.end = max(today, period.start) + timedelta(days=1)
    # What was reported at this very instant was reported before the end: it still belongs to the period.
    period.ended_at = min(period.ended_at, max(as_of, period.opened_at) + timedelta(microseconds=1))
    closing.close_period(period, as_of)
    subscription.terminated_at = as_of
    subscription.save(update_fields=["terminated_at"])
    SubscriptionChange.objects.create(
        subscription=subscription, kind=Kind.TERMINATED, at=as_of, actor=actor, requested_by=requested_by, reason=reason
    )
    final = invoicing.issue_final(period=period, as_of=as_of)
    events.emit("subscription.terminated", at=as_of, subscription=subscription, data=_summary(subscription))
    access.announce(subscription.instance, as_of=as_of, subscription=subscription)
    audit.record(
        actor=actor, action="subscription.terminated", target=subscription, at=as_of,
        customer=subscription.instance.customer, reason=reason, after={"requested_by": requested_by},
    )  # fmt: skip
    return final


def resumable_until(subscription: Subscription) -> datetime:
    """The instant from which a terminated subscription can be resumed no more: its day a year later counts whole (M13)."""
    assert subscription.terminated_at is not None
    zone = subscription.account.zone
    last_day = add_months(business_date(subscription.terminated_at, zone), RESUME_MONTHS)
    return start_of_day(last_day + timedelta(days=1), zone)


def refuse_debt(subscription: Subscription, rule: str) -> None:
    """Refuses where something is owed: an open invoice of the account, or charges of the subscription still to be billed
    that the credit on the account does not cover."""
    account = subscription.account
    open_minor = sum(row.open_minor for row in Invoice.objects.open().filter(account=account))
    uncollected = sum(row.amount_minor for row in subscription.charges.filter(line=None))
    uncovered = max(uncollected - invoicing.available_credit(account), 0)
    if open_minor or uncovered:
        owed = events.money(open_minor + uncovered, account.currency)
        raise BillingError(
            _("%(amount)s %(currency)s are still owed on account %(number)s: pay them first.")
            % {**owed, "number": account.number},
            code="debt_outstanding",
            rule=rule,
            extra={"owed": owed},
        )


@transaction.atomic
def resume(*, subscription: Subscription, as_of: datetime, actor: str, requested_by: str = "") -> Subscription:
    """Takes a terminated subscription up again (M13): within 12 months and if nothing is owed.

    In the month of the termination the peak goes on, and only a rise above what the final invoice charged is posted.
    """
    subscription = _locked(subscription, as_of)
    as_of = _not_before_open_month(subscription.account, as_of)
    if subscription.instance.deleted_at is not None:
        raise BillingError(_("This instance has been deleted."), code="instance_deleted", rule="M14")
    if subscription.terminated_at is None:
        raise BillingError(
            _("This subscription is running: there is nothing to resume."), code="not_terminated", rule="M13"
        )
    if as_of >= resumable_until(subscription):
        raise BillingError(
            _("A subscription can be resumed within 12 months of its termination; take out a new one."),
            code="resume_window_over",
            rule="M13",
        )
    refuse_debt(subscription, "M13")
    subscription.terminated_at = None
    subscription.save(update_fields=["terminated_at"])
    SubscriptionChange.objects.create(
        subscription=subscription, kind=Kind.RESUMED, at=as_of, actor=actor, requested_by=requested_by
    )
    events.emit("subscription.resumed", at=as_of, subscription=subscription, data=_summary(subscription))
    today = business_date(as_of, subscription.account.zone)
    closing.open_period(
        subscription=subscription, span=Span(today, next_month(today)), opened_at=as_of, as_of=as_of, actor=actor
    )
    access.announce(subscription.instance, as_of=as_of, subscription=subscription)
    audit.record(
        actor=actor, action="subscription.resumed", target=subscription, at=as_of,
        customer=subscription.instance.customer, after={"requested_by": requested_by},
    )  # fmt: skip
    return subscription
