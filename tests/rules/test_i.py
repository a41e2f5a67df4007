"""What must always hold (I); the other invariants are proved where their subject is tested, and cited there."""

import pytest

from billing.models import Posting
from tests.support import people
from tests.support.people import at

pytestmark = pytest.mark.django_db


def test_i8_an_invoice_is_the_sum_of_its_lines_and_of_what_was_posted_for_them() -> None:
    first = people.party()
    second = people.party("archive", customer=first.customer)
    first.activate(10, at("2026-04-10 14:03"))
    second.activate(9, at("2026-04-11 09:00"))
    [invoice] = first.close(at("2026-05-01 00:00"))
    lines = sorted(invoice.lines.values_list("amount_minor", flat=True))
    posted = Posting.objects.filter(entry__charge__line__invoice=invoice).values_list("amount_minor", flat=True)
    assert lines == [599_000, 658_900]
    assert (invoice.total_minor, sum(posted)) == (1_257_900, 1_257_900)
