"""D5: any history of people, roles and terms, delivered in any order and with any repeats, costs what the ordered one costs.

Each history is lived twice by two customers: one reports everything the moment it happens, the other keeps reports back and
sends them late, out of order, some of them twice. Changes of terms are made at their own instants by both. `HISTORIES` in the
environment makes more of them; the number of a failing one is in its name.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

import pytest

from accounts.models import Member
from billing.errors import Refusal
from billing.models import Charge, CreditNote
from billing.operations.subscriptions import plan_changes
from billing.operations.subscriptions.quotes import TermsRequest
from tests.support.people import Party, at, party

HISTORIES = int(os.environ.get("HISTORIES", "2"))
START = at("2026-04-01 00:00")
PROFILES = {
    "meteor": {"tariff_id": "meteor-cloud"},
    "blue": {"product": "blue", "tariff_id": "blue-monthly", "trial": False, "currency": "USD"},
    "blue by the year": {"product": "blue", "tariff_id": "blue-annual", "trial": False, "currency": "USD"},
    "cyberos": {"product": "cyberos", "tariff_id": "scale", "trial": False},
}
ROLES = {"meteor": ["member", "administrator"], "blue": ["team_member", "client"], "cyberos": ["member"]}
TARIFFS = {"cyberos": ["build", "scale"]}


@dataclass(frozen=True)
class Fact:
    """Something that happens at ``at``: a report about ``who``, a change of terms, or its undoing. ``heard_at``: when the customer
    who reports late sends it."""

    at: datetime
    kind: str
    who: str = ""
    status: str = ""
    role: str = ""
    heard_at: datetime | None = None


def write_history(rng: Random, profile: str) -> list[Fact]:
    product = PROFILES[profile].get("product", "meteor")
    instants = sorted(rng.sample(range(60 * 24 * 40), 24))
    facts = []
    for minute in instants:
        happened = START + timedelta(minutes=minute, hours=9)
        chance = rng.random()
        if product in TARIFFS and chance < 0.15:
            facts.append(Fact(happened, rng.choice(["terms", "undo"]), who=rng.choice(TARIFFS[product])))
            continue
        heard_at = happened + timedelta(minutes=rng.randrange(1, 60 * 24 * 20)) if rng.random() < 0.5 else None
        facts.append(
            Fact(
                happened,
                "report",
                f"p{rng.randrange(4)}",
                rng.choice(["active", "active", "active", "blocked", "removed", "invited"]),
                rng.choice(ROLES[product]),
                heard_at,
            )
        )
    return facts


def live(shop: Party, facts: list[Fact], rng: Random | None) -> None:
    """Lives the history: as it happens without ``rng``, else with the reports that are heard late, some of them twice."""
    deliveries = [(fact.at, number, fact, False) for number, fact in enumerate(facts)]
    if rng is not None:
        deliveries = []
        for number, fact in enumerate(facts):
            late = fact.heard_at is not None
            deliveries.append((fact.heard_at or fact.at, number, fact, late))
            if late and rng.random() < 0.4:
                deliveries.append((deliveries[-1][0] + timedelta(days=rng.randrange(1, 9)), number, fact, True))
    for now, _number, fact, is_late in sorted(deliveries, key=lambda row: row[:2]):
        shop.close(now)
        if fact.kind == "report":
            shop.tell(fact.who, fact.status, now, role=fact.role, occurred_at=fact.at if is_late else None)
            continue
        try:
            if fact.kind == "undo":
                plan_changes.undo_change(subscription=shop.fresh, as_of=now, actor="anna")
            else:
                request = TermsRequest(tariff_id=fact.who, when="now")
                plan_changes.change_terms(subscription=shop.fresh, request=request, as_of=now, actor="anna")
        except Refusal:
            pass  # nothing to undo, or the terms it is on: refused to both
    shop.close(START + timedelta(days=75))


def cost(shop: Party) -> int:
    """What the subscription cost: its charges less what credit notes gave back of changes that were undone."""
    charged = sum(Charge.objects.filter(subscription=shop.subscription).values_list("amount_minor", flat=True))
    notes = CreditNote.objects.filter(account=shop.account).exclude(entry__charge__isnull=False)
    return charged - sum(notes.values_list("total_minor", flat=True))


def states(shop: Party) -> Iterator[tuple[str, str, str]]:
    rows = Member.objects.filter(instance=shop.instance).exclude(external_id="u-1").select_related("role")
    for row in rows.order_by("external_id"):
        yield row.external_id, row.status, row.role.code


@pytest.mark.parametrize("number", range(HISTORIES))
@pytest.mark.parametrize("profile", PROFILES)
def test_d5_the_order_of_arrival_does_not_matter(profile: str, number: int) -> None:
    rng = Random(f"{profile} {number}")
    facts = write_history(rng, profile)
    ordered = party("ordered", START, **PROFILES[profile])
    late = party("late", START, **PROFILES[profile])
    if profile == "meteor":  # so that four more cross the quota
        ordered.activate(7, START + timedelta(hours=1))
        late.activate(7, START + timedelta(hours=1))
    live(ordered, facts, None)
    live(late, facts, rng)
    assert list(states(late)) == list(states(ordered))
    assert cost(late) == cost(ordered)
