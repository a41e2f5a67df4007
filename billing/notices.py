"""What Saldo writes to people: one function per email.

A notice is a row, written in the transaction of its fact and unique by kind, fact and recipient, so that each goes out once
whatever is repeated. Sums and dates come from the posted rows. Sending follows later (`billing.operations.delivery`).
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import override

from accounts.models import Instance, Member
from billing import wording
from billing.models import (
    BillingAccount,
    Charge,
    CustomerRequest,
    Invoice,
    LedgerAccount,
    Notice,
    Offer,
    Payment,
    PaymentAttempt,
)
from billing.pricing.explanation import formula
from billing.pricing.periods import business_date, month_start, next_month, start_of_day
from billing.pricing.quantity import next_unit_costs


def invoice_recipients(invoice: Invoice) -> list[str]:
    """Who gets the invoice (M7): the address given at the registration of each instance on it, the customer's and the
    account's billing addresses; once each."""
    billed = Instance.objects.filter(subscriptions__invoice_lines__invoice=invoice, deleted_at=None)
    registered = billed.order_by("pk").values_list("email", flat=True)
    return _each_once([*registered, *account_recipients(invoice.account)])


def account_recipients(account: BillingAccount) -> list[str]:
    """The customer's address and the account's further billing addresses, once each."""
    further = account.addresses.order_by("pk").values_list("email", flat=True)
    return _each_once([account.customer.email, *further])


def owner_recipients(account: BillingAccount, instances: Iterable[Instance]) -> list[str]:
    """The billing owners of ``instances`` (M10) and the account's addresses, once each."""
    owners = Member.objects.billing_owners().filter(instance__in=list(instances))
    return _each_once([*owners.order_by("pk").values_list("email", flat=True), *account_recipients(account)])


def _each_once(emails: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(email.strip().lower() for email in emails if email))


def _link(name: str, *args: str) -> str:
    return f"{settings.BASE_URL}{reverse(name, args=args)}"


def _balance(account: BillingAccount) -> int:
    return LedgerAccount.objects.get(billing_account=account).balance_minor


def _restore_sum(account: BillingAccount, at: datetime) -> str:
    """The sum that restores access, written out, where the account is read-only for debt at ``at``; else empty (D4)."""
    today = business_date(at, account.zone)
    overdue = Invoice.objects.filter(account=account).overdue(today)
    owed = sum(invoice.open_minor for invoice in overdue)
    return wording.money_text(owed, account.currency) if owed else ""


def _common(account: BillingAccount, at: datetime) -> dict[str, Any]:
    """What every mail shows: whose it is, where the portal is, whom to turn to (D20)."""
    return {
        "locale": account.customer.locale,
        "portal_name": settings.PORTAL_NAME,
        "portal_url": _link("portal:overview"),
        "customer_name": account.customer.name,
        "account_number": account.number,
        "support": {"email": settings.SUPPORT_EMAIL, "phone": settings.SUPPORT_PHONE, "link": settings.SUPPORT_LINK},
        "restore_sum": _restore_sum(account, at),
    }


def queue(
    *, kind: str, fact: str, account: BillingAccount, recipients: Sequence[str], context: dict[str, Any],
    at: datetime, invoice: Invoice | None = None, offer: Offer | None = None, edition: int = 1, requested_by: str = "",
) -> list[Notice]:  # fmt: skip
    """Writes the notice ``kind`` about ``fact`` for each recipient who has not got it yet, in the active language.

    ``context`` fills ``templates/emails/<kind>.html``, ``.txt`` and ``_subject.txt``.
    """
    full = {**_common(account, at), **context}
    full["subject"] = " ".join(render_to_string(f"emails/{kind}_subject.txt", full).split())
    text = render_to_string(f"emails/{kind}.txt", full)
    html = render_to_string(f"emails/{kind}.html", full)
    rows = [
        Notice(
            kind=kind, fact=fact, recipient=recipient, edition=edition, account=account, invoice=invoice, offer=offer,
            locale=account.customer.locale, subject=full["subject"][:300], text=text, html=html,
            requested_by=requested_by, created_at=at, next_attempt_at=at,
        )
        for recipient in recipients
    ]  # fmt: skip
    return Notice.objects.bulk_create(rows, ignore_conflicts=True)


def invoice_issued(
    *, invoice: Invoice, at: datetime, edition: int = 1, requested_by: str = "", recipients: Sequence[str] | None = None
) -> list[Notice]:
    """The invoice by email, its PDF attached when it is sent (M7)."""
    currency, zone = invoice.currency, invoice.seller.time_zone
    with override(invoice.locale):
        context = {
            "invoice_number": invoice.number,
            "period": wording.period_text(invoice.period_start),
            "total": wording.money_text(invoice.total_minor, currency),
            "credit_applied": invoice.credit_applied_minor
            and wording.money_text(invoice.credit_applied_minor, currency),
            "amount_due": wording.money_text(invoice.amount_due_minor, currency),
            "is_paid": invoice.amount_due_minor == 0,
            "due_date": wording.date_text(invoice.due_date),
            "lock_at": wording.instant_text(start_of_day(invoice.due_date + timedelta(days=1), zone), zone),
            "lines": [
                {
                    "description": line.description,
                    "explanation": _formula(line.explanation),
                    "amount": wording.money_text(line.amount_minor, currency),
                }
                for line in invoice.lines.order_by("position")
            ],
            "invoice_url": _link("portal:document", invoice.number),
        }
        return queue(
            kind="invoice_issued", fact=f"invoice:{invoice.number}", account=invoice.account,
            recipients=invoice_recipients(invoice) if recipients is None else recipients,
            context=context, at=at, invoice=invoice, edition=edition, requested_by=requested_by,
        )  # fmt: skip


def _formula(explanation: dict[str, Any]) -> str:
    """The computation in the active language."""
    return formula(explanation, lambda amount: wording.number_text(amount, explanation["currency"]))


def read_only(
    *, account: BillingAccount, instances: Sequence[Instance], invoices: Sequence[Invoice], at: datetime
) -> list[Notice]:
    """The account's instances are read-only: which invoices, the exact sum that restores them, what goes on (D4)."""
    since = start_of_day(invoices[0].due_date + timedelta(days=1), account.zone)
    with override(account.customer.locale):
        context = {
            "since": wording.instant_text(since, account.zone),
            "invoices": [
                {
                    "number": invoice.number,
                    "due_date": wording.date_text(invoice.due_date),
                    "open": wording.money_text(invoice.open_minor, account.currency),
                }
                for invoice in invoices
            ],
            "instances": [instance.domain for instance in instances],
            "pay_url": _link("portal:document", invoices[0].number),
        }
        return queue(
            kind="read_only", fact=f"overdue:{invoices[0].number}:{at.isoformat()}", account=account,
            recipients=owner_recipients(account, instances), context=context, at=at,
        )  # fmt: skip


def restored(*, account: BillingAccount, instances: Sequence[Instance], at: datetime) -> list[Notice]:
    """Full access is back (M9)."""
    with override(account.customer.locale):
        context = {
            "restored_at": wording.instant_text(at, account.zone),
            "instances": [instance.domain for instance in instances],
            "balance": wording.money_text(_balance(account), account.currency),
        }
        return queue(
            kind="restored", fact=f"restored:{account.number}:{at.isoformat()}", account=account,
            recipients=owner_recipients(account, instances), context=context, at=at,
        )  # fmt: skip


def quota_crossed(*, charge: Charge, peak: int, at: datetime) -> list[Notice]:
    """The free quota has been exceeded and all members are charged from now on (M3, D8)."""
    subscription, account = charge.subscription, charge.account
    assert subscription is not None and charge.period is not None
    terms, month = subscription.tariff.terms(), month_start(charge.period.start)
    with override(account.customer.locale):
        context = {
            "domain": subscription.instance.domain,
            "at": wording.instant_text(charge.occurred_at, account.zone),
            "active": peak,
            "quota": terms.included_quantity,
            "charged": wording.money_text(charge.amount_minor, account.currency),
            "formula": _formula(charge.explanation),
            "next_costs": wording.money_text(next_unit_costs(terms, peak), account.currency),
            "month": wording.period_text(month, year=False),
            "next_month_date": wording.date_text(next_month(month), year=False),
            "instance_url": _link("portal:instance", subscription.instance.public_id),
        }
        return queue(
            kind="quota_crossed", fact=f"charge:{charge.entry_id}", account=account,
            recipients=owner_recipients(account, [subscription.instance]), context=context, at=at,
        )  # fmt: skip


def payment_received(*, payment: Payment, at: datetime) -> list[Notice]:
    """Money has come: how much, what it paid, what the balance is now."""
    account, currency = payment.account, payment.currency
    paid = payment.credit.allocations.filter(invoice__isnull=False).select_related("invoice").order_by("pk")
    left = payment.amount_minor - sum(row.amount_minor for row in paid)
    with override(account.customer.locale):
        context = {
            "amount": wording.money_text(payment.amount_minor, currency),
            "received_on": wording.date_text(business_date(payment.received_at, account.zone)),
            "reference": payment.reference,
            "allocations": [
                {"number": row.invoice.number, "amount": wording.money_text(row.amount_minor, currency)}
                for row in paid
                if row.invoice is not None
            ],
            "credit_left": wording.money_text(left, currency) if left else "",
            "balance": wording.money_text(_balance(account), currency),
        }
        return queue(
            kind="payment_received", fact=f"payment:{payment.public_id}", account=account,
            recipients=account_recipients(account), context=context, at=at,
        )  # fmt: skip


def due_soon(*, invoice: Invoice, at: datetime) -> list[Notice]:
    """An invoice falls due in a few days and is not paid (D12)."""
    zone = invoice.seller.time_zone
    with override(invoice.locale):
        context = {
            "invoice_number": invoice.number,
            "open": wording.money_text(invoice.open_minor, invoice.currency),
            "due_date": wording.date_text(invoice.due_date),
            "lock_at": wording.instant_text(start_of_day(invoice.due_date + timedelta(days=1), zone), zone),
            "invoice_url": _link("portal:document", invoice.number),
        }
        return queue(
            kind="due_soon", fact=f"invoice:{invoice.number}", account=invoice.account,
            recipients=invoice_recipients(invoice), context=context, at=at, invoice=invoice,
        )  # fmt: skip


def payment_failed(*, attempt: PaymentAttempt, at: datetime) -> list[Notice]:
    """A payment online did not go through: why, and where to try again."""
    account = attempt.account
    with override(account.customer.locale):
        context = {
            "amount": wording.money_text(attempt.amount_minor, attempt.currency),
            "reason": wording.decline_text(attempt.reason),
            "pay_url": _link("portal:pay"),
        }
        return queue(
            kind="payment_failed", fact=f"attempt:{attempt.id}", account=account, recipients=[attempt.created_by],
            context=context, at=at,
        )  # fmt: skip


def request_answered(*, request: CustomerRequest, at: datetime) -> list[Notice]:
    """Support has carried out what was asked, or says why not."""
    account = request.account
    with override(account.customer.locale):
        context = {
            "what": request.get_kind_display(),
            "domain": request.instance.domain if request.instance else "",
            "is_done": request.outcome == CustomerRequest.Outcome.DONE,
            "answer": request.answer,
            "request_url": _link("portal:request", request.public_id),
        }
        return queue(
            kind="request_answered", fact=f"request:{request.public_id}", account=account,
            recipients=_each_once([request.requested_by, *account_recipients(account)]), context=context, at=at,
        )  # fmt: skip


def offer_sent(*, offer: Offer, at: datetime) -> list[Notice]:
    """The offer of a year up front (M11), its PDF attached when it is sent."""
    account, currency = offer.account, offer.currency
    with override(account.customer.locale):
        context = {
            "number": offer.number,
            "domain": offer.subscription.instance.domain,
            "people": offer.people,
            "months": offer.months,
            "month_sum": wording.money_text(offer.month_minor, currency),
            "full": wording.money_text(offer.full_minor, currency),
            "discount": wording.money_text(offer.discount_minor, currency),
            "discount_percent": wording.plain_number(offer.discount_percent),
            "pay": wording.money_text(offer.pay_minor, currency),
            "valid_until": wording.date_text(offer.valid_until),
            "note": offer.note,
            "offer_url": _link("portal:offer", offer.number),
        }
        return queue(
            kind="offer_sent", fact=f"offer:{offer.number}", account=account,
            recipients=owner_recipients(account, [offer.subscription.instance]), context=context, at=at, offer=offer,
        )  # fmt: skip


def invitation(*, member: Member, account: BillingAccount, link: str, invited_by: str, at: datetime) -> list[Notice]:
    """Somebody is invited into an instance: a link that lets them in."""
    with override(account.customer.locale):
        context = {
            "domain": member.instance.domain,
            "invited_by": invited_by,
            "role": member.role.name_in(account.customer.locale),
            "link": link,
        }
        return queue(
            kind="invitation", fact=f"member:{member.pk}:{at.isoformat()}", account=account, recipients=[member.email],
            context=context, at=at,
        )  # fmt: skip
