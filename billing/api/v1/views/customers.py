from django.http import HttpRequest
from ninja import Router

from billing import clock
from billing.api.v1 import lookup
from billing.api.v1.document import examples, links
from billing.api.v1.document.facts import describe
from billing.api.v1.once import Result, once
from billing.api.v1.schemas.customers import CustomerAnswer, customer_answer
from billing.api.v1.schemas.requests import NewCustomer
from billing.operations.customers import customers

router = Router(tags=["customers"])


@router.post(
    "customers",
    response={201: CustomerAnswer},
    summary="Create a customer",
    openapi_extra=describe(
        refusals=("external_id_taken", "unknown_currency", "invalid_requisites"),
        body=examples.NEW_CUSTOMER,
        answer=examples.A_CUSTOMER,
        links=links.OF_CUSTOMER,
    ),
)
@once(201)
def create_customer(request: HttpRequest, payload: NewCustomer) -> Result:
    """Creates a customer with its account in the currency named.

    With an `external_id` of your own the same customer is never made twice: sent again, it is answered as it is.
    """
    new = customers.NewCustomer(
        name=payload.name,
        kind=payload.kind,
        email=payload.email,
        locale=payload.locale,
        currency=payload.currency,
        requisites=payload.requisites.model_dump(exclude_unset=True),
        external_id=payload.external_id or "",
    )
    customer, is_new = customers.create_customer_once(new=new, as_of=clock.now())
    return Result(customer_answer(customer), is_new)


@router.get(
    "customers/{customer_id}",
    response=CustomerAnswer,
    summary="A customer",
    openapi_extra=describe(answer=examples.OWING_CUSTOMER, links=links.OF_CUSTOMER),
)
def get_customer(request: HttpRequest, customer_id: str) -> CustomerAnswer:
    """Returns a customer and the balances of its accounts."""
    return customer_answer(lookup.customer(customer_id))
