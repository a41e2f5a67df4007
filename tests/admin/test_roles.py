"""Who may do which act and look into which list: the matrix, tried on the server and not on the buttons."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from accounts.models import Member
from billing.models import BillingPeriod, Invoice, JobRun, Notice, Payment, Relief, Subscription, Tariff
from billing.operations import staff_roles
from billing.operations.settlement import payments
from tests.support.acting import act_url
from tests.support.staff import GROUPS, NOW, colleague
from tests.support.staff_queue import ask, attempt, large_adjustment, offer, saved_method
from tests.support.story import Story
from tests.support.tariff_forms import move_from

SignIn = Callable[[str], Client]

# act: the groups that may do it; the administrator and a superuser may do everything.
MAY = {
    "record_payment": {"support", "finance"},
    "adjust_balance": {"finance"},
    "billing_addresses": {"support", "finance"},
    "reverse_payment": {"finance"},
    "issue_credit_note": {"finance"},
    "resend_invoice": {"support", "finance"},
    "send_again": {"support", "finance"},
    "choose_tariff": {"support"},
    "extend_trial": {"support"},
    "change_terms": {"support"},
    "undo_change": {"support"},
    "cancel_subscription": {"support"},
    "undo_cancel": {"support"},
    "collect_renewal": {"support", "finance"},
    "terminate_subscription": {"support"},
    "resume_subscription": {"support"},
    "register_instance": {"support"},
    "create_subscription": {"support"},
    "report_member": set(),
    "change_member": set(),
    "delete_instance": set(),
    "submit": {"product manager", "finance"},
    "take_back": {"product manager", "finance"},
    "send_back": {"reviewer", "finance"},
    "publish": {"reviewer", "finance"},
    "archive": {"product manager", "reviewer", "finance"},
    "restore": {"product manager", "reviewer", "finance"},
    "next_version": {"product manager", "finance"},
    "throw_away": {"product manager", "finance"},
    "move_subscribers": {"product manager"},
    "call_off_move": {"product manager"},
    "run_close": {"finance"},
    "retry_work": {"finance"},
    "create_token": set(),
    "revoke_token": set(),
    "add_webhook": set(),
    "change_webhook": set(),
    "new_webhook_secret": set(),
    "pause_webhook": set(),
    "resume_webhook": set(),
    "disable_webhook": set(),
    "enable_webhook": set(),
    "replay_range": set(),
    "send_sample": set(),
    "replay_delivery": set(),
    "carry_out": {"support"},  # of a termination, which is the target
    "decline_request": {"support", "finance"},
    "grant_relief": {"support", "finance"},
    "withdraw_relief": {"support", "finance"},
    "send_offer": {"support", "finance"},
    "withdraw_offer": {"support", "finance"},
    "record_offer_payment": {"support", "finance"},
    "approve": {"finance"},
    "reject": {"finance"},
    "ask_provider": {"support", "finance"},
    "remove_method": {"support", "finance"},
}
ALWAYS = {"administrator", "superuser"}


def urls(story: Story) -> dict[str, str]:
    """One address for every act there is."""
    from billing import clock
    from billing.models import ApiToken
    from billing.operations import api_tokens
    from tests.support.webhook_calls import arrives, endpoint_of

    new = payments.NewPayment(amount_minor=100, currency="RUB", method="cash")
    payment = payments.record_payment(account=story.account, new=new, as_of=NOW, actor="test")
    run = JobRun.objects.create(kind="close", key="100009", attempts=5, started_at=NOW, next_attempt_at=NOW)
    api_tokens.create_token(scope="operator", at=clock.real_now(), actor="test")
    relief = Relief.objects.create(
        instance=story.cloud, starts_at=NOW, ends_at=NOW + timedelta(hours=1), reason="417", granted_by="test"
    )
    tariff = Tariff.objects.get(tariff_id="meteor-cloud")
    targets = {
        "billing_customerrequest": ask(story, "termination").pk,
        "billing_relief": relief.pk,
        "billing_offer": offer(story).pk,
        "billing_approval": large_adjustment(story).pk,
        "billing_paymentattempt": attempt(story).pk,
        "billing_savedmethod": saved_method(story).pk,
        "billing_billingaccount": story.account.pk,
        "billing_payment": payment.pk,
        "billing_jobrun": run.pk,
        "billing_invoice": Invoice.objects.filter(account=story.account).values_list("pk", flat=True)[0],
        "billing_notice": Notice.objects.values_list("pk", flat=True)[0],
        "billing_subscription": Subscription.objects.values_list("pk", flat=True)[0],
        "accounts_instance": story.cloud.pk,
        "accounts_member": Member.objects.values_list("pk", flat=True)[0],
        "billing_tariff": tariff.pk,
        "billing_tariffmove": move_from(tariff).pk,
        "billing_apitoken": ApiToken.objects.values_list("pk", flat=True)[0],
        "billing_webhookendpoint": endpoint_of(story).pk,
        "billing_webhookdelivery": arrives(story, NOW, timedelta(seconds=1)).pk,
    }
    addresses: dict[str, str] = {}
    for model, page in admin.site._registry.items():
        label = f"{model._meta.app_label}_{model._meta.model_name}"
        for act in getattr(page, "acts", ()):
            addresses.setdefault(act.name, act_url(label, act.name, targets[label]))
        for act in getattr(page, "list_acts", ()):
            addresses[act.name] = act_url(label, act.name)
    return addresses


def test_every_act_is_open_to_its_groups_and_to_nobody_else(story: Story, signed_in: SignIn) -> None:
    addresses = urls(story)
    assert set(addresses) == set(MAY), "an act without a row in the matrix"
    wrong = []
    for group in (*GROUPS, "superuser"):
        client = signed_in(group)
        for act, address in addresses.items():
            expected = group in MAY[act] | ALWAYS
            codes = (client.get(address).status_code, client.post(address, {"preview": "1"}).status_code)
            wrong += [(group, act, code) for code in codes if (code != 403) != expected]
    assert wrong == []


def test_nobody_without_staff_rights_reaches_any_page(story: Story) -> None:
    owner = Client()
    owner.force_login(story.anna, backend="django.contrib.auth.backends.ModelBackend")
    idle = Client()
    idle.force_login(colleague("nobody"), backend="django.contrib.auth.backends.ModelBackend")
    for address in urls(story).values():
        assert Client().get(address).status_code == 302
        assert owner.post(address, {"confirm": "1"}).status_code in (302, 403)
        assert idle.post(address, {"confirm": "1"}).status_code == 403
    assert Payment.objects.count() == 1


LISTS = {
    "support": {
        "see": [
            "billing_invoice",
            "billing_auditrecord",
            "billing_apitoken",
            "billing_webhookendpoint",
            "billing_webhookdelivery",
        ],
        "not": ["billing_entry", "billing_posting", "accounts_user"],
    },
    "finance": {
        "see": ["billing_invoice", "billing_entry", "billing_posting"],
        "not": [
            "billing_apitoken",
            "billing_webhookendpoint",
            "billing_webhookdelivery",
            "accounts_user",
            "auth_group",
        ],
    },
    "product manager": {"see": ["billing_tariff", "accounts_role"], "not": ["billing_invoice", "accounts_customer"]},
    "reviewer": {"see": ["billing_tariff"], "not": ["billing_payment", "billing_auditrecord"]},
    "administrator": {"see": ["billing_posting", "billing_apitoken", "accounts_user"], "not": ["mfa_authenticator"]},
}


@pytest.mark.parametrize("group", GROUPS)
def test_lists_of_a_group_are_those_of_its_work(story: Story, signed_in: SignIn, group: str) -> None:
    client = signed_in(group)
    for label in LISTS[group]["see"]:
        assert client.get(reverse(f"admin:{label}_changelist")).status_code == 200, label
    for label in LISTS[group]["not"]:
        assert client.get(reverse(f"admin:{label}_changelist")).status_code == 403, label


def test_users_and_groups_are_changed_by_superusers_alone(story: Story, signed_in: SignIn) -> None:
    address = reverse("admin:accounts_user_change", args=(story.boris.pk,))
    forged = {"email": story.boris.email, "locale": "ru", "is_active": "on", "is_staff": "on", "is_superuser": "on"}
    assert signed_in("administrator").get(address).status_code == 200
    assert signed_in("administrator").post(address, forged).status_code == 403
    assert signed_in("administrator").get(reverse("admin:accounts_user_add")).status_code == 403
    story.boris.refresh_from_db()
    assert not story.boris.is_staff
    assert signed_in("superuser").get(reverse("admin:accounts_user_add")).status_code == 200


def test_roles_may_be_made_again_and_take_back_what_was_given_by_hand(story: Story) -> None:
    support = Group.objects.get(name="support")
    support.permissions.add(Permission.objects.get(codename="reverse_payment"))
    first, second = staff_roles.ensure_groups(), staff_roles.ensure_groups()
    assert first == second
    assert not support.permissions.filter(codename="reverse_payment").exists()
    assert BillingPeriod.objects.exists()


@pytest.mark.django_db
def test_a_right_is_called_in_the_readers_language_and_stored_in_english() -> None:
    with override("ru"):
        staff_roles.ensure_groups()
        assert staff_roles.act_name("record_payment") != "Record payments"
        assert staff_roles.group_name("support") != "support"
        assert staff_roles.group_name("night shift") == "night shift"
    assert Permission.objects.get(codename="record_payment").name == "Record payments"
