"""The operator's workbench: a file per aggregate. Pages look, acts do (`acts.py`), each act calls one operation."""

from billing.admin import (
    accounts,
    approvals,
    charges,
    checkout,
    collections,
    customers,
    events,
    instances,
    invoices,
    jobs,
    ledger,
    members,
    methods,
    offers,
    payments,
    people,
    products,
    reliefs,
    requests,
    search,
    sign_ups,
    subscriptions,
    tariffs,
    tokens,
    webhooks,
)

__all__ = [
    "accounts", "approvals", "charges", "checkout", "collections", "customers", "events", "instances", "invoices",
    "jobs", "ledger", "members", "methods", "offers", "payments", "people", "products", "reliefs", "requests",
    "search", "sign_ups", "subscriptions", "tariffs", "tokens", "webhooks",
]  # fmt: skip
