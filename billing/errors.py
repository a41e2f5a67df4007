"""Refusals of billing: a sentence a person can read, a stable code, the id of the rule that refused."""

from accounts.errors import BadInput, Refusal


class BillingError(Refusal):
    """A billing rule does not allow the act: nothing was written (answered as 409 by the API)."""


class BadAmount(BillingError, BadInput):
    """A sum that cannot be meant: zero or less, finer than the currency's minor unit, or beyond reason (422)."""

    code = "invalid_amount"


__all__ = ["BadAmount", "BadInput", "BillingError", "Refusal"]
