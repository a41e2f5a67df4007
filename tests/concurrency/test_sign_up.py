"""Signing up and handing over with many hands at once: one link makes one customer, one domain one instance, one instance
never has nobody."""

from collections.abc import Callable

import pytest
from allauth.account.models import EmailAddress

from accounts.models import Customer, Instance, Member, Product, User
from billing.errors import Refusal
from billing.models import AuditRecord, BillingAccount, SignUp, Subscription
from billing.operations.customers import ownership, signup
from billing.operations.customers.onboarding import InstanceOrder
from billing.operations.customers.ownership import Transfer
from tests.support import people
from tests.support.people import at
from tests.support.processes import at_once, patient

pytestmark = [pytest.mark.pg, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("right_books")]

NOON = at("2026-04-10 12:00")
PROCESSES = 6


def file_request(email: str, domain: str) -> SignUp:
    order = InstanceOrder(Product.objects.get(code="blue"), domain, "blue-monthly")
    sign_up = signup.NewSignUp(email, "Nora Fields", "Nora & Co", "company", "en", order)
    return signup.file_sign_up(new=sign_up, as_of=NOON)


def confirms(row: SignUp, seen: str) -> Callable[[], str]:
    def work() -> str:
        try:
            patient(
                lambda: signup.confirm_sign_up(sign_up=row, password="five quiet words in a row", seen=seen, as_of=NOON)
            )
        except Refusal as refusal:
            return refusal.code
        return "made"

    return work


def seen_of(row: SignUp) -> str:
    return signup.preview_sign_up(sign_up=row, as_of=NOON).token


def counts() -> list[int]:
    return [kind.objects.count() for kind in (Customer, BillingAccount, Instance, Subscription)]


def test_one_link_confirmed_by_six_at_once_makes_one_customer() -> None:
    row = file_request("nora@new.example", "team.nora.example")
    outcomes = at_once([confirms(row, seen_of(row))] * PROCESSES)
    assert sorted(outcomes) == ["made", *["sign_up_used"] * 5]
    assert counts() == [1, 1, 1, 1]
    assert User.objects.filter(email="nora@new.example").count() == 1


def test_two_links_of_one_address_make_one_login() -> None:
    rows = [file_request("nora@new.example", f"t{number}.example") for number in range(PROCESSES)]
    outcomes = at_once([confirms(row, seen_of(row)) for row in rows])
    assert sorted(outcomes) == ["made", *["sign_up_known"] * 5]
    assert counts() == [1, 1, 1, 1]


def test_one_domain_wanted_by_six_is_given_once() -> None:
    rows = [file_request(f"n{number}@new.example", "team.example") for number in range(PROCESSES)]
    seen = seen_of(rows[0])
    outcomes = at_once([confirms(row, seen) for row in rows])
    assert sorted(outcomes) == [*["domain_taken"] * 5, "made"]
    assert counts() == [1, 1, 1, 1]


def test_an_instance_handed_to_four_people_at_once_gets_one_owner() -> None:
    party = people.party()
    anna = User.objects.create_user("anna@romashka.example", "correct horse battery", name="Anna")
    EmailAddress.objects.create(user=anna, email=anna.email, verified=True, primary=True)
    names = ["boris", "clara", "dora", "egor"]
    for name in names:
        party.tell(name, "active", at("2026-04-02 09:00"))
    pks = [Member.objects.get(instance=party.instance, external_id=name).pk for name in names]

    def hand(pk: int) -> Callable[[], str]:
        def work() -> str:
            try:
                transfer = Transfer(pk, "member")
                patient(
                    lambda: ownership.transfer_instance(instance=party.instance, by=anna, transfer=transfer, as_of=NOON)
                )
            except Refusal as refusal:
                return refusal.code
            return "handed over"

        return work

    outcomes = at_once([hand(pk) for pk in pks])
    assert sorted(outcomes) == [*["administrator_only"] * 3, "handed over"]
    owners = Member.objects.filter(instance=party.instance, status="active", role__is_administrator=True)
    assert owners.count() == 1
    assert AuditRecord.objects.filter(action="ownership.transferred").count() == 1
