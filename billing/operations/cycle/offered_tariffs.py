"""The tariffs that a product offers, which are its published ones; any other is refused."""

from django.utils.translation import gettext_lazy as _

from accounts.models import Product
from billing.errors import BadInput
from billing.models import Tariff
from billing.pricing.terms import PriceModel


def offered_tariff(product: Product, tariff_id: str | None) -> Tariff:
    """Returns the published tariff ``tariff_id`` of ``product``; refuses one that is not offered and names those that are."""
    offered = {row.tariff_id: row for row in Tariff.objects.published().filter(product=product)}
    if tariff_id in offered:
        return offered[tariff_id]
    tariff_ids = ", ".join(sorted(offered)) or "—"
    message = (
        _("Choose a tariff of this product: %(known)s.")
        if tariff_id is None
        else _("The tariff “%(id)s” is not offered for this product. Choose one of: %(known)s.")
    )
    raise BadInput(
        message % {"id": tariff_id, "known": tariff_ids}, field="tariff_id", code="unknown_tariff", rule="E5"
    )


def paid_tariff(product: Product, tariff_id: str | None) -> Tariff:
    """Returns the published tariff ``tariff_id`` of ``product``; refuses also one that is nothing but a trial (C1)."""
    tariff = offered_tariff(product, tariff_id)
    if tariff.price_model == PriceModel.TRIAL:
        raise BadInput(
            _("“%(name)s” is a trial: choose one of the plans.") % {"name": tariff.tariff_id},
            field="tariff_id",
            code="trial_is_no_choice",
            rule="C1",
        )
    return tariff
