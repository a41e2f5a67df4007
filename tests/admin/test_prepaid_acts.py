"""What support does to a prepaid subscription for its owner: shown first, with a reason, to the kopeck of the owner's quote."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client

from billing.models import AuditRecord, Collection, SubscriptionChange, TermsChange
from billing.operations.run import billing_run
from billing.operations.subscriptions import plan_changes, trials
from billing.operations.subscriptions.quotes import TermsRequest
from tests.support import people
from tests.support.acting import act_url, confirm, do, errors, preview, rows
from tests.support.people import Party, at, stand_at

SignIn = Callable[[str], Client]
pytestmark = pytest.mark.usefixtures("staffed_installation")


def blue(trial: bool | None = None) -> Party:
    """Blue by the month from 10 April 2026, noon: a trial to the 17th."""
    return people.party(
        product="blue", tariff_id="blue-monthly", now=at("2026-04-10 12:00"), currency="USD", trial=trial
    )


def app(tariff: str = "light") -> Party:
    return people.party(product="evotor-app", tariff_id=tariff, now=at("2026-04-01 12:00"))


def act(party: Party, name: str) -> str:
    return act_url("billing_subscription", name, party.subscription.pk)


def effect_rows(response: Any) -> dict[str, str]:
    return {label.replace("\xa0", " "): text.replace("\xa0", " ") for label, text in rows(response).items()}


def buttons(client: Client, party: Party) -> list[str]:
    page = client.get(f"/admin/billing/subscription/{party.subscription.pk}/change/")
    return [act_row["path"].split("/act/")[1].strip("/") for act_row in page.context["acts"]]


def test_b2_a_trial_is_extended_with_a_reason(signed_in: SignIn) -> None:
    party = blue()
    stand_at(at("2026-04-16 15:00"))
    support, url = signed_in("support"), act(party, "extend_trial")
    assert "reason" in errors(preview(support, url, days="5", reason=""))
    assert "days" in errors(preview(support, url, days="366", reason="Long pilot"))
    shown = preview(support, url, days="5", reason="The pilot team was on leave")
    assert effect_rows(shown)["Trial's last day"] == "22 April 2026"
    assert party.fresh.trial_ends_on == date(2026, 4, 17)
    assert confirm(support, url, shown, days="5", reason="The pilot team was on leave").status_code == 302
    assert party.fresh.trial_ends_on == date(2026, 4, 22)
    [record] = AuditRecord.objects.filter(action="subscription.trial_extended")
    assert (record.actor, record.reason) == ("support@staff.example", "The pilot team was on leave")


def test_d12_a_choice_during_the_trial_begins_the_day_after_it(signed_in: SignIn) -> None:
    party = blue()
    stand_at(at("2026-04-16 15:00"))
    support, url = signed_in("support"), act(party, "choose_tariff")
    typed = {"tariff_id": "blue-monthly", "reason": "Anna by phone"}
    shown = preview(support, url, **typed)
    assert effect_rows(shown)["Paid time begins"] == "18 April 2026"
    assert effect_rows(shown)["First charge, on that day"] == "1 × 7.00 × 13/30 = $3.03 (13 of 30 days)"
    confirm(support, url, shown, **typed)
    party.now_is(at("2026-04-18 00:00"))
    assert party.charges == [303]
    [record] = AuditRecord.objects.filter(action="subscription.tariff_chosen")
    assert record.reason == "Anna by phone"


def test_d12_a_choice_after_the_trial_charges_today_included(signed_in: SignIn) -> None:
    party = blue()
    stand_at(at("2026-04-21 15:00"))
    party.now_is(at("2026-04-21 15:00"))
    support, url = signed_in("support"), act(party, "choose_tariff")
    typed = {"tariff_id": "blue-monthly", "reason": "Anna by phone"}
    shown = effect_rows(preview(support, url, **typed))
    assert shown["Balance"] == "−$2.33"
    assert shown["Access: romashka.example.ru"] == "full"
    assert shown["Next charge"] == "$7.00 · 1 May 2026"
    assert do(support, url, **typed).status_code == 302
    assert (party.charges, party.balance) == ([233], -233)


def test_e_b_other_terms_are_shown_with_what_is_due_and_carried_out(signed_in: SignIn) -> None:
    party = app("light")
    stand_at(at("2026-04-15 10:00"))
    support, url = signed_in("support"), act(party, "change_terms")
    typed = {"tariff_id": "plus", "when": "", "reason": "Anna by phone"}
    shown = preview(support, url, **typed)
    facts = effect_rows(shown)
    assert (facts["Due now"], facts["Next charge"], facts["Balance"]) == ("₽48.00", "₽180.00 · 1 May 2026", "−₽138.00")
    line = "romashka.example.ru: change to Plus, 15–30 April 2026"
    assert facts[line] == "16 × 6.00 − 48.00 = ₽48.00 (48.00 left of 90.00 after 14 days)"
    assert party.fresh.priced_by.tariff_id == "light"
    confirm(support, url, shown, **typed)
    assert (party.fresh.priced_by.tariff_id, party.balance) == ("plus", -13_800)
    [record] = SubscriptionChange.objects.filter(kind="terms_changed")
    assert (record.actor, record.reason) == ("support@staff.example", "Anna by phone")


def test_e7_what_a_cheaper_tariff_gives_up_now_is_shown(signed_in: SignIn) -> None:
    party = app("plus")
    stand_at(at("2026-04-15 10:00"))
    support, url = signed_in("support"), act(party, "change_terms")
    facts = effect_rows(preview(support, url, tariff_id="light", when="now", reason="Asked for"))
    assert (facts["Due now"], facts["Given up, not refunded"]) == ("₽0.00", "₽48.00")
    later = effect_rows(preview(support, url, tariff_id="light", when="", reason="Asked for"))
    assert (later["Takes effect"], later["Due now"]) == ("1 May 2026", "₽0.00")
    assert "Given up, not refunded" not in later


def test_g10_the_effect_of_yesterday_is_shown_anew_and_not_done(signed_in: SignIn) -> None:
    party = app("light")
    stand_at(at("2026-04-15 23:59"))
    support, url = signed_in("support"), act(party, "change_terms")
    typed = {"tariff_id": "plus", "when": "now", "reason": "Anna by phone"}
    shown = preview(support, url, **typed)
    stand_at(at("2026-04-16 00:00"))
    again = confirm(support, url, shown, **typed)
    assert (again.status_code, effect_rows(again)["Due now"]) == (200, "₽45.00")
    assert party.balance == -9000


def test_e6_more_terminals_and_d6_taking_them_back_on_the_day(signed_in: SignIn) -> None:
    party = people.party(product="evotor-app", tariff_id="base", now=at("2026-04-01 12:00"), quantity=5)
    stand_at(at("2026-04-16 12:00"))
    support = signed_in("support")
    facts = effect_rows(preview(support, act(party, "change_terms"), quantity="8", when="", reason="Three more tills"))
    assert (facts["Quantity"], facts["Due now"]) == ("8 terminals", "₽150.00")
    do(support, act(party, "change_terms"), tariff_id="", quantity="8", when="", reason="Three more tills")
    assert (party.fresh.quantity, party.balance) == (8, -65_000)
    assert "undo_change" in buttons(support, party)
    do(support, act(party, "undo_change"), reason="Wrong shop")
    assert (party.fresh.quantity, party.balance) == (5, -50_000)
    assert AuditRecord.objects.get(action="subscription.change_undone").reason == "Wrong shop"
    stand_at(at("2026-04-17 00:00"))
    assert "undo_change" not in buttons(support, party)


def test_d7_a_scheduled_change_is_called_off(signed_in: SignIn) -> None:
    party = app("plus")
    wish = TermsRequest(tariff_id="light")
    plan_changes.change_terms(subscription=party.subscription, request=wish, as_of=at("2026-04-15 10:00"), actor="anna")
    stand_at(at("2026-04-20 10:00"))
    support = signed_in("support")
    assert (
        effect_rows(preview(support, act(party, "undo_change"), reason="Anna by mail"))["Scheduled change"]
        == "called off"
    )
    do(support, act(party, "undo_change"), reason="Anna by mail")
    assert TermsChange.objects.waiting().count() == 0
    [record] = AuditRecord.objects.filter(action="subscription.change_called_off")
    assert record.reason == "Anna by mail"


def test_c4_cancelled_and_taken_back(signed_in: SignIn) -> None:
    party = people.party(product="cyberos", tariff_id="build", now=at("2026-04-10 12:00"))
    stand_at(at("2026-04-15 12:00"))
    support = signed_in("support")
    facts = effect_rows(preview(support, act(party, "cancel_subscription"), reason="Anna by phone"))
    assert (facts["Works to"], facts["Ends"]) == ("9 May 2026", "10 May 2026")
    do(support, act(party, "cancel_subscription"), reason="Anna by phone")
    assert party.fresh.cancel_date == date(2026, 5, 10)
    assert {"undo_cancel", "cancel_subscription"} & set(buttons(support, party)) == {"undo_cancel"}
    facts = effect_rows(preview(support, act(party, "undo_cancel"), reason="Changed her mind"))
    assert facts["Next charge"] == "₽4,900.00 · 10 May 2026"
    do(support, act(party, "undo_cancel"), reason="Changed her mind")
    assert party.fresh.cancel_date is None
    records = AuditRecord.objects.filter(action__startswith="subscription.cancel").order_by("pk")
    assert list(records.values_list("action", "reason")) == [
        ("subscription.cancelled", "Anna by phone"),
        ("subscription.cancel_undone", "Changed her mind"),
    ]


def test_m12_terminating_paid_time_says_that_nothing_is_refunded(signed_in: SignIn) -> None:
    party = people.party(product="cyberos", tariff_id="build", now=at("2026-04-10 12:00"))
    stand_at(at("2026-04-15 12:00"))
    support, url = signed_in("support"), act(party, "terminate_subscription")
    assert "nothing is refunded" in support.get(url).content.decode()
    typed = {"requested_by": "Anna, anna@romashka.example", "reason": "Left for good"}
    shown = preview(support, url, **typed)
    assert effect_rows(shown)["Refunded"] == "nothing, though it is charged to 9 May 2026"
    assert effect_rows(shown)["Access: romashka.example.ru"] == "read-only"
    confirm(support, url, shown, **typed)
    assert (party.fresh.terminated_at, party.balance) == (at("2026-04-15 12:00"), -490_000)
    assert buttons(support, party) == []


def test_e8_support_tries_to_collect_without_waiting_for_ten(signed_in: SignIn) -> None:
    party = app("light")
    party.pay("100.00", at("2026-04-02 12:00"))
    stand_at(at("2026-04-25 09:00"))
    support, url = signed_in("support"), act(party, "collect_renewal")
    assert "collect_renewal" not in buttons(support, party)
    assert "from 26\\xa0April\\xa02026 on" in str(errors(preview(support, url, reason="Anna waits")))
    stand_at(at("2026-04-26 09:00"))
    shown = preview(support, url, reason="Anna waits")
    facts = effect_rows(shown)
    assert (facts["It costs"], facts["From the balance"]) == ("₽90.00", "₽10.00")
    assert facts["From a saved method"] == "none is saved: the try will fail, and the owner is told"
    assert Collection.objects.count() == 0
    assert confirm(support, url, shown, reason="Anna waits").status_code == 302
    assert [row.outcome for row in Collection.objects.all()] == ["no_method"]
    assert AuditRecord.objects.get(action="subscription.collected").after == {"outcome": "no_method"}
    assert "Today's try has been made" in str(errors(preview(support, url, reason="Once more")))
    party.pay("80.00", at("2026-04-26 09:30"))
    billing_run.collect_renewals(as_of=at("2026-04-26 09:31"))
    assert party.balance == 0


def test_a_new_subscription_by_quantity_without_its_trial_and_of_a_free_product(signed_in: SignIn) -> None:
    support = signed_in("support")
    party = blue()
    plan_changes.cancel_subscription(subscription=party.subscription, as_of=at("2026-04-11 12:00"), actor="anna")
    party.now_is(at("2026-04-20 12:00"))
    stand_at(at("2026-04-20 12:00"))
    url = act_url("accounts_instance", "create_subscription", party.instance.pk)
    assert "reason" in errors(preview(support, url, tariff_id="blue-monthly", trial="no", reason=""))
    used = preview(support, url, tariff_id="blue-monthly", trial="yes", reason="Back again")
    assert "has been used already" in str(errors(used))
    facts = effect_rows(preview(support, url, tariff_id="blue-monthly", trial="no", reason="Back again"))
    assert (facts["Charged at once"], facts["Next charge"]) == ("$2.57", "$7.00 · 1 May 2026")
    do(support, url, tariff_id="blue-monthly", trial="no", reason="Back again")
    created = SubscriptionChange.objects.filter(kind="created").order_by("pk").last()
    assert created is not None
    assert created.reason == "Back again"


def test_e4_a_one_off_is_bought_by_its_quantity(signed_in: SignIn) -> None:
    party = people.party(product="evotor-driver", tariff_id="driver", quantity=10)
    stand_at(at("2026-04-02 12:00"))
    support = signed_in("support")
    facts = effect_rows(
        preview(support, act(party, "change_terms"), quantity="30", when="", reason="Twenty more tills")
    )
    assert (facts["Due now"], facts["Quantity"]) == ("₽1,500.00", "30 terminals")
    refused = preview(support, act(party, "change_terms"), quantity="9", when="", reason="Fewer")
    assert "10 are paid for good" in str(errors(refused))
    assert buttons(support, party) == ["change_terms", "terminate_subscription"]


def test_a_choice_made_twice_takes_the_place_of_the_first(signed_in: SignIn) -> None:
    party = blue()
    trials.choose_tariff(
        subscription=party.subscription, tariff_id="blue-annual", as_of=at("2026-04-11 12:00"), actor="anna"
    )
    stand_at(at("2026-04-12 12:00"))
    do(signed_in("support"), act(party, "choose_tariff"), tariff_id="blue-monthly", reason="Anna by phone")
    assert [row.tariff.tariff_id for row in TermsChange.objects.waiting()] == ["blue-monthly"]
