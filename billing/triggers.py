"""The database triggers that refuse what may never happen to money, on SQLite and PostgreSQL alike.

The statements are in ``billing/migrations/triggers/<vendor>/*.sql``. They are put in place after every ``migrate``,
because SQLite drops a table's triggers whenever a migration rebuilds that table.
"""

import re
from pathlib import Path
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

FOLDER = Path(__file__).parent / "migrations" / "triggers"
STATEMENT = re.compile(r"(?m)^(?=CREATE )")
SCHEMA = re.compile(r"\bSCHEMA\.")
NAME = re.compile(r"CREATE TRIGGER (\w+)\s.*?\bON (\w+)", re.S)


def statements(vendor: str) -> list[str]:
    """Returns the CREATE statements for ``vendor`` ("sqlite", "postgresql"), in the order of the files."""
    files = sorted((FOLDER / vendor).glob("*.sql"))
    parts = [part.strip() for file in files for part in STATEMENT.split(file.read_text(encoding="utf-8"))]
    return [part for part in parts if part.startswith("CREATE ")]


def list_expected(vendor: str) -> dict[str, str]:
    """Returns every trigger that must exist, with its table."""
    matches = (NAME.match(statement) for statement in statements(vendor))
    return {match[1]: match[2] for match in matches if match}


def _drop(cursor: Any, vendor: str, name: str, table: str) -> None:
    cursor.execute(f"DROP TRIGGER IF EXISTS {name}" + (f" ON {table}" if vendor == "postgresql" else ""))


def read_schema(connection: BaseDatabaseWrapper) -> str:
    """Reads the PostgreSQL schema that the tables live in."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT relnamespace::regnamespace::text FROM pg_class WHERE oid = 'billing_posting'::regclass")
        return str(cursor.fetchone()[0])


def install(connection: BaseDatabaseWrapper) -> None:
    """Creates every trigger anew from the files; safe to repeat."""
    prefix = f"{read_schema(connection)}." if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        for statement in statements(connection.vendor):
            match = NAME.match(statement)
            if match:
                _drop(cursor, connection.vendor, match[1], match[2])
            cursor.execute(SCHEMA.sub(prefix, statement))


def drop(connection: BaseDatabaseWrapper) -> None:
    """Drops every trigger: for reversing the migration and for tests that empty their tables."""
    with connection.cursor() as cursor:
        for name, table in list_expected(connection.vendor).items():
            _drop(cursor, connection.vendor, name, table)


def list_missing(connection: BaseDatabaseWrapper) -> list[str]:
    """Returns the names of the triggers that are missing from the database, or disabled there.

    On PostgreSQL a trigger of that name on another table, a temporary one say, is none of ours.
    """
    query = (
        "SELECT tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid WHERE NOT tgisinternal"
        " AND tgenabled IN ('O', 'A') AND relnamespace = (SELECT relnamespace FROM pg_class"
        " WHERE oid = to_regclass('billing_posting'))"
        if connection.vendor == "postgresql"
        else "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        present = {row[0] for row in cursor.fetchall()}
    return sorted(set(list_expected(connection.vendor)) - present)


def before_migrate(sender: Any, using: str, plan: Any = None, **kwargs: Any) -> None:
    """Drops the triggers on SQLite before ``migrate`` carries out ``plan``; called by Django's pre_migrate.

    Without it the first migration that rebuilds a guarded table fails with "error in trigger …: no such table".
    """
    connection = connections[using]
    if plan and connection.vendor == "sqlite":
        drop(connection)


def after_migrate(sender: Any, using: str, plan: Any = None, **kwargs: Any) -> None:
    """Creates the triggers once their tables exist; called by Django's post_migrate."""
    connection = connections[using]
    tables = set(connection.introspection.table_names())
    if set(list_expected(connection.vendor).values()) <= tables:
        install(connection)
