"""What was posted, issued, reported or published never changes, by whichever door: the database itself refuses.

Each attack runs in a savepoint of its own; what comes through is named, and the row must be as it was.
"""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, NotSupportedError, connection, models, transaction
from django.db.models import ProtectedError, RestrictedError
from moneyed import Money

from accounts.models import MemberChange
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
from tests.attacks.conftest import Books
from tests.support import people
from tests.support.people import at

REFUSED = (IntegrityError, ProtectedError, RestrictedError)
SQLITE = connection.vendor == "sqlite"

# Of each model: which row, and what an attacker would like which field of it to be.
TARGETS: dict[type[models.Model], list[tuple[dict[str, Any], str, Any]]] = {
    Tariff: [
        ({"tariff_id": "solo"}, "unit_price", Money("1.00", "RUB")), ({"tariff_id": "solo"}, "status", "draft"),
        ({"tariff_id": "solo"}, "included_quantity", 999), ({"tariff_id": "solo"}, "payment_days", 365),
    ],
    Entry: [({"kind": "charge"}, "key", "another fact"), ({"kind": "payment"}, "reason", "another reason")],
    Posting: [({}, "amount_minor", 1)],
    LedgerAccount: [
        ({"kind": "customer"}, "balance_minor", 100_000_000), ({"kind": "revenue"}, "balance_minor", 100),
        ({"kind": "customer"}, "currency", "USD"),
    ],
    Invoice: [
        ({"open_minor__gt": 0}, "total_minor", 1), ({"open_minor__gt": 0}, "open_minor", 0),
        ({"open_minor__gt": 0}, "due_date", date(2030, 1, 1)), ({"open_minor__gt": 0}, "number", "R-2026-000777"),
        ({"open_minor__gt": 0}, "buyer_snapshot", {"name": "Somebody else"}), ({"open_minor__gt": 0}, "amount_due_minor", 0),
    ],
    InvoiceLine: [({}, "amount_minor", 1), ({}, "explanation", {})],
    InvoiceDocument: [({}, "sha256", "f" * 64)],
    Charge: [
        ({"line__isnull": False}, "amount_minor", 1), ({"line__isnull": False}, "line_id", None),
        ({"line__isnull": True}, "amount_minor", 1),
    ],
    BillingPeriod: [
        ({"closed_at__isnull": False}, "peak", 0), ({"closed_at__isnull": False}, "closed_at", None),
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
    MemberChange: [({}, "status", "blocked")],
    NumberSeries: [({"key": "R-2026"}, "last", 0)],
}  # fmt: skip


def column(model: type[models.Model], name: str) -> str:
    return str(model._meta.get_field(name.removesuffix("_id") if name == "line_id" else name).column)


def raw(sql: str, *parameters: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, list(parameters))


def truncate(sql: str) -> None:
    raw("SET CONSTRAINTS ALL IMMEDIATE")  # else PostgreSQL refuses only because the test has not committed
    raw(sql)


def replace_row(row: models.Model, name: str, value: object, verb: str) -> None:
    """The row written anew with one column changed: ``verb`` INSERT OR REPLACE; UPDATE OR REPLACE changes it in place."""
    table, pk = row._meta.db_table, row._meta.pk.column
    found = adapted(row, name, value)
    key = row._meta.pk.get_db_prep_value(row.pk, connection)
    if verb.startswith("UPDATE"):
        raw(f'UPDATE OR REPLACE {table} SET "{column(type(row), name)}" = %s WHERE "{pk}" = %s', found, key)
        return
    columns = [field.column for field in row._meta.concrete_fields]
    values = ", ".join("%s" if one == column(type(row), name) else f'"{one}"' for one in columns)
    names = ", ".join(f'"{one}"' for one in columns)
    raw(f'INSERT OR REPLACE INTO {table} ({names}) SELECT {values} FROM {table} WHERE "{pk}" = %s', found, key)


def adapted(row: models.Model, name: str, value: object) -> object:
    field = row._meta.get_field("line" if name == "line_id" else name)
    plain = value.amount if isinstance(value, Money) else value
    return field.get_db_prep_save(plain, connection)


def ways(row: models.Model, name: str, value: object) -> dict[str, Callable[[], object]]:
    model, table, pk = type(row), row._meta.db_table, row._meta.pk.column
    key = row._meta.pk.get_db_prep_value(row.pk, connection)
    only = model._default_manager.filter(pk=row.pk)

    def changed() -> models.Model:
        found = model._default_manager.get(pk=row.pk)
        setattr(found, name, value)
        return found

    conflicts = {
        "update_conflicts": True,
        "unique_fields": [model._meta.pk.name],
        "update_fields": [name.removesuffix("_id")],
    }
    found: dict[str, Callable[[], object]] = {
        "save": lambda: changed().save(),
        "save(update_fields)": lambda: changed().save(
            update_fields=[name.removesuffix("_id") if name == "line_id" else name]
        ),
        "QuerySet.update": lambda: only.update(**{name: value}),
        "bulk_update": lambda: model._default_manager.bulk_update(
            [changed()], [name.removesuffix("_id") if name == "line_id" else name]
        ),
        "bulk_create(update_conflicts)": lambda: model._default_manager.bulk_create([changed()], **conflicts),
        "UPDATE": lambda: raw(
            f'UPDATE {table} SET "{column(model, name)}" = %s WHERE "{pk}" = %s', adapted(row, name, value), key
        ),
        "delete": lambda: model._default_manager.get(pk=row.pk).delete(),
        "QuerySet.delete": only.delete,
        "_raw_delete": lambda: only._raw_delete(only.db),
        "DELETE": lambda: raw(f'DELETE FROM {table} WHERE "{pk}" = %s', key),
    }
    if SQLITE:
        found["INSERT OR REPLACE"] = lambda: replace_row(row, name, value, "INSERT OR REPLACE")
        found["UPDATE OR REPLACE"] = lambda: replace_row(row, name, value, "UPDATE OR REPLACE")
        found["REPLACE as it is"] = lambda: raw(
            f'INSERT OR REPLACE INTO {table} SELECT * FROM {table} WHERE "{pk}" = %s', key
        )
    else:
        found["TRUNCATE"] = lambda: truncate(f"TRUNCATE {table}")
        found["TRUNCATE CASCADE"] = lambda: truncate(f"TRUNCATE {table} CASCADE")
    return found


def as_it_is(row: models.Model) -> dict[str, object]:
    return dict(type(row)._default_manager.filter(pk=row.pk).values()[0])


@pytest.mark.parametrize("model", TARGETS, ids=lambda model: model.__name__)
def test_no_door_leads_to_what_has_happened(full_books: Books, model: type[models.Model]) -> None:
    came_through = []
    for which, name, value in TARGETS[model]:
        row = model._default_manager.filter(**which).order_by("pk").first()
        assert row is not None
        before = as_it_is(row)
        for title, attack in ways(row, name, value).items():
            try:
                with transaction.atomic():
                    attack()
            except REFUSED:
                pass
            except NotSupportedError:  # PostgreSQL itself: other tables refer to this one
                assert title == "TRUNCATE"
            else:
                came_through.append(f"{name}: {title}")
            assert as_it_is(row) == before, title
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
