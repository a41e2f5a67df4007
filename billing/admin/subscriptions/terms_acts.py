"""Acts on a subscription's terms: support chooses a tariff for the owner, extends a trial, changes terms, undoes a change."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold import widgets
from unfold.enums import ActionVariant

from billing.admin.acts.act_pages import Act, ActForm
from billing.admin.acts.act_preview import Fact
from billing.admin.acts.form_fields import choice_field, reason_field
from billing.admin.base import money
from billing.admin.subscriptions.labels import (
    charges_since,
    choices_of,
    choosable_tariffs,
    is_counted_by_hand,
    last_charge,
    line_fact,
    next_fact,
    state_of,
    tariff_name,
    units_text,
)
from billing.models import BillingAccount, Collection, Subscription
from billing.operations.collection import dunning, payment_methods
from billing.operations.cycle import prepaid_periods, scheduled_changes, subscription_status
from billing.operations.invoices import issuing
from billing.operations.subscriptions import plan_changes, trials
from billing.operations.subscriptions.quotes import NOW, PERIOD_END, Quote, TermsRequest
from billing.reports.plan_state import Stage, plan_state
from billing.wording import formats

WHY = _("Who asked for it, and how: “Anna by phone, ticket 417”. Kept with the act.")


def number_field(label: Any, **options: Any) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=1, widget=widgets.UnfoldAdminIntegerFieldWidget(), **options)


class SubscriptionAct(Act):
    """An act changes one subscription; its effect shows the account's money and access as well."""

    def account(self) -> BillingAccount:
        return self.target.account  # type: ignore[no-any-return]


class ChooseForm(ActForm):
    def build(self) -> None:
        tariffs = choosable_tariffs(self.act.target.instance.product, with_trials=False)
        self.fields["tariff_id"] = choice_field(_("tariff"), choices_of(tariffs))
        if is_counted_by_hand(tariffs):
            self.fields["quantity"] = number_field(
                _("quantity"), required=False, help_text=_("Of what is bought by the piece; empty: one.")
            )
        self.fields["reason"] = reason_field(help_text=WHY)


class Choose(SubscriptionAct):
    name = "choose_tariff"
    title = _("Choose a tariff")
    button = _("Choose it")
    lead = _(
        "Ends the trial by a choice, for its owner. During the trial paid time begins the day after its last day; after it, today."
    )
    icon = "task_alt"
    variant = ActionVariant.PRIMARY
    form_class = ChooseForm
    live = True

    @classmethod
    def makes_sense(cls, target: Any) -> bool:
        return state_of(target).stage in (Stage.TRIAL, Stage.TRIAL_ENDED)

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> Subscription:
        self.as_of, self.newest = as_of, last_charge(self.target)
        return trials.choose_tariff(
            subscription=self.target,
            tariff_id=data["tariff_id"],
            quantity=data.get("quantity"),
            as_of=as_of,
            actor=self.actor,
            reason=data["reason"],
        )

    def facts(self, result: Subscription) -> list[Fact]:
        state = plan_state(result, self.as_of)
        tariff = state.change.tariff if state.change is not None else result.tariff
        rows = [Fact(_("Tariff"), tariff_name(tariff))]
        if state.stage == Stage.TRIAL and state.next_date is not None and state.first is not None:
            rows.append(Fact(_("Paid time begins"), formats.date_text(state.next_date)))
            return [*rows, line_fact(str(_("First charge, on that day")), state.first)]
        return [*rows, *charges_since(result, self.newest), next_fact(state)]

    def success_message(self, result: Any) -> str:
        return str(_("The tariff is chosen."))


class ExtendForm(ActForm):
    def build(self) -> None:
        self.fields["days"] = number_field(
            _("days more"), help_text=_("From its last day; from today where it is over already.")
        )
        self.fields["reason"] = reason_field()


class Extend(SubscriptionAct):
    name = "extend_trial"
    title = _("Extend the trial")
    lead = _("Nothing is charged for the days more. What was chosen begins the day after the new last day.")
    icon = "more_time"
    form_class = ExtendForm
    live = True

    @classmethod
    def makes_sense(cls, target: Any) -> bool:
        return state_of(target).stage in (Stage.TRIAL, Stage.TRIAL_ENDED)

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> Subscription:
        self.before = formats.date_text(self.target.trial_ends_on)
        return trials.extend_trial(
            subscription=self.target, days=data["days"], reason=data["reason"], as_of=as_of, actor=self.actor
        )

    def facts(self, result: Subscription) -> list[Fact]:
        assert result.trial_ends_on is not None
        rows = [Fact(_("Trial's last day"), formats.date_text(result.trial_ends_on), self.before)]
        change = scheduled_changes.waiting_change(result)
        if change is not None:
            rows.append(Fact(_("Paid time begins"), formats.date_text(change.effective_date)))
        return rows

    def success_message(self, result: Subscription) -> str:
        assert result.trial_ends_on is not None
        return str(_("The trial lasts to %(date)s.") % {"date": formats.date_text(result.trial_ends_on)})


class TermsForm(ActForm):
    def build(self) -> None:
        target: Subscription = self.act.target
        tariffs = choosable_tariffs(target.instance.product, with_trials=False)
        other_tariffs = [tariff for tariff in tariffs if tariff.tariff_id != target.priced_by.tariff_id]
        stays = _("as it is: %(tariff)s") % {"tariff": tariff_name(target.tariff)}
        self.fields["tariff_id"] = choice_field(_("tariff"), [("", stays), *choices_of(other_tariffs)], required=False)
        if is_counted_by_hand([target.priced_by, *other_tariffs]):
            self.fields["quantity"] = number_field(_("quantity"), required=False, help_text=_("Empty: as it is."))
        effect_choices = [
            ("", _("by the rules: dearer now, cheaper at the end of what is paid")),
            (NOW, pgettext_lazy("terms", "now")),
            (PERIOD_END, _("at the end of what is paid")),
        ]
        self.fields["when"] = choice_field(pgettext_lazy("terms", "takes effect"), effect_choices, required=False)
        self.fields["reason"] = reason_field(help_text=WHY)


class ChangeTerms(SubscriptionAct):
    name = "change_terms"
    title = _("Change tariff or quantity")
    button = _("Change the terms")
    lead = _("The same figures as its owner would see. What a cheaper tariff taken now gives up is not refunded.")
    icon = "swap_horiz"
    variant = ActionVariant.PRIMARY
    form_class = TermsForm
    live = True

    @classmethod
    def makes_sense(cls, target: Any) -> bool:
        return state_of(target).stage in (Stage.PAID, Stage.ONE_OFF)

    def initial(self) -> dict[str, Any]:
        return {"quantity": self.target.quantity}

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> Quote:
        self.before = (tariff_name(self.target.tariff), self._units(self.target))
        wish = TermsRequest(data["tariff_id"] or None, data.get("quantity"), data["when"] or None)
        return plan_changes.change_terms(
            subscription=self.target, request=wish, as_of=as_of, actor=self.actor, reason=data["reason"]
        )

    @staticmethod
    def _units(subscription: Subscription) -> str:
        return units_text(subscription.priced_by, subscription.quantity)

    def facts(self, result: Quote) -> list[Fact]:
        currency, locale = result.currency, formats.language()
        rows = [Fact(_("Tariff"), tariff_name(result.tariff), self.before[0])]
        if result.quantity is not None:
            rows.append(Fact(_("Quantity"), units_text(result.tariff, result.quantity), self.before[1]))
        rows.append(Fact(_("Takes effect"), formats.date_text(result.effective_date)))
        rows += [line_fact(result.describe(line, locale), line.explanation) for line in result.lines]
        rows.append(Fact(_("Due now"), money(result.due_now_minor, currency)))
        if result.lost_minor:
            rows.append(Fact(_("Given up, not refunded"), money(result.lost_minor, currency)))
        if result.next_date is not None:
            text = f"{money(result.next_minor, currency)} · {formats.date_text(result.next_date)}"
            rows.append(Fact(_("Next charge"), text))
        return rows

    def success_message(self, result: Quote) -> str:
        if result.when == NOW:
            return str(_("The terms are changed."))
        return str(_("The terms change on %(date)s.") % {"date": formats.date_text(result.effective_date)})


class ReasonForm(ActForm):
    def build(self) -> None:
        self.fields["reason"] = reason_field(help_text=WHY)


class UndoChange(SubscriptionAct):
    name = "undo_change"
    permission = "change_terms"
    title = _("Take the change back")
    lead = _("Calls off a change that waits for the end of what is paid, else undoes today's change in full.")
    icon = "undo"
    form_class = ReasonForm

    @classmethod
    def makes_sense(cls, target: Any) -> bool:
        state = state_of(target)
        return state.can_be_called_off or state.undo is not None

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> Subscription:
        self.was = scheduled_changes.waiting_change(self.target)
        return plan_changes.undo_change(subscription=self.target, as_of=as_of, actor=self.actor, reason=data["reason"])

    def facts(self, result: Subscription) -> list[Fact]:
        if self.was is not None and scheduled_changes.waiting_change(result) is None:
            rows = [Fact(_("Scheduled change"), _("called off"), tariff_name(self.was.tariff))]
        else:
            rows = [Fact(_("Tariff"), tariff_name(result.tariff), tariff_name(self.target.tariff))]
        if result.quantity is not None:
            units = units_text(result.priced_by, result.quantity)
            rows.append(Fact(_("Quantity"), units, ChangeTerms._units(self.target)))
        return rows

    def success_message(self, result: Any) -> str:
        return str(_("The change is taken back."))


class CollectNow(SubscriptionAct):
    """Collects the next renewal now. A saved method cannot be charged in a rehearsal: the preview says what will be tried."""

    name = "collect_renewal"
    title = _("Try to collect now")
    lead = _(
        "Today's try, from the balance and then from the saved method, without waiting for ten o'clock. One a day."
    )
    icon = "credit_card"
    form_class = ReasonForm
    has_own_transactions = True

    @classmethod
    def makes_sense(cls, target: Any) -> bool:
        state = state_of(target)
        if state.first_try_on is None or state.next_date is None or state.stage != Stage.PAID:
            return False
        tried = bool(state.tries) and state.tries[0].day == state.today
        return state.first_try_on <= state.today <= state.next_date and not tried

    def preview(self, data: dict[str, Any], as_of: datetime) -> list[Fact]:
        dunning.refuse_collection(self.target, as_of)
        period, currency = prepaid_periods.last_period(self.target), self.target.account.currency
        assert period is not None
        price_minor, credit_minor = (
            subscription_status.renewal_price(self.target, period.end),
            issuing.available_credit(self.target.account),
        )
        missing_minor, method = max(0, price_minor - credit_minor), payment_methods.active_method(self.target.account)
        rows = [
            Fact(_("Period from"), formats.date_text(period.end)),
            Fact(_("It costs"), money(price_minor, currency)),
            Fact(_("From the balance"), money(price_minor - missing_minor, currency)),
        ]
        if missing_minor and method is None:
            rows.append(Fact(_("From a saved method"), _("none is saved: the try will fail, and the owner is told")))
        elif missing_minor and method is not None:
            rows.append(Fact(_("From %(method)s") % {"method": method.title}, money(missing_minor, currency)))
        return rows

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> Collection:
        return dunning.collect_now(subscription=self.target, as_of=as_of, actor=self.actor, reason=data["reason"])

    def success_message(self, result: Collection) -> str:
        return str(_("Today's try: %(outcome)s.") % {"outcome": result.get_outcome_display()})
