"""The fuzzer on the document: all checks, both scopes, examples, coverage, fuzzing and calls in a row; nothing is found.

Split so that two workers share it; three minutes on two cores.
"""

from typing import Any

import pytest

from tests.support.callers import Api, calls, set_clock
from tests.support.fuzzing import Found, Town, build, run

PEOPLE = ("customers", "instances", "members", "tariffs", "events", "sandbox")
MONEY = ("subscriptions", "accounts", "invoices")
UNIT = ("examples", "coverage", "fuzzing")

# Fewer cases than these, and the fuzzer has lost sight of something.
AT_LEAST = {"people": 900, "money": 1300, "in a row": 450, "instance": 1800, "instance in a row": 60}


@pytest.fixture
def town(transactional_db: None, settings: Any, operator: Api, caplog: pytest.LogCaptureFixture) -> Town:
    """A town on a database that other threads see: the fuzzer has its own. A limit would answer most calls alike."""
    settings.API_RATE_LIMIT_INSTANCE = 0
    caplog.set_level("CRITICAL")
    return build(operator)


def expect(findings: Found, name: str) -> None:
    assert findings.wrong == [], "\n\n".join(findings.wrong[:10])
    assert max(findings.statuses) < 500
    assert findings.cases >= AT_LEAST[name], (name, findings.cases)


def test_at_least_three_thousand_cases_are_played() -> None:
    assert sum(AT_LEAST.values()) >= 3000


def test_operator_calls_about_people(town: Town) -> None:
    findings = run(town, town.operator, UNIT, tags=PEOPLE, examples=10)
    expect(findings, "people")
    assert {"create_customer", "register_instance", "put_member", "put_members", "get_instance", "list_events"} <= set(
        findings.done
    )


def test_operator_calls_about_money(town: Town) -> None:
    findings = run(town, town.operator, UNIT, tags=MONEY, examples=10)
    expect(findings, "money")
    assert {"record_payment", "adjust", "get_invoice", "get_pdf", "get_statement"} <= set(findings.done)


def test_instance_calls(town: Town) -> None:
    town.values["instance_id"] = town.values["instance_id"][:2]  # its own, and somebody else's
    findings = run(town, town.own, UNIT, examples=8)
    expect(findings, "instance")
    own = {"get_instance", "get_usage", "put_member", "put_members", "remove_member", "list_members", "list_events"}
    assert own - {"remove_member"} <= set(findings.done) <= own, "and nothing else is there for an instance"


def test_instance_calls_in_a_row(town: Town) -> None:
    town.values["instance_id"] = town.values["instance_id"][:2]
    expect(run(town, town.own, ("stateful",), examples=30), "instance in a row")


@pytest.mark.pg
def test_operator_calls_on_postgresql(town: Town) -> None:
    findings = run(town, town.operator, ("fuzzing",), examples=10)
    assert findings.wrong == [], "\n\n".join(findings.wrong[:10])
    assert max(findings.statuses) < 500
    assert sum(findings.done.values()) > 80


# --- The clock, which is not left to chance ----------------------------------------------------------------------------

NOON = "2026-04-01T12:00:00+03:00"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"now": NOON}, 200, None),
        ({"now": "2026-04-01T12:00:01+03:00"}, 200, None),
        ({"now": "2026-04-01T09:00:00Z"}, 200, None),
        ({"now": "2026-04-01T11:59:59+03:00"}, 409, "clock_moves_forward"),
        ({"now": "2000-01-01T00:00:00Z"}, 409, "clock_moves_forward"),
        ({"now": "1999-12-31T23:59:59Z"}, 422, "invalid"),
        ({"now": "2200-01-01T00:00:00Z"}, 422, "invalid"),
        ({"now": "2026-04-01T12:00:00"}, 422, "invalid"),
        ({"now": 1_775_000_000}, 422, "invalid"),
        ({"now": NOON, "then": NOON}, 422, "invalid"),
        ({}, 422, "invalid"),
        ([], 422, "invalid"),
    ],
)
def test_clock_answers_what_the_document_says(operator: Api, body: Any, status: int, code: str | None) -> None:
    set_clock(NOON)
    answered, answer = operator.post("sandbox/clock", body)
    assert (answered, answer.get("code")) == (status, code)


def test_every_call_has_its_codes() -> None:
    assert len(calls()) == 33
