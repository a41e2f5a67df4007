"""The sandbox's clock: set once to any time, then forward only, and everything on the way happens."""

from datetime import UTC, datetime

import pytest

from billing import clock
from billing.errors import BadInput, BillingError
from billing.models import BillingAccount, Seller
from billing.operations.run import next_due
from billing.sandbox import sandbox_clock
from billing.sandbox.models import SandboxClock
from tests.support.people import Party, at, party


def test_the_first_call_may_set_it_to_the_past_and_accounts_begin_with_that_month(meteor: Party) -> None:
    sandbox_clock.advance(to=at("2026-03-10 12:00"))
    assert clock.now() == datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
    assert BillingAccount.objects.get().open_month.isoformat() == "2026-03-01"


def test_the_first_call_to_the_future_closes_nothing_that_never_was() -> None:
    sandbox_clock.advance(to=at("2026-03-10 12:00"))
    later_party = party("later", at("2026-03-10 12:00"))
    assert sandbox_clock.advance(to=at("2026-03-31 23:59:59")).months_closed == 0
    assert sandbox_clock.advance(to=at("2026-04-01 00:00")).months_closed == 1
    assert later_party.invoices == []


@pytest.mark.parametrize("instant", ["1999-12-31 12:00", "2200-01-02 12:00"])
def test_an_instant_beyond_reason_is_refused(instant: str) -> None:
    with pytest.raises(BadInput) as refused:
        sandbox_clock.advance(to=at(instant))
    assert refused.value.field == "now"
    assert not SandboxClock.objects.exists()


def test_it_moves_forward_only() -> None:
    sandbox_clock.advance(to=at("2026-03-10 12:00"))
    with pytest.raises(BillingError) as refused:
        sandbox_clock.advance(to=at("2026-03-10 11:59"))
    assert refused.value.code == "clock_moves_forward"
    sandbox_clock.advance(to=at("2026-03-10 12:00"))
    assert clock.now() == at("2026-03-10 12:00")


def test_outside_a_sandbox_nobody_moves_the_time(settings: object) -> None:
    settings.BILLING_SANDBOX = False  # type: ignore[attr-defined]
    with pytest.raises(BillingError) as refused:
        sandbox_clock.advance(to=at("2026-03-10 12:00"))
    assert refused.value.code == "not_a_sandbox"


def test_a_quiet_year_stops_only_where_months_turn() -> None:
    Seller.objects.filter(code="usd").update(time_zone="America/New_York")
    assert next_due.next_due(at("2026-03-10 12:00"), at("2027-03-10 12:00")) == at("2026-04-01 00:00")
    assert next_due.next_due(at("2026-04-01 00:00"), at("2027-03-10 12:00")) == at(
        "2026-04-01 07:00"
    )  # midnight in New York
    assert next_due.next_due(at("2026-04-01 07:00"), at("2026-05-01 00:00")) is None


def test_an_open_invoice_stops_the_clock_at_its_reminder_and_at_its_lock() -> None:
    sandbox_clock.advance(to=at("2026-04-01 09:00"))
    meteor = party()
    meteor.activate(10, at("2026-04-01 10:00"))
    sandbox_clock.advance(to=at("2026-05-01 00:00"))
    until = at("2026-06-01 00:00")
    assert next_due.next_due(at("2026-05-01 00:00"), until) == at("2026-05-12 10:00")
    sandbox_clock.advance(to=at("2026-05-12 10:00"))
    assert next_due.next_due(at("2026-05-12 10:00"), until) == at("2026-05-16 00:00")
    sandbox_clock.advance(to=at("2026-05-16 00:00"))
    assert next_due.next_due(at("2026-05-16 00:00"), until) is None
    assert meteor.access(at("2026-05-16 00:00")) == "read_only"


def test_the_progress_is_told_at_every_stop() -> None:
    sandbox_clock.advance(to=at("2026-03-10 12:00"))
    seen: list[datetime] = []
    sandbox_clock.advance(to=at("2026-05-12 12:00"), progress=seen.append)
    assert seen == [at("2026-04-01 00:00"), at("2026-05-01 00:00"), at("2026-05-12 12:00")]
