"""Handing an instance over in the portal: administrators only, freshly proved, the bill shown first (M15, D8, G10)."""

from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.test import Client

from accounts.models import Member, User
from billing.models import ApiToken, Notice
from billing.operations import api_tokens
from tests.support.page_text import seen, text_of
from tests.support.story import PASSWORD, Story, billing_only, joins, msk


def address(story: Story) -> str:
    return f"/instances/{story.cloud.public_id}/ownership/"


def sign_in_anew(user: User, locale: str = "en") -> Client:
    """Somebody who has just signed in with the password."""
    client = Client()
    client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    client.cookies["django_language"] = locale
    return client


def pk(story: Story, email: str) -> str:
    return str(Member.objects.get(instance=story.cloud, email=email).pk)


def fill_form(story: Story, **more: str) -> dict[str, str]:
    return {"to": pk(story, story.boris.email), "role": "member", **more}


def owners(story: Story) -> list[str]:
    administrators = Member.objects.filter(instance=story.cloud, status="active", role__is_administrator=True)
    return list(administrators.values_list("email", flat=True))


def test_a_persons_page_leads_here_for_administrators_alone(story: Story, signed_in: Any) -> None:
    page = signed_in(story.anna).get(f"/instances/{story.cloud.public_id}/people/{pk(story, story.boris.email)}/")
    assert f'href="{address(story)}?to={pk(story, story.boris.email)}"' in page.content.decode()
    own_page = signed_in(story.anna).get(f"/instances/{story.cloud.public_id}/people/{pk(story, story.anna.email)}/")
    assert f'href="{address(story)}"' in own_page.content.decode()
    buh = billing_only(story)
    page = signed_in(buh).get(f"/instances/{story.cloud.public_id}/people/{pk(story, story.boris.email)}/")
    assert "ownership" not in page.content.decode()


def test_it_is_shown_then_done_and_both_hear_of_it(story: Story) -> None:
    anna = sign_in_anew(story.anna)
    page = anna.get(address(story), fill_form(story, invoices="yes"))
    words = text_of(page)
    assert "Борис Волков gets the role “Administrator”: manages people, sees the bills and pays." in words
    assert "You stay with the role “Member”." in words
    assert "On the bill: nothing now" in words
    assert owners(story) == [story.anna.email]
    done = anna.post(address(story), fill_form(story, invoices="yes", seen=seen(page)))
    assert done.headers["Location"] == "/"
    assert owners(story) == [story.boris.email]
    story.customer.refresh_from_db()
    assert story.customer.email == story.boris.email
    notices = Notice.objects.filter(kind__startswith="ownership").values_list("kind", "recipient")
    assert sorted(notices) == [("ownership_given", story.anna.email), ("ownership_received", story.boris.email)]


def test_who_goes_on_seeing_the_account_is_told_as_it_is(story: Story, client: Client) -> None:
    """Anna administers two more living instances of Romashka: what she sees of its account does not end with this one."""
    anna = sign_in_anew(story.anna)
    words = text_of(anna.get(address(story), fill_form(story)))
    for sentence in (
        "is one for all its instances: old.romashka.example.ru, test.romashka.example.ru too.",
        "Борис Волков sees the whole of it: all bills, and the debts of the other instances.",
        "You go on seeing the account, its bills and the plan of this instance: you have the billing right in old.romashka",
        "this role by itself opens neither sums nor documents",
        "Only an administrator of the instance can make you its administrator again.",
    ):
        assert sentence in words, sentence
    assert "sees neither sums" not in words
    Member.objects.filter(instance__in=[story.test, story.archive], email=story.anna.email).update(status="removed")
    words = text_of(sign_in_anew(story.anna).get(address(story), fill_form(story)))
    assert ("You go on seeing" in words, "sees neither sums nor documents" in words) == (False, True)
    assert "Борис Волков sees the whole of it" in words


def test_tokens_go_on_working_unless_they_are_revoked_with_it(story: Story) -> None:
    anna = sign_in_anew(story.anna)
    assert "API token" not in text_of(anna.get(address(story), fill_form(story))).partition("What happens")[2]
    for label in ("Site", "Till"):
        api_tokens.create_token(scope="instance", at=msk(5, 11), actor="x", instance=story.cloud, label=label)
    page = anna.get(address(story), fill_form(story))
    assert "2 API tokens open the instance and go on working, whoever has them." in text_of(page)
    assert 'name="tokens" value="revoke" checked' not in page.content.decode()
    page = anna.get(address(story), fill_form(story, tokens="revoke"))
    assert "2 API tokens of the instance are revoked: whoever uses them is refused." in text_of(page)
    assert ApiToken.objects.filter(revoked_at=None).count() == 2
    assert anna.post(address(story), fill_form(story, tokens="revoke", seen=seen(page))).status_code == 302
    assert ApiToken.objects.filter(revoked_at=None).count() == 0


def test_an_old_sign_in_is_asked_for_the_password_and_led_back_to_what_was_chosen(story: Story, signed_in: Any) -> None:
    anna = signed_in(story.anna)
    asked = anna.get(address(story), fill_form(story))
    assert asked.headers["Location"].startswith("/accounts/reauthenticate/?next=")
    assert "role%3Dmember" in asked.headers["Location"]
    posted = anna.post(address(story), fill_form(story, seen="0:0:"))
    assert posted.headers["Location"].startswith("/accounts/reauthenticate/")
    assert owners(story) == [story.anna.email]
    back = anna.post(asked.headers["Location"], {"password": PASSWORD, "next": f"{address(story)}?to=1"})
    assert back.headers["Location"] == f"{address(story)}?to=1"
    assert anna.get(address(story), fill_form(story)).status_code == 200


def test_whoever_has_a_second_factor_gives_it_and_the_password_is_not_enough(story: Story) -> None:
    anna = sign_in_anew(story.anna)
    secret = generate_totp_secret()
    TOTP.activate(story.anna, secret)
    asked = anna.get(address(story))
    assert asked.headers["Location"].startswith("/accounts/2fa/reauthenticate/?next=")
    anna.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert anna.get(address(story)).headers["Location"].startswith("/accounts/2fa/reauthenticate/")
    counter = next(iter(yield_hotp_counters_from_time()))
    anna.post("/accounts/2fa/reauthenticate/", {"code": format_hotp_value(hotp_value(secret, counter))})
    assert anna.get(address(story)).status_code == 200


def test_the_billing_right_alone_is_refused_in_words(story: Story) -> None:
    client = sign_in_anew(billing_only(story))
    for method in (client.get, client.post):
        answer = method(address(story), fill_form(story))
        assert answer.status_code == 403
        assert "Only an administrator of this instance can hand it over" in text_of(answer)
    assert owners(story) == [story.anna.email]


def test_members_and_outsiders_find_nothing_here(story: Story, client: Client) -> None:
    for user in (story.boris, story.vera):
        other = sign_in_anew(user)
        assert other.get(address(story)).status_code == 404
        assert other.post(address(story), fill_form(story)).status_code == 404
    assert client.get(address(story)).headers["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize(
    ("wrong", "status", "words"),
    [
        ({"look": "yes", "role": ""}, 422, "Choose who gets it, and what becomes of you."),
        ({"to": "999999"}, 422, "Choose somebody who is active in this instance."),
        ({"role": "administrator"}, 422, "Choose what you stay as, or that you leave."),
    ],
)
def test_what_is_missing_is_said(story: Story, wrong: dict[str, str], status: int, words: str) -> None:
    anna = sign_in_anew(story.anna)
    answer = anna.get(address(story), fill_form(story, **wrong))
    assert answer.status_code == status
    assert words in text_of(answer)


def test_another_price_than_the_one_shown_is_not_agreed_to(story: Story) -> None:
    answer = sign_in_anew(story.anna).post(address(story), fill_form(story, seen="59900:0:"))
    assert answer.status_code == 409
    assert "The price has changed since this page was opened." in text_of(answer)
    assert owners(story) == [story.anna.email]


def test_a_transfer_sent_twice_is_refused_the_second_time(story: Story) -> None:
    anna = sign_in_anew(story.anna)
    joins(story.cloud, 12, msk(5, 11))
    page = anna.get(address(story), fill_form(story))
    sent = fill_form(story, seen=seen(page))
    assert anna.post(address(story), sent).status_code == 302
    assert anna.post(address(story), sent).status_code == 403  # an owner of others still, of this one no more
    assert owners(story) == [story.boris.email]


def test_somebody_alone_is_told_to_invite_first(story: Story) -> None:
    from accounts.models import Instance

    lonely = Instance.objects.get(pk=story.vera_instance.pk)
    page = sign_in_anew(story.vera).get(f"/instances/{lonely.public_id}/ownership/")
    assert "There is nobody else who is active here. Invite a colleague first" in text_of(page)
