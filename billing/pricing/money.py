"""Money as integers of the minor unit, rounded once and half up (G2). No float ever comes near it."""

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from fractions import Fraction

# Digits after the point (ISO 4217); every currency that is not named here has two.
EXPONENTS = {"JPY": 0, "KRW": 0, "VND": 0, "CLP": 0, "KWD": 3, "BHD": 3, "TND": 3}

# The largest sum one document or payment may carry, in minor units: ten thousand million of the main unit. It leaves BIGINT
# nine thousandfold room for the sums of a whole installation.
LARGEST_MINOR = 10**12


def exponent(currency: str) -> int:
    """Returns how many digits the minor unit of ``currency`` has."""
    return EXPONENTS.get(currency, 2)


def round_half_up(amount: Decimal, currency: str) -> Decimal:
    """Rounds ``amount`` to whole minor units, half away from zero: 4.665 → 4.67, −4.665 → −4.67 (G2)."""
    return amount.quantize(Decimal(1).scaleb(-exponent(currency)), rounding=ROUND_HALF_UP)


def to_minor(amount: Decimal, currency: str) -> int:
    """Returns ``amount`` of the main unit as an integer of the minor unit, rounded half up: Decimal("4.665") USD → 467."""
    return int(round_half_up(amount, currency).scaleb(exponent(currency)))


def round_to_minor(amount: Fraction, currency: str) -> int:
    """Returns the exact ``amount`` of the main unit as an integer of the minor unit, half away from zero: 35/3 USD → 1167 (G2)."""
    scaled = abs(amount) * 10 ** exponent(currency)
    minor: int = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return -minor if amount < 0 else minor


def from_minor(minor: int, currency: str) -> Decimal:
    """Returns the integer ``minor`` as a Decimal of the main unit with the currency's digits: 467 USD → Decimal("4.67")."""
    return Decimal(minor).scaleb(-exponent(currency))


def parse_exact(text: str, currency: str) -> int | None:
    """Reads what a person or a program wrote as a sum, in minor units; None where it is no number or finer than the minor unit.

    Nothing is rounded away silently: 1.005 RUB is None, not 1.01.
    """
    try:
        amount = Decimal(text.strip())
    except InvalidOperation:
        return None
    if not amount.is_finite() or amount.adjusted() > 20:
        return None
    scaled = amount.scaleb(exponent(currency))
    return int(scaled) if scaled == scaled.to_integral_value() else None
