"""Every amount explains itself: figures to read, notes to put into words, inputs to work it out again (G8)."""

import json
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from billing.pricing.changes import Carried, change_terms
from billing.pricing.explanations import explanation as explained
from billing.pricing.explanations.evaluation import full_price
from billing.pricing.explanations.explanation import (
    NoteKind,
    evaluate,
    explain_quantity,
    explain_share,
    formula,
    line_figures,
    notes,
)
from billing.pricing.seats import explain_seat_change
from billing.pricing.terms import Terms
from tests.support.pricing_terms import (
    BASE,
    BLUE_ANNUAL,
    BLUE_MONTHLY,
    BUILD_ANNUAL,
    DRIVER,
    LIGHT,
    METEOR,
    PACKAGE,
    PLUS,
    SCALE,
    SCALE_ANNUAL,
    tariff,
)

# As the first version of the program wrote them into people's databases.
OLD_CHARGE = {
    "model": "per_unit",
    "tariff_id": "meteor-cloud",
    "version": 1,
    "quantity": 11,
    "counted": 11,
    "included": 9,
    "unit_price": "599.00",
    "currency": "RUB",
    "before_minor": 599_000,
    "amount_minor": 59_900,
    "month": "2026-04-01",
}
OLD_AMOUNT = {"model": "amount", "amount_minor": -15_000, "currency": "RUB", "reason": "An outage"}


def plain_notes(explanation: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [(str(note.kind), dict(note.numbers)) for note in notes(explanation)]


# --- What is stored ----------------------------------------------------------------------------------------------------------


def test_an_explanation_holds_all_it_is_worked_out_from() -> None:
    assert explain_quantity(SCALE_ANNUAL, 600, 100) == {
        "model": "graduated",
        "tariff_id": "t",
        "version": 3,
        "metric": "paid_members",
        "quantity": 600,
        "counted": 500,
        "included": 100,
        "quota_mode": "only_above",
        "unit_price": None,
        "currency": "RUB",
        "intervals": "12",
        "discount_percent": "10",
        "before_minor": 100,
        "amount_minor": 104_759_900,
        "parts": [
            {"kind": "fee", "units": 1, "amount": "49000.00"},
            {"kind": "units", "units": 400, "amount": "100.00", "from": 1},
            {"kind": "units", "units": 100, "amount": "80.00", "from": 501},
        ],
    }


def test_a_price_of_one_is_stored_where_there_is_one() -> None:
    prices = [
        explain_quantity(terms, 9)["unit_price"] for terms in (METEOR, BASE, DRIVER, SCALE, PACKAGE, BUILD_ANNUAL)
    ]
    assert prices == ["599.00", "100.00", "120.00", None, None, None]
    assert [explain_quantity(DRIVER, units)["unit_price"] for units in (10, 30)] == ["100.00", None]


def test_what_was_stored_before_there_were_models_still_works_out() -> None:
    assert (evaluate(OLD_CHARGE), formula(OLD_CHARGE)) == (59_900, "11 × 599.00 − 5 990.00 = 599.00")
    assert (evaluate(OLD_AMOUNT), formula(OLD_AMOUNT), notes(OLD_AMOUNT)) == (-15_000, "−150.00", [])
    assert plain_notes(OLD_CHARGE) == [
        ("all_above", {"included_units": 9, "quantity": 11}),
        ("before", {"before": Decimal("5990.00")}),
    ]
    assert line_figures(OLD_CHARGE) == (1, Decimal("599.00"))
    assert line_figures(OLD_AMOUNT) == (1, Decimal("-150.00"))
    assert evaluate({**OLD_CHARGE, "unit_price": "0.0125", "counted": 1001, "before_minor": 0}) == 1251


def test_it_is_worked_out_without_the_tariff_also_after_a_database_had_it() -> None:
    stored = json.loads(json.dumps(explain_quantity(DRIVER, 29)))
    assert evaluate(stored) == 250_000
    stored["parts"][0]["units"] = 25
    assert evaluate(stored) == 250_000
    stored["parts"][0]["units"] = 24
    assert evaluate(stored) == 240_000


# --- As a person would write it ------------------------------------------------------------------------------------------------


def test_a_formula_is_written_in_the_figures_of_the_reader() -> None:
    written = formula(
        explain_quantity(replace(SCALE_ANNUAL, discount_percent=Decimal("12.5")), 1600, 100),
        number=lambda amount: f"<{amount}>",
        count=lambda units: f"[{units}]",
        percent=lambda value: f"{value} per cent",
    )
    assert written == (
        "12 × (<49000.00> + [400] × <100.00> + [1100] × <80.00>) − 12.5 per cent − <1.00> = <1858499.00>"
    )


def test_a_price_for_longer_than_the_interval_is_divided() -> None:
    assert formula(explain_quantity(replace(BLUE_ANNUAL, interval_months=1), 1)) == "1 × 70.00 / 12 = 5.83"
    assert formula(explain_quantity(replace(BLUE_ANNUAL, interval_months=5), 1)) == "5 × 1 × 70.00 / 12 = 29.17"


def test_a_discount_without_several_intervals_and_a_credit_before() -> None:
    explanation = explain_quantity(replace(SCALE, discount_percent=Decimal(5)), 101, -500)
    assert formula(explanation) == "(49 000.00 + 1 × 100.00) − 5% + 5.00 = 46 650.00"


def test_a_price_of_one_that_no_decimals_end_is_left_as_a_quotient() -> None:
    explanation = explain_quantity(DRIVER, 31)
    assert formula(explanation) == "31 × 2 500.00/30 = 2 583.33"
    assert full_price(explanation) == Fraction(7750, 3)


@pytest.mark.parametrize(
    ("explanation", "text"),
    [
        (
            explain_share(SCALE_ANNUAL, 600, days=10, of_days=31),
            "(12 × (49 000.00 + 400 × 100.00 + 100 × 80.00) − 10%) / 12 × 10/31 = 28 161.29",
        ),
        (
            explain_share(SCALE, 600, days=10, of_days=31),
            "(49 000.00 + 400 × 100.00 + 100 × 80.00) × 10/31 = 31 290.32",
        ),
        (explain_share(BLUE_MONTHLY, 2, days=10, of_days=31, whole_months=1), "2 × 7.00 × (1 + 10/31) = 18.52"),
        (explain_share(BLUE_MONTHLY, 2, days=0, of_days=31, whole_months=2), "2 × 7.00 × 2 = 28.00"),
        (explain_share(BLUE_MONTHLY, 2, days=0, of_days=31), "2 × 7.00 × 0/31 = 0.00"),
        (explain_share(DRIVER, 29, days=10, of_days=30), "(29 × 100.00 − 400.00) × 10/30 = 833.33"),
        (explain_share(BLUE_MONTHLY, 3, days=1, of_days=2, of_months=4), "3 × 7.00 / 4 × 1/2 = 2.63"),
    ],
)
def test_a_share_of_the_time_multiplies_the_whole_price(explanation: dict[str, Any], text: str) -> None:
    assert formula(explanation) == text
    assert evaluate(explanation) == explanation["amount_minor"]


def test_the_whole_price_behind_a_share_is_written_too() -> None:
    assert explained.price_formula(explain_share(BLUE_ANNUAL, 3, days=20, of_days=30)) == "3 × 70.00 = 210.00"
    assert explained.price_formula(explain_share(LIGHT, 1, days=20, of_days=30)) == "90.00"


def test_what_was_left_is_written_for_a_change_alone() -> None:
    explanation = change_terms(Carried(Fraction(90), 30), 14, PLUS, 1, 30).explanation
    assert explained.left_formula(explanation) == "90.00 − 14 × 3.00 = 48.00"
    thirds = change_terms(Carried(Fraction(70), 30), 14, PLUS, 1, 30).explanation
    assert explained.left_formula(thirds) == "70.00 − 14 × 70.00/30 = 37.33"
    assert explained.left_formula(explain_quantity(METEOR, 11)) == ""


# --- Notes -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("terms", "quantity", "expected"),
    [
        (METEOR, 9, [("within_quota", {"included_units": 9, "quantity": 9})]),
        (METEOR, 10, [("all_above", {"included_units": 9, "quantity": 10})]),
        (BASE, 10, [("step", {"from_units": 10, "unit_price": Decimal("90.00")})]),
        (DRIVER, 9, [("step", {"from_units": 1, "unit_price": Decimal("120.00")}),
                     ("cap", {"total": Decimal("1000.00"), "from_units": 10, "uncapped": Decimal("1080.00")})]),
        (DRIVER, 10, [("step_total", {"from_units": 10, "total": Decimal("1000.00")})]),
        (PACKAGE, 30, [("package", {"from_units": 30, "total": Decimal("2500.00")})]),
        (LIGHT, 1, []),
        (BUILD_ANNUAL, 1, [("intervals", {"intervals": 12}), ("discount", {"percent": Decimal(10)})]),
        (SCALE, 501, [("only_above", {"included_units": 100, "quantity": 501}), ("fee", {"amount": Decimal("49000.00")}),
                      ("step_own", {"from_units": 1, "units": 400, "unit_price": Decimal("100.00")}),
                      ("step_own", {"from_units": 501, "units": 1, "unit_price": Decimal("80.00")})]),
    ],
)  # fmt: skip
def test_notes_say_what_the_figures_mean(
    terms: Terms, quantity: int, expected: list[tuple[str, dict[str, Any]]]
) -> None:
    assert plain_notes(explain_quantity(terms, quantity)) == expected


def test_notes_of_a_share_say_of_what() -> None:
    assert plain_notes(explain_share(BLUE_MONTHLY, 1, days=21, of_days=30)) == [("days", {"days": 21, "of_days": 30})]
    assert plain_notes(explain_seat_change(BLUE_ANNUAL, 5, 7, days=14, of_days=30, whole_months=9)) == [
        ("seats", {"before_units": 5, "quantity": 7}),
        ("months", {"months": 9, "of_months": 12}),
        ("days", {"days": 14, "of_days": 30}),
        ("month", {"of_months": 12}),
    ]
    assert [
        kind
        for kind, _numbers in plain_notes(explain_seat_change(BLUE_ANNUAL, 1, 2, days=0, of_days=30, whole_months=6))
    ] == ["seats", "months"]


def test_notes_of_a_change_say_what_is_left_needed_and_lost() -> None:
    left = {"value": Decimal("180.00"), "used_days": 14, "daily": Decimal("6.00"), "left": Decimal("96.00")}
    costs = {"days": 16, "daily": Decimal("3.00"), "needed": Decimal("48.00"), "price": Decimal("90.00"), "of_days": 30}
    explanation = change_terms(Carried(Fraction(180), 30), 14, LIGHT, 1, 30).explanation
    assert plain_notes(explanation) == [("left", left), ("needed", costs), ("lost", {"lost": Decimal("48.00")})]
    dearer = change_terms(Carried(Fraction(90), 30), 14, PLUS, 1, 30).explanation
    assert NoteKind.LOST not in [note.kind for note in notes(dearer)]


def test_the_same_note_is_not_made_twice() -> None:
    explanation = explain_seat_change(DRIVER, 9, 8, days=1, of_days=1)
    assert [kind for kind, _numbers in plain_notes(explanation)] == ["step", "cap", "seats", "days"]


# --- Lines of documents --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("explanation", "quantity", "unit_price"),
    [
        (explain_quantity(METEOR, 11), "11", "599.00"),
        (explain_quantity(METEOR, 9, 599_000), "-10", "599.00"),
        (explain_quantity(METEOR, 9), "0", "599.00"),
        (explain_quantity(BASE, 12), "12", "90.00"),
        (explain_quantity(DRIVER, 20, 100_000), "10", "100.00"),
        (explain_quantity(DRIVER, 29), "1", "2500.00"),
        (explain_quantity(DRIVER, 31), "1", "2583.33"),
        (explain_quantity(DRIVER, 60), "1", "5000.00"),
        (explain_quantity(SCALE, 600), "1", "97000.00"),
        (explain_quantity(PACKAGE, 30), "1", "2500.00"),
        (explain_quantity(tariff("per unit; RUB; every 12 months; each 100.00; less 10%"), 7), "7", "1080.00"),
        (explain_quantity(tariff("per unit; RUB; every month; each 0.0125"), 1001), "1", "12.51"),
        (explain_quantity(tariff("per unit; RUB; every month; each 0.0125"), 1000), "1000", "0.0125"),
        (explain_share(BLUE_ANNUAL, 3, days=20, of_days=30), "3", "3.89"),
        (explain_share(BLUE_MONTHLY, 2, days=20, of_days=30), "1", "9.33"),
        (explain_seat_change(BLUE_MONTHLY, 5, 4, days=20, of_days=30), "-1", "4.67"),
        (explain_seat_change(BLUE_MONTHLY, 5, 5, days=20, of_days=30), "1", "0.00"),
        (change_terms(Carried(Fraction(90), 30), 14, PLUS, 1, 30).explanation, "1", "48.00"),
        (change_terms(Carried(Fraction(90), 30), 14, BASE, 2, 30).explanation, "1", "58.67"),
    ],
)
def test_a_line_shows_figures_whose_product_is_its_amount(
    explanation: dict[str, Any], quantity: str, unit_price: str
) -> None:
    assert line_figures(explanation) == (Decimal(quantity), Decimal(unit_price))
    assert explained.units_moved(explanation) == Decimal(quantity)
