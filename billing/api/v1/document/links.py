"""OpenAPI links: the id that a call has created or listed is a parameter of the next call."""

from collections.abc import Mapping
from typing import Any

ID = "$response.body#/id"


def link_to(
    operation: str, parameters: Mapping[str, str] | None = None, body: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Builds a link to the call ``operation``: each of its parameters, and each member of its body, with where its value stands."""
    link: dict[str, Any] = {"operationId": operation}
    if parameters:
        link["parameters"] = dict(parameters)
    if body:
        link["requestBody"] = dict(body)
    return link


def links_to(*operations: str, **parameters: str) -> dict[str, Any]:
    """Builds links to several calls that take the same parameters."""
    return {operation: link_to(operation, parameters) for operation in operations}


CALLS_OF_INSTANCE = (
    "get_instance",
    "delete_instance",
    "get_usage",
    "put_member",
    "put_members",
    "remove_member",
    "list_members",
    "create_subscription",
)
CALLS_OF_SUBSCRIPTION = (
    "get_subscription",
    "choose_tariff",
    "preview_change",
    "change_terms",
    "undo_change",
    "extend_trial",
    "cancel_subscription",
    "undo_cancel",
    "terminate_subscription",
    "resume_subscription",
)
CALLS_OF_ACCOUNT = ("get_account", "get_statement", "record_payment", "adjust")
CALLS_OF_INVOICE = ("get_invoice", "get_pdf", "issue_credit_note")

OF_CUSTOMER = {
    "get_customer": link_to("get_customer", {"customer_id": ID}),
    "register_instance": link_to("register_instance", body={"customer_id": ID}),
    **links_to(*CALLS_OF_ACCOUNT, number="$response.body#/accounts/0/number"),
    "list_invoices": link_to("list_invoices", {"account": "$response.body#/accounts/0/number"}),
}
# Every act on a subscription answers it, so each links to all others.
OF_SUBSCRIPTION = links_to(*CALLS_OF_SUBSCRIPTION, subscription_id=ID)
