"""Version 1 of the HTTP API: one router for each resource; the sandbox brings its own where it is installed."""

from django.conf import settings

from billing.api.v1.site import Api
from billing.api.v1.views import accounts, customers, events, instances, invoices, members, subscriptions, tariffs

api = Api()
for resource in (customers, instances, members, tariffs, subscriptions, accounts, invoices, events):
    api.add_router("", resource.router)
if settings.BILLING_SANDBOX:
    api.add_router("", "billing.sandbox.api.router")
