"""The application's own role on PostgreSQL: all of its work is done with the rights that `manage.py grants` gives, and the guards
hold against it (I-2, I-5)."""

import io
import re
from collections.abc import Iterator
from datetime import date

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, ProgrammingError, connection, transaction

from billing import grants, triggers
from billing.models import Event, InvoiceDocument, JobRun
from billing.operations import api_tokens
from billing.operations.run import billing_run
from tests.support import people
from tests.support.callers import Api
from tests.support.lesser_role import drop_role, execute, log_in_as, make_role
from tests.support.people import Party, at, minor, stand_at

ROLE = "saldo_app"


@pytest.fixture
def lesser_role(transactional_db: None) -> Iterator[str]:
    """The role exists, has its rights, and is whom everything here is done as."""
    make_role(ROLE)
    with log_in_as(ROLE):
        yield ROLE
    drop_role(ROLE)


@pytest.fixture
def charged(lesser_role: str) -> Party:
    """Romashka with April's invoice for 5 990.00 open, all of it written by the lesser role."""
    party = people.party()
    party.activate(9, at("2026-04-10 14:03"))
    assert [invoice.open_minor for invoice in party.close(at("2026-05-01 00:00"))] == [599_000]
    return party


# --- What is declared --------------------------------------------------------------------------------------------------


def test_every_table_is_classified_once() -> None:
    assert [table for table, rights in grants.rights_by_table().items() if rights is None] == []
    lists = (grants.ONLY_GROW, grants.WRITTEN_LATER, grants.NEVER_DELETED, grants.NEVER_CHANGED, grants.FREE)
    labels = [label for group in lists for label in group]
    assert len(labels) == len(set(labels))
    assert [label for label in labels if apps.get_model(label)._meta.label != label] == []


def test_what_a_trigger_refuses_to_change_or_delete_no_grant_allows() -> None:
    """The two declarations agree: the triggers without a condition, and the tables that the role may not touch."""
    rights = grants.rights_by_table()
    for verb, allowed in (("UPDATE", "update"), ("DELETE", "delete")):
        statements = [
            text for text in triggers.statements("postgresql") if f"BEFORE {verb} ON" in text and "WHEN" not in text
        ]
        tables = [triggers.NAME.match(text)[2] for text in statements if "EXECUTE FUNCTION billing_refuse(" in text]  # type: ignore[index]
        assert len(tables) > 10
        assert [
            table for table in tables if getattr(rights[table], allowed) or (verb == "UPDATE" and rights[table].columns)
        ] == []  # type: ignore[union-attr]


def test_sqlite_is_told_that_it_has_no_roles(db: None) -> None:
    if connection.vendor == "sqlite":
        with pytest.raises(CommandError, match="SQLite has neither"):
            call_command("grants", ROLE)


@pytest.mark.pg
def test_the_command_prints_what_it_would_carry_out(db: None) -> None:
    execute(f"CREATE ROLE {ROLE}")
    output = io.StringIO()
    call_command("grants", ROLE, stdout=output)
    lines = output.getvalue().splitlines()
    assert f'GRANT SELECT, INSERT, UPDATE ("position") ON public."billing_event" TO "{ROLE}";' in lines
    assert f'GRANT SELECT, INSERT ON public."billing_posting" TO "{ROLE}";' in lines
    assert [line for line in lines if line.startswith("REVOKE TEMPORARY") and f'FROM PUBLIC, "{ROLE}"' in line]
    assert all(line.endswith(";") for line in lines)


@pytest.mark.pg
def test_no_grant_is_made_to_who_would_not_be_bound_by_it(db: None) -> None:
    with pytest.raises(CommandError, match="There is no role nobody_here"):
        call_command("grants", "nobody_here")
    with pytest.raises(CommandError, match="owns the tables or is a superuser"):
        call_command("grants", connection.settings_dict["USER"])


@pytest.mark.pg
def test_rights_that_come_by_another_role_are_named_and_nothing_is_changed(db: None) -> None:
    execute(f"CREATE ROLE {ROLE}")
    execute(f"GRANT pg_write_all_data TO {ROLE}")
    with pytest.raises(CommandError, match="UPDATE on billing_posting"):
        call_command("grants", ROLE, "--apply")
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_table_privilege(%s, 'billing_posting', 'SELECT')", [ROLE])
        assert cursor.fetchone() == (False,)


# --- The work is done --------------------------------------------------------------------------------------------------


@pytest.mark.pg
def test_a_month_of_meteor_runs_to_the_end(lesser_role: str) -> None:
    """METEOR, reports, the close, the PDF, the payment, and the stream's places; then the proof of the books. May's own fee
    is on the balance since its first day."""
    party = people.party()
    party.activate(10, at("2026-04-10 14:03"))
    party.block([10], at("2026-04-20 12:00"))
    stand_at(at("2026-05-01 00:00"))
    result = billing_run.run_due(as_of=at("2026-05-01 00:00"))
    assert (result.months_closed, result.set_aside, result.documents) == (1, 0, 1)
    assert [invoice.total_minor for invoice in party.invoices] == [658_900]
    party.pay("6589.00", at("2026-05-02 12:00"))
    assert billing_run.run_due(as_of=at("2026-05-02 12:01")).set_aside == 0
    assert [invoice.open_minor for invoice in party.invoices] == [0]
    assert (party.balance, InvoiceDocument.objects.count(), JobRun.objects.count()) == (minor("-5990.00"), 1, 0)
    assert not Event.objects.filter(position=None).exists()
    people.assert_books_are_right()


@pytest.mark.pg
def test_the_stream_is_read_and_its_events_have_their_places(lesser_role: str) -> None:
    people.party()
    token = api_tokens.create_token(scope="operator", at=at("2026-01-01 00:00"), actor="test")[1]
    status, answer = Api(token).get("events?limit=200")
    assert (status, len(answer["items"]) > 0) == (200, True)
    positions = list(Event.objects.order_by("id").values_list("position", flat=True))
    assert positions == list(range(1, len(positions) + 1))


@pytest.mark.pg
def test_prepaid_time_is_renewed(lesser_role: str) -> None:
    """A calendar month paid in advance: the money is there, and the second one begins by itself (E8)."""
    party = people.party(
        "ocean", at("2026-04-10 12:00"), product="blue", tariff_id="blue-monthly", currency="USD", trial=False
    )
    party.pay("100.00", at("2026-04-10 12:05"))
    for now in ("2026-04-10 12:06", "2026-05-01 00:00", "2026-05-01 00:01"):
        stand_at(at(now))
        assert billing_run.run_due(as_of=at(now)).set_aside == 0
    assert [period.start for period in party.periods] == [date(2026, 4, 10), date(2026, 5, 1)]
    people.assert_books_are_right()


@pytest.mark.pg
def test_schedules_and_staff_roles_are_put_in_place(lesser_role: str) -> None:
    output = io.StringIO()
    for command in ("sync_schedules", "sync_roles", "check_books"):
        call_command(command, stdout=output)
    assert "The books are right." in output.getvalue()


# --- The guards hold ---------------------------------------------------------------------------------------------------


GUARDED = {
    "raises its balance": "UPDATE billing_ledgeraccount SET balance_minor = 5000000 WHERE kind = 'customer'",
    "settles its invoice": "UPDATE billing_invoice SET open_minor = 0",
    "hands a number out again and gives the higher one back": "UPDATE billing_numberseries SET last = last - 1",
}
FORBIDDEN = {
    "puts a temporary table before a real one": "CREATE TEMPORARY TABLE billing_entry (id uuid)",
    "makes a table": "CREATE TABLE public.billing_mine (id int)",
    "makes a schema to look into first": "CREATE SCHEMA mine",
    "makes a function": "CREATE FUNCTION public.billing_refuse(text) RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "plays a replica": "SET session_replication_role = replica",
    "plays a replica for a statement": "SET LOCAL session_replication_role = replica",
    "switches a guard off": "ALTER TABLE billing_posting DISABLE TRIGGER posting_never_changes",
    "switches all guards off": "ALTER TABLE billing_posting DISABLE TRIGGER ALL",
    "drops a guard": "DROP TRIGGER posting_never_changes ON billing_posting",
    "makes a trigger": "CREATE TRIGGER mine BEFORE UPDATE ON billing_posting FOR EACH ROW EXECUTE FUNCTION billing_refuse('x')",
    "replaces a guard's function": "CREATE OR REPLACE FUNCTION public.billing_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    "'BEGIN RETURN NEW; END'",
    "frees a function's path": "ALTER FUNCTION public.billing_guard_posting() RESET search_path",
    "rewrites an entry": "UPDATE billing_entry SET reason = 'another'",
    "deletes an entry": "DELETE FROM billing_entry",
    "rewrites a posting": "UPDATE billing_posting SET amount_minor = 1",
    "empties the postings": "TRUNCATE billing_posting CASCADE",
    "rewrites an event": "UPDATE billing_event SET type = 'nothing.happened'",
    "rewrites an invoice": "UPDATE billing_invoice SET total_minor = 1",
    "rewrites a report": "UPDATE accounts_memberchange SET status = 'blocked'",
    "rewrites a charge": "UPDATE billing_charge SET amount_minor = 1",
    "forgets a migration": "DELETE FROM django_migrations",
    "becomes the owner": "SET SESSION AUTHORIZATION saldo",
}


def list_what_comes_through(attacks: dict[str, str], error: type[DatabaseError], match: str) -> list[str]:
    """Tries each attack in a transaction of its own; the titles of those that nothing refused for that reason."""
    came_through = []
    for title, sql in attacks.items():
        try:
            with transaction.atomic():
                execute(sql)
        except error as refusal:
            came_through += [] if re.search(match, str(refusal)) else [f"{title}: {refusal}"]
        else:
            came_through.append(title)
    return came_through


@pytest.mark.pg
def test_the_role_has_no_right_to_change_what_happened_or_to_switch_a_guard_off(charged: Party) -> None:
    assert list_what_comes_through(FORBIDDEN, ProgrammingError, "permission denied|must be owner") == []


@pytest.mark.pg
def test_what_the_role_may_write_a_guard_still_checks(charged: Party) -> None:
    guards = "ledger_balance_follows_its_postings|issued_invoice_is_immutable|number_series_only_rises"
    assert list_what_comes_through(GUARDED, IntegrityError, guards) == []
