"""Doing an act as people do: look at its effect, then confirm what was shown."""

from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from tests.support.page_text import plain_refusals


def act_url(model: str, act: str, pk: object = None) -> str:
    """``model`` as app_model; without ``pk`` an act of the list."""
    return reverse(f"admin:{model}_{act}", args=() if pk is None else (pk,))


def preview(client: Client, url: str, /, **typed: Any) -> Any:
    return client.post(url, {**typed, "preview": "1"})


def confirm(client: Client, url: str, shown: Any, /, **typed: Any) -> Any:
    """Confirms the effect that ``shown`` (the answer of a preview) promised."""
    return client.post(url, {**typed, "confirm": "1", "seal": shown.context["seal"]})


def do(client: Client, url: str, /, **typed: Any) -> Any:
    """Looks and confirms; the answer of the second step."""
    shown = preview(client, url, **typed) if typed else client.get(url)
    assert shown.status_code == 200, shown.context["form"].errors
    return confirm(client, url, shown, **typed)


def rows(response: Any) -> dict[str, str]:
    """The effect as shown: label to the value after."""
    with override("en"):
        return {str(row.label): str(row.after) for row in response.context["effect"]}


def errors(response: HttpResponse) -> dict[str, list[str]]:
    """What the form complains of, field by field, without the links to the rules that refused."""
    assert response.status_code == 422, response.status_code
    with override("en"):
        refused = response.context["form"].errors.items()  # type: ignore[attr-defined]
        return {name: plain_refusals(sentences) for name, sentences in refused}


def messages(response: Any) -> list[str]:
    with override("en"):
        return [str(message) for message in response.context["messages"]]


def cards(client: Client) -> dict[str, Any]:
    answer = client.get("/admin/")
    assert answer.status_code == 200
    from django.utils.translation import override

    with override("en"):
        return {str(card.label): card for card in answer.context["cards"]}
