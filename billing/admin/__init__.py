"""The operator's workbench: a file per aggregate. Pages look, acts do (`acts.py`), each act calls one operation."""

from billing.admin import (
    accounts,
    approvals,
    checkout,
    customers,
    events,
    instances,
    invoices,
    jobs,
    ledger,
    members,
    offers,
    payments,
    people,
    products,
    reliefs,
    requests,
    search,
    subscriptions,
    tariffs,
    tokens,
)

__all__ = [
    "accounts", "approvals", "checkout", "customers", "events", "instances", "invoices", "jobs", "ledger", "members", "offers", "payments",
    "people", "products", "reliefs", "requests", "search", "subscriptions", "tariffs", "tokens",
]  # fmt: skip
