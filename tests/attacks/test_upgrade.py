"""A database of the first release, with figures and guards in it, is brought up to date: every figure stays, every guard of
today stands, and life goes on in it."""

from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from billing import triggers
from billing.models import BillingPeriod
from billing.operations.run import billing_run
from tests.support import people
from tests.support.other_databases import open_empty_database, use_database
from tests.support.people import Party, at

# Of every table: the names of its columns and its rows.
Rows = dict[str, tuple[list[str], list[tuple[Any, ...]]]]


def quote_names(names: list[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def plain(value: object) -> object:
    return bytes(value) if isinstance(value, memoryview) else value


def tables_of_money() -> dict[str, list[str]]:
    """The columns of each table of this program, as the database in use has them."""
    with connection.cursor() as cursor:
        return {
            name: [column.name for column in connection.introspection.get_table_description(cursor, name)]
            for name in sorted(connection.introspection.table_names())
            if name.startswith(("billing_", "accounts_"))
        }


def read(tables: dict[str, list[str]]) -> Rows:
    """The rows; of the tariffs METEOR's alone: the first release sold nothing else."""
    rows: Rows = {}
    with connection.cursor() as cursor:
        for table, names in tables.items():
            only = " WHERE tariff_id = 'meteor-cloud'" if table == "billing_tariff" else ""
            cursor.execute(f"SELECT {quote_names(names)} FROM {table}{only} ORDER BY 1")
            rows[table] = (names, [tuple(map(plain, row)) for row in cursor.fetchall()])
    return rows


def write(rows: Rows) -> None:
    """Puts ``rows`` into the database in use; what refers to what is checked in the end."""
    with connection.constraint_checks_disabled(), transaction.atomic(), connection.cursor() as cursor:
        for table, (names, values) in rows.items():
            marks = ", ".join(["%s"] * len(names))
            cursor.executemany(f"INSERT INTO {table} ({quote_names(names)}) VALUES ({marks})", values)
    connection.check_constraints()


def guards_of_then() -> int:
    """Puts in place as many of the guards as the tables take: a migration has to get past them. How many there are."""
    put = 0
    for statement in triggers.statements(connection.vendor):
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)
        except DatabaseError:
            continue
        put += bool(triggers.NAME.match(statement))
    return put


def a_life() -> Party:
    """April paid by 5 000.00 of 5 990.00, May opened with ten."""
    people.installation()
    party = people.party()
    party.activate(9, at("2026-04-10 12:00"))
    party.pay("5000.00", at("2026-04-11 12:00"))
    billing_run.close_months(as_of=at("2026-05-01 00:00"))
    return party


@pytest.mark.django_db(transaction=True)
def test_a_database_of_the_first_release_is_brought_up_to_date(tmp_path: Path) -> None:
    party = a_life()
    with open_empty_database(tmp_path) as there:
        with use_database(there):
            call_command("migrate", "billing", "0001", verbosity=0)
            old_tables = tables_of_money()
        before = read(old_tables)
        assert sum(len(rows) for _names, rows in before.values()) > 40
        with use_database(there):
            write(before)
            assert guards_of_then() > 40
            call_command("migrate", verbosity=0)
            assert triggers.list_missing(connection) == []
            assert read(old_tables) == before
            people.assert_books_are_right()
            assert {row.tariff_id for row in BillingPeriod.objects.all()} == {party.subscription.tariff_id}
            party.pay("990.00", at("2026-05-10 12:00"))
            billing_run.close_months(as_of=at("2026-06-01 00:00"))
            assert (party.balance, [row.open_minor for row in party.invoices]) == (-1_198_000, [0, 599_000])
            people.assert_books_are_right()
