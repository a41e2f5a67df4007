"""Acts that end a subscription: staff terminate and resume it for its owner (M12, M13), cancel it and undo that (C4)."""

from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.enums import ActionVariant

from billing.admin.acts.act_pages import ActForm
from billing.admin.acts.act_preview import Fact
from billing.admin.acts.form_fields import reason_field, text_field
from billing.admin.base import money
from billing.admin.subscriptions.labels import next_fact, state_of
from billing.admin.subscriptions.terms_acts import ReasonForm, SubscriptionAct
from billing.models import Invoice, Subscription
from billing.operations.subscriptions import lifecycle, plan_changes
from billing.reports.plan_state import plan_state
from billing.wording import formats


class TerminateForm(ActForm):
    def build(self) -> None:
        self.fields["requested_by"] = text_field(
            _("asked for by"),
            max_length=200,
            help_text=_("Name and address of the owner: a subscription ends on their word only."),
        )
        self.fields["reason"] = reason_field()


class Terminate(SubscriptionAct):
    name = "terminate_subscription"
    title = _("Terminate")
    button = _("Terminate the subscription")
    icon = "stop_circle"
    variant = ActionVariant.DANGER
    form_class = TerminateForm

    def __init__(self, request: Any, target: Any) -> None:
        super().__init__(request, target)
        lead = (
            _(
                "Ends it now: the final invoice is issued and the instance becomes read-only. It can be resumed for 12 months."
            )
            if target.is_metered
            else _(
                "Ends it now and for good: the instance becomes read-only and nothing is refunded. To let it run to the end of what "
                "is paid, cancel it instead. Whoever comes back takes out a new one."
            )
        )
        self.lead = lead  # type: ignore[misc]

    @classmethod
    def makes_sense(cls, target: Any) -> bool:
        return bool(target.terminated_at is None)

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> Any:
        self.lost = None if self.target.is_metered else plan_state(self.target, as_of).paid_until
        return lifecycle.terminate(
            subscription=self.target,
            as_of=as_of,
            actor=self.actor,
            reason=data["reason"],
            requested_by=data["requested_by"],
        )

    def facts(self, result: Any) -> list[Fact]:
        rows = [Fact(_("Final invoice"), _("none: nothing was charged"))]
        if isinstance(result, Invoice):
            rows = [
                Fact(_("Final invoice"), money(result.total_minor, result.currency)),
                Fact(_("to be paid"), money(result.open_minor, result.currency)),
            ]
        elif not self.target.is_metered:
            rows = [Fact(_("Final invoice"), _("none: everything is on an invoice already"))]
        if self.lost is not None:
            until = _("nothing, though it is charged to %(date)s") % {"date": formats.date_text(self.lost)}
            rows.append(Fact(_("Refunded"), until))
        return rows

    def success_message(self, result: Any) -> str:
        return str(_("The subscription is terminated."))


class ResumeForm(ActForm):
    def build(self) -> None:
        self.fields["requested_by"] = text_field(_("asked for by"), max_length=200)


class Resume(SubscriptionAct):
    name = "resume_subscription"
    title = _("Resume")
    button = _("Resume the subscription")
    lead = _("Takes it up again from today, within 12 months and if nothing is owed.")
    icon = "play_circle"
    variant = ActionVariant.PRIMARY
    form_class = ResumeForm

    @classmethod
    def makes_sense(cls, target: Any) -> bool:
        return target.terminated_at is not None and target.is_metered

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> Any:
        return lifecycle.resume(
            subscription=self.target, as_of=as_of, actor=self.actor, requested_by=data["requested_by"]
        )

    def success_message(self, result: Any) -> str:
        return str(_("The subscription runs again."))


class Cancel(SubscriptionAct):
    name = "cancel_subscription"
    title = _("Cancel for the end of what is paid")
    button = _("Cancel the subscription")
    lead = _(
        "Nothing renews any more. Everything works to the end of what is paid, then it ends; until then it can be taken back."
    )
    icon = "event_busy"
    form_class = ReasonForm

    @classmethod
    def makes_sense(cls, target: Any) -> bool:
        return state_of(target).can_be_cancelled

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> Subscription:
        return plan_changes.cancel_subscription(
            subscription=self.target, as_of=as_of, actor=self.actor, reason=data["reason"]
        )

    def facts(self, result: Subscription) -> list[Fact]:
        assert result.cancel_date is not None
        return [
            Fact(_("Works to"), formats.date_text(result.cancel_date - timedelta(days=1))),
            Fact(pgettext_lazy("subscription", "Ends"), formats.date_text(result.cancel_date)),
            Fact(_("Next charge"), pgettext_lazy("charge", "none")),
        ]

    def success_message(self, result: Subscription) -> str:
        assert result.cancel_date is not None
        return str(_("It ends on %(date)s.") % {"date": formats.date_text(result.cancel_date)})


class UndoCancel(SubscriptionAct):
    name = "undo_cancel"
    permission = "cancel_subscription"
    title = _("Take the cancellation back")
    lead = _("It renews again as before.")
    icon = "event_repeat"
    variant = ActionVariant.PRIMARY
    form_class = ReasonForm

    @classmethod
    def makes_sense(cls, target: Any) -> bool:
        return state_of(target).is_cancelled

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> Subscription:
        self.as_of = as_of
        return plan_changes.undo_cancellation(
            subscription=self.target, as_of=as_of, actor=self.actor, reason=data["reason"]
        )

    def facts(self, result: Subscription) -> list[Fact]:
        return [next_fact(plan_state(result, self.as_of))]

    def success_message(self, result: Any) -> str:
        return str(_("It renews again."))
