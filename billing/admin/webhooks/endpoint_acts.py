"""Acts on webhook endpoints: add, change, pause, resume, disable, rotate the secret, replay events, send a sample.

A secret is shown on the act's answer page and nowhere else.
"""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold import widgets
from unfold.enums import ActionVariant

from accounts.models import Customer, Product
from billing import clock
from billing.admin.acts.act_pages import Act, ActForm, ReasonForm
from billing.admin.acts.act_preview import Fact
from billing.admin.acts.act_results import AnswerPageAct, SecretAct
from billing.admin.acts.form_fields import choice_field, instant_field, searched_field, text_field
from billing.admin.base import moment
from billing.models import WebhookDelivery, WebhookEndpoint
from billing.operations.events import endpoints, fan_out
from billing.operations.events.event_types import TYPES, meaning_of
from billing.operations.events.webhook_request import Attempt
from billing.wording import webhook_events

TYPES_HELP = _("Separated by spaces, as subscription.terminated, or subscription. for all of them. Empty: all.")


class EndpointForm(ActForm):
    def build(self) -> None:
        self.fields["url"] = text_field(_("address"), max_length=500, help_text=_("Begins with https://."))
        self.fields["name"] = text_field(_("name"), max_length=100, required=False)
        self.fields["types"] = text_field(_("event types"), max_length=1000, required=False, help_text=TYPES_HELP)


class NewEndpointForm(EndpointForm):
    def build(self) -> None:
        super().build()
        fields = {name: WebhookEndpoint._meta.get_field(name) for name in ("product", "customer")}
        self.fields["product"] = searched_field(
            _("product"),
            Product.objects.all(),
            fields["product"],
            required=False,
            help_text=_("Empty: of all products."),
        )
        self.fields["customer"] = searched_field(
            _("customer"),
            Customer.objects.all(),
            fields["customer"],
            required=False,
            help_text=_("Empty: of all customers. Otherwise its owners see and change this webhook in the portal."),
        )


def _endpoint_facts(endpoint: WebhookEndpoint, before: WebhookEndpoint | None = None) -> list[Fact]:
    def types_text(version: WebhookEndpoint) -> str:
        return " ".join(version.types) or webhook_events.types_text(())

    rows = [
        Fact(_("Address"), endpoint.url, before.url if before else ""),
        Fact(_("Event types"), types_text(endpoint), types_text(before) if before else ""),
    ]
    if endpoint.name or (before and before.name):
        rows.insert(0, Fact(_("Name"), endpoint.name or "—", (before.name or "—") if before else ""))
    return rows


class AddEndpoint(SecretAct):
    heading = _("The secret of the webhook")
    name, permission = "add_webhook", "manage_tokens"
    title = _("Add a webhook")
    button = _("Add it and show its secret once")
    lead = _("Copy the secret when it is shown: the receiver checks every signature with it.")
    icon, form_class, needs_reauthentication = "add", NewEndpointForm, True

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> tuple[WebhookEndpoint, str]:
        return endpoints.add_endpoint(
            url=data["url"],
            product=data["product"],
            customer=data["customer"],
            types=data["types"].split(),
            name=data["name"],
            as_of=as_of,
            actor=self.actor,
        )

    def facts(self, result: tuple[WebhookEndpoint, str]) -> list[Fact]:
        return _endpoint_facts(result[0])

    def success_message(self, result: tuple[WebhookEndpoint, str]) -> str:
        return str(_("The webhook is added."))


class NewSecret(SecretAct):
    heading = _("The secret of the webhook")
    name, permission = "new_webhook_secret", "manage_tokens"
    title = _("New secret")
    button = _("Make it and show it once")
    lead = _(
        "The secret before it signs as well for 24 hours, so that the receiver changes over without missing anything."
    )
    icon, needs_reauthentication = "key", True

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> tuple[WebhookEndpoint, str]:
        return endpoints.rotate_secret(endpoint=self.target, as_of=as_of, actor=self.actor)

    def facts(self, result: tuple[WebhookEndpoint, str]) -> list[Fact]:
        """Adds a rotation under way to the effect, so that a form sent twice makes one secret."""
        until = self.target.old_secret_until
        ends = moment(until) if until and until > clock.now() else ""
        rows = [Fact(_("The secret of now"), _("signs for 24 hours more"))]
        return [*rows, Fact(_("The secret before it"), _("ends at once"), ends)] if ends else rows

    def success_message(self, result: tuple[WebhookEndpoint, str]) -> str:
        return str(_("There is a new secret."))


class ChangeEndpoint(Act):
    name, permission = "change_webhook", "manage_tokens"
    title = _("Change the webhook")
    button = _("Change it")
    lead = _("In force from the next event on; what already waits goes to the new address.")
    icon, form_class, needs_reauthentication = "edit", EndpointForm, True

    def initial(self) -> dict[str, Any]:
        return {"url": self.target.url, "name": self.target.name, "types": " ".join(self.target.types)}

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> WebhookEndpoint:
        return endpoints.change_endpoint(
            endpoint=self.target,
            url=data["url"],
            name=data["name"],
            types=data["types"].split(),
            as_of=as_of,
            actor=self.actor,
        )

    def facts(self, result: WebhookEndpoint) -> list[Fact]:
        return _endpoint_facts(result, self.target)


class Pause(Act):
    name, permission = "pause_webhook", "manage_tokens"
    title = _("Pause the webhook")
    lead = _("Events wait until it goes on; none is lost.")
    icon = "pause"

    class form_class(ActForm):  # noqa: N801
        def build(self) -> None:
            self.fields["reason"] = text_field(_("reason"), max_length=200, required=False)

    @classmethod
    def makes_sense(cls, target: Any) -> bool:
        return target.disabled_at is None and target.paused_at is None

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> WebhookEndpoint:
        return endpoints.pause_endpoint(endpoint=self.target, as_of=as_of, actor=self.actor, reason=data["reason"])

    def facts(self, result: WebhookEndpoint) -> list[Fact]:
        return [Fact(_("Status"), _("paused"), _("in use"))]


class Resume(Act):
    name, permission = "resume_webhook", "manage_tokens"
    title = _("Let the webhook go on")
    lead = _("What waited is sent with the next run, in order.")
    icon = "play_arrow"

    @classmethod
    def makes_sense(cls, target: Any) -> bool:
        return target.disabled_at is None and target.paused_at is not None

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> WebhookEndpoint:
        return endpoints.resume_endpoint(endpoint=self.target, as_of=as_of, actor=self.actor)

    def facts(self, result: WebhookEndpoint) -> list[Fact]:
        waiting = WebhookDelivery.objects.filter(endpoint=result, state=WebhookDelivery.State.WAITING).count()
        return [Fact(_("Status"), _("in use"), _("paused")), Fact(_("Events sent now"), str(waiting))]


class DisableEndpoint(Act):
    name, permission = "disable_webhook", "manage_tokens"
    title = _("Switch off")
    lead = _("Nothing is sent there any more, and what was waiting is given up.")
    icon, form_class, variant = "block", ReasonForm, ActionVariant.DANGER

    @classmethod
    def makes_sense(cls, target: Any) -> bool:
        return bool(target.disabled_at is None)

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> WebhookEndpoint:
        return endpoints.disable_endpoint(endpoint=self.target, as_of=as_of, actor=self.actor, reason=data["reason"])

    def facts(self, result: WebhookEndpoint) -> list[Fact]:
        return [Fact(_("Status"), _("switched off"), _("in use"))]


class EnableEndpoint(Act):
    name, permission = "enable_webhook", "manage_tokens"
    title = _("Switch on again")
    lead = _("Events of from now on are sent there; what was missed can be sent again.")
    icon = "power_settings_new"

    @classmethod
    def makes_sense(cls, target: Any) -> bool:
        return target.disabled_at is not None

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> WebhookEndpoint:
        return endpoints.enable_endpoint(endpoint=self.target, as_of=as_of, actor=self.actor)

    def facts(self, result: WebhookEndpoint) -> list[Fact]:
        return [Fact(_("Status"), _("in use"), _("switched off"))]


class RangeForm(ActForm):
    def build(self) -> None:
        self.fields["since"] = instant_field(_("from"))
        self.fields["until"] = instant_field(_("up to"))
        self.fields["types"] = text_field(
            _("event types"),
            max_length=1000,
            required=False,
            help_text=_(
                "Separated by spaces, as subscription.terminated, or subscription. for all of them. Empty: all it hears of."
            ),
        )
        self.fields["only_failed"] = forms.BooleanField(
            label=_("only what was given up"), required=False, widget=widgets.UnfoldBooleanSwitchWidget()
        )


class ReplayRange(Act):
    name, permission = "replay_range", "manage_tokens"
    title = _("Send events again")
    button = _("Send them again")
    lead = _(
        "Everything that happened in this time goes out once more with its own ids and in order, delivered or not."
    )
    icon, form_class = "replay", RangeForm

    @classmethod
    def makes_sense(cls, target: Any) -> bool:
        return bool(target.disabled_at is None)

    def initial(self) -> dict[str, Any]:
        now = clock.now().replace(second=0, microsecond=0)
        return {"since": now - timedelta(days=1), "until": now + timedelta(minutes=1), "only_failed": True}

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> int:
        return fan_out.replay_range(
            endpoint=self.target,
            since=data["since"],
            until=data["until"],
            types=data["types"].split(),
            only_failed=data["only_failed"],
            as_of=as_of,
            actor=self.actor,
        )

    def facts(self, result: int) -> list[Fact]:
        return [Fact(_("Events sent again"), str(result))]

    def success_message(self, result: int) -> str:
        sentence = ngettext("%(count)s event is on its way again.", "%(count)s events are on their way again.", result)
        return sentence % {"count": result}


class ReplayDelivery(Act):
    name, permission = "replay_delivery", "manage_tokens"
    title = _("Send it again")
    lead = _("Once more with the same id, delivered or not.")
    icon = "replay"

    @classmethod
    def makes_sense(cls, target: Any) -> bool:
        return bool(target.endpoint.disabled_at is None)

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> WebhookDelivery:
        return fan_out.replay(endpoint=self.target.endpoint, event=self.target.event, as_of=as_of, actor=self.actor)

    def facts(self, result: WebhookDelivery) -> list[Fact]:
        return [
            Fact(_("Event"), f"{result.event.type} · {result.event.public_id}"),
            Fact(_("Address"), self.target.endpoint.url),
            Fact(_("Sent again"), str(result.replays), str(self.target.replays)),
        ]

    def success_message(self, result: WebhookDelivery) -> str:
        return str(_("It is on its way again, with the same id."))


class SampleForm(ActForm):
    def build(self) -> None:
        choices = [(heading, [(name, name) for name in names]) for heading, names in webhook_events.group_types(TYPES)]
        self.fields["type"] = choice_field(_("type of event"), choices)


class SendSample(AnswerPageAct):
    """Calls the receiver at once: a call cannot be rolled back, so the preview describes it without a rehearsal."""

    name, permission = "send_sample", "manage_tokens"
    title = _("Send a sample")
    button = _("Send it now")
    lead = _("Signed as every event is and marked as a sample; it is about nothing real and is not repeated.")
    icon, form_class, has_own_transactions = "science", SampleForm, True
    answer_template = "admin/webhooks/sample_answer.html"
    result: Attempt
    sample_type: str

    def preview(self, data: dict[str, Any], as_of: datetime) -> list[Fact]:
        return [
            Fact(_("Address"), self.target.url),
            Fact(_("Event"), data["type"]),
            Fact(_("What it tells"), meaning_of(data["type"]).replace("`", "")),
        ]

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> Attempt:
        self.sample_type = data["type"]
        self.result = fan_out.send_sample(endpoint=self.target, type_=data["type"], as_of=as_of, actor=self.actor)
        return self.result

    def answer_context(self) -> dict[str, Any]:
        return {"endpoint": self.target, "tried": self.result, "sent": self.sample_type}

    def success_message(self, result: Attempt) -> str:
        return str(_("The sample was sent."))
