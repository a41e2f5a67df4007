"""Random histories of paid time, priced without a database: seats that come and go, terms that change within a
period. What they come to is held against a reckoning of its own, day by day; sums are exact fractions of the minor unit."""

import json
import os
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from random import Random

import pytest

from billing.pricing.changes import carry_full_period, change_terms
from billing.pricing.explanations.evaluation import evaluate
from billing.pricing.money import exponent
from billing.pricing.periods import Span, add_months, month_span
from billing.pricing.quantity import exact_price, price
from billing.pricing.seats import explain_seat_change, rest_until
from billing.pricing.terms import Terms
from tests.support.pricing_terms import BASE, BLUE_ANNUAL, BLUE_MONTHLY, LARGEST, LIGHT, PLUS, SCALE, random_terms

# As many as `make prove` takes: 10,000.
HISTORIES = int(os.environ.get("PRICED_HISTORIES", "2000"))
DAY = timedelta(days=1)
MONTHS = [date(2027, 2, 1), date(2028, 2, 1), date(2027, 4, 1), date(2027, 5, 1)]


# --- One seat that comes and goes ------------------------------------------------------------------------------------------


@dataclass
class Seat:
    """One seat within the period ``span``: there from the beginning or not, then the instants at which that changes."""

    span: Span
    from_the_start: bool
    changes: list[datetime]

    def whole_days(self) -> list[date]:
        """The days on which it was active from the first second to the last."""
        touched, days, there = {change.date() for change in self.changes}, [], self.from_the_start
        for number in range(self.span.days):
            day = self.span.start + DAY * number
            there ^= sum(change.date() == day for change in self.changes) % 2 == 1
            days += [day] if there and day not in touched else []
        return days


def random_seat(rng: Random, terms: Terms) -> Seat:
    if terms is BLUE_ANNUAL:
        start = date(rng.choice([2026, 2027, 2028]), rng.randint(1, 12), 1)
        span = Span(start, add_months(start, 12))
    else:
        first = rng.choice(MONTHS)
        span = Span(first + DAY * rng.choice([0, 0, rng.randrange(28)]), month_span(first).end)
    seconds = sorted(rng.randrange(span.days * 86_400) for _change in range(rng.randint(0, 6)))
    begin = datetime.combine(span.start, time())
    return Seat(span, rng.random() < 0.5, [begin + timedelta(seconds=second) for second in seconds])


def lines_of(terms: Terms, seat: Seat, others: int) -> list[int]:
    """What it is charged and given back in the period, in minor units: its share of the opening, then a line for each change.
    ``others`` seats are there all the time."""

    def line(before: int, after: int, first_day: date) -> int:
        rest = rest_until(first_day, seat.span.end)
        explained = explain_seat_change(
            terms, before, after, days=rest.days, of_days=rest.of_days, whole_months=rest.whole_months
        )
        assert evaluate(json.loads(json.dumps(explained))) == explained["amount_minor"]
        return int(explained["amount_minor"])

    level = others + seat.from_the_start
    lines = [line(others, level, seat.span.start)] if seat.from_the_start else []
    for instant in seat.changes:
        by = -1 if level > others else 1
        lines.append(line(level, level + by, instant.date() + DAY))
        level += by
    return lines


def price_of(terms: Terms, day: date) -> Fraction:
    """What one seat costs on ``day``, in minor units, exact: a month's price by the days of the month, a twelfth of a year's."""
    monthly = Fraction(7000, 12) if terms is BLUE_ANNUAL else Fraction(700)
    return monthly / month_span(day).days


@pytest.mark.parametrize(("terms", "histories"), [(BLUE_MONTHLY, HISTORIES), (BLUE_ANNUAL, HISTORIES // 10)])
def test_b5_b6_a_seat_costs_its_whole_days_and_at_most_a_day_more_for_each_change(terms: Terms, histories: int) -> None:
    rng = Random(55)
    for _history in range(histories):
        seat = random_seat(rng, terms)
        lines = lines_of(terms, seat, rng.randrange(60))
        least = sum((price_of(terms, day) for day in seat.whole_days()), Fraction(0))
        most = least + sum((price_of(terms, change.date()) for change in seat.changes), Fraction(0))
        rounding = Fraction(len(lines), 2)
        assert least - rounding <= sum(lines) <= most + rounding, seat


@pytest.mark.parametrize("month", MONTHS)
def test_b6_no_seat_gives_back_more_than_it_cost_whatever_the_month_the_days_and_the_number(month: date) -> None:
    span = month_span(month)
    rests = [rest_until(span.start + DAY * day, span.end) for day in range(1, span.days + 1)]
    for terms in (BLUE_MONTHLY, SCALE, BASE):
        for before in (0, 1, 8, 9, 99, 100, 101, 499, 500, 501):
            costs = [
                explain_seat_change(terms, before, before + 1, days=rest.days, of_days=rest.of_days)["amount_minor"]
                for rest in rests
            ]
            credits = [
                -explain_seat_change(terms, before + 1, before, days=rest.days, of_days=rest.of_days)["amount_minor"]
                for rest in rests
            ]
            assert credits == costs
            if price(terms, before + 1) >= price(terms, before):
                assert all(max(credits[added:]) <= costs[added] for added in range(len(costs)))


def test_b6_nor_whatever_the_tariff() -> None:
    rng = Random(66)
    for _history in range(2_000):
        terms, before = random_terms(rng), rng.randrange(60)
        if terms.interval_months is None or price(terms, before + 1) < price(terms, before):
            continue
        of_days = rng.choice([28, 29, 30, 31])
        added = rng.randint(0, of_days)
        removed = rng.randint(added, of_days)
        cost, credit = (
            explain_seat_change(terms, *change, days=of_days - day, of_days=of_days)["amount_minor"]
            for change, day in (((before, before + 1), added), ((before + 1, before), removed))
        )
        assert -credit <= cost


# --- Terms that change within a period -------------------------------------------------------------------------------------


def test_e6_a_quote_is_what_is_charged_and_every_day_is_paid_once() -> None:
    """Of each change: the figures are the stored explanation's. Of the whole chain: paid = used at the rates of the days +
    lost + still carried, half a minor unit for each line aside; each rate reckoned from the tariff's own figure."""
    rng = Random(77)
    prices = {id(LIGHT): 9_000, id(PLUS): 18_000, id(LARGEST): 36_000}
    for _history in range(HISTORIES):
        days = rng.choice([28, 29, 30, 31])
        terms = rng.choice([LIGHT, PLUS, LARGEST])
        carried, day, charged, lost, lines = carry_full_period(terms, 1, days), 0, prices[id(terms)], Fraction(0), 1
        used = Fraction(0)
        for _change in range(rng.randint(0, 5)):
            next_day = rng.randint(day, days - 1)
            used += Fraction(prices[id(terms)], days) * (next_day - day)
            new = rng.choice([LIGHT, PLUS, LARGEST])
            left = days - next_day
            worth, needed = (Fraction(prices[id(tariff_terms)], days) * left for tariff_terms in (terms, new))
            change = change_terms(carried, next_day - day, new, 1, days)
            assert evaluate(json.loads(json.dumps(change.explanation))) == change.pay_minor
            assert abs(change.pay_minor - max(Fraction(0), needed - worth)) <= Fraction(1, 2)
            assert abs(change.lost_minor - max(Fraction(0), worth - needed)) <= Fraction(1, 2)
            charged, lines = charged + change.pay_minor, lines + 1
            lost += max(Fraction(0), worth - needed)
            terms, carried, day = new, change.carried, next_day
        rest = Fraction(prices[id(terms)], days) * (days - day)
        assert abs(charged - (used + lost + rest)) <= Fraction(lines, 2)


def test_e6_whatever_the_tariffs_a_change_costs_the_difference_or_loses_it() -> None:
    rng = Random(88)
    for _history in range(3_000):
        old = random_terms(rng)
        new = random_terms(rng)
        if old.currency != new.currency:
            continue
        before, after, days = rng.randrange(1, 60), rng.randrange(1, 60), rng.choice([28, 31, 92, 365])
        used = rng.randint(0, days)
        change = change_terms(carry_full_period(old, before, days), used, new, after, days)
        unit = Fraction(10 ** exponent(old.currency)) * (days - used) / days
        difference = (exact_price(new, after) - exact_price(old, before)) * unit
        assert min(change.pay_minor, change.lost_minor) == 0
        assert abs(change.pay_minor - change.lost_minor - difference) <= Fraction(1, 2)
