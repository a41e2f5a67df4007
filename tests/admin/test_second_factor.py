"""STAFF_MFA: required, staff without a second factor see nothing but the way to get one; optional, they work at once."""

from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from tests.support.acting import act_url
from tests.support.staff import colleague
from tests.support.story import PASSWORD, Story, person

SignIn = Callable[[str], Client]


@pytest.fixture
def _required(settings: Any) -> None:
    settings.STAFF_MFA = "required"


def has_factor(group: str, kind: str = "totp") -> None:
    Authenticator.objects.create(user=colleague(group), type=kind, data={"secret": "x"})


@pytest.mark.usefixtures("_required")
def test_staff_without_a_second_factor_reach_only_the_pages_that_set_one_up(story: Story, signed_in: SignIn) -> None:
    client = signed_in("finance")
    for address in ("/admin/", "/", "/admin/billing/invoice/"):
        answer = client.get(address)
        assert (answer.status_code, answer.headers["Location"]) == (302, "/accounts/2fa/")
    assert (
        client.post(act_url("billing_billingaccount", "record_payment", story.account.pk), {"amount": "1"}).status_code
        == 403
    )
    assert client.get("/accounts/2fa/").status_code == 200
    assert client.get("/accounts/logout/").status_code == 200


@pytest.mark.usefixtures("_required")
def test_authenticator_app_opens_the_admin_and_recovery_codes_alone_do_not(story: Story, signed_in: SignIn) -> None:
    has_factor("support", "recovery_codes")
    assert signed_in("support").get("/admin/").status_code == 302
    has_factor("support", "totp")
    assert signed_in("support").get("/admin/").status_code == 200


@pytest.mark.usefixtures("_required")
def test_people_of_customers_are_not_asked_for_one(story: Story) -> None:
    client = Client()
    client.force_login(story.anna, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/").status_code == 200


@pytest.mark.usefixtures("_required")
def test_act_that_wants_the_factor_fresh_asks_who_it_is_first(story: Story, signed_in: SignIn) -> None:
    has_factor("finance")
    client, address = signed_in("finance"), act_url("billing_billingaccount", "adjust_balance", story.account.pk)
    answer = client.get(address)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/accounts/reauthenticate/?next=%2Fadmin%2F")
    typed = {"amount": "10", "reason_code": "goodwill", "comment": "Так", "preview": "1"}
    late = client.post(address, typed)
    assert late.status_code == 422
    assert "Так" in late.content.decode()


@pytest.mark.usefixtures("_required")
def test_way_to_a_second_factor_is_open_to_its_end(story: Story, signed_in: SignIn) -> None:
    client = signed_in("finance")
    answer = client.get("/accounts/2fa/totp/activate/")
    assert answer.headers["Location"].startswith("/accounts/reauthenticate/")
    proved = client.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": "/accounts/2fa/totp/activate/"})
    assert proved.headers["Location"] == "/accounts/2fa/totp/activate/"
    assert client.get("/accounts/2fa/totp/activate/").status_code == 200
    assert client.post("/admin/logout/").status_code in (200, 302)


def test_optional_lets_the_sample_logins_work_at_once(story: Story, settings: Any, signed_in: SignIn) -> None:
    settings.STAFF_MFA = "optional"
    assert signed_in("finance").get("/admin/").status_code == 200


def test_admin_has_no_login_of_its_own(story: Story) -> None:
    answer = Client().get("/admin/login/?next=/admin/")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/accounts/login/")
    assert Client().get("/admin/").status_code == 302


def test_person_who_may_no_longer_sign_in_is_out_at_once(story: Story, signed_in: SignIn) -> None:
    client = signed_in("finance")
    assert client.get("/admin/").status_code == 200
    user = colleague("finance")
    user.is_active = False
    user.save()
    assert client.get("/admin/").status_code == 302
    assert person("z@saldo.example", "Z").is_active
