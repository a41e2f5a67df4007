"""An installation in which everything that must never change exists at least once."""

import pytest

from billing.models import InvoiceDocument
from billing.operations.run import billing_run
from billing.operations.settlement import adjustments, credit_notes
from billing.operations.settlement.credit_notes import NoteLine
from tests.support import people
from tests.support.database_attacks import Books
from tests.support.people import at


@pytest.fixture
def full_books(db: None) -> Books:
    """Somebody repeated; April billed, sent, part paid, credited and overdue; the subscription of another customer terminated."""
    people.installation()
    people.publish_tariff(tariff_id="solo", unit_price="5990.00", included_quantity=0)
    party, other = people.party(tariff_id="solo"), people.party("other", tariff_id="solo")
    other.terminate(at("2026-04-20 12:00"))
    party.tell("u-1", "active", at("2026-04-21 12:00"), role="administrator")
    party.close(at("2026-05-01 00:00"))
    [invoice] = party.invoices
    InvoiceDocument.objects.create(
        invoice=invoice, content=b"%PDF-1.7", sha256="0" * 64, rendered_at=at("2026-05-01 00:01")
    )
    party.pay("1000.00", at("2026-05-02 12:00"))
    other.pay("9000.00", at("2026-05-02 12:00"))
    credit_notes.issue_credit_note(
        invoice=invoice, lines=[NoteLine("Part", 100)], reason="A part", as_of=at("2026-05-03 12:00"), actor="finance"
    )
    adjustments.adjust_balance(
        account=party.account,
        amount_minor=-500,
        currency="RUB",
        reason_code="tax",
        comment="A fee",
        actor="finance",
        as_of=at("2026-05-04 12:00"),
    )
    billing_run.announce_changes(as_of=at("2026-05-16 00:00"))
    invoice.refresh_from_db()
    return Books(party, other, invoice, party.subscription.tariff)
