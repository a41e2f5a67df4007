"""The bodies that callers send. Lengths are those of the columns; what the values mean is checked by the operations."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StrictBool

from billing.api.v1.fields import (
    CURRENCY,
    FILLED,
    PLAIN,
    Day,
    ExternalId,
    Instant,
    Printable,
    Request,
    Sum,
    Whole,
    between,
    json_schema,
    one_of,
)
from billing.models import Payment
from billing.operations.settlement.adjustments import REASONS
from billing.operations.subscriptions.quotes import MOST_UNITS
from billing.operations.subscriptions.trials import LONGEST_EXTENSION

# The last label of a domain begins with a letter and has two signs at least, in any script.
HOST = r"[^.][.][A-Za-z\u00a1-\uffff][0-9A-Za-z\u00a1-\uffff-]*[0-9A-Za-z\u00a1-\uffff][.]?\s*$"

Name = Annotated[str, between(1, 200), Printable, FILLED]
MaybeName = Annotated[str, between(0, 200), Printable, PLAIN]
Email = Annotated[str, between(1, 254), Printable, json_schema(format="email")]
Code = Annotated[str, between(1, 60), Printable, FILLED]
Reason = Annotated[str, between(0, 500), Printable, FILLED]
Quantity = Annotated[Whole, json_schema(minimum=1, maximum=MOST_UNITS)]
# What the caller's own system calls the thing: sent again, it answers what is there and does nothing twice.
BusinessKey = Annotated[str, between(1, 128), Printable, FILLED]


class Requisites(Request):
    """Russian requisites have their check digits checked; elsewhere ``tax_id`` and the bank's fields are free."""

    full_name: Annotated[str, between(0, 300), Printable, PLAIN] = ""
    inn: Annotated[str, between(0, 12), Printable, PLAIN] = ""
    kpp: Annotated[str, between(0, 9), Printable, PLAIN] = ""
    ogrn: Annotated[str, between(0, 15), Printable, PLAIN] = ""
    tax_id: Annotated[str, between(0, 40), Printable, PLAIN] = ""
    country: Annotated[str, between(2, 2), Printable, json_schema(pattern=r"^[^\s\x00-\x1f\x7f]{2}$")] = "RU"
    address: Annotated[str, between(0, 400), Printable, PLAIN] = ""
    bank_name: Annotated[str, between(0, 200), Printable, PLAIN] = ""
    bic: Annotated[str, between(0, 9), Printable, PLAIN] = ""
    bank_account: Annotated[str, between(0, 34), Printable, PLAIN] = ""
    correspondent_account: Annotated[str, between(0, 20), Printable, PLAIN] = ""


class NewCustomer(Request):
    name: Name
    kind: Literal["company", "person"]
    email: Email
    locale: Literal["ru", "en"]
    currency: Annotated[str, between(1, 10), Printable, json_schema(pattern=CURRENCY)]
    requisites: Requisites = Requisites()
    external_id: BusinessKey | None = None


class Representative(Request):
    """The first person of an instance: its administrator, who speaks for the owner (M15)."""

    external_id: ExternalId
    email: Email
    name: MaybeName = ""


class NewInstance(Request):
    customer_id: Annotated[str, between(1, 64), Printable, FILLED]
    product: Code
    domain: Annotated[str, between(1, 253), Printable, json_schema(format="idn-hostname", pattern=HOST)]
    registered_at: Instant | None = None
    representative: Representative


class MemberReport(Request):
    """A report about one person; ``occurred_at`` is left out where it happens right now."""

    email: Email
    name: MaybeName = ""
    role: Code
    status: Literal["invited", "active", "blocked"]
    occurred_at: Instant | None = None


class MemberRow(MemberReport):
    external_id: ExternalId


class NewSubscription(Request):
    tariff_id: Code | None = None
    quantity: Quantity | None = None
    trial: StrictBool | None = None


class Termination(Request):
    """``requested_by`` names who of the owner's side asked for it (M12)."""

    reason: Reason
    requested_by: MaybeName = ""


class Resumption(Request):
    requested_by: MaybeName = ""


class Choice(Request):
    """The tariff that ends a trial; ``quantity`` where the tariff prices one."""

    tariff_id: Code
    quantity: Quantity | None = None


class Terms(Request):
    """Other terms: what is left out stays as it is. Without ``when`` a dearer tariff begins now, a cheaper one at the
    period's end (D7)."""

    tariff_id: Code | None = None
    quantity: Quantity | None = None
    when: Literal["now", "period_end"] | None = None


class NewTerms(Terms):
    """``quote`` of the preview: what it named is charged, or nothing (G10)."""

    quote: Annotated[str, between(1, 64), Printable, FILLED] | None = None


class Nothing(Request):
    """An act that needs no details."""


class Undoing(Request):
    """The terms to be rid of, as they were chosen: a change to others is left alone, so that a request that is sent twice
    takes back one."""

    tariff_id: Code | None = None
    quantity: Quantity | None = None


class Extension(Request):
    """``trial_ends_on``: the last day as the caller knows it; where it has moved nothing is added, so that a request that is
    sent twice counts once."""

    days: Annotated[Whole, json_schema(minimum=1, maximum=LONGEST_EXTENSION)]
    reason: Reason
    trial_ends_on: Day | None = None


class NewPayment(Request):
    """Money that came. ``invoice`` is the number of the one it is for; without it the oldest due is paid first (G7).
    ``external_id``: the line of the bank's statement, say; among the account's the same one is recorded once."""

    amount: Sum
    method: Annotated[str, between(1, 20), Printable, one_of(*Payment.Method.values)]
    reference: MaybeName = ""
    received_at: Instant | None = None
    invoice: Annotated[str, between(0, 30), Printable, PLAIN] | None = None
    external_id: BusinessKey | None = None


class NewAdjustment(Request):
    """Above zero in the customer's favour, below zero against. ``external_id``: among the account's the same one counts once."""

    amount: Sum
    reason_code: Annotated[str, between(0, 40), Printable, one_of(*REASONS)]
    comment: Reason
    external_id: BusinessKey | None = None


class CreditedLine(Request):
    description: Annotated[str, between(1, 300), Printable, FILLED]
    amount: Sum


class NewCreditNote(Request):
    """An amount to give back: ``lines``, or one ``amount`` for the whole. ``external_id``: among the invoice's the same one counts
    once."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "oneOf": [
                {"required": ["lines"], "properties": {"lines": {"type": "array"}, "amount": {"type": "null"}}},
                {
                    "required": ["amount"],
                    "properties": {"amount": {"type": ["object", "string"]}, "lines": {"type": "null"}},
                },
            ]
        },
    )

    lines: Annotated[list[CreditedLine], Field(min_length=1, max_length=500)] | None = None
    amount: Sum | None = None
    reason: Reason
    external_id: BusinessKey | None = None
