"""Version 1 of the HTTP API: one router for each resource."""

from billing.api.v1.site import Api
from billing.api.v1.views import (
    accounts,
    customers,
    events,
    instances,
    invoices,
    members,
    sandbox,
    subscriptions,
    tariffs,
)

api = Api()
for resource in (customers, instances, members, tariffs, subscriptions, accounts, invoices, events, sandbox):
    api.add_router("", resource.router)
