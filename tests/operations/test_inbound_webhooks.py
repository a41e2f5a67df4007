"""The address at which payment providers report: who may, what it answers, and that 200 means that the effect is kept."""

from typing import Any, ClassVar

import pytest
from django.db import DatabaseError
from django.test import Client

from billing.gateways import registry
from billing.gateways.base import ProviderError
from billing.operations.collection import provider_reports
from billing.sandbox.sample_bank import SampleProvider, message, signature
from tests.support.people import Party


@pytest.fixture
def outside() -> Client:
    """A program of somebody else's: it has no cookie, and its failures are answered as in production."""
    return Client(enforce_csrf_checks=True, raise_request_exception=False)


def cancel(outside: Client, till: Party, sign: str = "", address: str = "/webhooks/sample/") -> Any:
    body = message("subscription.cancelled", till.subscription.public_id)
    headers = {"Sample-Signature": sign or signature(body)}
    return outside.post(address, body, content_type="application/json", headers=headers)


def test_c5_a_report_is_taken_without_sign_in_cookie_or_form_token(till: Party, outside: Client) -> None:
    answer = cancel(outside, till)
    assert (answer.status_code, answer.content, dict(answer.cookies)) == (200, b"ok", {})
    assert str(till.fresh.cancel_date) == "2026-05-10"


@pytest.mark.parametrize("name", ["nobody", "Sample", "sample%00", "stripe%0a", "%D0%B1%D0%B0%D0%BD%D0%BA", "x" * 500])
def test_an_unknown_provider_is_not_found(till: Party, outside: Client, name: str) -> None:
    assert cancel(outside, till, address=f"/webhooks/{name}/").status_code == 404
    assert till.fresh.cancel_date is None


@pytest.mark.parametrize("sign", ["0" * 64, "подпись", "\xff"])
def test_a_false_signature_is_turned_away_whatever_it_is_made_of(till: Party, outside: Client, sign: str) -> None:
    assert cancel(outside, till, sign).status_code == 403
    assert till.fresh.cancel_date is None


@pytest.mark.parametrize("failure", [ProviderError("silent"), DatabaseError("gone"), KeyError("surprise")])
def test_what_could_not_be_kept_is_asked_for_again_and_then_kept(
    till: Party, outside: Client, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    def fail(**_report: object) -> int:
        raise failure

    with monkeypatch.context() as patched:
        patched.setattr(provider_reports, "process_messages", fail)
        answer = cancel(outside, till)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert till.fresh.cancel_date is None
    assert cancel(outside, till).status_code == 200
    assert str(till.fresh.cancel_date) == "2026-05-10"


def test_a_body_beyond_measure_is_refused_for_good(outside: Client, till: Party, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    assert cancel(outside, till, "0" * 64).status_code == 400


def test_nobody_reads_at_that_address(outside: Client, till: Party) -> None:
    assert outside.get("/webhooks/sample/").status_code == 405


# --- The registry ------------------------------------------------------------------------------------------------------


class DollarBank(SampleProvider):
    """A provider as a setting would name it: offered where it has its key."""

    code = "dollar"
    currencies = frozenset({"USD"})
    key: ClassVar[str] = ""

    @classmethod
    def from_settings(cls) -> "DollarBank | None":
        return cls() if cls.key else None


def test_providers_are_those_of_the_setting_that_have_their_keys_in_its_order(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PAYMENT_PROVIDERS = [f"{__name__}.DollarBank", *settings.PAYMENT_PROVIDERS]
    assert list(registry.providers()) == ["sample"]
    monkeypatch.setattr(DollarBank, "key", "secret")
    assert list(registry.providers()) == ["dollar", "sample"]
    by_currency = [registry.provider_for(currency) for currency in ("USD", "RUB", "JPY")]
    assert [provider.code if provider else None for provider in by_currency] == ["dollar", "sample", None]


def test_without_the_setting_nobody_takes_payments(settings: Any) -> None:
    settings.PAYMENT_PROVIDERS = []
    assert (registry.providers(), registry.provider_for("RUB")) == ({}, None)
