"""Mails when an instance is handed over to another of its people (M15): one to each of the two, whatever they chose to get."""

from datetime import datetime
from typing import Any

from accounts.models import Instance, Member, Role
from billing.models import BillingAccount, Notice
from billing.notices.letters.base import link as link_to
from billing.notices.letters.base import queue


def instance_handed_over(
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
    """To whom the instance was handed over, and to whoever handed it over, so that nobody does it in their name without their
    hearing of it. ``link`` lets the taker in where they have no login yet, ``kept`` is the giver's role from now on, ``tokens``
    is how many open the instance for programs still."""
    notices: list[Notice] = []
    for kind, reader, their_link in (("ownership_received", taker, link), ("ownership_given", giver, "")):

        def context(locale: str, their_link: str = their_link) -> dict[str, Any]:
            return {
                "domain": instance.domain,
                "product": instance.product.name_in(locale),
                "giver": str(giver),
                "taker": str(taker),
                "role": kept.name_in(locale) if kept is not None else "",
                "with_invoices": with_invoices,
                "link": their_link,
                "tokens": tokens,
                "integration_url": link_to("portal:integration"),
                "instance_url": link_to("portal:instance", instance.public_id),
            }

        notices += queue(
            kind=kind,
            fact=f"ownership:{instance.public_id}:{taker.pk}:{at.isoformat()}",
            account=account,
            recipients=[reader.email],
            must=[reader.email.lower()],
            context=context,
            at=at,
        )
    return notices
