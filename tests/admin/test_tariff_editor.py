"""The tariff editor: kinds of price, the table of steps, what is left out, presets, and sample bills while typing."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from accounts.models import Product, Role
from billing.models import Seller, Tariff
from tests.support.page_text import plain_refusals
from tests.support.staff import colleague
from tests.support.story import Story
from tests.support.tariff_forms import ADD, fill_tariff_form, rows_of, save_tariff, step

SignIn = Callable[[str], Client]

E_A = rows_of(
    "steps",
    {"from": "1", "unit_price": "120", "total": ""},
    {"from": "30", "unit_price": "", "total": "2 500,00"},
    {"from": "10", "unit_price": "", "total": "1000"},
    {"from": "", "unit_price": "", "total": ""},
)
ONE_OFF = {"price_model": "volume", "metric": "quantity", "unit_price": "", "included_quantity": ""}


@pytest.fixture
def manager(story: Story, signed_in: SignIn) -> Client:
    return signed_in("product manager")


def problems(answer: Any) -> dict[str, list[str]]:
    assert answer.status_code == 200
    return {name: plain_refusals(sentences) for name, sentences in answer.context["adminform"].form.errors.items()}


def panel(client: Client, **form: Any) -> Any:
    answer = client.post(reverse("admin:billing_tariff_preview"), form)
    assert answer.status_code == 200
    return answer.context["panel"]


def bills(shown_panel: Any) -> list[tuple[str, str, str]]:
    return [(bill.quantity, bill.working.replace("\xa0", " "), bill.total) for bill in shown_panel.bills]


# --- What is typed, and what is kept of it -------------------------------------------------------------------------------


def test_steps_come_back_as_they_were_typed_lowest_first(story: Story, manager: Client) -> None:
    draft = save_tariff(manager, story, **ONE_OFF, **E_A)
    assert draft.steps == [
        {"from": 1, "unit_price": "120"},
        {"from": 10, "total": "1000"},
        {"from": 30, "total": "2500.00"},
    ]
    page = manager.get(reverse("admin:billing_tariff_change", args=(draft.pk,))).content.decode()
    page = re.sub(r"\s+", " ", page)
    for cell in (
        'steps-0-unit_price" id="id_steps-0-unit_price" value="120.00"',
        'id="id_steps-2-total" value="2500.00"',
    ):
        assert cell in page


@pytest.mark.parametrize(
    ("language", "price", "amount"),
    [("ru", "1 500,25", "1500.25"), ("ru", "0,0125", "0.0125"), ("en", "1500.25", "1500.25"), ("en", "7,5", "7.5")],
)
def test_prices_are_read_as_people_write_them(
    story: Story, manager: Client, language: str, price: str, amount: str
) -> None:
    manager.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    assert save_tariff(manager, story, unit_price=price).unit_price.amount == Decimal(amount)


@pytest.mark.parametrize("price", ["1,500", "12.34567", "ten", "-5", "1e9999", "NaN"])
def test_price_that_cannot_be_read_for_certain_is_asked_for_again(story: Story, manager: Client, price: str) -> None:
    answer = manager.post(reverse(ADD), fill_tariff_form(story, unit_price=price, name="Мой тариф"))
    sentences = {"-5": "This cannot be negative.", "1,500": "Do you mean 1,500.00 or 1.50? Write 1500 or 1.50."}
    sentence = sentences.get(price, "Write it as 1500.00: digits, and at most four decimals.")
    assert problems(answer) == {"unit_price": [sentence]}
    assert f'value="{price}"' in answer.content.decode()
    assert "Мой тариф" in answer.content.decode()


def test_wrong_step_is_marked_in_its_cell_and_nothing_typed_is_lost(story: Story, manager: Client) -> None:
    steps = rows_of(
        "steps",
        {"from": "1", "unit_price": "120", "total": "500"},
        {"from": "десять", "unit_price": "", "total": "1000"},
    )
    answer = manager.post(reverse(ADD), fill_tariff_form(story, **ONE_OFF, **steps))
    assert problems(answer) == {"steps": ["Look at the marked rows."]}
    page = answer.content.decode()
    assert "A price of one or a total: one of the two." in page
    assert "Write a whole number." in page
    for text in ("десять", "500", "120"):
        assert f'value="{text}"' in page
    assert Tariff.objects.filter(product__code="meteor").count() == 1


@pytest.mark.parametrize("price", ["0", ""])
def test_e3_no_tariff_is_zero_and_the_sentence_names_the_way_to_give_it_away(
    story: Story, manager: Client, price: str
) -> None:
    answer = manager.post(reverse(ADD), fill_tariff_form(story, unit_price=price))
    sentence = "No tariff costs nothing: to give the software away, make its product one of the kind “free”."
    assert problems(answer) == {"unit_price": [sentence]}
    stepped = manager.post(
        reverse(ADD), fill_tariff_form(story, **ONE_OFF, **rows_of("steps", {"from": "1", "unit_price": "0"}))
    )
    assert problems(stepped) == {"steps": [sentence]}
    flat = manager.post(reverse(ADD), fill_tariff_form(story, price_model="flat"))
    assert problems(flat) == {"flat_fee": [sentence]}


def test_currency_is_the_sellers(story: Story, manager: Client) -> None:
    blue, abroad = Product.objects.get(code="blue"), Seller.objects.get(currency="USD")
    draft = save_tariff(
        manager, story, product=blue.pk, seller=abroad.pk, unit_price="7", timing="prepaid", metric="paid_members"
    )
    assert (draft.currency, draft.unit_price.amount) == ("USD", 7)


def test_what_the_kind_of_price_does_not_use_is_left_out_and_said(story: Story, manager: Client) -> None:
    answer = manager.post(
        reverse(ADD), fill_tariff_form(story, price_model="flat", flat_fee="4900", timing="prepaid", **E_A), follow=True
    )
    draft = Tariff.objects.get(tariff_id="meteor-team")
    assert (draft.metric, draft.unit_price.amount, draft.included_quantity, draft.steps) == ("none", 0, 0, [])
    messages = [str(message) for message in answer.context["messages"]]
    assert "Left out, because this kind of price does not use it: price of one, free quota." in messages


def test_trial_and_discount_are_for_what_is_paid_ahead(story: Story, manager: Client) -> None:
    postpaid = save_tariff(manager, story, trial_days="7", discount_percent="10")
    assert (postpaid.trial_days, postpaid.discount_percent) == (0, 0)
    ahead = save_tariff(
        manager,
        story,
        tariff_id="meteor-year",
        timing="postpaid",
        interval_months="12",
        discount_percent="10",
        trial_days="7",
        trial_people="20",
        cycle="anniversary",
        change_rule="carried",
    )
    assert (ahead.timing, ahead.discount_percent, ahead.trial_days, ahead.trial_people) == ("prepaid", 10, 7, 20)
    assert (ahead.cycle, ahead.change_rule) == ("anniversary", "carried")


def test_features_stand_in_two_languages(story: Story, manager: Client) -> None:
    rows = rows_of(
        "features", {"en": "Nine for free", "ru": "Девять бесплатно"}, {"en": "", "ru": ""}, {"en": "Mail", "ru": ""}
    )
    draft = save_tariff(manager, story, audience="Small teams", audience_ru="Небольшим командам", **rows)
    assert draft.features == [{"en": "Nine for free", "ru": "Девять бесплатно"}, {"en": "Mail", "ru": ""}]
    assert (draft.audience_in("ru"), draft.features_in("ru")) == ("Небольшим командам", ["Девять бесплатно", "Mail"])


def test_new_version_keeps_product_seller_and_id_whatever_is_posted(story: Story, manager: Client) -> None:
    step(manager, "next_version", Tariff.objects.get(tariff_id="meteor-cloud"))
    draft = Tariff.objects.get(version=2)
    address = reverse("admin:billing_tariff_change", args=(draft.pk,))
    assert manager.post(address, fill_tariff_form(story, tariff_id="another", unit_price="649")).status_code == 302
    draft.refresh_from_db()
    assert (draft.tariff_id, draft.unit_price.amount, draft.currency) == ("meteor-cloud", 649, "RUB")


@pytest.mark.parametrize(
    ("name", "model", "first"),
    [
        ("peak", "per_unit", ("1", "0 × 599.00", "₽0.00")),
        ("seats", "per_unit", ("1", "1 × 7.00", "₽7.00")),
        ("quantity", "volume", ("1", "1 × 100.00", "₽100.00")),
        ("flat", "flat", ("any", "", "₽4,900.00")),
        ("year", "flat", ("any", "12 × 4,900.00 − 10%", "₽52,920.00")),
        ("totals", "volume", ("1", "1 × 120.00", "₽120.00")),
    ],
)
def test_preset_fills_the_form_and_shows_its_bills(
    story: Story, manager: Client, name: str, model: str, first: tuple[str, str, str]
) -> None:
    page = manager.get(reverse(ADD), {"preset": name})
    assert page.context["adminform"].form["price_model"].value() == model
    assert bills(page.context["panel"])[0] == first


# --- Sample bills while it is typed -----------------------------------------------------------------------------------------


def test_bills_follow_what_is_typed_before_the_tariff_has_a_name(story: Story, manager: Client) -> None:
    form = fill_tariff_form(
        story, product="", seller="", tariff_id="", name="", unit_price="599", included_quantity="9"
    )
    assert bills(panel(manager, **form)) == [
        ("1", "0 × 599.00", "₽0.00"),
        ("9", "0 × 599.00", "₽0.00"),
        ("10", "10 × 599.00", "₽5,990.00"),
        ("11", "11 × 599.00", "₽6,589.00"),
        ("29", "29 × 599.00", "₽17,371.00"),
        ("30", "30 × 599.00", "₽17,970.00"),
        ("100", "100 × 599.00", "₽59,900.00"),
    ]
    assert Tariff.objects.filter(product__code="meteor").count() == 1


def test_e_a_totals_are_worked_out_with_the_cap_of_the_next_step(story: Story, manager: Client) -> None:
    shown_panel = panel(manager, **fill_tariff_form(story, **ONE_OFF, **E_A, interval_months=""))
    assert [(quantity, total) for quantity, _working, total in bills(shown_panel)] == [
        ("1", "₽120.00"),
        ("9", "₽1,000.00"),
        ("10", "₽1,000.00"),
        ("11", "₽1,100.00"),
        ("29", "₽2,500.00"),
        ("30", "₽2,500.00"),
        ("100", "₽8,333.33"),
    ]
    assert (shown_panel.period, shown_panel.falls, shown_panel.findings) == ("paid once", [], [])


def test_quantities_where_more_costs_less_are_named(story: Story, manager: Client) -> None:
    steps = rows_of("steps", {"from": "1", "unit_price": "100"}, {"from": "10", "unit_price": "80"})
    shown_panel = panel(manager, **fill_tariff_form(story, **ONE_OFF, **steps))
    assert len(shown_panel.falls) == 1
    sentence = shown_panel.falls[0].replace("\xa0", " ")
    for part in ("10", "₽800.00", "9", "₽900.00"):
        assert part in sentence
    assert len(shown_panel.chart.falls) == 1


def test_contradictions_are_said_while_typing(story: Story, manager: Client) -> None:
    steps = rows_of("steps", {"from": "5", "unit_price": "100"})
    assert len(panel(manager, **fill_tariff_form(story, **ONE_OFF, **steps)).findings) == 1
    assert panel(manager, **fill_tariff_form(story, unit_price="abc")).unread is True


def test_preview_of_a_draft_is_the_drafts_alone(story: Story, manager: Client, signed_in: SignIn) -> None:
    draft = save_tariff(manager, story)
    address = reverse("admin:billing_tariff_preview", args=(draft.pk,))
    assert (
        manager.post(address, fill_tariff_form(story, unit_price="100")).context["panel"].bills[2].total == "₽1,000.00"
    )
    draft.refresh_from_db()
    assert draft.unit_price.amount == 799
    published = reverse("admin:billing_tariff_preview", args=(Tariff.objects.order_by("pk")[0].pk,))
    assert manager.post(published, fill_tariff_form(story)).status_code == 403
    assert (
        manager.post(reverse("admin:billing_tariff_preview", args=(99999,)), fill_tariff_form(story)).status_code == 404
    )
    assert manager.get(address).status_code == 405


@pytest.mark.parametrize("group", ["support", "reviewer"])
def test_preview_wants_the_right_to_draft(story: Story, signed_in: SignIn, group: str) -> None:
    assert signed_in(group).post(reverse("admin:billing_tariff_preview"), fill_tariff_form(story)).status_code == 403


def test_preview_wants_the_forms_token(story: Story) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(colleague("product manager"), backend="django.contrib.auth.backends.ModelBackend")
    assert client.post(reverse("admin:billing_tariff_preview"), fill_tariff_form(story)).status_code == 403
    assert Client().post(reverse("admin:billing_tariff_preview"), fill_tariff_form(story)).status_code == 302


# --- Roles ------------------------------------------------------------------------------------------------------------------


def test_role_under_a_published_tariff_stays_paid_and_the_refusal_says_what_to_do(
    story: Story, manager: Client
) -> None:
    role = Role.objects.get(product__code="meteor", code="member")
    form = {"product": role.product_id, "code": "member", "name": "Member", "name_ru": "Участник", "position": "1"}
    answer = manager.post(reverse("admin:accounts_role_change", args=(role.pk,)), form)
    assert plain_refusals(answer.context["adminform"].form.errors["is_paid"]) == [
        (
            "Tariffs of this product have been published, and whether this role is paid is part of them. Make a new role and "
            "give it to those whom it is meant for."
        )
    ]
    renamed = manager.post(
        reverse("admin:accounts_role_change", args=(role.pk,)), {**form, "is_paid": "on", "name": "Colleague"}
    )
    role.refresh_from_db()
    assert (renamed.status_code, role.name, role.is_paid) == (302, "Colleague", True)
