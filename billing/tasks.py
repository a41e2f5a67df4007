"""What django-q calls: each a few lines over an operation, safe to run twice, late or never (G9)."""

import logging

from billing import clock
from billing.operations import health, running, saved_methods
from billing.reports import books

logger = logging.getLogger("billing")


def run_billing() -> dict[str, object]:
    """The run of every minute: months, locks, documents, mails."""
    health.beat("run_billing")
    return running.run_due(as_of=clock.now()).as_dict()


def deliver(_nudged_by: str = "") -> dict[str, object]:
    """Documents and mails only: called as soon as an invoice exists, so that nobody waits for the minute."""
    return running.deliver(as_of=clock.now()).as_dict()


def collect(invoice_number: str) -> str:
    """Pays a new invoice from the saved method (D17): called as soon as it exists. Returns what the try came to."""
    attempt = saved_methods.collect_invoice(invoice_number=invoice_number, as_of=clock.now())
    return attempt.status if attempt is not None else "nothing to collect"


def heartbeat() -> None:
    """Shows that the cluster works off its queue."""
    health.beat("cluster")


def check_books() -> int:
    """The nightly proof; every fault it finds is logged as an error."""
    found = books.faults()
    for fault in found:
        logger.error("books: %s", fault)
    health.beat("books")
    return len(found)
