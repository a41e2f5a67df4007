"""Every list asks the database as often for a thousand rows as for ten."""

import uuid
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Instance, Member, Role
from billing.models import (
    BillingPeriod,
    Charge,
    Entry,
    Invoice,
    InvoiceLine,
    LedgerAccount,
    NumberSeries,
    Posting,
    Subscription,
)
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
        Posting(entry=one, debit=customer, credit=revenue, currency="RUB", amount_minor=amount_minor) for one in entries
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
            invoice_id=one.pk,
            position=1,
            description="Line",
            quantity=1,
            unit="person",
            unit_price=line.unit_price,
            amount_minor=line.amount_minor,
            explanation=line.explanation,
        )
        for one in invoices
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
    for charge, its_line in zip(charges, lines, strict=True):
        charge.line = its_line
    Charge.objects.bulk_update(charges, ["line"], batch_size=200)
    Invoice.objects.bulk_create(invoices)


def copy_of(first: Invoice, sequence: int) -> Invoice:
    fresh = uuid.uuid4()
    values = {field.attname: getattr(first, field.attname) for field in Invoice._meta.concrete_fields}
    values |= {
        "id": fresh,
        "number": f"R-2026-{sequence:06d}",
        "sequence": sequence,
        "key": f"test:{fresh}",
        "line_count": 1,
        "due_date": date(2026, 6, 1) + timedelta(days=sequence),
    }
    return Invoice(**values)


def more_instances(story, number: int) -> None:
    tariff = story.cloud.subscriptions.get().tariff
    start, end = msk(5, 1, 0), msk(6, 1, 0)
    instances = Instance.objects.bulk_create(
        Instance(
            customer=story.customer,
            product=story.cloud.product,
            domain=f"{uuid.uuid4().hex}.example.ru",
            email="a@example.ru",
            registered_at=start,
        )
        for _ in range(number)
    )
    subscriptions = Subscription.objects.bulk_create(
        Subscription(instance=one, account=story.account, tariff=tariff, started_at=start) for one in instances
    )
    BillingPeriod.objects.bulk_create(
        BillingPeriod(
            subscription=one,
            tariff=tariff,
            number=1,
            start=date(2026, 5, 1),
            end=date(2026, 6, 1),
            opened_at=start,
            ended_at=end,
            peak=1,
        )
        for one in subscriptions
    )


def more_people(story, number: int) -> None:
    role = Role.objects.get(product=story.cloud.product, code="member")
    Member.objects.bulk_create(
        Member(
            instance=story.cloud,
            external_id=uuid.uuid4().hex,
            email=f"{uuid.uuid4().hex}@romashka.example",
            role=role,
            status="invited",
            confirmed_at=msk(5, 1),
        )
        for _ in range(number)
    )


LISTS = {
    "movements": (more_movements, "/operations/"),
    "latest movements": (more_movements, "/"),
    "invoices": (more_invoices, "/documents/"),
    "open invoices": (more_invoices, "/"),
    "instances": (more_instances, "/instances/"),
    "places": (more_instances, "/"),
    "people": (more_people, "people"),
}


@pytest.mark.parametrize("name", LISTS)
def test_a_list_of_a_thousand_costs_what_a_list_of_ten_costs(story, signed_in, name):
    more, address = LISTS[name]
    address = f"/instances/{story.cloud.public_id}/" if address == "people" else address
    client = signed_in(story.anna)
    more(story, 10)
    ten = queries(client, address)
    more(story, 990)
    assert queries(client, address) <= ten  # fewer where the rows on top of the list need no names of people
    assert ten <= 30
