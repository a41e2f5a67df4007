"""A guard on PostgreSQL looks at the real tables, whatever other tables, triggers and paths the session has made (I-2, I-5): these
attacks are the owner's own, whom no grant keeps from making them."""

import re
import uuid

import pytest
from django.db import IntegrityError, connection, transaction

from billing import triggers
from billing.models import Entry, LedgerAccount, Posting
from tests.support.database_attacks import Books
from tests.support.lesser_role import execute

pytestmark = pytest.mark.pg

INTO_A_SEALED_ENTRY = """
    INSERT INTO public.billing_posting (entry_id, debit_id, credit_id, currency, amount_minor)
    SELECT entry_id, debit_id, credit_id, currency, 5000000 FROM public.billing_posting LIMIT 1
"""
INTO_AN_ISSUED_INVOICE = """
    INSERT INTO public.billing_invoiceline SELECT (line).* FROM (
        SELECT jsonb_populate_record(line, jsonb_build_object('id', 99999999, 'position', 99)) AS line
        FROM public.billing_invoiceline AS line LIMIT 1) AS smuggled
"""


def refusal_of(*statements: str) -> str:
    """The sentence of the guard that refuses the last of ``statements``."""
    try:
        with transaction.atomic():
            execute(";".join(statements))
    except IntegrityError as refusal:
        return str(refusal).splitlines()[0]
    return "nothing"


@pytest.mark.parametrize(
    "shadow",
    [
        "CREATE TEMPORARY TABLE billing_entry (id uuid)",
        "CREATE TEMPORARY VIEW billing_entry AS SELECT * FROM public.billing_entry WHERE false",
        "CREATE SCHEMA mine; CREATE TABLE mine.billing_entry (id uuid); SET LOCAL search_path = mine, public",
    ],
)
def test_a_sealed_entry_takes_no_posting_behind_a_shadow(full_books: Books, shadow: str) -> None:
    postings = Posting.objects.count()
    assert refusal_of(shadow, INTO_A_SEALED_ENTRY) == "sealed_entry_takes_no_posting"
    assert Posting.objects.count() == postings


def test_an_issued_invoice_takes_no_line_behind_a_shadow(full_books: Books) -> None:
    assert (
        refusal_of("CREATE TEMPORARY TABLE billing_invoice (id uuid)", INTO_AN_ISSUED_INVOICE)
        == "issued_invoice_takes_no_line"
    )


def test_an_invoice_is_not_settled_by_allocations_of_ones_own(full_books: Books) -> None:
    guard = refusal_of(
        "CREATE TEMPORARY TABLE billing_allocation AS SELECT id AS invoice_id, total_minor AS amount_minor FROM billing_invoice",
        "UPDATE public.billing_invoice SET open_minor = 0 WHERE open_minor > 0",
    )
    assert guard == "issued_invoice_is_immutable"


def test_a_balance_is_the_sum_of_the_real_postings(full_books: Books) -> None:
    guard = refusal_of(
        "CREATE TEMPORARY TABLE billing_posting AS SELECT * FROM public.billing_posting",
        "UPDATE billing_posting SET amount_minor = amount_minor + 5000000",
        "UPDATE public.billing_ledgeraccount SET balance_minor = balance_minor + 5000000 WHERE kind = 'customer'",
    )
    assert guard == "ledger_balance_follows_its_postings"


def test_a_temporary_trigger_raises_no_balance(full_books: Books) -> None:
    """The second level of triggers was once proof enough that a posting moved the balance: 50 000.00 from nothing."""
    guard = refusal_of(
        "CREATE TEMPORARY TABLE lever (id int)",
        "CREATE FUNCTION pg_temp.pull() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE public.billing_ledgeraccount"
        " SET balance_minor = balance_minor + 5000000 WHERE kind = 'customer'; RETURN NEW; END $$",
        "CREATE TRIGGER pulled BEFORE INSERT ON lever FOR EACH ROW EXECUTE FUNCTION pg_temp.pull()",
        "INSERT INTO lever VALUES (1)",
    )
    assert guard == "ledger_balance_follows_its_postings"


def test_one_statement_of_several_postings_moves_each_balance_by_all_of_them(full_books: Books) -> None:
    """700 minor units debited and 250 credited at once: 450 less."""
    account = LedgerAccount.objects.get(pk=full_books.party.account.ledger_account.pk)
    other = LedgerAccount.objects.get(kind="revenue", seller=account.seller)
    entry = Entry.objects.filter(account=full_books.party.account).first()
    assert entry is not None
    new = uuid.uuid4()
    sides = [(account, other, 300), (account, other, 400), (other, account, 250)]
    Posting.objects.bulk_create(
        Posting(entry_id=new, debit=debit, credit=credit, currency="RUB", amount_minor=amount)
        for debit, credit, amount in sides
    )
    Entry.objects.create(id=new, key="three at once", kind=entry.kind, account=entry.account, at=entry.at, actor="test")
    assert LedgerAccount.objects.get(pk=account.pk).balance_minor == account.balance_minor - 450
    assert LedgerAccount.objects.get(pk=other.pk).balance_minor == other.balance_minor


def test_every_function_has_a_path_of_its_own_and_names_its_tables_with_their_schema(db: None) -> None:
    """Also one that is written tomorrow: in the database, and no table without its schema in any of the files."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname, proconfig FROM pg_proc WHERE prorettype = 'trigger'::regtype AND proname LIKE 'billing_%%'"
        )
        paths = dict(cursor.fetchall())
    assert len(paths) > 15
    assert {name: path for name, path in paths.items() if path != ["search_path=pg_catalog, pg_temp"]} == {}
    bodies = [text for text in triggers.statements("postgresql") if text.startswith("CREATE OR REPLACE FUNCTION")]
    bare = re.compile(r"\b(?:FROM|JOIN|UPDATE|INTO)\s+(?:billing|accounts)_\w+")
    assert len(bodies) == len(paths)
    assert [found for body in bodies for found in bare.findall(body)] == []


def test_a_trigger_of_that_name_on_a_temporary_table_is_no_guard(db: None) -> None:
    execute("CREATE TEMPORARY TABLE decoy (id int)")
    execute("DROP TRIGGER posting_never_changes ON billing_posting")
    execute(
        "CREATE TRIGGER posting_never_changes BEFORE UPDATE ON decoy FOR EACH ROW EXECUTE FUNCTION billing_refuse('x')"
    )
    assert triggers.list_missing(connection) == ["posting_never_changes"]
