from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from accounts.members import Report
from accounts.models import Customer, Instance, Member
from billing import clock
from billing.api.v1 import lookup
from billing.api.v1.auth import Bearer, actor_of
from billing.api.v1.conditional import UNCHANGED, answer_unless_known
from billing.api.v1.document import examples, links
from billing.api.v1.document.facts import describe
from billing.api.v1.fields import Month
from billing.api.v1.once import once
from billing.api.v1.schemas.instances import InstanceAnswer, instance_answer
from billing.api.v1.schemas.requests import NewInstance
from billing.api.v1.schemas.usage import UsageAnswer, usage_answer
from billing.api.v1.sentences import SENTENCES
from billing.errors import BadInput, BillingError
from billing.operations.customers import instances

router = Router(tags=["instances"])


def _find_customer(public_id: str) -> Customer:
    customer = Customer.objects.filter(public_id=public_id).first()
    if customer is None:
        raise BadInput(SENTENCES["unknown_customer"], field="customer_id", code="unknown_customer")
    return customer


def _add_instance_id(refusal: BillingError, new_instance: NewInstance) -> BillingError:
    """Adds the ``instance_id`` of the instance that has the domain to the refusal of a taken one; leaves any other as it is."""
    if refusal.code == "domain_taken":
        domain = new_instance.domain.strip().lower().rstrip(".")
        living = Instance.objects.filter(product__code=new_instance.product, domain__iexact=domain, deleted_at=None)
        refusal.extra = (
            {"instance_id": instance_id} if (instance_id := living.values_list("public_id", flat=True).first()) else {}
        )
    return refusal


@router.post(
    "instances",
    response={201: InstanceAnswer},
    summary="Register an instance",
    openapi_extra=describe(
        refusals=("domain_taken", "unknown_customer", "unknown_product", "in_the_future"),
        body=examples.NEW_INSTANCE,
        answer=examples.REGISTERED,
        links={
            **links.links_to(*links.CALLS_OF_INSTANCE, instance_id=links.ID),
            "get_customer": links.link_to("get_customer", {"customer_id": "$response.body#/customer_id"}),
        },
    ),
)
@once(201)
def register_instance(request: HttpRequest, payload: NewInstance) -> InstanceAnswer:
    """Registers an instance; the representative is its first active member, its administrator (M15)."""
    person, as_of = payload.representative, clock.now()
    try:
        instance = instances.register_instance(
            customer=_find_customer(payload.customer_id),
            product=instances.find_product(payload.product),
            domain=payload.domain,
            registered_at=payload.registered_at,
            representative=Report(
                external_id=person.external_id, status=Member.Status.ACTIVE, email=person.email, name=person.name
            ),
            as_of=as_of,
            actor=actor_of(request),
        )
    except BillingError as refusal:
        raise _add_instance_id(refusal, payload) from None
    return instance_answer(instance, as_of)


@router.get(
    "instances/{instance_id}",
    response=InstanceAnswer,
    auth=Bearer(),
    summary="● An instance and its access",
    openapi_extra={**UNCHANGED, **describe(answer=examples.READ_ONLY)},
)
def get_instance(request: HttpRequest, instance_id: str) -> HttpResponse:
    """Returns the instance, and what it may do at this instant (D3).

    Send the `ETag` of the last answer as `If-None-Match`: 304 says that nothing has changed.
    """
    answer = instance_answer(lookup.instance(request, instance_id), clock.now())
    return answer_unless_known(request, answer)


@router.delete(
    "instances/{instance_id}",
    response={204: None},
    summary="Delete an instance",
    openapi_extra=describe(refusals=("debt_outstanding", "subscription_active")),
)
@once(204)
def delete_instance(request: HttpRequest, instance_id: str) -> None:
    """Deletes the instance: after its termination, and if nothing is owed (M14)."""
    instance = lookup.instance(request, instance_id)
    instances.delete_instance(instance=instance, as_of=clock.now(), actor=actor_of(request))


@router.get(
    "instances/{instance_id}/usage",
    response=UsageAnswer,
    auth=Bearer(),
    summary="● The usage of a month",
    openapi_extra=describe(answer=examples.A_USAGE),
)
def get_usage(request: HttpRequest, instance_id: str, period: Annotated[Month, Query()]) -> UsageAnswer:
    """Returns the peak of a calendar month (`period=2026-04`), what it was charged, and the changes that made it (M1)."""
    return usage_answer(lookup.instance(request, instance_id), period)
