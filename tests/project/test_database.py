"""The database as an installation gets it: no change without its migration, no guard missing, the safe settings in force."""

import pytest
from django.core.management import call_command
from django.db import connection

from billing import triggers

pytestmark = pytest.mark.django_db


def test_every_change_of_a_model_has_its_migration(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("makemigrations", check=True, dry_run=True)
    assert "No changes detected" in capsys.readouterr().out


def test_every_guard_stands_after_the_migrations() -> None:
    assert len(triggers.list_expected(connection.vendor)) > 0
    assert triggers.list_missing(connection) == []


def asked(question: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(question)
        return cursor.fetchone()[0]


SQLITE = {"journal_mode": "wal", "synchronous": 2, "recursive_triggers": 1, "foreign_keys": 1, "busy_timeout": 20000}
POSTGRES = {"lock_timeout": "5s", "statement_timeout": "30s", "idle_in_transaction_session_timeout": "1min"}


def test_database_is_set_to_lose_nothing_and_to_wait_its_turn() -> None:
    expected, ask = (SQLITE, "PRAGMA {}") if connection.vendor == "sqlite" else (POSTGRES, "SHOW {}")
    assert {name: asked(ask.format(name)) for name in expected} == expected


def test_transactions_of_a_page_are_those_of_its_operations() -> None:
    assert connection.settings_dict["ATOMIC_REQUESTS"] is False
    assert connection.vendor != "sqlite" or connection.transaction_mode == "IMMEDIATE"
