"""When something falls due: the sandbox's stops, the calendar and the run name the same instants."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from billing.operations.collection import dunning
from billing.operations.cycle import access
from billing.operations.run import reminders
from billing.operations.run.billing_run import STEPS, accounts_to_close
from billing.operations.run.next_due import next_due
from billing.operations.subscriptions import trials
from billing.pricing.periods import next_month, start_of_day
from billing.pricing.terms import Renewal
from billing.reports.calendars.calendar import CalendarItem, Step, calendar_items
from tests.support import people
from tests.support.people import Party, at

pytestmark = pytest.mark.django_db
FAR = at("2030-01-01 00:00")
MIDNIGHTS = (Step.INVOICE, Step.SEATS, Step.START, Step.CHANGE, Step.RENEWAL)


def meteor() -> Party:
    """Measured: invoices of the 1st, their reminders and locks."""
    metered = people.party(now=at("2026-04-28 12:00"))
    metered.activate(12, at("2026-04-28 12:30"))
    return metered


def undecided() -> Party:
    """A trial of Blue without a choice (B2)."""
    return people.party("studio", at("2026-04-28 12:00"), product="blue", tariff_id="blue-monthly", currency="USD")


def yearly() -> Party:
    """Blue by the year, chosen during the trial: the year begins on the 1st after a broken month (B4)."""
    chosen = people.party("studio", at("2026-04-28 12:00"), product="blue", tariff_id="blue-annual", currency="USD")
    trials.choose_tariff(
        subscription=chosen.subscription, tariff_id="blue-annual", as_of=at("2026-04-28 12:30"), actor="Anna"
    )
    return chosen


def collected() -> Party:
    """A till that is paid beforehand, and whose second month nothing pays (E8)."""
    till = people.party("kiosk", at("2026-04-28 12:00"), product="evotor-app", tariff_id="light")
    till.pay("90.00", at("2026-04-28 12:10"))
    return till


def instant(item: CalendarItem) -> datetime | None:
    """When the run acts on it; None of a day on which it does nothing."""
    if item.at is not None or item.step not in MIDNIGHTS:
        return item.at
    is_collected = item.tariff is not None and item.tariff.renewal == Renewal.COLLECTED
    return None if is_collected else start_of_day(item.day, item.account.zone)


def has_work(as_of: datetime) -> bool:
    """Whether the run finds something to be done at ``as_of``."""
    sources: list[Callable[..., Any]] = [
        access.accounts_to_announce,
        reminders.invoices_to_remind_of,
        reminders.trials_to_remind_of,
        reminders.renewals_to_remind_of,
        dunning.read_to_collect_today,
        accounts_to_close,
    ]
    return any(source(as_of) for source in sources)


@pytest.mark.parametrize(
    ("profile", "stops"),
    [
        (meteor, ["05-01 00:00", "05-12 10:00", "05-16 00:00", "06-01 00:00"]),
        (undecided, ["05-01 00:00", "05-02 10:00", "05-04 10:00", "05-06 00:00", "06-01 00:00"]),
        (yearly, ["05-01 00:00", "05-06 00:00", "05-06 10:00"]),
        (collected, ["05-01 00:00", *(f"05-{day} 10:00" for day in range(23, 29)), "05-29 00:00"]),
    ],
)
def test_sandbox_calendar_and_run_name_the_same_instants(profile: Callable[[], Party], stops: list[str]) -> None:
    people.installation()
    account, stop = profile().account, at("2026-04-28 13:00")
    for step in STEPS[:-1]:
        step(as_of=stop)
    seen = []
    for _number in range(9):
        account.refresh_from_db()
        ahead = [at_ for item in calendar_items(account=account, as_of=stop) if (at_ := instant(item)) is not None]
        month = start_of_day(next_month(stop.astimezone(people.MOSCOW).date()), "Europe/Moscow")
        following = next_due(stop, FAR)
        assert following == min([month, *ahead]), stop
        assert not has_work(following - timedelta(seconds=1)), following
        assert has_work(following) or following == month, following
        stop = following
        seen.append(f"{stop.astimezone(people.MOSCOW):%m-%d %H:%M}")
        for step in STEPS[:-1]:
            step(as_of=stop)
    assert seen[: len(stops)] == stops, seen
