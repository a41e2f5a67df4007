"""Tariffs: a draft is edited, the rest of its life are acts, and what was published never changes again (E2)."""

from datetime import datetime
from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant

from accounts.models import User
from billing import clock, wording
from billing.admin.acts import Act, ActForm
from billing.admin.base import OperationPage, badge, display, list_link, moment
from billing.admin.effects import Fact
from billing.admin.forms import OperationForm, reason_field
from billing.models import Subscription, Tariff
from billing.operations import tariffs
from billing.operations.staff import permission_of

Status = Tariff.Status
COLOURS = {"draft": "plain", "in_review": "warn", "published": "good", "archived": "info"}


class TariffForm(OperationForm):
    user: User

    def _get_validation_exclusions(self) -> set[str]:
        """The price is left to the operation, which says what to do instead of a constraint's name."""
        return {*super()._get_validation_exclusions(), "unit_price"}  # type: ignore[misc]

    def operate(self, draft: Tariff, data: dict[str, Any]) -> Tariff:
        """Saves the draft."""
        return tariffs.save_draft(draft=draft, user=self.user, as_of=clock.now())


class TariffStep(Act):
    """One step of a tariff's life, possible from some statuses."""

    possible_from: ClassVar[tuple[Tariff.Status, ...]] = ()
    becomes: ClassVar[Tariff.Status]

    @classmethod
    def makes_sense(cls, target: Any) -> bool:
        return target.status in cls.possible_from

    def facts(self, result: Any) -> list[Fact]:
        before = Status(self.target.status).label
        rows = [Fact(_("Status"), result.get_status_display(), before)]
        if result.status == Status.PUBLISHED:
            price = wording.money_text(result.unit_price.amount, result.currency)
            rows += [Fact(_("Price of one"), price), Fact(_("Free quota"), str(result.included_quantity))]
        return rows

    def done(self, result: Any) -> str:
        return str(_("%(tariff)s: %(status)s.") % {"tariff": result, "status": result.get_status_display()})

    def done_url(self, result: Any) -> str:
        return reverse("admin:billing_tariff_change", args=(result.pk,))


class Submit(TariffStep):
    name, permission = "submit", "draft_tariff"
    title = _("Submit for review")
    lead = _("From now on its terms stand still until the reviewer has decided.")
    icon, possible_from = "outgoing_mail", (Status.DRAFT,)
    variant = ActionVariant.PRIMARY

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> Tariff:
        return tariffs.submit(tariff=self.target, user=self.user, as_of=as_of)


class CommentForm(ActForm):
    def build(self) -> None:
        self.fields["comment"] = reason_field(_("What is to be changed"), help_text=_("The author reads it."))


class SendBack(TariffStep):
    name, permission = "send_back", "review_tariff"
    title = _("Send back")
    lead = _("Makes it a draft again, for its author to change.")
    icon, possible_from, form_class = "undo", (Status.IN_REVIEW,), CommentForm

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> Tariff:
        return tariffs.send_back(tariff=self.target, user=self.user, as_of=as_of, comment=data["comment"])


class TakeBack(SendBack):
    """The author's own way back: the reviewer has not decided yet."""

    name, permission = "take_back", "draft_tariff"
    title = _("Take back")
    lead = _("Makes your tariff a draft again before it was reviewed.")

    @classmethod
    def is_offered(cls, request: HttpRequest, target: Any) -> bool:
        return super().is_offered(request, target) and target.author_id == request.user.pk


class Publish(TariffStep):
    name, permission = "publish", "review_tariff"
    title = _("Publish")
    lead = _(
        "Offers the tariff from now on. Its terms never change again; an earlier version is archived, those on it stay."
    )
    icon, possible_from, fresh = "publish", (Status.IN_REVIEW,), True
    variant = ActionVariant.PRIMARY

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> Tariff:
        return tariffs.publish(tariff=self.target, user=self.user, as_of=as_of)


class ReasonForm(ActForm):
    def build(self) -> None:
        self.fields["reason"] = reason_field()


class Archive(TariffStep):
    name, permission = "archive", "retire_tariff"
    title = _("Archive")
    lead = _("Offers the tariff no more. Those on it stay on it.")
    icon, possible_from, form_class = "archive", (Status.PUBLISHED,), ReasonForm

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> Tariff:
        return tariffs.archive(tariff=self.target, user=self.user, as_of=as_of, reason=data["reason"])


class Restore(TariffStep):
    name, permission = "restore", "retire_tariff"
    title = _("Offer again")
    lead = _("Publishes an archived tariff again, with the terms it always had.")
    icon, possible_from, form_class = "unarchive", (Status.ARCHIVED,), ReasonForm

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> Tariff:
        return tariffs.restore(tariff=self.target, user=self.user, as_of=as_of, reason=data["reason"])


class NextVersion(TariffStep):
    name, permission = "next_version", "draft_tariff"
    title = _("New version")
    lead = _("A draft with the same terms and the same id, to change the price in.")
    icon, possible_from = "content_copy", (Status.PUBLISHED, Status.ARCHIVED)

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> Tariff:
        return tariffs.draft_next_version(tariff=self.target, user=self.user, as_of=as_of)

    def facts(self, result: Any) -> list[Fact]:
        return [Fact(_("New draft"), str(result))]


@admin.register(Tariff)
class TariffPage(OperationPage):
    form = TariffForm
    acts = (Publish, Submit, SendBack, TakeBack, Archive, Restore, NextVersion)
    list_display = ("names", "tariff_id", "version", "product", "price", "included_quantity", "state")
    list_filter = ("status", "product", "seller")
    list_select_related = ("product", "seller")
    search_fields = ("tariff_id", "name", "name_ru", "product__name")
    fieldsets = (
        (_("At a glance"), {"fields": ("state", "author", "reviewer", "published", "subscribers")}),
        (_("Tariff"), {"fields": ("product", "seller", "tariff_id", "version", "name", "name_ru")}),
        (_("Terms"), {"fields": ("timing", "metric", "price_model", "unit_price", "included_quantity", "quota_mode",
                                 "interval_months", "payment_days")}),
    )  # fmt: skip
    add_fieldsets = fieldsets[1:]
    readonly_fields = ("state", "author", "reviewer", "published", "subscribers", "version")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(permission_of("draft_tariff"))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only a draft is ever changed (E2); a forged form for any other is refused before it is read."""
        return request.user.has_perm(permission_of("draft_tariff")) and (obj is None or obj.status == Status.DRAFT)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fixed = ("product", "seller", "tariff_id") if obj is not None and obj.version > 1 else ()
        return (*self.readonly_fields, *fixed)

    @display(description=_("name"), ordering="name")
    def names(self, tariff: Tariff) -> str:
        return tariff.name_in(wording.language())

    @display(description=_("price of one"), ordering="unit_price")
    def price(self, tariff: Tariff) -> str:
        return wording.money_text(tariff.unit_price.amount, tariff.currency)

    @display(description=_("status"), ordering="status")
    def state(self, tariff: Tariff) -> SafeString:
        return badge(COLOURS[tariff.status], tariff.get_status_display())

    @display(description=_("published"), ordering="published_at")
    def published(self, tariff: Tariff) -> str:
        return moment(tariff.published_at)

    @display(description=_("subscribers"))
    def subscribers(self, tariff: Tariff) -> str:
        running = Subscription.objects.running().filter(tariff=tariff).count()
        return list_link(Subscription, f"tariff__id__exact={tariff.pk}", running)
