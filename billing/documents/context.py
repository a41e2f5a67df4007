"""The values that a document prints, frozen; they refuse to contradict each other.

Sums are Decimals of the main unit (roubles, not kopecks), dates are business dates, periods are half-open. Whoever has an
invoice in the database maps it to these; from here on no query is possible and none is needed.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from billing.documents.errors import BadContext
from billing.pricing.money import round_half_up

LOCALES = ("ru", "en")

# Long enough for every legal name and address there is. Layout time grows with text, so a text written by a stranger ends.
LONGEST_TEXT = 1_000

# A row costs some 3 ms of layout: an invoice of thousands of rows would hold a worker for seconds and be read by nobody.
PRINTED_LINES = 200

UNBREAKABLE = "\u00a0\u202f"  # the spaces that hold a sum or a date together

PNG, JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"


def tidy(text: object) -> str:
    """Returns one line without control characters, never longer than ``LONGEST_TEXT``; None becomes the empty text."""
    plain = "".join(c if c.isprintable() or c in UNBREAKABLE else " " for c in str(text or ""))
    line = " ".join(word for word in plain.split(" ") if word)
    return line if len(line) <= LONGEST_TEXT else line[: LONGEST_TEXT - 1].rstrip() + "…"


@dataclass(frozen=True, kw_only=True)
class Party:
    """Seller or buyer as copied onto the document at its issue (G6); an unknown requisite is the empty text.

    ``name`` is the short name people use, ``full_name`` the legal one. ``vat_exemption`` is the seller's reason for no VAT.
    """

    kind: str = "company"  # company, sole_trader, person, foreign
    name: str = ""
    full_name: str = ""
    inn: str = ""
    kpp: str = ""
    ogrn: str = ""
    tax_id: str = ""
    country: str = ""
    address: str = ""
    email: str = ""
    bank_name: str = ""
    bank_city: str = ""
    bic: str = ""
    bank_account: str = ""
    correspondent_account: str = ""
    director: str = ""
    accountant: str = ""
    vat_exemption: str = ""

    @classmethod
    def from_snapshot(cls, snapshot: Mapping[str, Any]) -> "Party":
        """Reads the party from the plain dict stored on a document; keys that a document does not print are ignored."""
        return cls(**{field.name: tidy(snapshot[field.name]) for field in fields(cls) if snapshot.get(field.name)})

    @property
    def legal_name(self) -> str:
        """The name for contracts and banks: the full one, else the short one."""
        return self.full_name or self.name

    @property
    def short_name(self) -> str:
        return self.name or self.full_name

    @property
    def headline(self) -> str:
        """The short name as it fits the top of a sheet."""
        return self.short_name if len(self.short_name) <= 50 else self.short_name[:49].rstrip() + "…"

    @property
    def is_russian(self) -> bool:
        """Tells whether the party has a Russian bank and signs as Russian firms do."""
        return self.kind in ("company", "sole_trader")


@dataclass(frozen=True, kw_only=True)
class DocumentLine:
    """One row. ``amount`` is what the row adds to the total, of whatever sign; ``explanation`` says how it came about (G8)."""

    number: int
    description: str
    quantity: Decimal
    unit: str
    unit_price: Decimal
    amount: Decimal
    explanation: str = ""

    def __post_init__(self) -> None:
        for name in ("description", "unit", "explanation"):
            object.__setattr__(self, name, tidy(getattr(self, name)))

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "DocumentLine":
        """Reads the row from plain values; numbers may be Decimal, int or text, never float."""
        return cls(
            number=int(values["number"]),
            description=values["description"],
            quantity=_decimal(values["quantity"]),
            unit=values.get("unit") or "",
            unit_price=_decimal(values["unit_price"]),
            amount=_decimal(values["amount"]),
            explanation=values.get("explanation") or "",
        )


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """The values of every document: whose it is, for whom, in which language, and how it looks.

    ``logo`` is PNG or JPEG; ``accent`` and ``fill`` are the operator's colours (#rrggbb), empty for ours. A document
    without a series of its own has no ``number``.
    """

    number: str = ""
    issue_date: date
    locale: str
    currency: str
    seller: Party
    buyer: Party
    account_number: str
    logo: bytes | None = None
    accent: str = ""
    fill: str = ""

    def __post_init__(self) -> None:
        self._require(self.locale in LOCALES, f"there are no documents in the language {self.locale!r}")
        picture = self.logo is None or self.logo.startswith((PNG, JPEG))
        self._require(picture, "its logo is neither PNG nor JPEG")
        colours = all(re.fullmatch(r"(#[0-9a-fA-F]{6})?", colour) for colour in (self.accent, self.fill))
        self._require(colours, "its colours are not written as #rrggbb")

    def _require(self, holds: bool, what: str) -> None:
        if not holds:
            name = self.number or f"of account {self.account_number}"
            raise BadContext(f"Document {name} cannot be printed: {what}.")


@dataclass(frozen=True, kw_only=True)
class _Taxed(Sheet):
    """A document that asks for money, so that it has to speak of VAT.

    Prices include VAT at ``tax_percent``; None means without VAT, and ``tax_reason`` (else the seller's
    ``vat_exemption``) says why.
    """

    tax_percent: Decimal | None = None
    tax_reason: str = ""

    @property
    def reason_without_tax(self) -> str:
        return "" if self.tax_percent is not None else self.tax_reason or self.seller.vat_exemption

    @property
    def names_tax(self) -> bool:
        """Tells whether the document speaks of VAT: always a Russian seller's, one abroad only where there is something to say."""
        return self.seller.is_russian or self.tax_percent is not None or bool(self.reason_without_tax)

    def _tax_within(self, amount: Decimal) -> Decimal:
        """Returns the VAT inside ``amount``, rounded to the minor unit; 0 without VAT."""
        if self.tax_percent is None:
            return Decimal(0)
        return round_half_up(amount * self.tax_percent / (100 + self.tax_percent), self.currency)


@dataclass(frozen=True, kw_only=True)
class _Paper(_Taxed):
    """The values that an invoice and a credit note share: rows, their ``total``, and ``tax``, the part of it that is VAT."""

    lines: tuple[DocumentLine, ...]
    total: Decimal
    tax: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "lines", tuple(self.lines))
        self._require(bool(self.lines), "it has no lines")
        self._require(
            sum((line.amount for line in self.lines), Decimal(0)) == self.total, "its lines are not its total"
        )
        self._require(self.total >= 0, "its total is negative")
        self._require(self.tax_percent is not None or not self.tax, "it has a tax but no rate")
        self._require(0 <= self.tax <= self.total, "its tax is not a part of its total")

    @property
    def printed_lines(self) -> tuple[DocumentLine, ...]:
        """The rows that are printed one by one."""
        return self.lines[:PRINTED_LINES]

    @property
    def unprinted_count(self) -> int:
        return len(self.lines) - len(self.printed_lines)

    @property
    def unprinted_amount(self) -> Decimal:
        """The sum of the rows beyond the printed ones; printed as one row, so that the column still adds up."""
        return sum((line.amount for line in self.lines[PRINTED_LINES:]), Decimal(0))


@dataclass(frozen=True, kw_only=True)
class InvoiceContext(_Paper):
    """An invoice as it was issued (G6, M7). ``amount_due`` is ``total`` less the credit that covered a part of it.

    ``period_start`` and ``period_end`` are half-open; the document prints the last day included. ``basis`` names the
    contract. Raises BadContext where the sums disagree.
    """

    due_date: date
    amount_due: Decimal
    credit_applied: Decimal = Decimal(0)
    period_start: date | None = None
    period_end: date | None = None
    basis: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._require(self.credit_applied >= 0, "the credit applied is negative")
        self._require(self.total - self.credit_applied == self.amount_due, "total less credit is not the amount due")
        self._require(self.amount_due >= 0, "the amount due is negative")
        self._require(self.period_start is None or self.last_day is not None, "its period has no end")

    @property
    def last_day(self) -> date | None:
        """The last day of the period, included."""
        return self.period_end - timedelta(days=1) if self.period_end else None

    @property
    def tax_due(self) -> Decimal:
        """The VAT inside the amount due: what the payer's bank asks to be named beside the sum that is really paid."""
        return self.tax if self.amount_due == self.total else self._tax_within(self.amount_due)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "InvoiceContext":
        """Reads the invoice from plain values: ``seller`` and ``buyer`` as snapshots, ``lines`` as dicts, sums as text or Decimal."""
        return cls(**_read_values(values, cls))


@dataclass(frozen=True, kw_only=True)
class CreditNoteContext(_Paper):
    """A credit note: what an issued invoice is put right by (G6). Lines and ``total`` are what is taken off, so positive."""

    invoice_number: str
    invoice_date: date
    reason: str = ""

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "CreditNoteContext":
        """Reads the credit note from plain values, as `InvoiceContext.from_dict`."""
        return cls(**_read_values(values, cls))


@dataclass(frozen=True, kw_only=True)
class OfferContext(_Taxed):
    """An offer of a year up front (M11): ``people`` for ``months``, ``month`` each, ``full`` in all; ``pay`` is asked for.

    ``valid_until`` is the last day on which it can be taken, that day included (D12). Raises BadContext where the sums
    disagree.
    """

    valid_until: date
    product: str
    domain: str
    people: int
    months: int
    unit_price: Decimal
    month: Decimal
    full: Decimal
    discount_percent: Decimal
    discount: Decimal
    pay: Decimal
    note: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("product", "domain", "note"):
            object.__setattr__(self, name, tidy(getattr(self, name)))
        self._require(self.people > 0 and self.months > 0, "it is for nobody or for no time")
        self._require(self.month * self.months == self.full, "its months are not its full value")
        self._require(self.discount >= 0, "its discount is negative")
        self._require(self.full - self.discount == self.pay, "full value less discount is not the sum to pay")
        self._require(self.pay > 0, "there is nothing to pay")
        self._require(self.valid_until >= self.issue_date, "it is over before it is made")

    @property
    def is_per_person(self) -> bool:
        """Tells whether a month is simply people by price; a tariff with steps or a quota comes to another sum."""
        return self.people * self.unit_price == self.month

    @property
    def tax(self) -> Decimal:
        """The VAT inside the sum to pay."""
        return self._tax_within(self.pay)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "OfferContext":
        """Reads the offer from plain values, as `InvoiceContext.from_dict`."""
        return cls(**_read_values(values, cls))


def _decimal(value: object) -> Decimal:
    """Returns a Decimal from Decimal, int or text. Raises BadContext for anything else: a float has lost the kopeck already."""
    if isinstance(value, bool) or not isinstance(value, (Decimal, int, str)):
        raise BadContext(f"{value!r} is no exact number.")
    return Decimal(value)


def _date(value: object) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else value  # type: ignore[return-value]


def _read_values(values: Mapping[str, Any], kind: type[Sheet]) -> dict[str, Any]:
    readers: dict[str, Any] = {
        "seller": Party.from_snapshot,
        "buyer": Party.from_snapshot,
        "lines": lambda rows: tuple(DocumentLine.from_dict(row) for row in rows),
        "logo": bytes,
        "issue_date": _date,
        "due_date": _date,
        "period_start": _date,
        "period_end": _date,
        "invoice_date": _date,
        "total": _decimal,
        "tax": _decimal,
        "tax_percent": _decimal,
        "amount_due": _decimal,
        "credit_applied": _decimal,
        "valid_until": _date,
        "people": int,
        "months": int,
        "unit_price": _decimal,
        "month": _decimal,
        "full": _decimal,
        "discount_percent": _decimal,
        "discount": _decimal,
        "pay": _decimal,
    }
    filled = [field.name for field in fields(kind) if values.get(field.name) is not None]
    return {name: readers.get(name, tidy)(values[name]) for name in filled}
