"""Refusals: what the software answers when a rule or the input does not allow an act."""

from typing import Any

from django.utils.functional import Promise


class Refusal(Exception):
    """An act that was not done, said so that a person knows what to do next.

    ``message`` is one sentence for a person (may be lazily translated), ``code`` is stable snake_case for programs,
    ``rule`` is the id of the billing rule that refused ("M14"), empty where no single rule did.
    ``extra`` travels with the answer of the API (a fresh preview, the sum that is owed).
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
    """The caller sent something that cannot be meant: nothing was written. ``field`` names the part to correct."""

    code = "invalid"

    def __init__(self, message: "str | Promise", *, field: str = "", code: str = "", rule: str = "") -> None:
        super().__init__(message, code=code, rule=rule)
        self.field = field
