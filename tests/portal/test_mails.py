"""The mails as their readers get them, in both languages, text and HTML (M7, M9, D4, D8, D20)."""

import re

import pytest

from accounts.models import Customer
from billing.models import Invoice, Notice
from billing.operations.cycle import access
from billing.operations.settlement import payments
from tests.support.mails import latest, plain
from tests.support.people import stand_at
from tests.support.story import msk


def lock(story) -> None:
    access.announce_overdue(account_id=story.account.pk, as_of=msk(5, 16, 0, 5))


def pay(story, amount_minor: int, at) -> None:
    new = payments.NewPayment(amount_minor, "RUB", "bank", reference="п/п 17")
    payments.record_payment(account=story.account, new=new, as_of=at, actor="finance@saldo.example")


def test_the_invoice_says_what_to_pay_until_when_and_what_follows(story):
    mail = latest("invoice_issued")
    assert plain(mail.subject) == "Счёт № R-2026-000001 за апрель 2026: 6 589,00 ₽ до 15 мая 2026"
    text = plain(mail.text)
    assert "Оплатите 6 589,00 ₽ до 15 мая 2026 включительно." in text
    assert "16 мая 2026 в 00:00 по Москве ваши экземпляры станут доступны только для чтения" in text
    assert "11 × 599,00 = 6 589,00" in text
    assert "/documents/R-2026-000001/" in mail.text


def test_the_lock_names_the_sum_and_says_that_charges_go_on(story):
    lock(story)
    mail = latest("read_only")
    assert plain(mail.subject) == "Доступ только для чтения: оплатите 6 589,00 ₽, чтобы вернуть его"
    for body in (mail.text, mail.html):
        assert "с 16 мая 2026 в 00:00 по Москве" in plain(body)
        assert "месяцы продолжают начисляться за тех, кто остаётся активным" in plain(body)
        assert "как только поступит 6 589,00 ₽" in plain(body)
        assert "romashka.example.ru" in body


def test_a_part_payment_says_what_is_still_missing_and_the_last_kopeck_restores(story):
    lock(story)
    stand_at(msk(5, 17))
    pay(story, 658_899, msk(5, 17))
    assert "как только поступит 0,01 ₽" in plain(latest("payment_received").text)
    assert not Notice.objects.filter(kind="restored").exists()
    pay(story, 1, msk(5, 17, 12, 1))
    assert "С 17 мая 2026 в 12:01 по Москве ваши экземпляры снова работают полностью" in plain(latest("restored").text)
    assert "начисляться" not in latest("payment_received").text


def test_the_quota_that_was_crossed_tells_price_and_way_back(story):
    text = plain(latest("quota_crossed").text)
    assert "активных людей одновременно: 10; бесплатно — до 9" in text
    assert "за апрель начислено 5 990,00 ₽" in text
    assert "Ещё один человек добавит 599,00 ₽" in text
    assert "с 1 мая активных будет 9 или меньше" in text


def test_the_same_in_english(story):
    from billing import notices

    Customer.objects.filter(pk=story.customer.pk).update(locale="en")
    invoice = Invoice.objects.get()
    invoice.account.customer.refresh_from_db()
    lock(story)
    mail = latest("read_only")
    assert plain(mail.subject) == "Access is read-only: pay ₽6,589.00 to restore it"
    assert 'lang="en"' in mail.html
    assert "the months go on being charged for those who stay active" in plain(mail.text)
    assert notices.account_recipients(story.account) == ["anna@romashka.example"]


@pytest.mark.parametrize("kind", ["invoice_issued", "quota_crossed", "read_only", "payment_received", "restored"])
def test_every_mail_is_whole(story, settings, kind):
    settings.SUPPORT_EMAIL = "help@saldo.example"
    lock(story)
    pay(story, 658_900, msk(5, 17))
    mail = latest(kind)
    assert mail.subject.strip() == mail.subject
    assert "\n" not in mail.subject
    assert mail.subject
    for body in (mail.text, mail.html):
        assert "ООО «Ромашка», лицевой счёт 100001." in body
        assert not re.search(r"\{[{%#]|None", body)
    assert 'lang="ru"' in mail.html
    assert not re.search(r"<(script|link|img)\b", mail.html)
    assert "&amp;laquo;" not in mail.html
    assert "&quot;" not in mail.text
    if kind in ("payment_received", "restored", "read_only"):
        assert "help@saldo.example" in mail.text
        assert "help@saldo.example" in mail.html
