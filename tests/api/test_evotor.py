"""The marketplace over HTTP: paid once, by the month, and free. April has 30 days."""

from typing import Any

import pytest

from tests.support.callers import Api, Buyer, create_buyer, money, set_clock
from tests.support.people import assert_books_are_right

PLUS, MAX, LIGHT = {"tariff_id": "plus"}, {"tariff_id": "max"}, {"tariff_id": "light"}


@pytest.fixture
def plus(operator: Api) -> Buyer:
    """On 180.00 a month since 1 April."""
    return create_buyer(operator, "evotor-app", "plus")


@pytest.mark.parametrize(("terminals", "total"), [(10, "1000.00"), (29, "2500.00"), (30, "2500.00")])
def test_e_a_a_driver_is_paid_once(operator: Api, terminals: int, total: str) -> None:
    buyer = create_buyer(operator, "evotor-driver", "driver", quantity=terminals)
    assert (buyer.answer["status"], buyer.answer["quantity"]) == ("active", terminals)
    assert (buyer.answer["current_period"], buyer.answer["renews_on"]) == (None, None)
    [invoice] = buyer.invoices
    assert (invoice["total"], invoice["status"], invoice["lines"][0]["amount"]) == (money(total), "open", money(total))
    usage = operator.get(f"instances/{buyer.instance}/usage?period=2026-04")[1]
    assert (usage["metric"], usage["peak"], usage["charged"]) == ("quantity", terminals, money(total))


def test_e4_more_terminals_later_cost_the_difference(operator: Api) -> None:
    buyer = create_buyer(operator, "evotor-driver", "driver", quantity=10)
    set_clock("2026-09-01T12:00:00+03:00")
    seen = buyer.does("preview", {"quantity": 30})
    assert (seen["due_now"], seen["next_charge"], seen["quantity"]) == (money("1500.00"), None, 30)
    changed = buyer.does("change", {"quantity": 30, "quote": seen["quote"]})
    assert (changed["quantity"], changed["due_now"], buyer.balance) == (30, money("1500.00"), "-2500.00")
    status, problem = buyer.asks("change", {"quantity": 29})
    assert (status, problem["rule"], problem["errors"][0]["field"]) == (422, "E4", "quantity")
    used = operator.get(f"instances/{buyer.instance}/usage?period=2026-09")[1]
    assert (used["peak"], used["peak_at"]) == (30, "2026-09-01T09:00:00+00:00")


def test_e_b_the_preview_is_what_the_change_charges(light: Buyer) -> None:
    set_clock("2026-04-15T10:00:00+03:00")
    seen = light.does("preview", PLUS | {"when": "now"})
    assert (seen["due_now"], seen["lost"], seen["effective_on"]) == (money("48.00"), None, "2026-04-15")
    assert seen["next_charge"] == {"date": "2026-05-01", "amount": money("180.00")}
    [line] = seen["lines"]
    assert line["amount"] == money("48.00")
    assert line["explanation"] == "16 × 6.00 − 48.00 = 48.00 (48.00 left of 90.00 after 14 days)"
    assert "Plus" in line["description"]
    assert (light.details["tariff_id"], light.balance, len(light.invoices)) == ("light", "-90.00", 1)
    changed = light.does("change", PLUS | {"when": "now", "quote": seen["quote"]})
    assert (changed["tariff_id"], changed["due_now"], changed["lines"]) == ("plus", money("48.00"), seen["lines"])
    assert (light.balance, light.invoices[-1]["total"]) == ("-138.00", money("48.00"))
    assert light.invoices[-1]["lines"][0]["explanation"] == line["explanation"]


def test_e_d_the_second_change_in_one_period_pays_60(light: Buyer) -> None:
    set_clock("2026-04-15T10:00:00+03:00")
    assert light.does("change", PLUS)["due_now"] == money("48.00")
    set_clock("2026-04-21T10:00:00+03:00")
    assert light.does("change", MAX)["due_now"] == money("60.00")
    assert light.balance == "-198.00"


def test_e_c_a_cheaper_tariff_now_shows_what_is_lost_and_refunds_nothing(plus: Buyer) -> None:
    set_clock("2026-04-15T10:00:00+03:00")
    seen = plus.does("preview", LIGHT | {"when": "now"})
    assert (seen["due_now"], seen["lost"]) == (money("0.00"), money("48.00"))
    changed = plus.does("change", LIGHT | {"when": "now", "quote": seen["quote"]})
    assert (changed["tariff_id"], changed["lost"], plus.balance) == ("light", money("48.00"), "-180.00")
    set_clock("2026-04-21T10:00:00+03:00")
    assert plus.does("change", PLUS)["due_now"] == money("30.00")  # E-e: what was lost stays lost


def test_d7_a_cheaper_tariff_waits_for_the_periods_end_by_itself(plus: Buyer) -> None:
    changed = plus.does("change", LIGHT)
    assert (changed["when"], changed["effective_on"], changed["lost"]) == ("period_end", "2026-05-01", None)
    assert (changed["tariff_id"], changed["scheduled_change"]["tariff_id"]) == ("plus", "light")
    assert plus.details["scheduled_change"] == {
        "tariff_id": "light",
        "version": 1,
        "quantity": None,
        "effective_on": "2026-05-01",
    }


def test_g10_a_quote_of_yesterday_is_refused_with_the_fresh_preview(light: Buyer) -> None:
    set_clock("2026-04-15T23:59:59+03:00")
    seen = light.does("preview", PLUS)
    set_clock("2026-04-16T00:00:00+03:00")
    body = PLUS | {"quote": seen["quote"]}
    status, problem = light.asks("change", body, Idempotency_Key="a")
    assert (status, problem["code"], problem["rule"]) == (409, "quote_expired", "G10")
    assert problem["preview"]["due_now"] == money("45.00")
    assert problem["preview"] == light.does("preview", PLUS)
    assert light.asks("change", body, Idempotency_Key="a") == (409, problem)
    assert light.balance == "-90.00"
    quoted = PLUS | {"quote": problem["preview"]["quote"]}
    assert light.does("change", quoted)["due_now"] == money("45.00")


def test_d6_a_change_is_undone_in_full_on_its_day_and_not_after_it(light: Buyer) -> None:
    set_clock("2026-04-15T10:00:00+03:00")
    light.does("change", PLUS)
    set_clock("2026-04-15T23:59:59+03:00")
    assert (light.does("undo-change")["tariff_id"], light.balance) == ("light", "-90.00")
    assert [row["status"] for row in light.invoices] == ["open", "void"]
    status, problem = light.asks("undo-change")
    assert (status, problem["code"], problem["rule"]) == (409, "nothing_to_undo", "D6")
    light.does("change", PLUS)
    set_clock("2026-04-16T00:00:00+03:00")
    assert light.asks("undo-change")[1]["code"] == "nothing_to_undo"
    assert_books_are_right()


def test_e8_collected_in_time_it_renews_and_tells_until_when_it_is_paid(light: Buyer) -> None:
    light.pays("180.00")
    assert light.api.post("sandbox/clock", {"now": "2026-04-26T10:00:00+03:00"})[0] == 200
    assert (light.details["current_period"]["end"], light.details["renews_on"]) == ("2026-05-01", "2026-06-01")
    assert light.balance == "0.00"


def test_e8_unpaid_after_its_date_it_has_ended_before_any_job_says_so(light: Buyer) -> None:
    light.pays("90.00")
    set_clock("2026-05-01T23:59:59+03:00")
    assert (light.details["status"], light.details["renews_on"]) == ("active", "2026-05-01")
    set_clock("2026-05-02T00:00:00+03:00")
    subscription = light.details
    assert (subscription["status"], subscription["renews_on"], subscription["current_period"]) == (
        "terminated",
        None,
        None,
    )
    assert subscription["terminated_at"] == "2026-05-01T21:00:00+00:00"
    assert light.access["access_reasons"][0]["code"] == "subscription_terminated"
    status, problem = light.asks("change", PLUS)
    assert (status, problem["code"], problem["rule"]) == (409, "already_terminated", "E9")
    again = light.api.create(f"instances/{light.instance}/subscriptions", LIGHT)
    assert again["id"] != light.subscription
    assert light.access["subscription"] == {"id": again["id"], "tariff_id": "light", "status": "active"}


def test_e6_more_terminals_in_the_middle_of_a_period(operator: Api) -> None:
    buyer = create_buyer(operator, "evotor-app", "base", quantity=5)
    set_clock("2026-04-16T12:00:00+03:00")
    assert buyer.does("change", {"quantity": 8})["due_now"] == money("150.00")
    assert operator.get(f"instances/{buyer.instance}/usage?period=2026-04")[1]["peak"] == 8
    assert operator.get(f"instances/{buyer.instance}/usage?period=2026-03")[1]["peak"] == 0


def test_e1_a_free_product_asks_for_no_tariff_and_can_be_asked_everything(operator: Api) -> None:
    buyer = create_buyer(operator, "evotor-free")
    subscription = buyer.details
    assert (subscription["tariff_id"], subscription["version"], subscription["status"]) == (None, None, "active")
    assert (subscription["current_period"], subscription["renews_on"], buyer.balance) == (None, None, "0.00")
    seen = buyer.access
    assert (seen["access"], seen["subscription"]["tariff_id"], seen["seats"]["included"]) == ("full", None, 0)
    used = operator.get(f"instances/{buyer.instance}/usage?period=2026-04")[1]
    assert (used["metric"], used["charged"]) == ("none", money("0.00"))
    for act, body, code in (
        ("preview", PLUS, "product_is_free"),
        ("change", {"quantity": 2}, "product_is_free"),
        ("cancel", {}, "nothing_to_cancel"),
        ("undo-cancel", {}, "not_cancelled"),
        ("undo-change", {}, "nothing_to_undo"),
        ("choose", PLUS, "no_trial"),
        ("extend-trial", {"days": 3, "reason": "x"}, "no_trial"),
    ):
        status, problem = buyer.asks(act, body)
        assert (status, problem["code"]) == (409, code), act
    ended = buyer.does("terminate", {"reason": "Закрываемся"})
    assert (ended["status"], buyer.access["access"]) == ("terminated", "read_only")


@pytest.mark.parametrize("body", [{"tariff_id": "base"}, {"quantity": 1}, {"trial": True}])
def test_e1_a_free_product_takes_no_terms(operator: Api, body: dict[str, Any]) -> None:
    new = {
        "customer_id": create_buyer(operator, "evotor-free").customer,
        "product": "evotor-free",
        "domain": "b.example.ru",
    }
    person = {"external_id": "vera", "email": "vera@romashka.example"}
    instance = operator.create("instances", {**new, "representative": person})["id"]
    status, problem = operator.post(f"instances/{instance}/subscriptions", body)
    assert (status, problem["rule"]) == (422, "E1")
    assert operator.create(f"instances/{instance}/subscriptions", {})["status"] == "active"
