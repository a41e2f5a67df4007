"""The id of the current request: its answer, every line of the log and the audit record carry the same."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_current: ContextVar[str] = ContextVar("request_id", default="")


def current_id() -> str:
    """Returns the id of the request that is being answered; empty in a job or a command."""
    return _current.get()


@contextmanager
def bind(request_id: str) -> Iterator[None]:
    """Sets the request id for everything done inside the block."""
    token = _current.set(request_id)
    try:
        yield
    finally:
        _current.reset(token)
