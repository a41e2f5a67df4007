"""The notices that Saldo writes to people: one function for each.

A notice is a row, written in the transaction of its fact and unique by kind, fact and recipient, so that each goes out once
whatever is repeated. Sums and dates come from the posted rows. Who gets it, and whether by email or as a short message too,
is decided by `readers`; sending follows later (`billing.operations.run.delivery`).
"""

from billing.notices.access import queue_read_only, queue_restored
from billing.notices.changes import queue_change_scheduled, queue_change_undone, queue_terms_changed
from billing.notices.dunning import queue_collection_failed, queue_payment_coming
from billing.notices.invoices import invoice_recipients, queue_due_soon, queue_invoice_issued
from billing.notices.letters.base import owner_recipients, queue
from billing.notices.methods import queue_method_needs_you, queue_method_removed, queue_method_saved
from billing.notices.ownership import queue_instance_handed_over
from billing.notices.payments import queue_payment_failed, queue_payment_received
from billing.notices.people import queue_invitation, queue_offer_sent, queue_request_answered
from billing.notices.recipients.readers import account_recipients
from billing.notices.subscriptions import (
    queue_cancel_undone,
    queue_cancelled,
    queue_ended,
    queue_renewal_coming,
    queue_renewed,
    queue_started,
    renewal_fact,
)
from billing.notices.terms import queue_terms_stay, queue_terms_will_change
from billing.notices.trials import (
    queue_plan_chosen,
    queue_trial_ended,
    queue_trial_ending,
    queue_trial_extended,
    queue_trial_started,
)
from billing.notices.usage import queue_quota_crossed

__all__ = [
    "account_recipients",
    "invoice_recipients",
    "owner_recipients",
    "queue",
    "queue_cancel_undone",
    "queue_cancelled",
    "queue_change_scheduled",
    "queue_change_undone",
    "queue_collection_failed",
    "queue_due_soon",
    "queue_ended",
    "queue_instance_handed_over",
    "queue_invitation",
    "queue_invoice_issued",
    "queue_method_needs_you",
    "queue_method_removed",
    "queue_method_saved",
    "queue_offer_sent",
    "queue_payment_coming",
    "queue_payment_failed",
    "queue_payment_received",
    "queue_plan_chosen",
    "queue_quota_crossed",
    "queue_read_only",
    "queue_renewal_coming",
    "queue_renewed",
    "queue_request_answered",
    "queue_restored",
    "queue_started",
    "queue_terms_changed",
    "queue_terms_stay",
    "queue_terms_will_change",
    "queue_trial_ended",
    "queue_trial_ending",
    "queue_trial_extended",
    "queue_trial_started",
    "renewal_fact",
]
