"""The mails of payments, offers, invitations and answered requests as their readers get them: sums from the posted rows, both
languages, text and HTML."""

import re
from decimal import Decimal

import pytest

from accounts.models import Customer
from billing import notices
from billing.models import Invoice, Notice
from billing.operations.collection import checkout
from billing.operations.customers import member_management, requests
from billing.operations.settlement import offers
from billing.sandbox import sample_bank as sample
from tests.support.mails import latest, plain
from tests.support.story import msk

AT = msk(5, 12)


def write_all(story, locale: str) -> None:
    Customer.objects.filter(pk=story.customer.pk).update(locale=locale)
    for row in (story.account, story.cloud):
        row.customer.refresh_from_db()
    invoice = Invoice.objects.get()
    invoice.locale = locale  # as if issued in it: an issued one never changes
    notices.queue_due_soon(invoice=invoice, at=AT)
    attempt = checkout.start_payment(
        account=story.account, order=checkout.PaymentOrder(329_500), as_of=AT, user_email=story.anna.email
    )
    sample.decide(attempt.external_id, "card_expired")
    checkout.sync_attempt(attempt=attempt, as_of=AT)
    subscription = story.cloud.subscriptions.get()
    offers.send_offer(
        subscription=subscription, people=20, discount_percent=Decimal("10"), as_of=AT, actor="support@saldo.example"
    )
    member_management.invite_member(
        instance=story.cloud, email="new@romashka.example", name="", role="member", as_of=AT, invited_by="А. Петрова"
    )
    asked = requests.file_request(
        account=story.account,
        new=requests.NewRequest("termination"),
        as_of=AT,
        user_email=story.anna.email,
        instance=story.cloud,
    )
    requests.decline(request=asked, as_of=AT, actor="support@saldo.example", reason="Сначала оплатите счёт")


SAID = {
    "ru": {
        "due_soon": ("Осталось оплатить 6 589,00 ₽", "16 мая 2026 в 00:00 по Москве", "/documents/R-2026-000001/"),
        "payment_failed": ("Платёж 3 295,00 ₽ не прошёл", "Причина: срок карты истёк.", "/pay/"),
        "offer_sent": ("129 384,00 ₽", "143 760,00 ₽", "На 20 человек"),
        "invitation": ("Вас приглашает А. Петрова. Ваша роль: Участник.", "/join/"),
        "request_answered": ("завершить подписку", "Сначала оплатите счёт", "/requests/req_"),
    },
    "en": {
        "due_soon": ("₽6,589.00 is still to be paid.", "16 May 2026 at 00:00 Moscow time"),
        "payment_failed": ("The payment of ₽3,295.00 did not go through", "The reason: the card has expired."),
        "offer_sent": ("₽129,384.00", "For 20 expected people"),
        "invitation": ("А. Петрова has invited you. Your role: Member.",),
        "request_answered": ("It has not been done.", "end the subscription"),
    },
}


@pytest.mark.parametrize("locale", ["ru", "en"])
def test_every_mail_says_what_it_is_about_in_text_and_page(story, locale):
    write_all(story, locale)
    for kind, sentences in SAID[locale].items():
        mail = latest(kind)
        assert mail.locale == locale
        assert mail.subject.strip()
        assert "\n" not in mail.subject
        for body in (mail.text, mail.html):
            for sentence in sentences:
                assert sentence in plain(body), (kind, sentence)
            assert not re.search(r"\{[{%#]|None", body), kind
            assert story.account.number in body
        assert f'lang="{locale}"' in mail.html
        assert not re.search(r"<(script|link|img)\b", mail.html)
        assert "&quot;" not in mail.text


def test_each_goes_out_once(story):
    notices.queue_due_soon(invoice=Invoice.objects.get(), at=AT)
    notices.queue_due_soon(invoice=Invoice.objects.get(), at=AT)
    assert Notice.objects.filter(kind="due_soon").count() == 1
