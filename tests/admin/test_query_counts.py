"""A list asks the database as often for a thousand rows as for ten."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Customer, Instance, Member, MemberChange
from billing import triggers
from billing.models import (
    AuditRecord,
    BillingAccount,
    Credit,
    Entry,
    Event,
    Invoice,
    JobRun,
    LedgerAccount,
    Notice,
    Payment,
    Posting,
    Subscription,
)
from billing.operations.ledger import posting
from tests.support.staff import NOW
from tests.support.story import Story

SignIn = Callable[[str], Client]
MONEY_LISTS = (
    "accounts_customer",
    "accounts_instance",
    "accounts_member",
    "accounts_memberchange",
    "billing_billingaccount",
    "billing_subscription",
    "billing_invoice",
    "billing_payment",
    "billing_credit",
    "billing_entry",
    "billing_posting",
    "billing_event",
    "billing_notice",
    "billing_auditrecord",
    "billing_jobrun",
)


def add_customers(story: Story, until: int) -> None:
    """Customers, each with an account, an instance, a person, an invoice, a payment and what goes with them.

    Written in bulk past the guards, which would ask for every charge: only the number of rows matters here.
    """
    triggers.drop(connection)
    grow_without_guards(story, until)
    triggers.install(connection)


def grow_without_guards(story: Story, until: int) -> None:
    start = Customer.objects.count()
    product, seller = story.cloud.product, story.account.seller
    role, tariff = product.roles.get(code="member"), Subscription.objects.all()[0].tariff
    base: dict[str, Any] = {"created_at": NOW, "name": "ООО", "email": "a@example.com"}
    customers = Customer.objects.bulk_create([Customer(public_id=f"cus_{i}", **base) for i in range(start, until)])
    accounts = BillingAccount.objects.bulk_create(
        [
            BillingAccount(
                number=f"9{i:05}", customer=row, seller=seller, currency="RUB", opened_at=NOW, open_month="2026-05-01"
            )
            for i, row in enumerate(customers, start)
        ]
    )
    LedgerAccount.objects.bulk_create(
        [LedgerAccount(seller=seller, kind="customer", currency="RUB", billing_account=account) for account in accounts]
    )
    instances = Instance.objects.bulk_create(
        [
            Instance(
                public_id=f"ins_{i}",
                customer=row,
                product=product,
                domain=f"d{i}.example",
                email="a@example.com",
                registered_at=NOW,
            )
            for i, row in enumerate(customers, start)
        ]
    )
    members = Member.objects.bulk_create(
        [
            Member(
                instance=instance, external_id="1", email="a@example.com", role=role, status="active", confirmed_at=NOW
            )
            for instance in instances
        ]
    )
    MemberChange.objects.bulk_create(
        [
            MemberChange(
                instance=member.instance,
                member=member,
                status="active",
                role=role,
                occurred_at=NOW,
                received_at=NOW,
                source="api",
            )
            for member in members
        ]
    )
    Subscription.objects.bulk_create(
        [
            Subscription(public_id=f"sub_{i}", instance=row, account=account, tariff=tariff, started_at=NOW)
            for i, (row, account) in enumerate(zip(instances, accounts, strict=True), start)
        ]
    )
    add_entries(story, accounts, start)
    add_invoices(story, accounts, start)


def add_entries(story: Story, accounts: list[BillingAccount], start: int) -> None:
    receipts = posting.seller_account(story.account.seller, "bank")
    entries = Entry.objects.bulk_create(
        [
            Entry(id=uuid.uuid4(), key=f"test:{i}", kind=Entry.Kind.PAYMENT, account=account, at=NOW)
            for i, account in enumerate(accounts, start)
        ]
    )
    Posting.objects.bulk_create(
        [
            Posting(
                entry=entry,
                debit=receipts,
                credit=posting.customer_side(entry.account),
                currency="RUB",
                amount_minor=100,
            )
            for entry in entries
        ]
    )
    credits = Credit.objects.bulk_create(
        [
            Credit(
                account=entry.account,
                kind="payment",
                currency="RUB",
                amount_minor=100,
                unapplied_minor=100,
                at=NOW,
                entry=entry,
            )
            for entry in entries
        ]
    )
    Payment.objects.bulk_create(
        [
            Payment(
                public_id=f"pay_{row.pk}",
                account=row.account,
                method="bank",
                currency="RUB",
                amount_minor=100,
                received_at=NOW,
                recorded_at=NOW,
                recorded_by="test",
                credit=row,
            )
            for row in credits
        ]
    )
    Event.objects.bulk_create(
        [Event(public_id=f"evt_{row.pk}", type="payment.received", at=NOW, account=row, data={}) for row in accounts]
    )
    AuditRecord.objects.bulk_create(
        [
            AuditRecord(at=NOW, actor="test", action="x", object_type="x", object_id="x", customer=row.customer)
            for row in accounts
        ]
    )
    JobRun.objects.bulk_create(
        [JobRun(kind="close", key=row.number, attempts=1, started_at=NOW, next_attempt_at=NOW) for row in accounts]
    )


def add_invoices(story: Story, accounts: list[BillingAccount], start: int) -> None:
    invoice = Invoice.objects.filter(account=story.account)[0]
    values = {field.attname: getattr(invoice, field.attname) for field in Invoice._meta.concrete_fields}
    rows = [
        {
            **values,
            "id": uuid.uuid4(),
            "number": f"R-2026-{i + 10:06}",
            "sequence": i + 10,
            "account_id": billed_account.pk,
            "key": f"k{i}",
        }
        for i, billed_account in enumerate(accounts, start)
    ]
    invoices = Invoice.objects.bulk_create([Invoice(**row) for row in rows])
    Notice.objects.bulk_create(
        [
            Notice(
                kind="invoice_issued",
                fact=f"invoice:{row.number}",
                recipient="a@example.com",
                account_id=row.account_id,
                invoice=row,
                locale="ru",
                subject="x",
                text="x",
                html="x",
                created_at=NOW,
                next_attempt_at=NOW,
            )
            for row in invoices
        ]
    )


def count_queries(client: Client) -> dict[str, int]:
    counts = {}
    for label in MONEY_LISTS:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(reverse(f"admin:{label}_changelist")).status_code == 200
        counts[label] = len(queries)
    with CaptureQueriesContext(connection) as queries:
        assert client.get("/admin/").status_code == 200
    return {**counts, "home": len(queries)}


def test_lists_and_home_ask_as_often_for_a_thousand_rows_as_for_ten(story: Story, signed_in: SignIn) -> None:
    client = signed_in("administrator")
    add_customers(story, 10)
    count_queries(client)
    few = count_queries(client)
    add_customers(story, 1000)
    many = count_queries(client)
    assert Posting.objects.count() > 990
    assert many == few
    assert many.pop("home") <= 40  # a query or two for each of its cards
    assert max(many.values()) <= 20


@pytest.mark.parametrize(
    "label", ["accounts_instance", "billing_billingaccount", "billing_invoice", "accounts_customer"]
)
def test_page_of_one_row_stays_within_its_ceiling(story: Story, signed_in: SignIn, label: str) -> None:
    client = signed_in("administrator")
    pk = {
        "accounts_instance": story.cloud.pk,
        "billing_billingaccount": story.account.pk,
        "accounts_customer": story.customer.pk,
        "billing_invoice": Invoice.objects.filter(account=story.account).values_list("pk", flat=True)[0],
    }[label]
    address = reverse(f"admin:{label}_change", args=(pk,))
    client.get(address)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    assert len(queries) <= 55
