from typing import Annotated

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from ninja import Query, Router

from billing import clock
from billing.api.v1 import lookup
from billing.api.v1.auth import actor_of
from billing.api.v1.document import examples, links
from billing.api.v1.document.facts import describe
from billing.api.v1.fields import Day
from billing.api.v1.once import Result, once
from billing.api.v1.schemas.accounts import (
    AccountAnswer,
    AdjustmentAnswer,
    PaymentAnswer,
    StatementAnswer,
    account_answer,
    adjustment_answer,
    payment_answer,
    statement_answer,
)
from billing.api.v1.schemas.requests import NewAdjustment, NewPayment
from billing.errors import BadInput
from billing.operations.settlement import adjustments, payments

router = Router(tags=["accounts"])


@router.get(
    "accounts/{number}",
    response=AccountAnswer,
    summary="An account",
    openapi_extra=describe(answer=examples.AN_ACCOUNT),
)
def get_account(request: HttpRequest, number: str) -> AccountAnswer:
    """Returns the account's balance, debt and charges as they are now."""
    return account_answer(lookup.account(number), clock.now())


@router.get(
    "accounts/{number}/statement",
    response=StatementAnswer,
    summary="An account's statement",
    openapi_extra=describe(answer=examples.A_STATEMENT),
)
def get_statement(
    request: HttpRequest,
    number: str,
    start: Annotated[Day | None, Query(alias="from")] = None,
    end: Annotated[Day | None, Query(alias="to")] = None,
) -> StatementAnswer:
    """Returns every movement of the balance on the business days `from` to `to`, both included."""
    if start is not None and end is not None and start > end:
        raise BadInput(_("“from” is later than “to”: exchange them."), field="from")
    return statement_answer(lookup.account(number), start, end)


@router.post(
    "accounts/{number}/payments",
    response={201: PaymentAnswer},
    summary="Record a payment",
    openapi_extra=describe(
        refusals=("external_id_taken", "invalid_amount", "currency_mismatch", "unknown_invoice", "in_the_future"),
        body=examples.NEW_PAYMENT,
        answer=examples.A_PAYMENT,
        links=links.links_to("get_account", "get_statement", number="$response.body#/account"),
    ),
)
@once(201)
def record_payment(request: HttpRequest, number: str, payload: NewPayment) -> Result:
    """Records money that came: it pays the invoice named, else the oldest due, and the rest stays on the account (G7)."""
    account = lookup.account(number)
    new = payments.NewPayment(
        amount_minor=payload.amount.minor(account.currency),  # type: ignore[arg-type]  # None is refused by the operation
        currency=payload.amount.currency_or(account.currency),
        method=payload.method,
        reference=payload.reference,
        received_at=payload.received_at,
        invoice_number=payload.invoice or "",
        external_id=payload.external_id or "",
    )
    payment, is_new = payments.record_payment_once(account=account, new=new, as_of=clock.now(), actor=actor_of(request))
    return Result(payment_answer(payment), is_new)


@router.post(
    "accounts/{number}/adjustments",
    response={201: AdjustmentAnswer},
    summary="Adjust a balance",
    openapi_extra=describe(
        refusals=("external_id_taken", "invalid_amount", "currency_mismatch"),
        body=examples.NEW_ADJUSTMENT,
        answer=examples.AN_ADJUSTMENT,
        links=links.links_to("get_account", number="$response.body#/account"),
    ),
)
@once(201)
def adjust(request: HttpRequest, number: str, payload: NewAdjustment) -> Result:
    """Changes the balance by a sum somebody decided on, with the reason (D15)."""
    account = lookup.account(number)
    amount_minor = payload.amount.minor(account.currency)
    entry, is_new = adjustments.adjust_balance_once(
        account=account,
        amount_minor=amount_minor,
        currency=payload.amount.currency_or(account.currency),
        reason_code=payload.reason_code,
        comment=payload.comment,
        as_of=clock.now(),
        actor=actor_of(request),
        external_id=payload.external_id or "",
    )
    assert amount_minor is not None  # refused by the operation
    answer = adjustment_answer(
        entry, amount_minor=amount_minor, reason_code=payload.reason_code, comment=payload.comment
    )
    return Result(answer, is_new)
