"""What owners are told at each step of a subscription, read back in both languages, as text and as page."""

import html
import re
from datetime import date

import pytest

from billing import notices
from billing.models import Charge, Collection, Notice, PaymentAttempt, SavedMethod
from billing.operations.subscriptions import plan_changes
from billing.operations.subscriptions.quotes import TermsRequest
from tests.support.mails import latest, plain
from tests.support.owner_notices import kiosk, lab, studio
from tests.support.people import STAFF, Party, at, party

SAID = {
    "en": {
        "trial_started": (
            "studio.example.ru works in full until 17 April 2026, that day included. No card is needed and nothing is charged.",
            "Up to 20 people may take part meanwhile",
            "becomes read-only on 18 April 2026 at 00:00 Moscow time",
            "Blue, by the month: $7.00 per seat a month",
        ),
        "trial_extended": ("by 3 days: it works in full until 20 April 2026",),
        "trial_ending": ("until 20 April 2026, that day included: 3 days left.", "begins on 21 April 2026"),
        "plan_chosen": ("The paid time of studio.example.ru begins on 21 April 2026.", "$70.00 per seat a year."),
        "started": (
            "$1.94 has been charged for 21–30 April 2026.",
            "1 × 70.00 / 12 × 10/30 = $1.94",
            "begins on 1 May 2026",
        ),
        "renewed": ("$70.00 has been charged for 1 May 2026 – 30 April 2027.", "The next period begins on 1 May 2027"),
        "renewal_coming": (
            "On 1 May 2027 (30 days left) $70.00 is charged for studio.example.ru for 1 May 2027 – 30 April 2028.",
            "can be paid within 14 days",
            "Cancel before that day",
        ),
        "terms_changed": (
            "Since 16 April 2026 at 12:00 Moscow time it has been “Plus”; before it was “Light”.",
            "15 × 6.00 − 45.00 = ₽45.00",
            "Balance now: −₽45.00",
            "Until the end of 16 April 2026 the change can be undone in full.",
        ),
        "change_undone": ("₽48.00 is back on the account.", "Balance now: ₽0.00"),
        "change_scheduled": (
            "stays on “Plus” to the end of what is paid and moves to “Light” on 1 May 2026",
            "₽90.00 a month.",
        ),
        "cancelled": ("works in full until 1 May 2026 at 00:00 Moscow time", "you can take the cancellation back"),
        "cancel_undone": ("kiosk.example.ru goes on as before.", "The next period begins on 1 May 2026"),
        "payment_coming": (
            "begins on 1 May 2026 and costs ₽90.00.",
            "top the account up by ₽90.00, or save a card",
            "ends on 2 May 2026 at 00:00 Moscow time",
        ),
        "collection_failed": (
            "The balance does not cover it, and no card is saved.",
            "The next try is on 27 April 2026 at 10:00 Moscow time",
            "5 days left",
        ),
        "ended": (
            "The money for the period from 1 May 2026 did not come, so it ended on 2 May 2026 at 00:00 Moscow time",
        ),
        "trial_ended": (
            "Since 2 May 2026 at 00:00 Moscow time lab.example.ru can be viewed and exported",
            "Build, a year at once: ₽52,920.00 a year",
        ),
    },
    "ru": {
        "trial_started": (
            "studio.example.ru полностью работает до 17 апреля 2026 включительно. Карта не нужна, ничего не начисляется.",
            "могут участвовать до 20 человек",
            "18 апреля 2026 в 00:00 по Москве studio.example.ru станет доступен только для чтения",
            "Blue, помесячно: 7,00 $",
        ),
        "trial_extended": ("на 3 дня: всё работает до 20 апреля 2026 включительно",),
        "trial_ending": ("до 20 апреля 2026 включительно: осталось 3 дня.", "начнётся 21 апреля 2026"),
        "plan_chosen": ("Оплачиваемый период для studio.example.ru начинается 21 апреля 2026.",),
        "started": (
            "Начислено 1,94 $ за период 21–30 апреля 2026.",
            "1 × 70,00 / 12 × 10/30 = 1,94 $",
            "начинается 1 мая 2026",
        ),
        "renewed": ("Начислено 70,00 $ за период 1 мая 2026 – 30 апреля 2027.",),
        "renewal_coming": ("1 мая 2027 (осталось 30 дней) за studio.example.ru будет начислено 70,00 $", "14 дней"),
        "terms_changed": (
            "С 16 апреля 2026 в 12:00 по Москве действует «Плюс»; раньше был «Лёгкий».",
            "15 × 6,00 − 45,00 = 45,00 ₽",
            "До конца 16 апреля 2026 изменение можно отменить полностью.",
        ),
        "change_undone": ("На счёт возвращено 48,00 ₽.",),
        "change_scheduled": ("действует «Плюс», с 1 мая 2026 — «Лёгкий»", "90,00 ₽ в месяц."),
        "cancelled": ("полностью работает до 1 мая 2026 в 00:00 по Москве", "отмену можно отозвать"),
        "cancel_undone": ("Отмена подписки отозвана: kiosk.example.ru работает как прежде.",),
        "payment_coming": (
            "начинается 1 мая 2026 и стоит 90,00 ₽.",
            "пополните счёт на 90,00 ₽",
            "2 мая 2026 в 00:00 по Москве",
        ),
        "collection_failed": ("карта не сохранена", "27 апреля 2026 в 10:00 по Москве", "осталось 5 дней"),
        "ended": ("Деньги за период с 1 мая 2026 не поступили, поэтому она закончилась 2 мая 2026 в 00:00 по Москве",),
        "trial_ended": ("С 2 мая 2026 в 00:00 по Москве в lab.example.ru работают просмотр и выгрузка", "52 920,00 ₽"),
    },
}


def page_of(mail: Notice) -> str:
    """The page as it is read: its body without marks, a row's label and sum joined as in the text."""
    body = mail.html.partition("<h1")[2]
    body = re.sub(r"\s*</td>\s*<td[^>]*>\s*", ": ", body)
    return plain(html.unescape(re.sub(r"<[^>]+>", " ", body)))


def assert_whole(mail: Notice) -> None:
    """Nothing of the template shows, nothing is empty, and the page says what the text says."""
    assert mail.subject
    assert mail.subject == " ".join(mail.subject.split(" "))
    for body in (mail.subject, mail.text, mail.html.partition("</style>")[2]):
        assert not re.search(r"\{[{%#]|[}%]\}|None|%\(|“”|«»|\(\)", body), (mail.kind, body)
        assert not re.search(r": *\.| ,|\.\.|,\.", plain(re.sub(r"<[^>]+>", "", body))), (mail.kind, body)
    assert not re.search(r"<(script|link|img)\b", mail.html)
    assert f'lang="{mail.locale}"' in mail.html
    assert "&quot;" not in mail.text
    page = page_of(mail)
    for line in mail.text.partition("\n--\n")[0].splitlines()[1:]:
        sentence = plain(line)
        if sentence and "http" not in sentence and not sentence.endswith(":"):
            assert sentence.partition(": ")[0] in page, (mail.kind, sentence)


@pytest.mark.parametrize("locale", ["ru", "en"])
def test_every_step_of_a_subscription_is_told_with_its_sums_and_dates(locale, settings):
    settings.SUPPORT_EMAIL = "help@saldo.example"
    for party_ in (studio(locale), kiosk(locale), lab(locale)):
        domain = party_.instance.domain
        for kind, sentences in SAID[locale].items():
            mails = Notice.objects.filter(
                kind=kind, account=party_.account, recipient=f"anna@{domain.split('.')[0]}.example"
            )
            for mail in mails:
                assert_whole(mail)
                assert "help@saldo.example" in mail.text
                assert "help@saldo.example" in mail.html
            if domain.startswith(OWNER[kind]):
                assert_said(mails.order_by("-pk")[0], sentences)


OWNER = {
    **dict.fromkeys(
        ("trial_started", "trial_extended", "trial_ending", "plan_chosen", "started", "renewed", "renewal_coming"),
        "studio",
    ),
    **dict.fromkeys(("terms_changed", "change_undone", "change_scheduled", "cancelled", "cancel_undone"), "kiosk"),
    **dict.fromkeys(("payment_coming", "collection_failed", "ended"), "kiosk"),
    "trial_ended": "lab",
}


def assert_said(mail: Notice, sentences: tuple[str, ...]) -> None:
    for sentence in sentences:
        assert sentence in plain(mail.text), (mail.kind, sentence, plain(mail.text))
        assert sentence in page_of(mail), (mail.kind, sentence, page_of(mail))


def card(shop: Party) -> SavedMethod:
    return SavedMethod.objects.create(
        account=shop.account,
        provider="sample",
        external_id="card-1",
        title="Visa •• 4242",
        saved_at=at("2026-04-01 10:00"),
        saved_by="anna@shop.example",
    )


@pytest.mark.parametrize(
    ("balance", "with_card", "says"),
    [
        (18_000, False, "Your balance covers it: you need not do anything."),
        (5_000, True, "₽130.00 is taken from Visa •• 4242. You need not do anything."),
        (5_000, False, "top the account up by ₽130.00, or save a card."),
    ],
)
def test_the_coming_payment_says_what_it_is_taken_from(shop, balance, with_card, says):
    method = card(shop) if with_card else None
    notices.queue_payment_coming(
        subscription=shop.fresh,
        renews_on=date(2026, 5, 1),
        amount_minor=18_000,
        balance_minor=balance,
        method=method,
        at=at("2026-04-26 10:00"),
    )
    mail = latest("payment_coming")
    assert_whole(mail)
    assert says in plain(mail.text)
    has_to_hurry = balance < 18_000
    assert ("for the last time on 1 May 2026" in plain(mail.text)) is has_to_hurry
    assert ("ends on 2 May 2026" in plain(mail.text)) is has_to_hurry


def test_what_earlier_invoices_take_has_to_be_topped_up_too(shop):
    plan_changes.change_terms(
        subscription=shop.fresh, request=TermsRequest("max"), as_of=at("2026-04-15 12:00"), actor="anna"
    )
    notices.queue_payment_coming(
        subscription=shop.fresh,
        renews_on=date(2026, 5, 1),
        amount_minor=36_000,
        balance_minor=0,
        method=None,
        at=at("2026-04-26 10:00"),
    )
    text = plain(latest("payment_coming").text)
    assert "Open on earlier invoices: ₽96.00" in text  # 16 days of 30: 16 × 12 − 16 × 6
    assert "top the account up by ₽456.00" in text


def fail_collection(shop: Party, day: date, outcome: str, reason: str = "") -> Notice:
    attempt = PaymentAttempt.objects.create(
        account=shop.account,
        provider="sample",
        currency="RUB",
        amount_minor=18_000,
        method=card(shop),
        status="failed",
        created_at=at("2026-04-26 10:00"),
        created_by="",
    )
    collection = Collection.objects.create(
        subscription=shop.subscription,
        period_start=date(2026, 5, 1),
        day=day,
        at=at(f"{day} 10:00"),
        currency="RUB",
        amount_minor=18_000,
        balance_minor=0,
        outcome=outcome,
        reason=reason,
        attempt=attempt,
    )
    for _twice in range(2):
        notices.queue_collection_failed(
            subscription=shop.fresh, collection=collection, days_left=(date(2026, 5, 1) - day).days, at=collection.at
        )
    mail = latest("collection_failed")
    assert_whole(mail)
    assert Notice.objects.filter(kind="collection_failed", recipient=mail.recipient).count() == 1
    return mail


@pytest.mark.parametrize(
    ("reason", "says"),
    [
        ("insufficient_funds", "Visa •• 4242 was declined: there is not enough money on the card."),
        ("requires_action", "Visa •• 4242 was declined: the bank wants you to confirm it on its own page."),
    ],
)
def test_a_decline_says_why_and_when_it_is_tried_again(shop, reason, says):
    text = plain(fail_collection(shop, date(2026, 4, 30), "declined", reason).text)
    assert says in text
    assert "The next try is on 1 May 2026 at 10:00 Moscow time" in text
    assert "(1 day left)" in text


def test_the_last_try_says_that_there_is_none_after_it(shop):
    mail = fail_collection(shop, date(2026, 5, 1), "silent")
    assert plain(mail.subject) == "shop.example.ru: ₽180.00 could not be taken, today is the last day"
    assert "The payment service has not answered" in plain(mail.text)
    assert "Top up ₽180.00 by the end of 1 May 2026, and the subscription goes on." in plain(mail.text)


def test_a_cheaper_tariff_now_says_what_is_lost(shop):
    wish = TermsRequest("light", when="now")
    plan_changes.change_terms(subscription=shop.fresh, request=wish, as_of=at("2026-04-15 12:00"), actor="anna")
    mail = latest("terms_changed")
    assert_whole(mail)
    assert "Nothing is charged for the change." in mail.text
    assert "What was left of the earlier payment, ₽48.00, is not paid back." in plain(mail.text)  # 16 × 6 − 16 × 3
    assert "Until the end of 15 April 2026 the change can be undone in full." in plain(mail.text)


def test_what_is_paid_once_has_nothing_to_renew():
    driver = party("driver", product="evotor-driver", tariff_id="driver", quantity=10, locale="en")
    bought = Charge.objects.get(account=driver.account)
    notices.queue_started(subscription=driver.fresh, charge=bought, at=at("2026-04-01 09:00"))
    mail = latest("started", account=driver.account)
    assert_whole(mail)
    assert "Everything is open. ₽1,000.00 has been charged." in plain(mail.text)
    assert "It is paid once: there is nothing to renew." in mail.text
    assert "“Driver, paid once”, 10 terminals" in plain(mail.subject)


@pytest.mark.parametrize(
    ("reason", "says"),
    [
        ("cancelled", "You cancelled it, and what was paid was used up on 1 May 2026 at 00:00 Moscow time"),
        ("terminated", "It was terminated on 1 May 2026 at 00:00 Moscow time, as its owner asked"),
    ],
)
def test_the_end_says_why(shop, reason, says):
    notices.queue_ended(subscription=shop.fresh, reason=reason, at=at("2026-05-01 00:00"))
    mail = latest("ended")
    assert_whole(mail)
    assert says in plain(mail.text)
    assert "Choose a tariff in the portal: it is a new subscription" in mail.text


def test_the_same_fact_is_told_once_and_another_one_again(shop):
    for days_left in (30, 30, 7):
        notices.queue_renewal_coming(
            subscription=shop.fresh,
            renews_on=date(2026, 5, 1),
            amount_minor=18_000,
            days_left=days_left,
            at=at("2026-04-24 10:00"),
        )
    assert Notice.objects.filter(kind="renewal_coming", recipient="anna@shop.example").count() == 2
    assert Notice.objects.filter(kind="renewal_coming", recipient="buh@shop.example").count() == 2


def test_while_read_only_the_mail_names_the_sum_that_restores(shop):
    plan_changes.change_terms(
        subscription=shop.fresh, request=TermsRequest("max"), as_of=at("2026-04-15 12:00"), actor="anna"
    )
    plan_changes.cancel_subscription(subscription=shop.fresh, as_of=at("2026-04-30 12:00"), actor=STAFF)
    text = plain(latest("cancelled").text)
    assert "Full access returns by itself once ₽96.00 has arrived." in text
    assert "works in full" not in text
