"""The catalogue as the API tells it: every product, every kind of price."""

from typing import Any

import pytest

from tests.support.callers import Api, Tenant, money


def tariffs(api: Api, product: str) -> dict[str, Any]:
    status, answer = api.get(f"tariffs?product={product}")
    assert (status, answer["next"]) == (200, None)
    return {row["tariff_id"]: row for row in answer["items"]}


def per_unit(amount: str, currency: str = "RUB") -> list[dict[str, Any]]:
    return [{"from_quantity": 1, "unit_price": money(amount, currency), "total": None}]


def asked(tariff: Any) -> list[tuple[int, str]]:
    """(quantity, what it costs for the interval)"""
    return [(row["quantity"], row["amount"]["amount"]) for row in tariff["interval_prices"]]


def test_published_tariffs_are_listed(tenant: Tenant) -> None:
    [tariff] = tariffs(tenant.api, "meteor").values()
    assert (tariff["tariff_id"], tariff["version"], tariff["product"]) == ("meteor-cloud", 1, "meteor")
    assert (tariff["kind"], tariff["interval"], tariff["timing"]) == ("subscription", "month", "postpaid")
    assert (tariff["price_model"], tariff["included_quantity"], tariff["trial_days"]) == ("per_unit", 9, 0)
    assert (tariff["metric"], tariff["quota_mode"], tariff["payment_days"]) == ("peak_active", "all_above", 14)
    assert tariff["prices"] == per_unit("599.00")
    assert asked(tariff) == [(1, "0.00"), (9, "0.00"), (10, "5990.00")]
    assert tenant.api.get("tariffs?product=nothing")[1]["code"] == "unknown_product"


def test_blue_by_the_month_and_by_the_year(operator: Api) -> None:
    on_offer = tariffs(operator, "blue")
    assert set(on_offer) == {"blue-monthly", "blue-annual"}
    monthly, annual = on_offer["blue-monthly"], on_offer["blue-annual"]
    assert (monthly["interval"], annual["interval"], annual["interval_months"]) == ("month", "year", 12)
    assert {(row["timing"], row["metric"], row["trial_days"], row["trial_people"]) for row in on_offer.values()} == {
        ("prepaid", "paid_members", 7, 20)
    }
    assert (monthly["prices"], annual["prices"]) == (per_unit("7.00", "USD"), per_unit("70.00", "USD"))
    assert (asked(monthly), asked(annual)) == ([(1, "7.00")], [(1, "70.00")])


def test_driver_is_paid_once_by_steps(operator: Api) -> None:
    driver = tariffs(operator, "evotor-driver")["driver"]
    assert (driver["kind"], driver["interval"], driver["interval_months"]) == ("one_off", None, None)
    assert (driver["price_model"], driver["metric"]) == ("volume", "quantity")
    assert driver["prices"] == [
        {"from_quantity": 1, "unit_price": money("120.00"), "total": None},
        {"from_quantity": 10, "unit_price": None, "total": money("1000.00")},
        {"from_quantity": 30, "unit_price": None, "total": money("2500.00")},
    ]
    assert asked(driver) == [(1, "120.00"), (10, "1000.00"), (30, "2500.00")]


def test_application_has_a_base_tariff_and_flat_ones(operator: Api) -> None:
    on_offer = tariffs(operator, "evotor-app")
    fees = {name: row["flat_fee"]["amount"] for name, row in on_offer.items()}
    assert fees == {"base": "0.00", "light": "90.00", "plus": "180.00", "max": "360.00"}
    assert [row["unit_price"]["amount"] for row in on_offer["base"]["prices"]] == ["100.00", "90.00"]
    assert (on_offer["light"]["price_model"], on_offer["light"]["prices"], asked(on_offer["light"])) == (
        "flat",
        [],
        [(1, "90.00")],
    )


def test_free_product_has_no_tariffs(operator: Api) -> None:
    assert tariffs(operator, "evotor-free") == {}


def test_plans_with_a_trial_and_a_discount_for_the_year(operator: Api) -> None:
    on_offer = tariffs(operator, "cyberos")
    assert set(on_offer) == {"trial", "build", "build-annual", "scale", "scale-annual"}
    trial, annual = on_offer["trial"], on_offer["build-annual"]
    assert (trial["price_model"], trial["trial_days"], trial["interval_prices"]) == ("trial", 30, [])
    assert (annual["discount_percent"], annual["price_months"], annual["interval"]) == ("10", 1, "year")
    assert (asked(on_offer["build"]), asked(annual)) == ([(1, "4900.00")], [(1, "52920.00")])
    assert annual["interval_prices"][0]["explanation"].startswith("12 × 4 900.00 − 10% = 52 920.00")
    assert asked(on_offer["scale"]) == [(1, "49000.00"), (100, "49000.00"), (101, "49100.00"), (501, "89080.00")]
    assert {on_offer["build"]["plan"], annual["plan"]} == {"build"}


@pytest.mark.parametrize(("language", "feature"), [("en", "No card needed"), ("ru", "Карта не нужна")])
def test_features_are_in_the_language_asked_for(operator: Api, language: str, feature: str) -> None:
    status, answer = operator.call("GET", "tariffs?product=cyberos", None, Accept_Language=language)
    assert (status, answer["items"][0]["features"][1]) == (200, feature)


def test_pages_of_all_products_together_lose_nothing(operator: Api) -> None:
    tariff_ids, query = [], "tariffs?limit=3"
    while query:
        status, page = operator.get(query)
        assert status == 200
        tariff_ids += [row["tariff_id"] for row in page["items"]]
        query = f"tariffs?limit=3&cursor={page['next']}" if page["next"] else ""
    assert len(tariff_ids) == len(set(tariff_ids)) == 13
