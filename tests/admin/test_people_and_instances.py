"""Customers, instances and their people in the admin: operations behind every form, the cost shown before it arises."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Customer, Instance, Member, MemberChange
from billing.models import AuditRecord, BillingAccount, Charge, LedgerAccount, Subscription
from tests.support.acting import act_url, confirm, do, errors, preview, rows
from tests.support.story import Story

SignIn = Callable[[str], Client]

PARTY: dict[str, Any] = {
    "name": "ООО «Фиалка»",
    "kind": "company",
    "email": "buh@fialka.example",
    "locale": "ru",
    "currency": "RUB",
    "full_name": "",
    "inn": "7707083893",
    "kpp": "770701001",
    "ogrn": "",
    "tax_id": "",
    "country": "RU",
    "address": "",
    "bank_name": "",
    "bic": "",
    "bank_account": "",
    "correspondent_account": "",
}


def test_customer_is_made_with_its_account(story: Story, signed_in: SignIn) -> None:
    assert signed_in("support").post(reverse("admin:accounts_customer_add"), PARTY).status_code == 302
    customer = Customer.objects.get(name="ООО «Фиалка»")
    account = BillingAccount.objects.get(customer=customer)
    assert (account.currency, LedgerAccount.objects.get(billing_account=account).balance_minor) == ("RUB", 0)


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("inn", "7707083894", "The INN's checksum does not agree: check the digits."),
        ("kpp", "12", "A KPP has nine characters, as 770701001."),
        ("bic", "12345", "A BIC has nine digits: check it."),
        ("email", "нет", "Enter a valid email address."),
        ("name", "", "This field is required."),
    ],
)
def test_requisites_that_do_not_agree_are_errors_of_their_fields(
    story: Story, signed_in: SignIn, field: str, value: str, sentence: str
) -> None:
    answer = signed_in("support").post(reverse("admin:accounts_customer_add"), {**PARTY, field: value})
    assert answer.status_code == 200
    assert sentence in answer.content.decode().replace("&#x27;", "'")
    assert field in answer.context["adminform"].form.errors
    assert not Customer.objects.filter(email="buh@fialka.example").exists()


def test_change_of_requisites_is_kept_with_before_and_after(story: Story, signed_in: SignIn) -> None:
    address = reverse("admin:accounts_customer_change", args=(story.customer.pk,))
    form = {name: getattr(story.customer, name) for name in PARTY if name != "currency"}
    assert signed_in("finance").post(address, {**form, "address": "Москва, Полевая, 7"}).status_code == 302
    record = AuditRecord.objects.get(action="customer.changed")
    assert (record.actor, record.before, record.after) == (
        "finance@staff.example",
        {"address": ""},
        {"address": "Москва, Полевая, 7"},
    )
    assert signed_in("product manager").post(address, form).status_code == 403


def test_instance_is_registered_and_put_on_a_tariff_having_seen_the_cost(story: Story, signed_in: SignIn) -> None:
    support = signed_in("support")
    typed = {
        "customer": story.customer.pk,
        "product": story.cloud.product_id,
        "domain": "новый.romashka.example.ru",
        "email": "anna@romashka.example",
        "person": "А. Петрова",
        "external_id": "1",
    }
    url = act_url("accounts_instance", "register_instance")
    assert "domain" in errors(preview(support, url, **{**typed, "domain": "не домен"}))
    assert errors(preview(support, url, **{**typed, "domain": story.cloud.domain}))["__all__"] == [
        "This domain has an instance of this product already."
    ]
    assert do(support, url, **typed).status_code == 302
    instance = Instance.objects.get(domain="новый.romashka.example.ru")
    assert (instance.members.get().role.code, MemberChange.objects.get(instance=instance).source) == (
        "administrator",
        "staff",
    )
    subscribe = act_url("accounts_instance", "create_subscription", instance.pk)
    shown = preview(support, subscribe, tariff_id="meteor-cloud", reason="Anna by phone")
    assert (rows(shown)["Charged at once"], rows(shown)["First period"]) == ("₽0.00", "12–31\xa0May\xa02026")
    assert not Subscription.objects.filter(instance=instance).exists()
    assert confirm(support, subscribe, shown, tariff_id="meteor-cloud", reason="Anna by phone").status_code == 302
    assert Subscription.objects.get(instance=instance).terminated_at is None


def test_person_reported_by_staff_costs_what_the_form_showed(story: Story, signed_in: SignIn) -> None:
    admin = signed_in("administrator")
    url = act_url("accounts_instance", "report_member", story.cloud.pk)
    typed = {
        "external_id": "77",
        "email": "new@romashka.example",
        "name": "Новая",
        "role": "member",
        "status": "active",
    }
    shown = preview(admin, url, **typed)
    assert (rows(shown)["Active people"], rows(shown)["Balance"]) == ("11", "−₽13,178.00")
    assert not Member.objects.filter(external_id="77").exists()
    assert confirm(admin, url, shown, **typed).status_code == 302
    change = MemberChange.objects.get(member__external_id="77")
    assert (change.source, change.actor) == ("staff", "administrator@staff.example")
    charge = Charge.objects.filter(account=story.account).latest("pk")
    assert (charge.amount_minor, charge.kind) == (59_900, "peak_raised")


def test_person_blocked_by_staff_stays_in_the_months_peak(story: Story, signed_in: SignIn) -> None:
    admin = signed_in("administrator")
    member = Member.objects.get(instance=story.cloud, name="Игорь Орлов")
    url = act_url("accounts_member", "change_member", member.pk)
    typed = {"email": member.email, "name": member.name, "role": "member", "status": "blocked"}
    shown = preview(admin, url, **typed)
    assert (rows(shown)["Active people"], rows(shown)["Balance"]) == ("9", "−₽12,579.00")
    assert confirm(admin, url, shown, **typed).status_code == 302
    member.refresh_from_db()
    assert member.status == "blocked"
    future = {**typed, "occurred_at_0": "2030-01-01", "occurred_at_1": "00:00"}
    assert "occurred_at" in errors(preview(admin, url, **future))
    assert "email" in errors(preview(admin, url, **{**typed, "email": "broken"}))


def test_page_of_an_instance_says_what_it_may_do_now_and_why(story: Story, signed_in: SignIn) -> None:
    client = signed_in("support")
    running = client.get(reverse("admin:accounts_instance_change", args=(story.cloud.pk,))).content.decode()
    assert "Nothing stands against it." in running
    ended = client.get(reverse("admin:accounts_instance_change", args=(story.archive.pk,))).content.decode()
    assert "Subscription terminated 12 March 2026" in ended.replace("\xa0", " ")


def test_subscription_ends_on_the_owners_word_and_is_resumed(story: Story, signed_in: SignIn) -> None:
    support = signed_in("support")
    subscription = Subscription.objects.get(instance=story.test)
    url = act_url("billing_subscription", "terminate_subscription", subscription.pk)
    assert set(errors(preview(support, url, requested_by="", reason=""))) == {"requested_by", "reason"}
    typed = {"requested_by": "А. Петрова", "reason": "Больше не нужен"}
    shown = preview(support, url, **typed)
    assert rows(shown)["Final invoice"] == "none: nothing was charged"
    assert rows(shown)["Access: test.romashka.example.ru"] == "read-only"
    assert confirm(support, url, shown, **typed).status_code == 302
    change = subscription.changes.latest("pk")
    assert (change.kind, change.requested_by, change.reason) == ("terminated", "А. Петрова", "Больше не нужен")
    resume = act_url("billing_subscription", "resume_subscription", subscription.pk)
    owed = preview(support, resume, requested_by="А. Петрова")
    assert errors(owed) == {"__all__": ["6589.00 RUB are still owed on account 100001: pay them first."]}


def test_instance_is_deleted_only_by_typing_its_domain(story: Story, signed_in: SignIn) -> None:
    admin = signed_in("administrator")
    url = act_url("accounts_instance", "delete_instance", story.cloud.pk)
    assert "domain" in errors(preview(admin, url, requested_by="А. Петрова", domain="other.example.ru"))
    running = preview(admin, url, requested_by="А. Петрова", domain=story.cloud.domain)
    assert errors(running) == {"__all__": ["The subscription is running: terminate it before the instance is deleted."]}
    story.cloud.refresh_from_db()
    assert story.cloud.deleted_at is None


def test_billing_addresses_are_checked_and_kept_in_the_record(story: Story, signed_in: SignIn) -> None:
    finance = signed_in("finance")
    url = act_url("billing_billingaccount", "billing_addresses", story.account.pk)
    assert "emails" in errors(preview(finance, url, emails="один@"))
    assert do(finance, url, emails="buh@romashka.example\nBoss@romashka.example").status_code == 302
    assert set(story.account.addresses.values_list("email", flat=True)) == {
        "buh@romashka.example",
        "boss@romashka.example",
    }
    assert AuditRecord.objects.get(action="account.addresses_changed").actor == "finance@staff.example"


def test_role_is_changed_by_a_product_manager_alone(story: Story, signed_in: SignIn) -> None:
    role = story.cloud.product.roles.get(code="member")
    address = reverse("admin:accounts_role_change", args=(role.pk,))
    form = {"product": role.product_id, "code": "member", "name": "Colleague", "name_ru": "Участник", "is_paid": "on"}
    form["position"] = str(role.position)
    assert signed_in("finance").post(address, form).status_code == 403
    role.refresh_from_db()
    assert role.name == "Member"
    assert signed_in("product manager").post(address, form).status_code == 302
    role.refresh_from_db()
    assert role.name == "Colleague"
    assert AuditRecord.objects.get(action="role.changed").before == {"name": "Member"}


def test_sellers_currency_stands_still_once_accounts_are_kept_with_it(story: Story, signed_in: SignIn) -> None:
    from billing.models import Seller

    seller = Seller.objects.get(currency="RUB")
    fields = [field.name for field in Seller._meta.fields if field.name != "id"]
    form = {name: getattr(seller, name) for name in fields}
    address = reverse("admin:billing_seller_change", args=(seller.pk,))
    answer = signed_in("finance").post(address, {**form, "series": "Q"})
    assert "Accounts are kept with this seller: this cannot change any more." in answer.content.decode()
    assert signed_in("finance").post(address, {**form, "director": "Новый Д. Д."}).status_code == 302
    seller.refresh_from_db()
    assert (seller.series, seller.director) == ("R", "Новый Д. Д.")
