"""Mails when an instance is handed over to another of its people (M15): one to each of the two, whatever they chose to get."""

from datetime import datetime
from typing import Any

from accounts.models import Instance, Member, Role
from billing.models import BillingAccount, Notice
from billing.notices.base import link as link_to
from billing.notices.base import queue


def _handed(
    kind: str,
    to: Member,
    instance: Instance,
    account: BillingAccount,
    giver: Member,
    taker: Member,
    kept: Role | None,
    link: str,
    with_invoices: bool,
    tokens: int,
    at: datetime,
) -> list[Notice]:
    def told(locale: str) -> dict[str, Any]:
        return {
            "domain": instance.domain,
            "product": instance.product.name_in(locale),
            "giver": str(giver),
            "taker": str(taker),
            "role": kept.name_in(locale) if kept is not None else "",
            "with_invoices": with_invoices,
            "link": link,
            "tokens": tokens,
            "integration_url": link_to("portal:integration"),
            "instance_url": link_to("portal:instance", instance.public_id),
        }

    return queue(
        kind=kind,
        fact=f"ownership:{instance.public_id}:{taker.pk}:{at.isoformat()}",
        account=account,
        recipients=[to.email],
        must=[to.email.lower()],
        context=told,
        at=at,
    )


def ownership_received(
    *,
    instance: Instance,
    account: BillingAccount,
    giver: Member,
    taker: Member,
    kept: Role | None,
    link: str,
    with_invoices: bool,
    tokens: int,
    at: datetime,
) -> list[Notice]:
    """To whom the instance was handed over; ``link`` lets them in where they have no login yet, ``tokens`` is how many
    open the instance for programs still."""
    return _handed("ownership_received", taker, instance, account, giver, taker, kept, link, with_invoices, tokens, at)


def ownership_given(
    *,
    instance: Instance,
    account: BillingAccount,
    giver: Member,
    taker: Member,
    kept: Role | None,
    link: str,
    with_invoices: bool,
    tokens: int,
    at: datetime,
) -> list[Notice]:
    """To whoever handed it over, so that nobody does it in their name without their hearing of it."""
    return _handed("ownership_given", giver, instance, account, giver, taker, kept, "", with_invoices, tokens, at)
