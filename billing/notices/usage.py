"""Mails about what is used."""

from datetime import datetime
from typing import Any

from billing.models import Charge, Notice
from billing.notices.letters.base import link, owner_recipients, queue
from billing.pricing.periods import month_start, next_month
from billing.pricing.quantity import next_unit_costs
from billing.wording import charge_lines, formats


def quota_crossed(*, charge: Charge, peak: int, at: datetime) -> list[Notice]:
    """The free quota has been exceeded and all members are charged from now on (M3, D8)."""
    subscription, account = charge.subscription, charge.account
    assert subscription is not None and charge.period is not None
    terms, month = charge.period.tariff.terms(), month_start(charge.period.start)

    def told(locale: str) -> dict[str, Any]:
        return {
            "domain": subscription.instance.domain,
            "at": formats.instant_text(charge.occurred_at, account.zone),
            "active": peak,
            "quota": terms.included_quantity,
            "charged": formats.money_text(charge.amount_minor, account.currency),
            "formula": formats.formula_text(charge_lines.explanation_of(charge)),
            "next_costs": formats.money_text(next_unit_costs(terms, peak), account.currency),
            "month": formats.period_text(month, year=False),
            "next_month_date": formats.date_text(next_month(month), year=False),
            "instance_url": link("portal:instance", subscription.instance.public_id),
        }

    return queue(
        kind="quota_crossed",
        fact=f"charge:{charge.entry_id}",
        account=account,
        recipients=owner_recipients(account, [subscription.instance]),
        context=told,
        at=at,
    )
