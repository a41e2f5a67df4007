"""What the reviewer sees before a tariff is offered, and bringing subscribers to another version (E2)."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from billing.models import Notice, Subscription, Tariff, TariffMove, TermsChange
from tests.support.acting import act_url, confirm, do, errors, preview
from tests.support.mails import plain_spaces
from tests.support.story import Story
from tests.support.tariff_forms import dearer_version, rows_of, save_tariff, step

SignIn = Callable[[str], Client]
PAGE = "admin:billing_tariff_change"


@pytest.fixture
def team(story: Story, signed_in: SignIn) -> tuple[Client, Client]:
    return signed_in("product manager"), signed_in("reviewer")


def shown_rows(response: Any) -> dict[str, tuple[str, str]]:
    return {plain_spaces(str(row.label)): (str(row.before), str(row.after)) for row in response.context["effect"]}


# --- The release check ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["its page", "the act of publishing"])
def test_reviewer_sees_what_changes_what_it_comes_to_and_for_whom(team: tuple[Client, Client], where: str) -> None:
    author, reviewer = team
    draft = dearer_version(author)
    address = reverse(PAGE, args=(draft.pk,)) if where == "its page" else act_url("billing_tariff", "publish", draft.pk)
    check = reviewer.get(address).context["check"]
    assert str(check.previous) == "meteor-cloud v1"
    assert [(row.label, row.before, row.after) for row in check.differences] == [
        ("Price of one", ["₽599.00"], ["₽699.00"])
    ]
    assert [(bill.quantity, bill.old, bill.new, bill.change) for bill in check.bills] == [
        ("1", "₽0.00", "₽0.00", "="),
        ("9", "₽0.00", "₽0.00", "="),
        ("10", "₽5,990.00", "₽6,990.00", "+₽1,000.00"),
        ("11", "₽6,589.00", "₽7,689.00", "+₽1,100.00"),
        ("29", "₽17,371.00", "₽20,271.00", "+₽2,900.00"),
        ("30", "₽17,970.00", "₽20,970.00", "+₽3,000.00"),
        ("100", "₽59,900.00", "₽69,900.00", "+₽10,000.00"),
    ]
    assert (check.subscribers, check.customers, check.old_total, check.new_total) == (3, 2, "₽5,990.00", "₽6,990.00")
    assert (check.dearer, check.cheaper) == (1, 0)
    assert [(row.customer, row.domain, row.quantity, row.old, row.new) for row in check.effects] == [
        ("ООО «Ромашка»", "romashka.example.ru", "10", "₽5,990.00", "₽6,990.00"),
        ("ООО «Ромашка»", "test.romashka.example.ru", "4", "₽0.00", "₽0.00"),
        ("ООО «Лаванда»", "lavanda.example.ru", "1", "₽0.00", "₽0.00"),
    ]
    assert (check.findings, check.falls, check.chart.old_line != "") == ([], [], True)


def test_first_version_replaces_nothing_and_shows_how_its_bills_come_about(
    story: Story, team: tuple[Client, Client]
) -> None:
    author, reviewer = team
    draft = save_tariff(author, story)
    step(author, "submit", draft)
    answer = reviewer.get(reverse(PAGE, args=(draft.pk,)))
    check = answer.context["check"]
    assert (check.previous, check.differences, check.subscribers, check.effects) == (None, [], 0, [])
    assert [(plain_spaces(bill.working), bill.new) for bill in check.bills[:4]] == [
        ("0 × 799.00", "₽0.00"),
        ("9 × 799.00", "₽7,191.00"),
        ("10 × 799.00", "₽7,990.00"),
        ("11 × 799.00", "₽8,789.00"),
    ]
    assert "this is the first version under its id" in answer.content.decode()


def test_falls_are_named_to_the_reviewer(story: Story, team: tuple[Client, Client]) -> None:
    author, reviewer = team
    steps = rows_of("steps", {"from": "1", "unit_price": "100"}, {"from": "10", "unit_price": "80"})
    draft = save_tariff(author, story, price_model="volume", included_quantity="", **steps)
    step(author, "submit", draft)
    page = plain_spaces(reviewer.get(act_url("billing_tariff", "publish", draft.pk)).content.decode())
    assert "More costs less here" in page
    assert "₽900.00" in page.split("More costs less here")[1].split("</ul>")[0]


def test_terms_that_contradict_themselves_are_not_submitted(story: Story, team: tuple[Client, Client]) -> None:
    author, _reviewer = team
    steps = rows_of("steps", {"from": "5", "unit_price": "100"})
    draft = save_tariff(author, story, price_model="volume", included_quantity="", **steps)
    refused = author.get(act_url("billing_tariff", "submit", draft.pk))
    assert len(refused.context["form"].errors["__all__"]) == 1
    draft.refresh_from_db()
    assert draft.status == "draft"


def test_publishing_shows_that_the_version_before_is_offered_no_more(team: tuple[Client, Client]) -> None:
    author, reviewer = team
    draft = dearer_version(author)
    shown = reviewer.get(act_url("billing_tariff", "publish", draft.pk))
    assert shown_rows(shown) == {"Status": ("in review", "published"), "meteor-cloud v1": ("published", "archived")}
    step(reviewer, "publish", draft)
    versions = author.get(reverse(PAGE, args=(draft.pk,))).context["versions"]
    assert [(row.is_this, "published" in row.state, "archived" in row.state) for row in versions] == [
        (True, True, False),
        (False, False, True),
    ]
    assert reverse(PAGE, args=(Tariff.objects.get(product__code="meteor", version=1).pk,)) in versions[1].link
    assert Subscription.objects.running().filter(tariff__version=1).count() == 3


# --- Moving subscribers -----------------------------------------------------------------------------------------------------


@pytest.fixture
def versions(team: tuple[Client, Client]) -> tuple[Tariff, Tariff]:
    """Version 1, archived with its three subscribers, and version 2 that is offered now."""
    author, reviewer = team
    step(reviewer, "publish", dearer_version(author))
    return Tariff.objects.get(product__code="meteor", version=1), Tariff.objects.get(version=2)


def move_form(target: Tariff, day: str = "01.07.2026") -> dict[str, Any]:
    return {"target": target.pk, "effective_date": day, "reason": "Prices rise in July."}


def test_move_shows_each_subscription_now_and_then_before_it_is_decided(
    team: tuple[Client, Client], versions: tuple[Tariff, Tariff]
) -> None:
    source, target = versions
    shown = preview(team[0], act_url("billing_tariff", "move_subscribers", source.pk), **move_form(target))
    effect = shown_rows(shown)
    assert effect["Subscriptions"] == ("", "3")
    assert plain_spaces(effect["Takes effect"][1]) == "1 July 2026"
    assert effect["ООО «Ромашка» · romashka.example.ru · 10 people"] == ("₽5,990.00", "₽6,990.00")
    assert effect["ООО «Лаванда» · lavanda.example.ru · 1 person"] == ("₽0.00", "₽0.00")
    assert (TariffMove.objects.count(), Notice.objects.filter(kind="terms_will_change").count()) == (0, 0)


def test_move_is_decided_told_listed_and_called_off(
    team: tuple[Client, Client], versions: tuple[Tariff, Tariff]
) -> None:
    source, target = versions
    author = team[0]
    done = do(author, act_url("billing_tariff", "move_subscribers", source.pk), **move_form(target))
    move = TariffMove.objects.get()
    assert done["Location"] == reverse("admin:billing_tariffmove_change", args=(move.pk,))
    assert (move.reason, move.decided_by.email, move.changes.count()) == (
        "Prices rise in July.",
        "product-manager@staff.example",
        3,
    )
    recipients = set(Notice.objects.filter(kind="terms_will_change").values_list("recipient", flat=True))
    assert {"anna@romashka.example", "vera@lavanda.example"} <= recipients
    listed = author.get(reverse("admin:billing_tariffmove_changelist")).content.decode()
    assert "meteor-cloud v1 → meteor-cloud v2" in listed
    assert "3 waiting" in listed
    assert "meteor-cloud v1 → meteor-cloud v2" in author.get(reverse(PAGE, args=(source.pk,))).content.decode()

    off = act_url("billing_tariffmove", "call_off_move", move.pk)
    shown = preview(author, off, reason="Not this year")
    assert shown_rows(shown) == {"Stay as they are": ("", "3")}
    assert confirm(author, off, shown, reason="Not this year").status_code == 302
    assert TermsChange.objects.filter(cancelled_at=None).count() == 0
    page = author.get(reverse("admin:billing_tariffmove_change", args=(move.pk,))).content.decode()
    assert "called off" in page
    assert off not in page


def test_move_to_what_counts_otherwise_or_too_soon_is_refused_beside_its_field(
    story: Story, team: tuple[Client, Client], versions: tuple[Tariff, Tariff]
) -> None:
    source, target = versions
    author, reviewer = team
    other = save_tariff(author, story, metric="quantity", timing="prepaid")
    step(author, "submit", other)
    step(reviewer, "publish", other)
    address = act_url("billing_tariff", "move_subscribers", source.pk)
    assert list(errors(preview(author, address, **move_form(other)))) == ["target"]
    assert list(errors(preview(author, address, **move_form(target, "13.05.2026")))) == ["effective_date"]
    assert TariffMove.objects.count() == 0


@pytest.mark.parametrize("group", ["support", "finance", "reviewer"])
def test_move_is_a_product_managers(versions: tuple[Tariff, Tariff], signed_in: SignIn, group: str) -> None:
    address = act_url("billing_tariff", "move_subscribers", versions[0].pk)
    assert signed_in(group).get(address).status_code == 403
    assert signed_in(group).post(address, move_form(versions[1])).status_code == 403
    assert TariffMove.objects.count() == 0
