"""docs/pricing.md is the specification: every row of its tables is worked out and compared."""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import pytest

from billing.pricing.changes import Carried, change_terms
from billing.pricing.explanations.explanation import evaluate, explain_quantity, explain_share, formula
from billing.pricing.explanations.formula import group_digits
from billing.pricing.money import from_minor, round_to_minor
from billing.pricing.periods import next_period
from billing.pricing.quantity import price
from billing.pricing.review import contradictions, falls
from billing.pricing.seats import explain_seat_change, rest_until
from billing.pricing.terms import Terms
from tests.support.pricing_terms import tariff

PAGE = Path(__file__).parents[2] / "docs" / "pricing.md"
Row = list[str]


class Case(NamedTuple):
    """One row of a table, the names of its columns and the terms above it."""

    heading: str
    columns: tuple[str, ...]
    terms_text: str
    row: Row


def cells(line: str) -> Row:
    return [cell.strip() for cell in line.strip().strip("|").split("|")] if line.startswith("|") else []


def cases() -> list[Case]:
    """All rows of the page, in its order."""
    documented: list[Case] = []
    heading = terms_text = ""
    columns: tuple[str, ...] = ()
    for line in PAGE.read_text(encoding="utf-8").split("\n"):
        if line.startswith("#"):
            heading, terms_text = line.strip("# "), ""
        elif line.startswith("Terms: "):
            terms_text = line.removeprefix("Terms: ").strip("`")
        elif not line.startswith("|"):
            columns = ()
        elif not columns:
            columns = tuple(cells(line))
        elif not re.fullmatch(r"[|:\- ]+", line):
            documented.append(Case(heading, columns, terms_text, cells(line)))
    return documented


def stored(explanation: dict[str, object], sum_minor: int) -> Row:
    """What the page says of an explanation: its sum and its computation."""
    assert evaluate(explanation) == explanation["amount_minor"] == sum_minor
    return [group_digits(from_minor(sum_minor, str(explanation["currency"]))), f"`{formula(explanation)}`"]


def minor(text: str) -> int:
    return round_to_minor(Fraction(Decimal(text.replace(" ", "").replace("−", "-"))), "RUB")


def priced(terms: Terms, row: Row) -> Row:
    quantity = int(row[0])
    return [row[0], *stored(explain_quantity(terms, quantity), price(terms, quantity))]


def charged(terms: Terms, row: Row) -> Row:
    quantity, before = int(row[0]), minor(row[1])
    return [*row[:2], *stored(explain_quantity(terms, quantity, before), price(terms, quantity) - before)]


def bought(terms: Terms, row: Row) -> Row:
    before, quantity = price(terms, int(row[0])), int(row[1])
    return [*row[:2], *stored(explain_quantity(terms, quantity, before), price(terms, quantity) - before)]


def shared(terms: Terms, row: Row) -> Row:
    quantity, days, of_days = (int(cell) for cell in row[:3])
    explained = explain_share(terms, quantity, days=days, of_days=of_days)
    return [*row[:3], *stored(explained, explained["amount_minor"])]


def seated(terms: Terms, row: Row) -> Row:
    before, after, months, days, of_days = (int(cell) for cell in row[:5])
    explained = explain_seat_change(terms, before, after, days=days, of_days=of_days, whole_months=months)
    return [*row[:5], *stored(explained, explained["amount_minor"])]


def rest(_terms: Terms, row: Row) -> Row:
    interval = rest_until(date.fromisoformat(row[0]), date.fromisoformat(row[1]))
    return [*row[:2], *(str(number) for number in interval)]


def changed(terms: Terms, row: Row) -> Row:
    carried = Carried(Fraction(row[1]), int(row[2]))
    new = tariff(f"flat; {terms.currency}; every month; fee {row[4]}")
    change = change_terms(carried, int(row[3]), new, 1, 30)
    sums = [
        round_to_minor(change.left, "RUB"),
        round_to_minor(change.needed, "RUB"),
        change.pay_minor,
        change.lost_minor,
    ]
    assert evaluate(change.explanation) == change.pay_minor
    return [
        *row[:5],
        *(group_digits(from_minor(minor_sum, "RUB")) for minor_sum in sums),
        f"`{formula(change.explanation)}`",
    ]


def repeated(_terms: Terms, row: Row) -> Row:
    anchor, months = date.fromisoformat(row[0]), int(row[1])
    starts = [anchor]
    for _number in range(4):
        starts.append(next_period(anchor, starts[-1], months).end)
    return [*row[:2], *(end.isoformat() for end in starts[1:])]


def fallen(_terms: Terms, row: Row) -> Row:
    sentences = [
        f"{fall.quantity} cost {group_digits(from_minor(fall.price_minor, 'RUB'))}, "
        f"{fall.next_quantity} cost {group_digits(from_minor(fall.next_price_minor, 'RUB'))}"
        for fall in falls(tariff(row[0].strip("`")))
    ]
    return [row[0], "; ".join(sentences) or "none"]


READERS: dict[str, Callable[[Terms, Row], Row]] = {
    "units|sum": priced,
    "peak|charged before": charged,
    "bought before|in all": bought,
    "units|days": shared,
    "seats before|after": seated,
    "first day|until": rest,
    "|value carried": changed,
    "started|months": repeated,
    "terms|falls": fallen,
}


@pytest.mark.parametrize("case", cases(), ids=lambda case: f"{case.heading}: {' '.join(case.row[:2])}")
def test_the_code_says_what_the_page_says(case: Case) -> None:
    terms = tariff(case.terms_text or "flat; RUB; every month")
    assert READERS["|".join(case.columns[:2])](terms, case.row) == case.row


def test_the_page_has_every_table_and_every_model_and_its_terms_stand_in_review() -> None:
    documented = cases()
    assert len(documented) > 110
    assert {"|".join(case.columns[:2]) for case in documented} == set(READERS)
    term_texts = {
        case.terms_text for case in documented if case.columns[0] in {"units", "peak", "seats before", "bought before"}
    }
    assert {text.split(";")[0] for text in term_texts} == {"flat", "per unit", "volume", "graduated", "package"}
    assert [text for text in term_texts if contradictions(tariff(text))] == []
