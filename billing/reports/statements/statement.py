"""The account's statement: every movement of its balance with the balance after it, for any range (G3, G5).

Rows come in the order in which they were booked, which is that of the postings. Nothing here writes.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import BigIntegerField, Case, F, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce

from accounts.models import Member
from billing.models import BillingAccount, Charge, CreditNote, Entry, Invoice, LedgerAccount, Payment, Posting
from billing.pricing.periods import start_of_day


@dataclass(frozen=True)
class Row:
    """One movement: ``amount_minor`` with its sign as the customer sees it, ``balance_after_minor`` what it led to.

    ``sequence`` orders the rows and is the cursor of a page.
    """

    sequence: int
    entry: Entry
    amount_minor: int
    balance_after_minor: int
    currency: str
    # Whose change of state made the charge; empty where nobody's did, or where the person's data has been erased.
    person: str = ""

    @property
    def at(self) -> datetime:
        return self.entry.at

    @property
    def kind(self) -> str:
        return self.entry.kind

    @property
    def charge(self) -> Charge | None:
        return getattr(self.entry, "charge", None)

    @property
    def payment(self) -> Payment | None:
        credit = getattr(self.entry, "credit", None)
        return getattr(credit, "payment", None) if credit is not None else None

    @property
    def credit_note(self) -> CreditNote | None:
        return getattr(self.entry, "credit_note", None)

    @property
    def invoice(self) -> Invoice | None:
        """The document the movement belongs to: the one that collected the charge, that the payment named, or that was credited."""
        if self.charge is not None and self.credit_note is None:
            return self.charge.line.invoice if self.charge.line is not None else None
        if self.payment is not None:
            return self.payment.invoice
        return self.credit_note.invoice if self.credit_note is not None else None


@dataclass(frozen=True)
class Statement:
    """``rows`` oldest first; ``opening_minor`` before the first of them, ``closing_minor`` after the last."""

    account: BillingAccount
    opening_minor: int
    closing_minor: int
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Page:
    """Rows newest first; ``older`` and ``newer`` are the cursors of the neighbouring pages, None at either end."""

    rows: tuple[Row, ...]
    older: int | None
    newer: int | None


def ledger_account(account: BillingAccount) -> LedgerAccount:
    """Returns the account's side of the ledger; every billing account has one from its opening."""
    return LedgerAccount.objects.get(billing_account=account)


def _postings(ledger: LedgerAccount) -> "QuerySet[Posting]":
    return Posting.objects.filter(Q(debit=ledger) | Q(credit=ledger))


def _sum(postings: "QuerySet[Posting]", ledger: LedgerAccount) -> int:
    amount = Case(
        When(credit=ledger, then=F("amount_minor")),
        default=Value(-1) * F("amount_minor"),
        output_field=BigIntegerField(),
    )
    return int(postings.aggregate(total=Coalesce(Sum(amount), Value(0), output_field=BigIntegerField()))["total"])


def _with_facts(postings: "QuerySet[Posting]") -> "QuerySet[Posting]":
    """Reads everything a row may have to tell, in the one query."""
    return postings.select_related(
        "entry__charge__line__invoice",
        "entry__charge__period__tariff",
        "entry__charge__subscription__instance",
        "entry__charge__subscription__tariff",
        "entry__credit__payment__invoice",
        "entry__credit_note__invoice",
        "entry__reverses",
    )


def _rows(postings: Iterable[Posting], ledger: LedgerAccount, before_minor: int) -> list[Row]:
    booked = list(postings)
    people = _people(booked)
    balance, rows = before_minor, []
    for posting in booked:
        amount = posting.amount_minor if posting.credit_id == ledger.pk else -posting.amount_minor
        balance += amount
        person = people.get(_member_id(posting), "")
        rows.append(Row(posting.pk, posting.entry, amount, balance, posting.currency, person))
    return rows


def _member_id(posting: Posting) -> int | None:
    charge = getattr(posting.entry, "charge", None)
    return charge.explanation.get("member") if charge is not None else None


def _people(postings: list[Posting]) -> dict[int | None, str]:
    """Returns the names of the people whom the charges speak of: one query for all."""
    ids = [pk for pk in map(_member_id, postings) if pk is not None]
    members = Member.objects.filter(pk__in=ids)
    return {member.pk: str(member) for member in members.only("name", "email")}


def statement(*, account: BillingAccount, start: date | None = None, end: date | None = None) -> Statement:
    """Returns the movements of the business dates ``start`` to ``end``, both included; None leaves that side open."""
    ledger = ledger_account(account)
    postings, earlier = _postings(ledger), Posting.objects.none()
    if start is not None:
        first = start_of_day(start, account.zone)
        earlier = postings.filter(entry__at__lt=first)
        postings = postings.filter(entry__at__gte=first)
    if end is not None:
        postings = postings.filter(entry__at__lt=start_of_day(date.fromordinal(end.toordinal() + 1), account.zone))
    opening = _sum(earlier, ledger) if start is not None else 0
    rows = _rows(_with_facts(postings).order_by("pk"), ledger, opening)
    closing = rows[-1].balance_after_minor if rows else opening
    return Statement(account, opening, closing, tuple(rows))


def page(*, account: BillingAccount, limit: int, before: int | None = None, after: int | None = None) -> Page:
    """Returns ``limit`` movements, newest first: those just before the cursor, just after it, or the latest."""
    ledger = ledger_account(account)
    all_postings = _postings(ledger)
    if after is not None:
        chosen = list(_with_facts(all_postings.filter(pk__gt=after)).order_by("pk")[: limit + 1])
        more_newer, chosen = len(chosen) > limit, chosen[:limit]
        more_older = True
    else:
        window = all_postings if before is None else all_postings.filter(pk__lt=before)
        newest_first = list(_with_facts(window).order_by("-pk")[: limit + 1])
        more_older, chosen = len(newest_first) > limit, newest_first[:limit][::-1]
        more_newer = before is not None
    if not chosen:
        return Page((), None, None)
    rows = _rows(chosen, ledger, _sum(all_postings.filter(pk__lt=chosen[0].pk), ledger))[::-1]
    older = rows[-1].sequence if more_older else None
    return Page(tuple(rows), older, rows[0].sequence if more_newer else None)
