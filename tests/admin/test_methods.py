"""Saved payment methods in the workbench: looked at, found, and removed with a reason where their owner asks."""

from collections.abc import Callable

from django.test import Client
from django.urls import reverse

from billing.models import AuditRecord, SavedMethod
from billing.operations.collection import checkout, payment_methods
from tests.support.acting import act_url, confirm, errors, preview, rows
from tests.support.staff import NOW
from tests.support.staff_queue import saved_method
from tests.support.story import Story

SignIn = Callable[[str], Client]


def page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_support_sees_what_is_saved_by_whom_and_since_when(story: Story, signed_in: SignIn) -> None:
    method, support = saved_method(story), signed_in("support")
    listed = page(support, reverse("admin:billing_savedmethod_changelist"))
    assert "Visa •• 4242" in listed
    assert "ООО «Ромашка»" in listed
    shown = page(support, reverse("admin:billing_savedmethod_change", args=(method.pk,)))
    for word in ("anna@romashka.example", method.external_id, "Remove the saved method"):
        assert word in shown
    assert "Visa •• 4242" not in page(support, reverse("admin:billing_savedmethod_changelist") + "?state=removed")


def test_removing_it_needs_a_reason_shows_its_effect_and_is_done_once(story: Story, signed_in: SignIn) -> None:
    method, support = saved_method(story), signed_in("support")
    url = act_url("billing_savedmethod", "remove_method", method.pk)
    assert "reason" in errors(preview(support, url, reason=" "))
    shown = preview(support, url, reason="Просьба по телефону")
    assert rows(shown)["Saved method"] == "none"
    assert payment_methods.active_method(story.account) == method
    assert confirm(support, url, shown, reason="Просьба по телефону").status_code == 302
    assert payment_methods.active_method(story.account) is None
    record = AuditRecord.objects.get(action="method.removed")
    assert (record.actor, record.reason) == ("support@staff.example", "Просьба по телефону")
    assert confirm(support, url, shown, reason="Просьба по телефону").status_code == 422
    assert "Remove the saved method" not in page(
        support, reverse("admin:billing_savedmethod_change", args=(method.pk,))
    )


def test_nobody_adds_changes_or_deletes_one_by_a_form(story: Story, signed_in: SignIn) -> None:
    method, boss = saved_method(story), signed_in("superuser")
    assert boss.get(reverse("admin:billing_savedmethod_add")).status_code == 403
    assert boss.post(reverse("admin:billing_savedmethod_delete", args=(method.pk,))).status_code == 403
    assert SavedMethod.objects.get().title == "Visa •• 4242"


def test_an_attempt_says_from_which_method_and_for_what(story: Story, signed_in: SignIn) -> None:
    saved_method(story)
    attempt = checkout.charge_saved(
        account=story.account, amount_minor=658_900, fact="invoice:R-2026-000001", description="Invoice", as_of=NOW
    )
    assert attempt is not None
    support = signed_in("support")
    shown = page(support, reverse("admin:billing_paymentattempt_change", args=(attempt.pk,)))
    assert "Visa •• 4242" in shown
    assert "invoice:R-2026-000001" in shown
    listed = reverse("admin:billing_paymentattempt_changelist")
    assert attempt.external_id in page(support, f"{listed}?how=saved")
    assert attempt.external_id not in page(support, f"{listed}?how=screen")
