from django.http import HttpRequest
from ninja import Router

from billing.api.v1.auth import Bearer, caller_of
from billing.api.v1.paging import Asked, Listed, bad_cursor, cut
from billing.api.v1.schemas.events import EventAnswer, event_answer
from billing.models import ApiToken, Event

router = Router(tags=["events"], auth=Bearer())


@router.get("events", response=Listed[EventAnswer])
def list_events(request: HttpRequest, asked: Asked) -> Listed[EventAnswer]:
    """What happened, in order, from the beginning or `after` an event's id: ask again with the last one you have.

    An instance's token sees what concerns its own instance.
    """
    events, caller = Event.objects.order_by("pk"), caller_of(request)
    if caller.scope != ApiToken.Scope.OPERATOR:
        events = events.filter(instance__tokens=caller)
    key = asked.cursor or asked.after
    if key:
        last = events.filter(public_id=key).first() if key.isascii() and key.isprintable() else None
        if last is None:
            raise bad_cursor()
        events = events.filter(pk__gt=last.pk)
    rows = events.select_related("account", "instance", "subscription")
    page, more = cut(rows[: asked.limit + 1], asked.limit)
    return Listed[EventAnswer](items=[event_answer(event) for event in page], next=page[-1].public_id if more else None)
