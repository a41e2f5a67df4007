"""Rows as they were, put back without telling the whole story again.

A story takes hundreds of operations and stands before a thousand tests. On SQLite it is lived through once for each worker;
after that its rows are written back as they stood, sequences included, so that every key is the one that the story's objects
hold. Guards are away only while rows are put back: they would take the rows for new facts and refuse or count them twice.
PostgreSQL lives through the story each time: its sequences are not rolled back with a test.
"""

import pickle
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.db import connection, transaction

from billing import triggers

T = TypeVar("T")
Rows = dict[str, list[tuple[Any, ...]]]

KEPT_BY_MIGRATIONS = {"django_migrations"}
_snapshots: dict[str, tuple[Rows, Rows, bytes]] = {}


def can_keep() -> bool:
    """Whether the database at hand gives back the same keys after a rollback."""
    return connection.vendor == "sqlite"


def columns_of(table: str) -> list[str]:
    """The columns in the order of their names: a migration that builds a table anew may put them in another."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT name FROM pragma_table_info('{table}') ORDER BY name")
        return [name for (name,) in cursor.fetchall()]


def rows_now() -> Rows:
    """Every row of every table as SQLite stores it: a plus before a column keeps it from being read as a date or a number."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        tables = sorted({name for (name,) in cursor.fetchall()} - KEPT_BY_MIGRATIONS)
        rows: Rows = {}
        for table in tables:
            names = ", ".join(f'+"{name}"' for name in columns_of(table))
            cursor.execute(f'SELECT {names} FROM "{table}" ORDER BY rowid')
            rows[table] = cursor.fetchall()
    return rows


def put_back(rows: Rows, now: Rows) -> None:
    """Makes the tables hold ``rows``; those that hold them ``now`` are left alone."""
    changed = {table: new_rows for table, new_rows in rows.items() if new_rows != now.get(table)}
    if not changed:
        return
    with transaction.atomic(), connection.cursor() as cursor:
        triggers.drop(connection)
        cursor.execute("PRAGMA defer_foreign_keys = ON")
        for table in changed:
            cursor.execute(f'DELETE FROM "{table}"')
        for table, new_rows in sorted(changed.items(), key=lambda item: item[0] == "sqlite_sequence"):
            if table == "sqlite_sequence":  # written to by the rows before
                cursor.execute("DELETE FROM sqlite_sequence")
            if new_rows:
                names = ", ".join(f'"{name}"' for name in columns_of(table))
                places = ", ".join(["%s"] * len(new_rows[0]))
                cursor.executemany(f'INSERT INTO "{table}" ({names}) VALUES ({places})', new_rows)
        triggers.install(connection)


def tell_once(tell: Callable[[], T]) -> Callable[[], T]:
    """``tell`` lived through once on a database as it stands; after that its rows are put back and its objects copied."""

    @wraps(tell)
    def retell() -> T:
        if not can_keep():
            return tell()
        now = rows_now()
        snapshot = _snapshots.get(tell.__qualname__)
        if snapshot is not None and snapshot[0] == now:
            put_back(snapshot[1], now)
            story: T = pickle.loads(snapshot[2])
            return story
        objects = tell()
        _snapshots.setdefault(tell.__qualname__, (now, rows_now(), pickle.dumps(objects)))
        return objects

    return retell
