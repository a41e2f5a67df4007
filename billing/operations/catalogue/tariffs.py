"""The life of a tariff (E2): draft → in review → published → archived → published again, with two people."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Product, User
from billing.errors import BadInput, BillingError
from billing.models import Tariff
from billing.operations import audit
from billing.pricing.review import contradictions
from billing.pricing.terms import PriceModel, steps_from
from billing.wording.review_findings import finding_text

Status = Tariff.Status

# What a new version takes over from the one before it: all but its life and its place in lists.
TERMS = (
    "product",
    "seller",
    "tariff_id",
    "name",
    "name_ru",
    "timing",
    "metric",
    "price_model",
    "unit_price",
    "steps",
    "flat_fee",
    "included_quantity",
    "quota_mode",
    "interval_months",
    "price_months",
    "discount_percent",
    "payment_days",
    "trial_days",
    "trial_people",
    "cycle",
    "change_rule",
    "renewal",
    "features",
    "audience",
    "audience_ru",
    "plan",
    "position",
)


def _lock_tariff(tariff: Tariff, *expected: Tariff.Status) -> Tariff:
    locked = Tariff.objects.select_for_update(of=("self",), no_key=True).get(pk=tariff.pk)
    if locked.status not in expected:
        raise BillingError(
            _("This tariff is “%(status)s”: the step is not possible from there.")
            % {"status": locked.get_status_display()},
            code="wrong_tariff_status",
            rule="E2",
        )
    return locked


def _record(tariff: Tariff, action: str, user: User, at: datetime, reason: str = "", **after: Any) -> None:
    audit.record(
        actor=user.email,
        action=f"tariff.{action}",
        target=tariff,
        at=at,
        reason=reason,
        after={"product": tariff.product.code, "status": tariff.status, "version": tariff.version, **after},
    )


def _refuse_zero(draft: Tariff) -> None:
    """Refuses a tariff without a price; what is given away is a kind of product (E3)."""
    terms = draft.terms()
    prices = [terms.flat_fee, terms.unit_price or 0, *(step.unit_price or step.total or 0 for step in terms.steps)]
    if terms.price_model == PriceModel.TRIAL:
        if not terms.trial_days:
            raise BadInput(_("Say how many days the trial lasts."), field="trial_days", rule="C1")
    elif not any(price > 0 for price in prices) or (terms.price_model == PriceModel.PER_UNIT and not terms.unit_price):
        raise BadInput(
            _("No tariff costs nothing: to give the software away, make its product one of the kind “free”."),
            field="flat_fee" if terms.price_model == PriceModel.FLAT else "unit_price",
            rule="E3",
        )


def _refuse_kind(draft: Tariff) -> None:
    """Refuses terms that the product's kind does not allow (E1), and a currency other than the seller's."""
    kinds = Product.Kind
    if draft.product.kind == kinds.FREE:
        raise BadInput(
            _("This product is free: it needs no tariff. To sell it, make a product of its own."),
            field="product",
            rule="E1",
        )
    if (draft.product.kind == kinds.ONE_OFF) != (draft.interval_months is None):
        raise BadInput(
            _("This product is paid once: leave the interval empty.")
            if draft.product.kind == kinds.ONE_OFF
            else _("This product is a subscription: enter an interval of 1 to 12 months."),
            field="interval_months",
            rule="E1",
        )
    if draft.currency != draft.seller.currency:
        raise BadInput(
            _("%(seller)s sells in %(currency)s: enter the price in that currency.")
            % {"seller": draft.seller.name, "currency": draft.seller.currency},
            field="unit_price",
            code="currency_mismatch",
        )


def _refuse_id(draft: Tariff) -> None:
    """Refuses an id that another tariff of the product has had: it belongs to that one for ever, also archived (E5)."""
    same_id = Tariff.objects.filter(product=draft.product, tariff_id=draft.tariff_id).exclude(pk=draft.pk)
    if same_id.exists():
        raise BadInput(
            _("%(id)s is taken: choose another id, or make a new version of that tariff.") % {"id": draft.tariff_id},
            field="tariff_id",
            code="tariff_id_taken",
            rule="E5",
        )


@transaction.atomic
def save_draft(*, draft: Tariff, user: User, as_of: datetime) -> Tariff:
    """Saves a new draft by ``user``, or the changes to one. Refuses a price of zero (E3), terms that the product's kind
    does not allow (E1) and an id that another tariff has (E5)."""
    if draft._state.adding:
        draft.author, draft.version = user, 1
        _refuse_id(draft)
        return _save(draft, "drafted", user, as_of)
    before = _lock_tariff(draft, Status.DRAFT)
    if (before.product_id, before.tariff_id) != (draft.product_id, draft.tariff_id):
        if before.version > 1:
            raise BadInput(_("A new version keeps the id and the product of its tariff."), field="tariff_id", rule="E5")
        _refuse_id(draft)
    return _save(draft, "edited", user, as_of)


def _save(draft: Tariff, action: str, user: User, as_of: datetime) -> Tariff:
    draft.steps = [step.as_dict() for step in steps_from(draft.steps)]
    _refuse_kind(draft)
    _refuse_zero(draft)
    draft.save(force_insert=draft._state.adding)
    _record(draft, action, user, as_of)
    return draft


@transaction.atomic
def delete_draft(*, draft: Tariff, user: User, as_of: datetime) -> None:
    """Deletes a draft. What has once been published stays for ever; a trigger sees to it."""
    draft = _lock_tariff(draft, Status.DRAFT)
    _record(draft, "thrown_away", user, as_of)
    draft.delete()


@transaction.atomic
def submit_tariff(*, tariff: Tariff, user: User, as_of: datetime) -> Tariff:
    """Submits a draft for review; its terms cannot change from now on. Refuses terms that contradict themselves."""
    tariff = _lock_tariff(tariff, Status.DRAFT)
    findings = contradictions(tariff.terms())
    if findings:
        raise BillingError(
            " ".join(finding_text(finding) for finding in findings), code="terms_contradict_themselves", rule="E2"
        )
    tariff.status = Status.IN_REVIEW
    tariff.save(update_fields=["status"])
    _record(tariff, "submitted", user, as_of)
    return tariff


@transaction.atomic
def send_back_tariff(*, tariff: Tariff, user: User, as_of: datetime, comment: str) -> Tariff:
    """Returns a tariff in review to its author as a draft: the reviewer asks for changes, or the author takes it back."""
    tariff = _lock_tariff(tariff, Status.IN_REVIEW)
    tariff.status = Status.DRAFT
    tariff.save(update_fields=["status"])
    _record(tariff, "sent_back", user, as_of, reason=comment)
    return tariff


@transaction.atomic
def publish_tariff(*, tariff: Tariff, user: User, as_of: datetime) -> Tariff:
    """Publishes the tariff: it is offered from now on; the version before it is archived, its subscribers stay on it. The
    reviewer is not the author (E2)."""
    tariff = _lock_tariff(tariff, Status.IN_REVIEW)
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
def archive_tariff(*, tariff: Tariff, user: User, as_of: datetime, reason: str = "") -> Tariff:
    """Archives the tariff: it is not offered any more, and its subscribers stay on it."""
    tariff = _lock_tariff(tariff, Status.PUBLISHED)
    tariff.status = Status.ARCHIVED
    tariff.save(update_fields=["status"])
    _record(tariff, "archived", user, as_of, reason=reason)
    return tariff


@transaction.atomic
def restore_tariff(*, tariff: Tariff, user: User, as_of: datetime, reason: str = "") -> Tariff:
    """Offers an archived tariff again, with the terms it always had."""
    tariff = _lock_tariff(tariff, Status.ARCHIVED)
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
    """Drafts the next version of ``tariff`` with its terms and public id, for a new price. One draft at a time (E2)."""
    tariff = _lock_tariff(tariff, Status.PUBLISHED, Status.ARCHIVED)
    versions = Tariff.objects.filter(product=tariff.product_id, tariff_id=tariff.tariff_id)
    unpublished = versions.filter(status__in=[Status.DRAFT, Status.IN_REVIEW]).first()
    if unpublished is not None:
        raise BillingError(
            _("Version %(version)s of this tariff is being worked on already: go on with that one.")
            % {"version": unpublished.version},
            code="version_in_work",
            rule="E2",
        )
    draft = Tariff(**{name: getattr(tariff, name) for name in TERMS}, author=user)
    draft.version = 1 + max(versions.values_list("version", flat=True))
    return _save(draft, "drafted", user, as_of)
