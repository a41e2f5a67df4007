"""A tariff's life in the admin (E2, E3): drafted, reviewed by somebody else, published, never changed again."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Product
from billing.models import AuditRecord, Tariff
from tests.support.acting import act_url, errors, rows
from tests.support.page_text import plain_refusals
from tests.support.story import Story
from tests.support.tariff_forms import ADD, fill_tariff_form, save_tariff, step

SignIn = Callable[[str], Client]


def test_draft_is_made_reviewed_by_another_and_published(story: Story, signed_in: SignIn) -> None:
    author, reviewer = signed_in("product manager"), signed_in("reviewer")
    draft = save_tariff(author, story)
    assert (draft.status, draft.version, draft.author.email) == ("draft", 1, "product-manager@staff.example")
    changed = author.post(
        reverse("admin:billing_tariff_change", args=(draft.pk,)), fill_tariff_form(story, unit_price="699.00")
    )
    assert changed.status_code == 302
    step(author, "submit", draft)
    assert step(reviewer, "send_back", draft, comment="Дороже").status_code == 302
    step(author, "submit", draft)
    published = step(reviewer, "publish", draft)
    assert published.status_code == 302
    draft.refresh_from_db()
    assert (draft.status, draft.unit_price.amount, draft.reviewer.email) == ("published", 699, "reviewer@staff.example")  # type: ignore[union-attr]


def test_comment_of_the_reviewer_stands_above_the_draft_until_it_is_submitted_again(
    story: Story, signed_in: SignIn
) -> None:
    author, reviewer = signed_in("product manager"), signed_in("reviewer")
    draft = save_tariff(author, story)
    address = reverse("admin:billing_tariff_change", args=(draft.pk,))
    step(author, "submit", draft)
    step(reviewer, "send_back", draft, comment="Round the price up to 800.")
    shown = author.get(address).content.decode()
    assert "Sent back by reviewer@staff.example, 12 May 2026 at" in shown.replace("\xa0", " ")
    assert "Round the price up to 800." in shown
    step(author, "submit", draft)
    step(author, "take_back", draft, comment="One more thing")
    assert author.get(address).context["comment"].reason == "One more thing"


def test_author_is_not_the_reviewer_and_the_refusal_says_so(story: Story, signed_in: SignIn) -> None:
    finance = signed_in("finance")
    draft = save_tariff(finance, story)
    step(finance, "submit", draft)
    answer = finance.get(act_url("billing_tariff", "publish", draft.pk))
    assert "You wrote this tariff: somebody else has to review and publish it." in answer.content.decode()
    posted = finance.post(act_url("billing_tariff", "publish", draft.pk), {"confirm": "1", "seal": "x"})
    assert errors(posted) == {"__all__": ["You wrote this tariff: somebody else has to review and publish it."]}
    draft.refresh_from_db()
    assert draft.status == "in_review"


def test_published_tariff_goes_on_as_a_new_version_archived_and_offered_again(story: Story, signed_in: SignIn) -> None:
    tariff = Tariff.objects.get(tariff_id="meteor-cloud")
    manager = signed_in("product manager")
    shown = manager.get(act_url("billing_tariff", "next_version", tariff.pk))
    assert rows(shown) == {"New draft": "meteor-cloud v2"}
    assert Tariff.objects.filter(product__code="meteor").count() == 1
    assert step(manager, "next_version", tariff).status_code == 302
    versions = Tariff.objects.filter(product__code="meteor").order_by("version").values_list("version", "status")
    assert list(versions) == [(1, "published"), (2, "draft")]
    step(manager, "archive", tariff, reason="Новая цена")
    tariff.refresh_from_db()
    assert tariff.status == "archived"
    step(manager, "restore", tariff, reason="Рано")
    tariff.refresh_from_db()
    assert tariff.status == "published"


def test_draft_is_thrown_away_and_a_published_tariff_never(story: Story, signed_in: SignIn) -> None:
    manager = signed_in("product manager")
    draft = save_tariff(manager, story)
    answer = step(manager, "throw_away", draft)
    assert (answer.status_code, answer["Location"]) == (302, reverse("admin:billing_tariff_changelist"))
    assert not Tariff.objects.filter(tariff_id="meteor-team").exists()
    assert AuditRecord.objects.filter(action="tariff.thrown_away", object_id="meteor-team v1").count() == 1
    refused = manager.get(act_url("billing_tariff", "throw_away", Tariff.objects.get(tariff_id="meteor-cloud").pk))
    assert plain_refusals(refused.context["form"].errors["__all__"]) == [
        "This tariff is “published”: the step is not possible from there."
    ]
    assert Tariff.objects.filter(product__code="meteor").count() == 1


@pytest.mark.parametrize("status", ["in_review", "published", "archived"])
def test_tariff_that_is_no_draft_is_changed_by_no_form(story: Story, signed_in: SignIn, status: str) -> None:
    manager, reviewer = signed_in("product manager"), signed_in("reviewer")
    draft = save_tariff(manager, story)
    step(manager, "submit", draft)
    if status != "in_review":
        step(reviewer, "publish", draft)
    if status == "archived":
        step(manager, "archive", draft, reason="Не нужен")
    address = reverse("admin:billing_tariff_change", args=(draft.pk,))
    assert manager.post(address, fill_tariff_form(story, unit_price="1")).status_code == 403
    shown = manager.get(address)
    assert (shown.status_code, b"tariff-editor" in shown.content.split(b"</head>")[1]) == (200, False)
    draft.refresh_from_db()
    assert (draft.status, draft.unit_price.amount) == (status, 799)


def test_life_is_told_on_the_page_with_who_when_and_why(story: Story, signed_in: SignIn) -> None:
    author, reviewer = signed_in("product manager"), signed_in("reviewer")
    draft = save_tariff(author, story)
    step(author, "submit", draft)
    step(reviewer, "send_back", draft, comment="Дороже")
    step(author, "submit", draft)
    step(reviewer, "publish", draft)
    step(author, "archive", draft, reason="Новая цена")
    page = author.get(reverse("admin:billing_tariff_change", args=(draft.pk,)))
    acts = [(row.act, row.actor.split("@")[0], row.reason) for row in page.context["life"]]
    assert acts == [
        ("archived a tariff", "product-manager", "Новая цена"),
        ("published a tariff", "reviewer", ""),
        ("submitted a tariff", "product-manager", ""),
        ("sent a tariff back", "reviewer", "Дороже"),
        ("submitted a tariff", "product-manager", ""),
        ("drafted a tariff", "product-manager", ""),
    ]
    assert {row.at.replace("\xa0", " ") for row in page.context["life"]} == {"12 May 2026 at 15:20"}


def test_tariffs_of_two_products_with_one_id_have_lives_of_their_own(story: Story, signed_in: SignIn) -> None:
    manager = signed_in("product manager")
    other = Product.objects.create(code="other", name="Other")
    namesake = save_tariff(manager, story, product=other.pk, tariff_id="meteor-cloud")
    for tariff, acts in ((namesake, 1), (Tariff.objects.order_by("pk")[0], 3)):
        page = manager.get(reverse("admin:billing_tariff_change", args=(tariff.pk,)))
        assert (len(page.context["life"]), len(page.context["versions"])) == (acts, 1)


@pytest.mark.parametrize("group", ["support", "reviewer"])
def test_who_may_not_draft_sees_no_editor(story: Story, signed_in: SignIn, group: str) -> None:
    draft = save_tariff(signed_in("product manager"), story)
    client = signed_in(group)
    assert client.get(reverse(ADD)).status_code == 403
    shown = client.get(reverse("admin:billing_tariff_change", args=(draft.pk,)))
    assert shown.templates[0].name == "admin/tariffs/read_only.html"
    assert (
        client.post(reverse("admin:billing_tariff_change", args=(draft.pk,)), fill_tariff_form(story)).status_code
        == 403
    )
