from typing import Any

from django.conf import settings
from django.http import HttpRequest
from ninja import Router
from pydantic import BaseModel

from billing import clock
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


@router.get("sandbox/clock", response=ClockAnswer)
def get_clock(request: HttpRequest) -> ClockAnswer:
    """Where the sandbox's clock stands; real time until it is first set."""
    _only_in_a_sandbox()
    return ClockAnswer(now=instant_text(clock.now()))


@router.post("sandbox/clock", response=MovedAnswer)
def move_clock(request: HttpRequest, payload: ClockMove) -> MovedAnswer:
    """Moves the clock forward and does everything that falls due on the way. Repeating it is safe."""
    _only_in_a_sandbox()
    done = sandbox_clock.advance(to=payload.now)
    return MovedAnswer(now=instant_text(clock.now()), done=done.as_dict())
