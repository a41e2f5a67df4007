"""The refusals of billing: each has a sentence for people, a stable code, and the id of the rule that refused."""

from accounts.errors import BadInput, Refusal


class BillingError(Refusal):
    """A billing rule refuses the act: nothing was written (the API answers 409)."""


class BadAmount(BillingError, BadInput):
    """An invalid sum: zero or less, finer than the currency's minor unit, or implausibly large (the API answers 422)."""

    code = "invalid_amount"


__all__ = ["BadAmount", "BadInput", "BillingError", "Refusal"]
