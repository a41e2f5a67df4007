"""Acts on money show their effect first, write nothing until it is confirmed, and lose nothing that was typed."""

from collections.abc import Callable

import pytest
from django.test import Client

from billing.models import Approval, AuditRecord, CreditNote, Entry, Invoice, Notice, Payment
from tests.support.acting import act_url, confirm, do, errors, messages, preview, rows
from tests.support.staff_queue import balance
from tests.support.story import Story

SignIn = Callable[[str], Client]
PAID = {"amount": "6 589,00", "method": "bank", "reference": "п/п № 118 от 12.05.2026"}


def april(story: Story) -> Invoice:
    return Invoice.objects.get(account=story.account, period_start="2026-04-01")


def payment_url(story: Story) -> str:
    return act_url("billing_billingaccount", "record_payment", story.account.pk)


def test_payment_shows_what_it_pays_and_writes_nothing_before_it_is_confirmed(story: Story, signed_in: SignIn) -> None:
    before = balance(story)
    shown = preview(signed_in("finance"), payment_url(story), **PAID)
    number = april(story).number
    assert rows(shown)[f"Pays {number}"] == "₽6,589.00"
    assert rows(shown)["Balance"] == "−₽5,990.00"
    assert Payment.objects.count() == 0
    assert balance(story) == before == -1_257_900


def test_payment_that_is_confirmed_is_recorded_once_with_who_did_it(story: Story, signed_in: SignIn) -> None:
    client, url = signed_in("finance"), payment_url(story)
    shown = preview(client, url, **PAID)
    answer = confirm(client, url, shown, **PAID)
    assert answer.status_code == 302
    again = confirm(client, url, shown, **PAID)
    assert "This is not what was shown before: look at the effect once more." in messages(again)
    payment = Payment.objects.get()
    assert (payment.amount_minor, payment.recorded_by, payment.reference) == (
        658_900,
        "finance@staff.example",
        PAID["reference"],
    )
    assert april(story).open_minor == 0
    assert AuditRecord.objects.get(action="payment.recorded").actor == "finance@staff.example"


def test_what_was_changed_after_the_preview_is_shown_anew_and_not_done(story: Story, signed_in: SignIn) -> None:
    client, url = signed_in("finance"), payment_url(story)
    shown = preview(client, url, **PAID)
    answer = confirm(client, url, shown, **{**PAID, "amount": "100"})
    assert answer.status_code == 200
    assert rows(answer)["Balance"] == "−₽12,479.00"
    assert Payment.objects.count() == 0


@pytest.mark.parametrize(
    ("amount", "sentence"),
    [
        ("0", "The sum must be more than zero."),
        ("-1", "The sum must be more than zero."),
        ("1000000000000", "At most ₽10,000,000,000.00 can be entered here. Check the number of digits."),
        ("abc", "Write the sum as 1500.00: digits, and at most two decimals."),
        ("1.005", "Write the sum as 1500.00: digits, and at most two decimals."),
        ("1,500", "Do you mean 1,500.00 or 1.50? Write 1500 or 1.50."),
    ],
)
def test_sum_that_cannot_be_meant_is_an_error_beside_it_and_nothing_typed_is_lost(
    story: Story, signed_in: SignIn, amount: str, sentence: str
) -> None:
    answer = preview(signed_in("finance"), payment_url(story), **{**PAID, "amount": amount})
    assert errors(answer) == {"amount": [sentence]}
    assert PAID["reference"] in answer.content.decode()
    assert Payment.objects.count() == 0


def test_money_from_the_future_is_refused_beside_its_date(story: Story, signed_in: SignIn) -> None:
    typed = {**PAID, "received_at_0": "2026-05-13", "received_at_1": "10:00:00"}
    answer = preview(signed_in("finance"), payment_url(story), **typed)
    assert errors(answer) == {"received_at": ["Money cannot have come in the future: check the date."]}


def test_support_records_up_to_a_limit_and_asks_above_it(story: Story, signed_in: SignIn) -> None:
    large = {**PAID, "amount": "10000.01"}
    assert do(signed_in("support"), payment_url(story), **large).status_code == 302
    assert (Payment.objects.count(), Approval.objects.get().amount_minor) == (0, 1_000_001)
    assert do(signed_in("support"), payment_url(story), **{**PAID, "amount": "10000.00"}).status_code == 302
    assert do(signed_in("finance"), payment_url(story), **large).status_code == 302
    assert sorted(Payment.objects.values_list("amount_minor", flat=True)) == [1_000_000, 1_000_001]


def test_payment_taken_back_opens_the_invoice_again_and_needs_a_reason(story: Story, signed_in: SignIn) -> None:
    finance = signed_in("finance")
    do(finance, payment_url(story), **PAID)
    url = act_url("billing_payment", "reverse_payment", Payment.objects.get().pk)
    assert "reason" in errors(preview(finance, url, reason=" "))
    shown = preview(finance, url, reason="Записан не тому клиенту")
    assert rows(shown)["Open invoices"] == "₽6,589.00"
    assert april(story).open_minor == 0
    assert confirm(finance, url, shown, reason="Записан не тому клиенту").status_code == 302
    assert april(story).open_minor == 658_900
    assert Entry.objects.get(kind="reversal").reason == "Записан не тому клиенту"
    repeated = preview(finance, url, reason="Ещё раз")
    assert errors(repeated) == {"__all__": ["This payment has been taken back already."]}


def test_credit_note_gives_back_no_more_than_the_invoice_has(story: Story, signed_in: SignIn) -> None:
    finance, invoice = signed_in("finance"), april(story)
    url = act_url("billing_invoice", "issue_credit_note", invoice.pk)
    too_much = preview(finance, url, line_1="6589.01", reason="Сбой")
    assert errors(too_much) == {"__all__": ["Only 6589.00 RUB of this invoice can still be credited."]}
    assert errors(preview(finance, url, line_1="", reason="Сбой")) == {
        "__all__": ["Enter a sum for at least one line."]
    }
    shown = preview(finance, url, line_1="589", reason="Сбой 12 апреля")
    assert (rows(shown)["Credited"], rows(shown)["Can still be credited"]) == ("₽589.00", "₽6,000.00")
    assert CreditNote.objects.count() == 0
    assert confirm(finance, url, shown, line_1="589", reason="Сбой 12 апреля").status_code == 302
    note = CreditNote.objects.get()
    assert (note.total_minor, note.issued_by, note.reason) == (58_900, "finance@staff.example", "Сбой 12 апреля")
    assert april(story).open_minor == 600_000


def test_adjustment_changes_the_balance_as_it_was_shown(story: Story, signed_in: SignIn) -> None:
    finance = signed_in("finance")
    url = act_url("billing_billingaccount", "adjust_balance", story.account.pk)
    typed = {"amount": "1500", "reason_code": "goodwill", "comment": "За простой 3 мая"}
    assert "comment" in errors(preview(finance, url, **{**typed, "comment": ""}))
    assert rows(preview(finance, url, **typed))["Balance"] == "−₽11,079.00"
    assert do(finance, url, **typed).status_code == 302
    assert balance(story) == -1_107_900


def test_invoice_sent_again_goes_to_the_addresses_given_and_both_sendings_are_kept(
    story: Story, signed_in: SignIn
) -> None:
    support, invoice = signed_in("support"), april(story)
    url = act_url("billing_invoice", "resend_invoice", invoice.pk)
    assert "anna@romashka.example" in support.get(url).content.decode()
    broken = preview(support, url, recipients="нет-собаки", reason="Просили")
    assert errors(broken) == {"recipients": ["Enter an email address such as name@example.com."]}
    assert do(support, url, recipients="new@romashka.example", reason="Просили").status_code == 302
    sent = Notice.objects.filter(invoice=invoice, kind="invoice_issued").order_by("pk")
    assert [(row.recipient, row.edition, row.requested_by) for row in sent] == [
        ("anna@romashka.example", 1, ""),
        ("new@romashka.example", 2, "support@staff.example"),
    ]


def test_pdf_read_by_staff_is_kept_in_the_record(story: Story, signed_in: SignIn) -> None:
    invoice = april(story)
    answer = signed_in("support").get(f"/admin/billing/invoice/{invoice.pk}/pdf/")
    assert answer.status_code == 200
    assert answer.content.startswith(b"%PDF")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{invoice.number}.pdf"'
    assert AuditRecord.objects.get(action="invoice.document_read").actor == "support@staff.example"
    assert signed_in("product manager").get(f"/admin/billing/invoice/{invoice.pk}/pdf/").status_code == 403


def test_payment_named_from_an_invoice_leads_to_the_account_with_it_chosen(story: Story, signed_in: SignIn) -> None:
    invoice = april(story)
    answer = signed_in("finance").get(act_url("billing_invoice", "record_payment", invoice.pk))
    assert answer.url == f"{payment_url(story)}?invoice={invoice.number}"  # type: ignore[attr-defined]
    form = signed_in("finance").get(answer.url).context["form"]  # type: ignore[attr-defined]
    assert form["invoice"].value() == invoice.number
