"""A saved payment method under many hands at once: one fact is charged once, one message has one effect, one card is active."""

from collections.abc import Iterator

import pytest

from billing.gateways.base import ProviderReport
from billing.models import AuditRecord, Payment, PaymentAttempt, ProviderEvent, SavedMethod
from billing.operations.collection import checkout, method_setup, payment_methods, provider_reports
from billing.sandbox import sample_bank as sample
from billing.sandbox.models import SampleCharge
from tests.support import people
from tests.support.cards import ANNA, START, charge, pay_and_keep
from tests.support.people import Party
from tests.support.processes import at_once, patient

pytestmark = [pytest.mark.pg, pytest.mark.django_db(transaction=True)]
PROCESSES = 8


@pytest.fixture
def till() -> Iterator[Party]:
    people.installation()
    people.stand_at(START)
    yield people.party(now=START, product="evotor-app", tariff_id="light")
    people.assert_books_are_right()


def test_one_fact_is_charged_once_by_eight_processes_while_the_sweep_runs(till: Party) -> None:
    pay_and_keep(till)

    def work() -> str:
        patient(lambda: checkout.sync_undecided(as_of=START))
        return str(patient(lambda: charge(till)).pk)

    assert len(set(at_once([work] * PROCESSES))) == 1
    checkout.sync_undecided(as_of=START)
    assert PaymentAttempt.objects.get(fact="renewal:1").status == "succeeded"
    assert Payment.objects.filter(amount_minor=9_000).count() == 1
    assert SampleCharge.objects.filter(amount_minor=9_000).count() == 1


def test_one_message_of_the_provider_has_its_effect_once(till: Party) -> None:
    method = pay_and_keep(till)
    heard = [ProviderReport("evt-1", "method.removed", method.external_id)]
    assert (
        at_once(
            [lambda: patient(lambda: provider_reports.process_messages(provider="sample", messages=heard, as_of=START))]
            * PROCESSES
        )
        == [1] * PROCESSES
    )
    assert ProviderEvent.objects.count() == 1
    assert AuditRecord.objects.filter(action="method.removed").count() == 1


def test_of_cards_saved_at_the_same_moment_one_is_active(till: Party) -> None:
    rows = [method_setup.start_set_up(account=till.account, as_of=START, user_email=ANNA) for _ in range(PROCESSES)]
    for row in rows:
        sample.decide(row.external_id, "succeeded", "4242")
    at_once([lambda row=row: patient(lambda: method_setup.sync_set_up(set_up=row, as_of=START).status) for row in rows])
    assert SavedMethod.objects.count() == PROCESSES
    assert SavedMethod.objects.filter(removed_at=None).count() == 1
    assert payment_methods.active_method(till.account) is not None
