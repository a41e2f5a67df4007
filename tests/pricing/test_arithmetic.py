"""Pure pricing, no database: money, periods, the metered tariff and its explanations, terms as plain values."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.pricing import money, periods, quantity
from billing.pricing.explanations import explanation
from billing.pricing.terms import Step, Terms, steps_from
from tests.support.pricing_terms import DRIVER, METEOR, SCALE_ANNUAL

ZONES = [
    "Europe/Moscow",
    "Europe/Kaliningrad",
    "Asia/Vladivostok",
    "Europe/Berlin",
    "Asia/Kathmandu",
    "America/Los_Angeles",
]


# --- Money -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("4.665", "USD", 467),
        ("-4.665", "USD", -467),
        ("4.6649999", "USD", 466),
        ("0", "RUB", 0),
        ("13178.00", "RUB", 1_317_800),
        ("2.5", "JPY", 3),
        ("1.0005", "KWD", 1001),
        ("12345678901234567.89", "RUB", 1_234_567_890_123_456_789),
    ],
)
def test_an_amount_is_rounded_half_up_to_the_minor_unit(amount: str, currency: str, minor: int) -> None:
    assert money.to_minor(Decimal(amount), currency) == minor


@given(st.integers(-(10**15), 10**15), st.sampled_from(["RUB", "USD", "JPY", "KWD"]))
def test_minor_units_survive_the_way_there_and_back(minor: int, currency: str) -> None:
    amount = money.from_minor(minor, currency)
    assert money.to_minor(amount, currency) == minor
    assert money.parse_exact(str(amount), currency) == minor


@pytest.mark.parametrize("text", ["", "abc", "1,5", "1.005", "0.001", "NaN", "Infinity", "1e30", "--1"])
def test_what_is_no_sum_in_kopecks_is_not_taken_for_one(text: str) -> None:
    assert money.parse_exact(text, "RUB") is None


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        (Fraction(35, 3), "USD", 1167),
        (Fraction(-14, 3), "USD", -467),
        (Fraction(1, 200), "RUB", 1),
        (Fraction(-1, 200), "RUB", -1),
        (Fraction(1, 201), "RUB", 0),
        (Fraction(5, 2), "JPY", 3),
        (Fraction(10005, 10000), "KWD", 1001),
        (Fraction(0), "RUB", 0),
    ],
)
def test_an_exact_fraction_is_rounded_as_a_decimal_is(amount: Fraction, currency: str, minor: int) -> None:
    assert money.round_to_minor(amount, currency) == minor


# --- Periods ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        ((2026, 5, 15, 20, 59, 59), date(2026, 5, 15)),
        ((2026, 5, 15, 21, 0, 0), date(2026, 5, 16)),
        ((2026, 12, 31, 20, 59, 59), date(2026, 12, 31)),
        ((2026, 12, 31, 21, 0, 0), date(2027, 1, 1)),
        ((2028, 2, 28, 21, 0, 0), date(2028, 2, 29)),
    ],
)
def test_a_moscow_day_begins_at_nine_in_the_evening_of_utc(instant: tuple[int, ...], day: date) -> None:
    assert periods.business_date(datetime(*instant, tzinfo=UTC), "Europe/Moscow") == day  # type: ignore[misc, arg-type]


@pytest.mark.parametrize("zone", ZONES)
def test_every_month_of_twelve_years_begins_with_its_first_midnight_and_ends_with_the_next(zone: str) -> None:
    first = date(2024, 1, 1)
    for _month in range(144):
        start, end = periods.start_of_day(first, zone), periods.start_of_day(periods.next_month(first), zone)
        assert start.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == datetime(first.year, first.month, 1)  # noqa: DTZ001
        second = (datetime.resolution) * 1_000_000
        assert [
            periods.business_date(instant, zone) == first for instant in (start - second, start, start + second)
        ] == [False, True, True]
        assert periods.business_date(end - second, zone).month == first.month
        first = periods.next_month(first)
    assert first == date(2036, 1, 1)


def test_a_span_is_half_open() -> None:
    april = periods.month_span(date(2026, 4, 10))
    assert (april.start, april.end, april.days, april.last_day) == (
        date(2026, 4, 1),
        date(2026, 5, 1),
        30,
        date(2026, 4, 30),
    )
    assert date(2026, 4, 1) in april
    assert date(2026, 4, 30) in april
    assert date(2026, 5, 1) not in april
    assert "2026-04-10" not in april


def test_months_are_added_to_the_anchor_and_clamped_to_the_last_day() -> None:
    anchor = date(2026, 1, 31)
    assert [periods.add_months(anchor, months) for months in (1, 2, 12, 25)] == [
        date(2026, 2, 28),
        date(2026, 3, 31),
        date(2027, 1, 31),
        date(2028, 2, 29),
    ]


def test_periods_keep_the_day_of_the_start() -> None:
    starts = (date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31))
    spans = [periods.next_period(starts[0], start, 1) for start in starts]
    assert spans == [
        (date(2026, 1, 31), date(2026, 2, 28)),
        (date(2026, 2, 28), date(2026, 3, 31)),
        (date(2026, 3, 31), date(2026, 4, 30)),
    ]
    assert [span.days for span in spans] == [28, 31, 30]
    assert periods.next_period(date(2026, 4, 1), date(2028, 4, 1), 12) == (date(2028, 4, 1), date(2029, 4, 1))


def test_hours_and_firsts() -> None:
    assert periods.at_hour(date(2026, 5, 16), 10, "Europe/Moscow") == datetime(2026, 5, 16, 7, 0, tzinfo=UTC)
    assert periods.next_month(date(2026, 11, 10)) == date(2026, 12, 1)


# --- Quantities ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("people", "minor"), [(0, 0), (1, 0), (9, 0), (10, 599_000), (11, 658_900), (100, 5_990_000)])
def test_nine_are_free_and_from_ten_on_all_are_paid(people: int, minor: int) -> None:
    assert quantity.price(METEOR, people) == minor


def test_the_cliff_is_told_beforehand() -> None:
    assert [quantity.next_unit_costs(METEOR, people) for people in (8, 9, 10)] == [0, 599_000, 59_900]


@given(st.integers(0, 10_000))
def test_more_people_never_cost_less(people: int) -> None:
    assert quantity.price(METEOR, people + 1) >= quantity.price(METEOR, people)


# --- Explanations ------------------------------------------------------------------------------------------------------------


def write_formula(explained: dict[str, object]) -> str:
    return "".join(explanation.formula(explained).split())


@pytest.mark.parametrize(
    ("people", "before", "text"),
    [
        (11, 0, "11×599.00=6589.00"),
        (11, 599_000, "11×599.00−5990.00=599.00"),
        (9, 599_000, "0×599.00−5990.00=−5990.00"),
        (10, -100, "10×599.00+1.00=5991.00"),
    ],
)
def test_a_charge_is_written_as_a_person_would_write_it(people: int, before: int, text: str) -> None:
    explained = explanation.explain_quantity(METEOR, people, before)
    assert write_formula(explained) == text
    assert explanation.evaluate(explained) == explained["amount_minor"]


def test_an_amount_that_somebody_set_explains_itself_by_its_reason() -> None:
    explained = explanation.explain_amount(-15_000, "RUB", "An outage")
    assert (explanation.evaluate(explained), write_formula(explained), explained["reason"]) == (
        -15_000,
        "−150.00",
        "An outage",
    )


def test_a_formula_is_written_in_the_numbers_of_the_reader() -> None:
    explained = explanation.explain_quantity(METEOR, 11)
    assert explanation.formula(explained, lambda amount: f"<{amount}>") == "11 × <599.00> = <6589.00>"


@pytest.mark.parametrize(
    ("price", "text"), [("599.0000", "599.00"), ("0.0125", "0.0125"), ("100", "100.00"), ("1E+2", "100.00")]
)
def test_a_price_shows_its_kopecks_and_no_idle_zeros(price: str, text: str) -> None:
    assert explanation.plain_price(Decimal(price)) == text


def test_the_units_an_amount_stands_for() -> None:
    assert explanation.units_moved(explanation.explain_quantity(METEOR, 11, 599_000)) == Decimal(1)
    assert explanation.units_moved(explanation.explain_quantity(METEOR, 9, 599_000)) == Decimal(-10)


def test_terms_tell_themselves_in_plain_values() -> None:
    assert METEOR.as_dict() == {
        "tariff_id": "meteor-cloud",
        "version": 1,
        "currency": "RUB",
        "timing": "postpaid",
        "metric": "peak_active",
        "price_model": "per_unit",
        "unit_price": "599.00",
        "steps": [],
        "flat_fee": "0",
        "included_quantity": 9,
        "quota_mode": "all_above",
        "interval_months": 1,
        "price_months": 1,
        "discount_percent": "0",
        "payment_days": 14,
        "trial_days": 0,
        "trial_people": 0,
        "cycle": "calendar",
        "change_rule": "period_end",
        "renewal": "invoiced",
    }
    assert (METEOR.is_one_off, DRIVER.is_one_off) == (False, True)
    assert (METEOR.is_metered, DRIVER.is_metered) == (True, False)
    assert (METEOR.intervals, DRIVER.intervals, SCALE_ANNUAL.intervals) == (1, 1, 12)
    assert DRIVER.as_dict()["unit_price"] is None


def test_steps_come_back_from_plain_values_lowest_first() -> None:
    rows = [step.as_dict() for step in reversed(DRIVER.steps)]
    assert rows == [
        {"from": 30, "total": "2500.00"},
        {"from": 10, "total": "1000.00"},
        {"from": 1, "unit_price": "120.00"},
    ]
    assert steps_from(rows) == DRIVER.steps
    assert (Step(7).as_dict(), steps_from([{"from": "7", "total": None}])) == ({"from": 7}, (Step(7),))


def test_a_copy_of_terms_with_another_price_does_not_keep_what_the_first_one_worked_out() -> None:
    assert quantity.price(METEOR, 10) == 599_000
    dearer: Terms = replace(METEOR, unit_price=Decimal("600.00"))
    assert (quantity.price(dearer, 10), quantity.price(METEOR, 10)) == (600_000, 599_000)
    assert replace(METEOR) == METEOR
    assert hash(METEOR) == hash(replace(METEOR))
