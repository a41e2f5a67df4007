"""A document's values refuse to contradict each other."""

from datetime import date
from decimal import Decimal

import pytest

from billing.documents.context import InvoiceContext, Party, tidy
from billing.documents.errors import BadContext
from tests.support.sample_documents import LINE, SELLER, invoice, long_invoice


def test_plain_values_become_exact_ones():
    context = invoice()
    assert isinstance(context, InvoiceContext)
    assert context.total == Decimal("14520.00")
    assert context.due_date == date(2026, 11, 15)
    assert context.last_day == date(2026, 10, 31)
    assert context.seller.legal_name == "Общество с ограниченной ответственностью «Три кита»"


def test_a_snapshot_may_know_more_and_less_than_is_printed():
    party = Party.from_snapshot({"name": "ООО «Луна»", "favourite_colour": "синий", "kpp": None})
    assert (party.legal_name, party.kpp, party.kind) == ("ООО «Луна»", "", "company")


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"total": "14520.01", "amount_due": "14520.01"}, "lines are not its total"),
        ({"amount_due": "990"}, "total less credit"),
        ({"credit_applied": "15000", "amount_due": "-480"}, "amount due is negative"),
        ({"credit_applied": "-1", "amount_due": "14521"}, "credit applied is negative"),
        ({"tax": "1"}, "tax but no rate"),
        ({"tax": "20000", "tax_percent": "22"}, "not a part"),
        ({"locale": "de"}, "language"),
        ({"lines": [], "total": "0", "amount_due": "0"}, "no lines"),
        ({"logo": b"<svg onload=x>"}, "neither PNG nor JPEG"),
        ({"accent": "red;}"}, "colours"),
        ({"period_end": None}, "period has no end"),
    ],
)
def test_contradictions_are_refused(changes, complaint):
    with pytest.raises(BadContext, match=complaint):
        invoice(**changes)


def test_a_float_is_refused():
    with pytest.raises(BadContext, match="no exact number"):
        invoice(lines=[LINE | {"amount": 14520.0}])


def test_a_strangers_text_is_one_line_and_ends():
    assert tidy("a\x00b\n\tc") == "a b c"
    assert len(tidy("я" * 5000)) == 1000
    assert tidy(None) == ""
    assert tidy("11\u00a0×\u00a01\u202f320,00") == "11\u00a0×\u00a01\u202f320,00"
    assert len(invoice(lines=[LINE | {"description": "я" * 5000}]).lines[0].description) == 1000


def test_rows_beyond_the_limit_are_summed_up():
    context = long_invoice(250)
    assert len(context.printed_lines) == 200
    assert (context.unprinted_count, context.unprinted_amount) == (50, Decimal(5000))


def test_the_reason_for_no_vat_comes_from_the_document_else_from_the_seller():
    assert invoice().reason_without_tax == SELLER["vat_exemption"]
    assert invoice(tax_reason="подп. 26 п. 2 ст. 149 НК РФ").reason_without_tax == "подп. 26 п. 2 ст. 149 НК РФ"
    assert invoice(tax="2618.36", tax_percent="22").reason_without_tax == ""
