"""M-c, and Blue from its trial to a renewal, walked over HTTP against a real server: from an empty database to right books."""

from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any

from pypdf import PdfReader

from tests.support.callers import ANNA, ROMASHKA, rub, usd
from tests.support.server import Installation, running

RUB = "RUB"


def at(server: Installation, now: str) -> Any:
    status, moved = server.call("POST", "sandbox/clock", {"now": now})
    assert status == 200, moved
    return moved["done"]


def create(server: Installation, path: str, body: Any) -> Any:
    status, answer = server.call("POST", path, body)
    assert status == 201, answer
    return answer


def walk_a_meteor_customers_spring(server: Installation) -> None:
    at(server, "2026-04-01T09:00:00+03:00")
    customer = create(server, "customers", ROMASHKA)
    account = customer["accounts"][0]["number"]
    new = {"customer_id": customer["id"], "product": "meteor", "domain": "romashka.example.ru", "representative": ANNA}
    instance = create(server, "instances", new)["id"]
    subscription = create(server, f"instances/{instance}/subscriptions", {"tariff_id": "meteor-cloud"})["id"]
    own = Installation(
        server.env, server.port, server.manage("create_api_token", "--scope", "instance", "--instance", instance)
    )

    def person(number: int, status: str = "active") -> dict[str, str]:
        return {"external_id": f"p{number}", "email": f"p{number}@romashka.example", "role": "member", "status": status}

    status, rows = own.call("PUT", f"instances/{instance}/members", [person(number) for number in range(2, 10)])
    assert (status, {row["status"] for row in rows["items"]}) == (200, {200})
    assert server.call("GET", f"accounts/{account}")[1]["balance"] == rub("0.00")
    balances = []
    for number, moment in ((10, "2026-04-10T09:41:00+03:00"), (11, "2026-04-10T14:03:00+03:00")):
        at(server, moment)
        body = {name: value for name, value in person(number).items() if name != "external_id"}
        assert own.call("PUT", f"instances/{instance}/members/p{number}", body)[0] == 200
        balances.append(server.call("GET", f"accounts/{account}")[1]["balance"]["amount"])
    assert balances == ["-5990.00", "-6589.00"]

    assert at(server, "2026-05-01T00:00:00+03:00")["invoices"] == ["R-2026-000001"]
    invoice = server.call("GET", "invoices/R-2026-000001")[1]
    assert (invoice["total"], invoice["due_date"]) == (rub("6589.00"), "2026-05-15")
    assert invoice["lines"][0]["explanation"] == "11 × 599.00 = 6 589.00"
    assert server.call("GET", f"accounts/{account}")[1]["balance"] == rub("-13178.00")
    status, headers, pdf = server.raw("GET", "/api/v1/invoices/R-2026-000001/pdf")
    assert (status, headers["content-type"], pdf[:5]) == (200, "application/pdf", b"%PDF-")
    assert "R-2026-000001" in PdfReader(BytesIO(pdf)).pages[0].extract_text()
    assert server.raw("GET", "/api/v1/invoices/R-2026-000001/pdf")[2] == pdf

    at(server, "2026-05-15T23:59:59+03:00")
    assert own.call("GET", f"instances/{instance}")[1]["access"] == "full"
    at(server, "2026-05-16T00:00:00+03:00")
    assert own.call("GET", f"instances/{instance}")[1]["access"] == "read_only"
    paid = create(
        server, f"accounts/{account}/payments", {"amount": rub("6589.00"), "method": "bank", "reference": "п/п 5"}
    )
    assert paid["allocations"] == [{"invoice": "R-2026-000001", "amount": rub("6589.00")}]
    assert own.call("GET", f"instances/{instance}")[1]["access"] == "full"
    assert own.call("GET", "invoices")[0] == 404
    assert server.call("GET", f"subscriptions/{subscription}")[1]["status"] == "active"


def walk_blue_from_trial_to_renewal(server: Installation) -> None:
    at(server, "2026-06-03T12:00:00+03:00")
    customer = create(server, "customers", {**ROMASHKA, "currency": "USD", "locale": "en"})
    account = customer["accounts"][0]["number"]
    new = {"customer_id": customer["id"], "product": "blue", "domain": "blue.example", "representative": ANNA}
    instance = create(server, "instances", new)["id"]
    subscription_answer = create(server, f"instances/{instance}/subscriptions", {"tariff_id": "blue-monthly"})
    assert (subscription_answer["status"], subscription_answer["trial_ends_on"]) == ("trialing", "2026-06-10")
    secret = server.manage("create_api_token", "--scope", "instance", "--instance", instance)
    own, path = Installation(server.env, server.port, secret), f"subscriptions/{subscription_answer['id']}"

    def joins(who: str, role: str) -> None:
        body = {"email": f"{who}@blue.example", "role": role, "status": "active"}
        assert own.call("PUT", f"instances/{instance}/members/{who}", body)[0] == 200

    joins("boris", "team_member")
    joins("client", "client")
    assert own.call("POST", f"{path}/choose", {"tariff_id": "blue-monthly"})[0] == 404
    assert server.call("POST", f"{path}/choose", {"tariff_id": "blue-monthly"})[0] == 200
    assert at(server, "2026-06-11T00:00:00+03:00")["invoices"] == ["U-2026-000001"]
    [first] = server.call("GET", f"invoices?account={account}")[1]["items"]
    assert (first["number"], first["total"]) == ("U-2026-000001", usd("9.33"))
    assert first["lines"][0]["explanation"] == "2 × 7.00 × 20/30 = 9.33 (20 of 30 days)"
    create(server, f"accounts/{account}/payments", {"amount": usd("9.33"), "method": "card"})
    at(server, "2026-06-20T12:00:00+03:00")
    joins("olga", "custom")
    assert server.call("GET", f"accounts/{account}")[1]["balance"] == usd("-2.33")
    at(server, "2026-07-01T00:00:00+03:00")
    renewal = server.call("GET", f"invoices?account={account}")[1]["items"][0]
    assert (renewal["kind"], renewal["total"], renewal["period"]["end"]) == ("renewal", usd("23.33"), "2026-08-01")
    subscription_answer = server.call("GET", path)[1]
    assert (subscription_answer["status"], subscription_answer["renews_on"]) == ("active", "2026-08-01")
    at(server, "2026-07-16T00:00:00+03:00")
    assert own.call("GET", f"instances/{instance}")[1]["access"] == "read_only"
    create(server, f"accounts/{account}/payments", {"amount": usd("23.33"), "method": "card"})
    assert own.call("GET", f"instances/{instance}")[1]["access"] == "full"
    types = [row["type"] for row in own.call("GET", "events")[1]["items"]]
    assert [name for name in types if name.startswith("subscription")] == [
        "subscription.created",
        "subscription.terms_changed",
        "subscription.renewed",
    ]


def expect_parallel_requests_with_one_key_to_act_once(server: Installation) -> None:
    def create(number: int) -> tuple[int, Any]:
        return server.call("POST", "customers", {**ROMASHKA, "name": "Параллель"}, Idempotency_Key="parallel")

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(create, range(8)))
    assert {status for status, _answer in answers} == {201}
    assert len({answer["id"] for _status, answer in answers}) == 1


def expect_problems_over_the_wire(server: Installation) -> None:
    for path in ("/api/v1/nothing", "/api/v1/", "/api/v1/customers/%00", "/api/v1/%ff%fe"):
        status, headers, body = server.raw("GET", path)
        assert (status, headers["content-type"]) == (404, "application/problem+json"), path
        assert b"Traceback" not in body


def expect_documentation_and_health(server: Installation) -> None:
    assert server.raw("GET", "/api/v1/docs")[0] == 200
    assert server.raw("GET", "/static/ninja/swagger-ui-bundle.js")[0] == 200
    assert server.call("GET", "openapi.json")[1]["openapi"] == "3.1.0"
    status, _headers, body = server.raw("GET", "/healthz")
    assert (status, b'"cluster": "never"' in body) == (200, True)


def test_a_walk_over_http_on_a_real_server_leaves_right_books(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        walk_a_meteor_customers_spring(server)
        walk_blue_from_trial_to_renewal(server)
        expect_parallel_requests_with_one_key_to_act_once(server)
        expect_problems_over_the_wire(server)
        expect_documentation_and_health(server)
        assert server.manage("check_books") == "The books are right."
