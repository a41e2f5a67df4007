"""Every list asks the database as often for a thousand rows as for ten."""

import uuid
from datetime import date

import pytest

from accounts.models import Instance, Member, Role
from billing.models import BillingPeriod, Subscription
from tests.support.query_counts import more_invoices, more_movements, queries
from tests.support.story import msk


def more_instances(story, number: int) -> None:
    tariff = story.cloud.subscriptions.get().tariff
    start, end = msk(5, 1, 0), msk(6, 1, 0)
    instances = Instance.objects.bulk_create(
        Instance(
            customer=story.customer,
            product=story.cloud.product,
            domain=f"{uuid.uuid4().hex}.example.ru",
            email="a@example.ru",
            registered_at=start,
        )
        for _ in range(number)
    )
    subscriptions = Subscription.objects.bulk_create(
        Subscription(instance=instance, account=story.account, tariff=tariff, started_at=start)
        for instance in instances
    )
    BillingPeriod.objects.bulk_create(
        BillingPeriod(
            subscription=subscription,
            tariff=tariff,
            number=1,
            start=date(2026, 5, 1),
            end=date(2026, 6, 1),
            opened_at=start,
            ended_at=end,
            peak=1,
        )
        for subscription in subscriptions
    )


def more_people(story, number: int) -> None:
    role = Role.objects.get(product=story.cloud.product, code="member")
    Member.objects.bulk_create(
        Member(
            instance=story.cloud,
            external_id=uuid.uuid4().hex,
            email=f"{uuid.uuid4().hex}@romashka.example",
            role=role,
            status="invited",
            confirmed_at=msk(5, 1),
        )
        for _ in range(number)
    )


LISTS = {
    "movements": (more_movements, "/operations/"),
    "latest movements": (more_movements, "/"),
    "invoices": (more_invoices, "/documents/"),
    "open invoices": (more_invoices, "/"),
    "instances": (more_instances, "/instances/"),
    "places": (more_instances, "/"),
    "people": (more_people, "people"),
}


@pytest.mark.parametrize("name", LISTS)
def test_a_list_of_a_thousand_costs_what_a_list_of_ten_costs(story, signed_in, name):
    more, address = LISTS[name]
    address = f"/instances/{story.cloud.public_id}/" if address == "people" else address
    client = signed_in(story.anna)
    more(story, 10)
    ten = queries(client, address)
    more(story, 990)
    assert queries(client, address) <= ten  # fewer where the rows on top of the list need no names of people
    assert ten <= 30
