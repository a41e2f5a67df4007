"""Profile C: plans with a trial, paid for months or a year, cancelled at any time. Sums are literal kopecks."""

from datetime import date

import pytest

from billing.errors import BadInput, BillingError
from billing.models import Charge, Event
from billing.operations.subscriptions import plan_changes, trials
from billing.operations.subscriptions.quotes import TermsRequest
from tests.support import people
from tests.support.people import Party, at


def cyberos(tariff: str = "trial", start: str = "2026-04-10 12:00") -> Party:
    return people.party(product="cyberos", tariff_id=tariff, now=at(start))


def posted_charges(party: Party) -> list[int]:
    return list(Charge.objects.filter(account=party.account).order_by("pk").values_list("amount_minor", flat=True))


def test_c1_the_trial_is_30_days_of_everything_in_a_test_environment() -> None:
    party = cyberos()
    party.instance.refresh_from_db()
    assert (party.fresh.trial_ends_on, party.instance.is_test) == (date(2026, 5, 10), True)
    assert (party.status(at("2026-05-10 23:59:59")), party.access(at("2026-05-10 23:59:59"))) == ("trialing", "full")
    assert party.reasons(at("2026-05-11 00:00")) == ["trial_ended"]
    party.now_is(at("2026-05-11 00:00"))
    assert posted_charges(party) == []
    with pytest.raises(BadInput) as refused:
        trials.choose_tariff(
            subscription=party.subscription, tariff_id="trial", as_of=at("2026-05-12 12:00"), actor="anna"
        )
    assert refused.value.rule == "C1"


def test_c1_a_plan_chosen_in_the_trial_begins_the_day_after_it_and_ends_the_test_environment() -> None:
    party = cyberos()
    trials.choose_tariff(subscription=party.subscription, tariff_id="build", as_of=at("2026-04-20 12:00"), actor="anna")
    party.now_is(at("2026-05-11 00:00"))
    party.instance.refresh_from_db()
    assert (posted_charges(party), party.instance.is_test) == ([490_000], False)
    assert (party.periods[0].start, party.periods[0].end) == (date(2026, 5, 11), date(2026, 6, 11))


def test_c1_scale_counts_members_above_100_and_500() -> None:
    party = cyberos("scale")
    assert posted_charges(party) == [4_900_000]
    party.activate(100, at("2026-04-12 12:00"), "member")
    assert len(posted_charges(party)) == 1
    party.activate(1, at("2026-04-24 12:00"), "member")  # the 101st: 15 of 30 days of 100.00
    assert posted_charges(party)[1:] == [5000]


def test_c2_twelve_months_at_once_cost_10_percent_less() -> None:
    party = cyberos("build-annual")
    assert posted_charges(party) == [5_292_000]
    assert (party.periods[0].start, party.periods[0].end) == (date(2026, 4, 10), date(2027, 4, 10))


def test_c4_cancelled_everything_works_to_the_end_of_the_paid_period() -> None:
    party = cyberos("build")
    party.pay("4900.00", at("2026-04-10 13:00"))
    plan_changes.cancel_subscription(subscription=party.subscription, as_of=at("2026-04-15 12:00"), actor="anna")
    assert (party.status(at("2026-05-09 23:59:59")), party.access(at("2026-05-09 23:59:59"))) == ("cancelling", "full")
    assert party.reasons(at("2026-05-10 00:00")) == ["subscription_terminated"]
    party.now_is(at("2026-05-13 12:00"))  # three days late: the end is that of the date
    assert party.fresh.terminated_at == at("2026-05-10 00:00")
    assert (party.balance, posted_charges(party)) == (0, [490_000])


def test_c4_a_cancellation_is_taken_back_and_cancelling_twice_changes_nothing() -> None:
    party = cyberos("build")
    for _again in range(2):
        plan_changes.cancel_subscription(subscription=party.subscription, as_of=at("2026-04-15 12:00"), actor="anna")
    assert Event.objects.filter(type="subscription.cancel_scheduled").count() == 1
    plan_changes.undo_cancellation(subscription=party.subscription, as_of=at("2026-05-09 23:59:59"), actor="anna")
    party.now_is(at("2026-05-10 00:00"))
    assert posted_charges(party) == [490_000, 490_000]
    with pytest.raises(BillingError) as refused:
        plan_changes.undo_cancellation(subscription=party.subscription, as_of=at("2026-05-11 12:00"), actor="anna")
    assert refused.value.code == "not_cancelled"


def test_c4_a_renewal_and_a_cancel_at_one_midnight_renew_first_for_what_was_not_cancelled() -> None:
    party = cyberos("build")
    plan_changes.cancel_subscription(subscription=party.subscription, as_of=at("2026-05-10 00:00"), actor="anna")
    assert posted_charges(party) == [490_000, 490_000]
    assert party.fresh.cancel_date == date(2026, 6, 10)


def test_c3_from_build_to_scale_now_carries_the_value_over() -> None:
    party = cyberos("build")
    quote = plan_changes.change_terms(
        subscription=party.subscription,
        request=TermsRequest(tariff_id="scale"),
        as_of=at("2026-04-25 12:00"),
        actor="anna",
    )
    assert quote.due_now_minor == 2_205_000  # half of 49 000.00 less half of 4 900.00


def test_c2_from_months_to_the_year_at_the_end_of_what_is_paid() -> None:
    party = cyberos("build")
    quote = plan_changes.change_terms(
        subscription=party.subscription,
        request=TermsRequest(tariff_id="build-annual"),
        as_of=at("2026-04-25 12:00"),
        actor="anna",
    )
    assert (quote.when, quote.effective_date, quote.next_minor) == ("period_end", date(2026, 5, 10), 5_292_000)
    party.now_is(at("2026-05-10 00:00"))
    assert (posted_charges(party), party.periods[-1].end) == ([490_000, 5_292_000], date(2027, 5, 10))


def test_b8_c2_a_year_begins_where_what_is_paid_ends_also_on_a_dearer_plan_and_never_now() -> None:
    party = cyberos("build")
    for tariff_id in ("build-annual", "scale-annual"):
        with pytest.raises(BadInput) as refused:
            plan_changes.quote_change(
                subscription=party.subscription,
                request=TermsRequest(tariff_id=tariff_id, when="now"),
                as_of=at("2026-04-25 12:00"),
            )
        assert refused.value.code == "only_at_period_end"
        quote = plan_changes.quote_change(
            subscription=party.subscription, request=TermsRequest(tariff_id=tariff_id), as_of=at("2026-04-25 12:00")
        )
        assert (quote.when, quote.effective_date, quote.due_now_minor) == ("period_end", date(2026, 5, 10), 0)


def test_c4_what_is_metered_or_free_or_paid_once_is_not_cancelled() -> None:
    for product, tariff_id, code in (
        ("meteor", "meteor-cloud", "not_prepaid"),
        ("evotor-free", "", "nothing_to_cancel"),
        ("evotor-driver", "driver", "nothing_to_cancel"),
    ):
        party = people.party(f"c-{product}", product=product, tariff_id=tariff_id)
        with pytest.raises(BillingError) as refused:
            plan_changes.cancel_subscription(
                subscription=party.subscription, as_of=at("2026-04-15 12:00"), actor="anna"
            )
        assert refused.value.code == code
