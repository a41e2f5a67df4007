"""A story that is put back is the story that was told: the tests of pages stand on it."""

import pytest
from django.db import connection, transaction

from billing import triggers
from billing.models import Invoice
from tests.support import people, snapshots, story

pytestmark = pytest.mark.django_db


def test_rows_put_back_are_those_that_were_told_and_the_guards_stand_again() -> None:
    with transaction.atomic():
        story.tell()
        as_told = snapshots.rows_now()
        transaction.set_rollback(True)
    again = story.tell()
    assert snapshots.rows_now() == as_told
    assert triggers.list_missing(connection) == []
    people.assert_books_are_right()
    assert [(row.number, row.total_minor) for row in Invoice.objects.filter(account=again.account)] == [
        ("R-2026-000001", 658900)
    ]


def test_a_database_that_somebody_wrote_to_hears_the_story_itself() -> None:
    with transaction.atomic():
        story.tell()
        transaction.set_rollback(True)
    other = people.party("fialka")
    second_story = story.tell()
    assert second_story.customer.pk > other.customer.pk
    assert type(other.customer).objects.filter(pk=other.customer.pk).exists()
