"""The texts of the OpenAPI document: what the API is, its parts, what a parameter or header is for."""

from typing import Any

ABOUT = """\
Customers, instances and their people, usage, subscriptions, invoices and payments: for the software that runs the instances and
for the operator's own systems.

**Tokens.** `Authorization: Bearer bp_…`. An *operator* token may call everything. An *instance* token may call what concerns its own
instance (marked ●); whatever else there is does not exist for it and answers 404.

**Values.** Money is `{"amount": "5990.00", "currency": "RUB"}`, the amount a string. Instants are ISO 8601 with an offset, dates
`YYYY-MM-DD` in the billing time zone. Fields and query parameters that nobody knows are refused; fields may be added to answers.

**Lists** are `{"items": […], "next": "…" | null}`: ask again with `cursor=next`. Rows that are added meanwhile are neither repeated nor
lost.

**Writes happen once.** Send an `Idempotency-Key` and the same key and body get the first answer again, for a week. Without one the
business key protects: an `external_id` of yours for customers, payments, adjustments and credit notes, product and domain for
instances, the instance for its subscription, the person's id for members. What is there already is told and marked
`Idempotent-Replayed: true`, or refused with its id.

**Problems** are `application/problem+json` with a sentence that says what to do, a stable `code` and, where a billing rule refused,
its id as `rule` and its address as `rule_url`: [all rules](/rules/). Every call lists its codes. Sentences are
English, or Russian with `Accept-Language: ru`.

**Requests have names.** Send `X-Request-Id`, or find ours in the answer: the log and the audit record have the same.
"""

TAGS = {
    "customers": "Whoever pays, with their accounts.",
    "instances": "One installation of a product at one domain, what it may do at this instant, and what it used.",
    "members": "The people of an instance: reported one by one or a thousand at once. Repeats and late reports are fine.",
    "tariffs": "What is on offer.",
    "subscriptions": "An instance on a tariff: trials, other terms, the end. A preview and its act are worked out alike.",
    "accounts": "The money of a customer in one currency: balance, statement, payments, adjustments.",
    "invoices": "What was billed, how each line was worked out, its PDF, and credit notes.",
    "events": "What happened, in order. The same events go out as webhooks.",
    "sandbox": "The clock of a sandbox. Anywhere else there is none: 404.",
}

PARAMETERS = {
    "customer_id": "Id of a customer, `cus_…`.",
    "instance_id": "Id of an instance, `ins_…`.",
    "subscription_id": "Id of a subscription, `sub_…`.",
    "external_id": "What the product calls this person: kept to the letter, slashes included.",
    "number": "Number of the account or the invoice.",
    "limit": "How many rows at most.",
    "cursor": "`next` of the page before; empty for the first page.",
    "after": "Another name for `cursor`; in the event stream the id of the last event one has.",
    "period": "A calendar month.",
    "occurred_at": "Since when; left out where it happens right now.",
    "product": "Code of a product.",
    "account": "Number of an account.",
    "status": "How the invoice stands now.",
    "from": "First day.",
    "to": "Last day, included.",
}

REQUEST_ID: dict[str, Any] = {
    "description": "Names this request: the caller's own where 1 to 64 of `A-Z a-z 0-9 . _ -` were sent, else ours.",
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"},
}
RETRY_AFTER = {"description": "Seconds to wait.", "required": True, "schema": {"type": "integer", "minimum": 1}}
CHALLENGE = {"description": "`Bearer`.", "schema": {"type": "string"}}
REPLAYED = {
    "description": "`true` where this write had happened before and nothing was done now.",
    "schema": {"type": "string", "enum": ["true"]},
}
KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]([ -~]*[!-~])?$"},
    "description": "The same key and body get the first answer again, for seven days.",
}
ASKED_REQUEST_ID = {
    "in": "header",
    "name": "X-Request-Id",
    "required": False,
    "schema": {"type": "string"},
    "description": "A name of yours for this request: 1 to 64 of `A-Z a-z 0-9 . _ -`; anything else is passed over.",
}
