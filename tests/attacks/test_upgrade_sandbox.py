"""A database of the release in which the sandbox's tables were billing's is brought up to date: no row of them is lost,
whether the sandbox is installed then, later, or never."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from billing import clock
from billing.sandbox.models import SampleCard, SampleCharge, SampleVisit, SandboxClock
from tests.support.other_databases import open_empty_database, use_database

pytestmark = pytest.mark.django_db(transaction=True)

BEFORE = [("billing", "0006_outside")]
TABLES = {"billing_samplecard", "billing_samplecharge", "billing_samplevisit", "billing_sandboxclock"}


def tables_present() -> set[str]:
    return TABLES & set(connection.introspection.table_names())


def live_before(*, with_rows: bool) -> None:
    """The database as the release before left it; ``with_rows`` with a payment, a card, a visit and a clock."""
    call_command("migrate", "billing", BEFORE[0][1], verbosity=0)
    assert tables_present() == TABLES
    if not with_rows:
        return
    apps = MigrationExecutor(connection).loader.project_state(BEFORE).apps
    paid_at = datetime(2026, 5, 12, 9, 0, tzinfo=UTC)
    apps.get_model("billing", "SampleCharge").objects.create(
        external_id="sample-1",
        idempotency_key="key-1",
        currency="RUB",
        amount_minor=599_000,
        description="U-2026-000001",
        return_url="/payments/",
        status="succeeded",
        customer_key="100001",
        keeps_card=True,
        card_id="card-1",
        paid_at=paid_at,
    )
    apps.get_model("billing", "SampleCard").objects.create(
        external_id="card-1", customer_key="100001", title="Visa •• 4242", behaviour="succeeded"
    )
    apps.get_model("billing", "SampleVisit").objects.create(
        token="visit-1", customer_key="100001", return_url="/methods/", plans=[{"id": "sub_1", "cancelled": False}]
    )
    apps.get_model("billing", "SandboxClock").objects.create(id=1, stands_at=datetime(2026, 5, 12, 12, 20, tzinfo=UTC))


def assert_rows_are_there() -> None:
    charge = SampleCharge.objects.get()
    assert (charge.external_id, charge.amount_minor, charge.card_id) == ("sample-1", 599_000, "card-1")
    assert charge.paid_at == datetime(2026, 5, 12, 9, 0, tzinfo=UTC)
    assert SampleCard.objects.get().title == "Visa •• 4242"
    assert SampleVisit.objects.get().plans == [{"id": "sub_1", "cancelled": False}]
    assert clock.sandbox_now() == datetime(2026, 5, 12, 12, 20, tzinfo=UTC)


def test_a_sandbox_keeps_its_rows_and_goes_on(tmp_path: Path) -> None:
    with open_empty_database(tmp_path) as there, use_database(there):
        live_before(with_rows=True)
        call_command("migrate", verbosity=0)
        assert_rows_are_there()
        SandboxClock.objects.update(stands_at=datetime(2026, 6, 1, tzinfo=UTC))
        assert clock.sandbox_now() == datetime(2026, 6, 1, tzinfo=UTC)


def test_without_the_sandbox_rows_stay_and_wait_for_it(tmp_path: Path) -> None:
    """Where the sandbox is not installed, its migrations are not there: billing's alone are carried out."""
    with open_empty_database(tmp_path) as there, use_database(there):
        live_before(with_rows=True)
        call_command("migrate", "billing", verbosity=0)
        assert tables_present() == TABLES
        call_command("migrate", verbosity=0)
        assert_rows_are_there()


def test_without_the_sandbox_empty_tables_go_and_come_back_with_it(tmp_path: Path) -> None:
    with open_empty_database(tmp_path) as there, use_database(there):
        live_before(with_rows=False)
        call_command("migrate", "billing", verbosity=0)
        assert tables_present() == set()
        call_command("migrate", verbosity=0)
        assert tables_present() == TABLES
        assert clock.sandbox_now() is None


def test_going_back_to_the_release_before_keeps_the_rows_too(tmp_path: Path) -> None:
    with open_empty_database(tmp_path) as there, use_database(there):
        live_before(with_rows=True)
        call_command("migrate", verbosity=0)
        call_command("migrate", "billing", BEFORE[0][1], verbosity=0)
        assert tables_present() == TABLES
        call_command("migrate", verbosity=0)
        assert_rows_are_there()
