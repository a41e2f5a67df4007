"""Short messages: who gets one, what stands in it, and that it arrives once, also after the service has failed."""

import json
import re
import threading
from collections.abc import Iterator
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

import pytest
from allauth.account.models import EmailAddress
from django.core import mail as outbox
from django.core.checks import run_checks

from accounts.models import User
from billing import notices
from billing.errors import BadInput
from billing.models import Notice, NoticePreference
from billing.notices.letters.short import MOST, short_text
from billing.notices.recipients.groups import SHORT
from billing.operations.customers import erasure, preferences
from billing.operations.customers.preferences import Choice
from billing.operations.run import delivery
from tests.support.mails import latest
from tests.support.owner_notices import kiosk, lab, studio
from tests.support.people import STAFF, Party, at
from tests.support.story import PASSWORD

NOW = at("2026-04-26 10:00")
PHONE = "+79991234567"


class Phone:
    """The gateway of an SMS service on this machine: what it was sent, and what it answers next."""

    def __init__(self) -> None:
        self.got: list[tuple[str, str]] = []
        self.answers: list[int] = []

        def answer(request: BaseHTTPRequestHandler) -> None:
            self._post(request)

        silent = {"do_POST": answer, "log_message": lambda *_all: None}
        handler = type("Handler", (BaseHTTPRequestHandler,), silent)
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"json://127.0.0.1:{self.server.server_port}/sms/{{to}}"

    def _post(self, request: BaseHTTPRequestHandler) -> None:
        payload = json.loads(request.rfile.read(int(request.headers["Content-Length"])))
        status = self.answers.pop(0) if self.answers else 200
        if status == 200:
            self.got.append((unquote(request.path), payload["message"]))
        request.send_response(status)
        request.end_headers()


@pytest.fixture
def phone(settings) -> Iterator[Phone]:
    gateway = Phone()
    settings.MESSAGE_URLS = {"sms": gateway.address}
    yield gateway
    gateway.server.shutdown()
    gateway.server.server_close()


@pytest.fixture
def anna(shop) -> User:
    user = User.objects.create_user("anna@shop.example", PASSWORD)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


ALL = tuple(NoticePreference.Group.values)


def wants(user: User, **chosen: object) -> NoticePreference:
    return preferences.save_choice(user=user, choice=Choice(**chosen), as_of=NOW)  # type: ignore[arg-type]


def by_message(user: User, **more: object) -> NoticePreference:
    return wants(user, by_message=ALL, service="sms", phone="+7 999 123-45-67", **more)


def tell(shop: Party) -> list[Notice]:
    """The payment of 1 May is announced; who was told of it, the billing address first."""
    notices.queue_payment_coming(
        subscription=shop.fresh, renews_on=date(2026, 5, 1), amount_minor=18_000, balance_minor=0, method=None, at=NOW
    )
    return list(Notice.objects.filter(kind="payment_coming").order_by("-channel", "pk"))


def told_to(shop: Party) -> list[tuple[str, str]]:
    return sorted((message.channel, message.recipient) for message in tell(shop))


EMAILS = [("email", "anna@shop.example"), ("email", "buh@shop.example")]


def test_without_services_or_a_choice_there_are_only_emails(shop, anna, settings):
    assert told_to(shop) == EMAILS
    NoticePreference.objects.create(user=anna, by_message=list(ALL), service="sms", phone=PHONE, changed_at=NOW)
    assert told_to(shop) == EMAILS  # nobody carries messages here


def test_who_wants_it_gets_a_message_beside_the_email(shop, anna, phone):
    by_message(anna)
    assert told_to(shop) == [*EMAILS, ("message", PHONE)]
    message = latest("payment_coming", channel="message")
    assert (message.service, message.html, message.state) == ("sms", "", "waiting")
    assert "₽180.00 is due by 1 May 2026, ₽180.00 is missing." in message.text
    assert message.text == message.subject


def test_the_message_arrives_once(shop, anna, phone):
    by_message(anna)
    tell(shop)
    tell(shop)
    assert delivery.send_due(as_of=NOW) == Notice.objects.filter(state="sent").count()
    assert delivery.send_due(as_of=NOW + timedelta(days=1)) == 0
    assert [path for path, _text in phone.got] == [f"/sms/{PHONE}"]
    assert "shop.example.ru: ₽180.00 is due by 1 May 2026" in phone.got[0][1]


def test_after_a_500_it_is_tried_again_and_the_failure_is_kept(shop, anna, phone):
    by_message(anna)
    tell(shop)
    phone.answers = [500, 500]
    delivery.send_due(as_of=NOW)
    message = latest("payment_coming", channel="message")
    assert (message.state, message.attempts, phone.got) == ("waiting", 1, [])
    assert "500" in message.last_error
    assert "127.0.0.1" not in message.last_error  # an address holds secrets
    delivery.send_due(as_of=NOW + timedelta(minutes=1))
    delivery.send_due(as_of=NOW + timedelta(minutes=6))
    message.refresh_from_db()
    assert (message.state, message.attempts, message.last_error) == ("sent", 3, "")
    assert len(phone.got) == 1


def test_a_service_that_stays_silent_fails_for_good_and_can_be_asked_again(shop, anna, phone):
    by_message(anna)
    tell(shop)
    phone.answers = [500] * delivery.MOST_MAIL_ATTEMPTS
    for hours in range(0, 48, 6):
        delivery.send_due(as_of=NOW + timedelta(hours=hours))
    message = latest("payment_coming", channel="message")
    assert (message.state, message.attempts) == ("failed", delivery.MOST_MAIL_ATTEMPTS)
    later = NOW + timedelta(days=3)
    delivery.resend_notice(notice=message, as_of=later, actor=STAFF, reason="The service works again")
    delivery.send_due(as_of=later)
    assert len(phone.got) == 1
    assert latest("payment_coming", channel="message", edition=2).state == "sent"


def test_a_service_taken_out_of_the_settings_is_said(shop, anna, phone, settings):
    by_message(anna)
    tell(shop)
    settings.MESSAGE_URLS = {}
    delivery.send_due(as_of=NOW)
    assert "MESSAGE_URLS names no service 'sms'" in latest("payment_coming", channel="message").last_error


def test_a_messenger_is_reached_by_its_own_name(shop, anna, phone, settings):
    settings.MESSAGE_URLS = {"chat": phone.address.replace("{to}", "{handle}")}
    wants(anna, by_message=("bills",), service="chat", handle="@anna.shop")
    tell(shop)
    delivery.send_due(as_of=NOW)
    assert [path for path, _text in phone.got] == ["/sms/@anna.shop"]


def test_an_unconfirmed_address_speaks_for_nobody(shop, anna, phone):
    by_message(anna)
    EmailAddress.objects.update(verified=False)
    assert told_to(shop) == EMAILS


# --- Groups, language, addresses ---------------------------------------------------------------------------------------


def test_a_group_turned_off_is_not_mailed_to_that_person_but_to_the_billing_address(shop, anna):
    wants(anna, not_by_email=ALL)
    assert told_to(shop) == [("email", "buh@shop.example")]


def test_bills_reach_the_billing_addresses_whatever_their_people_chose(shop, anna):
    shop.customer.email = anna.email
    shop.customer.save()
    shop.account.addresses.create(email="cfo@shop.example")
    wants(anna, not_by_email=ALL)
    assert told_to(shop) == [("email", "anna@shop.example"), ("email", "cfo@shop.example")]
    offered = {group.group: group.is_bound for group in preferences.groups_for(anna)}
    assert offered == {"bills": True, "reminders": True, "trial": False, "changes": False, "people": False}


def test_what_is_no_bill_can_be_refused_by_everybody(shop, anna):
    shop.customer.email = anna.email
    shop.customer.save()
    wants(anna, not_by_email=("changes",))
    notices.queue_cancelled(subscription=shop.fresh, cancel_date=date(2026, 5, 1), at=NOW)
    assert not Notice.objects.filter(kind="cancelled").exists()


def test_each_reads_in_the_language_they_chose(shop, anna):
    wants(anna, locale="ru")
    written = {message.recipient: (message.locale, message.subject) for message in tell(shop)}
    assert written["buh@shop.example"] == ("en", "shop.example.ru: ₽180.00 by 1 May 2026")
    locale, subject = written["anna@shop.example"]
    assert (locale, subject) == ("ru", "shop.example.ru: 180,00 ₽ до 1 мая 2026")


@pytest.mark.parametrize(
    ("chosen", "field"),
    [
        ({"phone": "8 999 123-45-67"}, "phone"),
        ({"phone": "+7"}, "phone"),
        ({"phone": "+7 999 123 45 67 89 01 23"}, "phone"),
        ({"phone": "+7999abc4567"}, "phone"),
        ({"handle": "a/b?c"}, "handle"),
        ({"service": "pigeon"}, "service"),
        ({"by_message": ("bills",), "phone": PHONE}, "service"),
        ({"by_message": ("bills",), "service": "sms"}, "phone"),
    ],
)
def test_what_leads_nowhere_is_refused(anna, phone, chosen, field):
    with pytest.raises(BadInput) as refused:
        wants(anna, **chosen)
    assert refused.value.field == field
    assert not NoticePreference.objects.exists()


def test_the_phone_is_kept_as_the_world_writes_it(anna, phone):
    assert by_message(anna).phone == PHONE
    assert wants(anna, phone="+44 (20) 7946 0018").phone == "+442079460018"


def test_deleting_the_instance_erases_phone_and_messages(shop, anna, phone):
    by_message(anna)
    tell(shop)
    erasure.erase_people(shop.instance)
    assert not NoticePreference.objects.exists()
    assert not Notice.objects.filter(recipient=PHONE).exists()
    assert delivery.send_due(as_of=NOW) > 0
    assert phone.got == []
    assert all("anna" not in mail.to[0] for mail in outbox.outbox)


# --- The text ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("locale", ["ru", "en"])
def test_no_message_of_a_life_is_longer_than_an_sms_allows(locale, phone):
    def owner(name: str) -> None:
        user = User.objects.create_user(f"anna@{name}.example", PASSWORD)
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        by_message(user)

    for name in ("studio", "kiosk", "lab"):
        owner(name)
    for tell_of in (studio, kiosk, lab):
        tell_of(locale)
    sent = Notice.objects.filter(channel="message")
    assert {notice.kind for notice in sent} == {
        "trial_ending",
        "trial_ended",
        "renewal_coming",
        "payment_coming",
        "collection_failed",
        "ended",
    }
    for notice in sent:
        assert len(notice.text) <= MOST, notice.text
        assert not re.search(r"[{}]|None|\s\s|%\(", notice.text), notice.text


FACTS = {
    "domain": "very-long-name-of-a-shop-in-a-distant-town.department.example.ru",
    "plan": "“The longest name that a tariff has had so far”",
    "portal_name": "Saldo",
    "account_number": "100001",
    "short_link": "https://billing.saldo.example.com/pay/",
    "amount": "₽1,234,567.89",
    "rest": "₽1,234,567.88",
    "missing": "₽1,234,567.88",
    "top_up": "₽2,345,678.90",
    "restore_sum": "₽1,234,567.89",
    "open": "₽1,234,567.89",
    "charged": "₽1,234,567.89",
    "active": 1000,
    "renews_on": "30 September 2026",
    "due_date": "30 September 2026",
    "last_day": "30 September 2026",
    "effective_date": "30 September 2026",
    "ended_on": "30 September 2026",
    "month": "September",
    "invoice_number": "METEO-2026-000001",
    "left": "30 days left",
    "method": "Mastercard •• 4242",
    "reason": "the bank that has issued this card has declined the payment for a reason "
    "that it does not tell anybody, not even to us, so that we cannot tell it to you",
}


@pytest.mark.parametrize("kind", sorted(SHORT))
@pytest.mark.parametrize("rest", ["", "₽1,234,567.88"])
def test_names_give_way_and_sums_never(kind, rest):
    facts = {**FACTS, "rest": rest}
    text = short_text(kind, facts)
    assert len(text) <= MOST, text
    whole = short_text(kind, {**facts, "domain": "a.ru", "plan": "“B”", "reason": "no", "short_link": ""})
    assert re.findall(r"₽[\d,.]+\d|\d+ September", text) == re.findall(r"₽[\d,.]+\d|\d+ September", whole)


def test_a_short_one_keeps_its_link(shop, anna, phone, settings):
    settings.BASE_URL = "https://saldo.example.com"
    by_message(anna)
    tell(shop)
    assert latest("payment_coming", channel="message").text.endswith(" https://saldo.example.com/pay/")


@pytest.mark.parametrize(
    ("address", "is_said"), [("json://127.0.0.1/{to}", False), ("json://127.0.0.1/", True), ("nosuch://x/{to}", True)]
)
def test_an_address_that_leads_nowhere_is_said_at_the_start(settings, address, is_said):
    settings.MESSAGE_URLS = {"sms": address}
    warnings = [check for check in run_checks() if check.id == "billing.W003"]
    assert bool(warnings) is is_said
    assert all("nosuch" not in check.msg for check in warnings)
