"""The application's own role on PostgreSQL, made and granted as docs/operating.md says, and connections that log in as it."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any

from django.core.management import call_command
from django.db import connection, connections
from django.db.backends.signals import connection_created

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


# --- A whole run of the tests with the lesser rights: `pytest --as-lesser-role` ----------------------------------------

WHOLE_RUN = "saldo_tests"
_taken: list[str] = []


def _take_in_session(*, connection: Any, **kwargs: Any) -> None:
    if connection.alias == "default":
        connection.cursor().execute(f'SET ROLE "{WHOLE_RUN}"')


def take_for_the_whole_run() -> None:
    """From here on every session has the rights of the lesser role alone."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [WHOLE_RUN])
        if cursor.fetchone() is None:
            cursor.execute(f'CREATE ROLE "{WHOLE_RUN}"')
    call_command("grants", WHOLE_RUN, "--apply", stdout=StringIO())
    _taken.append(WHOLE_RUN)
    connection_created.connect(_take_in_session)
    _take_in_session(connection=connections["default"])


@contextmanager
def act_as_owner() -> Iterator[None]:
    """Within it the session is the owner's again, for what only tests do: emptying the tables."""
    if not _taken:
        yield
        return
    execute("RESET ROLE")
    try:
        yield
    finally:
        _take_in_session(connection=connections["default"])
