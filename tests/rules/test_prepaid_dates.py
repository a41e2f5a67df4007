"""Dates that hurt paid time: short months and long ones, the 31st, the leap day, New Year, other zones, midnight to the second,
jobs that run late. Sums are literal cents and kopecks."""

from datetime import UTC, date, datetime, timedelta

import pytest

from billing.errors import BillingError
from billing.models import Collection, Seller, Subscription
from billing.operations.run import billing_run
from billing.operations.subscriptions import plan_changes, trials
from billing.operations.subscriptions.quotes import TermsRequest
from billing.sandbox import sandbox_clock
from tests.support import people
from tests.support.people import Party, amounts, at, stand_at

TEAM = "team_member"
WINTER, LEAP_WINTER, SPRING, MAY = "2027-02", "2028-02", "2027-04", "2027-05"


def blue(start: str, tariff: str = "blue-monthly", *, trial: bool | None = False) -> Party:
    return people.party(product="blue", tariff_id=tariff, now=at(start), currency="USD", trial=trial)


def app(start: str, tariff: str = "light") -> Party:
    return people.party(product="evotor-app", tariff_id=tariff, now=at(start))


def cyberos(start: str, tariff: str = "build") -> Party:
    return people.party(product="cyberos", tariff_id=tariff, now=at(start))


def spans(party: Party) -> list[tuple[str, str]]:
    return [(str(row.start), str(row.end)) for row in party.periods]


def put(party: Party, when: str, tariff_id: str, at_: str | None = None) -> int:
    wish = TermsRequest(tariff_id=tariff_id, when=at_)
    return plan_changes.change_terms(
        subscription=party.subscription, request=wish, as_of=at(when), actor="anna"
    ).due_now_minor


def jobs(now: str) -> None:
    stand_at(at(now))
    for step in (
        billing_run.close_months,
        billing_run.announce_changes,
        billing_run.collect_renewals,
        billing_run.remind,
    ):
        assert step(as_of=at(now)).set_aside == 0


# --- Months of 28, 29, 30 and 31 days ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("month", "from_the_10th", "added_on_the_15th", "removed_on_the_20th"),
    [(WINTER, 475, 325, -200), (LEAP_WINTER, 483, 338, -217), (SPRING, 490, 350, -233), (MAY, 497, 361, -248)],
)
def test_b3_b5_b6_a_day_of_a_month_is_its_own_share(
    month: str, from_the_10th: int, added_on_the_15th: int, removed_on_the_20th: int
) -> None:
    party = blue(f"{month}-10 12:00")
    party.activate(1, at(f"{month}-15 12:00"), TEAM)
    party.tell("u-2", "removed", at(f"{month}-20 12:00"))
    assert amounts(party) == [from_the_10th, added_on_the_15th, removed_on_the_20th]


@pytest.mark.parametrize(
    ("month", "due", "lost"), [(WINTER, 4500, 4500), (LEAP_WINTER, 4655, 4655), (SPRING, 4800, 4800), (MAY, 4935, 4935)]
)
def test_e6_the_days_of_the_period_are_those_of_its_month(month: str, due: int, lost: int) -> None:
    up, down = (
        app(f"{month}-01 12:00"),
        people.party("lipa", at(f"{month}-01 12:00"), product="evotor-app", tariff_id="plus"),
    )
    assert put(up, f"{month}-15 12:00", "plus") == due
    quote = plan_changes.quote_change(
        subscription=down.subscription,
        request=TermsRequest(tariff_id="light", when="now"),
        as_of=at(f"{month}-15 12:00"),
    )
    assert (quote.due_now_minor, quote.lost_minor) == (0, lost)


@pytest.mark.parametrize(("month", "stub"), [(WINTER, 396), (LEAP_WINTER, 402), (SPRING, 408), (MAY, 414)])
def test_b4_the_broken_month_of_a_year_goes_by_its_own_days(month: str, stub: int) -> None:
    assert amounts(blue(f"{month}-10 12:00", "blue-annual")) == [stub]


# --- The 31st and the leap day -------------------------------------------------------------------------------------------------


def test_e5_a_period_from_the_31st_of_january_keeps_its_day_through_short_months() -> None:
    party = cyberos("2027-01-31 12:00")
    for day in ("2027-02-28 00:00", "2027-03-31 00:00", "2027-04-30 00:00", "2027-05-31 00:00"):
        assert party.periods[-1].end == at(day).date()
        party.now_is(at(day))
    assert spans(party)[-1] == ("2027-05-31", "2027-06-30")
    assert amounts(party) == [490_000] * 5
    # From 28 February to 31 March there are 31 days: on 1 March 30 of them are left.
    other = people.party("lipa", at("2027-01-31 12:00"), product="cyberos", tariff_id="build")
    other.now_is(at("2027-02-28 00:00"))
    assert put(other, "2027-03-01 12:00", "scale") == 4_267_742


def test_c2_a_year_from_the_leap_day_ends_on_the_28th_and_finds_the_29th_again() -> None:
    party = cyberos("2028-02-29 12:00", "build-annual")
    for year in (2029, 2030, 2031):
        party.now_is(at(f"{year}-02-27 23:59:59"))
        before = len(party.periods)
        party.now_is(at(f"{year}-02-28 00:00"))
        assert len(party.periods) == before + 1
    assert spans(party)[-2:] == [("2030-02-28", "2031-02-28"), ("2031-02-28", "2032-02-29")]
    assert amounts(party) == [5_292_000] * 4


def test_b4_a_year_that_is_chosen_on_the_leap_day_begins_on_the_1st_of_march() -> None:
    party = blue("2028-02-29 23:59:59", "blue-annual")
    assert (amounts(party), spans(party)) == ([20], [("2028-02-29", "2028-03-01")])
    party.now_is(at("2028-03-01 00:00"))
    assert (amounts(party), spans(party)[-1]) == ([20, 7000], ("2028-03-01", "2029-03-01"))


# --- New Year, and sellers in other zones ----------------------------------------------------------------------------------------


def test_g1_new_year_in_moscow_while_it_is_still_the_old_year_in_utc() -> None:
    party = blue("2026-12-20 12:00")
    party.activate(1, datetime(2026, 12, 31, 20, 59, 59, tzinfo=UTC), TEAM)  # a second before midnight in Moscow
    party.now_is(datetime(2026, 12, 31, 21, 0, tzinfo=UTC))
    assert amounts(party) == [271, 1400]
    assert (party.invoices[-1].number, party.invoices[-1].issue_date) == ("U-2027-000001", date(2027, 1, 1))
    newcomer = people.party(
        "lipa",
        datetime(2026, 12, 31, 21, 30, tzinfo=UTC),
        product="blue",
        tariff_id="blue-monthly",
        currency="USD",
        trial=False,
    )
    assert (amounts(newcomer), newcomer.invoices[0].number) == ([700], "U-2027-000002")
    till = app("2026-12-31 23:59:59")
    assert spans(till) == [("2026-12-31", "2027-01-31")]


@pytest.mark.parametrize(
    ("zone", "start", "first_of_may"),
    [
        ("America/New_York", datetime(2027, 5, 1, 3, 0, tzinfo=UTC), datetime(2027, 5, 1, 4, 0, tzinfo=UTC)),
        ("Asia/Kamchatka", datetime(2027, 4, 30, 11, 0, tzinfo=UTC), datetime(2027, 4, 30, 12, 0, tzinfo=UTC)),
    ],
)
def test_g1_a_seller_in_another_zone_has_midnights_of_its_own(
    zone: str, start: datetime, first_of_may: datetime
) -> None:
    Seller.objects.filter(code="usd").update(time_zone=zone)
    party = people.party(
        now=start, product="blue", tariff_id="blue-monthly", currency="USD", trial=False
    )  # an hour before May there
    assert (amounts(party), spans(party)) == ([23], [("2027-04-30", "2027-05-01")])
    billing_run.close_months(as_of=first_of_may - timedelta(seconds=1))
    assert amounts(party) == [23]
    billing_run.close_months(as_of=first_of_may)
    assert amounts(party) == [23, 700]
    assert party.invoices[-1].issue_date == date(2027, 5, 1)


def test_d12_hours_are_those_of_the_sellers_zone() -> None:
    Seller.objects.filter(code="rub").update(time_zone="Asia/Yekaterinburg")  # two hours ahead of Moscow
    party = app("2027-04-01 12:00")
    party.pay("180.00", at("2027-04-02 12:00"))
    jobs("2027-04-26 07:59:59")
    assert Collection.objects.count() == 0
    jobs("2027-04-26 08:00")
    assert [row.outcome for row in Collection.objects.all()] == ["from_balance"]
    assert party.periods[-1].opened_at == at("2027-04-30 22:00")


# --- Late jobs ---------------------------------------------------------------------------------------------------------------------


def test_g9_a_renewal_whose_job_is_three_days_late_keeps_its_days_and_its_seats() -> None:
    late, prompt = (
        blue("2027-04-10 12:00"),
        people.party(
            "lipa", at("2027-04-10 12:00"), product="blue", tariff_id="blue-monthly", currency="USD", trial=False
        ),
    )
    for party in (late, prompt):
        party.activate(2, at("2027-04-20 12:00"), TEAM)
    prompt.now_is(at("2027-05-01 00:00"))
    billing_run.close_months(as_of=at("2027-05-04 12:00"))
    assert amounts(late) == amounts(prompt) == [490, 233, 233, 2100]
    assert [(row.start, row.end, row.opened_at) for row in late.periods] == [
        (row.start, row.end, row.opened_at) for row in prompt.periods
    ]
    assert [row.due_date for row in (late.invoices[-1], prompt.invoices[-1])] == [date(2027, 5, 18), date(2027, 5, 15)]


def test_g9_months_that_nobody_ran_are_caught_up_in_order() -> None:
    party = blue("2027-04-10 12:00")
    party.now_is(at("2027-08-03 12:00"))
    assert amounts(party) == [490, 700, 700, 700, 700]
    assert [str(row.period_start) for row in party.invoices] == [
        "2027-04-10",
        "2027-05-01",
        "2027-06-01",
        "2027-07-01",
        "2027-08-01",
    ]
    assert {row.issue_date for row in party.invoices[1:]} == {date(2027, 8, 3)}


def test_e8_scheduled_terms_that_a_late_job_finds_price_the_period_that_began() -> None:
    party = app("2027-04-01 12:00", "plus")
    party.pay("270.00", at("2027-04-02 12:00"))
    put(party, "2027-04-15 12:00", "light")
    party.now_is(at("2027-05-04 12:00"))
    assert (amounts(party), party.fresh.priced_by.tariff_id, party.balance) == ([18_000, 9_000], "light", 0)


# --- Trials over the 1st -----------------------------------------------------------------------------------------------------------


def test_b2_a_trial_over_the_1st_goes_on_and_the_year_is_paid_from_its_end() -> None:
    party = blue("2027-04-28 12:00", trial=None)
    trials.choose_tariff(
        subscription=party.subscription, tariff_id="blue-annual", as_of=at("2027-04-29 12:00"), actor="anna"
    )
    party.activate(2, at("2027-04-30 12:00"), TEAM)
    party.now_is(at("2027-05-05 23:59:59"))
    assert (amounts(party), party.status(at("2027-05-05 23:59:59"))) == ([], "trialing")
    party.tell("u-3", "removed", at("2027-05-05 23:59:59"))
    party.now_is(at("2027-05-06 00:00"))
    assert (amounts(party), spans(party)) == ([978], [("2027-05-06", "2027-06-01")])  # 2 × 70.00/12 × 26/31
    party.now_is(at("2027-06-01 00:00"))
    assert amounts(party) == [978, 14_000]


def test_b2_the_last_day_of_a_trial_on_the_last_day_of_a_month_leaves_no_stub() -> None:
    party = blue("2027-04-23 12:00", trial=None)
    trials.choose_tariff(
        subscription=party.subscription, tariff_id="blue-monthly", as_of=at("2027-04-30 23:59:59"), actor="anna"
    )
    assert amounts(party) == []
    party.now_is(at("2027-05-01 00:00"))
    assert (amounts(party), spans(party)) == ([700], [("2027-05-01", "2027-06-01")])


# --- To the second -------------------------------------------------------------------------------------------------------------------


def test_d1_a_change_at_23_59_59_and_one_at_00_00_00() -> None:
    party = app("2027-04-01 12:00")
    assert put(party, "2027-04-15 23:59:59", "plus") == 4800
    other = people.party("lipa", at("2027-04-01 12:00"), product="evotor-app", tariff_id="light")
    assert put(other, "2027-04-16 00:00:00", "plus") == 4500
    with pytest.raises(BillingError):
        plan_changes.undo_change(subscription=party.subscription, as_of=at("2027-04-16 00:00:00"), actor="anna")
    plan_changes.undo_change(subscription=other.subscription, as_of=at("2027-04-16 23:59:59"), actor="anna")
    assert (party.balance, other.balance) == (-13_800, -9_000)


def test_d1_a_seat_at_23_59_59_and_one_at_00_00_00() -> None:
    party = blue("2027-04-01 00:00")
    party.activate(1, at("2027-04-15 23:59:59"), TEAM)
    party.activate(1, at("2027-04-16 00:00:00"), TEAM)
    assert amounts(party, "seat_added") == [350, 327]
    party.activate(1, at("2027-04-30 23:59:59"), TEAM)  # paid with May
    party.activate(1, at("2027-05-01 00:00:00"), TEAM)  # from 2 May on: 30 of 31 days
    assert amounts(party)[3:] == [2800, 677]


def test_d1_d5_counted_again_a_seat_of_midnight_itself_is_still_of_the_new_month() -> None:
    party = blue("2027-04-01 00:00")
    party.activate(1, at("2027-05-01 00:00:00"), TEAM)
    assert amounts(party) == [700, 700, 677]
    party.tell("boris", "active", at("2027-05-20 12:00"), occurred_at=at("2027-05-10 12:00"), role=TEAM)
    assert amounts(party)[3:] == [474]  # his 21 of 31 days, and nothing for what is known already


def test_b3_d5_counted_again_what_was_told_in_the_second_of_the_start_was_there_or_came_after_it() -> None:
    party = blue("2027-04-10 12:00", trial=None)
    now = at("2027-04-21 15:00")
    party.activate(1, now, TEAM)
    trials.choose_tariff(subscription=party.subscription, tariff_id="blue-monthly", as_of=now, actor="anna")
    party.activate(1, now, TEAM)
    assert amounts(party) == [467, 210]  # two of 10 days, one of 9
    party.tell("boris", "active", at("2027-04-28 12:00"), occurred_at=at("2027-04-25 12:00"), role=TEAM)
    assert amounts(party)[2:] == [117]


def test_two_changes_in_one_second_are_two_changes() -> None:
    party = app("2027-04-01 12:00")
    assert [put(party, "2027-04-15 12:00", tariff) for tariff in ("plus", "max")] == [4800, 9600]
    seats = blue("2027-04-01 00:00")
    for status in ("active", "blocked", "active"):
        seats.tell("boris", status, at("2027-04-15 12:00"), role=TEAM)
    assert amounts(seats) == [700, 350, -350, 350]
    assert seats.now_is(at("2027-05-01 00:00")).priced_by.tariff_id == "blue-monthly"
    assert [line.amount_minor for line in seats.invoices[-1].lines.order_by("position")] == [350, 1400]


def test_g10_a_quote_is_refused_once_somebody_else_has_changed_the_terms_in_the_same_second() -> None:
    party, wish, now = app("2027-04-01 12:00"), TermsRequest(tariff_id="max"), at("2027-04-15 12:00")
    quote = plan_changes.quote_change(subscription=party.subscription, request=wish, as_of=now)
    assert put(party, "2027-04-15 12:00", "plus") == 4800
    with pytest.raises(BillingError) as refused:
        plan_changes.change_terms(
            subscription=party.subscription, request=wish, as_of=now, actor="anna", quote_token=quote.token
        )
    assert (quote.due_now_minor, refused.value.extra["quote"].due_now_minor) == (14_400, 9600)


def test_c4_a_cancellation_and_a_renewal_at_one_midnight() -> None:
    first, second = (
        cyberos("2027-04-10 12:00"),
        people.party("lipa", at("2027-04-10 12:00"), product="cyberos", tariff_id="build"),
    )
    plan_changes.cancel_subscription(subscription=first.subscription, as_of=at("2027-05-09 23:59:59"), actor="anna")
    billing_run.close_months(as_of=at("2027-05-10 00:00"))
    plan_changes.cancel_subscription(subscription=second.subscription, as_of=at("2027-05-10 00:00"), actor="anna")
    assert (amounts(first), first.status(at("2027-05-10 00:00"))) == ([490_000], "terminated")
    assert (amounts(second), second.fresh.cancel_date) == ([490_000, 490_000], date(2027, 6, 10))


def test_c4_e8_a_cancellation_before_the_money_is_taken_and_one_after_it() -> None:
    first, second = (
        app("2027-04-01 12:00"),
        people.party("lipa", at("2027-04-01 12:00"), product="evotor-app", tariff_id="light"),
    )
    for party in (first, second):
        party.pay("180.00", at("2027-04-02 12:00"))
    plan_changes.cancel_subscription(subscription=first.subscription, as_of=at("2027-04-26 09:59:59"), actor="anna")
    jobs("2027-04-26 10:00")
    plan_changes.cancel_subscription(subscription=second.subscription, as_of=at("2027-04-26 10:00"), actor="anna")
    assert [party.fresh.cancel_date for party in (first, second)] == [date(2027, 5, 1), date(2027, 6, 1)]
    assert [party.balance for party in (first, second)] == [9_000, 0]
    # Taken back in time, what was cancelled is collected on the days that are left.
    plan_changes.undo_cancellation(subscription=first.subscription, as_of=at("2027-04-30 12:00"), actor="anna")
    assert first.fresh.next_transition_date == date(2027, 5, 2)
    jobs("2027-04-30 12:01")
    assert (first.balance, spans(first)[-1]) == (0, ("2027-05-01", "2027-06-01"))


# --- E8's days --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "tries", "last_second", "ended", "next_start"),
    [
        ("2028-01-29 12:00", range(24, 30), "2028-02-29 23:59:59", "2028-03-01 00:00", "2028-03-29"),
        ("2027-01-31 12:00", range(23, 29), "2027-02-28 23:59:59", "2027-03-01 00:00", "2027-03-31"),
    ],
)
def test_e8_the_payment_date_on_the_last_day_of_february(
    start: str, tries: range, last_second: str, ended: str, next_start: str
) -> None:
    poor, rich = app(start), people.party("lipa", at(start), product="evotor-app", tariff_id="light")
    poor.pay("90.00", at(start))
    rich.pay("180.00", at(start))
    for day in range(tries.start - 1, tries.stop):
        jobs(f"{last_second[:8]}{day} 10:00")
    tried = Collection.objects.filter(subscription=poor.subscription).values_list("day", flat=True)
    assert [day.day for day in tried] == list(tries)
    jobs(last_second)
    assert (poor.access(at(last_second)), poor.access(at(ended))) == ("full", "read_only")
    jobs(ended)
    assert (poor.status(at(ended)), rich.status(at(ended))) == ("terminated", "active")
    assert str(rich.periods[-1].end) == next_start


def test_e8_a_top_up_one_second_before_the_deadline_renews_and_one_second_after_it_is_too_late() -> None:
    prompt, late = (
        app("2027-04-01 12:00"),
        people.party("lipa", at("2027-04-01 12:00"), product="evotor-app", tariff_id="light"),
    )
    for party in (prompt, late):
        party.pay("90.00", at("2027-04-02 12:00"))
    prompt.pay("90.00", at("2027-05-01 23:59:59"))
    late.pay("90.00", at("2027-05-02 00:00:00"))
    jobs("2027-05-02 00:00:01")
    now = at("2027-05-02 00:00:01")
    assert (prompt.status(now), prompt.access(now), prompt.balance) == ("active", "full", 0)
    assert (late.status(now), late.access(now), late.balance) == ("terminated", "read_only", 9_000)
    assert spans(prompt)[-1] == ("2027-05-01", "2027-06-01")
    assert late.fresh.terminated_at == at("2027-05-02 00:00")


def test_e8_a_clock_that_jumps_over_the_window_tries_once_on_each_day_it_stands_on() -> None:
    party = app("2027-04-01 12:00")
    party.pay("90.00", at("2027-04-02 12:00"))
    jobs("2027-04-29 23:59:59")
    jobs("2027-04-30 00:00")
    jobs("2027-05-01 09:59:59")
    assert [row.day.day for row in Collection.objects.all()] == [29]
    jobs("2027-05-01 10:00")
    assert [row.day.day for row in Collection.objects.all()] == [29, 1]


def test_g9_the_sandbox_on_its_way_takes_every_turn_once() -> None:
    """The sandbox's clock visits what falls due by itself: renewals of every cycle, in order."""
    stand_at(at("2027-01-31 12:00"))
    month, year = (
        blue("2027-01-31 12:00"),
        people.party("lipa", at("2027-01-31 12:00"), product="cyberos", tariff_id="build"),
    )
    sandbox_clock.advance(to=at("2027-07-01 00:00"))
    assert amounts(month) == [23, *[700] * 6]
    assert amounts(year) == [490_000] * 6
    assert Subscription.objects.running().count() == 2  # type: ignore[attr-defined]
