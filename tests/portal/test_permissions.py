"""Who sees what: owners their account, members the state of their instance, outsiders nothing (M10, M15)."""

import pytest
from allauth.account.models import EmailAddress

from accounts.members import Report
from billing.operations.subscriptions import metering
from tests.support.page_text import body
from tests.support.story import msk, person


def addresses(story):
    return [
        "/operations/",
        "/documents/",
        "/instances/",
        "/documents/R-2026-000001/",
        "/documents/R-2026-000001/pdf",
        f"/instances/{story.cloud.public_id}/",
        f"/instances/{story.archive.public_id}/",
        f"/?account={story.account.number}",
        f"/operations/?account={story.account.number}",
        f"/documents/?account={story.account.number}",
        f"/instances/?account={story.account.number}",
    ]


def test_an_outsider_gets_the_answer_of_something_that_does_not_exist(story, signed_in):
    client = signed_in(story.vera)
    missing = client.get("/documents/R-2026-999999/")
    assert missing.status_code == 404
    for address in addresses(story)[3:]:
        answer = client.get(address)
        assert answer.status_code == 404, address
        assert body(answer) == body(missing), address
        assert "Ромашка" not in answer.content.decode()


def test_an_outsider_sees_only_their_own_account(story, signed_in):
    client = signed_in(story.vera)
    for address in ("/", "/operations/", "/documents/", "/instances/"):
        page = client.get(address).content.decode()
        assert story.vera_account.number in page
        assert story.account.number not in page
        assert "romashka" not in page


def test_nobody_sees_anything_without_signing_in(story, client):
    for address in ["/", *addresses(story)]:
        answer = client.get(address)
        assert answer.status_code == 302, address
        assert answer["Location"].startswith("/accounts/login/"), address


def test_a_member_without_the_billing_right_sees_the_state_alone(story, signed_in):
    client = signed_in(story.boris)
    home = client.get("/").content.decode()
    assert "romashka.example.ru" in home
    state = client.get(f"/instances/{story.cloud.public_id}/").content.decode()
    assert "works in full" in state
    for secret in ("13,178", "6,589", "R-2026-000001", "Игорь Орлов", story.account.number):
        assert secret not in home + state
    for address in addresses(story):
        if story.cloud.public_id not in address:
            assert client.get(address).status_code == 404, address


def test_a_member_of_one_instance_knows_nothing_of_the_customers_others(story, signed_in):
    client = signed_in(story.boris)
    assert client.get(f"/instances/{story.test.public_id}/").status_code == 404
    assert "test.romashka" not in client.get("/").content.decode()


def test_an_address_that_is_not_confirmed_opens_nothing(story, signed_in):
    EmailAddress.objects.filter(email=story.anna.email).update(verified=False)
    client = signed_in(story.anna)
    assert "Confirm my address" in client.get("/").content.decode()
    for address in addresses(story):
        assert client.get(address).status_code == 404, address


@pytest.mark.parametrize("status", ["invited", "blocked", "removed"])
def test_only_active_members_have_the_right(story, signed_in, status):
    metering.report_member(
        instance=story.vera_instance,
        as_of=msk(5, 11),
        source="api",
        report=Report(external_id="1", status=status, email=story.vera.email, role="administrator"),
    )
    assert signed_in(story.vera).get("/operations/").status_code == 404


def test_the_billing_role_opens_the_account_without_being_administrator(story, signed_in):
    accountant = person("buh@romashka.example", "Бухгалтер")
    metering.report_member(
        instance=story.cloud,
        as_of=msk(5, 11),
        source="api",
        report=Report(external_id="buh", status="active", email="BUH@romashka.example", role="billing"),
    )
    assert signed_in(accountant).get("/documents/R-2026-000001/").status_code == 200


def test_staff_without_membership_see_nothing_but_the_way_to_the_admin(story, signed_in):
    client = signed_in(person("staff@saldo.example", "Сотрудник", is_staff=True))
    page = client.get("/").content.decode()
    assert 'href="/admin/"' in page
    assert "Ромашка" not in page
    for address in addresses(story):
        assert client.get(address).status_code == 404, address


def test_somebody_with_two_accounts_switches_between_them(story, signed_in):
    metering.report_member(
        instance=story.vera_instance,
        as_of=msk(5, 11),
        source="api",
        report=Report(external_id="2", status="active", email=story.anna.email, role="administrator"),
    )
    client = signed_in(story.anna)
    first = client.get("/").content.decode()
    assert f'href="/?account={story.vera_account.number}"' in first
    assert "13,178.00" in first  # the account whose payment is due comes first
    other = client.get(f"/operations/?account={story.vera_account.number}").content.decode()
    assert "ООО «Лаванда»" in other
    assert f'href="/documents/?account={story.vera_account.number}"' in other
