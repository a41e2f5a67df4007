"""The statement of account as a file to keep: PDF for reading, CSV for a spreadsheet. Same rows, same words as on the page.

A row's words hold names and reasons that strangers wrote, and a spreadsheet runs whatever looks like a formula to it, so
no cell of text may begin as one does.
"""

import csv
import io
import re
import unicodedata
from datetime import date, datetime

from django.utils import translation
from django.utils.translation import gettext as _

from billing.documents.context import Party, tidy
from billing.documents.purpose import plain_amount
from billing.documents.renderer import render_statement
from billing.documents.statement_context import StatementContext, StatementEntry
from billing.errors import BillingError
from billing.pricing.money import from_minor
from billing.pricing.periods import business_date
from billing.reports.statements import movements
from billing.reports.statements.statement import Row, Statement
from billing.wording import formats

# A row costs some 4 ms of layout, and one document is made at a time: more rows would hold up everybody's invoices.
PRINTED_ROWS = 1_000

BOM = "\ufeff"  # without it Excel reads UTF-8 as the machine's old code page
HEADS = {
    "ru": ("Дата", "Операция", "Расчёт и пояснение", "Сумма", "Остаток", "Валюта"),
    "en": ("Date", "Operation", "Working and notes", "Amount", "Balance", "Currency"),
}
BALANCES = {"ru": ("Остаток на начало", "Остаток на конец"), "en": ("Opening balance", "Closing balance")}
SEPARATORS = {"ru": ";", "en": ","}

FORMULA_STARTS = tuple("=+-@\t\r\n")
# A spreadsheet that expects the other separator cuts cells at it, so what follows one may not begin a formula either.
AFTER_SEPARATOR = re.compile(r"""([;,|]["'\s]*)(?=[=+\-@＝＋－＠﹦﹢﹣﹫])""")


def _starts_formula(text: str) -> bool:
    """Tells whether a spreadsheet might run ``text``: full-width and small forms count, and what is invisible is passed over."""
    seen = (c for c in text if not c.isspace() and unicodedata.category(c) not in ("Cc", "Cf"))
    return text.startswith(FORMULA_STARTS) or unicodedata.normalize("NFKC", next(seen, "")).startswith(FORMULA_STARTS)


def safe_cell(text: str) -> str:
    """Returns ``text`` as one line that every spreadsheet takes for text: an apostrophe before whatever might be a formula."""
    line = AFTER_SEPARATOR.sub(r"\1'", tidy(text))
    return f"'{line}" if _starts_formula(text) or _starts_formula(line) else line


def _working(row: Row, zone: str) -> str:
    """Writes how the movement was worked out and all else that is known of it, in the active language."""
    return " · ".join(filter(None, [movements.occurrence_date_text(row, zone), *movements.notes(row)]))


def statement_context(
    statement: Statement, *, locale: str, as_of: datetime, start: date | None = None, end: date | None = None
) -> StatementContext:
    """Collects what the document of ``statement`` prints; ``start`` and ``end`` are the dates it was asked for.

    An open start is the day on which the account was opened, an open end the day of ``as_of``.
    """
    account = statement.account
    zone, currency, code = account.zone, account.currency, formats.language(locale)
    with translation.override(code):
        entries = tuple(
            StatementEntry(
                day=business_date(row.at, zone),
                what=movements.title(row),
                how=_working(row, zone),
                amount=from_minor(row.amount_minor, currency),
                balance=from_minor(row.balance_after_minor, currency),
            )
            for row in statement.rows
        )
    today, days = business_date(as_of, zone), [entry.day for entry in entries]
    return StatementContext(
        issue_date=today,
        locale=code,
        currency=currency,
        seller=Party.from_snapshot(account.seller.snapshot()),
        buyer=Party.from_snapshot(account.customer.snapshot()),
        account_number=account.number,
        start=start or min([business_date(account.opened_at, zone), *days]),
        end=end or max([today, start or today, *days]),
        opening=from_minor(statement.opening_minor, currency),
        entries=entries,
        closing=from_minor(statement.closing_minor, currency),
    )


def statement_pdf(
    statement: Statement, *, locale: str, as_of: datetime, start: date | None = None, end: date | None = None
) -> bytes:
    """Returns the PDF of ``statement`` (G3, G5), the same bytes for the same arguments; they are those of `statement_context`.

    Raises BillingError beyond ``PRINTED_ROWS`` movements: a document that left some out would not add up.
    """
    if len(statement.rows) > PRINTED_ROWS:
        shown = {"limit": formats.count_text(PRINTED_ROWS)}
        raise BillingError(
            _("There are more than %(limit)s operations on these dates: choose fewer days, or take the CSV file.")
            % shown,
            code="statement_too_long",
        )
    return render_statement(statement_context(statement, locale=locale, as_of=as_of, start=start, end=end))


def statement_csv(statement: Statement, locale: str) -> bytes:
    """Returns the statement for a spreadsheet: UTF-8 with BOM, every cell quoted, sums as bare decimals of the main unit.

    Russian spreadsheets expect ``;`` and a decimal comma, the others ``,`` and a dot. The first row is the opening
    balance, the last one the closing balance, so that the column of sums leads from the one to the other.
    """
    code, currency, zone = formats.language(locale), statement.account.currency, statement.account.zone

    def sum_text(minor: int) -> str:
        return plain_amount(from_minor(minor, currency), currency, code)

    opening, closing = BALANCES[code]
    target = io.StringIO(newline="")
    writer = csv.writer(target, delimiter=SEPARATORS[code], quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(HEADS[code])
    writer.writerow(["", opening, "", "", sum_text(statement.opening_minor), currency])
    with translation.override(code):
        for row in statement.rows:
            day = business_date(row.at, zone)
            words = [safe_cell(movements.title(row)), safe_cell(_working(row, zone))]
            sums = [sum_text(row.amount_minor), sum_text(row.balance_after_minor)]
            writer.writerow([f"{day:%d.%m.%Y}" if code == "ru" else day.isoformat(), *words, *sums, currency])
    writer.writerow(["", closing, "", "", sum_text(statement.closing_minor), currency])
    return (BOM + target.getvalue()).encode()
