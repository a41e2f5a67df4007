import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Instance
from billing import clock
from billing.errors import BadInput
from billing.models import ApiToken, AuditRecord, RateWindow
from billing.operations import api_tokens
from tests.support.callers import REAL, Api, Tenant, create_tenant, set_clock


def test_secret_is_shown_once_and_kept_as_a_hash(operator: Api) -> None:
    token = ApiToken.objects.get()
    prefix, public_id, secret = operator.secret.split("_", 2)
    assert (prefix, public_id, len(secret)) == ("bp", token.public_id, 43)
    assert len(token.secret_sha256) == 64
    assert secret not in str(vars(token))


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer bp_x_y",
        "Basic YTpi",
        "{secret}",
        "Bearer {secret}x",
        "Bearer x{secret}",
        "Bearer {swapped}",
        "Bearer ключ",
    ],
)
def test_without_a_valid_token_there_is_no_answer(operator: Api, header: str) -> None:
    swapped = operator.secret[:-1] + ("A" if operator.secret[-1] != "A" else "B")
    sent = header.format(secret=operator.secret, swapped=swapped).encode().decode("latin-1")
    api = Api("")
    status, problem = api.call("GET", "invoices", None, **({"Authorization": sent} if sent else {}))
    assert (status, problem["code"]) == (401, "unauthorized")
    assert api.last["WWW-Authenticate"] == "Bearer"
    assert api.last["Content-Type"] == "application/problem+json"


def test_scheme_is_read_in_either_case(operator: Api) -> None:
    assert Api("").call("GET", "tariffs", None, Authorization=f"bearer {operator.secret}")[0] == 200


def test_revoked_token_is_refused_at_once(operator: Api) -> None:
    token = ApiToken.objects.get()
    for _ in range(2):
        api_tokens.revoke_token(token=token, at=REAL, actor="support")
    assert operator.get("tariffs")[0] == 401
    assert AuditRecord.objects.filter(action="token.revoked").count() == 1


def test_use_is_noted_in_real_time_whatever_the_sandbox_says(operator: Api) -> None:
    set_clock("2024-01-01T00:00:00+03:00")
    assert operator.get("tariffs")[0] == 200
    used = ApiToken.objects.get().last_used_at
    assert used is not None
    assert abs(clock.real_now() - used) < timedelta(minutes=1)


def test_use_is_noted_once_a_minute(operator: Api) -> None:
    for seconds, noted in ((0, 0), (59, 0), (60, 60)):
        assert api_tokens.authenticate(secret=operator.secret, at=REAL + timedelta(seconds=seconds)) is not None
        assert ApiToken.objects.get().last_used_at == REAL + timedelta(seconds=noted)


def test_token_of_an_instance_names_it_and_the_operators_none(tenant: Tenant) -> None:
    instance = Instance.objects.get()
    for scope, named in (("instance", None), ("operator", instance)):
        with pytest.raises(BadInput):
            api_tokens.create_token(scope=scope, instance=named, at=REAL, actor="test")


# --- What is somebody else's does not exist --------------------------------------------------------------------------

FOREIGN = [
    ("GET", "instances/{other.instance}"),
    ("GET", "instances/{other.instance}/members"),
    ("PUT", "instances/{other.instance}/members"),
    ("PUT", "instances/{other.instance}/members/anna"),
    ("DELETE", "instances/{other.instance}/members/anna"),
    ("GET", "instances/{other.instance}/usage?period=2026-04"),
]
OPERATORS = [
    ("POST", "customers"),
    ("GET", "customers/{own.customer}"),
    ("POST", "instances"),
    ("DELETE", "instances/{own.instance}"),
    ("GET", "tariffs"),
    ("POST", "instances/{own.instance}/subscriptions"),
    ("GET", "subscriptions/{own.subscription}"),
    ("POST", "subscriptions/{own.subscription}/terminate"),
    ("POST", "subscriptions/{own.subscription}/resume"),
    ("POST", "subscriptions/{own.subscription}/choose"),
    ("POST", "subscriptions/{own.subscription}/preview"),
    ("POST", "subscriptions/{own.subscription}/change"),
    ("POST", "subscriptions/{own.subscription}/cancel"),
    ("POST", "subscriptions/{own.subscription}/undo-cancel"),
    ("POST", "subscriptions/{own.subscription}/undo-change"),
    ("POST", "subscriptions/{own.subscription}/extend-trial"),
    ("GET", "accounts/{own.account}"),
    ("GET", "accounts/{own.account}/statement"),
    ("POST", "accounts/{own.account}/payments"),
    ("POST", "accounts/{own.account}/adjustments"),
    ("GET", "invoices"),
    ("GET", "invoices/R-2026-000001"),
    ("GET", "invoices/R-2026-000001/pdf"),
    ("POST", "invoices/R-2026-000001/credit-notes"),
    ("GET", "sandbox/clock"),
    ("POST", "sandbox/clock"),
]
PERSON = {"email": "x@b.example", "role": "member", "status": "active"}


def body_for(method: str, path: str) -> Any:
    if method != "PUT":
        return {} if method == "POST" else None
    return PERSON if path.endswith("anna") else [{**PERSON, "external_id": "x"}]


@pytest.mark.parametrize(("method", "path"), FOREIGN + OPERATORS)
def test_instance_token_gets_the_answer_of_a_missing_thing(
    operator: Api, tenant: Tenant, token_of: Callable[[str], Api], method: str, path: str
) -> None:
    other = create_tenant(operator, "lavanda.example.ru")
    own = token_of(tenant.instance)
    missing = own.get("nothing/of/the/kind")
    assert missing[0] == 404
    assert own.call(method, path.format(own=tenant, other=other), body_for(method, path)) == missing
    absent = path.format(own=tenant, other=other).replace(other.instance, "ins_000000000000000000")
    assert own.call(method, absent, body_for(method, path)) == missing


def test_instance_token_may_do_what_concerns_its_own(tenant: Tenant, token_of: Callable[[str], Api]) -> None:
    own = token_of(tenant.instance)
    assert own.get(f"instances/{tenant.instance}")[1]["access"] == "full"
    assert own.put(f"{tenant.people}/boris", PERSON)[0] == 200
    assert own.put(tenant.people, [{**PERSON, "external_id": "vera"}])[1]["items"][0]["status"] == 200
    assert len(own.get(tenant.people)[1]["items"]) == 3
    assert own.delete(f"{tenant.people}/vera") == (204, None)
    assert own.get(f"instances/{tenant.instance}/usage?period=2026-04")[1]["peak"] == 3
    assert own.get("events")[0] == 200


# --- Limits ----------------------------------------------------------------------------------------------------------


def test_call_beyond_the_limit_waits_and_others_are_not_held_up(
    tenant: Tenant, token_of: Callable[[str], Api], settings: Any, monkeypatch: Any
) -> None:
    settings.API_RATE_LIMIT_INSTANCE = 3
    moment = REAL.replace(second=48)
    monkeypatch.setattr(clock, "real_now", lambda: moment)
    own, same = token_of(tenant.instance), f"instances/{tenant.instance}"
    assert [own.get(same)[0] for _ in range(4)] == [200, 200, 200, 429]
    assert (own.last["Retry-After"], own.last["Content-Type"]) == ("12", "application/problem+json")
    assert own.get("invoices")[1]["code"] == "too_many_calls"
    assert token_of(tenant.instance).get(same)[0] == 200
    assert tenant.api.get(same)[0] == 200
    monkeypatch.setattr(clock, "real_now", lambda: moment + timedelta(minutes=1))
    assert own.get(same)[0] == 200
    monkeypatch.setattr(clock, "real_now", lambda: moment + timedelta(hours=2))
    assert own.get(same)[0] == 200
    assert RateWindow.objects.filter(token__public_id=own.secret.split("_")[1]).count() == 1


def test_limit_of_zero_is_none(tenant: Tenant, token_of: Callable[[str], Api], settings: Any) -> None:
    settings.API_RATE_LIMIT_INSTANCE = 0
    assert token_of(tenant.instance).get("events")[0] == 200
    assert RateWindow.objects.count() == 0


# --- The command -----------------------------------------------------------------------------------------------------


def command(*arguments: str) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command("create_api_token", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_command_prints_the_token_alone(tenant: Tenant) -> None:
    out, err = command("--scope", "operator", "--label", "1C")
    assert Api(out.strip()).get("tariffs")[0] == 200
    assert (out.count("\n"), out.strip() in err) == (1, False)
    out, _err = command("--scope", "instance", "--instance", tenant.instance)
    assert Api(out.strip()).get(f"instances/{tenant.instance}")[0] == 200


@pytest.mark.parametrize(
    "arguments",
    [
        ["--scope", "instance"],
        ["--scope", "operator", "--instance", "ins_1"],
        ["--scope", "instance", "--instance", "ins_1"],
        ["--scope", "root"],
        [],
    ],
)
def test_command_says_what_is_missing(db: None, arguments: list[str]) -> None:
    with pytest.raises(CommandError):
        command(*arguments)
    assert not ApiToken.objects.exists()
