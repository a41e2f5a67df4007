"""The document tells the whole contract: prose, examples that hold, the codes of every call, webhooks, headers, links."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from django.utils.translation import override

from billing.api.v1.api import api
from billing.api.v1.document import codes
from billing.errors import BillingError
from billing.operations.events.event_types import TYPES
from tests.support.callers import Api, body_of, calls, document, documented_codes

ROOT = Path(__file__).resolve().parents[2]


def operations() -> list[tuple[str, str, Any]]:
    return [
        (method, path, operation)
        for path, methods in document()["paths"].items()
        for method, operation in methods.items()
    ]


def resolve(part: Any) -> Any:
    """What a reference within the document stands for."""
    while "$ref" in part:
        place: Any = document()
        for name in part["$ref"].removeprefix("#/").split("/"):
            place = place[name]
        part = place
    return part


def findings(schema: Any, value: Any) -> list[str]:
    """What ``schema``, with the document's own components, does not like in ``value``."""
    whole = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "components": document()["components"],
    }
    validator = jsonschema_rs.validator_for(whole, validate_formats=True)
    return [f"{error.instance_path}: {error.message}" for error in validator.iter_errors(value)]


def list_examples() -> list[tuple[str, Any, Any]]:
    """Every example of the document as (where, schema, value)."""
    examples = []
    for method, path, operation in operations():
        contents = [("body", operation.get("requestBody", {}))]
        contents += list(operation["responses"].items())
        for where, part in contents:
            for kind, content in part.get("content", {}).items():
                for name, example in content.get("examples", {}).items():
                    examples.append(
                        (f"{method} {path} {where} {kind} {name}", content["schema"], resolve(example)["value"])
                    )
        for parameter in operation["parameters"]:
            where, schema = f"{method} {path} {parameter['name']}", parameter["schema"]
            examples += [(where, schema, parameter["example"])] if "example" in parameter else []
    for name, methods in document()["webhooks"].items():
        content = methods["post"]["requestBody"]["content"]["application/json"]
        examples.append((f"webhook {name}", content["schema"], content["examples"][name]["value"]))
    return examples


def test_every_example_is_what_its_schema_says() -> None:
    wrong = {where: faults for where, schema, value in list_examples() if (faults := findings(schema, value))}
    assert wrong == {}
    assert len(list_examples()) > 400


def test_an_example_that_is_wrong_would_be_found() -> None:
    body = {"$ref": "#/components/schemas/NewPayment"}
    assert findings(body, {"amount": "1,00", "method": "cheque", "surprise": 1}) != []
    assert findings(body, {"amount": "1.00", "method": "bank"}) == []


def test_every_call_has_its_prose_its_examples_and_one_known_tag() -> None:
    tags = {tag["name"]: tag["description"] for tag in document()["tags"]}
    for method, path, operation in operations():
        [tag] = operation["tags"]
        assert tags[tag], path
        assert operation["summary"] != operation["operationId"].replace("_", " ").title()
        assert len(operation["description"]) > 20, path
        if "requestBody" in operation:
            assert operation["requestBody"]["content"]["application/json"]["examples"], path
        done = next(status for status in operation["responses"] if status < "300")
        content = operation["responses"][done].get("content", {})
        assert done == "204" or "application/pdf" in content or content["application/json"]["examples"], (method, path)


def test_every_problem_of_every_call_has_its_codes_and_an_example_of_each() -> None:
    for method, path, operation in operations():
        for status, response in operation["responses"].items():
            if status >= "400":
                content = response["content"]["application/problem+json"]
                named = content["schema"]["allOf"][1]["properties"]["code"]["enum"]
                assert list(content["examples"]) == named, (method, path, status)
                for code in named:
                    body = resolve(content["examples"][code])["value"]
                    assert (str(body["status"]), body["code"]) == (status, code)
                    assert f"`{code}`" in response["description"]


def test_every_known_problem_is_one_of_some_call() -> None:
    assert len(calls()) == 33
    assert {code for call in calls().values() for code in documented_codes(call)} == set(codes.PROBLEMS)


def test_what_views_tell_stands_in_the_document_under_the_names_of_openapi_alone() -> None:
    assert "x-facts" not in json.dumps(document())


def test_no_private_method_of_the_library_is_overridden() -> None:
    ours = [type(api), type(api.parser), type(api.docs)]
    methods = [name for kind in ours for name, value in vars(kind).items() if callable(value)]
    private = [name for name in methods if name.startswith("_") and not name.startswith("__")]
    assert private == []


# --- Codes -----------------------------------------------------------------------------------------------------------

# What these modules refuse reaches a caller of the API; some of their refusals belong to the portal and the admin alone.
BEHIND_THE_API = [
    *(ROOT / "billing/api").rglob("*.py"),
    *(
        ROOT / f"billing/operations/{name}.py"
        for name in (
            "customers/customers",
            "customers/instances",
            "subscriptions/metering",
            "subscriptions/trials",
            "subscriptions/plan_changes",
            "subscriptions/quotes",
            "subscriptions/change_undo",
            "subscriptions/lifecycle",
            "ledger/accounts",
            "ledger/external_ids",
            "settlement/adjustments",
            "settlement/credit_notes",
            "cycle/offered_tariffs",
        )
    ),
    ROOT / "billing/operations/rehearsal.py",
    ROOT / "billing/sandbox/sandbox_clock.py",
    ROOT / "accounts/members.py",
]
# A sandbox's clock is 404 outside the sandbox before it could refuse; a reversal is the admin's, an effect seen beforehand the portal's.
ELSEWHERE = {"not_a_sandbox", "already_reversed", "price_changed", "internal_error", "method_not_allowed"}


def find_raised_codes() -> dict[str, set[str]]:
    """The codes that stand in the source of what the API calls, with the rules that stand beside them."""
    rules: dict[str, set[str]] = {}
    for path in BEHIND_THE_API:
        if "document" in path.parts:
            continue
        text = path.read_text()
        for match in re.finditer(r'code="([a-z_]+)"(?:,\s*rule="([A-Z]\d+)")?', text):
            rules.setdefault(match[1], set()).add(match[2] or "")
        for match in re.finditer(r'problem\(\s*\d{3},\s*"([a-z_]+)"', text):
            rules.setdefault(match[1], set())
    return rules


def test_every_code_in_the_source_is_told_and_every_told_code_is_in_the_source() -> None:
    documented = set(codes.PROBLEMS)
    source = set(find_raised_codes()) | {"invalid", "invalid_amount", "unknown_invoice"}
    assert source - documented - ELSEWHERE == set()
    assert documented - source == set()


def test_rules_of_the_document_are_those_of_the_source() -> None:
    documented = {code: problem.rule for code, problem in codes.PROBLEMS.items() if problem.rule}
    wrong = {
        code: (rule, find_raised_codes()[code])
        for code, rule in documented.items()
        if any(find_raised_codes()[code]) and rule not in find_raised_codes()[code]
    }
    assert wrong == {}


def test_an_answer_with_a_code_that_nobody_told_fails_the_test_that_gets_it(operator: Api, monkeypatch: Any) -> None:
    """`Api.call` looks every problem up: this test shows that it does."""

    def refuse(**details: Any) -> None:
        raise BillingError("refused", code="nobody_told")

    monkeypatch.setattr("billing.operations.customers.customers.create_customer_once", refuse)
    with pytest.raises(AssertionError, match="nobody_told"):
        operator.post("customers", body_of("create_customer"))
    assert operator.last.status_code == 409


# --- The rest --------------------------------------------------------------------------------------------------------


def test_webhooks_tell_every_type_of_event_with_its_sample() -> None:
    webhooks = document()["webhooks"]
    assert set(webhooks) == set(TYPES)
    for name, event_type in TYPES.items():
        operation = webhooks[name]["post"]
        with override("en"):
            assert operation["description"] == str(event_type.meaning)
        body = operation["requestBody"]["content"]["application/json"]["examples"][name]["value"]
        assert (body["type"], body["data"]) == (name, event_type.sample)
        headers = {parameter["name"] for parameter in operation["parameters"]}
        assert headers == {"webhook-id", "webhook-timestamp", "webhook-signature"}
        assert "410" in operation["responses"]


def test_headers_are_told() -> None:
    for _method, path, operation in operations():
        asked = {parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "header"}
        assert "X-Request-Id" in asked
        for status, response in operation["responses"].items():
            assert "X-Request-Id" in response["headers"], (path, status)
            assert ("Retry-After" in response["headers"]) == (status in ("429", "503"))
            assert ("WWW-Authenticate" in response["headers"]) == (status == "401")
            replayed = "Idempotency-Key" in asked and status < "300"
            assert ("Idempotent-Replayed" in response["headers"]) == replayed
    access = document()["paths"]["/api/v1/instances/{instance_id}"]["get"]
    assert "ETag" in access["responses"]["200"]["headers"]
    assert "304" in access["responses"]


def test_tokens_and_server_are_told() -> None:
    assert set(document()["components"]["securitySchemes"]) == {"OperatorToken", "InstanceToken"}
    assert document()["servers"][0]["url"] == "/"
    marked = {
        operation["operationId"]
        for _method, _path, operation in operations()
        if {"InstanceToken": []} in operation["security"]
    }
    assert marked == {
        "get_instance",
        "get_usage",
        "put_member",
        "put_members",
        "remove_member",
        "list_members",
        "list_events",
    }


def test_links_lead_to_calls_that_are_there_and_take_what_is_given() -> None:
    by_id = {operation["operationId"]: operation for _method, _path, operation in operations()}
    count = 0
    for _method, path, operation in operations():
        for response in operation["responses"].values():
            for link in response.get("links", {}).values():
                target = by_id[link["operationId"]]
                assert set(link.get("parameters", {})) <= {parameter["name"] for parameter in target["parameters"]}, (
                    path
                )
                count += 1
    assert count > 80


def test_every_reference_leads_somewhere() -> None:
    for name in set(re.findall(r'"\$ref": "(#/[^"]+)"', json.dumps(document()))):
        assert resolve({"$ref": name}), name
