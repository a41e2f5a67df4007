"""Blue over HTTP: seats paid in advance, from the trial on. April has 30 days."""

from datetime import UTC, datetime
from typing import Any

import pytest

from accounts.models import Instance
from billing.operations.settlement import reliefs
from tests.support.callers import Api, Buyer, create_buyer, set_clock, usd
from tests.support.people import assert_books_are_right


def until(api: Api, now: str) -> None:
    """The sandbox's clock moves, and everything that falls due on the way is done."""
    status, moved = api.post("sandbox/clock", {"now": now})
    assert status == 200, moved


def totals(buyer: Buyer) -> list[str]:
    return [row["total"]["amount"] for row in buyer.invoices]


@pytest.fixture
def trying(operator: Api) -> Buyer:
    """In the trial from 3 to 10 April, on the yearly tariff."""
    set_clock("2026-04-03T12:00:00+03:00")
    return create_buyer(operator, "blue", "blue-annual")


def test_b_f_monthly_from_the_10th_is_charged_for_21_days(operator: Api) -> None:
    set_clock("2026-04-10T12:00:00+03:00")
    buyer = create_buyer(operator, "blue", "blue-monthly", trial=False)
    assert buyer.answer == {
        "id": buyer.subscription,
        "tariff_id": "blue-monthly",
        "status": "active",
        "instance_id": buyer.instance,
        "account": buyer.account,
        "version": 1,
        "quantity": None,
        "trial_ends_on": None,
        "current_period": {"start": "2026-04-10", "end": "2026-05-01"},
        "renews_on": "2026-05-01",
        "cancel_at": None,
        "scheduled_change": None,
        "started_at": "2026-04-10T09:00:00+00:00",
        "terminated_at": None,
    }
    [invoice] = buyer.invoices
    assert (invoice["kind"], invoice["total"], invoice["amount_due"]) == ("purchase", usd("4.90"), usd("4.90"))
    assert (invoice["period"], invoice["due_date"]) == ({"start": "2026-04-10", "end": "2026-05-01"}, "2026-04-24")
    [line] = invoice["lines"]
    assert (line["quantity"], line["unit_price"], line["amount"]) == (1, "4.90", usd("4.90"))
    assert line["explanation"] == "1 × 7.00 × 21/30 = 4.90 (21 of 30 days)"
    assert buyer.balance == "-4.90"


def test_b_g_annual_after_a_trial_is_charged_for_20_days_and_the_year_on_the_1st(trying: Buyer) -> None:
    assert (trying.answer["status"], trying.answer["trial_ends_on"]) == ("trialing", "2026-04-10")
    assert (trying.answer["current_period"], trying.answer["renews_on"]) == (None, None)
    chosen = trying.does("choose", {"tariff_id": "blue-annual"})
    assert chosen["scheduled_change"] == {
        "tariff_id": "blue-annual",
        "version": 1,
        "quantity": None,
        "effective_on": "2026-04-11",
    }
    until(trying.api, "2026-04-10T23:59:59+03:00")
    assert (trying.details["status"], totals(trying)) == ("trialing", [])
    until(trying.api, "2026-04-11T00:00:00+03:00")
    assert totals(trying) == ["3.89"]
    assert trying.details["current_period"] == {"start": "2026-04-11", "end": "2026-05-01"}
    assert (trying.details["renews_on"], trying.details["scheduled_change"]) == ("2026-05-01", None)
    until(trying.api, "2026-05-01T00:00:00+03:00")
    assert totals(trying) == ["3.89", "70.00"]
    assert trying.details["current_period"] == {"start": "2026-05-01", "end": "2027-05-01"}
    assert trying.details["renews_on"] == "2027-05-01"
    assert_books_are_right()


def test_what_the_calendar_has_begun_is_told_also_where_no_job_has_run(trying: Buyer) -> None:
    trying.does("choose", {"tariff_id": "blue-annual"})
    set_clock("2026-04-12T12:00:00+03:00")
    assert (trying.details["status"], trying.details["renews_on"]) == ("active", "2026-05-01")
    assert trying.details["current_period"] == {"start": "2026-04-11", "end": "2026-05-01"}
    set_clock("2026-05-03T12:00:00+03:00")
    assert (trying.details["status"], trying.details["renews_on"]) == ("active", "2027-05-01")
    assert trying.details["current_period"] == {"start": "2026-05-01", "end": "2027-05-01"}
    assert (trying.access["access"], totals(trying)) == ("full", [])


def test_b2_a_trial_without_a_choice_ends_read_only_and_a_later_choice_is_charged_from_its_day(trying: Buyer) -> None:
    until(trying.api, "2026-04-11T00:00:00+03:00")
    state = trying.access
    assert (state["access"], state["subscription"]["status"]) == ("read_only", "trial_ended")
    assert state["access_reasons"] == [
        {"code": "trial_ended", "since": "2026-04-10T21:00:00+00:00", "until": None, "invoices": []}
    ]
    assert (trying.balance, trying.details["renews_on"]) == ("0.00", None)
    until(trying.api, "2026-04-21T15:00:00+03:00")
    chosen = trying.does("choose", {"tariff_id": "blue-monthly"})
    assert (chosen["status"], chosen["tariff_id"], chosen["renews_on"]) == ("active", "blue-monthly", "2026-05-01")
    assert (trying.access["access"], trying.balance) == ("full", "-2.33")  # the 21st included: 10 of 30 days
    assert trying.asks("choose", {"tariff_id": "blue-annual"})[1]["code"] == "no_trial"


def test_b2_twenty_people_take_part_in_the_trial_and_no_more(trying: Buyer) -> None:
    for number in range(2, 21):
        status = "invited" if number % 2 else "active"
        assert trying.reports(f"p{number}", "client" if number % 3 else "team_member", status)[0] == 200
    status, problem = trying.reports("p21", "view_only", "invited")
    assert (status, problem["code"], problem["rule"]) == (409, "trial_seat_limit", "B2")
    assert problem["rule_url"] == "http://127.0.0.1:8000/rules/#B2"
    assert "20" in problem["detail"]
    rows = [
        {"external_id": who, "email": f"{who}@romashka.example", "role": "client", "status": "active"}
        for who in ("p20", "p22")
    ]
    items = trying.api.put(f"instances/{trying.instance}/members", rows)[1]["items"]
    assert [(row["status"], (row["error"] or {}).get("code")) for row in items] == [
        (200, None),
        (409, "trial_seat_limit"),
    ]
    assert trying.api.delete(f"instances/{trying.instance}/members/p2")[0] == 204
    assert trying.reports("p21", "view_only", "invited")[0] == 200


def test_b2_support_extends_a_trial_with_a_reason(trying: Buyer) -> None:
    extended = trying.does("extend-trial", {"days": 3, "reason": "Праздники"})
    assert (extended["trial_ends_on"], extended["status"]) == ("2026-04-13", "trialing")
    until(trying.api, "2026-04-14T00:00:00+03:00")
    assert trying.access["access"] == "read_only"
    again = trying.does("extend-trial", {"days": 2, "reason": "Попросили"})
    assert (again["trial_ends_on"], trying.access["access"]) == ("2026-04-16", "full")
    for body, field in (
        ({"days": 0, "reason": "x"}, "days"),
        ({"days": 366, "reason": "x"}, "days"),
        ({"days": 10**40, "reason": "x"}, "days"),
        ({"days": "3", "reason": "x"}, "days"),
        ({"days": 3, "reason": " "}, "reason"),
        ({"days": 3}, "reason"),
        ({"reason": "x"}, "days"),
    ):
        status, problem = trying.asks("extend-trial", body)
        assert (status, problem["errors"][0]["field"]) == (422, field), body
    assert trying.details["trial_ends_on"] == "2026-04-16"


def test_b2_one_trial_for_a_customer_and_product(trying: Buyer) -> None:
    new = {"customer_id": trying.customer, "product": "blue", "domain": "b.example.ru"}
    person = {"external_id": "vera", "email": "vera@romashka.example"}
    second = trying.api.create("instances", {**new, "representative": person})["id"]
    path = f"instances/{second}/subscriptions"
    status, problem = trying.api.post(path, {"tariff_id": "blue-monthly", "trial": True})
    assert (status, problem["code"], problem["rule"]) == (409, "trial_used", "B2")
    started = trying.api.create(path, {"tariff_id": "blue-monthly"})
    assert (started["status"], started["trial_ends_on"]) == ("active", None)


@pytest.fixture
def monthly(operator: Api) -> Buyer:
    """Paid by the month from 1 April on, the first 7.00 settled."""
    set_clock("2026-04-01T12:00:00+03:00")
    buyer = create_buyer(operator, "blue", "blue-monthly", trial=False)
    buyer.pays("7.00")
    return buyer


def test_b5_b6_seats_come_and_go_and_usage_tells_them(monthly: Buyer) -> None:
    set_clock("2026-04-15T16:00:00+03:00")
    monthly.reports("boris", "team_member")
    monthly.reports("client", "client")
    assert monthly.balance == "-3.50"
    set_clock("2026-04-20T12:00:00+03:00")
    monthly.reports("boris", "view_only")
    assert monthly.balance == "-1.17"  # 2.33 back
    assert monthly.access["seats"] == {"active": 3, "billable": 1, "peak": 2, "included": 0}
    status, usage = monthly.api.get(f"instances/{monthly.instance}/usage?period=2026-04")
    assert (status, usage["metric"], usage["peak"]) == (200, "paid_members", 2)
    assert (usage["peak_at"], usage["charged"]) == ("2026-04-15T13:00:00+00:00", usd("8.17"))
    assert [(row["active_after"], row["billable_after"]) for row in usage["changes"]] == [
        (1, 1),
        (2, 2),
        (3, 2),
        (3, 1),
    ]
    until(monthly.api, "2026-05-01T00:00:00+03:00")
    renewal = monthly.invoices[-1]
    assert (renewal["total"], renewal["credit_applied"], renewal["amount_due"]) == (
        usd("10.50"),
        usd("2.33"),
        usd("8.17"),
    )
    shown = [(row["quantity"], row["unit_price"], row["amount"]["amount"]) for row in renewal["lines"]]
    assert shown == [(1, "3.50", "3.50"), (1, "7.00", "7.00")]
    assert_books_are_right()


def test_b8_monthly_to_annual_waits_for_the_1st_and_can_be_called_off(monthly: Buyer) -> None:
    status, problem = monthly.asks("preview", {"tariff_id": "blue-annual", "when": "now"})
    assert (status, problem["code"], problem["rule"]) == (422, "only_at_period_end", "B8")
    seen = monthly.does("preview", {"tariff_id": "blue-annual", "when": "period_end"})
    assert (seen["due_now"], seen["lines"], seen["lost"]) == (usd("0.00"), [], None)
    assert seen["next_charge"] == {"date": "2026-05-01", "amount": usd("70.00")}
    assert monthly.details["scheduled_change"] is None
    body = {"tariff_id": "blue-annual", "when": "period_end", "quote": seen["quote"]}
    changed = monthly.does("change", body)
    assert (changed["tariff_id"], changed["scheduled_change"]["effective_on"]) == ("blue-monthly", "2026-05-01")
    assert changed["next_charge"] == seen["next_charge"]
    set_clock("2026-04-12T12:00:00+03:00")
    assert monthly.does("undo-change")["scheduled_change"] is None
    monthly.does("change", body)
    until(monthly.api, "2026-05-01T00:00:00+03:00")
    assert (monthly.details["tariff_id"], monthly.details["renews_on"]) == ("blue-annual", "2027-05-01")
    assert totals(monthly) == ["7.00", "70.00"]


def test_d17_unpaid_after_its_term_it_is_past_due_and_a_relief_unblocks_it(operator: Api) -> None:
    set_clock("2026-04-10T12:00:00+03:00")
    buyer = create_buyer(operator, "blue", "blue-monthly", trial=False)
    until(operator, "2026-04-25T00:00:00+03:00")
    assert (buyer.details["status"], buyer.access["access"]) == ("past_due", "read_only")
    assert [(row["code"], row["invoices"]) for row in buyer.access["access_reasons"]] == [
        ("invoice_overdue", ["U-2026-000001"])
    ]

    def account() -> Any:
        return operator.get(f"accounts/{buyer.account}")[1]

    assert (account()["overdue"], account()["blocked_instances"]) == (usd("4.90"), [buyer.instance])
    as_of, ends_at = datetime(2026, 4, 24, 21, tzinfo=UTC), datetime(2026, 4, 27, tzinfo=UTC)
    instance = Instance.objects.get(public_id=buyer.instance)
    reliefs.grant_relief(instance=instance, ends_at=ends_at, reason="п/п", as_of=as_of, actor="support")
    assert (account()["overdue"], account()["blocked_instances"]) == (usd("4.90"), [])
    state = buyer.access
    assert (state["access"], state["access_reasons"][0]["code"]) == ("full", "relief")
    assert state["subscription"]["status"] == buyer.details["status"] == "past_due"
    buyer.pays("4.90")
    assert (buyer.details["status"], buyer.access["access_reasons"]) == ("active", [])
