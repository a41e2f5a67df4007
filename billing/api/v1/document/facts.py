"""What only a view knows of its call, told where the view is declared: its problems, its examples, where its answer leads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# Under this name the facts stand in an operation of django-ninja's document, until `complete` has put them into words.
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
    """`Facts` as django-ninja takes them: ``openapi_extra=describe(...)``."""
    return {FACTS: Facts(refusals, body, answer, links or {}, takes_key)}
