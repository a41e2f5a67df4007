"""What only reads: no row written, none locked, no transaction opened."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

WRITES = ("INSERT", "UPDATE", "DELETE", "SAVEPOINT", "BEGIN")


@contextmanager
def assert_nothing_written_or_locked() -> Iterator[None]:
    """Within it no row is written or locked, and no transaction is opened: on SQLite that alone would lock all others out."""
    with CaptureQueriesContext(connection) as asked:
        yield
    statements = [query["sql"] for query in asked.captured_queries]
    assert statements != []
    assert [sql for sql in statements if sql.startswith(WRITES) or " FOR " in sql.upper()[-40:]] == []


def assert_read_only(client: Client, address: str) -> None:
    assert client.get(address).status_code == 200, address
    with assert_nothing_written_or_locked():
        assert client.get(address).status_code == 200, address
