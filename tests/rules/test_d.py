"""Where the descriptions are silent: what was decided, with literal sums in kopecks."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import NamedTuple

import pytest
from django.db import transaction
from hypothesis import example, given, settings
from hypothesis import strategies as st

from accounts.members import Report
from accounts.models import Instance, Member, MemberChange
from billing.errors import BadInput, BillingError
from billing.models import AuditRecord, Charge, Event, Invoice, Notice
from billing.operations.customers import instances
from billing.operations.cycle import access
from billing.operations.run import billing_run
from billing.operations.settlement import adjustments, credit_notes, payments
from billing.operations.settlement.credit_notes import NoteLine
from tests.support import people
from tests.support.people import Party, at

# --- D1: half-open -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("instant", "april", "may"),
    [("2026-04-30 23:59:59.999999", 10, 10), ("2026-05-01 00:00:00", 9, 10), ("2026-05-01 00:00:00.000001", 9, 10)],
)
def test_d1_what_happens_at_midnight_belongs_to_the_new_month(
    meteor: Party, instant: str, april: int, may: int
) -> None:
    meteor.activate(8, at("2026-04-02 12:00"))
    meteor.tell("new", "active", at("2026-05-03 12:00"), occurred_at=at(instant))
    meteor.tell(
        "guest", "invited", at("2026-05-03 12:01"), occurred_at=at("2026-04-05 12:00")
    )  # April is worked out again
    peaks = [period.peak for period in meteor.periods]
    charged = {row.explanation["month"]: row.amount_minor for row in Charge.objects.all()}
    assert peaks[1] == may
    assert charged == {"2026-05-01": 599_000} | ({"2026-04-01": 599_000} if april == 10 else {})


def test_d1_a_person_replaced_at_one_instant_was_never_there_together_with_the_successor(meteor: Party) -> None:
    meteor.activate(8, at("2026-04-02 12:00"))
    now = at("2026-04-20 12:00")
    meteor.tell("new", "active", now, occurred_at=at("2026-04-10 12:00"))
    assert meteor.balance == -599_000
    meteor.tell("u-2", "removed", now, occurred_at=at("2026-04-10 12:00"))
    assert (meteor.peak, meteor.balance) == (9, 0)


# --- D2: late runs -----------------------------------------------------------------------------------------------------------


def test_d2_a_late_run_keeps_period_and_amounts_and_gives_the_fourteen_days_from_the_real_issue(meteor: Party) -> None:
    meteor.activate(9, at("2026-04-10 14:03"))
    [invoice] = meteor.close(at("2026-05-04 08:15"))
    assert (invoice.period_start, invoice.period_end, invoice.total_minor) == (
        date(2026, 4, 1),
        date(2026, 5, 1),
        599_000,
    )
    assert (invoice.issue_date, invoice.due_date) == (date(2026, 5, 4), date(2026, 5, 18))
    assert meteor.access(at("2026-05-18 23:59:59")) == "full"
    assert meteor.access(at("2026-05-19 00:00:00")) == "read_only"


# --- D3: access is computed --------------------------------------------------------------------------------------------------


def test_d3_asking_writes_nothing(meteor: Party, django_assert_max_num_queries: object) -> None:
    meteor.activate(9, at("2026-04-10 14:03"))
    meteor.close(at("2026-05-01 00:00"))
    before = Event.objects.count()
    with django_assert_max_num_queries(3):  # type: ignore[operator]
        assert meteor.access(at("2026-05-16 00:00")) == "read_only"
    assert Event.objects.count() == before


def test_d3_a_dead_scheduler_frees_nobody_and_a_payment_needs_none(meteor: Party) -> None:
    meteor.activate(9, at("2026-04-10 14:03"))
    meteor.block([10], at("2026-04-11 12:00"))
    meteor.close(at("2026-05-01 00:00"))
    assert meteor.access(at("2026-05-20 12:00")) == "read_only"
    meteor.pay("5990.00", at("2026-05-20 12:00"))
    assert meteor.access(at("2026-05-20 12:00")) == "full"
    assert not Event.objects.filter(type__startswith="instance.").exists(), (
        "never locked in anybody's ears, never restored"
    )


# --- D4: a month is still charged ----------------------------------------------------------------------------------------------


def test_d4_while_read_only_the_month_is_still_charged_for_those_still_active(meteor: Party) -> None:
    meteor.activate(9, at("2026-04-10 14:03"))
    meteor.close(at("2026-05-01 00:00"))
    [may] = meteor.close(at("2026-06-01 00:00"))
    assert meteor.access(at("2026-06-01 00:00")) == "read_only"
    assert may.total_minor == 599_000
    assert meteor.balance == -1_797_000


def test_d4_the_email_shows_the_exact_sum_and_that_the_month_goes_on(meteor: Party) -> None:
    meteor.activate(9, at("2026-04-10 14:03"))
    billing_run.run_due(as_of=at("2026-05-01 00:00"))
    meteor.pay("990.50", at("2026-05-10 12:00"))
    billing_run.run_due(as_of=at("2026-05-16 00:00"))
    text = "".join(Notice.objects.filter(kind="read_only").values_list("text", flat=True)[0].split())
    assert "4999,50₽" in text
    assert "16мая2026" in text


def test_d4_termination_stops_the_charging(meteor: Party) -> None:
    meteor.activate(9, at("2026-04-10 14:03"))
    meteor.close(at("2026-05-01 00:00"))
    meteor.terminate(at("2026-05-20 12:00"))
    meteor.close(at("2026-08-01 00:00"))
    assert [row.total_minor for row in meteor.invoices] == [599_000, 599_000]
    assert meteor.balance == -1_198_000


# --- D5: late and corrected reports ----------------------------------------------------------------------------------------------


def test_d5_a_late_report_for_a_closed_month_is_a_dated_line_on_the_next_invoice(meteor: Party) -> None:
    meteor.activate(9, at("2026-04-10 14:03"))
    meteor.block([10], at("2026-04-28 12:00"))
    [april] = meteor.close(at("2026-05-01 00:00"))
    meteor.tell("late", "active", at("2026-05-06 12:00"), occurred_at=at("2026-04-15 12:00"))
    meteor.tell("late", "removed", at("2026-05-06 12:01"), occurred_at=at("2026-04-16 12:00"))
    april.refresh_from_db()
    assert (april.total_minor, april.lines.count()) == (599_000, 1)
    correction = Charge.objects.get(kind="late")
    assert (correction.amount_minor, correction.occurred_at, correction.billing_month) == (
        59_900,
        at("2026-04-15 12:00"),
        date(2026, 5, 1),
    )
    assert meteor.balance == -658_900, (
        "May begins with nine: what the activation charged until the removal was heard is back"
    )
    [may] = meteor.close(at("2026-06-01 00:00"))
    assert [row.amount_minor for row in may.lines.order_by("position")][-1] == 59_900
    described = [" ".join(row.description.split()) for row in may.lines.all()]
    assert described == ["METEOR Cloud, romashka.example.ru: поправка за апрель 2026, сообщено позже"]


def test_d5_d21_a_report_that_takes_back_pays_the_invoice_that_charged_it(meteor: Party) -> None:
    """The 11th of April never came: 599.00 back on April's invoice, and May begins with ten."""
    meteor.activate(10, at("2026-04-10 14:03"))
    meteor.close(at("2026-05-01 00:00"))
    assert meteor.balance == -1_317_800
    meteor.tell("u-11", "invited", at("2026-05-06 12:00"), occurred_at=at("2026-04-10 14:03"))
    assert meteor.balance == -1_198_000
    [may] = meteor.close(at("2026-06-01 00:00"))
    assert [row.amount_minor for row in may.lines.order_by("position")] == [599_000]
    assert [row.open_minor for row in meteor.invoices] == [599_000, 599_000]


def test_d5_d21_what_is_given_back_waits_for_no_invoice(meteor: Party) -> None:
    meteor.activate(10, at("2026-04-10 14:03"))
    meteor.block([9, 10, 11], at("2026-04-20 12:00"))
    meteor.close(at("2026-05-01 00:00"))
    meteor.tell("u-11", "invited", at("2026-05-06 12:00"), occurred_at=at("2026-04-10 14:03"))
    assert (meteor.balance, meteor.invoices[0].open_minor) == (-599_000, 599_000)
    assert meteor.close(at("2026-06-01 00:00")) == []
    meteor.activate(2, at("2026-06-10 12:00"))
    [june] = meteor.close(at("2026-07-01 00:00"))
    assert [row.amount_minor for row in june.lines.order_by("position")] == [599_000]


def test_d5_a_late_activation_that_lasts_raises_every_month_since(meteor: Party) -> None:
    meteor.activate(9, at("2026-04-10 14:03"))
    meteor.close(at("2026-05-01 00:00"))
    meteor.close(at("2026-06-01 00:00"))
    meteor.tell("late", "active", at("2026-06-06 12:00"), occurred_at=at("2026-04-15 12:00"))
    assert meteor.charges[-3:] == [59_900, 59_900, 59_900]
    [june] = meteor.close(at("2026-07-01 00:00"))
    assert [(row.amount_minor, row.explanation["month"]) for row in june.lines.order_by("position")] == [
        (658_900, "2026-06-01"),
        (59_900, "2026-04-01"),
        (59_900, "2026-05-01"),
    ]


def test_d5_who_is_first_heard_of_as_gone_and_then_as_having_come_was_there_in_between(meteor: Party) -> None:
    meteor.activate(8, at("2026-04-02 12:00"))
    now = at("2026-04-20 12:00")
    assert meteor.tell("guest", "removed", now, occurred_at=at("2026-04-12 12:00")) is not None
    assert meteor.balance == 0
    meteor.tell("guest", "active", now, occurred_at=at("2026-04-11 12:00"))
    assert (meteor.peak, meteor.balance) == (10, -599_000)
    assert Member.objects.get(external_id="guest").status == Member.Status.REMOVED
    assert Member.objects.get(external_id="guest").email == "guest@romashka.example"


def test_d5_somebody_unknown_who_is_removed_now_is_kept_and_costs_nothing(meteor: Party) -> None:
    meteor.tell("nobody", "removed", at("2026-04-12 12:00"))
    assert Member.objects.get(external_id="nobody").status == "removed"
    assert meteor.charges == []


def test_d5_a_confirmation_counts_when_a_late_report_says_it_was_otherwise_in_between(meteor: Party) -> None:
    meteor.activate(8, at("2026-04-02 12:00"))
    meteor.tell("new", "active", at("2026-04-03 12:00"))
    meteor.tell("new", "active", at("2026-05-10 12:00"), occurred_at=at("2026-04-20 12:00"))
    meteor.tell("new", "active", at("2026-05-10 12:00"), occurred_at=at("2026-05-09 12:00"))
    meteor.tell("new", "blocked", at("2026-05-11 12:00"), occurred_at=at("2026-04-05 12:00"))
    assert (meteor.peak, meteor.balance) == (10, -1_198_000), "they were back on 20 April, so on 1 May there were ten"


def test_d5_the_future_is_refused_and_a_clock_a_little_ahead_means_now(meteor: Party) -> None:
    now = at("2026-04-20 12:00")
    with pytest.raises(BadInput) as refused:
        meteor.tell("new", "active", now, occurred_at=now + timedelta(minutes=5, seconds=1))
    assert (refused.value.field, refused.value.code) == ("occurred_at", "in_the_future")
    meteor.tell("new", "active", now, occurred_at=now + timedelta(minutes=5))
    assert MemberChange.objects.filter(member__external_id="new").get().occurred_at == now


class HeardReport(NamedTuple):
    """``who`` became ``status`` at ``hour`` (from 1 April); heard ``delay`` hours later, and again after ``again`` more."""

    who: int
    status: str
    hour: int
    delay: int
    again: int | None


BEGIN, END = at("2026-04-01 10:00"), at("2026-08-01 00:00")
MONTH = 30 * 24
REPORTS = st.builds(
    HeardReport,
    who=st.integers(1, 5),
    status=st.sampled_from(["active", "active", "blocked", "removed", "invited"]),
    hour=st.integers(1, 2 * MONTH),
    delay=st.sampled_from([0, 0, 1, 50, 300, 800]),
    again=st.none() | st.sampled_from([1, 100, 700]),
)


def hear(name: str, stream: Iterable[tuple[datetime, HeardReport]], *, dated: bool) -> tuple[object, ...]:
    """What is owed in the end when the reports are heard in the order and at the instants of ``stream``."""
    with transaction.atomic():
        party = people.party(name, BEGIN)
        party.activate(7, BEGIN)
        for now, report in stream:
            occurred_at = BEGIN + timedelta(hours=report.hour) if dated else None
            party.tell(f"m-{report.who}", report.status, now, occurred_at=occurred_at)
        party.close(END)
        charged: dict[str, int] = {}
        for charge in Charge.objects.filter(account=party.account):
            month = charge.explanation["month"]
            charged[month] = charged.get(month, 0) + charge.amount_minor
        present = set(Member.objects.active().filter(instance=party.instance).values_list("external_id", flat=True))  # type: ignore[attr-defined]
        people.assert_books_are_right()
        result = (
            {month: sum_ for month, sum_ in charged.items() if sum_},
            party.balance,
            party.peak,
            frozenset(present),
        )
        transaction.set_rollback(True)
    return result


@settings(max_examples=15)
@given(st.lists(REPORTS, min_size=1, max_size=9, unique_by=lambda report: report.hour))
@example(
    [
        HeardReport(1, "removed", 300, 0, None),
        HeardReport(1, "active", 200, 500, None),
        HeardReport(2, "active", 250, 0, 700),
    ]
)
@example(
    [
        HeardReport(1, "active", 10, 0, None),
        HeardReport(1, "active", 400, 0, None),
        HeardReport(1, "active", 900, 0, None),
        HeardReport(1, "blocked", 20, 950, 1),
        HeardReport(2, "active", 30, 0, None),
    ]
)
def test_d5_late_duplicate_and_out_of_order_reports_give_the_same_as_the_ordered_stream(
    reports: list[HeardReport],
) -> None:
    """Charges follow from the set of reports (I-10)."""
    ordered = [
        (BEGIN + timedelta(hours=report.hour), report) for report in sorted(reports, key=lambda report: report.hour)
    ]
    scattered = [(BEGIN + timedelta(hours=report.hour + report.delay), report) for report in reports]
    scattered += [
        (BEGIN + timedelta(hours=report.hour + report.delay + report.again), report)
        for report in reports
        if report.again is not None
    ]
    scattered.sort(key=lambda pair: pair[0])
    assert hear("scattered", scattered, dated=True) == hear("ordered", ordered, dated=False)


@settings(max_examples=8)
@given(
    st.lists(REPORTS, min_size=2, max_size=7, unique_by=lambda report: report.hour), st.randoms(use_true_random=False)
)
def test_d5_any_order_of_arrival_months_later_gives_the_same(reports: list[HeardReport], random: object) -> None:
    late = at("2026-06-20 12:00")
    shuffled = list(reports)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    by_time = sorted(reports, key=lambda report: report.hour)
    assert hear("shuffled", [(late, report) for report in shuffled + shuffled[:2]], dated=True) == hear(
        "sorted", [(late, report) for report in by_time], dated=True
    )


# --- D8: the cliff -----------------------------------------------------------------------------------------------------------


def test_d8_the_owner_is_told_at_once_when_the_quota_is_exceeded_and_only_then(meteor: Party) -> None:
    meteor.activate(8, at("2026-04-05 12:00"))
    assert not Notice.objects.filter(kind="quota_crossed").exists()
    meteor.activate(1, at("2026-04-06 12:00"))
    meteor.activate(1, at("2026-04-06 12:01"))
    told_to = Notice.objects.filter(kind="quota_crossed")
    assert sorted(told_to.values_list("recipient", flat=True)) == ["anna@romashka.example", "buh@romashka.example"]
    text = "".join(told_to[0].text.split())
    assert "5990,00₽" in text
    assert "10×599,00=5990,00" in text


# --- D9: credit notes ----------------------------------------------------------------------------------------------------------


def credit(party: Party, sum_: str, now: str, number: str = "R-2026-000001") -> object:
    return credit_notes.issue_credit_note(
        invoice=Invoice.objects.get(number=number),
        lines=[NoteLine("Service failure", people.minor(sum_))],
        reason="Service failure",
        as_of=at(now),
        actor="finance",
    )


def test_d9_a_credit_note_on_an_open_invoice_lowers_what_is_open_and_leaves_the_invoice(billed: Party) -> None:
    note = credit(billed, "990.00", "2026-05-05 12:00")
    [invoice] = billed.invoices
    assert (invoice.total_minor, invoice.amount_due_minor, invoice.open_minor) == (599_000, 599_000, 500_000)
    assert billed.balance == -500_000
    assert (note.number, note.issue_date) == ("RC-2026-000001", date(2026, 5, 5))  # type: ignore[attr-defined]


def test_d9_on_a_paid_invoice_it_returns_the_money_to_the_account(billed: Party) -> None:
    billed.pay("5990.00", at("2026-05-04 12:00"))
    credit(billed, "990.00", "2026-07-05 12:00")
    assert billed.balance == 99_000
    billed.activate(2, at("2026-07-06 12:00"))
    [july] = billed.close(at("2026-08-01 00:00"))
    assert (july.credit_applied_minor, july.amount_due_minor) == (99_000, july.total_minor - 99_000)


def test_d9_on_a_part_paid_invoice_it_settles_what_is_open_and_returns_the_rest(billed: Party) -> None:
    billed.pay("5000.00", at("2026-05-04 12:00"))
    credit(billed, "1490.00", "2026-05-05 12:00")
    [invoice] = billed.invoices
    assert (invoice.open_minor, billed.balance) == (0, 50_000)
    assert Event.objects.filter(type="invoice.paid").count() == 1


def test_d9_it_settles_an_overdue_invoice_and_access_returns(billed: Party) -> None:
    billing_run.run_due(as_of=at("2026-05-16 00:00"))
    credit(billed, "5990.00", "2026-05-17 12:00")
    assert billed.access(at("2026-05-17 12:00")) == "full"
    assert billed.invoices[0].status_on(date(2026, 5, 17), 599_000) == Invoice.Status.VOID
    assert Event.objects.filter(type="instance.restored").count() == 1


def test_d9_more_than_the_invoice_is_refused_also_in_parts(billed: Party) -> None:
    credit(billed, "5000.00", "2026-05-05 12:00")
    with pytest.raises(BillingError) as refused:
        credit(billed, "990.01", "2026-05-05 12:00")
    assert (refused.value.code, refused.value.rule) == ("credit_exceeds_invoice", "D9")
    assert credit(billed, "990.00", "2026-05-06 12:00").number == "RC-2026-000002"  # type: ignore[attr-defined]


def test_d9_closed_months_are_not_reopened(billed: Party) -> None:
    credit(billed, "5990.00", "2026-06-05 12:00")
    assert billed.charges == [599_000]
    assert billed.close(at("2026-07-01 00:00")) == []


# --- D10: two accounts -----------------------------------------------------------------------------------------------------------


def test_d10_debt_in_one_currency_locks_only_its_own_instances(meteor: Party) -> None:
    people.publish_tariff(seller="usd", tariff_id="meteor-usd", unit_price="9.00")
    dollars = people.party("dollars", customer=meteor.customer, tariff_id="meteor-usd")
    assert dollars.account != meteor.account
    assert (dollars.account.currency, meteor.account.currency) == ("USD", "RUB")
    for party in (meteor, dollars):
        party.activate(9, at("2026-04-10 14:03"))
        party.close(at("2026-05-01 00:00"))
    assert [party.invoices[0].number for party in (meteor, dollars)] == ["R-2026-000001", "U-2026-000001"]
    assert (meteor.balance, dollars.balance) == (-1_198_000, -18_000)
    meteor.pay("5990.00", at("2026-05-10 12:00"))
    now = at("2026-05-16 00:00")
    assert (meteor.access(now), dollars.access(now)) == ("full", "read_only")
    assert access.level(dollars.instance, as_of=now).reasons[0].invoices == ["U-2026-000001"]


def test_d10_money_of_another_currency_is_refused_and_nothing_is_written(meteor: Party) -> None:
    new = payments.NewPayment(amount_minor=100_00, currency="USD", method="bank")
    with pytest.raises(BadInput) as refused:
        payments.record_payment(account=meteor.account, new=new, as_of=at("2026-04-05 12:00"), actor="finance")
    assert (refused.value.code, refused.value.field) == ("currency_mismatch", "currency")
    assert meteor.entries == 0


# --- D13, D14: money that arrives ------------------------------------------------------------------------------------------------


def test_d13_a_top_up_pays_what_is_open_and_the_rest_stays_on_the_account(billed: Party) -> None:
    payment = billed.pay("10000.00", at("2026-05-03 12:00"))
    assert [(row.kind, row.amount_minor) for row in payment.credit.allocations.all()] == [("settlement", 599_000)]
    payment.credit.refresh_from_db()
    assert (payment.credit.unapplied_minor, billed.balance) == (401_000, 401_000)


def test_d13_part_payments_add_up(billed: Party) -> None:
    for sum_, left in (("1000.00", 499_000), ("0.01", 498_999), ("4989.99", 0)):
        billed.pay(sum_, at("2026-05-03 12:00"))
        assert billed.invoices[0].open_minor == left


@pytest.mark.parametrize("sum_", ["0", "-1", "1000000000000"])
def test_d13_a_sum_that_cannot_be_meant_is_refused_and_nothing_is_written(meteor: Party, sum_: str) -> None:
    with pytest.raises(BadInput) as refused:
        meteor.pay(sum_, at("2026-04-05 12:00"))
    assert (refused.value.field, refused.value.code) == ("amount", "invalid_amount")
    assert meteor.entries == 0


def test_d13_money_of_the_future_an_unknown_method_and_an_unknown_invoice_are_refused(meteor: Party) -> None:
    now = at("2026-04-05 12:00")
    for changed, field in (
        ({"received_at": at("2026-04-05 12:01")}, "received_at"),
        ({"method": "barter"}, "method"),
        ({"invoice_number": "R-1"}, "invoice"),
    ):
        values = {"amount_minor": 100, "currency": "RUB", "method": "bank", **changed}
        with pytest.raises(BadInput) as refused:
            payments.record_payment(account=meteor.account, new=payments.NewPayment(**values), as_of=now, actor="f")  # type: ignore[arg-type]
        assert refused.value.field == field
    assert meteor.entries == 0


def test_d13_a_payment_taken_back_opens_what_it_had_paid_and_is_taken_back_once(billed: Party) -> None:
    payment = billed.pay("10000.00", at("2026-05-03 12:00"))
    payments.reverse_payment(payment=payment, as_of=at("2026-05-04 12:00"), actor="finance", reason="Wrong customer")
    assert (billed.balance, billed.invoices[0].open_minor) == (-599_000, 599_000)
    with pytest.raises(BillingError) as again:
        payments.reverse_payment(
            payment=payment, as_of=at("2026-05-04 12:00"), actor="finance", reason="Wrong customer"
        )
    assert again.value.code == "already_reversed"
    with pytest.raises(BadInput):
        payments.reverse_payment(payment=payment, as_of=at("2026-05-04 12:00"), actor="finance", reason="  ")


def test_d13_when_a_payment_is_taken_back_other_money_on_the_account_steps_in(billed: Party) -> None:
    first = billed.pay("5990.00", at("2026-05-03 12:00"))
    billed.pay("6000.00", at("2026-05-04 12:00"))
    payments.reverse_payment(payment=first, as_of=at("2026-05-05 12:00"), actor="finance", reason="Wrong customer")
    assert (billed.balance, billed.invoices[0].open_minor) == (1_000, 0)


def test_d14_access_returns_with_the_payment_whatever_day_the_money_was_received(billed: Party) -> None:
    billing_run.run_due(as_of=at("2026-05-16 00:00"))
    billed.pay("5990.00", at("2026-05-20 09:00"))
    restored = Event.objects.get(type="instance.restored")
    assert restored.at == at("2026-05-20 09:00")
    assert billed.access(at("2026-05-20 09:00")) == "full"


# --- D15, D16, D18 -----------------------------------------------------------------------------------------------------------


def adjust(party: Party, sum_: str, now: str, comment: str = "An outage on 3 May") -> object:
    return adjustments.adjust_balance(
        account=party.account,
        amount_minor=people.minor(sum_),
        currency="RUB",
        reason_code="goodwill",
        comment=comment,
        as_of=at(now),
        actor="finance",
    )


def test_d15_an_adjustment_in_favour_pays_what_is_open(billed: Party) -> None:
    adjust(billed, "990.00", "2026-05-05 12:00")
    assert (billed.balance, billed.invoices[0].open_minor) == (-500_000, 500_000)


def test_d15_an_adjustment_against_is_collected_by_the_next_invoice_on_a_line_with_its_reason(billed: Party) -> None:
    adjust(billed, "-150.00", "2026-05-05 12:00", "A visit of the engineer")
    adjust(billed, "-50.00", "2026-05-06 12:00", "Another visit")
    assert billed.balance == -619_000
    [may] = billed.close(at("2026-06-01 00:00"))
    assert [(row.amount_minor, row.description) for row in may.lines.order_by("position")] == [
        (15_000, "A visit of the engineer"),
        (5_000, "Another visit"),
    ]
    assert may.total_minor == 20_000


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"amount_minor": 0}, "amount"),
        ({"amount_minor": None}, "amount"),
        ({"amount_minor": 10**12 + 1}, "amount"),
        ({"currency": "USD"}, "currency"),
        ({"reason_code": "because"}, "reason_code"),
        ({"comment": " "}, "comment"),
    ],
)
def test_d15_an_adjustment_needs_a_sum_a_reason_code_and_a_sentence(
    meteor: Party, changed: dict[str, object], field: str
) -> None:
    values: dict[str, object] = {
        "amount_minor": 100,
        "currency": "RUB",
        "reason_code": "goodwill",
        "comment": "Sorry",
        **changed,
    }
    with pytest.raises(BadInput) as refused:
        adjustments.adjust_balance(account=meteor.account, as_of=at("2026-05-05 12:00"), actor="finance", **values)  # type: ignore[arg-type]
    assert refused.value.field == field
    assert meteor.entries == 0


def test_d15_every_act_on_money_leaves_a_record_of_who_and_why(billed: Party) -> None:
    """Who, why and when stand beside the act (I-26)."""
    payment = billed.pay("1.00", at("2026-05-05 12:00"), reference="PP 17")
    payments.reverse_payment(payment=payment, as_of=at("2026-05-05 12:01"), actor="finance", reason="Typed twice")
    adjust(billed, "1.00", "2026-05-05 12:02")
    credit(billed, "1.00", "2026-05-05 12:03")
    records = (
        AuditRecord.objects.filter(customer=billed.customer).order_by("pk").values_list("action", "actor", "reason")
    )
    assert list(records) == [
        ("payment.recorded", "support@saldo.example", "PP 17"),
        ("payment.reversed", "finance", "Typed twice"),
        ("balance.adjusted", "finance", "An outage on 3 May"),
        ("credit_note.issued", "finance", "Service failure"),
    ]


def test_d16_deletion_erases_people_and_keeps_ledger_and_documents(billed: Party) -> None:
    billed.pay("5990.00", at("2026-05-05 12:00"))
    billed.terminate(at("2026-05-06 12:00"))
    entries = billed.entries
    instances.delete_instance(instance=billed.instance, as_of=at("2026-05-07 12:00"), actor="support")
    assert billed.entries == entries
    assert billed.invoices[0].buyer_snapshot["email"] == "buh@romashka.example"
    instance = Instance.objects.get(pk=billed.instance.pk)
    assert "romashka" not in instance.email
    assert {row.name for row in instance.members.all()} == {""}


def test_d18_an_instance_without_a_subscription_is_read_only(meteor: Party) -> None:
    bare = instances.register_instance(
        customer=meteor.customer,
        product=meteor.instance.product,
        domain="bare.example.ru",
        as_of=at("2026-04-05 12:00"),
        representative=Report(external_id="1", status="active", email="anna@romashka.example"),
    )
    answer = access.level(bare, as_of=at("2026-04-05 12:00"))
    assert (str(answer.level), answer.reasons[0].code) == ("read_only", "no_subscription")
