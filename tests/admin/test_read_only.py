"""Money and what is append-only is looked at and never typed over, by anybody; the forged form is refused as well."""

from collections.abc import Callable

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.test import Client, RequestFactory
from django.urls import NoReverseMatch, reverse

from billing.models import Charge, Entry, Invoice, InvoiceLine, Posting, Tariff
from billing.operations.settlement import payments
from tests.support.staff import GROUPS, NOW, colleague
from tests.support.story import Story

SignIn = Callable[[str], Client]

# What people set up by hand; everything else of ours is written by operations alone.
TYPED = {
    "accounts.customer",
    "accounts.product",
    "accounts.role",
    "accounts.user",
    "auth.group",
    "billing.seller",
    "billing.vatrate",
    "billing.tariff",
}


@pytest.mark.parametrize("group", [*GROUPS, "superuser"])
def test_no_role_may_add_change_or_delete_what_is_not_set_up_by_hand(story: Story, group: str) -> None:
    request = RequestFactory().get("/")
    request.user = colleague(group)
    open_to_all = []
    for model, page in admin.site._registry.items():
        row = model._default_manager.first()
        assert not page.has_delete_permission(request, row), model
        assert page.get_actions(request) == {}, model
        may = (
            page.has_add_permission(request)
            or page.has_change_permission(request, row)
            or page.has_change_permission(request)
        )
        if may and model._meta.label_lower not in TYPED:
            open_to_all.append(model._meta.label_lower)
        for inline in page.get_inline_instances(request, row):
            assert not inline.has_change_permission(request, row), inline
            assert not inline.has_add_permission(request, row), inline
            assert not inline.has_delete_permission(request, row), inline
    assert open_to_all == []


def test_every_model_of_ours_that_people_ask_about_has_its_page() -> None:
    hidden = {"billingaddress", "idempotencyrecord", "ratewindow", "invoiceline", "subscriptionchange"} | {
        "requestfile",
        "offerdocument",
        "offerpayment",
        "samplecharge",
        "samplecard",
        "methodsetup",
        "providerevent",
        "noticepreference",
        "samplevisit",
        "webhookattempt",
        "memberconfirmation",  # the member says until when it is known
    }
    missing = [
        model._meta.label
        for app in ("accounts", "billing")
        for model in apps.get_app_config(app).get_models()
        if not admin.site.is_registered(model) and model._meta.model_name not in hidden
    ]
    assert missing == []


def test_bulk_deletion_is_off_for_the_whole_site() -> None:
    assert "delete_selected" not in dict(admin.site.actions)


def test_forged_forms_change_nothing_of_the_money(story: Story, signed_in: SignIn) -> None:
    new = payments.NewPayment(amount_minor=100, currency="RUB", method="cash")
    payments.record_payment(account=story.account, new=new, as_of=NOW, actor="test")
    before = [
        list(model._default_manager.order_by("pk").values()) for model in (Invoice, InvoiceLine, Entry, Posting, Charge)
    ]
    client = signed_in("superuser")
    tried = 0
    for model, page in admin.site._registry.items():
        label = f"{model._meta.app_label}_{model._meta.model_name}"
        row = model._default_manager.first()
        if model._meta.label_lower in TYPED or row is None or not hasattr(page, "acts"):
            continue
        forged = {
            "amount_minor": "1",
            "total_minor": "1",
            "open_minor": "0",
            "number": "X-1",
            "email": "x@example.com",
            "_save": "1",
        }
        for name, args in (("change", (quote(row.pk),)), ("delete", (quote(row.pk),)), ("add", ())):
            try:
                answer = client.post(reverse(f"admin:{label}_{name}", args=args), {**forged, "post": "yes"})
            except NoReverseMatch:
                continue
            assert answer.status_code == 403, (label, name, answer.status_code)
            tried += 1
        action = {"action": "delete_selected", "_selected_action": [str(row.pk)], "index": "0", "post": "yes"}
        client.post(reverse(f"admin:{label}_changelist"), action)
    after = [
        list(model._default_manager.order_by("pk").values()) for model in (Invoice, InvoiceLine, Entry, Posting, Charge)
    ]
    assert after == before
    assert tried > 30


def test_published_tariff_is_refused_to_every_form(story: Story, signed_in: SignIn) -> None:
    tariff = Tariff.objects.get(tariff_id="meteor-cloud")
    forged = {
        "product": tariff.product_id,
        "seller": tariff.seller_id,
        "tariff_id": tariff.tariff_id,
        "name": "Cheaper",
        "timing": "postpaid",
        "metric": "peak_active",
        "price_model": "per_unit",
        "unit_price_0": "1",
        "unit_price_1": "RUB",
        "included_quantity": "0",
        "quota_mode": "all_above",
        "interval_months": "1",
        "payment_days": "14",
    }
    for group in ("product manager", "finance", "administrator", "superuser"):
        client = signed_in(group)
        assert client.post(reverse("admin:billing_tariff_change", args=(tariff.pk,)), forged).status_code == 403
        assert (
            client.post(reverse("admin:billing_tariff_delete", args=(tariff.pk,)), {"post": "yes"}).status_code == 403
        )
    tariff.refresh_from_db()
    assert (tariff.name, tariff.unit_price.amount) == ("METEOR Cloud", 599)


def test_tables_of_django_q_are_looked_at_and_nothing_is_run_again(story: Story, signed_in: SignIn) -> None:
    from django_q.models import Schedule

    from billing import schedules

    schedules.sync_schedules()
    row = Schedule.objects.first()
    assert row is not None
    for group in ("support", "finance", "superuser"):
        client = signed_in(group)
        for model in ("schedule", "success", "failure", "ormq"):
            assert client.get(reverse(f"admin:django_q_{model}_changelist")).status_code == 200
        address = reverse("admin:django_q_schedule_change", args=(row.pk,))
        assert client.post(address, {"func": "os.system", "args": "'true'", "schedule_type": "O"}).status_code == 403
        assert client.post(reverse("admin:django_q_schedule_add"), {"func": "os.system"}).status_code == 403
    row.refresh_from_db()
    assert row.func.startswith("billing.tasks.")
