"""What mails, acts and events are called for people; a code that has no words yet is shown as it is."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = dict[str, "str | Promise"]

MAILS: Words = {
    "invoice_issued": _("invoice issued"),
    "payment_received": _("payment received"),
    "read_only": _("access restricted"),
    "restored": _("access restored"),
    "quota_crossed": _("free quota exceeded"),
}

ACTS: Words = {
    "account.addresses_changed": _("changed billing addresses"),
    "balance.adjusted": _("adjusted the balance"),
    "credit_note.issued": _("issued a credit note"),
    "customer.changed": _("changed requisites"),
    "instance.deleted": _("deleted an instance"),
    "invoice.document_read": _("read an invoice's PDF"),
    "invoice.resent": _("sent an invoice again"),
    "notice.resent": _("sent a mail again"),
    "payment.recorded": _("recorded a payment"),
    "payment.reversed": _("took a payment back"),
    "subscription.resumed": _("resumed a subscription"),
    "subscription.terminated": _("terminated a subscription"),
    "tariff.archived": _("archived a tariff"),
    "tariff.drafted": _("drafted a tariff"),
    "tariff.edited": _("edited a draft"),
    "tariff.published": _("published a tariff"),
    "tariff.restored": _("offered a tariff again"),
    "tariff.sent_back": _("sent a tariff back"),
    "tariff.submitted": _("submitted a tariff"),
    "token.created": _("created an API token"),
    "token.revoked": _("revoked an API token"),
}

EVENTS: Words = {
    "subscription.created": _("subscription created"),
    "subscription.terminated": _("subscription terminated"),
    "subscription.resumed": _("subscription resumed"),
    "instance.read_only": _("instance read-only"),
    "instance.restored": _("instance restored"),
    "instance.deleted": _("instance deleted"),
    "invoice.issued": _("invoice issued"),
    "invoice.paid": _("invoice paid"),
    "invoice.overdue": _("invoice overdue"),
    "payment.received": _("payment received"),
    "seats.peak_raised": _("peak risen"),
}


def word(words: Words, code: str) -> str:
    """What ``code`` is called in the active language."""
    return str(words.get(code, code))
