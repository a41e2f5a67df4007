"""The application's own role on PostgreSQL, made and granted as docs/operating.md says, and connections that log in as it."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO

from django.core.management import call_command
from django.db import connection, connections

from tests.support.other_databases import use_database


def execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def make_role(role: str) -> None:
    """Creates ``role`` and gives it its rights with `manage.py grants`."""
    execute(f'CREATE ROLE "{role}" LOGIN')
    call_command("grants", role, "--apply", stdout=StringIO())


def drop_role(role: str) -> None:
    execute(f'DROP OWNED BY "{role}"')
    execute(f'DROP ROLE "{role}"')


@contextmanager
def log_in_as(role: str) -> Iterator[None]:
    """Within it everything reads and writes the tests' database in a session of ``role``."""
    there = connections.create_connection("default")
    there.settings_dict = {**connection.settings_dict, "USER": role}
    try:
        with use_database(there):
            yield
    finally:
        there.close()
