"""The guards themselves: in place after every migration, and missed at once where one is gone."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.core.management.sql import emit_pre_migrate_signal
from django.db import connection
from django.db.migrations import Migration
from django.db.models import CharField

from billing import checks, triggers
from billing.models import Posting
from billing.reports import books

VENDOR = connection.vendor
GUARDS = sorted(triggers.list_expected(VENDOR).items())


def drop(name: str, table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {name}" + ("" if VENDOR == "sqlite" else f" ON {table}"))


def test_after_migrate_every_guard_is_in_place(db: None) -> None:
    assert triggers.list_missing(connection) == []
    assert len(GUARDS) > 50
    assert checks.triggers_are_in_place(databases=["default"]) == []


def test_both_databases_have_the_same_guards() -> None:
    """PostgreSQL has those against TRUNCATE besides; SQLite's posting_keeps_one_currency is two."""
    sqlite, postgres = set(triggers.list_expected("sqlite")), set(triggers.list_expected("postgresql"))
    assert sqlite - postgres == {"sealed_entry_takes_no_posting", "invoice_number_was_handed_out"}
    assert {name for name in postgres - sqlite if "emptied" not in name} == set()


@pytest.mark.parametrize(("name", "table"), GUARDS, ids=[name for name, _table in GUARDS])
def test_a_guard_that_is_gone_is_noticed(db: None, name: str, table: str) -> None:
    drop(name, table)
    assert [str(fault) for fault in books.faults()] == [f"trigger: {name}: is missing"]
    [error] = checks.triggers_are_in_place(databases=["default"])
    assert (error.id, name in error.msg) == ("billing.W001", True)
    output = io.StringIO()
    with pytest.raises(CommandError):
        call_command("check_books", stderr=output)
    assert name in output.getvalue()


@pytest.mark.pg
def test_a_guard_that_is_switched_off_is_noticed(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE billing_posting DISABLE TRIGGER posting_never_changes")
    assert triggers.list_missing(connection) == ["posting_never_changes"]


@pytest.mark.django_db(transaction=True)
def test_a_migration_can_rebuild_a_guarded_table_and_its_guards_are_back_after_migrate() -> None:
    """SQLite makes a table anew when a field changes: it forgets its triggers, and dies of others' that read the table."""
    old = Posting._meta.get_field("currency")
    wider = CharField(max_length=4)
    wider.set_attributes_from_name("currency")
    wider.model = Posting
    for before, after in ((old, wider), (wider, old)):
        emit_pre_migrate_signal(
            verbosity=0, interactive=False, db="default", plan=[(Migration("0002_wider", "billing"), False)]
        )
        with connection.schema_editor() as editor:
            editor.alter_field(Posting, before, after)
        assert ("posting_never_changes" in triggers.list_missing(connection)) == (VENDOR == "sqlite")
        call_command("migrate", verbosity=0)
        assert triggers.list_missing(connection) == []


@pytest.mark.django_db(transaction=True)
def test_a_migrate_with_nothing_to_do_takes_no_guard_away() -> None:
    emit_pre_migrate_signal(verbosity=0, interactive=False, db="default", plan=[])
    assert triggers.list_missing(connection) == []


def test_installing_twice_changes_nothing(db: None) -> None:
    triggers.install(connection)
    triggers.install(connection)
    assert triggers.list_missing(connection) == []
