"""Offers of a year up front (M11): support works out an individual sum, the owner accepts and pays it, and the discount is
credited as a bonus."""

import hashlib
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from billing import notices
from billing.documents import offers as offer_documents
from billing.errors import BadInput, BillingError
from billing.models import (
    Allocation,
    BillingAccount,
    Credit,
    Entry,
    LedgerAccount,
    Offer,
    OfferDocument,
    OfferPayment,
    Payment,
    Subscription,
)
from billing.operations import audit
from billing.operations.cycle import due
from billing.operations.cycle.locking import lock_account
from billing.operations.ledger import numbering, posting
from billing.operations.settlement import payments
from billing.pricing.periods import business_date
from billing.pricing.yearly import YearlySum, yearly_sum

VALID_DAYS = 14


def price_offer(*, subscription: Subscription, people: int, discount_percent: Decimal) -> YearlySum:
    """Works out the sum of an offer for ``people`` with ``discount_percent`` off, which `send_offer` then asks for (G10)."""
    if not 1 <= people <= 100_000:
        raise BadInput(_("Enter the number of people that is expected, 1 or more."), field="people", rule="M11")
    if not 0 <= discount_percent < 100:
        raise BadInput(_("Enter a discount from 0 to 99.99 percent."), field="discount_percent", rule="M11")
    terms = subscription.priced_by.terms()
    if not terms.is_metered or terms.unit_price is None:
        raise BillingError(
            _("A year up front is offered on tariffs that charge each person afterwards: this one is paid in advance."),
            code="not_metered",
            rule="M11",
        )
    worked_out = yearly_sum(terms, people, discount_percent)
    if worked_out.pay_minor <= 0:
        raise BadInput(
            _("That many people are free on this tariff: there is nothing to pay up front."), field="people", rule="M3"
        )
    return worked_out


@transaction.atomic
def send_offer(
    *,
    subscription: Subscription,
    people: int,
    discount_percent: Decimal,
    as_of: datetime,
    actor: str,
    valid_until: date | None = None,
    note: str = "",
) -> Offer:
    """Sends an offer by mail and shows it in the portal; its figures are fixed from now on."""
    account = posting.lock(subscription.account_id)
    today = business_date(as_of, account.zone)
    valid_until = valid_until or today + timedelta(days=VALID_DAYS)
    if valid_until < today:
        raise BadInput(_("An offer is valid at least today."), field="valid_until")
    if subscription.terminated_at is not None:
        raise BillingError(
            _("This subscription is terminated: resume it first."), code="already_terminated", rule="M11"
        )
    worked_out = price_offer(subscription=subscription, people=people, discount_percent=discount_percent)
    series = f"{account.seller.series}O"
    number, year, sequence = numbering.next_document_number(account.seller, series, as_of)
    offer = Offer.objects.create(
        number=number,
        series=series,
        year=year,
        sequence=sequence,
        account=account,
        subscription=subscription,
        currency=account.currency,
        people=people,
        months=worked_out.months,
        unit_price=subscription.priced_by.terms().unit_price or 0,
        month_minor=worked_out.month_minor,
        full_minor=worked_out.full_minor,
        discount_percent=discount_percent,
        discount_minor=worked_out.discount_minor,
        pay_minor=worked_out.pay_minor,
        valid_until=valid_until,
        note=note,
        sent_at=as_of,
        sent_by=actor,
    )
    notices.queue_offer_sent(offer=offer, at=as_of)
    audit.record(
        actor=actor,
        action="offer.sent",
        target=offer,
        at=as_of,
        customer=account.customer,
        reason=note,
        after={"pay_minor": offer.pay_minor, "full_minor": offer.full_minor},
    )
    return offer


def refuse_closed(offer: Offer, as_of: datetime) -> None:
    """Refuses an offer that is paid, withdrawn or expired."""
    if not offer.is_open(business_date(as_of, offer.account.zone)):
        raise BillingError(
            _("This offer is no longer open: ask support for a new one."), code="offer_closed", rule="M11"
        )


@transaction.atomic
def accept_offer(*, offer: Offer, as_of: datetime, user_email: str) -> Offer:
    """Accepts ``offer`` for its owner, who then pays it. Accepting it twice changes nothing."""
    offer = Offer.objects.select_for_update(of=("self",)).select_related("account__seller").get(pk=offer.pk)
    refuse_closed(offer, as_of)
    if offer.accepted_at is None:
        offer.accepted_at, offer.accepted_by = as_of, user_email
        offer.save(update_fields=["accepted_at", "accepted_by"])
    return offer


@transaction.atomic
def withdraw_offer(*, offer: Offer, as_of: datetime, actor: str, reason: str) -> Offer:
    """Withdraws an unpaid offer for support."""
    if not reason.strip():
        raise BadInput(_("Say why the offer is taken back."), field="reason", rule="D15")
    offer = Offer.objects.select_for_update(of=("self",)).select_related("account__customer").get(pk=offer.pk)
    if offer.paid_at is not None:
        raise BillingError(_("This offer is paid: it cannot be taken back."), code="offer_paid", rule="M11")
    offer.withdrawn_at = as_of
    offer.save(update_fields=["withdrawn_at"])
    audit.record(
        actor=actor, action="offer.withdrawn", target=offer, at=as_of, customer=offer.account.customer, reason=reason
    )
    return offer


@transaction.atomic
def mark_paid(*, offer: Offer, payment: Payment, as_of: datetime) -> Entry | None:
    """Marks ``offer`` as paid by ``payment`` and credits the discount as a bonus (M11); returns the bonus's entry, None without
    a discount.

    An offer is paid once, unless that payment was reversed. Refuses a payment of another sum.
    """
    account = posting.lock(offer.account_id)
    offer = Offer.objects.select_for_update(of=("self",)).get(pk=offer.pk)
    if offer.paid_at is not None:
        return None
    if payment.amount_minor != offer.pay_minor or payment.account_id != offer.account_id:
        raise BadInput(_("This is not the sum of the offer."), field="amount", rule="M11")
    offer.paid_at = as_of
    offer.save(update_fields=["paid_at"])
    bonus = _grant_bonus(account, offer, payment, as_of) if offer.discount_minor else None
    OfferPayment.objects.create(offer=offer, payment=payment, bonus=bonus, at=as_of)
    if bonus is None:
        return None
    payments.settle_open_invoices(account, as_of=as_of)
    return bonus.entry


def _grant_bonus(account: BillingAccount, offer: Offer, payment: Payment, as_of: datetime) -> Credit:
    granted = posting.seller_account(account.seller, LedgerAccount.Kind.BONUS)
    entry = posting.post(
        key=f"bonus:{offer.number}:{payment.public_id}",
        kind=Entry.Kind.BONUS,
        account=account,
        moves=[posting.Move(granted, posting.customer_side(account), offer.discount_minor)],
        at=as_of,
        reason=offer.number,
    )
    return payments.add_credit(
        account=account, kind=Credit.Kind.BONUS, entry=entry, amount_minor=offer.discount_minor, as_of=as_of
    )


@transaction.atomic
def record_offer_payment(*, offer: Offer, new: payments.NewPayment, as_of: datetime, actor: str) -> Payment:
    """Records a bank payment of an offer's sum: the payment and its bonus in one transaction."""
    payment = payments.record_payment(account=offer.account, new=new, as_of=as_of, actor=actor)
    mark_paid(offer=offer, payment=payment, as_of=as_of)
    return payment


def document_of(*, offer: Offer, as_of: datetime) -> OfferDocument:
    """Returns the offer's PDF, rendered and stored by whoever asks first."""
    stored = OfferDocument.objects.filter(offer=offer).first()
    if stored is None:
        content = offer_documents.offer_pdf(offer)
        document = OfferDocument(
            offer=offer, content=content, sha256=hashlib.sha256(content).hexdigest(), rendered_at=as_of
        )
        OfferDocument.objects.bulk_create([document], ignore_conflicts=True)
        stored = OfferDocument.objects.get(offer=offer)
    return stored


def accounts_with_lapsed_bonus(as_of: datetime) -> list[int]:
    """Reads the accounts with a bonus left of whose subscriptions none runs or can be resumed (D11, M13)."""
    return [ended.row.pk for ended in due.resumption_ends() if ended.at <= as_of]


@transaction.atomic
def write_off_bonus(*, account_id: int, as_of: datetime) -> int:
    """Writes off what is left of the account's bonus by an entry of its own (D11); returns how much, in minor units."""
    account = lock_account(account_id, as_of=as_of)
    ends_at = due.resumption_end_of(account)
    if ends_at is None or as_of < ends_at:
        return 0
    total = 0
    for credit in Credit.objects.unapplied().filter(account=account, kind=Credit.Kind.BONUS):
        left = credit.unapplied_minor
        granted = posting.seller_account(account.seller, LedgerAccount.Kind.BONUS)
        posting.post(
            key=f"write_off:{credit.pk}",
            kind=Entry.Kind.WRITE_OFF,
            account=account,
            at=as_of,
            moves=[posting.Move(posting.customer_side(account), granted, left)],
        )
        Allocation.objects.create(credit=credit, kind=Allocation.Kind.WITHDRAWN, amount_minor=left, at=as_of)
        total += left
    return total
