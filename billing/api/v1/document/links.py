"""Where one answer leads: the id that a call created or listed is what the next call asks for (OpenAPI links)."""

from typing import Any

ID = "$response.body#/id"


def _to(operation: str, parameter: str, value: str, **body: str) -> dict[str, Any]:
    link: dict[str, Any] = {"operationId": operation}
    if parameter:
        link["parameters"] = {parameter: value}
    if body:
        link["requestBody"] = body
    return link


def _all(parameter: str, value: str, *operations: str) -> dict[str, Any]:
    return {operation: _to(operation, parameter, value) for operation in operations}


OF_INSTANCE = (
    "get_instance",
    "delete_instance",
    "get_usage",
    "put_member",
    "put_members",
    "remove_member",
    "list_members",
    "create_subscription",
)
OF_SUBSCRIPTION = (
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
OF_ACCOUNT = ("get_account", "get_statement", "record_payment", "adjust")
OF_INVOICE = ("get_invoice", "get_pdf", "issue_credit_note")
OF_CUSTOMER = {
    "get_customer": _to("get_customer", "customer_id", ID),
    "register_instance": _to("register_instance", "", "", customer_id=ID),
    **_all("number", "$response.body#/accounts/0/number", *OF_ACCOUNT),
    "list_invoices": _to("list_invoices", "account", "$response.body#/accounts/0/number"),
}

LINKS: dict[str, dict[str, Any]] = {
    "create_customer": OF_CUSTOMER,
    "get_customer": OF_CUSTOMER,
    "register_instance": {
        **_all("instance_id", ID, *OF_INSTANCE),
        "get_customer": _to("get_customer", "customer_id", "$response.body#/customer_id"),
    },
    "put_member": _all("external_id", "$response.body#/external_id", "remove_member"),
    "list_members": _all("external_id", "$response.body#/items/0/external_id", "put_member", "remove_member"),
    "create_subscription": {
        **_all("subscription_id", ID, *OF_SUBSCRIPTION),
        **_all("number", "$response.body#/account", *OF_ACCOUNT),
    },
    "preview_change": {"change_terms": _to("change_terms", "", "", quote="$response.body#/quote")},
    "list_invoices": _all("number", "$response.body#/items/0/number", *OF_INVOICE),
    "record_payment": _all("number", "$response.body#/account", "get_account", "get_statement"),
    "adjust": _all("number", "$response.body#/account", "get_account"),
    "issue_credit_note": _all("number", "$response.body#/invoice", "get_invoice"),
    "list_events": {"list_events": _to("list_events", "after", "$response.body#/next")},
}
# Acts on a subscription answer it: from each of them every other one is asked.
for _act in OF_SUBSCRIPTION:
    if _act != "preview_change":
        LINKS[_act] = _all("subscription_id", ID, *OF_SUBSCRIPTION)
LINKS["change_terms"] = _all("subscription_id", ID, "undo_change", "get_subscription", "cancel_subscription")
# What a call within one instance or subscription leads to keeps the address that it had itself.
for _name in ("put_member", "list_members"):
    for _link in LINKS[_name].values():
        _link["parameters"]["instance_id"] = "$request.path.instance_id"
LINKS["preview_change"]["change_terms"]["parameters"] = {"subscription_id": "$request.path.subscription_id"}
