"""Any clue finds the customer, in any case and alphabet, in the lists and in the one field over all of them."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from billing.models import Invoice
from billing.operations.settlement import payments
from tests.support.staff import NOW
from tests.support.story import Story

SignIn = Callable[[str], Client]


def names(client: Client, model: str, clue: str) -> set[str]:
    answer = client.get(reverse(f"admin:{model}_changelist"), {"q": clue})
    assert answer.status_code == 200
    return {str(row) for row in answer.context["cl"].result_list}


@pytest.mark.parametrize("clue", ["ромашка", "РОМАШКА", "Ромаш", "100001", "anna@romashka.example", "old.romashka"])
def test_customer_is_found_by_any_clue(story: Story, signed_in: SignIn, clue: str) -> None:
    assert names(signed_in("support"), "accounts_customer", clue) == {"ООО «Ромашка»"}


@pytest.mark.parametrize("reference", ["счёт", "СЧЁТ", "Счёт 77"])
def test_payment_is_found_by_its_reference_in_any_case(story: Story, signed_in: SignIn, reference: str) -> None:
    new = payments.NewPayment(amount_minor=100, currency="RUB", method="bank", reference="Оплата, Счёт 77")
    payment = payments.record_payment(account=story.account, new=new, as_of=NOW, actor="test")
    client = signed_in("support")
    assert names(client, "billing_payment", reference) == {payment.public_id}
    assert names(client, "billing_payment", payment.public_id) == {payment.public_id}
    assert names(client, "accounts_customer", reference) == {"ООО «Ромашка»"}


def test_customer_invoice_and_account_are_found_by_the_invoices_number(story: Story, signed_in: SignIn) -> None:
    number = Invoice.objects.get(account=story.account).number
    client = signed_in("finance")
    assert names(client, "billing_invoice", number) == {number}
    assert names(client, "accounts_customer", number) == {"ООО «Ромашка»"}
    assert names(client, "billing_billingaccount", number) == {"100001"}


def test_one_field_finds_everything_with_the_balance_beside_it(story: Story, signed_in: SignIn) -> None:
    page = signed_in("support").get("/admin/search/", {"s": "РОМАШКА", "extended": "1"}).content.decode()
    assert "ООО «Ромашка»" in page
    assert "Account 100001" in page
    assert "−₽12,579.00" in page
    assert "Лаванда" not in page


def test_one_field_tells_nobody_what_they_may_not_look_into(story: Story, signed_in: SignIn) -> None:
    page = signed_in("reviewer").get("/admin/search/", {"s": "romashka", "extended": "1"}).content.decode()
    assert "romashka" not in page.replace("romashka</", "").replace("s=romashka", "")
    assert "100001" not in page
