"""What callers send. Lengths are those of the columns; what the values mean is checked by the operations."""

from typing import Annotated, Literal

from pydantic import Field, StrictBool, StrictInt

from billing.api.v1.fields import ExternalId, Instant, Printable, Request, Sum, between

Name = Annotated[str, between(1, 200), Printable]
MaybeName = Annotated[str, between(0, 200), Printable]
Email = Annotated[str, between(1, 254), Printable]
Code = Annotated[str, between(1, 60), Printable]


class Requisites(Request):
    """Russian requisites have their check digits checked; elsewhere ``tax_id`` and the bank's fields are free."""

    full_name: Annotated[str, between(0, 300), Printable] = ""
    inn: Annotated[str, between(0, 12), Printable] = ""
    kpp: Annotated[str, between(0, 9), Printable] = ""
    ogrn: Annotated[str, between(0, 15), Printable] = ""
    tax_id: Annotated[str, between(0, 40), Printable] = ""
    country: Annotated[str, between(2, 2), Printable] = "RU"
    address: Annotated[str, between(0, 400), Printable] = ""
    bank_name: Annotated[str, between(0, 200), Printable] = ""
    bic: Annotated[str, between(0, 9), Printable] = ""
    bank_account: Annotated[str, between(0, 34), Printable] = ""
    correspondent_account: Annotated[str, between(0, 20), Printable] = ""


class NewCustomer(Request):
    name: Name
    kind: Literal["company", "person"]
    email: Email
    locale: Literal["ru", "en"]
    currency: Annotated[str, between(1, 10), Printable]
    requisites: Requisites = Requisites()


class Representative(Request):
    """The first person of an instance: its administrator, who speaks for the owner (M15)."""

    external_id: ExternalId
    email: Email
    name: MaybeName = ""


class NewInstance(Request):
    customer_id: Annotated[str, between(1, 64), Printable]
    product: Code
    domain: Annotated[str, between(1, 253), Printable]
    registered_at: Instant | None = None
    representative: Representative


class MemberReport(Request):
    """What is told of a person; ``occurred_at`` is left out where it happens right now."""

    email: Email
    name: MaybeName = ""
    role: Code
    status: Literal["invited", "active", "blocked"]
    occurred_at: Instant | None = None


class MemberRow(MemberReport):
    external_id: ExternalId


class NewSubscription(Request):
    tariff_id: Code | None = None
    quantity: Annotated[StrictInt, Field(ge=1, le=1_000_000)] | None = None
    trial: StrictBool | None = None


class Termination(Request):
    """``requested_by`` names who of the owner's side asked for it (M12)."""

    reason: Annotated[str, between(0, 500), Printable]
    requested_by: MaybeName = ""


class Resumption(Request):
    requested_by: MaybeName = ""


class Choice(Request):
    """The tariff that ends a trial; ``quantity`` where the tariff prices one."""

    tariff_id: Code
    quantity: StrictInt | None = None


class Terms(Request):
    """Other terms: what is left out stays as it is. Without ``when`` a dearer tariff begins now, a cheaper one at the
    period's end (D7)."""

    tariff_id: Code | None = None
    quantity: StrictInt | None = None
    when: Literal["now", "period_end"] | None = None


class NewTerms(Terms):
    """``quote`` of the preview: what it named is charged, or nothing (G10)."""

    quote: Annotated[str, between(1, 64), Printable] | None = None


class Nothing(Request):
    """An act that needs no details."""


class Extension(Request):
    days: StrictInt
    reason: Annotated[str, between(0, 500), Printable]


class NewPayment(Request):
    """Money that came. ``invoice`` is the number of the one it is for; without it the oldest due is paid first (G7)."""

    amount: Sum
    method: Annotated[str, between(1, 20), Printable]
    reference: MaybeName = ""
    received_at: Instant | None = None
    invoice: Annotated[str, between(0, 30), Printable] | None = None


class NewAdjustment(Request):
    """Above zero in the customer's favour, below zero against."""

    amount: Sum
    reason_code: Annotated[str, between(0, 40), Printable]
    comment: Annotated[str, between(0, 500), Printable]


class CreditedLine(Request):
    description: Annotated[str, between(1, 300), Printable]
    amount: Sum


class NewCreditNote(Request):
    """What is given back: ``lines``, or one ``amount`` for the whole."""

    lines: Annotated[list[CreditedLine], Field(min_length=1, max_length=500)] | None = None
    amount: Sum | None = None
    reason: Annotated[str, between(0, 500), Printable]


class ClockMove(Request):
    now: Instant
