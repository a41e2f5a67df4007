"""A query is taken as seriously as a body: what nobody knows, and what is said twice, is refused and named."""

import json
from typing import Any

import pytest
from django.test import Client

from tests.support.callers import Api, Tenant


def calls() -> list[tuple[str, str]]:
    """Every call of the document as (method, path)."""
    paths = json.loads(Client().get("/api/v1/openapi.json").content)["paths"]
    return [(method.upper(), path.removeprefix("/api/v1/")) for path, methods in paths.items() for method in methods]


def body_of(method: str, path: str) -> Any:
    """A body that reads well, so that the query alone is wrong."""
    operation = json.loads(Client().get("/api/v1/openapi.json").content)["paths"][f"/api/v1/{path}"][method.lower()]
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("examples", {})
    return next((example["value"] for example in content.values()), None)


def test_unknown_parameter_is_refused_by_every_call(tenant: Tenant) -> None:
    for method, path in calls():
        asked = path.replace("{instance_id}", tenant.instance).replace("{subscription_id}", tenant.subscription)
        asked = asked.replace("{customer_id}", tenant.customer).replace("{external_id}", "anna")
        asked = asked.replace("{number}", tenant.account)
        needed = "&period=2026-04" if path.endswith("/usage") else ""
        status, problem = tenant.api.call(method, f"{asked}?surprise=1{needed}", body_of(method, path))
        assert (status, problem["code"]) == (422, "invalid"), (method, path, problem)
        assert [error["field"] for error in problem["errors"]] == ["surprise"], (method, path)
    assert tenant.api.get(f"subscriptions/{tenant.subscription}")[1]["status"] == "active"
    assert tenant.api.get(f"instances/{tenant.instance}")[1]["seats"]["active"] == 1


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("invoices?limit=1&limit=2", ["limit"]),
        ("invoices?status=open&status=paid", ["status"]),
        ("invoices?Limit=1", ["Limit"]),
        ("tariffs?limit=1&offset=5&page=2", ["offset", "page"]),
        ("events?after=&after=", ["after"]),
        ("invoices?limit[]=1", ["limit[]"]),
        ("invoices?%D1%8B=1", ["ы"]),
    ],
)
def test_what_is_wrong_in_a_query_is_named(operator: Api, query: str, named: list[str]) -> None:
    status, problem = operator.get(query)
    assert (status, problem["code"]) == (422, "invalid")
    assert [error["field"] for error in problem["errors"]] == named


def test_nothing_of_a_long_name_comes_back_but_its_beginning(operator: Api) -> None:
    assert operator.get("invoices?" + "x" * 5000 + "=1")[0] == 422
    assert len(operator.last.content) < 1000


def test_a_query_that_is_known_is_answered(tenant: Tenant) -> None:
    for query in (
        "invoices?limit=1&account=100001&status=open&cursor=&after=",
        "tariffs?product=meteor&limit=2",
        "events?limit=1",
    ):
        assert tenant.api.get(query)[0] == 200
    assert tenant.api.get(f"accounts/{tenant.account}/statement?from=2026-04-01&to=2026-04-02")[0] == 200
    assert tenant.api.delete(f"{tenant.people}/nobody?occurred_at=2026-04-01T09:00:00%2B03:00")[0] == 204
