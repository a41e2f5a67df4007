"""What Saldo writes to people: one function per notice.

A notice is a row, written in the transaction of its fact and unique by kind, fact and recipient, so that each goes out once
whatever is repeated. Sums and dates come from the posted rows. Who gets it, and whether by email or as a short message too,
is decided by `readers`; sending follows later (`billing.operations.run.delivery`).
"""

from billing.notices.access import read_only, restored
from billing.notices.changes import change_scheduled, change_undone, terms_changed
from billing.notices.dunning import collection_failed, payment_coming
from billing.notices.invoices import due_soon, invoice_issued, invoice_recipients
from billing.notices.letters.base import owner_recipients, queue
from billing.notices.methods import method_needs_you, method_removed, method_saved
from billing.notices.ownership import instance_handed_over
from billing.notices.payments import payment_failed, payment_received
from billing.notices.people import invitation, offer_sent, request_answered
from billing.notices.recipients.readers import account_recipients
from billing.notices.subscriptions import (
    cancel_undone,
    cancelled,
    ended,
    renewal_coming,
    renewal_fact,
    renewed,
    started,
)
from billing.notices.terms import terms_stay, terms_will_change
from billing.notices.trials import plan_chosen, trial_ended, trial_ending, trial_extended, trial_started
from billing.notices.usage import quota_crossed

__all__ = [
    "account_recipients",
    "cancel_undone",
    "cancelled",
    "change_scheduled",
    "change_undone",
    "collection_failed",
    "due_soon",
    "ended",
    "instance_handed_over",
    "invitation",
    "invoice_issued",
    "invoice_recipients",
    "method_needs_you",
    "method_removed",
    "method_saved",
    "offer_sent",
    "owner_recipients",
    "payment_coming",
    "payment_failed",
    "payment_received",
    "plan_chosen",
    "queue",
    "quota_crossed",
    "read_only",
    "renewal_coming",
    "renewal_fact",
    "renewed",
    "request_answered",
    "restored",
    "started",
    "terms_changed",
    "terms_stay",
    "terms_will_change",
    "trial_ended",
    "trial_ending",
    "trial_extended",
    "trial_started",
]
