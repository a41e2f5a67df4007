"""What a product manager types into the tariff editor, and the steps of a tariff's life as people take them."""

from datetime import date
from typing import Any

from django.test import Client
from django.urls import reverse

from billing.models import Tariff, TariffMove
from billing.operations.catalogue import subscriber_moves, tariffs
from tests.support.acting import act_url, do
from tests.support.staff import NOW
from tests.support.story import Story

ADD = "admin:billing_tariff_add"


def fill_tariff_form(story: Story, **changes: Any) -> dict[str, Any]:
    """A tariff of its own for METEOR: 799.00 a person at the month's peak, four of them free."""
    first = Tariff.objects.order_by("pk")[0]
    return {
        "product": first.product_id,
        "seller": first.seller_id,
        "tariff_id": "meteor-team",
        "name": "METEOR Team",
        "name_ru": "",
        "price_model": "per_unit",
        "unit_price": "799.00",
        "flat_fee": "",
        "metric": "peak_active",
        "included_quantity": "4",
        "quota_mode": "all_above",
        "interval_months": "1",
        "price_months": "1",
        "discount_percent": "",
        "timing": "postpaid",
        "payment_days": "14",
        "trial_days": "",
        "trial_people": "",
        "cycle": "calendar",
        "change_rule": "period_end",
        "renewal": "invoiced",
        "plan": "",
        "position": "0",
        "audience": "",
        "audience_ru": "",
        **changes,
    }


def rows_of(name: str, *rows: dict[str, str]) -> dict[str, str]:
    """A table of rows as the browser posts it."""
    return {f"{name}-{number}-{column}": text for number, row in enumerate(rows) for column, text in row.items()}


def save_tariff(client: Client, story: Story, **changes: Any) -> Tariff:
    """A draft that was typed and saved."""
    answer = client.post(reverse(ADD), fill_tariff_form(story, **changes))
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    return Tariff.objects.latest("pk")


def step(client: Client, act: str, tariff: Tariff, **form: Any) -> Any:
    """One act of its life, looked at and confirmed."""
    return do(client, act_url("billing_tariff", act, tariff.pk), **form)


def dearer_version(author: Client) -> Tariff:
    """Version 2 of METEOR Cloud, 699.00 a person, handed to the reviewer."""
    assert step(author, "next_version", Tariff.objects.get(tariff_id="meteor-cloud")).status_code == 302
    draft = Tariff.objects.get(version=2)
    page = author.get(reverse("admin:billing_tariff_change", args=(draft.pk,)))
    form = {name: field.value() for name, field in fields_of(page).items()}
    answer = author.post(reverse("admin:billing_tariff_change", args=(draft.pk,)), {**form, "unit_price": "699.00"})
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    step(author, "submit", draft)
    draft.refresh_from_db()
    return draft


def fields_of(page: Any) -> dict[str, Any]:
    """The bound fields of the editor on ``page`` that post one plain value each."""
    form = page.context["adminform"].form
    return {
        field.name: field for field in form if field.name not in ("steps", "features") and field.value() is not None
    }


def move_from(source: Tariff) -> TariffMove:
    """A move of the subscribers of ``source`` to a tariff that was published beside it, decided on 12 May."""
    values = {
        field.name: getattr(source, field.name)
        for field in source._meta.concrete_fields
        if field.name not in ("id", "tariff_id", "status", "author", "reviewer", "published_at", "version")
    }
    draft = tariffs.save_draft(draft=Tariff(**values, tariff_id="moved-to"), user=source.author, as_of=NOW)
    tariffs.submit_tariff(tariff=draft, user=source.author, as_of=NOW)
    assert source.reviewer is not None
    target = tariffs.publish_tariff(tariff=draft, user=source.reviewer, as_of=NOW)
    return subscriber_moves.move_subscribers(
        source=source, target=target, effective_date=date(2026, 7, 1), reason="Test", user=source.author, as_of=NOW
    )
