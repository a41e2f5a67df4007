"""Refusals: exceptions that an act raises when a billing rule or its input does not allow it."""

from typing import Any

from django.utils.functional import Promise


class Refusal(Exception):
    """A refusal stops an act and tells a person in one sentence what to do next.

    ``message`` is one sentence for a person (may be lazily translated), ``code`` is stable snake_case for programs,
    ``rule`` is the id of the billing rule that refused ("M14"), empty where no single rule did.
    ``extra`` travels with the answer of the API (a new preview, the sum that is owed).
    """

    code = "refused"
    rule = ""

    def __init__(
        self, message: "str | Promise", *, code: str = "", rule: str = "", extra: dict[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.code
        self.rule = rule or self.rule
        self.extra = extra or {}

    def __str__(self) -> str:
        return str(self.message)


class BadInput(Refusal):
    """The caller sent impossible input, and nothing was written. ``field`` names the part to correct."""

    code = "invalid"

    def __init__(self, message: "str | Promise", *, field: str = "", code: str = "", rule: str = "") -> None:
        super().__init__(message, code=code, rule=rule)
        self.field = field
