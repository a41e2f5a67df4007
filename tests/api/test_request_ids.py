"""Every answer of the site names its request, the caller's own name where it is one; log and audit record have the same."""

import logging
import re
from typing import Any
from unittest.mock import patch

import pytest
from django.test import Client

from billing import request_ids
from billing.models import AuditRecord
from config.request_ids import RequestIdFilter
from tests.support.callers import Api, Tenant, set_clock

OURS = re.compile(r"req_[0-9a-z]{18}")


@pytest.mark.parametrize("request_id", ["a", "0f.A_b-9", "x" * 64, "7b0f5f4e-5b0c-4a57-8f2e-0d6f2f0c5a11"])
def test_the_callers_name_is_kept(operator: Api, request_id: str) -> None:
    assert operator.call("GET", "tariffs", None, X_Request_Id=request_id)[0] == 200
    assert operator.last["X-Request-Id"] == request_id


@pytest.mark.parametrize(
    "request_id", ["", " ", "x" * 65, "a b", "a/b", "a\tb", "имя".encode().decode("latin-1"), "a,b", '"a"']
)
def test_what_is_no_name_is_replaced_by_ours(operator: Api, request_id: str) -> None:
    assert operator.call("GET", "tariffs", None, X_Request_Id=request_id)[0] == 200
    assert OURS.fullmatch(operator.last["X-Request-Id"])


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/healthz",
        "/admin/",
        "/accounts/login/",
        "/nothing/here",
        "/api/v1/docs",
        "/api/v1/openapi.json",
        "/api/v1/x",
        "/static/portal/portal.css",
        "/api/v1/tariffs",
    ],
)
def test_every_answer_of_the_site_has_one(db: None, path: str) -> None:
    answers = [Client().get(path) for _ in range(2)]
    first, second = (answer.headers["X-Request-Id"] for answer in answers)
    for answer in answers:
        answer.close()
    assert OURS.fullmatch(first)
    assert first != second


def test_problem_has_it_in_the_header_alone(operator: Api) -> None:
    """A foreign object's answer must be the missing one's, to the byte."""
    bodies = set()
    for name in ("first", "second"):
        operator.call("GET", "customers/cus_000000000000000000", None, X_Request_Id=name)
        bodies.add(operator.last.content)
    assert len(bodies) == 1
    assert b"second" not in bodies.pop()


def test_broken_request_has_it_too(operator: Api) -> None:
    with patch("billing.operations.customers.instances.find_product", side_effect=RuntimeError("boom")):
        assert operator.call("GET", "tariffs?product=meteor", None, X_Request_Id="broken-1")[0] == 500
    assert operator.last["X-Request-Id"] == "broken-1"


def test_audit_record_names_the_request(tenant: Tenant) -> None:
    body = {"amount": "10.00", "reason_code": "goodwill", "comment": "An outage"}
    assert tenant.api.post(f"accounts/{tenant.account}/adjustments", body, X_Request_Id="desk-7")[0] == 201
    assert AuditRecord.objects.get(action="balance.adjusted").request_id == "desk-7"


def test_a_job_has_none(tenant: Tenant) -> None:
    set_clock("2026-04-02T12:00:00+03:00")
    assert request_ids.current_id() == ""
    with request_ids.bind("outer"), request_ids.bind("inner"):
        assert request_ids.current_id() == "inner"
    assert request_ids.current_id() == ""
    assert set(AuditRecord.objects.filter(action="token.created").values_list("request_id", flat=True)) == {""}


def test_lines_of_the_log_have_it(operator: Api, settings: Any) -> None:
    lines: list[str] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    handler = Kept()
    handler.addFilter(RequestIdFilter())
    handler.setFormatter(logging.Formatter(settings.LOGGING["formatters"]["line"]["format"], style="{"))
    logger = logging.getLogger("billing")
    logger.addHandler(handler)
    try:
        with patch("billing.operations.customers.instances.find_product", side_effect=RuntimeError("boom")):
            operator.call("GET", "tariffs?product=meteor", None, X_Request_Id="desk-8")
        logger.warning("between two requests")
    finally:
        logger.removeHandler(handler)
    assert " ERROR desk-8 billing: an unexpected error in the API" in lines[0]
    assert " WARNING - billing: between two requests" in lines[1]
    assert settings.LOGGING["handlers"]["console"]["filters"] == ["request"]
