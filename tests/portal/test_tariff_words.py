"""How a tariff's price, its steps, a computation and a reviewer's findings are said: every sentence with literal figures."""

from dataclasses import replace
from decimal import Decimal

import pytest
from django.utils import translation

from billing.pricing.explanations.explanation import explain_quantity, explain_share
from billing.pricing.explanations.notes import Note, NoteKind
from billing.pricing.review import Contradiction, Fall, Finding
from billing.pricing.terms import Metric, PriceModel, QuotaMode, Renewal, Step, Terms
from billing.wording import explanations, formats, price_steps, review_findings, tariff_prices, unit_names
from tests.support.tariff_samples import BLUE, DRIVER, METEOR, PREPAID, SCALE, STEPPED, TERMINAL, TRIAL

N, T = "\u00a0", "\u202f"

BASE = replace(STEPPED, steps=(Step(1, Decimal(100)), Step(10, Decimal(90))), renewal=Renewal.COLLECTED)
PACKAGE = replace(
    STEPPED, price_model=PriceModel.PACKAGE, steps=(Step(1, total=Decimal(500)), Step(10, total=Decimal(3000)))
)
BUILD = replace(PREPAID, metric=Metric.NONE, price_model=PriceModel.FLAT, unit_price=None, flat_fee=Decimal("4900.00"))
BUILD_ANNUAL = replace(BUILD, interval_months=12, discount_percent=Decimal(10))
PER_QUARTER = replace(BUILD, interval_months=3)


def plain(text: str) -> str:
    """The text with ordinary spaces, for comparing words."""
    return text.replace(N, " ").replace(T, " ")


# --- What a tariff costs ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("terms", "english", "russian"),
    [
        (METEOR, "₽599.00 per active person a month", "599,00 ₽ за активного человека в месяц"),
        (BLUE, "$7.00 per seat a month", "7,00 $ за место в месяц"),
        (DRIVER, "₽120.00 per terminal, once", "120,00 ₽ за терминал, разово"),
        (BASE, "₽100.00 per terminal a month", "100,00 ₽ за терминал в месяц"),
        (PACKAGE, "₽500.00 a month", "500,00 ₽ в месяц"),
        (BUILD, "₽4,900.00 a month", "4 900,00 ₽ в месяц"),
        (BUILD_ANNUAL, "₽52,920.00 a year", "52 920,00 ₽ в год"),
        (SCALE, "₽49,000.00 a month", "49 000,00 ₽ в месяц"),
        (TRIAL, "30 days free of charge", "30 дней бесплатно"),
        (PER_QUARTER, "₽14,700.00 for 3 months", "14 700,00 ₽ за 3 месяца"),
    ],
)
def test_the_headline_is_one_figure_and_what_it_is_for(terms, english, russian):
    with translation.override("en"):
        assert plain(str(tariff_prices.headline(terms))) == english
    with translation.override("ru"):
        assert plain(str(tariff_prices.headline(terms))) == russian


@pytest.mark.parametrize(
    ("terms", "details"),
    [
        (METEOR, ["Up to 9 people: free of charge; above that all are counted.",
                  "Paid afterwards: an invoice on the 1st for the month before, 14 days to pay it."]),
        (BLUE, ["Trial: 7 days, up to 20 people.", "Paid in advance: 14 days to pay the invoice."]),
        (DRIVER, ["10 terminals: ₽1,000.00 in all.", "30 terminals: ₽2,500.00 in all.",
                  "Paid once; more later costs the difference."]),
        (BASE, ["From 10 terminals: ₽90.00 each.",
                "Paid in advance: taken from the balance, then from the saved card."]),
        (PACKAGE, ["For 1–9 in all.", "From 10 terminals: ₽3,000.00 in all.",
                   "Paid in advance: 14 days to pay the invoice."]),
        (BUILD_ANNUAL, ["10% off for paying 12 months at once.", "That is ₽4,410.00 a month.",
                        "Paid in advance: 14 days to pay the invoice."]),
        (SCALE, ["Up to 100 seats: included.", "Plus ₽100.00 for each seat above 100.",
                 "₽80.00 for each seat above 500.", "Paid in advance: 14 days to pay the invoice."]),
        (TRIAL, ["Then a plan has to be chosen; nothing is charged by itself."]),
    ],
)  # fmt: skip
def test_under_the_headline_stands_all_that_a_customer_has_to_know(terms, details):
    with translation.override("en"):
        assert [plain(detail) for detail in tariff_prices.details(terms)] == details


def test_the_same_in_russian():
    with translation.override("ru"):
        assert [plain(detail) for detail in tariff_prices.details(METEOR)] == [
            "До 9 человек — бесплатно; если больше, считаются все.",
            "Оплата после: счёт 1-го числа за прошлый месяц, на оплату 14 дней.",
        ]
        assert [plain(detail) for detail in tariff_prices.details(SCALE)][:3] == [
            "До 100 мест уже включено.",
            "Плюс 100,00 ₽ за каждое место сверх 100.",
            "80,00 ₽ за каждое место сверх 500.",
        ]
        assert plain(tariff_prices.details(BUILD_ANNUAL)[0]) == "Скидка 10 % за оплату сразу за 12 месяцев."


def test_a_yearly_price_is_said_as_it_is_paid_at_once():
    yearly = replace(SCALE, interval_months=12, discount_percent=Decimal(10))
    with translation.override("en"):
        assert plain(str(tariff_prices.headline(yearly))) == "₽529,200.00 a year"
        assert plain(tariff_prices.details(yearly)[1]) == "Plus ₽1,080.00 for each seat above 100."


@pytest.mark.parametrize(
    ("metric", "numbers"),
    [
        (Metric.PEAK_ACTIVE, {1: "1 человек", 3: "3 человека", 5: "5 человек", 11: "11 человек", 22: "22 человека"}),
        (Metric.PAID_MEMBERS, {1: "1 место", 3: "3 места", 5: "5 мест", 11: "11 мест", 22: "22 места"}),
        (Metric.QUANTITY, {1: "1 терминал", 3: "3 терминала", 5: "5 терминалов", 21: "21 терминал"}),
        (Metric.NONE, {1: "1 единица", 3: "3 единицы", 5: "5 единиц"}),
    ],
)
def test_units_have_their_plural_forms(metric, numbers):
    with translation.override("ru"):
        counting = unit_names.Counted(metric, TERMINAL)
        assert {number: unit_names.counted_text(counting, number, str(number)) for number in numbers} == numbers
        assert unit_names.from_text(counting, 21, "21").startswith("от 21 ")


def test_people_terminals_and_seats_in_english():
    with translation.override("en"):
        assert unit_names.counted_text(unit_names.Counted(Metric.PEAK_ACTIVE), 1, "1") == "1 person"
        assert unit_names.counted_text(unit_names.Counted(Metric.PEAK_ACTIVE), 2, "2") == "2 people"
        assert unit_names.from_text(unit_names.Counted(Metric.QUANTITY, TERMINAL), 10, "10") == "from 10 terminals"
        assert unit_names.up_to_text(unit_names.Counted(Metric.PAID_MEMBERS), 1, "1") == "up to 1 seat"


# --- The table of steps ----------------------------------------------------------------------------------------------


def rows(terms: Terms) -> list[tuple[str, str, str]]:
    with translation.override("en"):
        return [(plain(row.units), plain(row.price), plain(row.note)) for row in price_steps.step_rows(terms)]


def test_steps_with_totals_say_what_lies_between_them():
    assert rows(DRIVER) == [
        ("1–9", "₽120.00 each", "never more than ₽1,000.00, the price of 10"),
        (
            "10–29",
            "₽1,000.00 for 10",
            "each further one at the same rate: ₽100.00; never more than ₽2,500.00, the price of 30",
        ),
        ("30 and more", "₽2,500.00 for 30", "each further one at the same rate: ≈ ₽83.33"),
    ]


def test_the_quota_is_the_first_row():
    assert rows(METEOR) == [("1–9", "free", ""), ("10 and more", "₽599.00 each", "all are counted")]
    above = replace(METEOR, quota_mode=QuotaMode.ONLY_ABOVE)
    assert rows(above)[1] == ("10 and more", "₽599.00 each", "only what is above the quota is counted")


def test_graduated_steps_price_their_own():
    assert rows(SCALE) == [
        ("1–100", "included", ""),
        ("101–500", "₽100.00 each", "only those of this step"),
        ("501 and more", "₽80.00 each", "only those of this step"),
    ]


def test_volume_and_package_rows():
    assert rows(BASE) == [("1–9", "₽100.00 each", ""), ("10 and more", "₽90.00 each", "")]
    assert rows(PACKAGE) == [("1–9", "₽500.00 in all", ""), ("10 and more", "₽3,000.00 in all", "")]


def test_one_price_for_every_number_needs_no_table():
    assert rows(BLUE) == rows(BUILD) == rows(TRIAL) == []


# --- A computation, as a person would write it (G8) ------------------------------------------------------------------


def test_meteors_lines_read_as_they_always_did():
    rise = explain_quantity(METEOR, 11, 599_000)
    assert formats.formula_text(rise, "ru") == f"11{N}×{N}599,00 − 5{T}990,00 = 599,00{N}₽"
    assert formats.formula_text(rise, "en") == f"11{N}×{N}599.00 − 5,990.00 = ₽599.00"
    assert formats.formula_text(explain_quantity(METEOR, 9), "ru") == f"0{N}×{N}599,00 = 0,00{N}₽"
    stored = {
        "model": "per_unit",
        "quantity": 11,
        "counted": 11,
        "included": 9,
        "unit_price": "599.00",
        "currency": "RUB",
        "before_minor": 0,
        "amount_minor": 658_900,
    }
    assert plain(formats.formula_text(stored, "en")) == "11 × 599.00 = ₽6,589.00"


@pytest.mark.parametrize(
    ("terms", "quantity", "english"),
    [
        (DRIVER, 8, "8 × 120.00 = 960.00"),
        (DRIVER, 9, "9 × 120.00 − 80.00 = 1 000.00 (never more than 1 000.00, the price of 10 terminals)"),
        (DRIVER, 10, "10 × 100.00 = 1 000.00 (from 10 terminals: 100.00 each)"),
        (DRIVER, 30, "2 500.00 (30 terminals: 2 500.00 in all)"),
        (DRIVER, 60, "60 × 2 500.00/30 = 5 000.00 (30 terminals: 2 500.00 in all)"),
        (BASE, 9, "9 × 100.00 = 900.00"),
        (BASE, 10, "10 × 90.00 = 900.00 (from 10 terminals: 90.00 each)"),
        (SCALE, 600, "49 000.00 + 400 × 100.00 + 100 × 80.00 = 97 000.00 (100 included; above 500: 80.00 each)"),
        (BUILD_ANNUAL, 1, "12 × 4 900.00 − 10% = 52 920.00 (10% off for paying at once)"),
        (BUILD, 1, "4 900.00"),
    ],
)
def test_programs_read_the_formula_with_its_reason(terms, quantity, english):
    assert formats.plain_formula_text(explain_quantity(terms, quantity)) == english


def test_people_read_it_in_their_language():
    ten = explain_quantity(DRIVER, 10)
    assert formats.formula_text(ten, "ru") == f"10{N}×{N}100,00 = 1{T}000,00{N}₽ (от 10 терминалов: по 100,00)"
    assert formats.formula_text(ten, "en") == f"10{N}×{N}100.00 = ₽1,000.00 (from 10 terminals: 100.00 each)"
    assert formats.formula_text(ten, "ru", sign=False).startswith(f"10{N}×{N}100,00 = 1{T}000,00 (")
    stub = explain_share(replace(BLUE, trial_days=0), 1, days=21, of_days=30)
    assert plain(formats.formula_text(stub, "ru")) == "1 × 7,00 × 21/30 = 4,90 $ (21 из 30 дней)"


def test_in_full_everything_is_said_in_sentences():
    sentences = formats.formula_notes(explain_quantity(METEOR, 11, 599_000), "en")
    assert sentences == ["More than 9, so all are counted.", "5,990.00 were charged before."]


@pytest.mark.parametrize("locale", ["en", "ru"])
@pytest.mark.parametrize("kind", NoteKind)
def test_every_kind_of_note_has_its_sentence(kind, locale):
    names = (
        "included_units",
        "from_units",
        "units",
        "quantity",
        "intervals",
        "days",
        "of_days",
        "months",
        "of_months",
        "before_units",
        "used_days",
    )
    sums = (
        "amount",
        "unit_price",
        "total",
        "uncapped",
        "value",
        "daily",
        "left",
        "needed",
        "lost",
        "before",
        "percent",
    )
    numbers = {**dict.fromkeys(names, 2), **{name: Decimal("3.50") for name in sums}}
    figures = explanations.Figures(locale, str, str, str)
    with translation.override(locale):
        text = explanations.note_text(Note(kind, numbers), explain_quantity(DRIVER, 10), figures)
    assert any(figure in text for figure in ("2", "3.50", "1.75"))
    assert "%(" not in text
    assert (locale == "ru") == any("а" <= letter <= "я" for letter in text.lower()) or kind == NoteKind.SEATS


# --- What a reviewer is told -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", Contradiction)
def test_every_contradiction_has_a_sentence_in_both_languages(code):
    names = (
        "from_units",
        "below_units",
        "first_units",
        "included_units",
        "months",
        "price_months",
        "days",
        "people",
        "steps",
    )
    numbers = {**dict.fromkeys(names, 3), "price": Decimal("1.50"), "percent": Decimal("100")}
    sentences = {}
    for locale in ("en", "ru"):
        with translation.override(locale):
            sentences[locale] = review_findings.finding_text(Finding(code, numbers))
    assert sentences["en"] != sentences["ru"]
    assert all(text.endswith(".") and "%(" not in text for text in sentences.values())


def test_a_finding_names_its_numbers_as_their_readers_write_them():
    finding = Finding(Contradiction.UNIT_PRICE_UNUSED, {"price": Decimal("1.50")})
    with translation.override("ru"):
        assert "(1,5)" in review_findings.finding_text(finding)
    with translation.override("en"):
        assert "(1.5)" in review_findings.finding_text(finding)


def test_where_more_costs_less_both_sums_are_named():
    fall = Fall(29, 290_000, 30, 250_000)
    with translation.override("en"):
        text = review_findings.fall_text(fall, DRIVER)
    assert plain(text) == "29 terminals: ₽2,900.00, but 30 terminals: ₽2,500.00. More costs less."
    with translation.override("ru"):
        text = review_findings.fall_text(fall, DRIVER)
    assert plain(text) == "29 терминалов: 2 900,00 ₽, а 30 терминалов: 2 500,00 ₽. Больше стоит меньше."
