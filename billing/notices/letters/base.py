"""The parts that every notice shares: whom it goes to, what all mails show, the row that it becomes."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import override

from accounts.models import Instance, Member
from billing.models import BillingAccount, Invoice, LedgerAccount, Notice, Offer, Subscription, Tariff
from billing.notices.letters.short import short_text
from billing.notices.recipients.readers import account_recipients, deliveries, each_once
from billing.pricing.periods import business_date
from billing.wording import formats

__all__ = ["Context", "balance", "link", "owner_recipients", "queue"]

# The names a template needs: as they are, or written in each language that somebody reads it in.
Context = dict[str, Any] | Callable[[str], dict[str, Any]]


GAPS = re.compile(r"\n\s*\n")  # what templates leave between two paragraphs, however many lines


@dataclass(frozen=True)
class _Letter:
    subject: str
    text: str
    html: str = ""


def owner_recipients(account: BillingAccount, instances: Iterable[Instance]) -> list[str]:
    """Returns the billing owners of ``instances`` (M10) and the account's addresses, once each."""
    owners = Member.objects.billing_owners().filter(instance__in=list(instances))
    return each_once([*owners.order_by("pk").values_list("email", flat=True), *account_recipients(account)])


def link(name: str, *args: str) -> str:
    return f"{settings.BASE_URL}{reverse(name, args=args)}"


def balance(account: BillingAccount) -> int:
    return LedgerAccount.objects.get(billing_account=account).balance_minor


def _debt(account: BillingAccount, at: datetime) -> dict[str, Any]:
    """Returns the sum that restores access, written out, where the account is read-only for debt at ``at``, and whether use goes
    on being charged meanwhile (D4); empty where it is not."""
    today = business_date(at, account.zone)
    owed = sum(invoice.open_minor for invoice in Invoice.objects.filter(account=account).overdue(today))
    if not owed:
        return {"restore_sum": ""}
    metered = Subscription.objects.filter(
        account=account, terminated_at=None, tariff__metric=Tariff.MetricChoice.PEAK_ACTIVE
    )
    return {"restore_sum": formats.money_text(owed, account.currency), "use_is_charged": metered.exists()}


def support_contacts() -> dict[str, str]:
    """Returns the operator's support contacts, empty where none are set (D20)."""
    contacts = {"email": settings.SUPPORT_EMAIL, "phone": settings.SUPPORT_PHONE, "link": settings.SUPPORT_LINK}
    return contacts if any(contacts.values()) else {}


def _common_context(account: BillingAccount, at: datetime, locale: str) -> dict[str, Any]:
    """Collects what every mail shows: whose it is, where the portal is, whom to turn to (D20)."""
    return {
        "locale": locale,
        "portal_name": settings.PORTAL_NAME,
        "portal_url": link("portal:overview"),
        "preferences_url": link("portal:preferences"),
        "short_link": link("portal:pay"),
        "customer_name": account.customer.name,
        "account_number": account.number,
        "support": support_contacts(),
        **_debt(account, at),
    }


def _letter(kind: str, channel: str, account: BillingAccount, context: Context, at: datetime, locale: str) -> _Letter:
    """Returns the notice as one reader gets it."""
    with override(locale):
        full = {**_common_context(account, at, locale), **(context(locale) if callable(context) else context)}
        if channel == Notice.Channel.MESSAGE:
            text = short_text(kind, full)
            return _Letter(text[:300], text)
        full["subject"] = " ".join(render_to_string(f"emails/{kind}_subject.txt", full).split())[:300]
        text = GAPS.sub("\n\n", render_to_string(f"emails/{kind}.txt", full)).strip() + "\n"
        return _Letter(full["subject"], text, render_to_string(f"emails/{kind}.html", full))


def queue(
    *,
    kind: str,
    fact: str,
    account: BillingAccount,
    recipients: Sequence[str],
    context: Context,
    at: datetime,
    invoice: Invoice | None = None,
    offer: Offer | None = None,
    edition: int = 1,
    requested_by: str = "",
    locale: str = "",
    must: Sequence[str] = (),
) -> list[Notice]:
    """Writes the notice ``kind`` about ``fact`` for each recipient who wants it and has not got it yet.

    ``context`` fills ``templates/emails/<kind>.html``, ``.txt``, ``_subject.txt`` and, for a message, ``_short.txt``. It is
    written in the language of ``locale`` (the customer's where none is given), and for a person who has chosen another in
    that, where ``context`` is a function of the language. ``must`` are addresses that get it whatever they chose.
    """
    locale = locale or account.customer.locale
    rows_to_write = deliveries(kind=kind, account=account, recipients=recipients, locale=locale, must=must)
    letters: dict[tuple[str, str], _Letter] = {}
    rows = []
    for delivery in rows_to_write:
        language = delivery.locale if callable(context) else locale
        key = (delivery.channel, language)
        letter = letters.get(key) or _letter(kind, delivery.channel, account, context, at, language)
        letters[key] = letter
        rows.append(
            Notice(
                kind=kind,
                fact=fact,
                channel=delivery.channel,
                recipient=delivery.recipient,
                service=delivery.service,
                edition=edition,
                account=account,
                invoice=invoice,
                offer=offer,
                locale=language,
                subject=letter.subject,
                text=letter.text,
                html=letter.html,
                requested_by=requested_by,
                created_at=at,
                next_attempt_at=at,
            )
        )
    return Notice.objects.bulk_create(rows, ignore_conflicts=True)
