"""How many queries a page takes, and a crowd of rows to show that the number does not grow."""

import uuid
from datetime import date, timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.models import Charge, Entry, Invoice, InvoiceLine, LedgerAccount, NumberSeries, Posting
from tests.support.story import msk


def queries(client, address: str) -> int:
    """How many queries one answer takes; the first answer fills the caches of languages and sessions."""
    client.get(address)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(address).status_code == 200
    return len(asked)


def more_movements(story, number: int, kind: str = "adjustment", amount_minor: int = 100) -> list[Entry]:
    customer = LedgerAccount.objects.get(billing_account=story.account)
    revenue = LedgerAccount.objects.get(kind="revenue", billing_account=None, currency="RUB")
    entries = [
        Entry(id=uuid.uuid4(), key=f"test:{uuid.uuid4()}", kind=kind, account=story.account, at=msk(5, 11))
        for _ in range(number)
    ]
    Posting.objects.bulk_create(
        Posting(entry=entry, debit=customer, credit=revenue, currency="RUB", amount_minor=amount_minor)
        for entry in entries
    )
    return Entry.objects.bulk_create(entries)


def more_invoices(story, number: int) -> None:
    first = Invoice.objects.get(number="R-2026-000001")
    line = first.lines.get()
    last = Invoice.objects.order_by("-sequence")[0].sequence
    NumberSeries.objects.filter(key="R-2026").update(last=last + number)
    entries = more_movements(story, number, "charge", line.amount_minor)
    invoices = [copy_of(first, last + step) for step in range(1, number + 1)]
    lines = InvoiceLine.objects.bulk_create(
        InvoiceLine(
            invoice_id=invoice.pk,
            position=1,
            description="Line",
            quantity=1,
            unit="person",
            unit_price=line.unit_price,
            amount_minor=line.amount_minor,
            explanation=line.explanation,
        )
        for invoice in invoices
    )
    charges = Charge.objects.bulk_create(
        Charge(
            account=story.account,
            kind="adjustment",
            amount_minor=line.amount_minor,
            currency="RUB",
            explanation=line.explanation,
            occurred_at=msk(4, 10),
            posted_at=msk(4, 10),
            billing_month=date(2026, 4, 1),
            entry=entry,
        )
        for entry in entries
    )
    for charge, line_of_charge in zip(charges, lines, strict=True):
        charge.line = line_of_charge
    Charge.objects.bulk_update(charges, ["line"], batch_size=200)
    Invoice.objects.bulk_create(invoices)


def copy_of(first: Invoice, sequence: int) -> Invoice:
    new_id = uuid.uuid4()
    values = {field.attname: getattr(first, field.attname) for field in Invoice._meta.concrete_fields}
    values |= {
        "id": new_id,
        "number": f"R-2026-{sequence:06d}",
        "sequence": sequence,
        "key": f"test:{new_id}",
        "line_count": 1,
        "due_date": date(2026, 6, 1) + timedelta(days=sequence),
    }
    return Invoice(**values)
