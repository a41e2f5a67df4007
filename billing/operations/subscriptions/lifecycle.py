"""The life of a subscription: created, terminated at the owner's request, resumed within a year (M5, M12, M13)."""

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import members
from accounts.models import Instance, Product
from billing.errors import BadInput, BillingError
from billing.models import BillingAccount, Invoice, Subscription, SubscriptionChange, Tariff
from billing.operations import audit
from billing.operations.cycle import access, month_close, offered_tariffs, termination, transitions
from billing.operations.cycle.locking import lock_account, lock_subscription
from billing.operations.events import outbox
from billing.operations.invoices import issuing
from billing.operations.ledger import accounts
from billing.operations.subscriptions import one_off, quotes, trials
from billing.pricing.due_dates import resumption_end
from billing.pricing.periods import Span, business_date, month_start, next_month, start_of_day

SUBSCRIPTION_EXISTS = _("This instance has a subscription already: change or terminate that one.")
RESUME_INSTEAD = _("This instance had a subscription that can still be resumed: resume it instead.")
ALREADY_TERMINATED = _("This subscription is terminated already.")
NOT_TERMINATED = _("This subscription is running: there is nothing to resume.")
NEW_SUBSCRIPTION = _("Paid time that has ended is not resumed: take out a new subscription.")
RESUME_WINDOW_OVER = _("A subscription can be resumed within 12 months of its termination; take out a new one.")

Kind = SubscriptionChange.Kind


def _first_metered_day(instance: Instance, today: date, zone: str) -> date:
    """Returns the day on which the first period begins: the registration date (M5), but never one in a month that is over."""
    registration_date = business_date(instance.registered_at, zone)
    return registration_date if month_start(registration_date) == month_start(today) else today


def check_terms(
    instance: Instance, tariff_id: str | None, quantity: int | None, trial: bool | None
) -> tuple[Tariff | None, int | None, bool]:
    """Checks what is asked for and returns the tariff, the quantity and whether a trial comes first; a free product has no
    tariff (E1).

    Refuses a tariff that is not offered, and a quantity or a trial that the tariff does not have.
    """
    if instance.product.kind == Product.Kind.FREE:
        if tariff_id is not None or quantity is not None or trial:
            raise BadInput(
                _("This product is free: leave tariff, quantity and trial out."), field="tariff_id", rule="E1"
            )
        return None, None, False
    tariff = offered_tariffs.offered_tariff(instance.product, tariff_id)
    return tariff, quotes.check_quantity(tariff, quantity), trials.check_trial(tariff, instance, trial)


def refuse_start(instance: Instance, as_of: datetime) -> None:
    """Refuses a subscription for an instance that is deleted, that has one, or that had one which can be resumed."""
    if instance.deleted_at is not None:
        raise BillingError(_("This instance has been deleted."), code="instance_deleted")
    _refuse_second(instance, as_of)


def _refuse_second(instance: Instance, as_of: datetime) -> None:
    earlier = Subscription.objects.filter(instance=instance).select_related("account__seller")
    for subscription in earlier:
        if subscription.terminated_at is None:
            raise BillingError(SUBSCRIPTION_EXISTS, code="subscription_exists")
        if subscription.is_metered and as_of < resumable_until(subscription):
            raise BillingError(RESUME_INSTEAD, code="resume_instead", rule="M13")


def not_before_open_month(account: BillingAccount, as_of: datetime) -> datetime:
    """Returns ``as_of``, or the beginning of the open month where that is later.

    A request may wait over midnight for the lock, and a period that begins in the month closed meanwhile would leave the new
    month without one, and free.
    """
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
    reason: str = "",
) -> Subscription:
    """Subscribes ``instance`` to the published tariff ``tariff_id``: it starts a trial, paid time or the first metered month
    (M5, B2, E4, E5, D18). A free product asks for no tariff (E1).

    ``reason``: why support does it for the owner (D15). Refuses a tariff that is not offered, a quantity or a trial the tariff
    does not have, a second subscription.
    """
    tariff, quantity, with_trial = check_terms(instance, tariff_id, quantity, trial)
    account = accounts.find_or_open_account(instance.customer, tariff.seller if tariff else None, as_of)
    account = lock_account(account, as_of=as_of)
    as_of = not_before_open_month(account, as_of)
    instance = members.lock(instance)
    refuse_start(instance, as_of)
    subscription = Subscription.objects.create(
        instance=instance, account=account, tariff=tariff, quantity=quantity, started_at=as_of
    )
    SubscriptionChange.objects.create(
        subscription=subscription,
        kind=Kind.CREATED,
        at=as_of,
        actor=actor,
        to_tariff=tariff,
        to_quantity=quantity,
        reason=reason,
    )
    if reason:  # what owners take out themselves is recorded by the event
        audit.record(
            actor=actor,
            action="subscription.created",
            target=subscription,
            at=as_of,
            customer=instance.customer,
            reason=reason,
            after={"tariff": str(tariff) if tariff else None, "quantity": quantity, "trial": with_trial},
        )
    outbox.emit(
        "subscription.created", at=as_of, subscription=subscription, data=outbox.subscription_data(subscription)
    )
    _start(subscription, with_trial, as_of, actor)
    access.announce(instance, as_of=as_of, subscription=subscription)
    return subscription


def _start(subscription: Subscription, with_trial: bool, as_of: datetime, actor: str) -> None:
    """Starts the trial, the first metered month, the purchase or the paid time of a new subscription, by its tariff."""
    tariff = subscription.tariff
    if tariff is None:
        return
    if with_trial:
        trials.start_trial(subscription, as_of=as_of)
    elif tariff.is_metered:
        _open_metered(subscription, as_of, actor)
    elif tariff.terms().is_one_off:
        one_off.charge_purchase(subscription, as_of=as_of, actor=actor)
    else:
        trials.start_paid_time(subscription, tariff, subscription.quantity, as_of=as_of, actor=actor)
        transitions.set_next_date(subscription)


def first_month(instance: Instance, account: BillingAccount, as_of: datetime) -> tuple[Span, datetime]:
    """Returns the first metered period, from the registration date on (M5), and the instant from which it is metered."""
    first = _first_metered_day(instance, business_date(as_of, account.zone), account.zone)
    opened_at = max(start_of_day(first, account.zone), min(instance.registered_at, as_of))
    return Span(first, next_month(first)), opened_at


def _open_metered(subscription: Subscription, as_of: datetime, actor: str) -> None:
    """Opens the first metered period (M5) and charges the people active at its start (M6)."""
    span, opened_at = first_month(subscription.instance, subscription.account, as_of)
    month_close.open_period(subscription=subscription, span=span, opened_at=opened_at, as_of=as_of, actor=actor)


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
    subscription = lock_subscription(subscription, as_of=as_of)
    if subscription.terminated_at is not None:
        raise BillingError(ALREADY_TERMINATED, code="already_terminated", rule="M12")
    final = termination.end_subscription(
        subscription, at=as_of, as_of=as_of, reason=reason, actor=actor, requested_by=requested_by
    )
    audit.record(
        actor=actor,
        action="subscription.terminated",
        target=subscription,
        at=as_of,
        customer=subscription.instance.customer,
        reason=reason,
        after={"requested_by": requested_by},
    )
    return final


def resumable_until(subscription: Subscription) -> datetime:
    """Returns the instant from which a terminated subscription cannot be resumed: its day a year later counts whole (M13)."""
    assert subscription.terminated_at is not None
    return resumption_end(subscription.terminated_at, subscription.account.zone)


def refuse_debt(subscription: Subscription, rule: str) -> None:
    """Refuses where something is owed, citing ``rule``: an open invoice of the account, or charges of the subscription still to
    be invoiced that the credit on the account does not cover."""
    account = subscription.account
    open_minor = sum(row.open_minor for row in Invoice.objects.open().filter(account=account))
    uncollected = sum(row.amount_minor for row in subscription.charges.uncollected())
    uncovered = max(uncollected - issuing.available_credit(account), 0)
    if open_minor or uncovered:
        debt = outbox.money_data(open_minor + uncovered, account.currency)
        raise BillingError(
            _("%(amount)s %(currency)s are still owed on account %(number)s: pay them first.")
            % {**debt, "number": account.number},
            code="debt_outstanding",
            rule=rule,
            extra={"owed": debt},
        )


@transaction.atomic
def resume(*, subscription: Subscription, as_of: datetime, actor: str, requested_by: str = "") -> Subscription:
    """Resumes a terminated subscription within 12 months and if nothing is owed (M13).

    In the month of the termination the peak goes on, and only a rise above what the final invoice charged is posted.
    """
    subscription = lock_subscription(subscription, as_of=as_of)
    as_of = not_before_open_month(subscription.account, as_of)
    if subscription.instance.deleted_at is not None:
        raise BillingError(_("This instance has been deleted."), code="instance_deleted", rule="M14")
    if subscription.terminated_at is None:
        raise BillingError(NOT_TERMINATED, code="not_terminated", rule="M13")
    if not subscription.is_metered:
        raise BillingError(NEW_SUBSCRIPTION, code="new_subscription", rule="E9")
    if as_of >= resumable_until(subscription):
        raise BillingError(RESUME_WINDOW_OVER, code="resume_window_over", rule="M13")
    refuse_debt(subscription, "M13")
    subscription.terminated_at = None
    subscription.save(update_fields=["terminated_at"])
    SubscriptionChange.objects.create(
        subscription=subscription, kind=Kind.RESUMED, at=as_of, actor=actor, requested_by=requested_by
    )
    outbox.emit(
        "subscription.resumed", at=as_of, subscription=subscription, data=outbox.subscription_data(subscription)
    )
    today = business_date(as_of, subscription.account.zone)
    month_close.open_period(
        subscription=subscription, span=Span(today, next_month(today)), opened_at=as_of, as_of=as_of, actor=actor
    )
    access.announce(subscription.instance, as_of=as_of, subscription=subscription)
    audit.record(
        actor=actor,
        action="subscription.resumed",
        target=subscription,
        at=as_of,
        customer=subscription.instance.customer,
        after={"requested_by": requested_by},
    )
    return subscription
