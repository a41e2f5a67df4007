"""One business key under many hands at once: eight processes send the same thing, and it happens once (I-4)."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import Customer
from billing.models import CreditNote, Entry, Payment
from billing.operations import api_tokens
from tests.support import people
from tests.support.callers import REAL, ROMASHKA
from tests.support.people import Party, at
from tests.support.processes import at_once

pytestmark = [pytest.mark.pg, pytest.mark.django_db(transaction=True)]

NOON = at("2026-05-05 12:00")


@pytest.fixture
def secret() -> str:
    people.installation()
    people.stand_at(NOON)
    return api_tokens.create_token(scope="operator", at=REAL, actor="test", label="crm")[1]


def posting(secret: str, path: str, body: Any) -> Callable[[], tuple[int, str, str]]:
    """A request of its own process: (status, id, whether it was told to be there already)."""

    def work() -> tuple[int, str, str]:
        for _attempt in range(20):
            headers = {"Authorization": f"Bearer {secret}"}
            answer = Client().post(
                f"/api/v1/{path}", json.dumps(body), content_type="application/json", headers=headers
            )
            if answer.status_code != 503:
                break
        problem_or_row = json.loads(answer.content)
        return (
            answer.status_code,
            problem_or_row.get("id", problem_or_row.get("code")),
            answer.headers.get("Idempotent-Replayed", ""),
        )

    return work


def all_alike(secret: str, path: str, body: Any) -> str:
    """Eight at once get one id, and seven of them hear that it was there."""
    answers = at_once([posting(secret, path, body)] * 8)
    assert {status for status, _id, _replayed in answers} == {201}, answers
    assert sorted(replayed for _status, _id, replayed in answers) == ["", *["true"] * 7]
    [id_] = {answered_id for _status, answered_id, _replayed in answers}
    return id_


def owing() -> Party:
    """Ten people in April, 5 990.00 on an invoice of 1 May."""
    party = people.party("hot")
    party.activate(9, at("2026-04-10 14:03"))
    party.close(at("2026-05-01 00:00"))
    return party


def test_a_customer_is_made_once(secret: str) -> None:
    public_id = all_alike(secret, "customers", {**ROMASHKA, "external_id": "crm-1"})
    assert list(Customer.objects.values_list("public_id", "external_id")) == [(public_id, "crm-1")]


def test_of_two_customers_under_one_id_one_is_refused(secret: str) -> None:
    other = {**ROMASHKA, "name": "Лаванда", "external_id": "crm-1"}
    works = [posting(secret, "customers", {**ROMASHKA, "external_id": "crm-1"}), posting(secret, "customers", other)]
    answers = at_once(works)
    assert sorted(status for status, _id, _replayed in answers) == [201, 409]
    assert "external_id_taken" in {id_or_code for _status, id_or_code, _replayed in answers}
    assert Customer.objects.count() == 1


def test_a_payment_is_recorded_once(secret: str) -> None:
    party = owing()
    body = {"amount": "5990.00", "method": "bank", "reference": "417", "external_id": "bank-417"}
    public_id = all_alike(secret, f"accounts/{party.account.number}/payments", body)
    assert list(Payment.objects.values_list("public_id", "amount_minor")) == [(public_id, 599_000)]
    assert party.balance == -599_000  # May has begun with ten people
    people.assert_books_are_right()


def test_an_adjustment_counts_once(secret: str) -> None:
    party = owing()
    body = {
        "amount": "-10.00",
        "reason_code": "billing_error",
        "comment": "A number was copied",
        "external_id": "desk-1",
    }
    public_id = all_alike(secret, f"accounts/{party.account.number}/adjustments", body)
    assert [str(row.pk) for row in Entry.objects.filter(key__contains="adjustment:")] == [public_id]
    assert party.balance == -1_199_000
    people.assert_books_are_right()


def test_a_credit_note_is_issued_once(secret: str) -> None:
    party = owing()
    body = {"amount": "599.00", "reason": "Counted twice", "external_id": "desk-2"}
    public_id = all_alike(secret, f"invoices/{party.invoices[0].number}/credit-notes", body)
    assert [str(note.pk) for note in CreditNote.objects.all()] == [public_id]
    assert party.balance == -1_138_100
    people.assert_books_are_right()
