"""Documents of an invented seller: check digits agree, nobody is real."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from billing.documents.context import CreditNoteContext, InvoiceContext, OfferContext, Party
from billing.documents.statement_context import StatementContext, StatementEntry

SELLER = {
    "kind": "company",
    "name": "ООО «Три кита»",
    "full_name": "Общество с ограниченной ответственностью «Три кита»",
    "inn": "6200098765",
    "kpp": "620001001",
    "ogrn": "1026200870321",
    "country": "RU",
    "address": "390000, Рязанская обл., г. Рязань, ул. Маячная, д. 7, офис 12",
    "email": "billing@trikita.example",
    "bank_name": "ПАО СБЕРБАНК",
    "bank_city": "Москва",
    "bic": "044525225",
    "bank_account": "40702810138250123017",
    "correspondent_account": "30101810400000000225",
    "director": "Иванов И. И.",
    "accountant": "Петрова П. П.",
    "vat_exemption": "НДС не облагается (п. 1 ст. 145 НК РФ)",
}

BUYER = {
    "kind": "company",
    "name": "ООО «Ромашка»",
    "full_name": "Общество с ограниченной ответственностью «Ромашка»",
    "inn": "7707083893",
    "kpp": "770701001",
    "address": "125009, г. Москва, Газетный пер., д. 3",
    "email": "buh@romashka.example",
}

ABROAD = {
    "kind": "foreign",
    "name": "Three Whales Inc.",
    "full_name": "Three Whales Incorporated",
    "tax_id": "00-1234567",
    "country": "US",
    "address": "12 Harbor Street, Portland, ME 04101",
    "email": "billing@threewhales.example",
    "bank_name": "First Harbor Bank",
    "bic": "FHBKUS33XXX",
    "bank_account": "000123456789",
}

LINE = {
    "number": 1,
    "description": "METEOR Cloud, romashka.example.ru, октябрь 2026",
    "quantity": "11",
    "unit": "чел.",
    "unit_price": "1320",
    "amount": "14520.00",
    "explanation": "Пик 11 активных, достигнут 10 октября в 14:03 по Москве. Больше 9, поэтому считаются все: 11 × 1 320,00.",
}


def invoice(**changes: Any) -> InvoiceContext:
    """An October's invoice for 14 520,00 ₽ without VAT, due on 15 November 2026."""
    values: dict[str, Any] = {
        "number": "2026-000123",
        "issue_date": "2026-11-01",
        "due_date": "2026-11-15",
        "period_start": "2026-10-01",
        "period_end": "2026-11-01",
        "locale": "ru",
        "currency": "RUB",
        "seller": SELLER,
        "buyer": BUYER,
        "account_number": "42",
        "lines": [LINE],
        "total": "14520.00",
        "amount_due": "14520.00",
        "basis": "Договор-оферта, лицевой счёт 42",
    }
    return InvoiceContext.from_dict(values | changes)


def long_invoice(rows: int, **changes: Any) -> InvoiceContext:
    """An invoice of ``rows`` lines of 100.00 each."""
    line = LINE | {"quantity": "1", "unit_price": "100.00", "amount": "100.00"}
    lines = [line | {"number": n, "description": f"Строка {n}: доступ к экземпляру"} for n in range(1, rows + 1)]
    total = Decimal(rows) * 100
    return invoice(**{"lines": lines, "total": total, "amount_due": total} | changes)


def credit_note(**changes: Any) -> CreditNoteContext:
    """A credit note of 1 320,00 ₽ to that invoice."""
    line = LINE | {"quantity": "1", "amount": "1320.00", "explanation": "Один человек учтён дважды."}
    values: dict[str, Any] = {
        "number": "C-2026-000007",
        "issue_date": "2026-11-20",
        "invoice_number": "2026-000123",
        "invoice_date": "2026-11-01",
        "locale": "ru",
        "currency": "RUB",
        "seller": SELLER,
        "buyer": BUYER,
        "account_number": "42",
        "lines": [line],
        "total": "1320.00",
        "reason": "Ошибка в учёте активных людей",
    }
    return CreditNoteContext.from_dict(values | changes)


def offer(**changes: Any) -> OfferContext:
    """Eleven people for a year at 599,00 ₽: 79 068,00 less 10 % is 71 161,20 ₽; valid until 24 November 2026."""
    values: dict[str, Any] = {
        "number": "RO-2026-000004",
        "issue_date": "2026-11-10",
        "valid_until": "2026-11-24",
        "locale": "ru",
        "currency": "RUB",
        "seller": SELLER,
        "buyer": BUYER,
        "account_number": "42",
        "product": "METEOR Cloud",
        "domain": "romashka.example.ru",
        "people": 11,
        "months": 12,
        "unit_price": "599.00",
        "month": "6589.00",
        "full": "79068.00",
        "discount_percent": "10.00",
        "discount": "7906.80",
        "pay": "71161.20",
    }
    return OfferContext.from_dict(values | changes)


MOVEMENTS = (
    ("2026-10-01", "Начало октября: 10 активных", "10 × 599,00 = 5 990,00 ₽", "-5990.00", "-4490.00"),
    (
        "2026-10-10",
        "Пик вырос до 11",
        "активация: Орлова А. А. · 11 × 599,00 − 5 990,00 = 599,00 ₽",
        "-599.00",
        "-5089.00",
    ),
    ("2026-10-15", "Платёж: банковский перевод", "по счёту R-2026-000123", "6589.00", "1500.00"),
)


def statement(**changes: Any) -> StatementContext:
    """An October: 1 500,00 at its start, charges of 6 589,00, a payment of 6 589,00, 1 500,00 at its end."""
    rows = tuple(
        StatementEntry(
            day=date.fromisoformat(day), what=what, how=how, amount=Decimal(amount), balance=Decimal(balance)
        )
        for day, what, how, amount, balance in MOVEMENTS
    )
    values: dict[str, Any] = {
        "issue_date": date(2026, 11, 1),
        "locale": "ru",
        "currency": "RUB",
        "seller": Party.from_snapshot(SELLER),
        "buyer": Party.from_snapshot(BUYER),
        "account_number": "42",
        "start": date(2026, 10, 1),
        "end": date(2026, 10, 31),
        "opening": Decimal("1500.00"),
        "entries": rows,
        "closing": Decimal("1500.00"),
    }
    return StatementContext(**values | changes)


def long_statement(rows: int, **changes: Any) -> StatementContext:
    """Charges of 100,00 on ``rows`` days running, from nothing: the last balance is −100,00 × ``rows``."""
    first = date(2026, 1, 1)
    entries = tuple(
        StatementEntry(
            day=first + timedelta(days=number - 1),
            what=f"Движение {number}:",
            how="1 × 100,00 = 100,00 ₽",
            amount=Decimal(-100),
            balance=Decimal(-100 * number),
        )
        for number in range(1, rows + 1)
    )
    values = {"start": first, "end": entries[-1].day, "opening": Decimal(0), "closing": entries[-1].balance}
    return statement(entries=entries, **values | changes)
