"""A tariff's life in the admin (E2, E3): drafted, reviewed by somebody else, published, never changed again."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from billing.models import Tariff
from tests.admin.acting import act_url, do, errors, rows
from tests.portal.story import Story

SignIn = Callable[[str], Client]


def typed(story: Story, **changes: Any) -> dict[str, Any]:
    tariff = Tariff.objects.order_by("pk")[0]
    return {
        "product": tariff.product_id, "seller": tariff.seller_id, "tariff_id": "meteor-team", "name": "METEOR Team", "name_ru": "",
        "timing": "postpaid", "metric": "peak_active", "price_model": "per_unit", "unit_price_0": "799.00", "unit_price_1": "RUB",
        "included_quantity": "4", "quota_mode": "all_above", "interval_months": "1", "payment_days": "14", **changes,
    }  # fmt: skip


def step(client: Client, act: str, tariff: Tariff, **form: str) -> Any:
    return do(client, act_url("billing_tariff", act, tariff.pk), **form)


def test_draft_is_made_reviewed_by_another_and_published(story: Story, signed_in: SignIn) -> None:
    author, reviewer = signed_in("product manager"), signed_in("reviewer")
    assert author.post(reverse("admin:billing_tariff_add"), typed(story)).status_code == 302
    draft = Tariff.objects.get(tariff_id="meteor-team")
    assert (draft.status, draft.version, draft.author.email) == ("draft", 1, "product-manager@staff.example")
    changed = author.post(reverse("admin:billing_tariff_change", args=(draft.pk,)), typed(story, unit_price_0="699.00"))
    assert changed.status_code == 302
    step(author, "submit", draft)
    assert step(reviewer, "send_back", draft, comment="Дороже").status_code == 302
    step(author, "submit", draft)
    published = step(reviewer, "publish", draft)
    assert published.status_code == 302
    draft.refresh_from_db()
    assert (draft.status, draft.unit_price.amount, draft.reviewer.email) == ("published", 699, "reviewer@staff.example")  # type: ignore[union-attr]


def test_author_is_not_the_reviewer_and_the_refusal_says_so(story: Story, signed_in: SignIn) -> None:
    finance = signed_in("finance")
    finance.post(reverse("admin:billing_tariff_add"), typed(story))
    draft = Tariff.objects.get(tariff_id="meteor-team")
    step(finance, "submit", draft)
    answer = finance.get(act_url("billing_tariff", "publish", draft.pk))
    assert "You wrote this tariff: somebody else has to review and publish it." in answer.content.decode()
    posted = finance.post(act_url("billing_tariff", "publish", draft.pk), {"confirm": "1", "seal": "x"})
    assert errors(posted) == {"__all__": ["You wrote this tariff: somebody else has to review and publish it."]}
    draft.refresh_from_db()
    assert draft.status == "in_review"


@pytest.mark.parametrize(("price", "currency"), [("0", "RUB"), ("-5", "RUB"), ("10", "USD")])
def test_price_that_no_tariff_can_have_is_an_error_of_the_form(
    story: Story, signed_in: SignIn, price: str, currency: str
) -> None:
    form = typed(story, unit_price_0=price, unit_price_1=currency)
    answer = signed_in("product manager").post(reverse("admin:billing_tariff_add"), form)
    assert answer.status_code == 200
    assert "unit_price" in answer.context["adminform"].form.errors
    assert "METEOR Team" in answer.content.decode()
    assert not Tariff.objects.filter(tariff_id="meteor-team").exists()


def test_published_tariff_goes_on_as_a_new_version_archived_and_offered_again(story: Story, signed_in: SignIn) -> None:
    tariff = Tariff.objects.get()
    manager = signed_in("product manager")
    shown = manager.get(act_url("billing_tariff", "next_version", tariff.pk))
    assert rows(shown) == {"New draft": "meteor-cloud v2"}
    assert Tariff.objects.count() == 1
    assert step(manager, "next_version", tariff).status_code == 302
    assert list(Tariff.objects.order_by("version").values_list("version", "status")) == [(1, "published"), (2, "draft")]
    step(manager, "archive", tariff, reason="Новая цена")
    tariff.refresh_from_db()
    assert tariff.status == "archived"
    step(manager, "restore", tariff, reason="Рано")
    tariff.refresh_from_db()
    assert tariff.status == "published"


def test_tariff_in_review_is_changed_by_no_form(story: Story, signed_in: SignIn) -> None:
    manager = signed_in("product manager")
    manager.post(reverse("admin:billing_tariff_add"), typed(story))
    draft = Tariff.objects.get(tariff_id="meteor-team")
    step(manager, "submit", draft)
    answer = manager.post(reverse("admin:billing_tariff_change", args=(draft.pk,)), typed(story, unit_price_0="1"))
    assert answer.status_code == 403
    draft.refresh_from_db()
    assert draft.unit_price.amount == 799
