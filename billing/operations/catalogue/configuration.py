"""Configuration by hand: products, roles, sellers, VAT rates. Each change is recorded with who made it."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import requisites
from accounts.models import Product, Role
from accounts.models.products import UNIT_FIELDS
from billing.errors import BadInput, BillingError
from billing.models import BillingAccount, Invoice, Seller, Tariff, VatRate
from billing.models.sellers import SERIES, WRONG_SERIES
from billing.operations import audit

Configured = Product | Role | Seller | VatRate

# What stands on issued documents or in the ledger cannot be another afterwards.
FIXED_ONCE_USED = ("code", "currency", "series", "time_zone")


def _read_values(row: Configured) -> dict[str, str]:
    return {
        field.attname: str(getattr(row, field.attname)) for field in row._meta.concrete_fields if not field.primary_key
    }


def _refuse_seller(seller: Seller, before: dict[str, str]) -> None:
    values = {name: str(getattr(seller, name)) for name in ("inn", "kpp", "ogrn", "country", "bic", "bank_account")}
    for name, message in requisites.problems({**values, "correspondent_account": seller.correspondent_account}).items():
        raise BadInput(message, field=name, code="invalid_requisites")
    if not SERIES.fullmatch(seller.series):
        raise BadInput(WRONG_SERIES, field="series", rule="G6")
    if seller.vat_code and not VatRate.objects.filter(code=seller.vat_code).exists():
        raise BadInput(_("There is no VAT rate of this code yet: enter the rate first."), field="vat_code")
    if before and BillingAccount.objects.filter(seller=seller).exists():
        for name in FIXED_ONCE_USED:
            if before[name] != getattr(seller, name):
                raise BadInput(_("Accounts are kept with this seller: this cannot change any more."), field=name)


def _refuse_role(role: Role, before: dict[str, str]) -> None:
    """Refuses to change a role's product or whether it is paid once a tariff of its product is published: it is part of them (B1)."""
    fixed_values = {name: str(getattr(role, name)) for name in ("is_paid", "product_id")}
    changed = [name for name, value in fixed_values.items() if before and before[name] != value]
    frozen_statuses = [Tariff.Status.PUBLISHED, Tariff.Status.ARCHIVED]
    if changed and Tariff.objects.filter(product=int(before["product_id"]), status__in=frozen_statuses).exists():
        raise BadInput(
            _(
                "Tariffs of this product have been published, and whether this role is paid is part of them. Make a new role "
                "and give it to those whom it is meant for."
            ),
            field=changed[0].removesuffix("_id"),
            code="role_under_published_tariff",
            rule="B1",
        )


def refuse_half_named_unit(forms: Mapping[str, str]) -> None:
    """Refuses some forms of a unit's name without the others: a sentence with a number would be left without its word.

    ``forms``: the value of each of `UNIT_FIELDS`. The refusal names the first field that is empty.
    """
    empty = [name for name in UNIT_FIELDS if not forms.get(name)]
    if empty and len(empty) < len(UNIT_FIELDS):
        raise BadInput(
            _("Enter all forms of the unit's name, or none of them: then it is called a unit."),
            field=empty[0],
            code="unit_half_named",
        )


def _refuse_contradiction(row: Configured, before: dict[str, str]) -> None:
    if isinstance(row, Seller):
        _refuse_seller(row, before)
    if isinstance(row, Role):
        _refuse_role(row, before)
    if (
        isinstance(row, Product)
        and before
        and before["kind"] != row.kind
        and Tariff.objects.filter(product=row).exists()
    ):
        raise BadInput(_("This product has tariffs: its kind cannot change any more."), field="kind", rule="E1")
    if isinstance(row, Product):
        refuse_half_named_unit({name: getattr(row, name) for name in UNIT_FIELDS})
    if isinstance(row, VatRate):
        issued = Invoice.objects.filter(seller__vat_code=row.code, period_end__gt=row.valid_from)
        if issued.exists():
            raise BillingError(
                _("Invoices have been issued for that time already: enter the rate from a later day."),
                code="vat_rate_used",
            )


@transaction.atomic
def save_row(*, row: Configured, as_of: datetime, actor: str) -> Configured:
    """Saves a new or changed ``row``. Refuses what would contradict documents and accounts that exist already."""
    stored = type(row)._default_manager.filter(pk=row.pk).first() if row.pk else None
    before = _read_values(stored) if stored is not None else {}
    _refuse_contradiction(row, before)
    row.save()
    after = _read_values(row)
    audit.record(
        actor=actor,
        action=f"{row._meta.model_name}.{'changed' if before else 'created'}",
        target=row,
        at=as_of,
        before={name: value for name, value in before.items() if after[name] != value},
        after={name: value for name, value in after.items() if before.get(name) != value},
    )
    return row
