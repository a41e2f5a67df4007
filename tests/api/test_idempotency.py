from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.models import Customer, Member
from billing import clock
from billing.errors import BillingError
from billing.models import Entry, IdempotencyRecord, Payment
from billing.operations import api_tokens
from billing.operations.customers import customers
from tests.support.callers import REAL, ROMASHKA, Api, Tenant

PAY = {"amount": "100.00", "method": "bank", "reference": "1"}


def test_same_key_and_body_get_the_first_answer_again(tenant: Tenant) -> None:
    path = f"accounts/{tenant.account}/payments"
    first = tenant.api.post(path, PAY, Idempotency_Key="a")
    assert "Idempotent-Replayed" not in tenant.api.last
    again = tenant.api.post(path, PAY, Idempotency_Key="a")
    assert tenant.api.last["Idempotent-Replayed"] == "true"
    assert (first[0], again) == (201, first)
    assert Payment.objects.count() == 1
    assert tenant.api.post(path, PAY, Idempotency_Key="b")[0] == 201
    assert Payment.objects.count() == 2


@pytest.mark.parametrize("change", ["body", "path", "method"])
def test_same_key_for_another_request_is_refused(tenant: Tenant, change: str) -> None:
    path = f"{tenant.people}/boris"
    person = {"email": "b@b.example", "role": "member", "status": "active"}
    assert tenant.api.put(path, person, Idempotency_Key="a")[0] == 200
    other = {
        "body": ("PUT", path, {**person, "status": "blocked"}),
        "path": ("PUT", f"{path}2", person),
        "method": ("DELETE", path, person),
    }[change]
    status, problem = tenant.api.call(*other, Idempotency_Key="a")
    assert (status, problem["code"]) == (422, "idempotency_key_reused")
    assert list(Member.objects.values_list("external_id", "status").order_by("pk")) == [
        ("anna", "active"),
        ("boris", "active"),
    ]


def test_same_key_with_another_query_is_refused(tenant: Tenant) -> None:
    tenant.joins(2)
    assert tenant.api.delete(f"{tenant.people}/p2", Idempotency_Key="a")[0] == 204
    dated = f"{tenant.people}/p2?occurred_at=2026-04-01T11:00:00%2B03:00"
    status, problem = tenant.api.delete(dated, Idempotency_Key="a")
    assert (status, problem["code"]) == (422, "idempotency_key_reused")


def test_keys_of_two_tokens_have_nothing_to_do_with_each_other(operator: Api) -> None:
    second = Api(api_tokens.create_token(scope="operator", at=REAL, actor="test")[1])
    first = operator.post("customers", ROMASHKA, Idempotency_Key="a")[1]
    assert second.post("customers", {**ROMASHKA, "name": "Б"}, Idempotency_Key="a")[1]["id"] != first["id"]


def test_what_a_rule_refused_stays_refused_under_its_key(tenant: Tenant) -> None:
    path = f"subscriptions/{tenant.subscription}/resume"
    first = tenant.api.post(path, {}, Idempotency_Key="a")
    assert (first[0], first[1]["code"]) == (409, "not_terminated")
    assert tenant.api.post(f"subscriptions/{tenant.subscription}/terminate", {"reason": "x"})[0] == 200
    assert tenant.api.post(path, {}, Idempotency_Key="a") == first
    assert tenant.api.last["Content-Type"] == "application/problem+json"
    assert tenant.api.last["Idempotent-Replayed"] == "true"
    assert tenant.api.post(path, {}, Idempotency_Key="b")[0] == 200


def test_refused_input_writes_nothing_but_the_answer(tenant: Tenant) -> None:
    before = Entry.objects.count()
    path = f"accounts/{tenant.account}/payments"
    first = tenant.api.post(path, {**PAY, "amount": "1.005"}, Idempotency_Key="a")
    assert (first[0], first[1]["code"]) == (422, "invalid_amount")
    assert tenant.api.post(path, {**PAY, "amount": "1.005"}, Idempotency_Key="a") == first
    assert Entry.objects.count() == before


def test_refusal_in_the_middle_of_an_act_keeps_the_answer_and_nothing_else(operator: Api, monkeypatch: Any) -> None:
    def half_done(*, new: customers.NewCustomer, as_of: datetime) -> Customer:
        Customer.objects.create(name=new.name, email=new.email, created_at=as_of)
        raise BillingError("refused half-way", code="external_id_taken")

    monkeypatch.setattr(customers, "create_customer", half_done)
    for _ in range(2):
        assert operator.post("customers", ROMASHKA, Idempotency_Key="a")[1]["code"] == "external_id_taken"
    assert not Customer.objects.exists()


def test_deletion_is_repeated_without_a_body(tenant: Tenant) -> None:
    for _ in range(2):
        assert tenant.api.delete(f"{tenant.people}/anna", Idempotency_Key="a") == (204, None)
        assert "Content-Type" not in tenant.api.last


def test_what_never_began_is_not_remembered(operator: Api) -> None:
    assert operator.post("customers", {**ROMASHKA, "name": 5}, Idempotency_Key="a")[0] == 422
    assert operator.post("accounts/100001/payments", PAY, Idempotency_Key="a")[0] == 404
    assert operator.post("customers", ROMASHKA, Idempotency_Key="a")[0] == 201


def test_crash_leaves_neither_the_act_nor_its_key(operator: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(self: IdempotencyRecord, **fields: Any) -> None:
        raise SystemExit

    with monkeypatch.context() as broken:
        broken.setattr(IdempotencyRecord, "save", lambda self, *args, **fields: crash(self) if self.pk else None)
        broken.setattr(IdempotencyRecord.objects, "create", lambda **fields: save_record(fields))

        def save_record(fields: dict[str, Any]) -> IdempotencyRecord:
            [record] = IdempotencyRecord.objects.bulk_create([IdempotencyRecord(**fields)])
            return record

        with pytest.raises(SystemExit):
            operator.post("customers", ROMASHKA, Idempotency_Key="a")
    assert not Customer.objects.exists()
    assert not IdempotencyRecord.objects.exists()
    assert operator.post("customers", ROMASHKA, Idempotency_Key="a")[0] == 201


@pytest.mark.parametrize("key", ["", "x" * 256, "ключ", "a\tb"])
def test_key_that_is_none_is_refused(operator: Api, key: str) -> None:
    latin = key.encode().decode("latin-1")
    status, problem = operator.post("customers", ROMASHKA, Idempotency_Key=latin)
    assert (status, problem["code"]) == (422, "invalid_idempotency_key")
    assert not Customer.objects.exists()


def test_answers_are_kept_a_week_in_real_time(operator: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("billing.api.v1.once.PRUNE_EVERY", 1)
    start = clock.real_now()
    for hours in (0, 24, 7 * 24 + 1):
        monkeypatch.setattr(clock, "real_now", lambda hours=hours: start + timedelta(hours=hours))
        assert operator.post("customers", ROMASHKA, Idempotency_Key=f"k{hours}")[0] == 201
    assert list(IdempotencyRecord.objects.order_by("pk").values_list("key", flat=True)) == ["k24", "k169"]
