"""What django-q calls: each a few lines over an operation, safe to run twice, late or never (G9)."""

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
    """The run of every minute: months, locks, documents, mails."""
    health.record_beat("run_billing")
    return billing_run.run_due(as_of=clock.now()).as_dict()


def deliver(_nudged_by: str = "") -> dict[str, object]:
    """Documents, mails and webhooks only: called as soon as there is one, so that nobody waits for the minute.

    A webhook's first repeat comes after five seconds: one worker waits for it, never two, and never where time stands still.
    """
    done = billing_run.deliver(as_of=clock.now())
    wait = dispatch.first_repeat_in(clock.now())
    if wait is not None and clock.sandbox_now() is None and cache.add(WAITER, True, timeout=2 * LONGEST_WAIT):
        time.sleep(min(wait.total_seconds(), LONGEST_WAIT))
        done.webhooks += dispatch.send_due(as_of=clock.now())
        cache.delete(WAITER)
    return done.as_dict()


def collect(invoice_number: str) -> str:
    """Pays a new invoice from the saved method (D17): called as soon as it exists. Returns what the try came to."""
    attempt = payment_methods.collect_invoice(invoice_number=invoice_number, as_of=clock.now())
    return attempt.status if attempt is not None else "nothing to collect"


def heartbeat() -> None:
    """Shows that the cluster works off its queue."""
    health.record_beat("cluster")


def check_books() -> int:
    """The nightly proof; every fault it finds is logged as an error."""
    found = books.faults()
    for fault in found:
        logger.error("books: %s", fault)
    health.record_beat("books")
    return len(found)
