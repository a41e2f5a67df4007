"""What a person is told and how: their own page, whatever accounts they look after; and the channel in the list of mails."""

import re

import pytest

from accounts.models import User
from billing.models import Notice, NoticePreference
from tests.support.page_text import source_of
from tests.support.story import msk

EVERY = {f"email_{group}": "on" for group in NoticePreference.Group.values}


@pytest.fixture
def boris(story, signed_in):
    return signed_in(story.boris)


@pytest.fixture
def messages(settings) -> None:
    settings.MESSAGE_URLS = {"sms": "json://127.0.0.1:9/sms/{to}"}


def find_ticked(answer) -> set[str]:
    page = answer.content.decode()
    return set(re.findall(r'type="checkbox"\s+id="(\w+)"\s+name="\w+"\s+checked', page))


def test_without_a_choice_everything_comes_by_email(story, boris):
    answer = boris.get("/preferences/")
    assert find_ticked(answer) == set(EVERY)
    assert "short message too" not in source_of(answer)
    assert 'name="phone"' not in answer.content.decode()


def test_a_choice_is_kept_and_shown(story, boris, messages):
    typed = {
        "email_bills": "on",
        "message_bills": "on",
        "service": "sms",
        "phone": "+7 (999) 123-45-67",
        "locale": "en",
    }
    answer = boris.post("/preferences/", typed, follow=True)
    assert "Saved. It holds for what is written from now on." in source_of(answer)
    assert find_ticked(answer) == {"email_bills", "message_bills"}
    assert 'value="+79991234567"' in answer.content.decode()
    preference = NoticePreference.objects.get(user=story.boris)
    assert preference.not_by_email == ["reminders", "trial", "changes", "people"]
    assert (preference.by_message, preference.service, preference.phone, preference.locale) == (
        ["bills"],
        "sms",
        "+79991234567",
        "en",
    )
    assert User.objects.get(pk=story.boris.pk).locale == story.boris.locale  # that of the pages is the switch's


@pytest.mark.parametrize(
    ("typed", "field", "says"),
    [
        ({"phone": "12345"}, "phone", "Write the phone with its country"),
        ({"message_bills": "on", "phone": "+79991234567"}, "service", "Choose what the messages go through."),
        ({"message_bills": "on", "service": "sms"}, "phone", "without it no message finds you"),
        ({"service": "pigeon"}, "service", "There is no such way of sending messages here."),
    ],
)
def test_what_cannot_be_is_said_beside_its_field_and_nothing_is_lost(story, boris, messages, typed, field, says):
    answer = boris.post("/preferences/", {**EVERY, "service": "", "phone": "", "locale": "ru", **typed})
    assert answer.status_code == 422
    assert says in source_of(answer)
    assert f'aria-describedby="{field}-error"' in answer.content.decode()
    assert f'value="{typed.get("phone", "")}"' in answer.content.decode()
    assert not NoticePreference.objects.exists()


def test_without_services_a_phone_told_earlier_stays(story, boris):
    values = {"by_message": ["bills"], "service": "sms", "phone": "+79991234567", "changed_at": msk(5, 1)}
    NoticePreference.objects.create(user=story.boris, **values)
    boris.post("/preferences/", {"email_bills": "on", "locale": ""})
    row = NoticePreference.objects.get()
    assert (row.by_message, row.service, row.phone) == (["bills"], "sms", "+79991234567")
    assert row.not_by_email == ["reminders", "trial", "changes", "people"]


def test_whose_address_gets_the_bills_cannot_refuse_them(story, signed_in):
    page = signed_in(story.anna).get("/preferences/").content.decode()
    assert page.count("By email always: your address is a billing address of the account.") == 2  # bills and reminders
    assert page.count("disabled") == 2


def test_everybody_has_their_own_and_strangers_none(story, boris, signed_in, client):
    boris.post("/preferences/", {"locale": ""})
    assert find_ticked(signed_in(story.vera).get("/preferences/")) == set(EVERY)
    assert client.get("/preferences/").status_code == 302
    assert client.post("/preferences/", EVERY).status_code == 302
    assert NoticePreference.objects.count() == 1


def test_in_russian_too(story, signed_in):
    page = source_of(signed_in(story.boris, "ru").get("/preferences/"))
    assert "О чём вам сообщать" in page
    assert "Счета, платежи и доступ" in page


def test_the_list_of_mails_names_the_channel(story, signed_in):
    Notice.objects.create(
        kind="payment_coming",
        fact="x",
        channel="message",
        service="sms",
        recipient="+79991234567",
        account=story.account,
        locale="ru",
        subject="romashka.example.ru: 90,00 ₽",
        text="x",
        created_at=msk(5, 11),
        next_attempt_at=msk(5, 11),
    )
    page = source_of(signed_in(story.anna).get("/mails/"))
    assert "short message · +79991234567" in page
    assert "What you yourself are told, and how" in page


def test_the_page_is_in_the_persons_menu(story, boris):
    assert 'href="/preferences/"' in boris.get("/").content.decode()
