from django.http import HttpRequest
from ninja import Router

from billing import clock
from billing.api.v1 import lookup
from billing.api.v1.once import once
from billing.api.v1.schemas.customers import CustomerAnswer, customer_answer
from billing.api.v1.schemas.requests import NewCustomer
from billing.operations import customers

router = Router(tags=["customers"])


@router.post("customers", response={201: CustomerAnswer})
@once(201)
def create_customer(request: HttpRequest, payload: NewCustomer) -> CustomerAnswer:
    """Creates a customer with its account in the currency named."""
    new = customers.NewCustomer(
        name=payload.name,
        kind=payload.kind,
        email=payload.email,
        locale=payload.locale,
        currency=payload.currency,
        requisites=payload.requisites.model_dump(exclude_unset=True),
    )
    return customer_answer(customers.create_customer(new=new, as_of=clock.now()))


@router.get("customers/{customer_id}", response=CustomerAnswer)
def get_customer(request: HttpRequest, customer_id: str) -> CustomerAnswer:
    """A customer and the balances of its accounts."""
    return customer_answer(lookup.customer(customer_id))
