"""A stored explanation as a person would write it (G8): ``11 × 599.00 − 5 990.00 = 599.00``.

Figures only, no words: those are `notes`. The last " = " stands before the amount, and what stands before it comes to the
amount once it is rounded.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from billing.pricing.explanations.evaluation import (
    AMOUNT,
    Explanation,
    Left,
    Share,
    evaluate,
    full_price,
    intervals_in,
    left_in,
    needed_price,
    parts_in,
    percent_in,
    share_in,
)
from billing.pricing.explanations.parts import Kind, Part, plain_price
from billing.pricing.money import from_minor, round_to_minor

MINUS, TIMES = "−", "×"
FINEST = Decimal("0.0001")  # prices have up to four decimals; a figure that needs more is written as a quotient


def group_digits(amount: Decimal) -> str:
    """Writes a sum in the neutral way, for programs and logs: 6 589.00, −4.67."""
    sign = MINUS if amount < 0 else ""
    return sign + f"{abs(amount):,f}".replace(",", " ")


def write_percent(value: Decimal) -> str:
    """Writes a percentage in the neutral way: 10%, 12.5%."""
    return f"{value.normalize():f}%"


@dataclass(frozen=True, slots=True)
class Writer:
    """The ways in which the reader's language writes a sum, a whole number and a percentage."""

    number: Callable[[Decimal], str] = group_digits
    count: Callable[[int], str] = str
    percent: Callable[[Decimal], str] = write_percent

    def sum(self, amount: Fraction) -> str:
        """Returns an exact sum, in full as far as four decimals go."""
        return self.number(to_decimal(amount))

    def quotient(self, amount: Fraction, by: int) -> str:
        """Writes ``amount / by``: worked out where that is exact, else left standing as a quotient, never rounded."""
        return self.sum(amount / by) if is_short(amount / by) else f"{self.sum(amount)}/{by}"


def is_short(amount: Fraction) -> bool:
    """Tells whether four decimals say all of ``amount``."""
    return (amount * 10_000).denominator == 1


def to_decimal(amount: Fraction) -> Decimal:
    """Writes ``amount`` as a Decimal with at least two decimals and at most four."""
    exactly = Decimal(amount.numerator) / amount.denominator
    return Decimal(plain_price(exactly.quantize(FINEST, rounding=ROUND_HALF_UP)))


def formula(
    explanation: Explanation,
    number: Callable[[Decimal], str] = group_digits,
    count: Callable[[int], str] = str,
    percent: Callable[[Decimal], str] = write_percent,
) -> str:
    """Writes the whole computation: ``12 × 4 900.00 − 10% = 52 920.00``.

    ``number`` writes one sum, ``count`` a quantity, ``percent`` a percentage; the defaults are the neutral form of the API,
    pages pass their language's. Where there is nothing to work out, the amount stands alone.
    """
    currency = explanation["currency"]
    amount = number(from_minor(evaluate(explanation), currency))
    if explanation["model"] == AMOUNT:
        return amount
    text = _write_computation(explanation, Writer(number, count, percent))
    before = int(explanation["before_minor"])
    if before:
        sign = MINUS if before > 0 else "+"
        text += f" {sign} {number(from_minor(abs(before), currency))}"
    return amount if text == amount else f"{text} = {amount}"


def price_formula(explanation: Explanation, writer: Writer | None = None) -> str:
    """Writes the computation of the price of the whole time, of which a share is charged: ``3 × 70.00 = 210.00``."""
    writer = writer or Writer()
    text, amount = _write_full_price(explanation, writer)[0], writer.sum(full_price(explanation))
    return amount if text == amount else f"{text} = {amount}"


def left_formula(explanation: Explanation, writer: Writer | None = None) -> str:
    """Writes what was left of the older payment (E6): ``90.00 − 14 × 3.00 = 48.00``; empty where nothing was carried over."""
    writer, old = writer or Writer(), left_in(explanation)
    if old is None:
        return ""
    used = f"{writer.count(old.used)} {TIMES} {writer.quotient(old.value, old.days)}"
    amount = from_minor(round_to_minor(old.left, explanation["currency"]), explanation["currency"])
    return f"{writer.sum(old.value)} {MINUS} {used} = {writer.number(amount)}"


def _write_computation(explanation: Explanation, writer: Writer) -> str:
    old, share = left_in(explanation), share_in(explanation)
    if old is not None and share is not None:
        return _write_change(explanation, old, share, writer)
    text, is_product = _write_full_price(explanation, writer)
    return text if share is None else _write_share(text if is_product else f"({text})", share)


def _write_change(explanation: Explanation, old: Left, share: Share, writer: Writer) -> str:
    """Days at the new rate, less what is left; no more of it than is needed, since nothing is given back (E7)."""
    rate = writer.quotient(full_price(explanation), share.of_days)
    if old.left > needed_price(explanation):
        used = writer.sum(needed_price(explanation))
    elif is_short(old.left):
        used = writer.sum(old.left)
    else:
        used = f"{writer.count(old.days - old.used)} {TIMES} {writer.quotient(old.value, old.days)}"
    return f"{writer.count(share.days)} {TIMES} {rate} {MINUS} {used}"


def _write_share(text: str, share: Share) -> str:
    days = f"{share.days}/{share.of_days}"
    if share.of_months == 1:
        whole = f" {TIMES} {share.whole_months}" if share.whole_months != 1 else ""
        broken = f" {TIMES} {days}"
        both = f" {TIMES} ({share.whole_months} + {days})"
    else:
        whole = f" {TIMES} {share.whole_months}/{share.of_months}"
        broken = f" / {share.of_months} {TIMES} {days}"
        both = f" {TIMES} ({share.whole_months} + {days}) / {share.of_months}"
    if not share.days and share.whole_months:
        return text + whole
    return text + (both if share.whole_months else broken)


def _write_full_price(explanation: Explanation, writer: Writer) -> tuple[str, bool]:
    """Writes the price of the whole time, and tells whether it is a product, so that it can be multiplied as it stands."""
    text, is_product = _write_sum(parts_in(explanation), writer)
    times = intervals_in(explanation)
    if times != 1:
        text = text if is_product else f"({text})"
        over = f" / {times.denominator}" if times.denominator != 1 else ""
        text = (f"{times.numerator} {TIMES} {text}" if times.numerator != 1 else text) + over
        is_product = True
    percent = percent_in(explanation)
    if not percent:
        return text, is_product
    if not is_product:
        text = f"({text})"
    return f"{text} {MINUS} {writer.percent(percent)}", False


def _write_sum(parts: list[Part], writer: Writer) -> tuple[str, bool]:
    if not parts:
        return writer.sum(Fraction(0)), True
    text = ""
    for part in parts:
        written = _write_part(part, writer)
        if not text:
            text = f"{MINUS}{written}" if part.units < 0 else written
        else:
            text += f" {MINUS if part.units < 0 else '+'} {written}"
    return text, len(parts) == 1 and not (parts[0].is_capped and parts[0].units > 0)


def _write_part(part: Part, writer: Writer) -> str:
    """Writes the part without its sign. Where the next step limits it, what that takes off: ``9 × 120.00 − 80.00`` (E-a)."""
    units = abs(part.units)
    if part.kind != Kind.UNITS:
        return writer.number(Decimal(plain_price(part.amount)))
    if part.is_capped and part.units < 0:
        return writer.sum(-part.value)
    if units == part.of and not is_short(part.unit_value):
        return writer.sum(Fraction(part.amount))
    text = f"{writer.count(units)} {TIMES} {writer.quotient(Fraction(part.amount), part.of)}"
    return f"{text} {MINUS} {writer.sum(part.uncapped - part.value)}" if part.is_capped else text
