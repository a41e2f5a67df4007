"""Profile E: the marketplace. Sums are literal kopecks: 4800 stands for 48.00. April has 30 days."""

from datetime import date

import pytest

from billing.errors import BadInput, BillingError
from billing.models import (
    Charge,
    Collection,
    CreditNote,
    Event,
    Invoice,
    Notice,
    PaymentAttempt,
    SubscriptionChange,
    TermsChange,
)
from billing.operations.collection import dunning
from billing.operations.run import billing_run
from billing.operations.subscriptions import lifecycle, plan_changes
from billing.operations.subscriptions.quotes import Quote, TermsRequest
from billing.sandbox import sandbox_clock
from billing.sandbox.models import SampleCard
from tests.support import people
from tests.support.cards import pay_and_keep
from tests.support.people import Party, at, stand_at


def app(tariff: str = "light", start: str = "2026-04-01 12:00", quantity: int | None = None) -> Party:
    return people.party(product="evotor-app", tariff_id=tariff, now=at(start), quantity=quantity)


def driver(quantity: int) -> Party:
    return people.party(product="evotor-driver", tariff_id="driver", quantity=quantity)


def put(
    party: Party, when: str, tariff_id: str | None = None, quantity: int | None = None, at_: str | None = None
) -> Quote:
    """Other terms, asked for at the instant ``when``; ``at_``: now or period_end."""
    wish = TermsRequest(tariff_id=tariff_id, quantity=quantity, when=at_)
    return plan_changes.change_terms(subscription=party.subscription, request=wish, as_of=at(when), actor="anna")


def terms_charges(party: Party) -> list[int]:
    return list(
        Charge.objects.filter(account=party.account, kind="terms").order_by("pk").values_list("amount_minor", flat=True)
    )


# --- The worked examples -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("terminals", "price"),
    [(1, 12_000), (8, 96_000), (9, 100_000), (10, 100_000), (20, 200_000), (29, 250_000), (30, 250_000), (60, 500_000)],
)
def test_e_a_a_driver_is_paid_once_by_the_number_of_terminals(terminals: int, price: int) -> None:
    party = driver(terminals)
    assert party.balance == -price
    [invoice] = party.invoices
    assert (invoice.total_minor, invoice.kind) == (price, "purchase")


def test_e4_buying_more_later_costs_the_difference() -> None:
    party = driver(10)
    quote = put(party, "2026-09-01 12:00", quantity=30)
    assert quote.due_now_minor == 150_000
    assert (party.balance, party.fresh.quantity) == (-250_000, 30)
    with pytest.raises(BadInput) as refused:
        put(party, "2026-09-02 12:00", quantity=29)
    assert refused.value.rule == "E4"


def test_e_b_90_paid_on_the_1st_to_180_on_the_15th_pays_48() -> None:
    party = app("light")
    quote = put(party, "2026-04-15 10:00", "plus")
    assert (quote.when, quote.due_now_minor, quote.lost_minor) == ("now", 4800, 0)
    assert terms_charges(party) == [4800]
    assert (quote.next_date, quote.next_minor) == (date(2026, 5, 1), 18_000)


def test_e_c_180_to_90_now_pays_and_refunds_nothing() -> None:
    party = app("plus")
    quote = put(party, "2026-04-15 10:00", "light", at_="now")
    assert (quote.due_now_minor, quote.lost_minor) == (0, 4800)
    assert party.balance == -18_000
    assert party.fresh.priced_by.tariff_id == "light"


def test_e_d_the_second_change_carries_the_value_in_force() -> None:
    party = app("light")
    put(party, "2026-04-15 10:00", "plus")
    assert put(party, "2026-04-21 10:00", "max").due_now_minor == 6000
    assert terms_charges(party) == [4800, 6000]


def test_e_e_what_was_lost_stays_lost() -> None:
    party = app("plus")
    put(party, "2026-04-15 10:00", "light", at_="now")
    assert put(party, "2026-04-21 10:00", "plus").due_now_minor == 3000


# --- Periods, prices, changes ------------------------------------------------------------------------------------------------


def test_e5_the_anchor_day_is_kept_from_the_31st() -> None:
    party = app(start="2026-01-31 12:00")
    party.pay("1000.00", at("2026-01-31 13:00"))
    for day in ("2026-02-23 10:00", "2026-03-26 10:00"):
        stand_at(at(day))
        billing_run.collect_renewals(as_of=at(day))
    assert [(row.start, row.end) for row in party.periods] == [
        (date(2026, 1, 31), date(2026, 2, 28)),
        (date(2026, 2, 28), date(2026, 3, 31)),
        (date(2026, 3, 31), date(2026, 4, 30)),
    ]


@pytest.mark.parametrize(("terminals", "price"), [(9, 90_000), (10, 90_000), (11, 99_000)])
def test_e5_the_base_tariff_by_the_terminal(terminals: int, price: int) -> None:
    assert app("base", quantity=terminals).balance == -price


def test_e6_more_terminals_in_the_middle_of_a_period_pay_the_rest_of_it() -> None:
    party = app("base", quantity=5)
    quote = put(party, "2026-04-16 12:00", quantity=8)
    assert quote.due_now_minor == 15_000  # 3 × 100.00, 15 of 30 days
    assert party.fresh.quantity == 8


def test_d7_a_cheaper_tariff_waits_for_the_periods_end_by_itself() -> None:
    party = app("plus")
    quote = put(party, "2026-04-15 10:00", "light")
    assert (quote.when, quote.effective_date, quote.due_now_minor, quote.lost_minor) == (
        "period_end",
        date(2026, 5, 1),
        0,
        0,
    )
    assert party.fresh.priced_by.tariff_id == "plus"
    party.pay("500.00", at("2026-04-20 10:00"))
    billing_run.collect_renewals(as_of=at("2026-04-26 10:00"))
    assert list(Charge.objects.filter(kind="renewal").values_list("amount_minor", flat=True)) == [9000]


def test_g10_a_quote_that_no_longer_holds_is_refused_with_the_new_figure() -> None:
    party = app("light")
    wish = TermsRequest(tariff_id="plus")
    quote = plan_changes.quote_change(subscription=party.subscription, request=wish, as_of=at("2026-04-15 10:00"))
    assert (quote.due_now_minor, party.entries) == (4800, 1)
    with pytest.raises(BillingError) as refused:
        plan_changes.change_terms(
            subscription=party.subscription,
            request=wish,
            as_of=at("2026-04-16 00:00"),
            actor="anna",
            quote_token=quote.token,
        )
    assert (refused.value.code, refused.value.extra["quote"].due_now_minor) == ("quote_expired", 4500)
    again = plan_changes.quote_change(subscription=party.subscription, request=wish, as_of=at("2026-04-15 23:59:59"))
    done = plan_changes.change_terms(
        subscription=party.subscription,
        request=wish,
        as_of=at("2026-04-15 23:59:59"),
        actor="anna",
        quote_token=again.token,
    )
    assert done.due_now_minor == 4800


def test_d6_a_change_is_undone_in_full_until_the_end_of_its_day() -> None:
    party = app("light")
    put(party, "2026-04-15 10:00", "plus")
    plan_changes.undo_change(subscription=party.subscription, as_of=at("2026-04-15 23:59:59"), actor="anna")
    assert (party.balance, party.fresh.priced_by.tariff_id) == (-9000, "light")
    assert [invoice.open_minor for invoice in party.invoices] == [9000, 0]
    assert [note.total_minor for note in CreditNote.objects.all()] == [4800]
    put(party, "2026-04-15 23:59:59", "plus")
    with pytest.raises(BillingError) as refused:
        plan_changes.undo_change(subscription=party.subscription, as_of=at("2026-04-16 00:00"), actor="anna")
    assert refused.value.code == "nothing_to_undo"


def test_d6_two_changes_in_one_second_are_undone_one_after_the_other() -> None:
    party = app("light")
    put(party, "2026-04-15 10:00", "plus")
    put(party, "2026-04-15 10:00", "max")
    assert terms_charges(party) == [4800, 9600]
    for tariff_id in ("plus", "light"):
        plan_changes.undo_change(subscription=party.subscription, as_of=at("2026-04-15 11:00"), actor="anna")
        assert party.fresh.priced_by.tariff_id == tariff_id
    assert party.balance == -9000
    assert SubscriptionChange.objects.filter(kind="undone").count() == 2


def test_d6_a_lost_value_comes_back_too() -> None:
    party = app("plus")
    put(party, "2026-04-15 10:00", "light", at_="now")
    plan_changes.undo_change(subscription=party.subscription, as_of=at("2026-04-15 18:00"), actor="anna")
    assert put(party, "2026-04-21 10:00", "max").due_now_minor == 6000  # 10 × (12 − 6)


def test_d7_a_scheduled_change_can_be_called_off_any_day() -> None:
    party = app("plus")
    put(party, "2026-04-15 10:00", "light")
    plan_changes.undo_change(subscription=party.subscription, as_of=at("2026-04-18 10:00"), actor="anna")
    party.pay("500.00", at("2026-04-20 10:00"))
    billing_run.collect_renewals(as_of=at("2026-04-26 10:00"))
    assert list(Charge.objects.filter(kind="renewal").values_list("amount_minor", flat=True)) == [18_000]


def test_d7_e8_scheduled_terms_begin_with_their_period_though_it_is_paid_before() -> None:
    party = app("plus")
    party.pay("270.00", at("2026-04-02 12:00"))
    put(party, "2026-04-15 10:00", "light")
    billing_run.collect_renewals(as_of=at("2026-04-26 10:00"))
    assert (party.balance, party.fresh.priced_by.tariff_id) == (0, "plus")
    assert not Event.objects.filter(type="subscription.terms_changed").exists()
    # To Max on the 27th: 4 days of (360 − 180)/30 and a May of 360.00 for which 90.00 are paid.
    wish = TermsRequest(tariff_id="max")
    quote = plan_changes.quote_change(subscription=party.subscription, request=wish, as_of=at("2026-04-27 10:00"))
    assert [line.amount_minor for line in quote.lines] == [2400, 27_000]
    party.now_is(at("2026-05-01 00:00"))
    assert party.fresh.priced_by.tariff_id == "light"
    assert Event.objects.get(type="subscription.terms_changed").data["tariff_id"] == "light"
    assert party.fresh.next_transition_date == date(2026, 6, 2)


def test_d7_e8_who_has_paid_the_next_period_stays_on_the_dearer_terms_for_its_difference() -> None:
    party = app("plus")
    party.pay("270.00", at("2026-04-02 12:00"))
    put(party, "2026-04-15 10:00", "light")
    billing_run.collect_renewals(as_of=at("2026-04-26 10:00"))
    for wish in (TermsRequest(tariff_id="light"), TermsRequest(tariff_id="max", when="period_end")):
        with pytest.raises(BillingError) as refused:
            plan_changes.change_terms(
                subscription=party.subscription, request=wish, as_of=at("2026-04-27 10:00"), actor="anna"
            )
        assert refused.value.code == "next_period_paid"
    with pytest.raises(BillingError) as refused:
        plan_changes.undo_change(subscription=party.subscription, as_of=at("2026-04-27 10:00"), actor="anna")
    assert refused.value.code == "nothing_to_undo"
    assert put(party, "2026-04-27 11:00", "plus").due_now_minor == 9000
    plan_changes.undo_change(subscription=party.subscription, as_of=at("2026-04-27 12:00"), actor="anna")
    party.now_is(at("2026-05-01 00:00"))
    assert (party.fresh.priced_by.tariff_id, party.balance) == ("light", 0)


def test_d7_a_change_now_takes_the_place_of_a_scheduled_one_and_undone_gives_it_back() -> None:
    party = app("plus")
    put(party, "2026-04-15 10:00", "light")
    put(party, "2026-04-16 10:00", "max")
    assert TermsChange.objects.waiting().count() == 0
    plan_changes.undo_change(subscription=party.subscription, as_of=at("2026-04-16 11:00"), actor="anna")
    waiting = TermsChange.objects.waiting().get()
    assert (waiting.tariff.tariff_id, waiting.effective_date) == ("light", date(2026, 5, 1))


@pytest.mark.parametrize(
    ("before", "after", "when", "paid_for_may"), [("light", "plus", None, 18_000), ("plus", "light", "now", 9_000)]
)
def test_d6_e8_a_change_undone_after_the_next_period_was_paid_is_as_if_it_had_not_been(
    before: str, after: str, when: str | None, paid_for_may: int
) -> None:
    party, price = app(before), {"light": 9_000, "plus": 18_000}
    party.pay("700.00", at("2026-04-02 12:00"))
    put(party, "2026-04-26 09:00", after, at_=when)
    billing_run.collect_renewals(as_of=at("2026-04-26 10:00"))
    assert Charge.objects.get(kind="renewal").amount_minor == paid_for_may
    plan_changes.undo_change(subscription=party.subscription, as_of=at("2026-04-26 12:00"), actor="anna")
    assert party.balance == 70_000 - 2 * price[before]
    # And on the 27th a change finds both periods paid at the old terms.
    quote = plan_changes.quote_change(
        subscription=party.subscription, request=TermsRequest(tariff_id="max"), as_of=at("2026-04-27 10:00")
    )
    assert quote.due_now_minor == {"light": 3600 + 27_000, "plus": 2400 + 18_000}[before]


def test_d7_terminals_are_no_more_where_the_scheduled_tariff_counts_none() -> None:
    party = app("base", quantity=5)
    party.pay("590.00", at("2026-04-02 12:00"))
    put(party, "2026-04-15 10:00", "light")
    billing_run.collect_renewals(as_of=at("2026-04-26 10:00"))
    party.now_is(at("2026-05-01 00:00"))
    assert (party.fresh.priced_by.tariff_id, party.fresh.quantity, party.periods[-1].quantity) == ("light", None, 1)


# --- Dunning ---------------------------------------------------------------------------------------------------------------


def collections_of(party: Party, when: str) -> list[tuple[int, str]]:
    billing_run.run_due(as_of=at(when))
    tries = Collection.objects.filter(subscription=party.subscription).order_by("pk")
    return [(row.day.day, row.outcome) for row in tries]


def test_e8_five_days_before_the_balance_pays_the_period_that_begins_on_the_date() -> None:
    party = app("light")
    party.pay("180.00", at("2026-04-02 12:00"))
    assert collections_of(party, "2026-04-26 09:59") == []
    assert collections_of(party, "2026-04-26 10:00") == [(26, "from_balance")]
    assert (party.balance, party.invoices[-1].open_minor) == (0, 0)
    assert (party.periods[-1].start, party.periods[-1].end) == (date(2026, 5, 1), date(2026, 6, 1))
    assert Notice.objects.filter(kind="payment_coming", channel="email").exists()
    assert collections_of(party, "2026-04-27 10:00") == [(26, "from_balance")]


def test_e8_tried_every_day_until_the_date_and_ended_at_midnight_after_it() -> None:
    party = app("light")
    party.pay("90.00", at("2026-04-02 12:00"))
    stand_at(at("2026-04-20 12:00"))
    sandbox_clock.advance(to=at("2026-05-01 23:59:59"))
    tried = list(Collection.objects.order_by("pk").values_list("day", "outcome"))
    assert tried == [(date(2026, 4, 26 + n) if n < 5 else date(2026, 5, 1), "no_method") for n in range(6)]
    assert (party.access(at("2026-05-01 23:59:59")), party.status(at("2026-05-01 23:59:59"))) == ("full", "active")
    assert Notice.objects.filter(kind="collection_failed", channel="email").values("fact").distinct().count() == 6
    assert party.reasons(at("2026-05-02 00:00")) == ["subscription_terminated"]  # before any job has noticed
    sandbox_clock.advance(to=at("2026-05-02 00:00"))
    assert party.status(at("2026-05-02 00:00")) == "terminated"
    event = Event.objects.get(type="subscription.terminated")
    assert (event.data["reason"], event.data["remove"]) == ("unpaid", True)
    assert party.balance == 0


def test_e8_money_that_comes_after_a_failed_try_renews_without_waiting_for_ten() -> None:
    party = app("light")
    party.pay("90.00", at("2026-04-02 12:00"))
    assert collections_of(party, "2026-04-26 10:00") == [(26, "no_method")]
    party.pay("90.00", at("2026-04-26 15:00"))
    billing_run.run_due(as_of=at("2026-04-26 15:01"))
    assert (party.balance, party.periods[-1].start) == (0, date(2026, 5, 1))


def test_e8_a_dead_job_ends_nobody_whose_balance_pays() -> None:
    party = app("light")
    party.pay("180.00", at("2026-04-02 12:00"))
    assert party.access(at("2026-05-04 12:00")) == "full"
    party.now_is(at("2026-05-04 12:00"))
    assert (party.periods[-1].start, party.balance, party.status(at("2026-05-04 12:00"))) == (
        date(2026, 5, 1),
        0,
        "active",
    )


def test_e8_two_runs_that_found_the_same_renewal_collect_one_period() -> None:
    party = app("light")
    party.pay("500.00", at("2026-04-02 12:00"))
    now = at("2026-04-26 10:00")
    runs = [dunning.read_to_collect_today(now), dunning.read_to_collect_today(now)]
    tries = [dunning.collect(subscription=subscription, as_of=now) for [subscription] in runs]
    assert [row.outcome if row else None for row in tries] == ["from_balance", None]
    assert dunning.renew_from_balance(subscription=party.subscription, as_of=now) is None
    assert (len(party.periods), party.balance) == (2, 32_000)
    assert Notice.objects.filter(kind="payment_coming").values("fact").distinct().count() == 1


def test_e9_activation_after_the_end_is_a_new_subscription() -> None:
    party = app("light")
    party.pay("90.00", at("2026-04-02 12:00"))
    party.now_is(at("2026-05-02 00:00"))
    with pytest.raises(BillingError) as refused:
        put(party, "2026-05-03 12:00", "plus")
    assert refused.value.code == "already_terminated"
    again = lifecycle.create_subscription(
        instance=party.instance, tariff_id="light", as_of=at("2026-05-03 12:00"), actor="anna"
    )
    assert again.pk != party.subscription.pk
    assert party.access(at("2026-05-03 12:00")) == "full"


def test_e1_a_free_product_asks_for_no_tariff_and_costs_nothing() -> None:
    party = people.party(product="evotor-free", tariff_id="")
    assert (party.fresh.tariff, party.balance, party.access(at("2026-06-01 00:00"))) == (None, 0, "full")
    party.now_is(at("2026-06-01 00:00"))
    assert Invoice.objects.count() == 0


def test_e8_balance_first_the_rest_from_the_card_and_the_charge_is_posted_with_the_money() -> None:
    party = app("light")
    party.pay("120.00", at("2026-04-02 12:00"))
    pay_and_keep(party, now=at("2026-04-10 12:00"))  # a rouble at the screen: 31.00 are on the account
    assert collections_of(party, "2026-04-26 10:00") == [(26, "from_card")]
    assert [row.amount_minor for row in PaymentAttempt.objects.filter(fact__isnull=False)] == [5900]
    assert (party.balance, party.invoices[-1].open_minor, party.periods[-1].start) == (0, 0, date(2026, 5, 1))


def test_e8_the_cards_money_pays_the_renewal_and_not_an_older_invoice() -> None:
    party = app("light")  # 90.00 of April are open
    pay_and_keep(party, now=at("2026-04-10 12:00"))
    assert collections_of(party, "2026-04-26 10:00") == [(26, "from_card")]
    april, may = party.invoices
    assert (april.open_minor, may.open_minor) == (8900, 0)
    assert party.status(at("2026-04-26 10:00")) == "past_due"


def test_e8_a_card_that_is_declined_is_tried_again_the_next_day() -> None:
    party = app("light")
    party.pay("90.00", at("2026-04-02 12:00"))
    method = pay_and_keep(party, "0000", now=at("2026-04-10 12:00"))
    SampleCard.objects.filter(external_id=method.external_id).update(behaviour="insufficient_funds")
    assert collections_of(party, "2026-04-26 10:00") == [(26, "declined")]
    SampleCard.objects.filter(external_id=method.external_id).update(behaviour="succeeded")
    assert collections_of(party, "2026-04-27 10:00") == [(26, "declined"), (27, "from_card")]
    assert (party.balance, party.periods[-1].start) == (0, date(2026, 5, 1))
