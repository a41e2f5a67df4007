"""Every form of portal and admin reads sums by one reader: money and prices in both languages, doubtful ones asked for again."""

import ast
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django import forms
from django.conf import settings
from django.contrib import admin
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils.translation import override

import billing.admin
import billing.portal
from billing.models import Invoice, Offer, Tariff, VatRate
from billing.wording.sum_fields import PercentField, SumField
from tests.support.acting import act_url, errors, preview, rows
from tests.support.staff import colleague
from tests.support.story import Story
from tests.support.tariff_forms import ADD, fill_tariff_form, rows_of, save_tariff

SignIn = Callable[[str], Client]

BOTH = {
    "en": "Do you mean 1,500.00 or 1.50? Write 1500 or 1.50.",
    "ru": "Это 1 500,00 или 1,50? Напишите 1500 или 1,50.",
}
DOUBTFUL = {"en": "1,500", "ru": "1.500"}


def reads(client: Client, language: str) -> Client:
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    return client


def spaced(sentences: list[str]) -> list[str]:
    return [sentence.replace("\u202f", " ").replace("\u00a0", " ") for sentence in sentences]


def test_payment_and_adjustment_are_read_in_both_languages(story: Story, signed_in: SignIn) -> None:
    finance = signed_in("finance")
    payment = act_url("billing_billingaccount", "record_payment", story.account.pk)
    adjustment = act_url("billing_billingaccount", "adjust_balance", story.account.pk)
    paid = {"method": "bank", "reference": "118"}
    adjusted = {"reason_code": "goodwill", "comment": "Простой 3 мая"}
    for language in ("en", "ru"):
        client, doubtful = reads(finance, language), DOUBTFUL[language]
        refused = preview(client, payment, **paid, amount=doubtful)
        assert spaced(errors(refused)["amount"]) == [BOTH[language]]
        assert f'value="{doubtful}"' in refused.content.decode()
        assert spaced(errors(preview(client, adjustment, **adjusted, amount=doubtful))["amount"]) == [BOTH[language]]
    english = reads(finance, "en")
    assert rows(preview(english, payment, **paid, amount="₽1,500.00"))["Balance"] == "−₽11,079.00"
    assert rows(preview(english, adjustment, **adjusted, amount="1,500.00"))["Balance"] == "−₽11,079.00"
    assert rows(preview(english, adjustment, **adjusted, amount="(1,500.00)"))["Balance"] == "−₽14,079.00"
    assert errors(preview(english, adjustment, **adjusted, amount="100000000.01")) == {
        "amount": ["At most ₽100,000,000.00 can be entered here. Check the number of digits."]
    }
    russian = preview(reads(finance, "ru"), adjustment, **adjusted, amount="−1\u202f500,00\u00a0₽")
    assert "−14\u202f079,00\u00a0₽" in [str(row.after) for row in russian.context["effect"]]


def test_credit_note_is_read_in_both_languages(story: Story, signed_in: SignIn) -> None:
    finance = signed_in("finance")
    invoice = Invoice.objects.get(account=story.account, period_start="2026-04-01")
    address = act_url("billing_invoice", "issue_credit_note", invoice.pk)
    for language in ("en", "ru"):
        refused = preview(reads(finance, language), address, line_1=DOUBTFUL[language], reason="Сбой")
        assert spaced(errors(refused)["line_1"]) == [BOTH[language]]
    shown = preview(reads(finance, "en"), address, line_1="1,500.00", reason="Сбой")
    assert rows(shown)["Credited"] == "₽1,500.00"
    assert "line_1" in errors(preview(finance, address, line_1="-1500", reason="Сбой"))


def test_offer_s_discount_is_read_in_both_languages(story: Story, signed_in: SignIn) -> None:
    support = signed_in("support")
    address = act_url("billing_subscription", "send_offer", story.cloud.subscriptions.get().pk)
    typed = {"people": "20", "valid_until": "", "note": ""}
    for language, percent in (("en", "12.5"), ("en", "12.5%"), ("ru", "12,5"), ("ru", "12,5 %")):
        shown = preview(reads(support, language), address, **typed, discount_percent=percent)
        assert shown.status_code == 200
        assert "125\u202f790,00" in shown.content.decode() or "125,790.00" in shown.content.decode()
    assert errors(preview(reads(support, "en"), address, **typed, discount_percent="150")) == {
        "discount_percent": ["At most 100% can be entered here. Check the number of digits."]
    }
    assert 'value="10"' in support.get(address).content.decode()
    assert Offer.objects.count() == 0


def test_prices_of_a_tariff_are_read_in_both_languages(story: Story, signed_in: SignIn) -> None:
    manager = signed_in("product manager")
    stepped = {"price_model": "volume", "metric": "quantity", "unit_price": "", "included_quantity": ""}
    for language in ("en", "ru"):
        client, doubtful = reads(manager, language), DOUBTFUL[language]
        answer = client.post(reverse(ADD), fill_tariff_form(story, unit_price=doubtful))
        assert spaced(answer.context["adminform"].form.errors["unit_price"]) == [BOTH[language]]
        table = rows_of("steps", {"from": "1", "unit_price": doubtful, "total": ""})
        page = client.post(reverse(ADD), fill_tariff_form(story, **stepped, **table)).content.decode()
        assert BOTH[language] in page.replace("\u202f", " ")
    assert save_tariff(reads(manager, "en"), story, unit_price="₽1,500.25").unit_price.amount == Decimal("1500.25")
    draft = save_tariff(reads(manager, "ru"), story, tariff_id="meteor-fine", unit_price="1\u202f500,1255\u00a0₽")
    assert draft.unit_price.amount == Decimal("1500.1255")
    answer = manager.post(reverse(ADD), fill_tariff_form(story, tariff_id="meteor-abroad", unit_price="$7"))
    assert answer.status_code == 200
    assert Tariff.objects.filter(tariff_id="meteor-abroad").count() == 0


@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_draft_s_prices_are_saved_again_as_its_page_shows_them(
    story: Story, signed_in: SignIn, language: str
) -> None:
    manager = reads(signed_in("product manager"), language)
    draft = save_tariff(manager, story, unit_price="1500.1255" if language == "en" else "1500,1255")
    address = reverse("admin:billing_tariff_change", args=(draft.pk,))
    form = manager.get(address).context["adminform"].form
    shown = form["unit_price"].value()
    assert shown == {"en": "1500.1255", "ru": "1500,1255"}[language]
    assert manager.post(address, fill_tariff_form(story, unit_price=shown)).status_code == 302
    draft.refresh_from_db()
    assert draft.unit_price.amount == Decimal("1500.1255")


def test_vat_rate_is_read_as_other_percentages_are(story: Story, signed_in: SignIn) -> None:
    finance = reads(signed_in("finance"), "en")
    typed = {"code": "reduced", "valid_from": "2026-01-01"}
    refused = finance.post(reverse("admin:billing_vatrate_add"), {**typed, "percent": "1e1"})
    assert refused.context["adminform"].form.errors == {
        "percent": ["Write it as 12.50: digits, and at most two decimals."]
    }
    assert finance.post(reverse("admin:billing_vatrate_add"), {**typed, "percent": "10,5"}).status_code == 302
    rate = VatRate.objects.get(code="reduced")
    assert rate.percent == Decimal("10.5")
    page = finance.get(reverse("admin:billing_vatrate_change", args=(rate.pk,))).content.decode()
    assert 'value="10.5"' in page


def test_field_of_a_sum_asks_phones_for_digits_and_shows_what_it_reads_back() -> None:
    with override("en"):
        field = SumField(currency="RUB")
        drawn = field.widget.render("amount", field.prepare_value(150_050), field.widget.attrs)
        for attribute in ('type="text"', 'inputmode="decimal"', 'autocomplete="off"', 'value="1500.50"'):
            assert attribute in drawn
        assert (field.clean(field.prepare_value(150_050)), field.prepare_value("1,500")) == (150_050, "1,500")
        assert (field.has_changed(150_050, "1500.50"), field.has_changed(150_050, "1500.51")) == (False, True)
        assert PercentField().prepare_value(Decimal("12.50")) == "12.5"


# --- No other reader -----------------------------------------------------------------------------------------------------

OTHER_READERS = {"DecimalField", "FloatField", "MoneyField", "parse_exact", "parse_money", "InvalidOperation"}


def names_in(source: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.alias):
            yield node.name


def test_no_source_of_portal_or_admin_reads_a_sum_by_itself() -> None:
    sources = [path for package in (billing.admin, billing.portal) for path in Path(package.__path__[0]).rglob("*.py")]
    assert len(sources) > 50
    found = {(path.name, name) for path in sources for name in names_in(path) if name in OTHER_READERS}
    assert found == set()


def test_no_page_of_the_admin_has_a_field_that_reads_a_sum_by_itself(story: Story) -> None:
    request: Any = RequestFactory().get("/admin/")
    request.user = colleague("superuser")
    plain_fields, seen = [], set()
    for model, page in admin.site._registry.items():
        if not (page.has_add_permission(request) or page.has_change_permission(request)):
            continue
        seen.add(model.__name__)
        for form in (page.get_form(request, None), *(inline.form for inline in page.inlines)):
            plain_fields += [
                (model.__name__, name)
                for name, field in form.base_fields.items()
                if isinstance(field, forms.DecimalField | forms.FloatField) or type(field).__name__ == "MoneyField"
            ]
    assert {"Tariff", "VatRate", "Seller"} <= seen
    assert plain_fields == []
