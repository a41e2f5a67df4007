"""Portal pages find people by the index over their addresses in lower case: no page reads all people (M10)."""

from typing import Any

from django.db import connection
from django.db.models import QuerySet

from accounts.models import Member
from billing.models import BillingAccount
from billing.operations.customers import ownership
from billing.portal.permissions import instances_of
from tests.support.story import Story

INDEX = "member_by_email"


def plan_of(rows: "QuerySet[Any]") -> str:
    """How the database looks ``rows`` up. PostgreSQL reads small tables whole by choice: here it may not."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
    return rows.explain()


def test_accounts_of_a_person_are_found_by_the_index_of_addresses(story: Story) -> None:
    assert INDEX in plan_of(BillingAccount.objects.for_user(story.anna))


def test_instances_of_a_person_are_found_by_the_index_of_addresses(story: Story) -> None:
    assert INDEX in plan_of(instances_of(story.anna))


def test_instances_that_a_person_administers_are_found_by_the_index_of_addresses(story: Story) -> None:
    assert INDEX in plan_of(ownership.administered_instances(story.anna))


def test_a_look_up_by_the_address_as_it_was_written_reads_everybody(story: Story) -> None:
    """What the pages did before: this test shows that the plan would tell."""
    assert INDEX not in plan_of(Member.objects.active().filter(email__in=["anna@romashka.example"]))


def test_m10_an_address_in_capitals_is_the_same_person(story: Story) -> None:
    Member.objects.filter(email=story.anna.email).update(email=story.anna.email.upper())
    assert story.account in BillingAccount.objects.for_user(story.anna)
