"""Acts that move a tariff between its statuses (E2); publishing shows the release check first."""

from datetime import datetime
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant

from billing.admin.acts.act_pages import Act, ActForm, ReasonForm
from billing.admin.acts.act_preview import Fact
from billing.admin.acts.form_fields import reason_field
from billing.admin.tariffs.release_check import ReleaseView, check_of
from billing.models import Tariff
from billing.operations.catalogue import tariffs

Status = Tariff.Status


class TariffStep(Act):
    """An act moves a tariff to another status, from those in ``possible_from``."""

    possible_from: ClassVar[tuple[Tariff.Status, ...]] = ()
    becomes: ClassVar[Tariff.Status]

    @classmethod
    def makes_sense(cls, target: Any) -> bool:
        return target.status in cls.possible_from

    def facts(self, result: Any) -> list[Fact]:
        before = Status(self.target.status).label
        return [Fact(_("Status"), result.get_status_display(), before)]

    def success_message(self, result: Any) -> str:
        return str(_("%(tariff)s: %(status)s.") % {"tariff": result, "status": result.get_status_display()})

    def next_url(self, result: Any) -> str:
        return reverse("admin:billing_tariff_change", args=(result.pk,))


class Submit(TariffStep):
    name, permission = "submit", "draft_tariff"
    title = _("Submit for review")
    lead = _("From now on its terms stand still until the reviewer has decided.")
    icon, possible_from = "outgoing_mail", (Status.DRAFT,)
    variant = ActionVariant.PRIMARY

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> Tariff:
        return tariffs.submit_tariff(tariff=self.target, user=self.user, as_of=as_of)


class CommentForm(ActForm):
    def build(self) -> None:
        self.fields["comment"] = reason_field(_("What is to be changed"), help_text=_("The author reads it."))


class SendBack(TariffStep):
    name, permission = "send_back", "review_tariff"
    title = _("Send back")
    lead = _("Makes it a draft again, for its author to change.")
    icon, possible_from, form_class = "undo", (Status.IN_REVIEW,), CommentForm

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> Tariff:
        return tariffs.send_back_tariff(tariff=self.target, user=self.user, as_of=as_of, comment=data["comment"])


class TakeBack(SendBack):
    """The author withdraws a draft that the reviewer has not decided on yet."""

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
    icon, possible_from, needs_reauthentication = "publish", (Status.IN_REVIEW,), True
    variant = ActionVariant.PRIMARY

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> Tariff:
        return tariffs.publish_tariff(tariff=self.target, user=self.user, as_of=as_of)

    def facts(self, result: Any) -> list[Fact]:
        """Adds the previous version to the effect: it stops being offered."""
        rows = super().facts(result)
        previous = self.check.previous
        if previous is not None and previous.status == Status.PUBLISHED:
            rows.append(Fact(str(previous), Status.ARCHIVED.label, Status.PUBLISHED.label))
        return rows

    @cached_property
    def check(self) -> ReleaseView:
        """Reads the release check before the act is rehearsed, while the previous version is still published."""
        return check_of(self.target)

    def answer(self) -> HttpResponse:
        self.check  # noqa: B018 - before anything is done
        return super().answer()

    def _render(self, form: ActForm, rows: list[Fact] | None) -> HttpResponse:
        response = super()._render(form, rows)
        assert isinstance(response, TemplateResponse)
        response.template_name = "admin/tariffs/publish.html"
        response.context_data = {**(response.context_data or {}), "check": self.check}
        return response


class Archive(TariffStep):
    name, permission = "archive", "retire_tariff"
    title = _("Archive")
    lead = _("Offers the tariff no more. Those on it stay on it.")
    icon, possible_from, form_class = "archive", (Status.PUBLISHED,), ReasonForm

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> Tariff:
        return tariffs.archive_tariff(tariff=self.target, user=self.user, as_of=as_of, reason=data["reason"])


class Restore(TariffStep):
    name, permission = "restore", "retire_tariff"
    title = _("Offer again")
    lead = _("Publishes an archived tariff again, with the terms it always had.")
    icon, possible_from, form_class = "unarchive", (Status.ARCHIVED,), ReasonForm

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> Tariff:
        return tariffs.restore_tariff(tariff=self.target, user=self.user, as_of=as_of, reason=data["reason"])


class ThrowAway(TariffStep):
    name, permission = "throw_away", "draft_tariff"
    title = _("Throw the draft away")
    lead = _("It was never offered: nothing of it is left but the record that it was there.")
    icon, possible_from = "delete", (Status.DRAFT,)

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> None:
        tariffs.delete_draft(draft=self.target, user=self.user, as_of=as_of)

    def facts(self, result: Any) -> list[Fact]:
        return [Fact(str(self.target), _("gone"), Status(self.target.status).label)]

    def success_message(self, result: Any) -> str:
        return str(_("The draft is gone."))

    def next_url(self, result: Any) -> str:
        return reverse("admin:billing_tariff_changelist")


class NextVersion(TariffStep):
    name, permission = "next_version", "draft_tariff"
    title = _("New version")
    lead = _("A draft with the same terms and the same id, to change the price in.")
    icon, possible_from = "content_copy", (Status.PUBLISHED, Status.ARCHIVED)

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> Tariff:
        return tariffs.draft_next_version(tariff=self.target, user=self.user, as_of=as_of)

    def facts(self, result: Any) -> list[Fact]:
        return [Fact(_("New draft"), str(result))]
