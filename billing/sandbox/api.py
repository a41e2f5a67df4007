from typing import Any

from django.conf import settings
from django.http import HttpRequest
from ninja import Router
from pydantic import BaseModel

from billing import clock
from billing.api.v1.document.facts import describe
from billing.api.v1.fields import Instant, InstantText, Request, instant_text
from billing.api.v1.problems import NotFound
from billing.sandbox import sandbox_clock

router = Router(tags=["sandbox"])


class ClockMove(Request):
    now: Instant


class ClockAnswer(BaseModel):
    now: InstantText


class MovedAnswer(ClockAnswer):
    """``done``: what fell due on the way and was done."""

    done: dict[str, Any]


def _only_in_a_sandbox() -> None:
    if not settings.BILLING_SANDBOX:
        raise NotFound


@router.get(
    "sandbox/clock",
    response=ClockAnswer,
    summary="Where the sandbox's clock stands",
    openapi_extra=describe(answer={"now": "2026-04-10T09:00:00+00:00"}),
)
def get_clock(request: HttpRequest) -> ClockAnswer:
    """Returns the instant at which the sandbox's clock stands; real time until it is first set."""
    _only_in_a_sandbox()
    return ClockAnswer(now=instant_text(clock.now()))


@router.post(
    "sandbox/clock",
    response=MovedAnswer,
    summary="Move the sandbox's clock",
    openapi_extra=describe(
        refusals=("clock_moves_forward",),
        body={"now": "2026-05-01T00:00:00+03:00"},
        answer={"now": "2026-04-30T21:00:00+00:00", "done": {}},
        takes_key=False,  # no single act: a run of many, and safe to repeat
    ),
)
def move_clock(request: HttpRequest, payload: ClockMove) -> MovedAnswer:
    """Moves the clock forward and does everything that falls due on the way. Repeating it is safe."""
    _only_in_a_sandbox()
    done = sandbox_clock.advance(to=payload.now)
    return MovedAnswer(now=instant_text(clock.now()), done=done.as_dict())
