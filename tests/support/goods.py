"""Three products that are sold by quantity and made of values alone: licences for good, devices and gigabytes by the month."""

from dataclasses import dataclass
from typing import Any

from moneyed import Money

from accounts.models import Product, Role
from accounts.models.products import UNIT_FIELDS
from billing.models import Seller, Tariff
from billing.operations.catalogue import configuration, tariffs
from tests.support.people import STAFF, at, staff

BEGINNING = at("2020-01-01 00:00")
PREPAID = {"timing": "prepaid", "metric": "quantity", "cycle": "anniversary", "change_rule": "carried"}


@dataclass(frozen=True)
class Good:
    """A product, the forms of its unit's name in the order of `UNIT_FIELDS`, and the terms of its tariff."""

    code: str
    unit: tuple[str, ...]
    tariff_id: str
    terms: dict[str, Any]
    kind: str = "subscription"

    @property
    def unit_values(self) -> dict[str, str]:
        return dict(zip(UNIT_FIELDS, self.unit, strict=True))


EDITOR = Good(
    "editor",
    ("licence", "licences", "лицензия", "лицензии", "лицензий", "лицензию"),
    "for-good",
    {
        **PREPAID,
        "price_model": "volume",
        "steps": [{"from": 1, "unit_price": "120.00"}, {"from": 10, "unit_price": "100.00"}],
        "interval_months": None,
    },
    kind="one_off",
)
ALARM = Good(
    "alarm",
    ("device", "devices", "устройство", "устройства", "устройств", "устройство"),
    "by-device",
    {**PREPAID, "price_model": "per_unit", "unit_price": "50.00"},
)
STORAGE = Good(
    "storage",
    ("gigabyte", "gigabytes", "гигабайт", "гигабайта", "гигабайтов", "гигабайт"),
    "by-gigabyte",
    {
        **PREPAID,
        "price_model": "graduated",
        "steps": [{"from": 1, "unit_price": "3.00"}, {"from": 101, "unit_price": "2.00"}],
    },
)
GOODS = {good.code: good for good in (EDITOR, ALARM, STORAGE)}


def sell(good: Good) -> Tariff:
    """The product, its owner's role and its tariff, published: what a product manager and a reviewer do."""
    product = Product(code=good.code, name=good.code.title(), kind=good.kind, **good.unit_values)
    configuration.save_row(row=product, as_of=BEGINNING, actor=STAFF)
    owner = Role(product=product, code="owner", name="Owner", is_paid=False, is_administrator=True)
    configuration.save_row(row=owner, as_of=BEGINNING, actor=STAFF)
    seller, author = Seller.objects.get(code="rub"), staff("author@saldo.example")
    terms = {**good.terms, "unit_price": Money(good.terms.get("unit_price", 0), seller.currency)}
    draft = Tariff(product=product, seller=seller, tariff_id=good.tariff_id, name=good.code.title(), **terms)
    draft = tariffs.save_draft(draft=draft, user=author, as_of=BEGINNING)
    tariffs.submit_tariff(tariff=draft, user=author, as_of=BEGINNING)
    return tariffs.publish_tariff(tariff=draft, user=staff("reviewer@saldo.example"), as_of=BEGINNING)
