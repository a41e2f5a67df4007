"""What the tests of saved payment methods do again and again: Anna leaves a card, the card is charged, mails are counted."""

from datetime import datetime

from billing.models import Notice, PaymentAttempt, SavedMethod
from billing.operations.collection import checkout, payment_methods
from billing.sandbox import sample_bank as sample
from tests.support.people import Party, at

ANNA = "anna@romashka.example"
START = at("2026-04-10 12:00")


def pay_and_keep(party: Party, card: str = "4242", now: datetime = START, sum_: int = 100) -> SavedMethod:
    """Anna pays a rouble at the screen and leaves the card."""
    order = checkout.PaymentOrder(sum_, saves_method=True)
    attempt = checkout.start_payment(account=party.account, order=order, as_of=now, user_email=ANNA)
    sample.decide(attempt.external_id, "succeeded", card)
    assert checkout.sync_attempt(attempt=attempt, as_of=now).status == "succeeded"
    method = payment_methods.active_method(party.account)
    assert method is not None
    return method


def charge(party: Party, fact: str = "renewal:1", sum_: int = 9_000, now: datetime = START) -> PaymentAttempt:
    attempt = checkout.charge_saved(
        account=party.account, amount_minor=sum_, fact=fact, description="Renewal", as_of=now
    )
    assert attempt is not None
    return attempt


def outcome(attempt: PaymentAttempt) -> tuple[str, str]:
    return attempt.status, attempt.reason


def mails(kind: str) -> list[str]:
    return sorted(Notice.objects.filter(kind=kind).values_list("recipient", flat=True))
