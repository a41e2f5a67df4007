"""Mails about the terms of a subscription."""

from datetime import date, datetime
from typing import Any

from billing.models import Notice, Subscription, Tariff, TariffMove
from billing.notices.letters.base import link, owner_recipients, queue
from billing.wording import formats
from billing.wording.tariff_prices import price_lines


def terms_will_change(
    *, subscription: Subscription, tariff: Tariff, effective_date: date, reason: str, move: TariffMove, at: datetime
) -> list[Notice]:
    """The operator brings the subscription to another tariff: which, from when, what it costs, why (E2)."""
    account = subscription.account

    def told(locale: str) -> dict[str, Any]:
        return {
            "domain": subscription.instance.domain,
            "old_name": move.source.name_in(locale),
            "new_name": tariff.name_in(locale),
            "old_prices": price_lines(move.source, locale),
            "new_prices": price_lines(tariff, locale),
            "effective_date": formats.date_text(effective_date),
            "reason": reason,
            "instance_url": link("portal:instance", subscription.instance.public_id),
        }

    return queue(
        kind="terms_will_change",
        fact=f"move:{move.pk}:{subscription.public_id}",
        account=account,
        recipients=owner_recipients(account, [subscription.instance]),
        context=told,
        at=at,
    )


def terms_stay(*, subscription: Subscription, move: TariffMove, at: datetime) -> list[Notice]:
    """The operator has called the move off: everything stays as it is."""
    account = subscription.account

    def told(locale: str) -> dict[str, Any]:
        return {
            "domain": subscription.instance.domain,
            "old_name": move.source.name_in(locale),
            "effective_date": formats.date_text(move.effective_date),
            "instance_url": link("portal:instance", subscription.instance.public_id),
        }

    return queue(
        kind="terms_stay",
        fact=f"move:{move.pk}:{subscription.public_id}",
        account=account,
        recipients=owner_recipients(account, [subscription.instance]),
        context=told,
        at=at,
    )
