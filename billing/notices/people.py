"""Mails that people of the operator or the customer set off: requests answered, offers, invitations."""

from datetime import datetime
from typing import Any

from accounts.models import Member
from billing.models import BillingAccount, CustomerRequest, Notice, Offer
from billing.notices.letters.base import link as link_to
from billing.notices.letters.base import owner_recipients, queue
from billing.notices.recipients.readers import account_recipients, each_once
from billing.wording import formats


def request_answered(*, request: CustomerRequest, at: datetime) -> list[Notice]:
    """Support has carried out what was asked, or says why not; whoever asked is told in any case."""
    account = request.account

    def told(locale: str) -> dict[str, Any]:
        return {
            "what": request.get_kind_display(),
            "domain": request.instance.domain if request.instance else "",
            "is_done": request.outcome == CustomerRequest.Outcome.DONE,
            "answer": request.answer,
            "request_url": link_to("portal:request", request.public_id),
        }

    return queue(
        kind="request_answered",
        fact=f"request:{request.public_id}",
        account=account,
        context=told,
        at=at,
        recipients=each_once([request.requested_by, *account_recipients(account)]),
        must=each_once([request.requested_by]),
    )


def offer_sent(*, offer: Offer, at: datetime) -> list[Notice]:
    """The offer of a year up front (M11), its PDF attached when it is sent."""
    account, currency = offer.account, offer.currency

    def told(locale: str) -> dict[str, Any]:
        return {
            "number": offer.number,
            "domain": offer.subscription.instance.domain,
            "people": offer.people,
            "months": offer.months,
            "month_sum": formats.money_text(offer.month_minor, currency),
            "full": formats.money_text(offer.full_minor, currency),
            "discount": formats.money_text(offer.discount_minor, currency),
            "discount_percent": formats.plain_number(offer.discount_percent),
            "pay": formats.money_text(offer.pay_minor, currency),
            "valid_until": formats.date_text(offer.valid_until),
            "note": offer.note,
            "offer_url": link_to("portal:offer", offer.number),
        }

    return queue(
        kind="offer_sent",
        fact=f"offer:{offer.number}",
        account=account,
        context=told,
        at=at,
        offer=offer,
        recipients=owner_recipients(account, [offer.subscription.instance]),
    )


def invitation(*, member: Member, account: BillingAccount, link: str, invited_by: str, at: datetime) -> list[Notice]:
    """Somebody is invited into an instance: a link that lets them in."""

    def told(locale: str) -> dict[str, Any]:
        return {
            "domain": member.instance.domain,
            "invited_by": invited_by,
            "role": member.role.name_in(locale),
            "link": link,
        }

    return queue(
        kind="invitation",
        fact=f"member:{member.pk}:{at.isoformat()}",
        account=account,
        recipients=[member.email],
        context=told,
        at=at,
    )
