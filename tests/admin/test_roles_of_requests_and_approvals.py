"""Who may do the acts on requests, offers, reliefs, approvals and payment attempts: each cell tried on the server."""

import pytest
from django.test import Client
from django.urls import reverse

from billing.models import Approval, CustomerRequest, Offer, Payment, PaymentAttempt, Relief
from billing.operations import staff_roles
from billing.operations.settlement import reliefs
from tests.support.acting import act_url
from tests.support.staff_queue import LATE, ask, attempt, client_of, in_debt, large_adjustment, offer, proof
from tests.support.story import Story

ALWAYS = {"administrator", "superuser"}
BOTH = {"support", "finance"}
# model, act: who may besides an administrator.
MAY = {
    ("customerrequest", "carry_out"): {"support"},  # of a termination, which the target is
    ("customerrequest", "decline_request"): BOTH,
    ("customerrequest", "grant_relief"): BOTH,
    ("customerrequest", "record_payment"): BOTH,
    ("customerrequest", "send_offer"): BOTH,
    ("relief", "withdraw_relief"): BOTH,
    ("offer", "withdraw_offer"): BOTH,
    ("offer", "record_offer_payment"): BOTH,
    ("approval", "approve"): {"finance"},
    ("approval", "reject"): {"finance"},
    ("paymentattempt", "ask_provider"): BOTH,
    ("paymentattempt", "record_payment"): BOTH,
    ("subscription", "send_offer"): BOTH,
}
LISTS = ("customerrequest", "relief", "offer", "approval", "paymentattempt")


def targets(story: Story) -> dict[str, object]:
    termination, sent, waiting, tried = ask(story, "termination"), offer(story), large_adjustment(story), attempt(story)
    in_debt()
    relief = reliefs.grant_relief(
        instance=story.cloud, ends_at=LATE.replace(hour=20), reason="417", as_of=LATE, actor="sergey@work.example"
    )
    return {
        "customerrequest": termination.pk,
        "relief": relief.pk,
        "offer": sent.pk,
        "approval": waiting.pk,
        "paymentattempt": tried.pk,
        "subscription": story.cloud.subscriptions.get().pk,
    }


@pytest.mark.parametrize("group", [*staff_roles.GROUPS, "superuser", "nobody"])
def test_every_act_is_open_to_its_groups_and_to_nobody_else(story: Story, group: str) -> None:
    keys, client = targets(story), client_of(group)
    wrong = []
    for (model, act), allowed in MAY.items():
        address = act_url(f"billing_{model}", act, keys[model])
        expected = group in allowed | ALWAYS
        answers = (client.get(address), client.post(address, {"preview": "1"}), client.post(address, {"confirm": "1"}))
        wrong += [(model, act, answer.status_code) for answer in answers if (answer.status_code != 403) != expected]
    assert wrong == []


@pytest.mark.parametrize("group", [*staff_roles.GROUPS, "nobody"])
def test_lists_are_looked_into_by_those_whose_work_it_is(story: Story, group: str) -> None:
    client = client_of(group)
    for model in LISTS:
        status = client.get(reverse(f"admin:billing_{model}_changelist")).status_code
        assert status == (200 if group in BOTH | ALWAYS else 403), (group, model)


@pytest.mark.parametrize("kind", ["termination", "proof_of_payment"])
def test_what_was_asked_is_carried_out_by_who_may_do_the_act_itself(story: Story, kind: str) -> None:
    request = proof(story) if kind == "proof_of_payment" else ask(story, kind)
    address = act_url("billing_customerrequest", "carry_out", request.pk)
    expected = 200 if kind == "proof_of_payment" else 403
    assert client_of("finance").get(address).status_code == expected
    assert client_of("support").get(address).status_code == 200


def test_forged_forms_write_nothing(story: Story) -> None:
    keys, client = targets(story), client_of("superuser")
    models = (CustomerRequest, Relief, Offer, Approval, PaymentAttempt, Payment)
    before = [list(model._default_manager.order_by("pk").values()) for model in models]
    for model in LISTS:
        forged = {"outcome": "done", "pay_minor": "1", "decision": "approved", "status": "succeeded", "_save": "1"}
        for name, args in (("change", (keys[model],)), ("delete", (keys[model],)), ("add", ())):
            answer = client.post(reverse(f"admin:billing_{model}_{name}", args=args), {**forged, "post": "yes"})
            assert answer.status_code == 403, (model, name)
    for model, act in MAY:
        typed = {"confirm": "1", "seal": "0" * 64, "comment": "x", "reason": "x", "answer": "x", "reference": "x"}
        client.post(act_url(f"billing_{model}", act, keys[model]), typed)
    assert [list(model._default_manager.order_by("pk").values()) for model in models] == before


def test_search_finds_offers_requests_and_tries_to_pay(story: Story) -> None:
    sent, asked, tried = offer(story), ask(story, "termination"), attempt(story)
    support: Client = client_of("support")
    for clue, address in (
        (sent.number, f"/admin/billing/offer/{sent.pk}/change/"),
        (asked.public_id, f"/admin/billing/customerrequest/{asked.pk}/change/"),
        (tried.external_id, f"/admin/billing/paymentattempt/{tried.pk}/change/"),
    ):
        page = support.get(reverse("admin:search"), {"s": clue}).content.decode()
        assert address in page, clue
        assert address not in client_of("product manager").get(reverse("admin:search"), {"s": clue}).content.decode()
