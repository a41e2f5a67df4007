"""The catalogue (E1–E5, E2's life, C1): what may be drafted, who publishes, and how subscribers are moved."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from moneyed import Money

from accounts.models import Product, Role
from billing.errors import BadInput, BillingError
from billing.models import Charge, Event, Notice, Seller, Tariff, TermsChange
from billing.operations.catalogue import configuration, profiles, subscriber_moves, tariffs
from billing.reports.tariffs.release import release_check
from tests.support import people
from tests.support.people import Party, at

BEGINNING = at("2020-01-01 00:00")
AUTHOR, REVIEWER = "author@saldo.example", "reviewer@saldo.example"


def draft_tariff(product: str = "evotor-app", **terms: Any) -> Tariff:
    """A draft by the author: a flat 250.00 a month, paid in advance, unless ``terms`` say otherwise."""
    values: dict[str, Any] = {
        "tariff_id": "shop",
        "name": "Shop",
        "timing": "prepaid",
        "metric": "none",
        "price_model": "flat",
        "flat_fee": Decimal(250),
        "unit_price": Money(0, "RUB"),
        **terms,
    }
    draft = Tariff(product=Product.objects.get(code=product), seller=Seller.objects.get(code="rub"), **values)
    return tariffs.save_draft(draft=draft, user=people.staff(AUTHOR), as_of=BEGINNING)


def publish(draft: Tariff) -> Tariff:
    tariffs.submit_tariff(tariff=draft, user=people.staff(AUTHOR), as_of=BEGINNING)
    return tariffs.publish_tariff(tariff=draft, user=people.staff(REVIEWER), as_of=BEGINNING)


def dearer(source: str = "meteor-cloud", price: str = "699.00") -> Tariff:
    """The next version of a tariff of METEOR, published; the one before it is archived."""
    old = Tariff.objects.get(tariff_id=source, status="published")
    draft = tariffs.draft_next_version(tariff=old, user=people.staff(AUTHOR), as_of=BEGINNING)
    draft.unit_price = Money(Decimal(price), "RUB")
    tariffs.save_draft(draft=draft, user=people.staff(AUTHOR), as_of=BEGINNING)
    return publish(draft)


# --- Kinds, prices, ids ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "terms",
    [
        {"flat_fee": Decimal(0)},
        {"price_model": "per_unit", "metric": "quantity", "flat_fee": Decimal(0)},
        {
            "price_model": "volume",
            "metric": "quantity",
            "flat_fee": Decimal(0),
            "steps": [{"from": 1, "unit_price": "0"}],
        },
    ],
)
def test_e3_a_price_of_zero_is_refused_with_the_way_to_sell_for_free(terms: dict[str, Any]) -> None:
    with pytest.raises(BadInput) as refused:
        draft_tariff(**terms)
    assert refused.value.rule == "E3"
    assert "бесплатн" in str(refused.value) or "free" in str(refused.value)


def test_e1_a_free_product_has_no_tariffs_and_what_is_paid_once_no_interval() -> None:
    with pytest.raises(BadInput) as refused:
        draft_tariff("evotor-free")
    assert refused.value.rule == "E1"
    with pytest.raises(BadInput):
        draft_tariff("evotor-driver")
    with pytest.raises(BadInput):
        draft_tariff("evotor-app", interval_months=None)
    assert draft_tariff("evotor-driver", tariff_id="once", interval_months=None).terms().is_one_off


def test_e5_an_id_is_never_given_to_another_tariff_not_even_after_archiving() -> None:
    shop = publish(draft_tariff())
    tariffs.archive_tariff(tariff=shop, user=people.staff(AUTHOR), as_of=BEGINNING)
    with pytest.raises(BadInput) as refused:
        draft_tariff()
    assert (refused.value.code, refused.value.rule) == ("tariff_id_taken", "E5")
    other = draft_tariff(tariff_id="kiosk")
    with pytest.raises(IntegrityError), transaction.atomic():
        Tariff.objects.filter(pk=other.pk).update(tariff_id="shop", version=7)


def test_e5_the_base_tariff_has_its_preset_id() -> None:
    base = Tariff.objects.get(product__code="evotor-app", tariff_id="base")
    assert (base.is_base, base.terms().price_model) == (True, "volume")
    assert not Tariff.objects.get(tariff_id="light").is_base


def test_prices_with_four_decimals_and_intervals_of_1_to_12_months() -> None:
    tariff = draft_tariff(
        price_model="per_unit",
        metric="quantity",
        flat_fee=Decimal(0),
        interval_months=12,
        unit_price=Money(Decimal("0.0125"), "RUB"),
    )
    assert tariff.terms().unit_price == Decimal("0.0125")
    with pytest.raises(IntegrityError), transaction.atomic():
        Tariff.objects.filter(pk=tariff.pk).update(interval_months=13)


# --- Life ------------------------------------------------------------------------------------------------------------------


def test_e2_terms_that_contradict_themselves_are_not_handed_in() -> None:
    draft = draft_tariff(price_model="package", metric="quantity", steps=[{"from": 1, "unit_price": "100.00"}])
    with pytest.raises(BillingError) as refused:
        tariffs.submit_tariff(tariff=draft, user=people.staff(AUTHOR), as_of=BEGINNING)
    assert refused.value.code == "terms_contradict_themselves"


def test_e2_every_term_of_a_published_tariff_is_frozen_in_the_database() -> None:
    tariff = publish(draft_tariff())
    changes: list[dict[str, Any]] = [
        {"flat_fee": 1},
        {"steps": [{"from": 1, "total": "1"}]},
        {"price_months": 2},
        {"discount_percent": 5},
        {"trial_days": 3},
        {"trial_people": 3},
        {"cycle": "calendar" if tariff.cycle != "calendar" else "anniversary"},
        {"change_rule": "carried"},
        {"renewal": "collected"},
        {"features": [{"en": "x", "ru": "x"}]},
        {"audience": "x"},
        {"audience_ru": "x"},
        {"plan": "x"},
        {"interval_months": 2},
        {"quota_mode": "only_above"},
        {"metric": "quantity"},
    ]
    for change in changes:
        with pytest.raises(IntegrityError), transaction.atomic():
            Tariff.objects.filter(pk=tariff.pk).update(**change)
    Tariff.objects.filter(pk=tariff.pk).update(position=9)  # its place in a list is no term
    assert Tariff.objects.get(pk=tariff.pk).position == 9


def test_e3_a_stepped_tariff_without_a_price_never_leaves_the_draft_by_any_door() -> None:
    draft = draft_tariff(
        price_model="volume", metric="quantity", flat_fee=Decimal(0), steps=[{"from": 1, "unit_price": "5"}]
    )
    Tariff.objects.filter(pk=draft.pk).update(steps=[{"from": 1, "unit_price": "0"}])
    with pytest.raises(IntegrityError), transaction.atomic():
        Tariff.objects.filter(pk=draft.pk).update(status="in_review")


def test_e2_one_version_is_worked_on_at_a_time_and_subscriptions_keep_the_one_they_bought() -> None:
    meteor = people.party()
    new = dearer()
    assert (new.version, meteor.fresh.priced_by.version) == (2, 1)
    tariffs.draft_next_version(tariff=new, user=people.staff(AUTHOR), as_of=BEGINNING)
    with pytest.raises(BillingError) as refused:
        tariffs.draft_next_version(tariff=new, user=people.staff(AUTHOR), as_of=BEGINNING)
    assert refused.value.code == "version_in_work"
    second = people.party("vasilek")
    assert second.fresh.priced_by.version == 2
    meteor.activate(9, at("2026-04-02 12:00"))
    assert meteor.balance == -599_000


def test_archived_tariffs_are_not_offered() -> None:
    light = Tariff.objects.get(tariff_id="light")
    tariffs.archive_tariff(tariff=light, user=people.staff(AUTHOR), as_of=BEGINNING)
    with pytest.raises(BadInput) as refused:
        people.party(product="evotor-app", tariff_id="light")
    assert refused.value.code == "unknown_tariff"


def test_a_roles_kind_stands_still_under_a_published_tariff() -> None:
    role = Role.objects.get(product__code="blue", code="client")
    role.is_paid = True
    with pytest.raises((BadInput, BillingError)):
        configuration.save_row(row=role, as_of=BEGINNING, actor=AUTHOR)
    with pytest.raises(IntegrityError), transaction.atomic():
        Role.objects.filter(pk=role.pk).update(is_paid=True)


def test_profiles_can_be_loaded_again_and_make_nothing_twice() -> None:
    assert profiles.load_profiles()["tariffs_made"] == 0
    assert Tariff.objects.published().count() == 13
    assert set(Tariff.objects.values_list("product__code", flat=True)) == {
        "meteor",
        "blue",
        "evotor-driver",
        "evotor-app",
        "cyberos",
    }
    assert Product.objects.get(code="evotor-free").kind == "free"


# --- The release check and moving subscribers -----------------------------------------------------------------------------------


def test_the_release_check_shows_both_prices_and_what_subscribers_would_pay() -> None:
    meteor = people.party()
    meteor.activate(10, at("2026-04-02 12:00"))
    old = Tariff.objects.get(tariff_id="meteor-cloud")
    draft = tariffs.draft_next_version(tariff=old, user=people.staff(AUTHOR), as_of=BEGINNING)
    draft.unit_price, draft.included_quantity = Money(Decimal("699.00"), "RUB"), 5
    tariffs.save_draft(draft=draft, user=people.staff(AUTHOR), as_of=BEGINNING)
    check = release_check(draft)
    assert [(row.name, row.before, row.after) for row in check.differences] == [
        ("unit_price", "599.0000", "699.00"),
        ("included_quantity", 9, 5),
    ]
    assert [(row.quantity, row.old_minor, row.new_minor) for row in check.bills] == [
        (1, 0, 0),
        (9, 0, 629_100),
        (10, 599_000, 699_000),
        (11, 658_900, 768_900),
        (29, 1_737_100, 2_027_100),
        (30, 1_797_000, 2_097_000),
        (100, 5_990_000, 6_990_000),
    ]
    assert (check.subscribers, check.customers) == (1, 1)
    [effect] = check.at_their_size
    assert (effect.quantity, effect.old_minor, effect.new_minor) == (11, 658_900, 768_900)


def move_subscribers(meteor: Party, target: Tariff, day: date = date(2026, 5, 1)) -> None:
    subscriber_moves.move_subscribers(
        source=meteor.fresh.priced_by,
        target=target,
        effective_date=day,
        reason="The price of power",
        user=people.staff(AUTHOR),
        as_of=at("2026-04-05 12:00"),
    )


def test_e2_moved_subscribers_change_with_the_first_period_of_the_date_and_are_told_before() -> None:
    meteor = people.party()
    meteor.activate(9, at("2026-04-02 12:00"))
    move_subscribers(meteor, dearer())
    assert Notice.objects.filter(kind="terms_will_change", channel="email").exists()
    meteor.activate(1, at("2026-04-20 12:00"))
    assert meteor.balance == -658_900  # April goes on at 599.00
    [april] = meteor.close(at("2026-05-01 00:00"))
    assert april.total_minor == 658_900
    assert meteor.balance == -658_900 - 768_900
    assert meteor.fresh.priced_by.version == 2
    meteor.tell("late", "active", at("2026-05-10 12:00"), occurred_at=at("2026-04-25 12:00"))
    assert Charge.objects.get(kind="late").amount_minor == 59_900  # April's price, of April's version
    assert Event.objects.filter(type="subscription.terms_changed").count() == 1


def test_e2_a_move_can_be_called_off_while_it_waits() -> None:
    meteor = people.party()
    target = dearer()
    move_subscribers(meteor, target)
    [change] = TermsChange.objects.all()
    assert change.move is not None
    assert (
        subscriber_moves.call_off_move(
            move=change.move, user=people.staff(AUTHOR), as_of=at("2026-04-10 12:00"), reason="Not now"
        )
        == 1
    )
    meteor.activate(9, at("2026-04-12 12:00"))
    meteor.close(at("2026-05-01 00:00"))
    assert (meteor.fresh.priced_by.version, meteor.balance) == (1, -2 * 599_000)
    with pytest.raises(BillingError):
        subscriber_moves.call_off_move(
            move=change.move, user=people.staff(AUTHOR), as_of=at("2026-05-02 12:00"), reason="Again"
        )


def test_e2_a_move_needs_time_a_reason_and_a_tariff_that_counts_the_same() -> None:
    meteor = people.party()
    target = dearer()
    for day, to, code in (
        (date(2026, 4, 18), target, "effective_date"),
        (date(2026, 5, 1), Tariff.objects.get(tariff_id="light"), "target"),
        (date(2026, 5, 1), Tariff.objects.get(tariff_id="meteor-cloud", version=1), "target"),
    ):
        with pytest.raises(BadInput) as refused:
            move_subscribers(meteor, to, day)
        assert refused.value.field == code
    assert TermsChange.objects.count() == 0
