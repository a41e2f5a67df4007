"""Paid time with many at once on a real PostgreSQL: four copies of every job do what one does, and of two who want the same
thing one gets it. Sums are literal cents and kopecks."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest

from billing.errors import Refusal
from billing.models import Charge, Collection, Event, Invoice, JobRun, Notice, Payment, PaymentAttempt, Subscription
from billing.operations.collection import checkout, dunning, renewals
from billing.operations.cycle import transitions
from billing.operations.subscriptions import lifecycle, plan_changes, trials
from billing.operations.subscriptions.quotes import TermsRequest
from billing.sandbox.models import SampleCharge
from billing.sandbox.sample_bank import SampleProvider
from tests.support import people
from tests.support.cards import pay_and_keep
from tests.support.people import Party, at, stand_at
from tests.support.processes import at_once, die, patient
from tests.support.storytelling import STEPS

pytestmark = [pytest.mark.pg, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("right_books")]

MAY = at("2026-05-01 00:00")


def jobs(now: datetime) -> int:
    """Every job of the minute; how much was set aside."""
    return sum(step(as_of=now).set_aside for step in STEPS)


def four_at_once(now: datetime) -> None:
    """Four copies of every job at one moment; then once more, alone, which changes nothing."""
    stand_at(now)
    assert at_once([lambda: jobs(now) for _copy in range(4)]) == [0] * 4
    assert JobRun.objects.count() == 0
    before = everything()
    assert jobs(now) == 0
    assert everything() == before


def everything() -> dict[str, object]:
    return {
        "charges": Charge.objects.count(),
        "invoices": Invoice.objects.count(),
        "events": Event.objects.count(),
        "payments": Payment.objects.count(),
        "attempts": PaymentAttempt.objects.count(),
        "mails": Notice.objects.count(),
        "tries": Collection.objects.count(),
        "subscriptions": list(Subscription.objects.order_by("pk").values()),
    }


def blue(
    name: str, tariff: str = "blue-monthly", start: str = "2026-04-10 12:00", *, trial: bool | None = False
) -> Party:
    return people.party(name, at(start), product="blue", tariff_id=tariff, currency="USD", trial=trial)


def app(name: str, tariff: str = "light") -> Party:
    return people.party(name, product="evotor-app", tariff_id=tariff)


def report_outcome(work: Callable[[], Any]) -> Callable[[], str]:
    """The work, and "done" or the code of the refusal."""

    def doing() -> str:
        try:
            patient(work)
        except Refusal as refusal:
            return refusal.code
        return "done"

    return doing


def put(party: Party, tariff_id: str, when: str, token: str | None = None) -> Callable[[], str]:
    wish = TermsRequest(tariff_id=tariff_id)
    return report_outcome(
        lambda: plan_changes.change_terms(
            subscription=party.subscription, request=wish, as_of=at(when), actor="anna", quote_token=token
        )
    )


# --- Jobs ------------------------------------------------------------------------------------------------------------------


def test_four_copies_renew_every_subscription_once() -> None:
    teams = [blue(f"team{number}") for number in range(6)]
    years = [blue(f"year{number}", "blue-annual") for number in range(3)]
    for team in (*teams, *years):
        team.activate(1, at("2026-04-20 12:00"), "team_member")
    four_at_once(MAY)
    assert {team.balance for team in teams} == {-(490 + 233 + 1400)}
    assert {year.balance for year in years} == {-(408 + 194 + 14_000)}
    assert {len(team.invoices) for team in teams} == {2}
    assert Event.objects.filter(type="subscription.renewed").count() == 9


def test_four_copies_end_every_trial_once_with_a_choice_and_without() -> None:
    lapsed = [blue(f"lapsed{number}", start="2026-04-03 12:00", trial=None) for number in range(4)]
    chosen = [blue(f"chosen{number}", start="2026-04-03 12:00", trial=None) for number in range(4)]
    for party in chosen:
        trials.choose_tariff(
            subscription=party.subscription, tariff_id="blue-annual", as_of=at("2026-04-05 12:00"), actor="anna"
        )
    four_at_once(at("2026-04-11 00:00"))
    assert [party.balance for party in (*lapsed, *chosen)] == [0] * 4 + [-389] * 4
    assert Event.objects.filter(type="subscription.trial_ended").count() == 4
    assert Notice.objects.filter(kind="trial_ended").values("recipient").distinct().count() == len(
        Notice.objects.filter(kind="trial_ended")
    )


def test_four_copies_collect_each_renewal_once_from_the_balance_and_from_the_card() -> None:
    stand_at(at("2026-04-01 09:00"))
    rich, carded, poor = ([app(f"{kind}{number}") for number in range(3)] for kind in ("rich", "card", "poor"))
    for party in rich:
        party.pay("590.00", at("2026-04-02 12:00"))
    for party in carded:
        pay_and_keep(party, now=at("2026-04-02 12:00"), sum_=9_000)
    for party in poor:
        party.pay("100.00", at("2026-04-02 12:00"))
    four_at_once(at("2026-04-26 10:00"))
    assert [party.balance for party in (*rich, *carded, *poor)] == [41_000] * 3 + [0] * 3 + [1_000] * 3
    assert [len(party.periods) for party in (*rich, *carded, *poor)] == [2] * 6 + [1] * 3
    assert SampleCharge.objects.filter(card_id__gt="", keeps_card=False).count() == 3
    outcomes = Collection.objects.order_by("subscription").values_list("outcome", flat=True)
    assert list(outcomes) == ["from_balance"] * 3 + ["from_card"] * 3 + ["no_method"] * 3
    notices = Notice.objects.filter(kind="payment_coming").values_list("fact", "recipient", "channel")
    assert len(notices) == len(set(notices))
    four_at_once(at("2026-05-02 00:00"))
    assert [party.status(at("2026-05-02 00:00")) for party in (*carded, *poor)] == ["active"] * 3 + ["terminated"] * 3
    assert Event.objects.filter(type="subscription.terminated").count() == 3


def test_four_copies_take_an_open_invoice_from_the_card_once() -> None:
    stand_at(at("2026-04-10 12:00"))
    teams = [blue(f"team{number}") for number in range(3)]
    for team in teams:
        pay_and_keep(team, now=at("2026-04-11 12:00"), sum_=490)
    four_at_once(MAY)
    four_at_once(at("2026-05-01 00:01"))
    assert [team.balance for team in teams] == [0] * 3
    assert Payment.objects.count() == 6


# Where the run dies while it takes the money: before the bank is asked, after it has paid, before and after that is written.
PLACES: list[tuple[Any, str, bool]] = [
    (checkout, "_find_or_create_attempt", True),
    (SampleProvider, "charge_saved", True),
    (checkout, "_record_success", False),
    (renewals, "bill_if_covered", True),
    (transitions, "renew", True),
    (checkout, "_record_success", True),
    (dunning, "_record_attempt", False),
]


def dying(place: tuple[Any, str, bool], now: datetime) -> Callable[[], None]:
    module, name, after = place

    def work() -> None:
        original = getattr(module, name)

        def fatal(*args: Any, **kwargs: Any) -> Any:
            if after:
                original(*args, **kwargs)
            die()

        setattr(module, name, fatal)
        jobs(now)

    return work


@pytest.mark.parametrize("place", PLACES, ids=lambda place: f"{'after' if place[2] else 'before'} {place[1]}")
def test_a_collection_that_dies_is_finished_by_the_next_run_and_the_card_charged_once(
    place: tuple[Any, str, bool],
) -> None:
    stand_at(at("2026-04-01 09:00"))
    till = app("till")
    pay_and_keep(till, now=at("2026-04-02 12:00"), sum_=9_000)
    ten = at("2026-04-26 10:00")
    stand_at(ten)
    assert at_once([dying(place, ten)]) == [None]
    people.assert_books_are_right()
    for later in ("2026-04-26 10:11", "2026-04-27 10:00"):
        stand_at(at(later))
        assert jobs(at(later)) == 0
    assert SampleCharge.objects.filter(card_id__gt="", keeps_card=False).count() == 1
    assert (till.balance, [row.amount_minor for row in Payment.objects.order_by("pk")]) == (0, [9_000, 9_000])
    assert [str(row.start) for row in till.periods] == ["2026-04-01", "2026-05-01"]


# --- People against jobs ---------------------------------------------------------------------------------------------------


def test_seats_reported_while_the_month_turns_cost_the_same_whoever_comes_first() -> None:
    team = blue("team", start="2026-04-01 12:00")
    now = at("2026-05-01 00:00:05")

    def come(number: int) -> Callable[[], None]:
        def work() -> None:
            patient(lambda: team.tell(f"p{number}", "active", now, role="team_member"))
            if number % 2:
                patient(lambda: team.tell(f"p{number}", "removed", now))

        return work

    outcomes = at_once([*[lambda: jobs(now) for _copy in range(4)], *[come(number) for number in range(8)]])
    assert outcomes[:4] == [0] * 4
    # The month before, May for the one of midnight, and 30 of 31 days for the four who stayed.
    assert team.balance == -700 - 700 - 4 * 677
    assert Charge.objects.filter(kind="renewal").count() == 1
    team.now_is(at("2026-06-01 00:00"))
    assert [line.amount_minor for line in team.invoices[-1].lines.order_by("position")] == [677] * 4 + [3500]


def test_two_with_one_quote_change_the_terms_once() -> None:
    till = app("till")
    now = "2026-04-15 12:00"
    quote = plan_changes.quote_change(
        subscription=till.subscription, request=TermsRequest(tariff_id="plus"), as_of=at(now)
    )
    outcomes = at_once([put(till, "plus", now, quote.token) for _click in range(4)])
    assert sorted(outcomes) == ["done", *["nothing_changes"] * 3]
    assert till.balance == -9_000 - 4_800


def test_of_two_quotes_the_one_that_comes_later_is_refused_with_its_new_figure() -> None:
    till = app("till")
    now = "2026-04-15 12:00"
    tokens = {
        name: plan_changes.quote_change(
            subscription=till.subscription, request=TermsRequest(tariff_id=name), as_of=at(now)
        ).token
        for name in ("plus", "max")
    }
    outcomes = at_once([put(till, name, now, token) for name, token in tokens.items()])
    assert sorted(outcomes) == ["done", "quote_expired"]
    done = "plus" if outcomes[0] == "done" else "max"
    assert (till.fresh.priced_by.tariff_id, till.balance) == (done, {"plus": -13_800, "max": -23_400}[done])


def test_a_cancellation_and_a_renewal_at_once_leave_one_truth() -> None:
    stand_at(at("2026-04-01 09:00"))
    tills = [app(f"till{number}") for number in range(6)]
    for till in tills:
        till.pay("180.00", at("2026-04-02 12:00"))
    now = at("2026-04-26 10:00")

    def cancel(party: Party) -> Callable[[], str]:
        return report_outcome(
            lambda: plan_changes.cancel_subscription(subscription=party.subscription, as_of=now, actor="anna")
        )

    outcomes = at_once([*[lambda: jobs(now) for _copy in range(3)], *[cancel(till) for till in tills]])
    assert outcomes == [0] * 3 + ["done"] * 6
    for till in tills:
        renewed = len(till.periods) == 2
        assert (till.fresh.cancel_date, till.balance) == (
            (date(2026, 6, 1), 0) if renewed else (date(2026, 5, 1), 9_000)
        )
    assert Charge.objects.filter(kind="renewal").count() == sum(len(till.periods) == 2 for till in tills)


def test_money_in_the_last_second_and_the_end_at_once_leave_one_truth() -> None:
    tills = [app(f"till{number}") for number in range(6)]
    for till in tills:
        till.pay("90.00", at("2026-04-02 12:00"))
    end = at("2026-05-02 00:00")

    def pay(party: Party) -> Callable[[], None]:
        return lambda: patient(lambda: party.pay("90.00", at("2026-05-01 23:59:59"))) and None

    at_once([*[lambda: jobs(end) for _copy in range(3)], *[pay(till) for till in tills]])
    jobs(end)
    for till in tills:
        assert (till.status(end), till.balance) in {("active", 0), ("terminated", 9_000)}


def test_two_who_choose_and_two_who_subscribe_at_once_begin_one_paid_time() -> None:
    team = blue("team", start="2026-04-03 12:00", trial=None)
    gone = app("gone")
    gone.terminate(at("2026-04-12 12:00"))
    now = at("2026-04-15 12:00")

    def choose() -> None:
        trials.choose_tariff(subscription=team.subscription, tariff_id="blue-monthly", as_of=now, actor="anna")

    def subscribe() -> None:
        lifecycle.create_subscription(instance=gone.instance, tariff_id="plus", as_of=now, actor="anna")

    outcomes = at_once(
        [report_outcome(choose), report_outcome(choose), report_outcome(subscribe), report_outcome(subscribe)]
    )
    assert (sorted(outcomes[:2]), sorted(outcomes[2:])) == (["done", "no_trial"], ["done", "subscription_exists"])
    assert (team.balance, gone.balance) == (-373, -9_000 - 18_000)
