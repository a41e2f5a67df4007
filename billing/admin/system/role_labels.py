"""What the operator's groups are and may do, in words: the tables themselves are `operations.staff_roles`'s."""

from django.utils.translation import gettext_lazy as _

from billing.admin.labels import Words, word

GROUPS: Words = {
    "support": _("support"),
    "finance": _("finance"),
    "product manager": _("product manager"),
    "reviewer": _("reviewer"),
    "administrator": _("administrator"),
}

ACTS: Words = {
    "create_customer": _("Create customers"),
    "change_requisites": _("Change a customer's requisites and billing addresses"),
    "register_instance": _("Register instances"),
    "report_member": _("Report people of an instance"),
    "create_subscription": _("Put an instance on a tariff"),
    "choose_tariff": _("End a trial by its owner's choice of a tariff"),
    "extend_trial": _("Extend trials"),
    "change_terms": _("Change a subscription's tariff or quantity for its owner, and take that back"),
    "cancel_subscription": _("Cancel a subscription for the end of what is paid, and take that back"),
    "collect_renewal": _("Try to collect a renewal at once"),
    "terminate_subscription": _("Terminate subscriptions"),
    "resume_subscription": _("Resume subscriptions"),
    "delete_instance_data": _("Delete an instance on its owner's request"),
    "answer_requests": _("Answer what customers ask for: carry out, decline, read their files"),
    "delete_on_request": _("Carry out a request to delete an instance"),
    "grant_relief": _("Give an instance access for a time before the money arrives, and end it"),
    "grant_long_relief": _("Give such access for longer than support may"),
    "send_offer": _("Work out, send and withdraw offers of a year up front"),
    "approve_act": _("Decide on another person's act above the limit"),
    "ask_provider": _("Ask a payment provider what became of a payment"),
    "remove_method": _("Remove a customer's saved payment method"),
    "record_payment": _("Record payments"),
    "record_large_payment": _("Record payments above the limit"),
    "reverse_payment": _("Take a recorded payment back"),
    "issue_credit_note": _("Issue credit notes"),
    "adjust_balance": _("Adjust a balance"),
    "resend_invoice": _("Send an invoice again"),
    "read_invoice_document": _("Read an invoice's PDF"),
    "run_close": _("Run the close of the month"),
    "retry_work": _("Start work again that was set aside"),
    "draft_tariff": _("Draft tariffs and submit them"),
    "review_tariff": _("Review tariffs: send back, publish"),
    "retire_tariff": _("Archive and restore tariffs"),
    "move_subscribers": _("Move a tariff's subscribers to another, and call the move off"),
    "manage_catalogue": _("Change products and roles"),
    "manage_sellers": _("Change sellers and VAT rates"),
    "manage_tokens": _("Create and revoke API tokens"),
}


def group_name(name: str) -> str:
    """What a group is called in the active language; one that an operator made keeps its own name."""
    return word(GROUPS, name)


def act_name(codename: str) -> str:
    """What a right allows, in the active language."""
    return word(ACTS, codename)
