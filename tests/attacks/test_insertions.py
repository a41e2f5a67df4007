"""What may be added must fit: a line into an issued invoice, a posting into a sealed entry, a second currency (I-5): refused."""

import uuid
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from moneyed import Money

from billing.models import (
    Allocation,
    BillingPeriod,
    Charge,
    Credit,
    CreditNote,
    Entry,
    Invoice,
    InvoiceLine,
    LedgerAccount,
    Payment,
    Posting,
    Seller,
    Tariff,
)
from billing.operations.ledger import numbering, posting
from billing.reports import books
from tests.support import people
from tests.support.database_attacks import Books
from tests.support.people import at

NOW = at("2026-05-20 12:00")


def copy_of(row: Any, **changed: Any) -> Any:
    """A new row like ``row`` with other values and a key of its own."""
    values = {
        field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields if not field.primary_key
    }
    return type(row)(**{**values, **changed})


def line_of(invoice_id: uuid.UUID, amount_minor: int, position: int = 9) -> InvoiceLine:
    return InvoiceLine(
        invoice_id=invoice_id,
        position=position,
        description="Smuggled in",
        quantity=1,
        unit="unit",
        amount_minor=amount_minor,
        unit_price=Decimal(1),
        explanation={"model": "amount", "amount_minor": amount_minor, "currency": "RUB"},
    )


def line_into_an_issued_invoice(books: Books) -> None:
    line_of(books.invoice.pk, 100).save()


def invoice_without_lines(books: Books) -> None:
    copy_of(books.invoice, id=uuid.uuid4(), number="R-2026-000002", sequence=2, key="another", line_count=0).save(
        force_insert=True
    )


def invoice_whose_lines_carry_no_charges(books: Books) -> None:
    new = uuid.uuid4()
    line_of(new, 100, 1).save()
    copy_of(
        books.invoice,
        id=new,
        number="R-2026-000001X",
        sequence=1,
        key="another",
        line_count=1,
        total_minor=100,
        open_minor=100,
        credit_applied_minor=0,
        amount_due_minor=100,
        year=2026,
        series="R",
    ).save(force_insert=True)


def charge_into_an_issued_line(books: Books) -> None:
    Charge.objects.filter(line=None).update(line=InvoiceLine.objects.all()[0])


def charge_born_on_a_line(books: Books) -> None:
    charge = Charge.objects.exclude(line=None)[0]
    move = posting.Move(posting.customer_side(books.party.account), revenue(books), 100)
    entry = posting.post(key="born", kind=Entry.Kind.CHARGE, account=books.party.account, moves=[move], at=NOW)
    copy_of(charge, entry_id=entry.pk).save()


def revenue(books: Books) -> LedgerAccount:
    return posting.seller_account(books.party.account.seller, LedgerAccount.Kind.REVENUE)


def posting_into_a_sealed_entry(books: Books) -> None:
    copy_of(Posting.objects.all()[0]).save()


def posting_of_another_currency(books: Books) -> None:
    dollars = posting.seller_account(Seller.objects.get(code="usd"), LedgerAccount.Kind.BANK)
    customer = posting.customer_side(books.party.account)
    move = posting.Move(dollars, customer, 100)
    posting.post(key="mixed", kind=Entry.Kind.PAYMENT, account=books.party.account, moves=[move], at=NOW)


def posting_that_names_a_currency_neither_account_has(books: Books) -> None:
    copy_of(Posting.objects.all()[0], entry_id=uuid.uuid4(), currency="EUR").save()


def posting_of_nothing(books: Books) -> None:
    copy_of(Posting.objects.all()[0], entry_id=uuid.uuid4(), amount_minor=0).save()


def posting_below_zero(books: Books) -> None:
    copy_of(Posting.objects.all()[0], entry_id=uuid.uuid4(), amount_minor=-1).save()


def posting_from_an_account_to_itself(books: Books) -> None:
    row = Posting.objects.all()[0]
    copy_of(row, entry_id=uuid.uuid4(), credit_id=row.debit_id).save()


def entry_without_postings(books: Books) -> None:
    copy_of(Entry.objects.all()[0], id=uuid.uuid4(), key="nothing").save(force_insert=True)


def second_entry_of_one_fact(books: Books) -> None:
    entry = Entry.objects.filter(kind="payment")[0]
    move = posting.Move(revenue(books), posting.customer_side(books.party.account), 100)
    posting.post(key=entry.key, kind=Entry.Kind.PAYMENT, account=books.party.account, moves=[move], at=NOW)


def ledger_account_that_starts_rich(books: Books) -> None:
    LedgerAccount.objects.create(seller=books.party.account.seller, kind="other", currency="RUB", balance_minor=100)


def second_ledger_account_of_a_customer(books: Books) -> None:
    LedgerAccount.objects.create(
        seller=books.party.account.seller, kind="customer", currency="RUB", billing_account=books.party.account
    )


def credit_that_starts_half_used(books: Books) -> None:
    entry = Entry.objects.filter(kind="charge")[0]
    Credit.objects.create(
        account=books.party.account,
        kind="payment",
        currency="RUB",
        amount_minor=100,
        unapplied_minor=50,
        at=NOW,
        entry=entry,
    )


def allocation_to_the_invoice_of_somebody_else(books: Books) -> None:
    credit = Credit.objects.filter(account=books.other.account, unapplied_minor__gt=0)[0]
    Allocation.objects.create(credit=credit, invoice=books.invoice, kind="settlement", amount_minor=100, at=NOW)


def allocation_of_more_than_the_credit_holds(books: Books) -> None:
    credit = Credit.objects.filter(account=books.other.account, unapplied_minor__gt=0)[0]
    Allocation.objects.create(credit=credit, kind="withdrawn", amount_minor=credit.unapplied_minor + 1, at=NOW)


def allocation_of_more_than_is_open(books: Books) -> None:
    invoice = Invoice.objects.get(account=books.other.account)
    credit = Credit.objects.filter(account=books.other.account, unapplied_minor__gt=0)[0]
    Allocation.objects.create(credit=credit, invoice=invoice, kind="settlement", amount_minor=1, at=NOW)


def allocation_of_nothing(books: Books) -> None:
    Allocation.objects.create(
        credit=Credit.objects.all()[0], invoice=books.invoice, kind="settlement", amount_minor=0, at=NOW
    )


def period_that_overlaps(books: Books) -> None:
    period = BillingPeriod.objects.filter(subscription=books.party.subscription).order_by("number").last()
    assert period is not None
    copy_of(period, number=99, opened_at=period.opened_at + timedelta(hours=1), closed_at=None).save()


def tariff_published_at_birth(books: Books) -> None:
    copy_of(books.tariff, tariff_id="smuggled", status="published").save()


def tariff_that_skips_the_review(books: Books) -> None:
    draft = copy_of(books.tariff, tariff_id="hasty", status="draft", reviewer_id=None, published_at=None)
    draft.save()
    Tariff.objects.filter(pk=draft.pk).update(
        status="published", published_at=NOW, reviewer=people.staff("reviewer@saldo.example")
    )


def tariff_reviewed_by_its_author(books: Books) -> None:
    draft = copy_of(books.tariff, tariff_id="alone", status="draft", reviewer_id=None, published_at=None)
    draft.save()
    Tariff.objects.filter(pk=draft.pk).update(status="in_review")
    Tariff.objects.filter(pk=draft.pk).update(status="published", published_at=NOW, reviewer=books.tariff.author_id)


def tariff_that_costs_nothing(books: Books) -> None:
    copy_of(books.tariff, tariff_id="gift", status="draft", unit_price=Money(0, "RUB")).save()


def second_published_version(books: Books) -> None:
    draft = copy_of(books.tariff, version=2, status="draft", reviewer_id=None, published_at=None)
    draft.save()
    Tariff.objects.filter(pk=draft.pk).update(status="in_review")
    Tariff.objects.filter(pk=draft.pk).update(
        status="published", published_at=NOW, reviewer=people.staff("reviewer@saldo.example")
    )


def payment_of_nothing(books: Books) -> None:
    copy_of(Payment.objects.all()[0], public_id="pay_x", amount_minor=0).save()


def credit_note_below_zero(books: Books) -> None:
    copy_of(CreditNote.objects.all()[0], id=uuid.uuid4(), number="RC-2026-000002", sequence=2, total_minor=-1).save(
        force_insert=True
    )


def credit_note_with_the_number_of_another(books: Books) -> None:
    copy_of(CreditNote.objects.all()[0], id=uuid.uuid4(), issue_date=date(2026, 6, 1)).save(force_insert=True)


def an_invoice_again(books: Books) -> None:
    books.invoice.save(force_insert=True)


ATTACKS = [
    line_into_an_issued_invoice,
    invoice_without_lines,
    invoice_whose_lines_carry_no_charges,
    charge_into_an_issued_line,
    charge_born_on_a_line,
    posting_into_a_sealed_entry,
    posting_of_another_currency,
    posting_that_names_a_currency_neither_account_has,
    posting_of_nothing,
    posting_below_zero,
    posting_from_an_account_to_itself,
    entry_without_postings,
    second_entry_of_one_fact,
    ledger_account_that_starts_rich,
    second_ledger_account_of_a_customer,
    credit_that_starts_half_used,
    allocation_to_the_invoice_of_somebody_else,
    allocation_of_more_than_the_credit_holds,
    allocation_of_more_than_is_open,
    allocation_of_nothing,
    period_that_overlaps,
    tariff_published_at_birth,
    tariff_that_skips_the_review,
    tariff_reviewed_by_its_author,
    tariff_that_costs_nothing,
    second_published_version,
    payment_of_nothing,
    credit_note_below_zero,
    credit_note_with_the_number_of_another,
    an_invoice_again,
]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_what_does_not_fit_is_refused(full_books: Books, attack: Callable[[Books], None]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        attack(full_books)
    people.assert_books_are_right()


def test_postings_without_an_entry_do_not_survive_their_transaction(full_books: Books) -> None:
    with transaction.atomic():
        copy_of(Posting.objects.all()[0], entry_id=uuid.uuid4()).save()
        with pytest.raises(IntegrityError):
            connection.check_constraints()
        transaction.set_rollback(True)
    people.assert_books_are_right()


def test_a_number_that_was_skipped_is_noticed(full_books: Books) -> None:
    numbering.next_document_number(full_books.party.account.seller, "R", NOW)
    numbering.next_document_number(full_books.party.account.seller, "R", at("2027-05-20 12:00"))
    assert [str(fault) for fault in books.faults()] == [
        "numbers: R-2026: 2 documents, 1 to 2, counter 3",
        "numbers: R-2027: no documents, counter 1",
    ]
