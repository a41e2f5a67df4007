"""The documented problems: their stable codes, the rule behind each, and an example sentence.

A sentence without figures is read from the operation that refuses with it; one with figures is written out here.

Each view names its own. A test follows every answer of every test and of the fuzzer: a code that no view names, or an answer
whose code its view does not name, fails.
"""

from collections.abc import Sequence
from typing import NamedTuple

from django.utils.functional import Promise

from billing.api.v1.sentences import SENTENCES
from billing.operations import rehearsal
from billing.operations.customers import instances
from billing.operations.settlement import payments
from billing.operations.subscriptions import lifecycle, metering, plan_changes, quotes, trials


class Problem(NamedTuple):
    """A documented problem: status, sentence, the billing rule where one refuses, the field where one is named."""

    status: int
    detail: str | Promise
    rule: str = ""
    field: str = ""


PROBLEMS: dict[str, Problem] = {
    # --- of every call
    "unauthorized": Problem(401, SENTENCES["unauthorized"]),
    "not_found": Problem(404, SENTENCES["not_found"]),
    "invalid": Problem(422, SENTENCES["invalid"], field="limit"),
    "too_many_calls": Problem(429, SENTENCES["too_many_calls"]),
    "busy": Problem(503, SENTENCES["busy"]),
    # --- of every write
    "conflict": Problem(409, SENTENCES["conflict"]),
    "too_large": Problem(413, SENTENCES["too_large"]),
    "unsupported_media_type": Problem(415, SENTENCES["unsupported_media_type"]),
    "invalid_json": Problem(422, SENTENCES["invalid_json"]),
    "invalid_idempotency_key": Problem(422, SENTENCES["invalid_idempotency_key"], field="Idempotency-Key"),
    "idempotency_key_reused": Problem(422, SENTENCES["idempotency_key_reused"], field="Idempotency-Key"),
    # --- lists
    "invalid_cursor": Problem(422, SENTENCES["invalid_cursor"], field="cursor"),
    # --- customers, instances, members
    "external_id_taken": Problem(
        409, "The external_id “417” names another one already: send a new id, or the first content again."
    ),
    "unknown_currency": Problem(422, "Nobody sells in “EUR” here. Use one of: RUB, USD.", field="currency"),
    "invalid_requisites": Problem(
        422, "The check digits of this INN do not agree: check it for a typing error.", field="requisites.inn"
    ),
    "unknown_customer": Problem(422, SENTENCES["unknown_customer"], field="customer_id"),
    "unknown_product": Problem(
        422, "There is no product “metoer”. Use one of: blue, cyberos, evotor-app, meteor.", field="product"
    ),
    "domain_taken": Problem(409, instances.DOMAIN_TAKEN),
    "subscription_active": Problem(409, instances.SUBSCRIPTION_ACTIVE, "M14"),
    "debt_outstanding": Problem(409, "5990.00 RUB are still owed on account 100001: pay them first.", "M14"),
    "instance_deleted": Problem(409, metering.INSTANCE_DELETED),
    "trial_seat_limit": Problem(409, "Up to 20 people can take part in the trial: choose a tariff to add more.", "B2"),
    "unknown_role": Problem(
        422, "There is no role “captain” in this product. Use one of: administrator, member, billing.", field="role"
    ),
    "in_the_future": Problem(422, metering.IN_THE_FUTURE, field="occurred_at"),
    "too_many_rows": Problem(422, SENTENCES["too_many_rows"]),
    # --- subscriptions
    "subscription_exists": Problem(409, lifecycle.SUBSCRIPTION_EXISTS),
    "resume_instead": Problem(409, lifecycle.RESUME_INSTEAD, "M13"),
    "trial_used": Problem(409, trials.TRIAL_USED, "B2"),
    "unknown_tariff": Problem(
        422, "There is no tariff “blue-weekly” here. Use one of: blue-monthly, blue-annual.", "E5", "tariff_id"
    ),
    "trial_is_no_choice": Problem(422, "“trial” is a trial: choose one of the plans.", "C1", "tariff_id"),
    "invalid_quantity": Problem(422, quotes.INVALID_QUANTITY, field="quantity"),
    "no_trial": Problem(409, trials.NO_TRIAL, "D18"),
    "trial_moved": Problem(
        409, "The trial ends on 2026-05-15 and not on the day you named: look at it and ask again.", "B2"
    ),
    "product_is_free": Problem(409, quotes.PRODUCT_IS_FREE, "E1"),
    "trial_choose": Problem(409, quotes.TRIAL_CHOOSE, "D18"),
    "already_terminated": Problem(409, lifecycle.ALREADY_TERMINATED, "M12"),
    "cancelled": Problem(409, quotes.CANCELLED, "C4"),
    "next_period_paid": Problem(409, quotes.NEXT_PERIOD_PAID, "E8"),
    "quote_expired": Problem(409, rehearsal.QUOTE_EXPIRED, "G10"),
    "only_at_period_end": Problem(422, quotes.ONLY_AT_PERIOD_END, "B8", "when"),
    "nothing_changes": Problem(422, quotes.NOTHING_CHANGES, field="tariff_id"),
    "nothing_to_undo": Problem(409, plan_changes.NOTHING_TO_UNDO, "D6"),
    "nothing_to_cancel": Problem(409, plan_changes.NOTHING_TO_CANCEL, "C4"),
    "not_prepaid": Problem(409, plan_changes.NOT_PREPAID, "M12"),
    "not_cancelled": Problem(409, plan_changes.NOT_CANCELLED, "C4"),
    "not_terminated": Problem(409, lifecycle.NOT_TERMINATED, "M13"),
    "new_subscription": Problem(409, lifecycle.NEW_SUBSCRIPTION, "E9"),
    "resume_window_over": Problem(409, lifecycle.RESUME_WINDOW_OVER, "M13"),
    # --- money
    "invalid_amount": Problem(422, payments.NOT_POSITIVE, field="amount"),
    "currency_mismatch": Problem(422, "This account is kept in RUB: enter the sum in that currency.", field="currency"),
    "unknown_invoice": Problem(
        422, "This account has no invoice R-2026-000043: check the number, or leave it out.", field="invoice"
    ),
    "credit_exceeds_invoice": Problem(409, "Only 599.00 RUB of this invoice can still be credited.", "D9"),
    "document_unavailable": Problem(503, SENTENCES["document_unavailable"]),
    # --- the sandbox
    "clock_moves_forward": Problem(
        409, "The sandbox clock stands at 2026-05-01T00:00:00+03:00 and moves forward only."
    ),
}

OF_EVERY_CALL = ("unauthorized", "not_found", "invalid", "too_many_calls", "busy")
OF_EVERY_WRITE = ("conflict", "too_large")
OF_EVERY_BODY = ("unsupported_media_type", "invalid_json")
OF_EVERY_KEY = ("invalid_idempotency_key", "idempotency_key_reused")

# What a row of a bulk call may be refused for; the rest of the rows stands.
OF_A_ROW = ("invalid", "trial_seat_limit", "unknown_role", "in_the_future")


def codes_by_status(own: Sequence[str], *, is_write: bool, has_body: bool, has_key: bool) -> dict[int, list[str]]:
    """Groups the codes that a call may answer by status: its ``own`` first, then those of every call of its kind."""
    codes = [*own, *OF_EVERY_CALL]
    codes += OF_EVERY_WRITE if is_write else ()
    codes += OF_EVERY_BODY if has_body else ()
    codes += OF_EVERY_KEY if has_key else ()
    by_status: dict[int, list[str]] = {}
    for code in codes:
        by_status.setdefault(PROBLEMS[code].status, []).append(code)
    return by_status
