"""Profile M: postpaid by the month's peak. Sums are literal kopecks: 659 900 stands for 6 599.00."""

import os
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core import mail

from accounts.models import Instance, Member
from billing.errors import BadInput, BillingError
from billing.models import AccessAnnouncement, BillingAddress, Charge, Event, Invoice, Notice
from billing.operations.customers import instances
from billing.operations.cycle import access, month_close
from billing.operations.run import billing_run
from billing.operations.settlement import payments
from billing.operations.subscriptions import lifecycle
from tests.support import people
from tests.support.people import Party, at

# --- The worked examples -------------------------------------------------------------------------------------------------


def nine_then_eleven(meteor: Party) -> None:
    """9 active from the 1st; on 10 April 2 more."""
    meteor.activate(8, at("2026-04-01 10:00"))
    meteor.activate(2, at("2026-04-10 14:03"))


def test_m_a_nine_people_and_two_more_on_the_10th_make_a_peak_of_11(meteor: Party) -> None:
    nine_then_eleven(meteor)
    assert meteor.peak == 11
    assert meteor.periods[0].peak_at == at("2026-04-10 14:03")


@pytest.mark.parametrize("status", ["blocked", "removed"])
def test_m_b_one_blocked_or_deleted_on_the_14th_leaves_the_peak_at_11(meteor: Party, status: str) -> None:
    nine_then_eleven(meteor)
    meteor.tell("u-11", status, at("2026-04-14 10:00"))
    assert meteor.peak == 11
    assert meteor.balance == -658_900
    [invoice] = meteor.close(at("2026-05-01 00:00"))
    assert invoice.total_minor == 658_900


def test_m_c_without_a_top_up_the_10th_and_11th_user_leave_a_debt_that_may_1st_invoices(meteor: Party) -> None:
    meteor.activate(8, at("2026-04-01 10:00"))
    assert meteor.balance == 0
    meteor.activate(1, at("2026-04-10 14:03"))
    assert meteor.balance == -599_000
    meteor.activate(1, at("2026-04-10 14:03"))
    assert meteor.balance == -658_900
    meteor.block([10, 11], at("2026-04-30 12:00"))
    [invoice] = meteor.close(at("2026-05-01 00:00"))
    assert (invoice.total_minor, invoice.amount_due_minor, invoice.open_minor) == (658_900, 658_900, 658_900)
    assert invoice.number == "R-2026-000001"


def test_m_d_a_top_up_of_10_000_leaves_4_010_and_an_invoice_with_nothing_due(meteor: Party) -> None:
    meteor.pay("10000.00", at("2026-04-02 12:00"))
    meteor.activate(9, at("2026-04-10 14:03"))
    assert meteor.balance == 401_000
    meteor.block([10], at("2026-04-30 12:00"))
    [invoice] = meteor.close(at("2026-05-01 00:00"))
    assert (invoice.total_minor, invoice.credit_applied_minor, invoice.amount_due_minor) == (599_000, 599_000, 0)
    assert invoice.open_minor == 0
    assert invoice.status_on(date(2026, 5, 1), 0) == Invoice.Status.PAID
    assert meteor.balance == 401_000


def test_m_e_a_top_up_of_5_000_leaves_990_to_pay(meteor: Party) -> None:
    meteor.pay("5000.00", at("2026-04-02 12:00"))
    meteor.activate(9, at("2026-04-10 14:03"))
    assert meteor.balance == -99_000
    [invoice] = meteor.close(at("2026-05-01 00:00"))
    assert (invoice.total_minor, invoice.amount_due_minor, invoice.open_minor) == (599_000, 99_000, 99_000)


def test_m_f_eleven_active_on_may_1st_cost_6_589_more_and_aprils_invoice_stays(meteor: Party) -> None:
    nine_then_eleven(meteor)
    [invoice] = meteor.close(at("2026-05-01 00:00"))
    assert meteor.balance == -1_317_800
    assert meteor.charges == [599_000, 59_900, 658_900]
    invoice.refresh_from_db()
    assert (invoice.total_minor, invoice.period_start, invoice.period_end) == (
        658_900,
        date(2026, 4, 1),
        date(2026, 5, 1),
    )


# --- M1–M4: the peak and its price -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["invited", "blocked", "removed"])
def test_m1_only_active_members_count(meteor: Party, status: str) -> None:
    for number in range(2, 13):
        meteor.tell(f"u-{number}", status, at("2026-04-05 12:00"))
    assert (meteor.peak, meteor.balance) == (1, 0)


def test_m1_an_invited_member_counts_from_the_moment_of_activation(meteor: Party) -> None:
    meteor.activate(8, at("2026-04-01 10:00"))
    meteor.tell("new", "invited", at("2026-04-05 12:00"))
    assert meteor.balance == 0
    meteor.tell("new", "active", at("2026-04-06 12:00"))
    assert (meteor.peak, meteor.balance) == (10, -599_000)


def test_m1_twelve_people_one_after_another_are_not_twelve_at_the_same_time(meteor: Party) -> None:
    for number in range(2, 14):
        meteor.tell(f"u-{number}", "active", at(f"2026-04-{number:02} 09:00"))
        meteor.tell(f"u-{number}", "removed", at(f"2026-04-{number:02} 18:00"))
    assert (meteor.peak, meteor.balance) == (2, 0)


def test_m1_a_change_of_role_or_a_repeat_does_not_count_anybody_twice(meteor: Party) -> None:
    meteor.activate(9, at("2026-04-05 12:00"))
    meteor.tell("u-10", "active", at("2026-04-06 12:00"))
    meteor.tell("u-10", "active", at("2026-04-07 12:00"), role="billing")
    assert (meteor.peak, meteor.balance) == (10, -599_000)


@pytest.mark.parametrize(("more", "owed"), [(8, 0), (9, -599_000), (10, -658_900), (99, -5_990_000)])
def test_m2_the_price_is_the_peak_times_the_price_of_one(meteor: Party, more: int, owed: int) -> None:
    meteor.activate(more, at("2026-04-05 12:00"))
    assert meteor.balance == owed


def test_m2_peak_and_quota_are_counted_for_each_instance_alone(meteor: Party) -> None:
    second = people.party("second", customer=meteor.customer)
    meteor.activate(8, at("2026-04-05 12:00"))
    second.activate(8, at("2026-04-05 12:00"))
    assert second.account == meteor.account
    assert meteor.balance == 0
    second.activate(1, at("2026-04-06 12:00"))
    assert meteor.balance == -599_000


def test_m3_nine_are_free_and_the_tenth_makes_all_ten_count(meteor: Party) -> None:
    meteor.activate(8, at("2026-04-05 12:00"))
    assert (meteor.peak, meteor.balance, meteor.charges) == (9, 0, [])
    meteor.activate(1, at("2026-04-05 12:01"))
    assert (meteor.peak, meteor.balance, meteor.charges) == (10, -599_000, [599_000])


def test_m4_the_debt_is_posted_the_moment_the_peak_rises_and_only_the_difference(meteor: Party) -> None:
    meteor.activate(10, at("2026-04-10 14:03"))
    assert meteor.charges == [599_000, 59_900]
    raised = Charge.objects.order_by("pk").last()
    assert raised is not None
    assert (raised.kind, raised.occurred_at, raised.posted_at) == (
        "peak_raised",
        at("2026-04-10 14:03"),
        at("2026-04-10 14:03"),
    )


def test_m4_a_peak_never_falls_within_a_period_and_coming_back_costs_nothing(meteor: Party) -> None:
    meteor.activate(10, at("2026-04-10 14:03"))
    meteor.block([10, 11], at("2026-04-11 12:00"))
    assert (meteor.peak, meteor.balance) == (11, -658_900)
    meteor.tell("u-10", "active", at("2026-04-12 12:00"))
    meteor.tell("u-11", "active", at("2026-04-13 12:00"))
    assert (meteor.peak, meteor.balance) == (11, -658_900)
    meteor.tell("u-12", "active", at("2026-04-14 12:00"))
    assert (meteor.peak, meteor.balance) == (12, -718_800)


# --- M5, M6: periods -----------------------------------------------------------------------------------------------------


def test_m5_the_first_period_runs_from_registration_to_the_months_end_at_the_full_price() -> None:
    late = people.party("late", at("2026-04-29 18:00"))
    late.activate(9, at("2026-04-30 23:59:59"))
    [period] = late.periods
    assert (period.start, period.end) == (date(2026, 4, 29), date(2026, 5, 1))
    assert late.balance == -599_000


def test_m5_the_last_period_runs_from_the_1st_to_the_day_of_termination_without_proration(meteor: Party) -> None:
    meteor.activate(9, at("2026-04-10 14:03"))
    meteor.close(at("2026-05-01 00:00"))
    final = meteor.terminate(at("2026-05-02 11:00"))
    assert final is not None
    assert (final.period_start, final.period_end, final.total_minor) == (date(2026, 5, 1), date(2026, 5, 3), 599_000)


def test_m5_a_subscription_taken_out_later_in_the_month_of_registration_counts_from_the_registration() -> None:
    party = people.party("early", at("2026-04-03 12:00"))
    assert party.periods[0].start == date(2026, 4, 3)
    assert party.periods[0].end == date(2026, 5, 1)


def test_m6_on_the_1st_the_peak_starts_at_the_number_active_then_and_its_charge_is_posted(meteor: Party) -> None:
    meteor.activate(12, at("2026-04-10 14:03"))
    meteor.block([11, 12, 13], at("2026-04-20 12:00"))
    assert meteor.peak == 13
    meteor.close(at("2026-05-01 00:00"))
    assert meteor.peak == 10
    opening = Charge.objects.order_by("pk").last()
    assert opening is not None
    assert (opening.kind, opening.amount_minor, opening.occurred_at) == ("opening", 599_000, at("2026-05-01 00:00"))


def test_m6_with_nine_or_fewer_on_the_1st_nothing_is_posted(meteor: Party) -> None:
    meteor.activate(10, at("2026-04-10 14:03"))
    meteor.block([10, 11], at("2026-04-20 12:00"))
    meteor.close(at("2026-05-01 00:00"))
    assert (meteor.peak, meteor.charges) == (9, [599_000, 59_900])


def test_m6_midnight_belongs_to_the_new_month(meteor: Party) -> None:
    meteor.activate(8, at("2026-04-10 14:03"))
    meteor.tell("last", "active", at("2026-04-30 23:59:59.999999"))
    meteor.tell("first", "active", at("2026-05-01 00:00:00"))
    april, may = meteor.periods
    assert (april.peak, may.peak) == (10, 11)
    assert meteor.balance == -599_000 - 658_900


# --- M7: the invoice -----------------------------------------------------------------------------------------------------


def test_m7_the_run_on_the_1st_closes_issues_and_opens_in_this_order(meteor: Party) -> None:
    meteor.activate(10, at("2026-04-10 14:03"))
    done = billing_run.run_due(as_of=at("2026-05-01 00:00:30"))
    assert done.invoices == ["R-2026-000001"]
    [invoice] = meteor.invoices
    assert (invoice.total_minor, invoice.issue_date) == (658_900, date(2026, 5, 1))
    assert meteor.balance == -1_317_800, "May's opening charge is posted, and is not on April's invoice"


def test_m7_nothing_is_issued_a_moment_before_the_1st(meteor: Party) -> None:
    meteor.activate(10, at("2026-04-10 14:03"))
    assert billing_run.run_due(as_of=at("2026-04-30 23:59:59")).invoices == []
    assert billing_run.run_due(as_of=at("2026-05-01 00:00:00")).invoices == ["R-2026-000001"]


def test_m7_one_invoice_for_account_and_month_with_a_line_for_each_subscription(meteor: Party) -> None:
    second = people.party("second", customer=meteor.customer)
    meteor.activate(9, at("2026-04-10 14:03"))
    second.activate(11, at("2026-04-10 14:03"))
    [invoice] = meteor.close(at("2026-05-01 00:00"))
    assert [line.amount_minor for line in invoice.lines.order_by("position")] == [599_000, 718_800]
    assert (invoice.line_count, invoice.total_minor) == (2, 1_317_800)
    assert [line.subscription_id for line in invoice.lines.order_by("position")] == [
        meteor.subscription.pk,
        second.subscription.pk,
    ]


def test_m7_no_charges_no_invoice(meteor: Party) -> None:
    meteor.activate(8, at("2026-04-10 14:03"))
    assert meteor.close(at("2026-05-01 00:00")) == []
    assert meteor.invoices == []


def test_m7_it_goes_once_to_the_address_of_the_registration_and_to_the_accounts_addresses(meteor: Party) -> None:
    BillingAddress.objects.create(account=meteor.account, email="books@romashka.example")
    BillingAddress.objects.create(account=meteor.account, email="BUH@romashka.example")
    meteor.activate(9, at("2026-04-10 14:03"))
    for _repeat in range(2):
        billing_run.run_due(as_of=at("2026-05-01 00:00"))
    letters = [letter for letter in mail.outbox if "R-2026-000001" in letter.subject]
    assert sorted(letter.to for letter in letters) == [
        ["anna@romashka.example"],
        ["books@romashka.example"],
        ["buh@romashka.example"],
    ]
    [attached] = letters[0].attachments
    assert (attached[0], attached[2]) == ("R-2026-000001.pdf", "application/pdf")
    assert bytes(attached[1]).startswith(b"%PDF")
    assert set(Notice.objects.filter(kind="invoice_issued").values_list("state", flat=True)) == {"sent"}


def test_m7_several_months_that_were_missed_are_closed_in_order_each_with_its_own_charges(meteor: Party) -> None:
    meteor.activate(9, at("2026-04-10 14:03"))
    issued = meteor.close(at("2026-07-02 08:00"))
    assert [(row.number, row.period_start, row.total_minor) for row in issued] == [
        ("R-2026-000001", date(2026, 4, 1), 599_000),
        ("R-2026-000002", date(2026, 5, 1), 599_000),
        ("R-2026-000003", date(2026, 6, 1), 599_000),
    ]
    assert meteor.balance == -4 * 599_000
    assert {row.due_date for row in issued} == {date(2026, 7, 16)}, "14 days from the day they were really issued (D2)"


# --- M8, M9: read-only and back ----------------------------------------------------------------------------------------------


@pytest.fixture
def owing(meteor: Party) -> Party:
    """April's invoice for 6 589.00 was issued on 1 May and is due on 15 May; nobody but Anna is active since."""
    nine_then_eleven(meteor)
    for number in range(2, 12):
        meteor.tell(f"u-{number}", "removed", at("2026-04-30 12:00"))
    meteor.close(at("2026-05-01 00:00"))
    assert meteor.invoices[0].due_date == date(2026, 5, 15)
    return meteor


@pytest.fixture(params=["UTC", "America/Los_Angeles", "Asia/Vladivostok"])
def server_zone(request: pytest.FixtureRequest) -> Iterator[str]:
    """The operating system of the server stands in this zone."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = request.param
    time.tzset()
    yield request.param
    os.environ.pop("TZ")
    if before is not None:
        os.environ["TZ"] = before
    time.tzset()


@pytest.mark.parametrize(
    ("instant", "level"),
    [
        ("2026-05-15 00:00:00", "full"),
        ("2026-05-15 23:59:59", "full"),
        ("2026-05-15 23:59:59.999999", "full"),
        ("2026-05-16 00:00:00", "read_only"),
        ("2026-05-16 00:00:01", "read_only"),
    ],
)
def test_m8_unpaid_is_read_only_from_midnight_after_the_due_date(
    owing: Party, server_zone: str, instant: str, level: str
) -> None:
    assert owing.access(at(instant)) == level
    assert owing.access(at(instant).astimezone(UTC)) == level


def test_m8_the_reason_names_the_invoice_and_the_midnight(owing: Party) -> None:
    answer = access.level(owing.instance, as_of=at("2026-06-01 12:00"))
    [reason] = answer.reasons
    assert (reason.code, reason.since, reason.invoices) == (
        "invoice_overdue",
        at("2026-05-16 00:00"),
        ["R-2026-000001"],
    )
    assert reason.since == datetime(2026, 5, 15, 21, 0, tzinfo=UTC)


def test_m8_all_instances_of_the_account_are_read_only_also_those_that_cost_nothing(owing: Party) -> None:
    free = people.party("free", at("2026-05-02 12:00"), customer=owing.customer)
    assert free.access(at("2026-05-15 23:59:59")) == "full"
    assert free.access(at("2026-05-16 00:00:00")) == "read_only"


def test_m8_with_the_scheduler_dead_for_three_days_access_is_what_the_dates_say(owing: Party) -> None:
    people.stand_at(at("2026-05-19 00:00"))
    assert owing.access(at("2026-05-19 00:00")) == "read_only"
    assert AccessAnnouncement.objects.count() == 0, "nothing was announced, and nothing waited for it (D3)"


def test_m8_it_is_announced_once_by_event_and_email(owing: Party) -> None:
    billing_run.run_due(as_of=at("2026-05-15 23:59:59"))
    assert not Event.objects.filter(type__in=["instance.read_only", "invoice.overdue"]).exists()
    for _repeat in range(3):
        billing_run.run_due(as_of=at("2026-05-16 00:00"))
    assert list(
        Event.objects.filter(type__in=["instance.read_only", "invoice.overdue"]).values_list("type", flat=True)
    ) == ["invoice.overdue", "instance.read_only"]
    recipients = Notice.objects.filter(kind="read_only").values_list("recipient", flat=True)
    assert sorted(recipients) == ["anna@romashka.example", "buh@romashka.example"]


def test_m8_a_part_payment_before_the_announcement_does_not_swallow_the_email(owing: Party) -> None:
    owing.pay("1000.00", at("2026-05-18 12:00"))
    billing_run.run_due(as_of=at("2026-05-19 00:00"))
    assert Event.objects.filter(type="instance.read_only").count() == 1
    letter = Notice.objects.filter(kind="read_only", recipient="anna@romashka.example").get()
    assert "5589,00₽" in "".join(letter.text.split()), "the exact sum that restores access"


def test_m8_reports_about_people_are_accepted_while_read_only(owing: Party) -> None:
    assert owing.access(at("2026-05-20 12:00")) == "read_only"
    member = owing.tell("new", "active", at("2026-05-20 12:00"))
    assert member is not None
    assert member.status == Member.Status.ACTIVE


@pytest.mark.parametrize(("paid_at", "between"), [("2026-05-15 23:59:59", "full"), ("2026-05-16 00:00:00", "full")])
def test_m8_a_payment_one_second_before_keeps_access_and_one_at_midnight_brings_it_back(
    owing: Party, server_zone: str, paid_at: str, between: str
) -> None:
    owing.pay("6589.00", at(paid_at))
    assert owing.access(at(paid_at)) == between
    assert owing.access(at("2026-05-16 00:00:01")) == "full"


def test_m9_full_access_returns_in_the_transaction_of_the_last_kopeck(owing: Party) -> None:
    billing_run.run_due(as_of=at("2026-05-16 00:00"))
    owing.pay("6588.99", at("2026-05-17 12:00"))
    assert owing.access(at("2026-05-17 12:00")) == "read_only"
    owing.pay("0.01", at("2026-05-17 12:01"))
    assert owing.access(at("2026-05-17 12:01")) == "full"
    assert Event.objects.filter(type="instance.restored").count() == 1
    assert Notice.objects.filter(kind="restored", recipient="anna@romashka.example").count() == 1


def test_m9_paying_some_of_the_overdue_invoices_is_not_enough(meteor: Party) -> None:
    meteor.activate(9, at("2026-04-10 14:03"))
    meteor.close(at("2026-05-01 00:00"))
    meteor.close(at("2026-06-01 00:00"))
    now = at("2026-06-16 12:00")
    assert [row.number for row in access.overdue_invoices(meteor.account, now)] == ["R-2026-000001", "R-2026-000002"]
    meteor.pay("5990.00", now)
    assert meteor.access(now) == "read_only"
    meteor.pay("5990.00", now)
    assert meteor.access(now) == "full"


def test_m9_an_invoice_that_is_open_but_not_yet_due_keeps_nobody_out(meteor: Party) -> None:
    meteor.activate(9, at("2026-04-10 14:03"))
    meteor.close(at("2026-05-01 00:00"))
    meteor.close(at("2026-06-01 00:00"))
    meteor.pay("5990.00", at("2026-06-02 12:00"))
    assert [row.open_minor for row in meteor.invoices] == [0, 599_000]
    assert meteor.access(at("2026-06-02 12:00")) == "full"


def test_m9_a_payment_that_is_taken_back_locks_again_and_says_so(owing: Party) -> None:
    billing_run.run_due(as_of=at("2026-05-16 00:00"))
    payment = owing.pay("6589.00", at("2026-05-17 12:00"))
    assert owing.access(at("2026-05-18 12:00")) == "full"
    payments.reverse_payment(
        payment=payment, as_of=at("2026-05-20 12:00"), actor="finance", reason="Another customer's money"
    )
    assert owing.access(at("2026-05-20 12:00")) == "read_only"
    assert owing.balance == -658_900
    assert list(AccessAnnouncement.objects.order_by("pk").values_list("level", flat=True)) == [
        "read_only",
        "full",
        "read_only",
    ]


# --- M10, M12–M14 ------------------------------------------------------------------------------------------------------------


def test_m10_billing_owners_are_administrators_and_those_with_the_billing_right(meteor: Party) -> None:
    meteor.tell("boris", "active", at("2026-04-02 12:00"))
    meteor.tell("clara", "active", at("2026-04-02 12:00"), role="billing")
    meteor.tell("dina", "blocked", at("2026-04-02 12:00"), role="billing")
    owners = Member.objects.billing_owners().filter(instance=meteor.instance)  # type: ignore[attr-defined]
    assert sorted(owners.values_list("external_id", flat=True)) == ["clara", "u-1"]


def test_m12_termination_ends_the_subscription_locks_the_instance_and_issues_the_final_invoice(meteor: Party) -> None:
    meteor.activate(9, at("2026-04-10 14:03"))
    final = meteor.terminate(at("2026-04-20 11:00"))
    assert final is not None
    assert (final.kind, final.total_minor, final.issue_date, final.due_date) == (
        "final",
        599_000,
        date(2026, 4, 20),
        date(2026, 5, 4),
    )
    assert meteor.access(at("2026-04-20 11:00")) == "read_only"
    assert meteor.reasons(at("2026-04-20 11:00")) == ["subscription_terminated"]
    assert meteor.access(at("2026-04-20 10:59:59")) == "full"
    terminated = meteor.subscription.changes.get(kind="terminated")
    assert (terminated.requested_by, terminated.actor) == ("anna@romashka.example", "support@saldo.example")


def test_m12_after_termination_people_cost_nothing_and_no_month_is_charged(meteor: Party) -> None:
    meteor.activate(9, at("2026-04-10 14:03"))
    meteor.terminate(at("2026-04-20 11:00"))
    meteor.activate(5, at("2026-04-21 12:00"))
    assert meteor.close(at("2026-06-01 00:00")) == []
    assert meteor.balance == -599_000


def test_m12_a_free_month_ends_without_an_invoice(meteor: Party) -> None:
    meteor.activate(8, at("2026-04-10 14:03"))
    assert meteor.terminate(at("2026-04-20 11:00")) is None
    assert meteor.invoices == []
    assert meteor.access(at("2026-04-20 11:00")) == "read_only"


def test_m12_the_final_invoice_collects_one_subscription_and_leaves_the_others_to_the_month(meteor: Party) -> None:
    second = people.party("second", customer=meteor.customer)
    meteor.activate(9, at("2026-04-10 14:03"))
    second.activate(10, at("2026-04-10 14:03"))
    final = meteor.terminate(at("2026-04-20 11:00"))
    assert final is not None
    assert final.total_minor == 599_000
    [monthly] = meteor.close(at("2026-05-01 00:00"))
    assert monthly.total_minor == 658_900
    assert second.access(at("2026-05-01 00:00")) == "full"


def test_m12_it_is_not_terminated_twice_and_not_without_a_reason(meteor: Party) -> None:
    with pytest.raises(BadInput) as refused:
        lifecycle.terminate(subscription=meteor.subscription, as_of=at("2026-04-20 11:00"), actor="support", reason=" ")
    assert (refused.value.field, refused.value.rule) == ("reason", "M12")
    meteor.terminate(at("2026-04-20 11:00"))
    with pytest.raises(BillingError) as again:
        meteor.terminate(at("2026-04-21 11:00"))
    assert again.value.code == "already_terminated"


def test_m13_resumed_in_the_month_of_termination_only_a_rise_above_the_final_invoice_is_posted(meteor: Party) -> None:
    meteor.activate(9, at("2026-04-10 14:03"))
    meteor.terminate(at("2026-04-20 11:00"))
    meteor.pay("5990.00", at("2026-04-20 12:00"))
    meteor.resume(at("2026-04-20 13:00"))
    assert meteor.access(at("2026-04-20 13:00")) == "full"
    assert meteor.balance == 0
    meteor.activate(2, at("2026-04-25 12:00"))
    assert meteor.charges == [599_000, 59_900, 59_900]
    [monthly] = meteor.close(at("2026-05-01 00:00"))
    assert monthly.total_minor == 119_800
    assert [line.amount_minor for line in monthly.lines.all()] == [119_800]


def test_m13_people_who_came_while_it_was_terminated_count_from_the_resumption(meteor: Party) -> None:
    meteor.activate(9, at("2026-04-10 14:03"))
    meteor.terminate(at("2026-04-20 11:00"))
    meteor.pay("5990.00", at("2026-04-20 12:00"))
    meteor.activate(1, at("2026-04-21 12:00"))
    assert meteor.balance == 0
    meteor.resume(at("2026-04-22 13:00"))
    assert meteor.balance == -59_900


def test_m13_with_fewer_people_than_before_the_month_costs_nothing_more(meteor: Party) -> None:
    meteor.activate(10, at("2026-04-10 14:03"))
    meteor.terminate(at("2026-04-20 11:00"))
    meteor.pay("6589.00", at("2026-04-20 12:00"))
    meteor.block([10, 11], at("2026-04-21 12:00"))
    meteor.resume(at("2026-04-22 13:00"))
    meteor.tell("u-10", "active", at("2026-04-23 12:00"))
    assert meteor.balance == 0
    assert meteor.close(at("2026-05-01 00:00")) == []
    assert meteor.balance == -599_000, "May begins with ten"


def test_m13_resumed_in_another_month_its_price_is_whole(meteor: Party) -> None:
    meteor.activate(9, at("2026-04-10 14:03"))
    meteor.terminate(at("2026-04-20 11:00"))
    meteor.pay("5990.00", at("2026-04-20 12:00"))
    meteor.resume(at("2026-06-15 13:00"))
    assert meteor.balance == -599_000
    [invoice] = meteor.close(at("2026-07-01 00:00"))
    assert (invoice.period_start, invoice.total_minor) == (date(2026, 6, 1), 599_000)


def test_m13_terminated_paid_and_resumed_at_one_instant_twice_over(meteor: Party) -> None:
    """A sandbox's clock stands still between two calls."""
    now = at("2026-04-10 12:00")
    meteor.activate(9, now)
    meteor.terminate(now)
    meteor.pay("5990.00", now)
    meteor.resume(now)
    meteor.activate(1, now)
    assert meteor.balance == -59_900
    final = meteor.terminate(now)
    assert final is not None
    assert final.total_minor == 59_900
    meteor.pay("599.00", now)
    meteor.resume(now)
    assert (meteor.balance, meteor.access(now)) == (0, "full")


def test_m13_registered_terminated_and_resumed_at_one_instant(meteor: Party) -> None:
    now = at("2026-04-01 09:00")
    meteor.terminate(now)
    meteor.resume(now)
    meteor.activate(9, now)
    assert meteor.balance == -599_000


@pytest.mark.parametrize(
    ("resumed_at", "code"), [("2027-04-20 23:59:59", ""), ("2027-04-21 00:00:00", "resume_window_over")]
)
def test_m13_it_can_be_resumed_for_twelve_months_the_last_day_counts_whole(
    meteor: Party, resumed_at: str, code: str
) -> None:
    meteor.terminate(at("2026-04-20 11:00"))
    if code:
        with pytest.raises(BillingError) as refused:
            meteor.resume(at(resumed_at))
        assert refused.value.code == code
    else:
        assert meteor.resume(at(resumed_at)).terminated_at is None


def test_m13_nothing_may_be_owed(meteor: Party) -> None:
    meteor.activate(9, at("2026-04-10 14:03"))
    meteor.terminate(at("2026-04-20 11:00"))
    with pytest.raises(BillingError) as refused:
        meteor.resume(at("2026-04-21 12:00"))
    assert (refused.value.code, refused.value.rule) == ("debt_outstanding", "M13")
    assert refused.value.extra == {"owed": {"amount": "5990.00", "currency": "RUB"}}


def test_m13_the_sum_that_is_owed_is_what_credit_does_not_cover(meteor: Party) -> None:
    """A late report after the final invoice: 599.00 more, of which 100.00 lie on the account already."""
    meteor.activate(9, at("2026-04-10 14:03"))
    meteor.terminate(at("2026-04-20 11:00"))
    meteor.pay("6090.00", at("2026-04-21 12:00"))
    meteor.tell("late", "active", at("2026-04-22 12:00"), occurred_at=at("2026-04-15 12:00"))
    assert meteor.balance == -49_900
    with pytest.raises(BillingError) as refused:
        meteor.resume(at("2026-04-23 12:00"))
    assert refused.value.extra == {"owed": {"amount": "499.00", "currency": "RUB"}}


def test_m13_a_running_subscription_has_nothing_to_resume(meteor: Party) -> None:
    with pytest.raises(BillingError) as refused:
        meteor.resume(at("2026-04-21 12:00"))
    assert refused.value.code == "not_terminated"


def test_m14_an_instance_is_deleted_only_after_termination_and_only_if_nothing_is_owed(meteor: Party) -> None:
    meteor.activate(9, at("2026-04-10 14:03"))
    with pytest.raises(BillingError) as running_still:
        instances.delete_instance(instance=meteor.instance, as_of=at("2026-04-20 10:00"), actor="support")
    assert running_still.value.code == "subscription_active"
    meteor.terminate(at("2026-04-20 11:00"))
    with pytest.raises(BillingError) as owed:
        instances.delete_instance(instance=meteor.instance, as_of=at("2026-04-20 12:00"), actor="support")
    assert (owed.value.code, owed.value.rule) == ("debt_outstanding", "M14")
    meteor.pay("5990.00", at("2026-04-20 13:00"))
    instances.delete_instance(instance=meteor.instance, as_of=at("2026-04-20 14:00"), actor="support")
    meteor.instance.refresh_from_db()
    assert meteor.access(at("2026-04-20 14:00")) == "deleted"
    assert not Member.objects.filter(instance=meteor.instance, email__contains="romashka").exists()
    assert meteor.invoices[0].buyer_snapshot["name"] == "Romashka", "issued documents are kept (D16)"


def test_m14_what_is_deleted_takes_no_reports_and_is_not_resumed_and_deleting_again_changes_nothing(
    meteor: Party,
) -> None:
    meteor.terminate(at("2026-04-20 11:00"))
    for _again in range(2):
        instances.delete_instance(instance=meteor.instance, as_of=at("2026-04-20 14:00"), actor="support")
    with pytest.raises(BillingError) as reported:
        meteor.activate(1, at("2026-04-21 12:00"))
    assert reported.value.code == "instance_deleted"
    with pytest.raises(BillingError) as resumed:
        meteor.resume(at("2026-04-21 12:00"))
    assert resumed.value.code == "instance_deleted"
    assert Event.objects.filter(type="instance.deleted").count() == 1


def test_m15_the_first_person_registered_is_the_administrator(meteor: Party) -> None:
    [anna] = Instance.objects.get(pk=meteor.instance.pk).members.all()
    assert (anna.external_id, anna.role.code, anna.role.is_administrator, anna.status) == (
        "u-1",
        "administrator",
        True,
        "active",
    )


def test_m7_a_month_that_is_over_is_closed_by_whoever_touches_the_account_first(meteor: Party) -> None:
    meteor.activate(9, at("2026-04-10 14:03"))
    meteor.tell("new", "active", at("2026-05-03 12:00"))
    assert [(row.total_minor, row.issue_date) for row in meteor.invoices] == [(599_000, date(2026, 5, 3))]
    assert meteor.peak == 11
    assert (
        month_close.close_due_months(account_id=meteor.account.pk, as_of=at("2026-05-03 12:00") + timedelta(hours=1))
        == []
    )
