"""Which request the work at hand belongs to: its answer, every line of the log and the audit record name it alike."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_current: ContextVar[str] = ContextVar("request_id", default="")


def current() -> str:
    """The id of the request that is being answered; empty in a job or a command."""
    return _current.get()


@contextmanager
def during(request_id: str) -> Iterator[None]:
    """Everything done inside belongs to the request ``request_id``."""
    token = _current.set(request_id)
    try:
        yield
    finally:
        _current.reset(token)
