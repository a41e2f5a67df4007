"""The facts that a view declares for the OpenAPI document: its problems, its examples, its links."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# The facts are under this key of django-ninja's operation until `complete` has documented them.
FACTS = "x-facts"


@dataclass(frozen=True)
class Facts:
    """``refusals``: codes of `codes.PROBLEMS` that this call answers beyond those of every call; ``body`` and ``answer``:
    an example of each, None where there is none; ``links``: OpenAPI links of its answer; ``takes_key``: whether a write
    takes an Idempotency-Key."""

    refusals: Sequence[str]
    body: Any
    answer: Any
    links: Mapping[str, Any]
    takes_key: bool


def describe(
    *,
    refusals: Sequence[str] = (),
    body: Any = None,
    answer: Any = None,
    links: Mapping[str, Any] | None = None,
    takes_key: bool = True,
) -> dict[str, Any]:
    """Returns `Facts` as django-ninja takes them: ``openapi_extra=describe(...)``."""
    return {FACTS: Facts(refusals, body, answer, links or {}, takes_key)}
