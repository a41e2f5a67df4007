"""Support tries to collect a renewal at once (E8): today's one try is made before ten o'clock, or where the run has missed it."""

from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from billing.errors import BadInput, BillingError
from billing.models import Collection, Subscription
from billing.operations import audit
from billing.operations.collection import dunning
from billing.operations.cycle import prepaid_periods
from billing.pricing.periods import business_date
from billing.pricing.terms import Renewal
from billing.wording import formats


def is_collected(subscription: Subscription) -> bool:
    """Whether its next period is collected before it begins, and nobody has ended or cancelled it."""
    if subscription.terminated_at is not None or subscription.cancel_date is not None or subscription.paid_from is None:
        return False
    tariff = subscription.tariff
    return tariff is not None and tariff.renewal == Renewal.COLLECTED and not tariff.terms().is_one_off


def refuse(subscription: Subscription, as_of: datetime) -> None:
    """Refuses where there is no renewal to be collected now, and where today's try has been made (E8)."""
    period = prepaid_periods.last_period(subscription)
    if period is None or not is_collected(subscription):
        raise BillingError(_("There is no renewal to be collected here."), code="nothing_to_collect", rule="E8")
    today = business_date(as_of, subscription.account.zone)
    first = period.end - timedelta(days=dunning.DAYS_BEFORE)
    if not first <= today <= period.end:
        raise BillingError(
            _("The renewal is collected from five days before its date: from %(date)s on.")
            % {"date": formats.date_text(first)},
            code="not_yet_collected",
            rule="E8",
        )
    if Collection.objects.filter(subscription=subscription, period_start=period.end, day=today).exists():
        raise BillingError(
            _("Today's try has been made. Money that comes to the account renews it within a minute."),
            code="tried_today",
            rule="E8",
        )


def collect_now(*, subscription: Subscription, as_of: datetime, actor: str, reason: str) -> Collection:
    """Makes today's try, from the balance and then from the saved method, and returns what became of it.

    It makes its own transactions, as `dunning.collect` does. Refuses without a reason (D15) and as `refuse`.
    """
    if not reason.strip():
        raise BadInput(_("Say why it is tried now: the reason stays with it."), field="reason", rule="D15")
    refuse(subscription, as_of)
    found = dunning.collect(subscription=subscription, as_of=as_of)
    if found is None:
        raise BillingError(_("There is no renewal to be collected here."), code="nothing_to_collect", rule="E8")
    audit.record(
        actor=actor,
        action="subscription.collected",
        target=subscription,
        at=as_of,
        customer=subscription.instance.customer,
        reason=reason,
        after={"outcome": found.outcome},
    )
    return found
