"""The statement: opening, every movement with the balance after it, closing; and the pages of it (G3, G5)."""

from datetime import date

from django.utils import translation

from billing.models import Invoice
from billing.operations.settlement import adjustments, credit_notes, payments
from billing.reports.statements import movements
from billing.reports.statements.statement import page, statement
from tests.support.story import msk


def sums(rows):
    return [(row.kind, row.amount_minor, row.balance_after_minor) for row in rows]


def test_the_whole_history_runs_from_zero_to_the_balance(story):
    whole = statement(account=story.account)
    assert whole.opening_minor == 0
    assert sums(whole.rows) == [
        ("charge", -599_000, -599_000),
        ("charge", -59_900, -658_900),
        ("charge", -599_000, -1_257_900),
        ("charge", -59_900, -1_317_800),
    ]
    assert whole.closing_minor == -1_317_800


def test_a_range_takes_the_business_days_of_both_its_ends(story):
    may = statement(account=story.account, start=date(2026, 5, 1), end=date(2026, 5, 9))
    assert (may.opening_minor, sums(may.rows), may.closing_minor) == (
        -658_900,
        [("charge", -599_000, -1_257_900)],
        -1_257_900,
    )
    assert statement(account=story.account, end=date(2026, 4, 30)).closing_minor == -658_900
    quiet = statement(account=story.account, start=date(2026, 4, 11), end=date(2026, 4, 30))
    assert (quiet.opening_minor, quiet.rows, quiet.closing_minor) == (-658_900, (), -658_900)


def test_a_payment_is_a_movement_up_and_names_its_invoice(story):
    new = payments.NewPayment(658_900, "RUB", "bank", reference="п/п 17", invoice_number="R-2026-000001")
    payments.record_payment(account=story.account, new=new, as_of=msk(5, 12, 13), actor="finance@saldo.example")
    row = statement(account=story.account).rows[-1]
    assert sums([row]) == [("payment", 658_900, -658_900)]
    assert row.invoice.number == "R-2026-000001"
    with translation.override("ru"):
        assert movements.title(row) == "Оплата: банковский перевод"
    with translation.override("en"):
        assert movements.notes(row) == ["п/п 17"]  # who works for the operator is nobody else's business


def test_a_charge_belongs_to_the_invoice_that_collected_it(story):
    numbers = [row.invoice.number if row.invoice else None for row in statement(account=story.account).rows]
    assert numbers == ["R-2026-000001", "R-2026-000001", None, None]


def test_pages_meet_without_gap_or_repeat_in_both_directions(story):
    first = page(account=story.account, limit=3)
    assert sums(first.rows)[0] == ("charge", -59_900, -1_317_800)
    assert (len(first.rows), first.newer) == (3, None)
    second = page(account=story.account, limit=3, before=first.older)
    assert sums(second.rows) == [("charge", -599_000, -599_000)]
    assert second.older is None
    assert page(account=story.account, limit=3, after=second.newer).rows == first.rows


def test_a_page_beyond_the_end_is_empty(story):
    assert page(account=story.account, limit=3, before=1).rows == ()


def test_the_words_name_month_peak_and_person(story):
    rows = statement(account=story.account).rows
    with translation.override("ru"):
        assert [movements.title(row) for row in rows] == [
            "Пик вырос до 10",
            "Пик вырос до 11",
            "Начало мая: 10 активных",
            "Пик вырос до 11",
        ]
        assert movements.notes(rows[0]) == [
            "активация: Игорь Орлов (А. Петрова)",
            "10\u00a0×\u00a0599,00 = 5\u202f990,00\u00a0₽",
            "больше 9, считаются все",
        ]


def test_what_was_put_right_says_so_and_why(story):
    new = payments.NewPayment(100_000, "RUB", "cash")
    payment = payments.record_payment(
        account=story.account, new=new, as_of=msk(5, 12, 13), actor="finance@saldo.example"
    )
    payments.reverse_payment(
        payment=payment, as_of=msk(5, 12, 14), actor="finance@saldo.example", reason="Чужой платёж"
    )
    for amount_minor in (50_000, -10_000):
        adjustments.adjust_balance(
            account=story.account,
            amount_minor=amount_minor,
            currency="RUB",
            reason_code="goodwill",
            comment="Простой 3 мая",
            as_of=msk(5, 12, 15),
            actor="support@saldo.example",
        )
    credit_notes.issue_credit_note(
        invoice=Invoice.objects.get(),
        lines=[credit_notes.NoteLine("Лишний человек", 59_900)],
        reason="Лишний человек",
        as_of=msk(5, 12, 16),
        actor="finance@saldo.example",
    )
    rows = statement(account=story.account).rows[4:]
    assert sums(rows) == [
        ("payment", 100_000, -1_217_800),
        ("reversal", -100_000, -1_317_800),
        ("adjustment", 50_000, -1_267_800),
        ("charge", -10_000, -1_277_800),
        ("credit_note", 59_900, -1_217_900),
    ]
    with translation.override("ru"):
        assert [movements.title(row) for row in rows] == [
            "Оплата: наличные",
            "Отменено: платёж",
            "Корректировка",
            "Корректировка",
            "Корректировочный счёт № RC-2026-000001 к счёту № R-2026-000001",
        ]
        assert [movements.notes(row)[-1] for row in rows[1:4]] == ["Чужой платёж", "Простой 3 мая", "Простой 3 мая"]


def test_every_kind_of_movement_opens_to_its_working(story, signed_in):
    test_what_was_put_right_says_so_and_why(story)
    page = signed_in(story.anna, "ru").get("/operations/").content.decode()
    for words in ("Чужой платёж", "Простой 3 мая", "Лишний человек", "Корректировочный счёт № RC-2026-000001"):
        assert words in page
    invoice = signed_in(story.anna, "ru").get("/documents/R-2026-000001/").content.decode()
    assert "Корректировочный счёт № RC-2026-000001" in invoice
