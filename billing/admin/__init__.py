"""The operator's workbench. Pages look, acts do (`acts/`), each act calls one operation.

Django looks for an app's admin here, so every page is imported; a new one is added to this list.
"""

# ruff: noqa: F401
import billing.admin.customers.customers
import billing.admin.customers.instances
import billing.admin.customers.members
import billing.admin.customers.requests
import billing.admin.customers.sign_ups
import billing.admin.money.accounts
import billing.admin.money.approvals
import billing.admin.money.checkout_attempts
import billing.admin.money.invoices
import billing.admin.money.ledger
import billing.admin.money.offers
import billing.admin.money.payment_methods
import billing.admin.money.payments
import billing.admin.money.reliefs
import billing.admin.search
import billing.admin.subscriptions.charges
import billing.admin.subscriptions.collection_attempts
import billing.admin.subscriptions.page
import billing.admin.system.api_tokens
import billing.admin.system.events
import billing.admin.system.jobs
import billing.admin.system.users
import billing.admin.tariffs.page
import billing.admin.tariffs.products
import billing.admin.webhooks.pages
