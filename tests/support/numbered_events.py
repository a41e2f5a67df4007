"""Events told apart by a number in them, and the numbers that a receiver heard, in their order."""

from datetime import datetime

from billing.models import Event
from billing.operations.events import outbox
from tests.support.people import Party, at
from tests.support.receivers import Receiver

NOON = at("2026-04-10 12:00")


def emit_renewal(party: Party, note: int, now: datetime = NOON) -> Event:
    return outbox.emit("subscription.renewed", at=now, data={"note": note}, subscription=party.subscription)


def notes(receiver: Receiver) -> list[int]:
    return [call["data"]["note"] for call in receiver.payloads]
