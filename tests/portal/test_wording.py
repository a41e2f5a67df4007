"""How sums and dates are written. Spaces are spelled out: a plain one in a sum would break over two lines."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.template import Context, Template
from django.utils import translation

from billing.templatetags.saldo import device, unbroken_sums
from billing.wording import formats

N, T = "\u00a0", "\u202f"


@pytest.mark.parametrize(
    ("value", "currency", "locale", "expected"),
    [
        (-1_317_800, "RUB", "ru", f"−13{T}178,00{N}₽"),
        (-1_317_800, "RUB", "en", "−₽13,178.00"),
        (59_900, "RUB", "ru", f"599,00{N}₽"),
        (467, "USD", "en", "$4.67"),
        (-3_500, "USD", "en", "−$35.00"),
        (-3_500, "USD", "ru", f"−35,00{N}$"),
        (0, "RUB", "ru", f"0,00{N}₽"),
        (Decimal("599"), "RUB", "ru", f"599,00{N}₽"),
        (Decimal("5.8333"), "USD", "en", "$5.8333"),
        (123_456_789_012, "RUB", "ru", f"1{T}234{T}567{T}890,12{N}₽"),
        (1500, "JPY", "en", f"JPY{N}1,500"),
        (12_345, "KWD", "ru", f"12,345{N}KWD"),
        (700, "USD", "de", "$7.00"),
    ],
)
def test_a_sum_is_written_as_its_readers_write_it(value, currency, locale, expected):
    assert formats.money_text(value, currency, locale) == expected


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ sum|money:'RUB' }}", '<span class="sum">−₽13,178.00</span>'),
        ("{{ sum|owed:'RUB' }}", '<span class="sum">+₽13,178.00</span>'),
        ("{{ sum|movement:'JPY' }}", "−JPY\u00a01,317,800"),
        ("{% autoescape off %}{{ sum|money:'RUB' }}{% endautoescape %}", "−₽13,178.00"),
        ("{{ plus|money:'RUB' }}", "₽13,178.00"),
    ],
)
def test_no_line_ends_between_a_minus_and_the_currency(template, expected):
    with translation.override("en"):
        context = Context({"sum": -1_317_800, "plus": 1_317_800})
        assert Template("{% load saldo %}" + template).render(context) == expected


def test_a_russian_sum_needs_no_markup():
    with translation.override("ru"):
        rendered = Template("{% load saldo %}{{ sum|money:'RUB' }}").render(Context({"sum": -1_317_800}))
    assert rendered == f"−13{T}178,00{N}₽"


@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0", "Firefox · Windows"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Mobile Safari/604.1",
            "Safari · iPhone",
        ),
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 YaBrowser/25.8 Safari/537.36",
            "Yandex Browser · Linux",
        ),
        ("curl/8.14", "curl/8.14"),
        ("", "—"),
    ],
)
def test_a_session_is_named_as_people_know_it(agent, expected):
    assert device(agent) == expected


def test_a_movement_shows_its_plus_and_zero_none():
    assert formats.money_text(1_000_000, "RUB", "ru", signed=True) == f"+10{T}000,00{N}₽"
    assert formats.money_text(-59_900, "RUB", "ru", signed=True) == f"−599,00{N}₽"
    assert formats.money_text(0, "RUB", "ru", signed=True) == f"0,00{N}₽"


def test_without_a_locale_the_active_language_is_used():
    with translation.override("ru"):
        assert formats.money_text(100, "RUB") == f"1,00{N}₽"
    with translation.override("en"):
        assert formats.money_text(100, "RUB") == "₽1.00"


@pytest.mark.parametrize(
    ("locale", "full", "short", "month"),
    [("ru", f"15{N}мая{N}2026", f"15{N}мая", f"май{N}2026"), ("en", f"15{N}May{N}2026", f"15{N}May", f"May{N}2026")],
)
def test_dates_and_months(locale, full, short, month):
    day = date(2026, 5, 15)
    assert formats.date_text(day, locale) == full
    assert formats.date_text(day, locale, year=False) == short
    assert formats.period_text(day, locale) == month


def test_the_year_is_left_out_only_within_the_same_year():
    assert formats.near_date_text(date(2026, 12, 31), date(2026, 1, 1), "en") == f"31{N}December"
    assert formats.near_date_text(date(2027, 1, 1), date(2026, 12, 31), "en") == f"1{N}January{N}2027"


def test_an_instant_is_told_on_the_wall_clock_of_its_zone():
    lock = datetime(2026, 5, 15, 21, 0, tzinfo=UTC)
    assert formats.instant_text(lock, "Europe/Moscow", "ru") == f"16{N}мая{N}2026 в{N}00:00 по Москве"
    assert formats.instant_text(lock, "Europe/Moscow", "en") == f"16{N}May{N}2026 at{N}00:00 Moscow time"
    assert formats.instant_text(lock, "Asia/Yekaterinburg", "en").endswith(f"16{N}May{N}2026 at{N}02:00 UTC+5")
    assert formats.zone_text(lock, "Asia/Kolkata", "en") == "UTC+5:30"
    assert formats.zone_text(lock, "America/Los_Angeles", "ru") == "UTC−7"


def test_both_ends_of_a_period_are_days_in_it():
    assert formats.span_text(date(2026, 4, 1), date(2026, 4, 30), "ru") == f"1–30{N}апреля{N}2026"
    assert formats.span_text(date(2026, 4, 10), date(2026, 5, 3), "en") == f"10{N}April – 3{N}May{N}2026"
    assert formats.span_text(date(2025, 12, 31), date(2026, 1, 1), "en") == f"31{N}December{N}2025 – 1{N}January{N}2026"


@pytest.mark.parametrize(
    ("seconds", "ru", "en"),
    [
        (2 * 86400 + 4 * 3600 + 59, "осталось 2 дня 4 часа", "2 days 4 hours left"),
        (5 * 3600 + 61, "осталось 5 часов 1 минута", "5 hours 1 minute left"),
        (86400, "осталось 1 день", "1 day left"),
        (30, "осталось 1 минута", "1 minute left"),
    ],
)
def test_what_is_left_of_a_time_is_said_in_its_two_largest_parts(seconds: int, ru: str, en: str) -> None:
    for locale, expected in (("ru", ru), ("en", en)):
        with translation.override(locale):
            assert formats.time_left_text(seconds).replace("\u00a0", " ") == expected


def test_the_sums_of_a_mails_subject_stay_in_one_line():
    assert unbroken_sums("Мы получили 5 990,00 ₽ 9 мая 2026") == f"Мы получили 5{N}990,00{N}₽ 9 мая 2026"
    assert unbroken_sums("активных: 10 — 5 990,00 ₽ за май") == f"активных: 10 — 5{N}990,00{N}₽ за май"
