"""Mails about other terms that the owner has chosen: changed now, for the period's end, undone (E6, E7, D6, D7)."""

from datetime import datetime
from typing import Any

from billing.models import Charge, Notice, Subscription, SubscriptionChange, TermsChange
from billing.notices.letters import about
from billing.pricing.periods import business_date
from billing.wording import formats

# Charges of a change that the owner made today, and can undo today (D6).
OF_A_CHANGE = (Charge.Kind.TERMS, Charge.Kind.PURCHASE)


def terms_changed(
    *, subscription: Subscription, change: SubscriptionChange, charge: Charge | None, lost_minor: int, at: datetime
) -> list[Notice]:
    """Other terms hold from now on: what they are, what the change costs or loses (E7), until when it can be undone."""
    account = subscription.account
    can_undo = lost_minor > 0 or (charge is not None and charge.kind in OF_A_CHANGE)
    amount = charge.amount_minor if charge is not None else 0

    def told(locale: str) -> dict[str, Any]:
        product = subscription.instance.product.name_in(locale)
        today = business_date(at, account.zone)
        return {
            "plan": about.plan_text(change.to_tariff, change.to_quantity, locale, product),
            "old_plan": about.plan_text(change.from_tariff, change.from_quantity, locale, product),
            "changed_at": formats.instant_text(change.at, account.zone),
            "amount": about.money(subscription, amount) if amount > 0 else "",
            "credited": about.money(subscription, -amount) if amount < 0 else "",
            "lost": about.money(subscription, lost_minor) if lost_minor > 0 else "",
            "rows": about.charge_rows(subscription, charge),
            "undo_until": formats.date_text(today) if can_undo else "",
            "prices": about.prices(change.to_tariff) if change.to_tariff is not None else [],
        }

    fact = f"change:{change.pk}"
    return about.write(kind="terms_changed", fact=fact, subscription=subscription, at=at, told=told)


def change_scheduled(*, subscription: Subscription, change: TermsChange, at: datetime) -> list[Notice]:
    """Other terms wait for the end of what is paid: which, from when; until then the change can be called off (D7)."""

    def told(locale: str) -> dict[str, Any]:
        return {
            "new_plan": about.plan_text(change.tariff, change.quantity or subscription.quantity, locale),
            "effective_date": formats.date_text(change.effective_date),
            "prices": about.prices(change.tariff),
        }

    fact = f"scheduled:{change.pk}"
    return about.write(kind="change_scheduled", fact=fact, subscription=subscription, at=at, told=told)


def change_undone(*, subscription: Subscription, at: datetime, refunded_minor: int) -> list[Notice]:
    """A change has been undone within its day, or called off before its day (D6, D7); what came back to the account."""

    def told(locale: str) -> dict[str, Any]:
        returned = about.money(subscription, refunded_minor) if refunded_minor > 0 else ""
        return {"refunded": returned, "rows": about.charge_rows(subscription, None)}

    fact = f"undone:{subscription.public_id}:{at.isoformat()}"
    return about.write(kind="change_undone", fact=fact, subscription=subscription, at=at, told=told)
