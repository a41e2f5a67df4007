"""What is done on the provider's own page comes back by its signed webhook, and has its effect once (C5)."""

from datetime import datetime
from typing import Any

from billing.gateways.base import ProviderReport
from billing.models import AuditRecord, ProviderEvent
from billing.operations.collection import payment_methods, provider_reports
from billing.operations.subscriptions import plan_changes
from tests.support import people
from tests.support.cards import ANNA, START, pay_and_keep
from tests.support.people import Party


def receive_event(type_: Any, subject: str, event_id: str = "evt-1", now: datetime = START) -> int:
    return provider_reports.process_messages(
        provider="sample", messages=[ProviderReport(event_id, type_, subject)], as_of=now
    )


def test_c5_a_plan_cancelled_there_works_to_the_end_of_what_is_paid(till: Party) -> None:
    assert receive_event("subscription.cancelled", till.subscription.public_id) == 1
    assert str(till.fresh.cancel_date) == "2026-05-10"
    assert AuditRecord.objects.get(action="subscription.cancelled").actor == "provider:sample"
    assert till.access(START) == "full"


def test_c5_a_message_delivered_again_does_not_cancel_what_was_taken_back(till: Party) -> None:
    receive_event("subscription.cancelled", till.subscription.public_id)
    plan_changes.undo_cancellation(subscription=till.fresh, as_of=START, actor=ANNA)
    receive_event("subscription.cancelled", till.subscription.public_id)
    assert till.fresh.cancel_date is None
    receive_event("subscription.cancelled", till.subscription.public_id, "evt-2")
    assert str(till.fresh.cancel_date) == "2026-05-10"
    assert ProviderEvent.objects.count() == 2


def test_c5_what_a_rule_refuses_is_heard_and_kept_with_its_code(till: Party) -> None:
    meteor = people.party("sever", START)
    assert receive_event("subscription.cancelled", meteor.subscription.public_id) == 1
    assert ProviderEvent.objects.get().refusal == "not_prepaid"
    assert meteor.fresh.cancel_date is None
    assert receive_event("subscription.cancelled", "sub_unknown", "evt-3") == 0
    assert ProviderEvent.objects.count() == 1


def test_c5_a_card_removed_there_is_charged_no_more_here(till: Party) -> None:
    method = pay_and_keep(till)
    assert [receive_event("method.removed", method.external_id) for _ in range(2)] == [1, 1]
    method.refresh_from_db()
    assert (method.removed_by, payment_methods.active_method(till.account)) == ("provider:sample", None)
    assert AuditRecord.objects.filter(action="method.removed").count() == 1
    assert receive_event("method.removed", "card-unknown") == 0


def test_c5_the_providers_page_is_told_of_the_plans_that_can_be_cancelled(till: Party) -> None:
    people.party("metered", START, customer=till.customer)
    assert [subscription.public_id for subscription in payment_methods.renewing_subscriptions(till.account, START)] == [
        till.subscription.public_id
    ]
    address = payment_methods.open_provider_page(account=till.account, as_of=START)
    assert "/sample-bank/wallet/" in address
