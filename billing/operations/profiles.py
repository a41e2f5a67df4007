"""The products, roles and tariffs that an installation starts with, as values (`manage.py load_profiles`).

Safe to repeat: what is there already is left as it is. What it makes holds from the beginning of time, so that a sandbox
whose clock is set to any year finds it published.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from django.db import transaction
from moneyed import Money

from accounts.models import Product, Role, User
from billing.models import Seller, Tariff
from billing.operations import tariffs

BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)

SELLERS = {
    "rub": {
        "kind": Seller.Kind.COMPANY, "name": "ООО «Образец»", "currency": "RUB", "series": "R",
        "full_name": "Общество с ограниченной ответственностью «Образец» (вымышленная организация для проб)",
        "inn": "7700123459", "kpp": "770001001", "ogrn": "1027700130006",
        "address": "101000, г. Москва, ул. Примерная, д. 1, офис 2", "email": "billing@saldo.example",
        "bank_name": "ПАО СБЕРБАНК", "bank_city": "Москва", "bic": "044525225",
        "bank_account": "40702810200000012345", "correspondent_account": "30101810400000000225",
        "director": "Образцова А. П.", "accountant": "Счетоводов И. К.",
        "vat_exemption": "НДС не облагается (п. 2 ст. 346.11 НК РФ)",
    },
    "usd": {
        "kind": Seller.Kind.FOREIGN, "name": "Sample Software Inc.", "currency": "USD", "series": "U",
        "full_name": "Sample Software Inc. (an invented company for trials)", "tax_id": "00-0000000", "country": "US",
        "address": "1 Example Street, Springfield, DE 19801, USA", "email": "billing@saldo.example",
        "bank_name": "Example Bank N.A.", "bic": "EXMPUS33XXX", "bank_account": "000123456789",
        "director": "Alex Sample",
    },
}  # fmt: skip


@dataclass(frozen=True)
class RoleRow:
    code: str
    name: str
    name_ru: str
    is_paid: bool = True
    is_administrator: bool = False
    has_billing_right: bool = False


@dataclass(frozen=True)
class ProductRow:
    code: str
    seller: str
    name: str
    name_ru: str
    roles: tuple[RoleRow, ...]
    tariffs: tuple[dict[str, object], ...]


PRODUCTS = (
    ProductRow(
        "meteor", "rub", "METEOR", "METEOR",
        roles=(
            RoleRow("administrator", "Administrator", "Администратор", is_administrator=True, has_billing_right=True),
            RoleRow("member", "Member", "Участник"),
            RoleRow("billing", "Billing", "Биллинг", has_billing_right=True),
        ),
        tariffs=(
            {
                "tariff_id": "meteor-cloud", "name": "METEOR Cloud", "name_ru": "METEOR Cloud",
                "unit_price": Decimal("599.00"), "included_quantity": 9, "payment_days": 14,
            },
        ),
    ),
)  # fmt: skip


def _staff(email: str, name: str) -> User:
    """A person who stands for the catalogue as it was delivered and cannot sign in."""
    found, _created = User.objects.get_or_create(email=email, defaults={"name": name, "is_active": False})
    return found


def _load_seller(code: str, values: Mapping[str, object]) -> Seller:
    seller, _created = Seller.objects.get_or_create(code=code, defaults=values)
    return seller


def _load_tariff(product: Product, seller: Seller, row: dict[str, object]) -> bool:
    if Tariff.objects.filter(product=product, tariff_id=row["tariff_id"]).exists():
        return False
    author = _staff("catalogue@saldo.invalid", "Saldo catalogue")
    reviewer = _staff("review@saldo.invalid", "Saldo catalogue review")
    draft = Tariff(product=product, seller=seller, **{**row, "unit_price": Money(row["unit_price"], seller.currency)})
    draft = tariffs.save_draft(draft=draft, user=author, as_of=BEGINNING)
    tariffs.submit(tariff=draft, user=author, as_of=BEGINNING)
    tariffs.publish(tariff=draft, user=reviewer, as_of=BEGINNING)
    return True


@transaction.atomic
def load_profiles() -> dict[str, int]:
    """Creates what is missing of sellers, products, roles and published tariffs; returns how many tariffs were made."""
    sellers = {code: _load_seller(code, values) for code, values in SELLERS.items()}
    made = 0
    for row in PRODUCTS:
        product, _created = Product.objects.get_or_create(
            code=row.code, defaults={"name": row.name, "name_ru": row.name_ru, "kind": Product.Kind.SUBSCRIPTION}
        )
        for position, role in enumerate(row.roles, start=1):
            Role.objects.get_or_create(product=product, code=role.code, defaults={**vars(role), "position": position})
        made += sum(_load_tariff(product, sellers[row.seller], tariff) for tariff in row.tariffs)
    return {"sellers": len(sellers), "products": len(PRODUCTS), "tariffs_made": made}
