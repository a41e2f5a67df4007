"""The life of a tariff (E2): draft → in review → published → archived → published again, with two people."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from billing.errors import BadInput, BillingError
from billing.models import Tariff
from billing.operations import audit

Status = Tariff.Status

TERMS = (
    "product", "seller", "tariff_id", "name", "name_ru", "timing", "metric", "price_model", "unit_price",
    "included_quantity", "quota_mode", "interval_months", "payment_days",
)  # fmt: skip


def _locked(tariff: Tariff, *expected: Tariff.Status) -> Tariff:
    found = Tariff.objects.select_for_update(of=("self",), no_key=True).get(pk=tariff.pk)
    if found.status not in expected:
        raise BillingError(
            _("This tariff is “%(status)s”: the step is not possible from there.")
            % {"status": found.get_status_display()},
            code="wrong_tariff_status",
            rule="E2",
        )
    return found


def _record(tariff: Tariff, action: str, user: User, at: datetime, reason: str = "", **after: Any) -> None:
    audit.record(
        actor=user.email, action=f"tariff.{action}", target=tariff, at=at, reason=reason,
        after={"status": tariff.status, "version": tariff.version, **after},
    )  # fmt: skip


@transaction.atomic
def save_draft(*, draft: Tariff, user: User, as_of: datetime) -> Tariff:
    """Saves a new draft by ``user``, or the changes to one. Refuses a price of zero (E3) and a passed-on id (E5)."""
    if draft.unit_price.amount <= 0:
        raise BadInput(
            _("No tariff costs nothing: to give the software away make its product free."),
            field="unit_price",
            rule="E3",
        )
    if draft.currency != draft.seller.currency:
        raise BadInput(
            _("%(seller)s sells in %(currency)s: enter the price in that currency.")
            % {"seller": draft.seller.name, "currency": draft.seller.currency},
            field="unit_price",
            code="currency_mismatch",
        )
    if draft._state.adding:
        draft.author = user
        versions = Tariff.objects.filter(product=draft.product, tariff_id=draft.tariff_id)
        draft.version = 1 + max((row.version for row in versions), default=0)
        draft.save(force_insert=True)
        _record(draft, "drafted", user, as_of)
        return draft
    _locked(draft, Status.DRAFT)
    draft.save()
    _record(draft, "edited", user, as_of)
    return draft


@transaction.atomic
def submit(*, tariff: Tariff, user: User, as_of: datetime) -> Tariff:
    """Hands a draft to its reviewer; from now on its terms stand still."""
    tariff = _locked(tariff, Status.DRAFT)
    tariff.status = Status.IN_REVIEW
    tariff.save(update_fields=["status"])
    _record(tariff, "submitted", user, as_of)
    return tariff


@transaction.atomic
def send_back(*, tariff: Tariff, user: User, as_of: datetime, comment: str) -> Tariff:
    """Makes it a draft again: the reviewer asks for changes, or the author takes it back."""
    tariff = _locked(tariff, Status.IN_REVIEW)
    tariff.status = Status.DRAFT
    tariff.save(update_fields=["status"])
    _record(tariff, "sent_back", user, as_of, reason=comment)
    return tariff


@transaction.atomic
def publish(*, tariff: Tariff, user: User, as_of: datetime) -> Tariff:
    """Offers the tariff from now on; the version before it is archived, its subscribers stay on it. The reviewer is not
    the author (E2)."""
    tariff = _locked(tariff, Status.IN_REVIEW)
    if tariff.author_id == user.pk:
        raise BillingError(
            _("You wrote this tariff: somebody else has to review and publish it."), code="four_eyes", rule="E2"
        )
    for previous in Tariff.objects.published().filter(product=tariff.product_id, tariff_id=tariff.tariff_id):
        previous.status = Status.ARCHIVED
        previous.save(update_fields=["status"])
        _record(previous, "archived", user, as_of, reason=f"v{tariff.version}")
    tariff.status, tariff.reviewer, tariff.published_at = Status.PUBLISHED, user, as_of
    tariff.save(update_fields=["status", "reviewer", "published_at"])
    _record(tariff, "published", user, as_of, terms=tariff.snapshot())
    return tariff


@transaction.atomic
def archive(*, tariff: Tariff, user: User, as_of: datetime, reason: str = "") -> Tariff:
    """Offers the tariff no more; those on it stay on it."""
    tariff = _locked(tariff, Status.PUBLISHED)
    tariff.status = Status.ARCHIVED
    tariff.save(update_fields=["status"])
    _record(tariff, "archived", user, as_of, reason=reason)
    return tariff


@transaction.atomic
def restore(*, tariff: Tariff, user: User, as_of: datetime, reason: str = "") -> Tariff:
    """Offers an archived tariff again, with the terms it always had."""
    tariff = _locked(tariff, Status.ARCHIVED)
    if Tariff.objects.published().filter(product=tariff.product_id, tariff_id=tariff.tariff_id).exists():
        raise BillingError(
            _("Another version of this tariff is published: archive that one first."),
            code="version_published",
            rule="E2",
        )
    tariff.status = Status.PUBLISHED
    tariff.save(update_fields=["status"])
    _record(tariff, "restored", user, as_of, reason=reason)
    return tariff


@transaction.atomic
def draft_next_version(*, tariff: Tariff, user: User, as_of: datetime) -> Tariff:
    """A draft with the terms of ``tariff`` under the same public id: where a new price begins."""
    _locked(tariff, Status.PUBLISHED, Status.ARCHIVED)
    draft = Tariff(**{name: getattr(tariff, name) for name in TERMS})
    return save_draft(draft=draft, user=user, as_of=as_of)
