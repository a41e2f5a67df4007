"""What was posted, issued, reported or published never changes, by whichever door: the database itself refuses (I-2, I-6).

Each attack runs in a savepoint of its own; what comes through is named, and the row must be as it was.
"""

from datetime import date
from typing import Any

import pytest
from django.db import models
from moneyed import Money

from accounts.models import MemberChange, MemberConfirmation
from billing.models import (
    AccessAnnouncement,
    Allocation,
    AuditRecord,
    BillingPeriod,
    Charge,
    Credit,
    CreditNote,
    Entry,
    Event,
    Invoice,
    InvoiceDocument,
    InvoiceLine,
    LedgerAccount,
    NumberSeries,
    Payment,
    Posting,
    SubscriptionChange,
    Tariff,
)
from billing.operations.catalogue import tariffs
from tests.support import people
from tests.support.database_attacks import Books, attack_row
from tests.support.people import at

# Of each model: which row, and what an attacker would like which field of it to be.
TARGETS: dict[type[models.Model], list[tuple[dict[str, Any], str, Any]]] = {
    Tariff: [
        ({"tariff_id": "solo"}, "unit_price", Money("1.00", "RUB")),
        ({"tariff_id": "solo"}, "status", "draft"),
        ({"tariff_id": "solo"}, "included_quantity", 999),
        ({"tariff_id": "solo"}, "payment_days", 365),
    ],
    Entry: [({"kind": "charge"}, "key", "another fact"), ({"kind": "payment"}, "reason", "another reason")],
    Posting: [({}, "amount_minor", 1)],
    LedgerAccount: [
        ({"kind": "customer"}, "balance_minor", 100_000_000),
        ({"kind": "revenue"}, "balance_minor", 100),
        ({"kind": "customer"}, "currency", "USD"),
    ],
    Invoice: [
        ({"open_minor__gt": 0}, "total_minor", 1),
        ({"open_minor__gt": 0}, "open_minor", 0),
        ({"open_minor__gt": 0}, "due_date", date(2030, 1, 1)),
        ({"open_minor__gt": 0}, "number", "R-2026-000777"),
        ({"open_minor__gt": 0}, "buyer_snapshot", {"name": "Somebody else"}),
        ({"open_minor__gt": 0}, "amount_due_minor", 0),
    ],
    InvoiceLine: [({}, "amount_minor", 1), ({}, "explanation", {})],
    InvoiceDocument: [({}, "sha256", "f" * 64)],
    Charge: [
        ({"line__isnull": False}, "amount_minor", 1),
        ({"line__isnull": False}, "line_id", None),
        ({"line__isnull": True}, "amount_minor", 1),
    ],
    BillingPeriod: [
        ({"closed_at__isnull": False}, "peak", 0),
        ({"closed_at__isnull": False}, "closed_at", None),
        ({"closed_at__isnull": True}, "end", date(2031, 1, 1)),
    ],
    Credit: [({}, "unapplied_minor", 50), ({}, "amount_minor", 10_000_000)],
    Allocation: [({}, "amount_minor", 1)],
    Payment: [({}, "amount_minor", 1), ({}, "reference", "another")],
    CreditNote: [({}, "total_minor", 1)],
    Event: [({}, "type", "nothing.happened")],
    AuditRecord: [({}, "actor", "somebody else")],
    SubscriptionChange: [({}, "requested_by", "nobody")],
    AccessAnnouncement: [({}, "level", "full")],
    MemberChange: [({}, "status", "blocked"), ({}, "names_role", False)],
    MemberConfirmation: [({}, "instants", ""), ({}, "status", "blocked")],
    NumberSeries: [({"key": "R-2026"}, "last", 0)],
}


@pytest.mark.parametrize("model", TARGETS, ids=lambda model: model.__name__)
def test_no_door_leads_to_what_has_happened(full_books: Books, model: type[models.Model]) -> None:
    came_through = []
    for which, name, value in TARGETS[model]:
        row = model._default_manager.filter(**which).order_by("pk").first()
        assert row is not None
        came_through += [f"{name}: {title}" for title in attack_row(row, name, value)]
    assert came_through == []


def test_a_draft_can_be_edited_and_thrown_away(full_books: Books) -> None:
    """The guards refuse what is published, not everything."""
    draft = tariffs.draft_next_version(
        tariff=full_books.tariff, user=people.staff("a@saldo.example"), as_of=at("2026-05-05 12:00")
    )
    Tariff.objects.filter(pk=draft.pk).update(payment_days=30)
    draft.refresh_from_db()
    assert (draft.version, draft.payment_days) == (2, 30)
    draft.delete()
    assert not Tariff.objects.filter(version=2).exists()
