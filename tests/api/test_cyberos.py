"""Cyberos over HTTP: a trial of everything, plans, a year at once, and the end."""

import pytest

from tests.support.callers import Api, Buyer, create_buyer, money, set_clock


@pytest.fixture
def build(operator: Api) -> Buyer:
    """On Build from 10 April, paid."""
    set_clock("2026-04-10T12:00:00+03:00")
    buyer = create_buyer(operator, "cyberos", "build")
    buyer.pays("4900.00")
    return buyer


def test_c1_the_trial_runs_in_a_test_environment_until_a_plan_is_chosen(operator: Api) -> None:
    set_clock("2026-04-10T12:00:00+03:00")
    buyer = create_buyer(operator, "cyberos", "trial")
    assert (buyer.answer["status"], buyer.answer["trial_ends_on"], buyer.access["is_test"]) == (
        "trialing",
        "2026-05-10",
        True,
    )
    status, problem = buyer.asks("preview", {"tariff_id": "build"})
    assert (status, problem["code"], problem["rule"]) == (409, "trial_choose", "D18")
    assert buyer.asks("choose", {"tariff_id": "trial"})[1]["code"] == "trial_is_no_choice"
    buyer.does("choose", {"tariff_id": "build"})
    assert operator.post("sandbox/clock", {"now": "2026-05-11T00:00:00+03:00"})[0] == 200
    assert (buyer.details["status"], buyer.access["is_test"], buyer.balance) == ("active", False, "-4900.00")
    assert buyer.details["current_period"] == {"start": "2026-05-11", "end": "2026-06-11"}


def test_c2_a_year_at_once_costs_10_percent_less(operator: Api) -> None:
    buyer = create_buyer(operator, "cyberos", "build-annual")
    [invoice] = buyer.invoices
    assert invoice["total"] == money("52920.00")
    assert invoice["period"] == {"start": "2026-04-01", "end": "2027-04-01"}
    assert invoice["lines"][0]["explanation"] == "12 × 4 900.00 − 10% = 52 920.00 (10% off for paying at once)"
    assert buyer.answer["renews_on"] == "2027-04-01"


def test_c3_from_build_to_scale_now(build: Buyer) -> None:
    set_clock("2026-04-25T12:00:00+03:00")
    seen = build.does("preview", {"tariff_id": "scale", "when": "now"})
    assert (seen["due_now"], seen["next_charge"]["amount"]) == (money("22050.00"), money("49000.00"))
    assert build.does("change", {"tariff_id": "scale", "quote": seen["quote"]})["status"] == "active"
    assert build.access["seats"]["included"] == 100


def test_c4_cancelled_it_works_to_the_end_of_what_is_paid(build: Buyer) -> None:
    cancelled = build.does("cancel")
    assert (cancelled["status"], cancelled["renews_on"]) == ("cancelling", None)
    assert cancelled["cancel_at"] == "2026-05-09T21:00:00+00:00"
    assert build.does("cancel") == cancelled
    set_clock("2026-05-09T23:59:59+03:00")
    assert (build.details["status"], build.access["access"]) == ("cancelling", "full")
    set_clock("2026-05-10T00:00:00+03:00")
    subscription = build.details
    assert (subscription["status"], subscription["terminated_at"]) == ("terminated", "2026-05-09T21:00:00+00:00")
    assert (build.access["access"], build.balance) == ("read_only", "0.00")
    assert build.asks("undo-cancel")[1]["code"] == "not_cancelled"
    assert build.asks("cancel")[1]["code"] == "already_terminated"


def test_c4_a_cancellation_is_taken_back(build: Buyer) -> None:
    build.does("cancel")
    set_clock("2026-05-09T23:59:59+03:00")
    subscription = build.does("undo-cancel")
    assert (subscription["status"], subscription["cancel_at"], subscription["renews_on"]) == (
        "active",
        None,
        "2026-05-10",
    )
    status, problem = build.asks("undo-cancel")
    assert (status, problem["code"], problem["rule"]) == (409, "not_cancelled", "C4")


def test_c4_what_is_cancelled_has_no_next_charge_and_no_later_terms(build: Buyer) -> None:
    build.does("cancel")
    seen = build.does("preview", {"tariff_id": "scale", "when": "now"})
    assert (seen["due_now"]["amount"], seen["next_charge"]) == ("44100.00", None)
    status, problem = build.asks("change", {"tariff_id": "build-annual", "when": "period_end"})
    assert (status, problem["code"], problem["rule"]) == (409, "cancelled", "C4")
    assert build.details["scheduled_change"] is None


def test_c4_a_trial_can_be_cancelled_too(operator: Api) -> None:
    set_clock("2026-04-10T12:00:00+03:00")
    buyer = create_buyer(operator, "cyberos", "trial")
    cancelled = buyer.does("cancel")
    assert (cancelled["status"], cancelled["cancel_at"]) == ("trialing", "2026-05-10T21:00:00+00:00")
    assert operator.post("sandbox/clock", {"now": "2026-05-11T00:00:00+03:00"})[0] == 200
    assert (buyer.details["status"], buyer.balance) == ("terminated", "0.00")
