#!/usr/bin/env python3
"""`make bench`: how fast the money moves here, on the database that DATABASE_URL names (SQLite where it names none).

A database is made for it and thrown away. Each figure is one whole operation with its transaction, as the API would run it;
the temporary PostgreSQL of `make bench` does not wait for the disk, one in production does.
"""

import os
import sys
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

import django

ROOT = Path(__file__).resolve().parent.parent
ACCOUNTS, PEOPLE, DOCUMENTS, PAGES = 100, 12, 20, 50
APRIL, MAY = datetime(2026, 4, 1, 9, tzinfo=UTC), datetime(2026, 5, 1, 0, 30, tzinfo=UTC)


def time_each(title: str, work: Callable[[object], object], items: Iterable[object]) -> list[object]:
    """Does ``work`` with each of ``items``, prints how long one takes, and returns the results."""
    items = list(items)
    started = time.perf_counter()
    results = [work(item) for item in items]
    took = time.perf_counter() - started
    print(f"{title:<46}{len(items) / took:>9.0f} /s{took / len(items) * 1000:>10.2f} ms each", flush=True)
    return results


def open_accounts() -> list[object]:
    """Opens customers with an instance each on the metered tariff; returns the instances."""
    from accounts import members
    from accounts.models import Product
    from billing.operations.catalogue import profiles
    from billing.operations.customers import customers, instances
    from billing.operations.subscriptions import lifecycle

    profiles.load_profiles()
    product = Product.objects.get(code="meteor")

    def open_account(number: object) -> object:
        email = f"owner{number}@example.com"
        new = customers.NewCustomer(f"Customer {number}", "person", email, "ru", "RUB")
        customer = customers.create_customer(new=new, as_of=APRIL)
        owner = members.Report(external_id="owner", status="active", email=email, name="Anna", role="administrator")
        instance = instances.register_instance(
            customer=customer, product=product, domain=f"c{number}.example.com", representative=owner, as_of=APRIL
        )
        lifecycle.create_subscription(instance=instance, tariff_id="meteor-cloud", as_of=APRIL, actor="bench")
        return instance

    return time_each("a customer, its instance and subscription", open_account, range(ACCOUNTS))


def report_people(instances: list[object]) -> None:
    from accounts import members
    from billing.operations.subscriptions import metering

    def report(pair: object) -> object:
        instance, number = pair  # type: ignore[misc]
        member = members.Report(
            external_id=str(number), status="active", email=f"p{number}@example.com", name="Boris", role="member"
        )
        return metering.report_member(instance=instance, report=member, as_of=APRIL, source="api")

    pairs = [(instance, number) for number in range(PEOPLE) for instance in instances]
    time_each("a member reported, metered and charged", report, pairs)


def close_and_pay() -> None:
    from billing.models import BillingAccount, Invoice
    from billing.operations.cycle import month_close
    from billing.operations.run import delivery
    from billing.operations.settlement import payments

    accounts = list(BillingAccount.objects.order_by("pk"))
    time_each(
        "a month closed, its invoice issued",
        lambda pk: month_close.close_due_months(account_id=pk, as_of=MAY),
        [account.pk for account in accounts],
    )
    first = Invoice.objects.order_by("number").first()
    if first is not None:
        delivery.document_of(invoice=first, as_of=MAY)  # fonts are read once
    waiting = Invoice.objects.filter(document=None).order_by("number")[:DOCUMENTS]
    time_each(
        "an invoice drawn as PDF and stored", lambda invoice: delivery.document_of(invoice=invoice, as_of=MAY), waiting
    )
    payment = payments.NewPayment(amount_minor=100_00, currency="RUB", method="bank")
    time_each(
        "a payment recorded and allocated",
        lambda account: payments.record_payment(account=account, new=payment, as_of=MAY, actor="bench"),
        accounts,
    )


def open_pages() -> None:
    from django.test import Client

    from accounts.models import User

    client = Client()
    client.force_login(
        User.objects.create_user("owner0@example.com", None), "django.contrib.auth.backends.ModelBackend"
    )
    client.get("/", follow=True)
    time_each("the portal's first page", lambda _: client.get("/", follow=True), range(PAGES))


def main() -> int:
    sys.path.insert(0, str(ROOT))
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    django.setup()
    from django.db import connection

    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        print(f"{connection.vendor}, {ACCOUNTS} accounts of {PEOPLE + 1} people\n")
        instances = open_accounts()
        report_people(instances)
        close_and_pay()
        open_pages()
    finally:
        connection.creation.destroy_test_db(connection.settings_dict["NAME"], verbosity=0)
    return 0


if __name__ == "__main__":
    sys.exit(main())
