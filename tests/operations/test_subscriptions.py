"""Taking out a subscription: on what, when, and what is refused."""

from datetime import date
from decimal import Decimal

import pytest
from moneyed import Money

from accounts.members import Report
from accounts.models import Instance
from billing.errors import BadInput, BillingError
from billing.models import Subscription
from billing.operations.catalogue import tariffs
from billing.operations.customers import instances
from billing.operations.subscriptions import lifecycle
from tests.support import people
from tests.support.people import Party, at


def register_instance(meteor: Party, registered: str = "2026-04-05 12:00", now: str = "2026-04-05 12:00") -> Instance:
    return instances.register_instance(
        customer=meteor.customer,
        product=meteor.instance.product,
        domain="bare.example.ru",
        as_of=at(now),
        registered_at=at(registered),
        representative=Report(external_id="1", status="active", email="anna@romashka.example"),
    )


def subscribe(instance: Instance, now: str, **others: object) -> Subscription:
    values = {"tariff_id": "meteor-cloud", **others}
    return lifecycle.create_subscription(instance=instance, as_of=at(now), actor="anna", **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("others", "field"),
    [
        ({"tariff_id": None}, "tariff_id"),
        ({"tariff_id": "none"}, "tariff_id"),
        ({"quantity": 3}, "quantity"),
        ({"trial": True}, "trial"),
    ],
)
def test_what_the_tariff_does_not_have_is_refused(meteor: Party, others: dict[str, object], field: str) -> None:
    with pytest.raises(BadInput) as refused:
        subscribe(register_instance(meteor), "2026-04-05 12:00", **others)
    assert refused.value.field == field
    assert Subscription.objects.count() == 1


def test_saying_no_to_a_trial_that_there_is_not_is_fine(meteor: Party) -> None:
    assert subscribe(register_instance(meteor), "2026-04-05 12:00", trial=False).terminated_at is None


def test_an_instance_has_one_subscription_and_resumes_rather_than_taking_out_another(meteor: Party) -> None:
    with pytest.raises(BillingError) as second:
        subscribe(meteor.instance, "2026-04-05 12:00")
    assert second.value.code == "subscription_exists"
    meteor.terminate(at("2026-04-06 12:00"))
    with pytest.raises(BillingError) as instead:
        subscribe(meteor.instance, "2026-04-07 12:00")
    assert (instead.value.code, instead.value.rule) == ("resume_instead", "M13")
    again = subscribe(meteor.instance, "2027-04-07 00:00")
    assert again.periods.get().start == date(2027, 4, 7)


def test_a_deleted_instance_takes_out_nothing(meteor: Party) -> None:
    instance = register_instance(meteor)
    instances.delete_instance(instance=instance, as_of=at("2026-04-06 12:00"), actor="support")
    instance.refresh_from_db()
    with pytest.raises(BillingError) as refused:
        subscribe(instance, "2026-04-07 12:00")
    assert refused.value.code == "instance_deleted"


def test_the_first_period_begins_with_the_registration_but_never_in_a_month_that_is_over(meteor: Party) -> None:
    instance = register_instance(meteor, registered="2026-03-20 12:00")
    subscription = subscribe(instance, "2026-04-05 12:00")
    period = subscription.periods.get()
    assert (period.start, period.opened_at) == (date(2026, 4, 5), at("2026-04-05 00:00"))


def test_the_people_of_the_days_before_the_subscription_count_from_the_registration(meteor: Party) -> None:
    instance = register_instance(meteor, registered="2026-04-02 12:00", now="2026-04-05 12:00")
    party = Party(meteor.customer, meteor.account, instance, meteor.subscription)
    party.activate(10, at("2026-04-05 12:00"))
    party.block([2, 3], at("2026-04-05 13:00"))
    subscription = subscribe(instance, "2026-04-05 14:00")
    assert (subscription.periods.get().start, subscription.periods.get().peak) == (date(2026, 4, 2), 11)
    assert meteor.balance == -658_900


def test_a_request_that_waited_over_midnight_for_the_lock_begins_with_the_month_that_is_open(meteor: Party) -> None:
    """Heard a moment before 1 May; by then the run has closed April."""
    people.publish_tariff(tariff_id="solo", unit_price="599.00", included_quantity=0)
    waiting = register_instance(meteor, registered="2026-04-30 23:59:59", now="2026-04-30 23:59:59")
    meteor.activate(9, at("2026-04-10 12:00"))
    meteor.terminate(at("2026-04-10 13:00"))
    meteor.pay("5990.00", at("2026-04-10 14:00"))
    meteor.close(at("2026-05-01 00:00"))
    late = subscribe(waiting, "2026-04-30 23:59:59", tariff_id="solo")
    meteor.resume(at("2026-04-30 23:59:59"))
    assert [row.periods.last().start for row in (late, meteor.subscription)] == [date(2026, 5, 1)] * 2  # type: ignore[union-attr]
    assert meteor.balance == -59_900 - 599_000
    [may] = meteor.close(at("2026-06-01 00:00"))
    assert may.total_minor == 658_900


def test_a_new_price_is_a_new_version_and_those_on_the_old_one_stay_on_it(meteor: Party) -> None:
    author, reviewer, now = (
        people.staff("author@saldo.example"),
        people.staff("reviewer@saldo.example"),
        at("2026-04-05 12:00"),
    )
    draft = tariffs.draft_next_version(tariff=meteor.subscription.tariff, user=author, as_of=now)
    draft.unit_price = Money(Decimal("699.00"), "RUB")
    draft = tariffs.save_draft(draft=draft, user=author, as_of=now)
    tariffs.submit_tariff(tariff=draft, user=author, as_of=now)
    with pytest.raises(BillingError) as alone:
        tariffs.publish_tariff(tariff=draft, user=author, as_of=now)
    assert alone.value.code == "four_eyes"
    tariffs.publish_tariff(tariff=draft, user=reviewer, as_of=now)
    newcomer = people.party("newcomer", now)
    for party_ in (meteor, newcomer):
        party_.activate(9, at("2026-04-06 12:00"))
    assert (meteor.balance, newcomer.balance) == (-599_000, -699_000)


def test_an_archived_version_is_not_offered_again_beside_another(meteor: Party) -> None:
    author, reviewer, now = (
        people.staff("author@saldo.example"),
        people.staff("reviewer@saldo.example"),
        at("2026-04-05 12:00"),
    )
    first = meteor.subscription.tariff
    second = tariffs.draft_next_version(tariff=first, user=author, as_of=now)
    tariffs.publish_tariff(
        tariff=tariffs.submit_tariff(tariff=second, user=author, as_of=now), user=reviewer, as_of=now
    )
    with pytest.raises(BillingError) as refused:
        tariffs.restore_tariff(tariff=first, user=reviewer, as_of=now)
    assert (refused.value.code, refused.value.rule) == ("version_published", "E2")
