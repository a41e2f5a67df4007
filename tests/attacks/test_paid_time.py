"""Whose a subscription is, when its paid time began and that it has ended; the tries to collect it; the terms that were put on
and taken back: by no door does any of it become another."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, models, transaction

from billing.models import BillingPeriod, Collection, Subscription, SubscriptionChange, TermsChange
from billing.operations.collection import dunning
from billing.operations.run import billing_run
from billing.operations.subscriptions import plan_changes
from billing.operations.subscriptions.quotes import TermsRequest
from tests.support import people
from tests.support.database_attacks import attack_row
from tests.support.people import Party, at


@dataclass
class Lives:
    """Light's renewal was tried in vain, and it ended; a team pays by the seat; a trial lasts; METEOR has ended."""

    till: Party
    team: Party
    trial: Party
    meteor: Party


@pytest.fixture
def lives(db: None) -> Lives:
    people.installation()
    till = people.party("till", product="evotor-app", tariff_id="light")
    till.pay("90.00", at("2026-04-01 12:00"))
    wish = TermsRequest(tariff_id="plus")
    plan_changes.change_terms(subscription=till.subscription, request=wish, as_of=at("2026-04-15 12:00"), actor="anna")
    plan_changes.undo_change(subscription=till.subscription, as_of=at("2026-04-15 13:00"), actor="anna")
    billing_run.collect_renewals(as_of=at("2026-04-26 10:00"))
    till.now_is(at("2026-05-02 00:00"))
    team = people.party("team", product="blue", tariff_id="blue-monthly", currency="USD", trial=False)
    trial = people.party("trial", product="cyberos", tariff_id="trial")
    meteor = people.party("meteor")
    meteor.terminate(at("2026-04-20 12:00"))
    return Lives(till, team, trial, meteor)


def subscription(of: str) -> Callable[[Lives], models.Model]:
    return lambda lives: getattr(lives, of).fresh


Target = tuple[Callable[[Lives], Any], str, Callable[[Lives], Any]]
TARGETS: dict[str, Target] = {
    "the day of the try": (lambda _lives: Collection.objects.get(), "day", lambda _lives: date(2030, 1, 1)),
    "what came of it": (lambda _lives: Collection.objects.get(), "outcome", lambda _lives: "from_card"),
    "the account": (subscription("team"), "account_id", lambda lives: lives.till.account.pk),
    "the instance": (subscription("team"), "instance_id", lambda lives: lives.till.instance.pk),
    "the start": (subscription("team"), "started_at", lambda _lives: at("2020-01-01 00:00")),
    "the first paid day": (subscription("team"), "paid_from", lambda _lives: date(2026, 12, 1)),
    "that there was one": (subscription("team"), "paid_from", lambda _lives: None),
    "the anchor": (subscription("till"), "anchor_date", lambda _lives: date(2026, 4, 30)),
    "the trial's end, earlier": (subscription("trial"), "trial_ends_on", lambda _lives: date(2026, 4, 2)),
    "the trial, forgotten": (subscription("trial"), "trial_ends_on", lambda _lives: None),
    "the end, taken back": (subscription("till"), "terminated_at", lambda _lives: None),
    "the end, moved": (subscription("till"), "terminated_at", lambda _lives: at("2026-06-01 00:00")),
    "METEOR's end, moved": (subscription("meteor"), "terminated_at", lambda _lives: at("2026-06-01 00:00")),
    "the seats of a period": (lambda lives: lives.team.periods[0], "quantity", lambda _lives: 0),
    "what a change came from": (
        lambda lives: lives.till.subscription.changes.get(kind="undone"),
        "from_quantity",
        lambda _lives: 5,
    ),
}


@pytest.mark.parametrize("name", TARGETS)
def test_no_door_leads_to_what_was_decided_of_paid_time(lives: Lives, name: str) -> None:
    find, field, new_value = TARGETS[name]
    assert attack_row(find(lives), field, new_value(lives)) == []


def test_what_lives_can_still_change(lives: Lives) -> None:
    """The guards refuse what is decided, not everything: a trial is lengthened and begins to be paid, METEOR is resumed."""
    Subscription.objects.filter(pk=lives.trial.subscription.pk).update(
        trial_ends_on=date(2026, 5, 20), paid_from=date(2026, 5, 21), anchor_date=date(2026, 5, 21)
    )
    assert lives.trial.fresh.paid_from == date(2026, 5, 21)
    lives.meteor.resume(at("2026-04-21 12:00"))
    assert lives.meteor.fresh.terminated_at is None
    plan_changes.cancel_subscription(subscription=lives.team.subscription, as_of=at("2026-04-21 12:00"), actor="anna")
    assert lives.team.fresh.cancel_date == date(2026, 5, 1)


def undone_twice(lives: Lives) -> None:
    undone = lives.till.subscription.changes.get(kind="undone")
    SubscriptionChange.objects.create(
        subscription=lives.till.subscription, kind="undone", at=undone.at, undoes=undone.undoes
    )


def second_try_of_a_day(lives: Lives) -> None:
    tried = Collection.objects.get()
    tried.pk = None
    tried.save(force_insert=True)


def period_that_overlaps_paid_time(lives: Lives) -> None:
    [period] = lives.team.periods
    period.pk, period.number, period.opened_at = None, 2, period.opened_at + timedelta(days=1)
    period.save(force_insert=True)


def period_of_another_tariff(lives: Lives) -> None:
    BillingPeriod.objects.filter(pk=lives.team.periods[0].pk).update(tariff=lives.till.fresh.tariff)


def second_change_that_waits(lives: Lives) -> None:
    team = lives.team.fresh
    for _twice in range(2):
        TermsChange.objects.create(
            subscription=team,
            tariff=team.priced_by,
            effective_date=date(2026, 5, 1),
            decided_at=at("2026-04-21 12:00"),
            decided_by="anna",
        )


def second_subscription_that_runs(lives: Lives) -> None:
    Subscription.objects.create(
        instance=lives.team.instance,
        account=lives.team.account,
        tariff=lives.team.fresh.tariff,
        started_at=at("2026-04-21 12:00"),
    )


@pytest.mark.parametrize(
    "attack",
    [
        undone_twice,
        second_try_of_a_day,
        period_that_overlaps_paid_time,
        period_of_another_tariff,
        second_change_that_waits,
        second_subscription_that_runs,
    ],
    ids=lambda attack: attack.__name__,
)
def test_what_does_not_fit_paid_time_is_refused(lives: Lives, attack: Callable[[Lives], None]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        attack(lives)
    people.assert_books_are_right()


def test_a_try_that_is_made_again_on_its_day_is_not_written_down_twice(lives: Lives) -> None:
    till = people.party("again", product="evotor-app", tariff_id="light")
    till.pay("90.00", at("2026-04-01 12:00"))
    for _again in range(2):
        dunning.collect(subscription=till.subscription, as_of=at("2026-04-26 10:00"))
    assert Collection.objects.filter(subscription=till.subscription).count() == 1
