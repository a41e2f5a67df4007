"""The fuzzer: every call of the document with what it allows and what it does not, on a small town of sample customers.

It runs in this process, through the whole WSGI application, and reads the document that the application itself serves.
"""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, connection, connections, transaction
from hypothesis import strategies as st
from schemathesis.engine import events, from_schema
from schemathesis.openapi import format as register_format
from schemathesis.specs.openapi.schemas import OpenApiSchema
from schemathesis.transport.wsgi import WSGITransport

from accounts.models import Instance, Role
from billing.models import Tariff
from billing.operations import api_tokens
from tests.support.callers import ANNA, REAL, Api, create_buyer

# --- What the document calls valid and a plain generator would hardly ever hit ----------------------------------------

INSTANTS = st.datetimes(datetime(1970, 1, 2), datetime(2199, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001
LABELS = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True)
# Years that every calendar can reckon with (`fields.FIRST_YEAR`): JSON Schema has no word for that.
register_format("date-time", INSTANTS.map(lambda instant: instant.isoformat()))
register_format("date", INSTANTS.map(lambda instant: instant.date().isoformat()))
# A domain has a dot in it and ends in letters, which the format leaves open.
register_format("idn-hostname", st.builds("{}.{}.example".format, LABELS, LABELS))

# 422 that no schema can foretell: the value is well-formed and there is no such thing, or not at this moment.
MEANING = {
    "unknown_currency",
    "unknown_customer",
    "unknown_product",
    "unknown_tariff",
    "unknown_role",
    "unknown_invoice",
    "invalid_requisites",
    "in_the_future",
    "currency_mismatch",
    "invalid_amount",
    "invalid_cursor",
    "idempotency_key_reused",
    "trial_is_no_choice",
    "nothing_changes",
    "only_at_period_end",
    "invalid_quantity",
}
# Plain `invalid` where two values that are right alone do not fit together: quantity or trial and the tariff's kind, from and to.
TOGETHER = {
    "create_subscription": {"quantity", "trial", "tariff_id"},
    "choose_tariff": {"quantity", "tariff_id"},
    "preview_change": {"quantity", "tariff_id", "when"},
    "change_terms": {"quantity", "tariff_id", "when"},
    "get_statement": {"from"},
}


def meant(operation: str, problem: dict[str, Any]) -> bool:
    """Whether a well-formed request was refused for what it means."""
    if problem["code"] in MEANING:
        return True
    fields = {error["field"] for error in problem["errors"]}
    return bool(fields) and fields <= TOGETHER.get(operation, set())


@schemathesis.check
def well_formed_is_understood(ctx: Any, response: Any, case: Any) -> None:
    """The part of `positive_data_acceptance` that its list of statuses cannot say: 422 only for a meaning, never for a form."""
    is_positive = case.meta is not None and case.meta.generation.mode.is_positive
    if is_positive and response.status_code == 422:
        problem = response.json()
        assert meant(case.operation.definition.raw["operationId"], problem), f"well-formed and refused: {problem}"


# --- A town ----------------------------------------------------------------------------------------------------------


@dataclass
class Town:
    """Customers of every kind, and the tokens of the operator and of one instance."""

    operator: Api
    own: Api
    values: dict[str, list[Any]]


def build(operator: Api) -> Town:
    """Five customers on five kinds of tariff; one has paid an invoice, one is in its trial."""
    buyers = [
        create_buyer(operator, "meteor", "meteor-cloud", domain="a.romashka.example"),
        create_buyer(operator, "blue", "blue-monthly", domain="b.romashka.example"),
        create_buyer(operator, "blue", "blue-monthly", domain="c.romashka.example", trial=False),
        create_buyer(operator, "evotor-app", "light", domain="d.romashka.example"),
        create_buyer(operator, "cyberos", "build", domain="e.romashka.example"),
        create_buyer(operator, "evotor-driver", "driver", domain="f.romashka.example", quantity=3),
    ]
    buyers[3].pays("90.00")
    invoices = [row["number"] for row in operator.get("invoices")[1]["items"]]
    bare = {
        "customer_id": buyers[0].customer,
        "product": "meteor",
        "domain": "g.romashka.example",
        "representative": ANNA,
    }
    instances = [*(buyer.instance for buyer in buyers), operator.create("instances", bare)["id"]]
    tariffs = list(Tariff.objects.published().values_list("tariff_id", flat=True).order_by("pk"))
    own = api_tokens.create_token(
        scope="instance", instance=Instance.objects.get(public_id=instances[0]), at=REAL, actor="test"
    )[1]
    return Town(
        operator,
        Api(own),
        {
            "customer_id": [buyer.customer for buyer in buyers],
            "instance_id": instances,
            "subscription_id": [buyer.subscription for buyer in buyers],
            "account": [buyer.account for buyer in buyers],
            "invoice": invoices,
            "tariff_id": [*tariffs, "nothing"],
            "product": ["meteor", "blue", "evotor-app", "cyberos", "nothing"],
            "role": [*sorted(set(Role.objects.values_list("code", flat=True))), "captain"],
        },
    )


def _narrowed(schema: dict[str, Any], values: list[Any]) -> dict[str, Any]:
    """The schema with the values of the town: what is made up at random is answered 404 and leads nowhere."""
    if "anyOf" in schema:
        return {
            **schema,
            "anyOf": [
                variant if variant.get("type") == "null" else {"type": "string", "enum": values}
                for variant in schema["anyOf"]
            ],
        }
    return {"type": "string", "enum": values}


def inhabited(document: dict[str, Any], town: Town) -> dict[str, Any]:
    """The document with the ids of the town in it, so that most calls reach something."""
    document = json.loads(json.dumps(document))
    for path, methods in document["paths"].items():
        named = {"number": town.values["invoice" if "/invoices/" in path else "account"], **town.values}
        for operation in methods.values():
            for parameter in operation["parameters"]:
                if parameter["name"] in named and parameter["in"] == "path":
                    parameter["schema"] = _narrowed(parameter["schema"], named[parameter["name"]])
                    parameter["example"] = named[parameter["name"]][0]
    for model in document["components"]["schemas"].values():
        if model.get("additionalProperties") is False:
            for name, schema in model["properties"].items():
                if name in town.values:
                    model["properties"][name] = _narrowed(schema, town.values[name])
    return document


# --- A run -----------------------------------------------------------------------------------------------------------


@dataclass
class Found:
    """What a run did and what it found wrong."""

    cases: int = 0
    done: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def take(self, event: Any) -> None:
        if isinstance(event, events.NonFatalError):
            self.wrong.append(f"{event.label}: {event.value!r}")
        if not isinstance(event, events.ScenarioFinished):
            return
        recorder = event.recorder
        self.cases += len(recorder.interactions)
        for case_id, interaction in recorder.interactions.items():
            if interaction.response is not None:
                self.statuses[interaction.response.status_code] += 1
                if interaction.response.status_code < 300 and case_id in recorder.cases:
                    self.done[recorder.cases[case_id].value.operation.definition.raw["operationId"]] += 1
        for case_id, checks in recorder.checks.items():
            for check in checks:
                if check.failure_info is not None:
                    self.wrong.append(describe_failure(recorder, case_id, check))


def describe_failure(recorder: Any, case_id: str, check: Any) -> str:
    case, answer = recorder.cases[case_id].value, recorder.interactions[case_id].response
    sent = f"{case.method} {case.formatted_path} {dict(case.query or {})} {str(case.body)[:300]}"
    got = "" if answer is None else f"{answer.status_code} {answer.content[:400]!r}"
    return f"{check.name}: {sent}\n  {got}\n  {str(check.failure_info.failure)[:600]}"


def _configuration(api: Api, phases: tuple[str, ...], examples: int, seed: int) -> Any:
    """Every check is on. Three calls answer what the checks take for mistakes, by the contract:

    a deleted instance is still told, with access “deleted” (api.md), so there is use after DELETE instances and members.
    """
    checks = {"use_after_free": {"enabled": False}}
    every: dict[str, Any] = {
        name: {"enabled": name in phases} for name in ("examples", "coverage", "fuzzing", "stateful")
    }
    every["stateful"].update({"link-calibration": False, "inference": {"algorithms": []}})
    return schemathesis.Config.from_dict(
        {
            "seed": seed,
            "base-url": "http://testserver",
            "headers": {"Authorization": f"Bearer {api.secret}"},
            "continue-on-failure": True,
            "workers": 1,
            "generation": {"max-examples": examples, "deterministic": True, "no-shrink": True, "database": "none"},
            "checks": {
                # 422 is narrowed again by `well_formed_is_understood`.
                "positive_data_acceptance": {"expected-statuses": ["2xx", "304", "404", "409", "422", "503"]}
            },
            "phases": every,
            "operations": [{"include-operation-id": ["get_instance", "list_members", "get_usage"], "checks": checks}],
        }
    )


def _finishing(site: Any) -> Any:
    """The application with every answer closed, as a server does: only then is its request over, and its connection let go."""

    def application(environ: Any, start_response: Any) -> list[bytes]:
        answer = site(environ, start_response)
        try:
            return [b"".join(answer)]
        finally:
            answer.close()

    return application


@contextmanager
def _no_network() -> Iterator[None]:
    """When `ignored_auth` calls once more it hands settings of a socket to the transport that has none, which trips over them."""
    send = WSGITransport.send

    def sent(self: WSGITransport, case: Any, **options: Any) -> Any:
        for name in ("max_redirects", "verify", "cert", "proxies"):
            options.pop(name, None)
        return send(self, case, **options)

    with patch.object(WSGITransport, "send", sent):
        yield


@contextmanager
def _connections_kept() -> Iterator[None]:
    """A WSGI request closes the database's connection at its end, with the transaction of its scenario."""
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    try:
        yield
    finally:
        request_started.connect(close_old_connections)
        request_finished.connect(close_old_connections)


@contextmanager
def _scenarios_undone() -> Iterator[None]:
    """Each scenario of calls in a row ends in a rollback: Hypothesis plays one again, and must find the town as it was."""
    build = OpenApiSchema.build_state_machine

    def built(self: OpenApiSchema, **options: Any) -> Any:
        machine = build(self, **options)

        class Undone(machine):  # type: ignore[misc, valid-type]
            def __init__(self) -> None:
                self.before = transaction.atomic()
                self.before.__enter__()
                super().__init__()

            def teardown(self) -> None:
                super().teardown()
                transaction.set_rollback(True)
                self.before.__exit__(None, None, None)
                connection.close()  # this thread ends without a word

        return Undone

    with patch.object(OpenApiSchema, "build_state_machine", built):
        yield


def run(
    town: Town, api: Api, phases: tuple[str, ...], *, tags: tuple[str, ...] = (), examples: int = 20, seed: int = 1
) -> Found:
    """Calls everything with the token of ``api``, in ``phases``; only the operations of ``tags`` where some are named."""
    document = json.loads(Api("").client.get("/api/v1/openapi.json").content)
    config = _configuration(api, phases, examples, seed)
    schema = schemathesis.openapi.from_dict(inhabited(document, town), config=config)
    schema.app = _finishing(get_wsgi_application())
    # The clock would run years of billing between two calls; it has cases of its own in test_schemathesis.
    schema = schema.exclude(operation_id="move_clock")
    if tags:
        schema = schema.include(tag=list(tags))
    findings = Found()
    in_a_row = _connections_kept() if "stateful" in phases else nullcontext()
    # The fuzzer's threads end without a word: none of them keeps its connection for the next request.
    brief = patch.dict(connections.settings["default"], {"CONN_MAX_AGE": 0})
    with brief, _no_network(), _scenarios_undone(), in_a_row:
        for event in from_schema(schema).execute():
            findings.take(event)
    return findings
