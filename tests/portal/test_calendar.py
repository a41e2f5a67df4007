"""The money calendar: dates and sums of what comes, on its page and in the file that calendar programs read (RFC 5545)."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client
from django.utils.translation import override
from icalendar import Calendar

from accounts.models import Instance
from billing.models import BillingPeriod, Subscription
from billing.operations.subscriptions import plan_changes, trials
from billing.operations.subscriptions.quotes import TermsRequest
from billing.portal import calendar_feed
from billing.reports.calendars.calendar import calendar_items, months_of
from tests.support.people import Party, at
from tests.support.query_counts import queries
from tests.support.shops import Shop, now, shop, text
from tests.support.story import msk

SignIn = Callable[..., Client]
pytestmark = pytest.mark.django_db


def coming(party: Party, when: str, most: int = 12) -> list[tuple[str, str, int | None]]:
    """What comes as (step, day, sum), the nearest first."""
    items = calendar_items(account=party.account, as_of=at(when))
    return [(str(item.step), item.day.isoformat(), item.amount_minor) for item in items[:most]]


def test_b2_a_trial_with_its_reminders_its_last_day_and_the_lock() -> None:
    blue = shop("blue", "blue-monthly", at("2026-05-08 12:00"), currency="USD")
    assert coming(blue.party, "2026-05-08 12:00") == [
        ("reminder", "2026-05-12", None),
        ("reminder", "2026-05-14", None),
        ("trial_end", "2026-05-15", None),
        ("trial_lock", "2026-05-16", None),
    ]


def test_b4_what_was_chosen_begins_with_its_stub_and_the_year_follows() -> None:
    blue = shop("blue", "blue-monthly", at("2026-05-08 12:00"), currency="USD")
    trials.choose_tariff(
        subscription=blue.party.subscription, tariff_id="blue-annual", as_of=at("2026-05-09 12:00"), actor="Anna"
    )
    assert coming(blue.party, "2026-05-09 12:00") == [
        ("trial_end", "2026-05-15", None),
        ("start", "2026-05-16", 301),
        ("renewal", "2026-06-01", 7000),
    ]


def test_e8_the_first_try_the_period_and_the_end_if_unpaid_then_the_months_after() -> None:
    till = shop("evotor-app", "light", at("2026-05-12 12:00"))
    till.party.pay("90.00", at("2026-05-12 12:10"))
    assert coming(till.party, "2026-05-12 12:10", 5) == [
        ("collect", "2026-06-07", 9000),
        ("renewal", "2026-06-12", 9000),
        ("unpaid_end", "2026-06-13", None),
        ("renewal", "2026-07-12", 9000),
        ("renewal", "2026-08-12", 9000),
    ]


def test_e5_the_anchor_day_is_kept() -> None:
    till = shop("evotor-app", "light", at("2026-01-31 12:00"))
    till.party.pay("90.00", at("2026-01-31 12:10"))
    days = [day for step, day, _sum in coming(till.party, "2026-02-01 12:00", 40) if step == "renewal"]
    assert days[:3] == ["2026-02-28", "2026-03-31", "2026-04-30"]


def test_d7_a_scheduled_change_prices_what_follows_it() -> None:
    till = shop("evotor-app", "plus", at("2026-05-12 12:00"))
    till.party.pay("180.00", at("2026-05-12 12:10"))
    plan_changes.change_terms(
        subscription=till.party.subscription,
        request=TermsRequest(tariff_id="light"),
        as_of=at("2026-05-12 12:20"),
        actor="Anna",
    )
    assert coming(till.party, "2026-05-12 12:30", 4)[1:] == [
        ("change", "2026-06-12", None),
        ("renewal", "2026-06-12", 9000),
        ("unpaid_end", "2026-06-13", None),
    ]


def test_c4_a_cancelled_plan_only_ends() -> None:
    build = shop("cyberos", "build")
    build.party.pay("4900.00", at("2026-05-12 12:10"))
    plan_changes.cancel_subscription(subscription=build.party.subscription, as_of=at("2026-05-12 12:20"), actor="Anna")
    assert coming(build.party, "2026-05-12 12:30") == [("end", "2026-06-12", None)]


def test_d17_an_open_invoice_is_reminded_of_due_and_locks(story: object) -> None:
    account = story.account  # type: ignore[attr-defined]
    items = calendar_items(account=account, as_of=msk(5, 11))
    assert [(str(item.step), item.day, item.amount_minor) for item in items] == [
        ("reminder", date(2026, 5, 12), None),
        ("due", date(2026, 5, 15), 658_900),
        ("lock", date(2026, 5, 16), None),
        ("invoice", date(2026, 6, 1), 658_900),
    ]
    assert items[3].pay_by == date(2026, 6, 15)
    months = months_of(items, today=date(2026, 5, 11), overdue_minor=100)
    assert [item.money_minor for item in months[:3]] == [659_000, 658_900, 0]


def test_b7_seats_that_came_are_on_the_invoice_of_the_next_day_for_a_year() -> None:
    blue = shop("blue", "blue-annual", at("2026-05-12 12:00"), trial=False, currency="USD")
    now(blue, "2026-06-01 00:00")
    blue.party.activate(1, at("2026-06-30 12:00"), "team_member")
    seats = [row for row in coming(blue.party, "2026-06-30 12:00", 30) if row[0] == "seats"]
    assert seats == [("seats", "2026-07-01", 6417)]  # 11 of 12 months of 70.00


def till_with_card(signed_in: SignIn) -> tuple[Shop, Client]:
    till = shop("evotor-app", "light")
    return till, signed_in(till.anna)


def test_the_page_lists_by_month_and_leads_to_the_file(signed_in: SignIn) -> None:
    _till, anna = till_with_card(signed_in)
    page = text(anna, "/calendar/")
    assert (
        "June 2026 ≈ ₽90.00 in all 7 June at 10:00 romashka.example.ru: the money for the next period is taken" in page
    )
    assert "26 May Last day to pay invoice R-2026-000001 ₽90.00" in page
    assert "Money calendar" in text(anna, "/")
    assert "<rect" in anna.get("/calendar/").content.decode()


def unfold(content: bytes) -> list[str]:
    return content.decode().replace("\r\n ", "").split("\r\n")


def test_the_file_opens_without_signing_in_and_is_well_formed(signed_in: SignIn) -> None:
    till, _anna = till_with_card(signed_in)
    answer = Client().get(calendar_feed.address_of(till.anna, till.party.account))
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    assert answer.content.endswith(b"END:VCALENDAR\r\n")
    assert max(len(line) for line in answer.content.split(b"\r\n")) <= 75
    assert b"\n" not in answer.content.replace(b"\r\n", b"")
    lines = unfold(answer.content)
    assert lines[:2] == ["BEGIN:VCALENDAR", "VERSION:2.0"]
    assert lines.count("BEGIN:VEVENT") == lines.count("END:VEVENT") > 10
    uids = [line for line in lines if line.startswith("UID:")]
    assert len(uids) == len(set(uids))
    assert "DTSTART:20260607T070000Z" in lines  # ten o'clock in Moscow
    assert "DTSTART;VALUE=DATE:20260526" in lines
    assert "DTEND;VALUE=DATE:20260527" in lines


def test_the_same_thing_keeps_its_uid_from_day_to_day(signed_in: SignIn) -> None:
    till, _anna = till_with_card(signed_in)

    def uids(when: datetime) -> set[str]:
        return {item.uid for item in calendar_items(account=till.party.account, as_of=when, months=3)}

    assert uids(at("2026-05-14 12:00")) <= uids(at("2026-05-13 12:00"))


def test_commas_and_cyrillic_are_escaped_and_never_torn(signed_in: SignIn) -> None:
    till, _anna = till_with_card(signed_in)
    long = "Счёт, для; «Ромашки»\\" * 12
    till.party.customer.name = till.party.account.customer.name = long + "\x07"
    content = calendar_feed.calendar_of(till.party.account, [], at("2026-05-12 12:00"))
    assert all(len(line) <= 75 and line.decode() for line in content.split(b"\r\n")[:-1])
    [name] = [line for line in unfold(content) if line.startswith("X-WR-CALNAME:")]
    assert name.count("Счёт\\, для\\; «Ромашки»\\\\") == 12
    assert "\x07" not in name, "the format has no place for control characters"


def test_a_calendar_program_reads_what_was_written(signed_in: SignIn) -> None:
    till, _anna = till_with_card(signed_in)
    coming = calendar_items(account=till.party.account, as_of=at("2026-05-12 12:00"))
    with override("en"):
        content = calendar_feed.calendar_of(till.party.account, coming, at("2026-05-12 12:00"))
    calendar = Calendar.from_ical(content)
    assert calendar.refresh_interval == timedelta(hours=6)
    assert calendar["REFRESH-INTERVAL"].params["VALUE"] == "DURATION"
    assert [str(event["UID"]) for event in calendar.events] == [f"{item.uid}@127.0.0.1" for item in coming]
    collect, due = (
        next(event for event in calendar.events if event["UID"].startswith(step)) for step in ("collect", "due")
    )
    assert (collect.start, "DTEND" in collect) == (datetime(2026, 6, 7, 7, tzinfo=UTC), False)  # ten o'clock in Moscow
    assert (due.start, due.end) == (date(2026, 5, 26), date(2026, 5, 27))
    assert str(due["SUMMARY"]) == "Last day to pay invoice R-2026-000001: ₽90.00"
    assert str(due["URL"]).endswith("/documents/R-2026-000001/")


def test_the_address_ends_with_the_persons_rights_and_their_password(signed_in: SignIn) -> None:
    till, _anna = till_with_card(signed_in)
    address = calendar_feed.address_of(till.anna, till.party.account)
    assert Client().get(address.replace("calendar/", "calendar/x")).status_code == 404
    theirs = calendar_feed.token_of(till.vera, till.party.account)
    assert Client().get(f"/calendar/{theirs}.ics").status_code == 404
    till.anna.set_password("another long horse")
    till.anna.save()
    assert Client().get(address).status_code == 404


def test_an_outsider_sees_only_their_own_calendar(signed_in: SignIn) -> None:
    till, _anna = till_with_card(signed_in)
    vera = signed_in(till.vera)
    assert "romashka" not in vera.get("/calendar/").content.decode()
    assert vera.get(f"/calendar/?account={till.party.account.number}").status_code == 404
    assert Client().get("/calendar/").status_code == 302


def more_tills(till: Shop, number: int) -> None:
    count = Instance.objects.count()
    own = till.party.subscription
    instances = Instance.objects.bulk_create(
        Instance(
            customer=till.party.customer,
            product=till.party.instance.product,
            domain=f"till{count + _}.example.ru",
            email="a@example.ru",
            registered_at=at("2026-05-12 12:00"),
        )
        for _ in range(number)
    )
    rows = Subscription.objects.bulk_create(
        Subscription(
            instance=item,
            account=till.party.account,
            tariff=own.tariff,
            started_at=own.started_at,
            paid_from=date(2026, 5, 12),
            anchor_date=date(2026, 5, 12),
            next_transition_date=date(2026, 6, 13),
        )
        for item in instances
    )
    BillingPeriod.objects.bulk_create(
        BillingPeriod(
            subscription=row,
            tariff=own.priced_by,
            number=1,
            start=date(2026, 5, 12),
            end=date(2026, 6, 12),
            opened_at=at("2026-05-12 00:00"),
            ended_at=at("2026-06-12 00:00"),
            quantity=1,
        )
        for row in rows
    )


@pytest.mark.parametrize("address", ["/calendar/", "/", "/instances/"])
def test_a_thousand_subscriptions_cost_as_many_queries_as_ten(signed_in: SignIn, address: str) -> None:
    till, anna = till_with_card(signed_in)
    more_tills(till, 10)
    ten = queries(anna, address)
    more_tills(till, 990)
    assert queries(anna, address) == ten
