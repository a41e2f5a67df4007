"""Completes django-ninja's OpenAPI document: what holds for all calls, and the facts that each view declares."""

from typing import Any

from django.utils.translation import override

from billing import rulebook
from billing.api.v1.document import codes, examples, webhooks, words
from billing.api.v1.document.facts import FACTS, Facts
from billing.api.v1.problems import CONTENT_TYPE, TITLES

Json = dict[str, Any]

WRITES = ("post", "put", "delete")
PROBLEM: Json = {
    "type": "object",
    "title": "Problem",
    "required": ["type", "title", "status", "detail", "code", "errors"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "A sentence that says what to do."},
        "code": {"type": "string", "description": "Stable, for programs."},
        "rule": {"type": "string", "description": "The billing rule that refused."},
        "rule_url": {"type": "string", "format": "uri", "description": "Where that rule stands, with its example."},
        "preview": {
            "$ref": "#/components/schemas/PreviewAnswer",
            "description": "Of quote_expired: the fresh figures.",
        },
        "owed": {"$ref": "#/components/schemas/Money", "description": "Of debt_outstanding: what is to be paid first."},
        "most": {"type": "integer", "description": "Of trial_seat_limit: how many people the trial takes."},
        "trial_ends_on": {"type": "string", "format": "date", "description": "Of trial_moved: the last day as it is."},
        "instance_id": {"type": "string", "description": "Of domain_taken: who has it."},
        "subscription_id": {
            "type": "string",
            "description": "Of subscription_exists and resume_instead: the one there is.",
        },
        "customer_id": {"type": "string", "description": "Of external_id_taken: the customer with this id."},
        "payment_id": {"type": "string", "description": "Of external_id_taken: the payment with this id."},
        "adjustment_id": {"type": "string", "description": "Of external_id_taken: the adjustment with this id."},
        "credit_note": {"type": "string", "description": "Of external_id_taken: the number of the note with this id."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}
# Ids of ours; anything else in their place is answered like an id that does not exist.
PATTERNS = {
    "customer_id": "^cus_[0-9a-z]{18}$",
    "instance_id": "^ins_[0-9a-z]{18}$",
    "subscription_id": "^sub_[0-9a-z]{18}$",
}
NUMBERS = {"/accounts/": "^[0-9]{6,12}$", "/invoices/": "^[A-Z]{1,4}-[0-9]{4}-[0-9]{6}$"}


# --- Problems --------------------------------------------------------------------------------------------------------


def _problem_example(code: str) -> Json:
    problem = codes.PROBLEMS[code]
    with override("en"):
        detail = str(problem.detail)
    body = {
        "type": f"urn:saldo:problem:{code}",
        "title": TITLES[problem.status],
        "status": problem.status,
        "detail": detail,
        "code": code,
        "errors": [{"field": problem.field, "message": detail}] if problem.field else [],
        **examples.EXTRAS.get(code, {}),
    }
    if problem.rule:
        body["rule"] = problem.rule
        body["rule_url"] = rulebook.url_of(problem.rule)
    return {"summary": code, "value": body}


def _problem_response(status: int, code_names: list[str]) -> Json:
    """Documents the codes that a call answers with ``status``; the schema admits no other."""
    own_schema: Json = {"type": "object", "properties": {"code": {"enum": code_names}, "status": {"const": status}}}
    schema = {"allOf": [{"$ref": "#/components/schemas/Problem"}, own_schema]}
    examples_by_code = {code: {"$ref": f"#/components/examples/{code}"} for code in code_names}
    return {
        "description": f"{TITLES[status]}: " + ", ".join(f"`{code}`" for code in code_names),
        "content": {CONTENT_TYPE: {"schema": schema, "examples": examples_by_code}},
        "headers": _headers_of(status),
    }


def _headers_of(status: int) -> Json:
    headers = {"X-Request-Id": {"$ref": "#/components/headers/RequestId"}}
    if status in (429, 503):
        headers["Retry-After"] = {"$ref": "#/components/headers/RetryAfter"}
    if status == 401:
        headers["WWW-Authenticate"] = {"$ref": "#/components/headers/Challenge"}
    return headers


# --- One call --------------------------------------------------------------------------------------------------------


def _number_of(path: str, table: dict[str, str]) -> str:
    return next(value for part, value in table.items() if part in path)


def _complete_parameter(parameter: Json, path: str) -> None:
    name, schema = parameter["name"], parameter["schema"]
    if parameter["in"] == "query" and "anyOf" in schema:  # a query has no null: what is optional is left out
        [schema] = [option for option in schema["anyOf"] if option.get("type") != "null"]
        parameter["schema"] = schema
    if name in words.PARAMETERS:
        parameter["description"] = words.PARAMETERS[name]
    if parameter["in"] == "path" and name == "number":
        parameter["schema"] = {**schema, "pattern": _number_of(path, NUMBERS)}
        parameter["example"] = _number_of(path, examples.NUMBERS)
    elif name in PATTERNS:
        parameter["schema"] = {**schema, "pattern": PATTERNS[name]}
    if name in examples.PARAMETERS:
        parameter["example"] = examples.PARAMETERS[name]
    parameter.pop("examples", None)


def _complete_answer(operation: Json, facts: Facts, *, has_key: bool) -> None:
    """Documents the answer of a call that succeeds: its example, its headers, its links."""
    name = operation["operationId"]
    for status, response in operation["responses"].items():
        response.setdefault("headers", {}).update(_headers_of(int(status)))
        if has_key and int(status) < 300:
            response["headers"]["Idempotent-Replayed"] = {"$ref": "#/components/headers/Replayed"}
        if "application/json" in response.get("content", {}):
            response["content"]["application/json"]["examples"] = {name: {"value": facts.answer}}
        if int(status) in (200, 201):
            response["description"] = operation["summary"]
            if facts.links:
                response["links"] = facts.links
        elif int(status) == 204:
            response["description"] = "Done, or already so."


def _complete_operation(method: str, path: str, operation: Json) -> None:
    facts: Facts = operation.pop(FACTS)
    is_write, has_body = method in WRITES, "requestBody" in operation
    has_key = is_write and facts.takes_key
    operation["parameters"] += [words.ASKED_REQUEST_ID, *([words.KEY] if has_key else [])]
    operation["parameters"] = [dict(parameter) for parameter in operation["parameters"]]
    for parameter in operation["parameters"]:
        _complete_parameter(parameter, path)
    if has_body:
        content = operation["requestBody"]["content"]["application/json"]
        content["examples"] = {operation["operationId"]: {"value": facts.body}}
    _complete_answer(operation, facts, has_key=has_key)
    by_status = codes.codes_by_status(facts.refusals, is_write=is_write, has_body=has_body, has_key=has_key)
    for status in sorted(by_status):
        operation["responses"][status] = _problem_response(status, by_status[status])


# --- The whole -------------------------------------------------------------------------------------------------------


def _components() -> Json:
    return {
        "examples": {code: _problem_example(code) for code in codes.PROBLEMS},
        "headers": {
            "RequestId": words.REQUEST_ID,
            "RetryAfter": words.RETRY_AFTER,
            "Challenge": words.CHALLENGE,
            "Replayed": words.REPLAYED,
        },
        "securitySchemes": {
            "OperatorToken": {"type": "http", "scheme": "bearer", "description": "An operator's token: every call."},
            "InstanceToken": {
                "type": "http",
                "scheme": "bearer",
                "description": "An instance's token: the calls marked ●, its own instance alone.",
            },
        },
    }


def _security(operation: Json) -> None:
    """Documents the tokens that a call accepts: either where it is marked ●, else the operator's alone."""
    is_open = operation["summary"].startswith("●")
    operation["security"] = [{"OperatorToken": []}, *([{"InstanceToken": []}] if is_open else [])]


def complete(schema: Any) -> Any:
    """Adds to every operation what holds for all of them, and the facts that its view declares (`facts.describe`)."""
    components = schema["components"]
    components.update(_components())
    row_codes: Json = {"type": "object", "properties": {"code": {"enum": list(codes.OF_A_ROW)}}}
    row_problem: Json = {"title": "RowProblem", "allOf": [{"$ref": "#/components/schemas/Problem"}, row_codes]}
    own_schemas = {"Problem": PROBLEM, "RowProblem": row_problem, "WebhookBody": webhooks.BODY}
    components["schemas"].update(own_schemas)
    row = components["schemas"]["RowAnswer"]["properties"]
    row["error"] = {"anyOf": [{"$ref": "#/components/schemas/RowProblem"}, {"type": "null"}]}
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            _complete_operation(method, path, operation)
            _security(operation)
    used_tags = {
        tag for methods in schema["paths"].values() for operation in methods.values() for tag in operation["tags"]
    }
    schema["tags"] = [{"name": name, "description": text} for name, text in words.TAGS.items() if name in used_tags]
    schema["webhooks"] = webhooks.webhooks()
    schema["info"]["description"] = words.ABOUT
    schema["servers"] = [{"url": "/", "description": "This installation"}]
    return schema
