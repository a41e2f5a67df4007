"""A database beside the tests' own, to be built by old migrations and brought up to date."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper


@contextmanager
def open_empty_database(tmp_path: Path) -> Iterator[BaseDatabaseWrapper]:
    """Opens a connection to an empty database beside the tests' own."""
    name = str(tmp_path / "old.sqlite3") if connection.vendor == "sqlite" else f"{connection.settings_dict['NAME']}_old"
    if connection.vendor == "postgresql":
        connection.cursor().execute(f'CREATE DATABASE "{name}"')
    there = connections.create_connection("default")
    there.settings_dict = {**connection.settings_dict, "NAME": name}
    try:
        yield there
    finally:
        there.close()
        if connection.vendor == "postgresql":
            connection.cursor().execute(f'DROP DATABASE "{name}"')


@contextmanager
def use_database(there: BaseDatabaseWrapper) -> Iterator[None]:
    """Everything reads and writes that database, as if it were the only one."""
    own = connections["default"]
    connections["default"] = there
    try:
        yield
    finally:
        connections["default"] = own
