from django.http import HttpRequest
from ninja import Router

from billing import clock
from billing.api.v1 import lookup
from billing.api.v1.auth import actor_of
from billing.api.v1.once import once
from billing.api.v1.schemas.requests import NewSubscription, Resumption, Termination
from billing.api.v1.schemas.subscriptions import SubscriptionAnswer, subscription_answer
from billing.operations import subscriptions

router = Router(tags=["subscriptions"])


@router.post("instances/{instance_id}/subscriptions", response={201: SubscriptionAnswer})
@once(201)
def create_subscription(request: HttpRequest, instance_id: str, payload: NewSubscription) -> SubscriptionAnswer:
    """Puts the instance on a published tariff."""
    as_of = clock.now()
    created = subscriptions.create_subscription(
        instance=lookup.instance(request, instance_id),
        tariff_id=payload.tariff_id,
        quantity=payload.quantity,
        trial=payload.trial,
        as_of=as_of,
        actor=actor_of(request),
    )
    return subscription_answer(created, as_of)


@router.get("subscriptions/{subscription_id}", response=SubscriptionAnswer)
def get_subscription(request: HttpRequest, subscription_id: str) -> SubscriptionAnswer:
    """A subscription as it stands now."""
    return subscription_answer(lookup.subscription(subscription_id), clock.now())


@router.post("subscriptions/{subscription_id}/terminate", response=SubscriptionAnswer)
@once()
def terminate_subscription(request: HttpRequest, subscription_id: str, payload: Termination) -> SubscriptionAnswer:
    """Ends the subscription on the owner's word and issues the final invoice (M12)."""
    as_of = clock.now()
    subscriptions.terminate(
        subscription=lookup.subscription(subscription_id),
        as_of=as_of,
        actor=actor_of(request),
        reason=payload.reason,
        requested_by=payload.requested_by,
    )
    return subscription_answer(lookup.subscription(subscription_id), as_of)


@router.post("subscriptions/{subscription_id}/resume", response=SubscriptionAnswer)
@once()
def resume_subscription(
    request: HttpRequest, subscription_id: str, payload: Resumption | None = None
) -> SubscriptionAnswer:
    """Takes a terminated subscription up again, within 12 months and if nothing is owed (M13)."""
    as_of = clock.now()
    resumed = subscriptions.resume(
        subscription=lookup.subscription(subscription_id),
        as_of=as_of,
        actor=actor_of(request),
        requested_by=payload.requested_by if payload else "",
    )
    return subscription_answer(resumed, as_of)
