"""Profile B: prepaid seats. Sums are literal cents: 467 stands for 4.67. April has 30 days."""

from datetime import date

import pytest

from billing.errors import BadInput, BillingError
from billing.models import Credit, Event, Invoice, Subscription
from billing.operations.subscriptions import plan_changes, trials
from billing.operations.subscriptions.quotes import TermsRequest
from tests.support import people
from tests.support.people import Party, amounts, at

TEAM = "team_member"


def blue(tariff: str = "blue-monthly", start: str = "2026-04-10 12:00", *, trial: bool | None = False) -> Party:
    """Romashka on Blue; Anna, its project administrator, is the one paid member."""
    return people.party(product="blue", tariff_id=tariff, now=at(start), currency="USD", trial=trial)


# --- The worked examples -------------------------------------------------------------------------------------------------


def test_b_a_five_paid_members_on_the_1st_cost_35_00() -> None:
    party = blue(start="2026-03-20 12:00")
    party.activate(4, at("2026-03-25 12:00"), TEAM)
    party.now_is(at("2026-04-01 00:00"))
    assert amounts(party, "renewal") == [3500]


def test_b_b_a_seat_added_on_the_15th_of_a_30_day_month_costs_3_50() -> None:
    party = blue(start="2026-04-01 00:00")
    party.activate(1, at("2026-04-15 16:00"), TEAM)
    assert amounts(party, "seat_added") == [350]


def test_b_c_a_seat_removed_after_10_days_of_30_gives_4_67_back() -> None:
    party = blue(start="2026-04-01 00:00")
    party.activate(1, at("2026-04-01 08:00"), TEAM)
    before = party.balance
    party.tell("u-2", "blocked", at("2026-04-10 18:00"))
    assert party.balance - before == 467
    assert [row.amount_minor for row in Credit.objects.filter(kind="seats")] == [467]


def test_b_d_annual_a_seat_added_after_6_months_costs_35_00() -> None:
    party = blue("blue-annual", "2025-12-15 12:00")
    party.now_is(at("2026-01-01 00:00"))
    party.activate(1, at("2026-06-30 12:00"), TEAM)
    assert amounts(party, "seat_added") == [3500]


def test_b_e_annual_a_seat_removed_after_3_months_gives_52_50_back() -> None:
    party = blue("blue-annual", "2025-12-15 12:00")
    party.activate(1, at("2025-12-20 12:00"), TEAM)
    party.now_is(at("2026-01-01 00:00"))
    party.tell("u-2", "removed", at("2026-03-31 12:00"))
    assert amounts(party, "seat_removed") == [-5250]


def test_b_f_monthly_from_the_10th_21_days_cost_4_90() -> None:
    party = blue(start="2026-04-10 12:00")
    assert amounts(party) == [490]
    [invoice] = party.invoices
    assert (invoice.kind, invoice.total_minor, invoice.due_date) == ("purchase", 490, date(2026, 4, 24))
    [line] = invoice.lines.all()
    assert line.description == "Blue, помесячно, romashka.example.ru: 1 место, 10–30\xa0апреля\xa02026"


@pytest.mark.parametrize(("seats", "stub", "year"), [(1, 389, 7000), (3, 1167, 21000)])
def test_b_g_b_h_annual_after_a_trial_to_the_10th(seats: int, stub: int, year: int) -> None:
    party = blue("blue-annual", "2026-04-03 12:00", trial=None)
    party.activate(seats - 1, at("2026-04-04 12:00"), TEAM)
    trials.choose_tariff(
        subscription=party.subscription, tariff_id="blue-annual", as_of=at("2026-04-05 12:00"), actor="anna"
    )
    party.now_is(at("2026-04-10 23:59:59"))
    assert amounts(party) == []
    party.now_is(at("2026-04-11 00:00"))
    assert amounts(party) == [stub]
    party.now_is(at("2026-05-01 00:00"))
    assert amounts(party) == [stub, year]


# --- Who counts ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "status", "charged"),
    [
        ("team_member", "active", [350]),
        ("custom", "active", [350]),
        ("project_administrator", "active", [350]),
        ("client", "active", []),
        ("comment_only", "active", []),
        ("view_only", "active", []),
        ("team_member", "invited", []),
        ("team_member", "blocked", []),
    ],
)
def test_b1_paid_roles_count_while_active(role: str, status: str, charged: list[int]) -> None:
    party = blue(start="2026-04-01 00:00")
    party.tell("boris", status, at("2026-04-15 12:00"), role=role)
    assert amounts(party, "seat_added") == charged


def test_b1_a_role_change_across_paid_and_free_is_a_seat_added_or_removed() -> None:
    party = blue(start="2026-04-01 00:00")
    party.tell("boris", "active", at("2026-04-05 12:00"), role="client")
    party.tell("boris", "active", at("2026-04-15 12:00"), role=TEAM)
    party.tell("boris", "active", at("2026-04-20 12:00"), role="custom")
    party.tell("boris", "active", at("2026-04-21 12:00"), role="view_only")
    assert amounts(party, "seat_added", "seat_removed") == [350, -210]


# --- Trial -----------------------------------------------------------------------------------------------------------------


def test_b2_the_trial_lasts_7_days_for_20_people_and_costs_nothing() -> None:
    party = blue(start="2026-04-10 12:00", trial=None)
    assert (party.fresh.trial_ends_on, party.status(at("2026-04-17 23:59:59"))) == (date(2026, 4, 17), "trialing")
    party.activate(18, at("2026-04-11 12:00"), TEAM)
    party.tell("guest", "invited", at("2026-04-11 13:00"), role="client")
    with pytest.raises(BillingError) as refused:
        party.tell("one-more", "invited", at("2026-04-11 14:00"), role="client")
    assert (refused.value.code, refused.value.rule) == ("trial_seat_limit", "B2")
    party.tell("guest", "active", at("2026-04-11 15:00"), role="client")
    party.tell("guest", "blocked", at("2026-04-11 16:00"), role="client")
    party.tell("one-more", "invited", at("2026-04-11 17:00"), role="client")
    assert (party.balance, party.entries) == (0, 0)


def test_b2_without_a_choice_the_instance_turns_read_only_and_a_choice_restores_it_at_once() -> None:
    party = blue(start="2026-04-10 12:00", trial=None)
    assert party.access(at("2026-04-17 23:59:59")) == "full"
    assert party.reasons(at("2026-04-18 00:00")) == ["trial_ended"]
    party.now_is(at("2026-04-18 00:05"))
    assert (party.status(at("2026-04-18 00:05")), party.balance) == ("trial_ended", 0)
    assert Event.objects.filter(type="subscription.trial_ended").count() == 1
    trials.choose_tariff(
        subscription=party.subscription, tariff_id="blue-monthly", as_of=at("2026-04-21 15:00"), actor="anna"
    )
    assert (party.status(at("2026-04-21 15:00")), party.access(at("2026-04-21 15:00"))) == ("active", "full")
    assert amounts(party) == [233]  # the day of the choice included: 10 of 30 days


def test_b2_a_trial_over_the_1st_is_not_cut() -> None:
    party = blue(start="2026-04-28 12:00", trial=None)
    party.now_is(at("2026-05-01 00:10"))
    assert (party.status(at("2026-05-05 23:59:59")), amounts(party)) == ("trialing", [])


def test_b2_one_trial_for_a_customer_and_product() -> None:
    party = blue(start="2026-04-10 12:00", trial=None)
    second = people.party(
        "romashka-2", at("2026-04-12 12:00"), product="blue", tariff_id="blue-monthly", customer=party.customer
    )
    assert second.fresh.trial_ends_on is None
    assert amounts(second) == [443]  # paid at once: 19 of 30 days
    with pytest.raises(BillingError) as refused:
        people.party(
            "romashka-3",
            at("2026-04-12 12:00"),
            product="blue",
            tariff_id="blue-monthly",
            customer=party.customer,
            trial=True,
        )
    assert refused.value.code == "trial_used"


def test_b2_support_extends_a_trial_also_one_that_has_lapsed() -> None:
    party = blue(start="2026-04-10 12:00", trial=None)
    trials.extend_trial(
        subscription=party.subscription, days=3, reason="Holidays", as_of=at("2026-04-12 12:00"), actor="sergey"
    )
    assert party.fresh.trial_ends_on == date(2026, 4, 20)
    party.now_is(at("2026-04-21 00:00"))
    assert party.access(at("2026-04-21 00:00")) == "read_only"
    trials.extend_trial(
        subscription=party.subscription, days=2, reason="Asked", as_of=at("2026-04-22 12:00"), actor="sergey"
    )
    assert (party.fresh.trial_ends_on, party.access(at("2026-04-22 12:00"))) == (date(2026, 4, 24), "full")
    party.now_is(at("2026-04-25 00:00"))
    assert party.access(at("2026-04-25 00:00")) == "read_only"
    with pytest.raises(BadInput):
        trials.extend_trial(
            subscription=party.subscription, days=2, reason=" ", as_of=at("2026-04-25 12:00"), actor="sergey"
        )


# --- Months and years --------------------------------------------------------------------------------------------------------


def test_b3_after_a_trial_the_seats_of_that_midnight_are_charged() -> None:
    party = blue(start="2026-04-03 12:00", trial=None)
    trials.choose_tariff(
        subscription=party.subscription, tariff_id="blue-monthly", as_of=at("2026-04-05 12:00"), actor="anna"
    )
    assert party.subscription.terms_changes.waiting().get().effective_date == date(2026, 4, 11)
    party.activate(2, at("2026-04-10 23:59:59"), TEAM)
    party.now_is(at("2026-04-11 00:00"))
    assert amounts(party) == [1400]  # 3 seats, 20 of 30 days
    assert party.status(at("2026-04-11 00:00")) == "active"


def test_b3_a_renewal_that_runs_three_days_late_charges_the_seats_of_the_1st() -> None:
    party = blue(start="2026-04-10 12:00")
    party.activate(1, at("2026-04-20 12:00"), TEAM)
    party.now_is(at("2026-05-04 12:00"))
    assert amounts(party, "renewal") == [1400]
    renewal = party.invoices[-1]
    assert (renewal.issue_date, renewal.due_date, renewal.period_start) == (
        date(2026, 5, 4),
        date(2026, 5, 18),
        date(2026, 5, 1),
    )


def test_b6_b7_changes_of_a_month_come_on_the_invoice_of_the_1st_and_credit_pays_it() -> None:
    party = blue(start="2026-04-01 00:00")  # 7.00
    party.pay("7.00", at("2026-04-02 12:00"))
    party.activate(2, at("2026-04-15 12:00"), TEAM)
    party.tell("u-2", "removed", at("2026-04-20 12:00"))
    assert [row.total_minor for row in party.invoices] == [700]
    party.now_is(at("2026-05-01 00:00"))
    _first, renewal = party.invoices
    # Two seats of 3.50 and two of 7.00; the seat removed gave 2.33 back
    assert (renewal.total_minor, renewal.credit_applied_minor, renewal.amount_due_minor) == (2100, 233, 1867)
    assert [line.amount_minor for line in renewal.lines.order_by("position")] == [350, 350, 1400]


def test_b7_block_unblock_delete_and_add_again_on_one_day_net_to_nothing() -> None:
    party = blue(start="2026-04-01 00:00")
    party.activate(1, at("2026-04-01 12:00"), TEAM)
    party.now_is(at("2026-05-01 00:00"))
    balance, lines = party.balance, [line.amount_minor for line in party.invoices[-1].lines.all()]
    assert lines == [677, 1400]
    for hour, status in enumerate(("blocked", "active", "removed", "active"), start=9):
        party.tell("u-2", status, at(f"2026-05-12 {hour:02}:00"), role=TEAM)
    assert party.balance == balance
    assert [row.unapplied_minor for row in Credit.objects.filter(kind="seats")] == [0, 0]
    party.now_is(at("2026-06-01 00:00"))
    june = party.invoices[-1]
    assert (june.total_minor, june.credit_applied_minor, june.line_count) == (1400, 0, 1)


def test_b7_added_and_removed_on_one_day_makes_no_line() -> None:
    party = blue(start="2026-04-01 00:00")
    party.activate(1, at("2026-04-15 12:00"), TEAM)
    party.tell("u-2", "removed", at("2026-04-15 18:00"))
    assert amounts(party, "seat_added", "seat_not_added") == [350, -350]
    party.now_is(at("2026-05-01 00:00"))
    assert party.invoices[-1].line_count == 1


def test_b7_what_left_on_another_day_comes_back_as_a_seat_of_its_own() -> None:
    party = blue(start="2026-04-01 00:00")
    party.pay("7.00", at("2026-04-02 12:00"))
    party.tell("u-1", "blocked", at("2026-04-15 12:00"))
    party.now_is(at("2026-05-01 00:00"))  # nobody to be paid for, so that the credit waits
    party.tell("u-1", "active", at("2026-06-15 12:00"))
    assert amounts(party, "seat_removed", "seat_added", "seat_not_removed") == [-350, 350]
    assert [row.unapplied_minor for row in Credit.objects.filter(kind="seats")] == [350]
    party.now_is(at("2026-07-01 00:00"))
    assert (party.invoices[-1].total_minor, party.invoices[-1].credit_applied_minor) == (1050, 350)


def test_b7_annual_ten_people_in_an_hour_make_one_invoice_the_day_after() -> None:
    party = blue("blue-annual", "2025-12-15 12:00")
    party.now_is(at("2026-01-01 00:00"))
    number = len(party.invoices)
    for minute in range(10):
        party.activate(1, at(f"2026-03-31 12:{minute:02}"), TEAM)
    assert len(party.invoices) == number
    party.now_is(at("2026-04-01 00:00"))
    assert len(party.invoices) == number + 1
    assert (party.invoices[-1].total_minor, party.invoices[-1].line_count) == (52_500, 10)


def test_b7_annual_what_comes_to_nothing_makes_no_invoice_and_waits_for_the_next() -> None:
    party = blue("blue-annual", "2025-12-15 12:00")
    party.now_is(at("2026-01-01 00:00"))
    number = len(party.invoices)
    party.activate(1, at("2026-03-31 12:00"), TEAM)
    party.tell("u-2", "removed", at("2026-03-31 13:00"))
    assert party.now_is(at("2026-04-01 00:00")).next_transition_date == date(2027, 1, 1)
    assert len(party.invoices) == number
    party.activate(1, at("2026-05-31 12:00"), TEAM)
    party.now_is(at("2026-06-01 00:00"))
    assert [row.total_minor for row in party.invoices[number:]] == [4083]


def test_b8_monthly_to_annual_begins_on_the_next_1st() -> None:
    party = blue(start="2026-04-10 12:00")
    quote = plan_changes.change_terms(
        subscription=party.subscription,
        request=TermsRequest(tariff_id="blue-annual"),
        as_of=at("2026-04-20 12:00"),
        actor="anna",
    )
    assert (quote.when, quote.effective_date, quote.due_now_minor, quote.next_minor) == (
        "period_end",
        date(2026, 5, 1),
        0,
        7000,
    )
    party.now_is(at("2026-05-01 00:00"))
    assert amounts(party, "renewal") == [7000]
    assert (party.periods[-1].start, party.periods[-1].end) == (date(2026, 5, 1), date(2027, 5, 1))


def test_b8_annual_to_monthly_at_the_years_end_and_never_now() -> None:
    party = blue("blue-annual", "2026-04-10 12:00")
    party.now_is(at("2026-05-01 00:00"))
    with pytest.raises(BadInput) as refused:
        plan_changes.change_terms(
            subscription=party.subscription,
            request=TermsRequest(tariff_id="blue-monthly", when="now"),
            as_of=at("2026-06-10 12:00"),
            actor="anna",
        )
    assert refused.value.rule == "B8"
    plan_changes.change_terms(
        subscription=party.subscription,
        request=TermsRequest(tariff_id="blue-monthly"),
        as_of=at("2026-06-10 12:00"),
        actor="anna",
    )
    party.now_is(at("2027-05-01 00:00"))
    assert amounts(party, "renewal") == [7000, 700]
    assert party.fresh.priced_by.tariff_id == "blue-monthly"


def test_d17_unpaid_after_the_term_the_instance_is_read_only_and_payment_restores_it() -> None:
    party = blue(start="2026-04-10 12:00")
    assert party.access(at("2026-04-24 23:59:59")) == "full"
    assert (party.status(at("2026-04-25 00:00")), party.reasons(at("2026-04-25 00:00"))) == (
        "past_due",
        ["invoice_overdue"],
    )
    party.pay("4.90", at("2026-04-25 09:00"))
    assert party.access(at("2026-04-25 09:00")) == "full"


def test_d5_a_late_report_of_a_seat_is_corrected_on_the_next_invoice_whatever_the_order() -> None:
    late, prompt = (
        blue(start="2026-04-01 00:00"),
        people.party(
            "vasilek", at("2026-04-01 00:00"), product="blue", tariff_id="blue-monthly", currency="USD", trial=False
        ),
    )
    prompt.tell("boris", "active", at("2026-04-15 12:00"), role=TEAM)
    prompt.tell("olga", "active", at("2026-04-20 12:00"), role=TEAM)
    late.tell("olga", "active", at("2026-04-20 12:00"), role=TEAM)
    late.tell("boris", "active", at("2026-04-25 12:00"), occurred_at=at("2026-04-15 12:00"), role=TEAM)
    assert (late.balance, prompt.balance) == (-1283, -1283)
    late.tell("olga", "removed", at("2026-05-03 12:00"), occurred_at=at("2026-04-27 12:00"), role=TEAM)
    prompt.tell("olga", "removed", at("2026-04-27 12:00"), role=TEAM)
    prompt.now_is(at("2026-05-03 12:00"))
    assert late.balance == prompt.balance
    assert Subscription.objects.count() == 2
    assert Invoice.objects.filter(account=late.account).count() == 2


def test_d4_d5_after_the_end_nobody_costs_or_gives_back_and_late_news_of_before_is_billed_at_once() -> None:
    party = blue(start="2026-04-01 00:00")
    party.activate(1, at("2026-04-10 12:00"), TEAM)
    party.terminate(at("2026-04-16 12:00"))
    assert (amounts(party), [row.total_minor for row in party.invoices]) == ([700, 467], [700, 467])
    party.tell("u-2", "removed", at("2026-04-17 12:00"))
    party.activate(2, at("2026-04-17 12:00"), TEAM)
    assert amounts(party) == [700, 467]
    for day, who in ((20, "boris"), (21, "olga")):
        party.tell(who, "active", at(f"2026-04-{day} 12:00"), occurred_at=at("2026-04-15 12:00"), role=TEAM)
    assert (amounts(party)[2:], [row.total_minor for row in party.invoices][2:]) == ([350, 350], [350, 350])
    assert {row.kind for row in party.invoices[1:]} == {"final"}
