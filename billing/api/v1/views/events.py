import re

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Router

from billing.api.v1.auth import Bearer, caller_of
from billing.api.v1.document import examples, links
from billing.api.v1.document.facts import describe
from billing.api.v1.paging import Listed, PageQuery, cursor_refusal, split_page
from billing.api.v1.problems import NotFound
from billing.api.v1.schemas.events import EventAnswer, event_answer
from billing.models import ApiToken, Event
from billing.operations.events import stream

router = Router(tags=["events"], auth=Bearer())

EVENT_ID = re.compile(r"evt_[A-Za-z0-9]{1,60}", re.ASCII)


@router.get(
    "events",
    response=Listed[EventAnswer],
    summary="● The event stream",
    openapi_extra=describe(
        refusals=("invalid_cursor",),
        answer={"items": [examples.AN_EVENT], "next": examples.AN_EVENT["id"]},
        links=links.links_to("list_events", after="$response.body#/next"),
    ),
)
def list_events(request: HttpRequest, query: PageQuery) -> Listed[EventAnswer]:
    """Lists what happened, in order, from the beginning or `after` an event's id: ask again with the last one you have.

    An event that is committed later than another also stands later in this list, so reading on never passes one over (E9).

    An instance's token sees what concerns its own instance.
    """
    stream.place_events()  # what has been committed since the last look is put in order first
    events, caller = Event.objects.exclude(position=None).order_by("position"), caller_of(request)
    if caller.scope != ApiToken.Scope.OPERATOR:
        events = events.filter(instance__tokens=caller)
    key = query.cursor or query.after
    if key:
        events = events.filter(position__gt=_place_of(events, key))
    rows = events.select_related("account", "instance", "subscription")
    page, more = split_page(rows[: query.limit + 1], query.limit)
    return Listed[EventAnswer](items=[event_answer(event) for event in page], next=page[-1].public_id if more else None)


def _place_of(events: "QuerySet[Event]", key: str) -> int:
    """Returns the stream position of the event ``key`` among those the caller may see; another's event is 404."""
    if not EVENT_ID.fullmatch(key):
        raise cursor_refusal()
    place = events.filter(public_id=key).values_list("position", flat=True).first()
    if place is None:
        raise NotFound
    return place
