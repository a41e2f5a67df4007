"""Everything that happened to a customer, newest first: one query for each kind of thing, however much there is.

Rows of many tables are merged in the order of (instant, source, key). A page begins after the cursor of the one before it,
so nothing is skipped or shown twice while new things happen.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import BigIntegerField, Model, OuterRef, Q, QuerySet, Subquery, Sum
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Customer, Member, MemberChange
from billing.models import (
    AccessAnnouncement,
    AuditRecord,
    CreditNote,
    CustomerRequest,
    Entry,
    Invoice,
    Notice,
    Offer,
    Payment,
    PaymentAttempt,
    Posting,
    Relief,
    SubscriptionChange,
)

Words = str | Promise
# What people choose from; each source belongs to one.
KINDS: dict[str, Words] = {
    "balance": _("Balance"),
    "documents": _("Documents"),
    "payments": _("Payments"),
    "mails": _("Mails and messages"),
    "acts": _("Acts of staff"),
    "access": _("Access and subscriptions"),
    "requests": _("Requests and offers"),
    "people": _("People"),
}
# Acts that another row of the timeline shows already; they are left out where everything is shown, and kept among the acts.
SHOWN_ELSEWHERE = (
    "payment.recorded",
    "credit_note.issued",
    "offer.sent",
    "relief.granted",
    "balance.adjusted",
    "payment.reversed",
    "subscription.terminated",
    "subscription.resumed",
    "request.done",
    "request.declined",
    "request.withdrawn",
)


@dataclass(frozen=True)
class Cursor:
    """The place where a page ended: what comes next is older than this."""

    at: datetime
    rank: int
    key: str

    def as_text(self) -> str:
        return f"{self.at.isoformat()}~{self.rank}~{self.key}"

    @classmethod
    def read(cls, text: str) -> "Cursor | None":
        """Returns the cursor of an address; None for anything that is none."""
        try:
            at, rank, key = text.split("~")
            cursor = cls(datetime.fromisoformat(at), int(rank), key)
        except ValueError:
            return None
        return cursor if cursor.at.tzinfo is not None and 0 <= cursor.rank < len(SOURCES) and _is_key(cursor) else None


def _is_key(cursor: Cursor) -> bool:
    try:
        SOURCES[cursor.rank].model._meta.pk.to_python(cursor.key)
    except Exception:  # a value that the key's field cannot read, each field in its own way
        return False
    return True


@dataclass(frozen=True)
class TimelineRow:
    """One thing that happened to a customer: ``row`` is the model's instance, ``source`` says what it means here."""

    at: datetime
    source: "Source"
    row: Any

    @property
    def kind(self) -> str:
        return self.source.kind

    @property
    def cursor(self) -> Cursor:
        return Cursor(self.at, SOURCES.index(self.source), str(self.row.pk))


@dataclass(frozen=True)
class Source:
    """A table's part in the timeline: ``field`` is the instant it is ordered by."""

    name: str
    kind: str
    model: type[Model]
    field: str
    rows: "Callable[[Customer], QuerySet[Any]]"


def _entries(customer: Customer) -> "QuerySet[Any]":
    """Movements of the balance that no document or payment of their own shows, with their sum as the customer sees it."""
    postings = Posting.objects.filter(entry=OuterRef("pk")).order_by().values("entry")

    def total(side: str) -> Subquery:
        own_postings = postings.filter(**{f"{side}__billing_account": OuterRef("account")}).annotate(
            sum=Sum("amount_minor")
        )
        return Subquery(own_postings.values("sum"), output_field=BigIntegerField())

    entries = Entry.objects.filter(account__customer=customer)
    entries = entries.exclude(kind__in=(Entry.Kind.PAYMENT, Entry.Kind.CREDIT_NOTE, Entry.Kind.VAT))
    return entries.annotate(given=total("credit"), taken=total("debit")).select_related(
        "account", "charge__line__invoice", "charge__period", "credit", "reverses"
    )


def _of_account(model: Any, *related: str) -> "Callable[[Customer], QuerySet[Any]]":
    return lambda customer: model.objects.filter(account__customer=customer).select_related("account", *related)


def _of_instance(model: Any, *related: str) -> "Callable[[Customer], QuerySet[Any]]":
    return lambda customer: model.objects.filter(instance__customer=customer).select_related("instance", *related)


def _answers(customer: Customer) -> "QuerySet[Any]":
    return _of_account(CustomerRequest, "instance")(customer).exclude(answered_at=None)


def _mails(customer: Customer) -> "QuerySet[Any]":
    return Notice.objects.filter(account__customer=customer).defer("text", "html")


def _changes(customer: Customer) -> "QuerySet[Any]":
    changes = SubscriptionChange.objects.filter(subscription__instance__customer=customer)
    return changes.select_related("subscription__instance")


SOURCES: tuple[Source, ...] = (
    Source("entry", "balance", Entry, "at", _entries),
    Source("invoice", "documents", Invoice, "issued_at", _of_account(Invoice)),
    Source("credit_note", "documents", CreditNote, "issued_at", _of_account(CreditNote, "invoice")),
    Source("payment", "payments", Payment, "recorded_at", _of_account(Payment)),
    Source("attempt", "payments", PaymentAttempt, "created_at", _of_account(PaymentAttempt)),
    Source("notice", "mails", Notice, "created_at", _mails),
    Source("act", "acts", AuditRecord, "at", lambda customer: AuditRecord.objects.filter(customer=customer)),
    Source("subscription", "access", SubscriptionChange, "at", _changes),
    Source("access", "access", AccessAnnouncement, "announced_at", _of_instance(AccessAnnouncement)),
    Source("relief", "access", Relief, "starts_at", _of_instance(Relief)),
    Source("request", "requests", CustomerRequest, "requested_at", _of_account(CustomerRequest, "instance")),
    Source("answer", "requests", CustomerRequest, "answered_at", _answers),
    Source("offer", "requests", Offer, "sent_at", _of_account(Offer)),
    Source("member", "people", MemberChange, "received_at", _of_instance(MemberChange, "member", "role")),
)


@dataclass(frozen=True)
class Page:
    """``rows`` newest first; ``older`` is the cursor of the next page, None at the end. ``people`` are the names that
    charges speak of, by the member's key."""

    rows: tuple[TimelineRow, ...]
    older: Cursor | None
    people: dict[int, str]


def _older_than(source: Source, rank: int, cursor: Cursor | None) -> Q:
    """Filters the rows of ``source`` that come after the cursor in the order (instant, source, key), all falling."""
    if cursor is None:
        return Q()
    earlier, same = Q(**{f"{source.field}__lt": cursor.at}), Q(**{source.field: cursor.at})
    if rank < cursor.rank:
        return earlier | same
    return earlier | (same & Q(pk__lt=cursor.key)) if rank == cursor.rank else earlier


def _people(rows: Iterable[TimelineRow]) -> dict[int, str]:
    charges = [getattr(row.row, "charge", None) for row in rows if row.source.name == "entry"]
    member_ids = {charge.explanation.get("member") for charge in charges if charge is not None} - {None}
    return {member.pk: str(member) for member in Member.objects.filter(pk__in=member_ids).only("name", "email")}


def page(*, customer: Customer, limit: int, kinds: frozenset[str] = frozenset(), before: Cursor | None = None) -> Page:
    """Returns ``limit`` things, newest first, of ``kinds`` (all where none is chosen), older than the cursor ``before``."""
    candidates: list[tuple[datetime, int, Any, TimelineRow]] = []
    for rank, source in enumerate(SOURCES):
        if kinds and source.kind not in kinds:
            continue
        rows = source.rows(customer).filter(_older_than(source, rank, before))
        if source.name == "act" and kinds != {"acts"}:
            rows = rows.exclude(action__in=SHOWN_ELSEWHERE)
        for row in rows.order_by(f"-{source.field}", "-pk")[: limit + 1]:
            at = getattr(row, source.field)
            candidates.append((at, rank, row.pk, TimelineRow(at, source, row)))
    candidates.sort(key=lambda candidate: candidate[:3], reverse=True)
    shown = tuple(candidate[3] for candidate in candidates[:limit])
    older = shown[-1].cursor if len(candidates) > limit else None
    return Page(shown, older, _people(shown))
