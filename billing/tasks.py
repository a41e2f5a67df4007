"""The tasks that django-q calls: each calls an operation and is safe to run twice, late or never (G9)."""

import logging
import time

from django.core.cache import cache

from billing import clock
from billing.operations import health
from billing.operations.collection import payment_methods
from billing.operations.events import dispatch
from billing.operations.run import billing_run
from billing.reports import books

logger = logging.getLogger("billing")

WAITER, LONGEST_WAIT = "webhooks:waiter", 6  # seconds


def run_billing() -> dict[str, object]:
    """Runs everything that is due, once a minute: months, access, documents, mails."""
    health.record_run_start()
    counts = billing_run.run_due(as_of=clock.now())
    health.record_run_end()
    return counts.as_dict()


def deliver(_nudged_by: str = "") -> dict[str, object]:
    """Renders documents and sends mails and webhooks: called as soon as there is one, so that nobody waits for the minute.

    A webhook's first retry comes after five seconds: one worker at most waits for it, and none under a sandbox clock.
    """
    counts = billing_run.deliver(as_of=clock.now())
    wait = dispatch.first_repeat_in(clock.now())
    if wait is not None and clock.sandbox_now() is None and cache.add(WAITER, True, timeout=2 * LONGEST_WAIT):
        time.sleep(min(wait.total_seconds(), LONGEST_WAIT))
        counts.webhooks += dispatch.send_due(as_of=clock.now())
        cache.delete(WAITER)
    return counts.as_dict()


def collect(invoice_number: str) -> str:
    """Charges a new invoice to the saved payment method, as soon as it is issued (D17). Returns the attempt's status."""
    attempt = payment_methods.collect_invoice(invoice_number=invoice_number, as_of=clock.now())
    return attempt.status if attempt is not None else "nothing to collect"


def heartbeat() -> None:
    """Records that the cluster is working off its queue."""
    health.record_beat("cluster")


def check_books() -> int:
    """Proves the books every night; every fault is logged as an error. Returns their number."""
    faults = books.faults()
    for fault in faults:
        logger.error("books: %s", fault)
    health.record_beat("books")
    return len(faults)
