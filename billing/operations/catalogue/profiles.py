"""The products, roles and tariffs that an installation starts with, as values (`manage.py load_profiles`).

Safe to repeat: what is there already is left as it is. What it makes holds from the beginning of time, so that a sandbox
whose clock is set to any year finds it published.
"""

from collections.abc import Mapping
from dataclasses import astuple
from datetime import UTC, datetime

from django.db import transaction
from moneyed import Money

from accounts.models import Product, Role, User
from accounts.models.products import UNIT_FIELDS
from billing.models import Seller, Tariff
from billing.operations.catalogue import tariffs
from billing.operations.catalogue.seed import PRODUCTS, SELLERS

BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)


def _find_or_create_author(email: str, name: str) -> User:
    """Returns a user who stands for the delivered catalogue and cannot sign in, created where there is none."""
    user, _created = User.objects.get_or_create(email=email, defaults={"name": name, "is_active": False})
    return user


def _load_tariff(product: Product, seller: Seller, row: Mapping[str, object], position: int) -> bool:
    if Tariff.objects.filter(product=product, tariff_id=row["tariff_id"]).exists():
        return False
    author = _find_or_create_author("catalogue@saldo.invalid", "Saldo catalogue")
    reviewer = _find_or_create_author("review@saldo.invalid", "Saldo catalogue review")
    draft = Tariff(
        product=product,
        seller=seller,
        **{**row, "unit_price": Money(row.get("unit_price", 0), seller.currency)},
        position=position,
    )
    draft = tariffs.save_draft(draft=draft, user=author, as_of=BEGINNING)
    tariffs.submit_tariff(tariff=draft, user=author, as_of=BEGINNING)
    tariffs.publish_tariff(tariff=draft, user=reviewer, as_of=BEGINNING)
    return True


@transaction.atomic
def load_profiles() -> dict[str, int]:
    """Creates what is missing of sellers, products, roles and published tariffs; returns how many tariffs were made."""
    sellers = {code: Seller.objects.get_or_create(code=code, defaults=values)[0] for code, values in SELLERS.items()}
    created = 0
    for row in PRODUCTS:
        unit = dict(zip(UNIT_FIELDS, astuple(row.unit), strict=True))
        product, _created = Product.objects.get_or_create(
            code=row.code, defaults={"name": row.name, "name_ru": row.name_ru, "kind": row.kind, **unit}
        )
        for position, role in enumerate(row.roles, start=1):
            Role.objects.get_or_create(product=product, code=role.code, defaults={**vars(role), "position": position})
        created += sum(
            _load_tariff(product, sellers[row.seller], tariff, position)
            for position, tariff in enumerate(row.tariffs, start=1)
        )
    return {"sellers": len(sellers), "products": len(PRODUCTS), "tariffs_made": created}
