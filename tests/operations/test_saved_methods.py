"""A saved payment method's story: kept with a payment or without one, charged with nobody at the screen, declined with a
reason, waiting for its owner, replaced, removed. Sums are in kopecks."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from billing import tasks
from billing.errors import BillingError
from billing.gateways.base import ProviderError, ProviderMethod, ProviderReport
from billing.models import AuditRecord, Entry, Event, MethodSetUp, Notice, Payment, PaymentAttempt, SavedMethod
from billing.operations import jobs
from billing.operations.collection import checkout, method_setup, method_store, payment_methods, provider_reports
from billing.operations.ledger import posting
from billing.operations.run import billing_run
from billing.operations.subscriptions import plan_changes
from billing.sandbox import sample_bank as sample
from billing.sandbox.models import SampleCard, SampleCharge
from tests.support import people
from tests.support.cards import ANNA, START, charge, mails, outcome, pay_and_keep
from tests.support.people import Party

# --- Kept ------------------------------------------------------------------------------------------------------------


def test_a_card_is_kept_in_the_transaction_of_its_payment_and_its_owner_is_told(till: Party) -> None:
    method = pay_and_keep(till)
    assert (method.title, method.saved_by, method.saved_at) == ("Visa •• 4242", ANNA, START)
    assert str(method.expires_on) == "2029-04-30"
    assert Payment.objects.get().amount_minor == 100
    record = AuditRecord.objects.get(action="method.saved")
    assert (record.actor, record.after["title"]) == (ANNA, "Visa •• 4242")
    assert mails("method_saved") == [ANNA, "buh@romashka.example"]


def test_without_the_wish_to_keep_it_no_card_is_saved(till: Party) -> None:
    attempt = checkout.start_payment(
        account=till.account, order=checkout.PaymentOrder(100), as_of=START, user_email=ANNA
    )
    sample.decide(attempt.external_id, "succeeded", "4242")
    assert checkout.sync_attempt(attempt=attempt, as_of=START).status == "succeeded"
    assert payment_methods.active_method(till.account) is None
    assert SampleCard.objects.count() == 0


def test_a_declined_or_parked_payment_leaves_no_card(till: Party) -> None:
    order = checkout.PaymentOrder(100, saves_method=True)
    declined = checkout.start_payment(account=till.account, order=order, as_of=START, user_email=ANNA)
    sample.decide(declined.external_id, "declined_by_bank", "4242")
    assert checkout.sync_attempt(attempt=declined, as_of=START).status == "failed"
    parked = checkout.start_payment(account=till.account, order=order, as_of=START, user_email=ANNA)
    sample.decide(parked.external_id, "succeeded", "4242")
    SampleCharge.objects.filter(external_id=parked.external_id).update(amount_minor=1)
    assert checkout.sync_attempt(attempt=parked, as_of=START).status == "parked"
    assert (payment_methods.active_method(till.account), Payment.objects.count()) == (None, 0)


def test_a_card_kept_behind_a_second_step_is_the_one_chosen_first(till: Party) -> None:
    order = checkout.PaymentOrder(100, saves_method=True)
    attempt = checkout.start_payment(account=till.account, order=order, as_of=START, user_email=ANNA)
    sample.decide(attempt.external_id, "requires_action", "9995")
    assert checkout.sync_attempt(attempt=attempt, as_of=START).status == "requires_action"
    assert payment_methods.active_method(till.account) is None
    sample.decide(attempt.external_id, "succeeded")
    checkout.sync_attempt(attempt=attempt, as_of=START)
    method = payment_methods.active_method(till.account)
    assert method is not None
    assert method.title == "Mastercard •• 9995"
    assert mails("method_needs_you") == []  # its owner was at the screen


def test_a_new_card_takes_the_place_of_the_old_one(
    till: Party, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    first = pay_and_keep(till)
    with django_capture_on_commit_callbacks(execute=True):
        second = pay_and_keep(till, "9995", START + timedelta(hours=1))
    first.refresh_from_db()
    assert (first.removed_at, first.removed_by) == (START + timedelta(hours=1), "replaced")
    assert payment_methods.active_method(till.account) == second
    assert AuditRecord.objects.filter(action="method.saved").latest("pk").before["title"] == "Visa •• 4242"
    assert list(SampleCard.objects.filter(removed=False).values_list("title", flat=True)) == ["Mastercard •• 9995"]
    assert mails("method_removed") == []


def test_a_card_is_saved_without_paying_anything(till: Party) -> None:
    row = method_setup.start_set_up(account=till.account, as_of=START, user_email=ANNA)
    assert method_setup.sync_set_up(set_up=row, as_of=START).status == "pending"
    sample.decide(row.external_id, "succeeded", "3155")
    assert method_setup.sync_undecided(as_of=START) == 1
    row.refresh_from_db()
    method = payment_methods.active_method(till.account)
    assert method is not None
    assert (row.status, row.method, method.title, method.saved_by) == ("succeeded", method, "Mir •• 3155", ANNA)
    assert Payment.objects.count() == 0
    assert method_setup.sync_set_up(set_up=row, as_of=START).method == method
    assert SavedMethod.objects.count() == 1


def test_a_card_that_the_bank_declines_is_not_saved_and_says_why(till: Party) -> None:
    row = method_setup.start_set_up(account=till.account, as_of=START, user_email=ANNA)
    sample.decide(row.external_id, "card_expired", "4242")
    set_up = method_setup.sync_by_external_id(provider="sample", external_id=row.external_id, as_of=START)
    assert set_up is not None
    assert (set_up.status, set_up.reason, set_up.method) == ("failed", "card_expired", None)
    assert method_setup.sync_by_external_id(provider="sample", external_id="sample-unknown", as_of=START) is None


def test_an_id_that_was_used_before_never_costs_the_payment_it_came_with(till: Party) -> None:
    other = people.party("sever", START, product="evotor-app", tariff_id="light")
    method = pay_and_keep(till)
    provider_method = ProviderMethod(method.external_id, "Visa •• 4242")
    again = {"provider": "sample", "kept_method": provider_method, "as_of": START, "actor": ANNA}
    with transaction.atomic():
        assert method_store.save_method(account=till.account, **again) == method
        assert method_store.save_method(account=other.account, **again) is None
        payment_methods.remove_method(method=method, as_of=START, actor=ANNA)
        assert method_store.save_method(account=till.account, **again) is None
    assert payment_methods.active_method(till.account) is None


def test_where_nobody_takes_payments_no_card_is_saved(till: Party, settings: Any) -> None:
    settings.BILLING_SANDBOX = False
    with pytest.raises(BillingError) as refused:
        method_setup.start_set_up(account=till.account, as_of=START, user_email=ANNA)
    assert refused.value.code == "no_provider"
    assert MethodSetUp.objects.count() == 0


# --- Charged with nobody at the screen ---------------------------------------------------------------------------------


def test_without_a_saved_card_nothing_is_tried(till: Party) -> None:
    attempt = checkout.charge_saved(account=till.account, amount_minor=1, fact="x", description="", as_of=START)
    assert (attempt, PaymentAttempt.objects.count()) == (None, 0)


def test_a_charge_succeeds_at_once_and_pays_what_is_open(till: Party) -> None:
    pay_and_keep(till)
    attempt = charge(till, sum_=8_900)
    assert outcome(attempt) == ("succeeded", "")
    assert attempt.payment is not None
    assert (attempt.payment.amount_minor, attempt.payment.recorded_by) == (8_900, "saved method")
    assert till.invoices[0].open_minor == 0
    assert (till.balance, till.status(START)) == (0, "active")


def test_one_fact_is_charged_once_however_often_it_is_asked_for(till: Party) -> None:
    pay_and_keep(till)
    first = charge(till)
    assert [charge(till, now=START + timedelta(hours=hour)).pk for hour in (0, 1, 48)] == [first.pk] * 3
    assert Payment.objects.filter(amount_minor=9_000).count() == 1
    assert SampleCharge.objects.filter(amount_minor=9_000).count() == 1
    assert charge(till, "renewal:2").pk != first.pk


@pytest.mark.parametrize(("card", "reason"), [("9995", "insufficient_funds"), ("0069", "card_expired")])
def test_a_decline_keeps_its_reason_and_credits_nothing(till: Party, card: str, reason: str) -> None:
    pay_and_keep(till, card)
    assert outcome(charge(till)) == ("failed", reason)
    assert Payment.objects.count() == 1  # the one at the screen
    assert Event.objects.get(type="payment.failed").data["reason"] == reason
    assert mails("payment_failed") == []  # a renewal's tries are told by E8's own notices
    assert payment_methods.active_method(till.account) is not None


def test_a_card_that_the_bank_no_longer_keeps_is_a_decline(till: Party) -> None:
    pay_and_keep(till)
    SampleCard.objects.update(removed=True)
    assert outcome(charge(till)) == ("failed", "card_removed")


def test_what_needs_the_customer_is_written_to_them_once_and_settled_where_they_confirm(till: Party) -> None:
    pay_and_keep(till, "3155")
    attempt = charge(till)
    assert (attempt.status, attempt.settled_at) == ("requires_action", None)
    checkout.sync_undecided(as_of=START + timedelta(minutes=1))
    assert mails("method_needs_you") == [ANNA, "buh@romashka.example"]
    assert f"/payments/{attempt.pk}/" in Notice.objects.filter(kind="method_needs_you")[0].text
    sample.decide(attempt.external_id, "succeeded")
    heard = ProviderReport("evt-1", "payment.changed", attempt.external_id)
    assert provider_reports.process_messages(provider="sample", messages=[heard, heard], as_of=START) == 2
    assert outcome(charge(till)) == ("succeeded", "")
    assert Payment.objects.filter(amount_minor=9_000).count() == 1


def test_while_one_try_is_undecided_no_other_is_begun_for_the_same_matter(till: Party) -> None:
    pay_and_keep(till, "3155")
    monday = charge(till, "renewal:sub:2026-05-10#2026-05-05")
    tuesday = charge(till, "renewal:sub:2026-05-10#2026-05-06", now=START + timedelta(days=1))
    assert tuesday.pk == monday.pk
    sample.decide(monday.external_id, "declined_by_bank")
    wednesday = charge(till, "renewal:sub:2026-05-10#2026-05-07", now=START + timedelta(days=2))
    assert (wednesday.pk, wednesday.status) == (monday.pk, "failed")
    thursday = charge(till, "renewal:sub:2026-05-10#2026-05-08", now=START + timedelta(days=3))
    assert thursday.pk != monday.pk
    assert charge(till, "renewal:sub:2026-06-10#2026-06-05").pk not in (monday.pk, thursday.pk)


def test_another_sum_than_was_asked_for_is_parked_for_support(till: Party, monkeypatch: pytest.MonkeyPatch) -> None:
    pay_and_keep(till)
    honest = sample.SampleProvider.charge_saved

    def takes_more(self: Any, request: Any, method_id: str) -> Any:
        result = honest(self, request, method_id)
        SampleCharge.objects.filter(external_id=result.external_id).update(amount_minor=90_000)
        return result

    monkeypatch.setattr(sample.SampleProvider, "charge_saved", takes_more)
    assert outcome(charge(till)) == ("parked", "90000 RUB")
    assert Payment.objects.count() == 1


# --- The provider does not answer --------------------------------------------------------------------------------------


def test_a_charge_that_never_reached_the_provider_fails_after_ten_minutes(till: Party) -> None:
    pay_and_keep(till, "0000")
    attempt = charge(till)
    assert (attempt.status, attempt.external_id) == ("created", "")
    assert charge(till, "renewal:1#again").pk == attempt.pk
    assert checkout.sync_undecided(as_of=START + timedelta(minutes=9)) == 0
    assert checkout.sync_undecided(as_of=START + timedelta(minutes=10)) == 1
    attempt.refresh_from_db()
    assert outcome(attempt) == ("failed", "provider_silent")
    assert charge(till, "renewal:1#again", now=START + timedelta(minutes=10)).pk != attempt.pk


def test_an_answer_that_was_lost_is_found_by_its_key_and_nothing_is_taken_twice(
    till: Party, monkeypatch: pytest.MonkeyPatch
) -> None:
    pay_and_keep(till)
    honest = sample.SampleProvider.charge_saved

    def takes_and_hangs_up(self: Any, request: Any, method_id: str) -> Any:
        honest(self, request, method_id)
        raise ProviderError("the line is dead")

    monkeypatch.setattr(sample.SampleProvider, "charge_saved", takes_and_hangs_up)
    attempt = charge(till)
    assert (attempt.status, Payment.objects.count()) == ("created", 1)
    assert checkout.sync_undecided(as_of=START + timedelta(days=9)) == 1
    attempt.refresh_from_db()
    assert (attempt.status, attempt.external_id[:7]) == ("succeeded", "sample-")
    assert charge(till).pk == attempt.pk
    assert Payment.objects.filter(amount_minor=9_000).count() == 1


def test_while_the_provider_is_dead_nothing_is_known_and_nothing_changes(
    till: Party, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dead(*_: Any) -> Any:
        raise ProviderError("dead")

    pay_and_keep(till)
    for call in ("charge_saved", "find", "fetch"):
        monkeypatch.setattr(sample.SampleProvider, call, dead)
    attempt = charge(till)
    assert checkout.sync_undecided(as_of=START + timedelta(days=1)) == 0
    attempt.refresh_from_db()
    assert (attempt.status, attempt.settled_at) == ("created", None)


def test_the_sweep_that_was_faster_than_the_charge_itself_is_not_overwritten(
    till: Party, monkeypatch: pytest.MonkeyPatch
) -> None:
    pay_and_keep(till)
    honest = sample.SampleProvider.charge_saved

    def slow(self: Any, request: Any, method_id: str) -> Any:
        result = honest(self, request, method_id)
        assert checkout.sync_undecided(as_of=START) == 1
        return result

    monkeypatch.setattr(sample.SampleProvider, "charge_saved", slow)
    assert outcome(charge(till)) == ("succeeded", "")
    assert Payment.objects.filter(amount_minor=9_000).count() == 1


def test_the_provider_is_never_called_inside_a_transaction(till: Party) -> None:
    pay_and_keep(till)
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        charge(till)
    assert PaymentAttempt.objects.filter(fact__isnull=False).count() == 0


# --- An invoice from the saved method (D17) ----------------------------------------------------------------------------


def test_d17_an_open_invoice_is_paid_from_the_card_once(till: Party) -> None:
    pay_and_keep(till)
    number = till.invoices[0].number
    assert till.invoices[0].open_minor == 8_900
    assert tasks.collect(number) == "succeeded"
    assert tasks.collect(number) == "nothing to collect"
    attempt = PaymentAttempt.objects.get(fact=f"invoice:{number}")
    assert (attempt.amount_minor, attempt.invoice, attempt.settled_at) == (8_900, till.invoices[0], START)
    assert till.invoices[0].open_minor == 0
    assert "billing.tasks.collect" in jobs.ALLOWED


def test_d17_a_declined_invoice_is_told_with_its_reason_and_not_tried_again(till: Party) -> None:
    pay_and_keep(till, "9995")
    number = till.invoices[0].number
    first = payment_methods.collect_invoice(invoice_number=number, as_of=START)
    again = payment_methods.collect_invoice(invoice_number=number, as_of=START + timedelta(days=1))
    assert first == again
    assert first is not None
    assert outcome(first) == ("failed", "insufficient_funds")
    assert mails("payment_failed") == ["buh@romashka.example"]
    assert till.invoices[0].open_minor == 8_900


def test_d17_an_invoice_that_does_not_exist_or_has_no_card_is_left_alone(till: Party) -> None:
    assert payment_methods.collect_invoice(invoice_number="R-2026-999999", as_of=START) is None
    assert payment_methods.collect_invoice(invoice_number=till.invoices[0].number, as_of=START) is None


def test_a_lost_nudge_is_caught_up_but_saving_a_card_pays_no_old_debt(till: Party) -> None:
    pay_and_keep(till, now=START + timedelta(minutes=5))
    assert billing_run.collect_renewals(as_of=START + timedelta(minutes=6)).collections == 0
    later = START + timedelta(days=1)
    plan_changes.change_terms(
        subscription=till.fresh, request=plan_changes.TermsRequest(tariff_id="plus"), as_of=later, actor=ANNA
    )
    assert [invoice.number for invoice in payment_methods.uncollected_invoices(as_of=later)] == [
        till.invoices[1].number
    ]
    assert billing_run.collect_renewals(as_of=later).collections == 1
    assert billing_run.collect_renewals(as_of=later).collections == 0
    assert till.invoices[1].open_minor == 0


# --- Removed -----------------------------------------------------------------------------------------------------------


def test_a_removed_card_is_charged_no_more_and_forgotten_at_the_bank(
    till: Party, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    method = pay_and_keep(till)
    with django_capture_on_commit_callbacks(execute=True):
        payment_methods.remove_method(
            method=method, as_of=START, actor="support@saldo.example", reason="The owner asked by phone"
        )
    assert payment_methods.active_method(till.account) is None
    assert checkout.charge_saved(account=till.account, amount_minor=1, fact="x", description="", as_of=START) is None
    assert SampleCard.objects.get().removed is True
    record = AuditRecord.objects.get(action="method.removed")
    assert (record.actor, record.reason, record.before["title"]) == (
        "support@saldo.example",
        "The owner asked by phone",
        "Visa •• 4242",
    )
    assert mails("method_removed") == [ANNA, "buh@romashka.example"]
    with pytest.raises(BillingError) as refused:
        payment_methods.remove_method(method=method, as_of=START, actor=ANNA)
    assert refused.value.code == "already_removed"


def test_a_bank_that_does_not_answer_does_not_keep_the_card_alive(
    till: Party, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    def dead(*_: Any) -> None:
        raise ProviderError("dead")

    method = pay_and_keep(till)
    monkeypatch.setattr(sample.SampleProvider, "forget", dead)
    with django_capture_on_commit_callbacks(execute=True):
        payment_methods.remove_method(method=method, as_of=START, actor=ANNA)
    assert payment_methods.active_method(till.account) is None


def test_what_was_saved_and_charged_cannot_be_rewritten(till: Party) -> None:
    method = pay_and_keep(till)
    payment_methods.remove_method(method=method, as_of=START, actor=ANNA)
    methods, row = (
        SavedMethod.objects.filter(pk=method.pk),
        method_setup.start_set_up(account=till.account, as_of=START, user_email=ANNA),
    )
    sample.decide(row.external_id, "succeeded")
    method_setup.sync_set_up(set_up=row, as_of=START)
    charged = charge(till)
    forgeries: list[Callable[[], object]] = [
        lambda: methods.update(removed_at=None),
        methods.delete,
        lambda: methods.update(title="Another"),
        lambda: SavedMethod.objects.filter(removed_at=None).update(external_id="card-another"),
        lambda: MethodSetUp.objects.update(status="failed"),
        lambda: PaymentAttempt.objects.filter(pk=charged.pk).update(fact=None),
        lambda: PaymentAttempt.objects.filter(pk=charged.pk).update(method=method),
    ]
    for forgery in forgeries:
        with pytest.raises(IntegrityError), transaction.atomic():
            forgery()


def test_the_ledger_tells_the_money_of_a_card_as_any_other(till: Party) -> None:
    pay_and_keep(till)
    charge(till, sum_=20_000)
    assert Entry.objects.filter(account=till.account, kind="payment").count() == 2
    assert posting.balance(till.account) == 11_100  # 100 + 20 000 - 9 000
