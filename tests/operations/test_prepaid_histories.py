"""Random lives of prepaid subscriptions (sixty, by `make prove` three hundred), through the operations that real life uses: people come and go, terms
change, are regretted, cancelled; money comes in time, late or not at all; jobs run or stay away. The seed is in the name of
a failure; whatever happened, the books are right, previews were what was charged, and jobs that run twice change nothing."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from django.apps import apps
from django.db import transaction
from django.db.models import Count, Max, Sum

from billing.errors import Refusal
from billing.models import Charge, CreditNote, Payment
from billing.operations.run import billing_run
from billing.operations.settlement import payments
from billing.operations.settlement.payments import NewPayment
from billing.operations.subscriptions import lifecycle, plan_changes, trials
from billing.operations.subscriptions.quotes import TermsRequest
from tests.support import people
from tests.support.people import Party, at

LIVES = int(os.environ.get("LIVES", "60"))
STEPS = (
    billing_run.close_months,
    billing_run.announce_changes,
    billing_run.collect_renewals,
    billing_run.remind,
    billing_run.write_off,
)
ROLES = {"blue": ("team_member", "custom", "client", "view_only"), "cyberos": ("member",), "evotor-app": ("owner",)}
TARIFFS = {
    "blue": ("blue-monthly", "blue-annual"),
    "cyberos": ("build", "build-annual", "scale", "scale-annual"),
    "evotor-app": ("light", "plus", "max", "base"),
}


@dataclass
class Life:
    """One customer's life on ``product``; any act may be refused."""

    rng: Random
    product: str
    now: datetime
    party: Party = field(init=False)

    def __post_init__(self) -> None:
        tariff = self.rng.choice([*TARIFFS[self.product], *(["trial"] if self.product == "cyberos" else [])])
        self.party = people.party(
            product=self.product,
            tariff_id=tariff,
            now=self.now,
            quantity=self.quantity(tariff),
            currency="USD" if self.product == "blue" else "RUB",
            trial=self.rng.choice([None, None, False]) if tariff != "trial" else None,
        )

    def quantity(self, tariff: str) -> int | None:
        return self.rng.randint(1, 12) if tariff == "base" else None

    # --- What may happen -----------------------------------------------------------------------------------------------

    def report(self) -> None:
        status = self.rng.choice(["active", "active", "invited", "blocked", "removed"])
        back = self.rng.choice(
            [None, None, None, timedelta(days=self.rng.randint(0, 40), seconds=self.rng.randrange(86_400))]
        )
        self.party.tell(
            f"u-{self.rng.randint(2, 6)}",
            status,
            self.now,
            role=self.rng.choice(ROLES[self.product]),
            occurred_at=self.now - back if back else None,
        )

    def pay(self) -> None:
        owed = max(-self.party.balance, 0) or 9_000
        sum_ = self.rng.choice([owed, owed, max(owed // 2, 1), owed + self.rng.randrange(1, 40_000)])
        new = NewPayment(amount_minor=sum_, currency=self.party.account.currency, method="bank")
        payments.record_payment(account=self.party.account, new=new, as_of=self.now, actor=people.STAFF)

    def change(self) -> None:
        """What the preview showed is what the act charges and what the balance moves by (G10)."""
        self.party.now_is(self.now)
        tariff = self.rng.choice([None, *TARIFFS[self.product]])
        wish = TermsRequest(
            tariff,
            self.quantity(tariff or self.party.fresh.priced_by.tariff_id),
            self.rng.choice([None, None, "now", "period_end"]),
        )
        balance = self.party.balance
        seen = plan_changes.quote_change(subscription=self.party.subscription, request=wish, as_of=self.now)
        assert self.party.balance == balance
        done = plan_changes.change_terms(
            subscription=self.party.subscription, request=wish, as_of=self.now, actor="anna", quote_token=seen.token
        )
        assert (done.token, self.party.balance) == (seen.token, balance - seen.due_now_minor)
        if self.rng.random() < 0.3:
            plan_changes.undo_change(subscription=self.party.subscription, as_of=self.now, actor="anna")
            assert self.party.balance == balance

    def undo(self) -> None:
        plan_changes.undo_change(subscription=self.party.subscription, as_of=self.now, actor="anna")

    def cancel(self) -> None:
        plan_changes.cancel_subscription(subscription=self.party.subscription, as_of=self.now, actor="anna")

    def undo_cancel(self) -> None:
        plan_changes.undo_cancellation(subscription=self.party.subscription, as_of=self.now, actor="anna")

    def choose(self) -> None:
        tariff = self.rng.choice(TARIFFS[self.product])
        trials.choose_tariff(
            subscription=self.party.subscription,
            tariff_id=tariff,
            quantity=self.quantity(tariff),
            as_of=self.now,
            actor="anna",
        )

    def extend(self) -> None:
        trials.extend_trial(
            subscription=self.party.subscription,
            days=self.rng.randint(1, 9),
            reason="Asked",
            as_of=self.now,
            actor="sergey",
        )

    def come_back(self) -> None:
        tariff = self.rng.choice(TARIFFS[self.product])
        self.party.subscription = lifecycle.create_subscription(
            instance=self.party.instance, tariff_id=tariff, quantity=self.quantity(tariff), as_of=self.now, actor="anna"
        )

    def end(self) -> None:
        if self.rng.random() < 0.2:
            self.party.terminate(self.now)

    def jobs(self) -> None:
        """Everything due happens; access is what it was computed to be before any job had noticed (D3)."""
        people.stand_at(self.now)
        before = (self.party.access(self.now), self.party.status(self.now))
        for step in STEPS:
            assert step(as_of=self.now).set_aside == 0
        assert (self.party.access(self.now), self.party.status(self.now)) == before

    def live(self, acts: int) -> None:
        likely: list[Callable[[], None]] = [
            self.report,
            self.report,
            self.pay,
            self.pay,
            self.change,
            self.change,
            self.choose,
            self.come_back,
            self.undo,
            self.cancel,
            self.undo_cancel,
            self.extend,
            self.end,
            self.jobs,
            self.jobs,
        ]
        for _act in range(acts):
            days = self.rng.choice([0, 0, 1, 3, 7, 15, 31])
            self.now += timedelta(days=days, seconds=self.rng.randrange(40_000))
            if self.rng.random() < 0.2:  # midnight itself
                self.now = self.now.replace(hour=0, minute=0, second=0) + timedelta(days=1)
            with suppress(Refusal):
                self.rng.choice(likely)()
        self.jobs()


def everything() -> dict[str, Any]:
    """How many rows there are of what, the latest of each, and what the accounts hold."""
    counts: dict[str, Any] = {}
    for model in apps.get_app_config("billing").get_models():
        counts[model.__name__] = model._default_manager.aggregate(n=Count("pk"), last=Max("pk"))
    accounts = apps.get_model("billing", "LedgerAccount").objects
    counts["balances"] = list(accounts.order_by("pk").values_list("pk", "balance_minor"))
    counts["turns"] = list(apps.get_model("billing", "Subscription").objects.order_by("pk").values())
    return counts


def proof(life: Life) -> None:
    """What must hold of any life: the books are right, the balance is the sum of its documents, paid time has no holes, and
    the jobs have nothing more to do."""
    people.assert_books_are_right()
    party = life.party
    paid, credited, charged = (
        rows.filter(account=party.account).aggregate(sum=Sum(name))["sum"] or 0
        for rows, name in (
            (Payment.objects, "amount_minor"),
            (CreditNote.objects, "total_minor"),
            (Charge.objects, "amount_minor"),
        )
    )
    assert party.balance == paid + credited - charged
    for subscription in party.instance.subscriptions.all():
        periods = list(subscription.periods.order_by("number"))
        assert all(period.end == other.start for period, other in pairwise(periods))
    before = everything()
    life.jobs()
    assert everything() == before


@contextmanager
def untold() -> Iterator[None]:
    """A transaction that is rolled back in the end, like that of a test."""
    block = transaction.atomic()
    block._from_testcase = True
    with block:
        yield
        transaction.set_rollback(True)


@pytest.mark.parametrize("product", TARIFFS)
@pytest.mark.parametrize("part", range(2))
def test_whatever_happens_in_a_life_the_books_are_right(product: str, part: int) -> None:
    lived = 0
    for number in range(LIVES // 6):
        seed = f"{product}-{part}-{number}"
        with untold():
            rng = Random(seed)
            life = Life(
                rng, product, at("2027-01-01 09:00") + timedelta(days=rng.randrange(430), seconds=rng.randrange(50_000))
            )
            try:
                life.live(acts=5)
                proof(life)
            except Exception as error:
                error.add_note(f"of the life {seed} at {life.now}")
                raise
            lived += 1
    assert lived == LIVES // 6
