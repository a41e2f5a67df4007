from typing import Annotated, Any

from pydantic import BaseModel

from billing.api.v1.fields import InstantText, instant_text, one_of
from billing.models import Event
from billing.operations.events.event_types import TYPES


class EventAnswer(BaseModel):
    """Something that happened. ``sequence`` counts 1, 2, 3 … within a subscription and is 0 where there is none."""

    id: str
    type: Annotated[str, one_of(*TYPES)]
    at: InstantText
    sequence: int
    account: str | None
    instance_id: str | None
    subscription_id: str | None
    data: dict[str, Any]


def event_answer(event: Event) -> EventAnswer:
    """Answers an event whose account, instance and subscription are fetched."""
    return EventAnswer(
        id=event.public_id,
        type=event.type,
        at=instant_text(event.at),
        sequence=event.sequence,
        account=event.account.number if event.account else None,
        instance_id=event.instance.public_id if event.instance else None,
        subscription_id=event.subscription.public_id if event.subscription else None,
        data=event.data,
    )
