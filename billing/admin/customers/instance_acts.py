"""Acts on an instance: staff register it, put it on a tariff, delete it for good."""

from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.members import Report
from accounts.models import Customer, Instance, Member, MemberChange, Product
from billing.admin.acts.act_pages import Act, ActForm
from billing.admin.acts.act_preview import Fact
from billing.admin.acts.form_fields import (
    choice_field,
    email_field,
    instant_field,
    model_field,
    reason_field,
    searched_field,
    text_field,
)
from billing.admin.subscriptions.labels import (
    charges_since,
    choices_of,
    choosable_tariffs,
    is_counted_by_hand,
    next_fact,
    tariff_name,
)
from billing.admin.subscriptions.terms_acts import WHY as WHO_ASKED
from billing.admin.subscriptions.terms_acts import number_field
from billing.models import BillingAccount, Subscription
from billing.operations.customers import instances
from billing.operations.subscriptions import lifecycle
from billing.reports.plan_state import plan_state
from billing.wording import formats


class RegisterForm(ActForm):
    def build(self) -> None:
        self.fields["customer"] = searched_field(
            _("customer"), Customer.objects.filter(erased_at=None), Instance._meta.get_field("customer")
        )
        self.fields["product"] = model_field(_("product"), Product.objects.all())
        self.fields["domain"] = text_field(_("domain"), help_text=_("As team.example.com"))
        self.fields["email"] = email_field(
            _("representative's email"),
            help_text=_("The first person is the instance's administrator; invoices go there too."),
        )
        self.fields["person"] = text_field(_("representative's name"), required=False)
        self.fields["external_id"] = text_field(_("representative's id in the instance"), initial="1", max_length=128)
        self.fields["registered_at"] = instant_field(
            _("registered"), required=False, help_text=_("Leave empty for now.")
        )


class Register(Act):
    name = "register_instance"
    title = _("Register an instance")
    button = _("Register")
    lead = _("A new instance of a product for a customer. Its tariff is chosen afterwards, on its page.")
    icon = "add"
    form_class = RegisterForm

    def initial(self) -> dict[str, Any]:
        return {
            "customer": self.request.GET.get("customer"),
            "product": Product.objects.values_list("pk", flat=True).first(),
        }

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> Any:
        return instances.register_instance(
            customer=data["customer"],
            product=data["product"],
            domain=data["domain"],
            as_of=as_of,
            registered_at=data["registered_at"],
            source=MemberChange.Source.STAFF,
            actor=self.actor,
            representative=Report(
                external_id=data["external_id"], status=Member.Status.ACTIVE, email=data["email"], name=data["person"]
            ),
        )

    def facts(self, result: Any) -> list[Fact]:
        first = result.members.select_related("role").get()
        role = first.role.name_in(formats.language())
        return [Fact(_("Instance"), result.domain), Fact(_("Its administrator"), f"{first}, {role}")]

    def success_message(self, result: Any) -> str:
        return str(_("%(domain)s is registered. Choose its tariff next.") % {"domain": result.domain})

    def next_url(self, result: Any) -> str:
        return reverse("admin:accounts_instance_change", args=(result.pk,))


class SubscribeForm(ActForm):
    def build(self) -> None:
        tariffs = choosable_tariffs(self.act.target.product, with_trials=True)
        if self.act.target.product.kind != Product.Kind.FREE:
            self.fields["tariff_id"] = choice_field(_("tariff"), choices_of(tariffs))
        if is_counted_by_hand(tariffs):
            self.fields["quantity"] = number_field(
                _("quantity"), required=False, help_text=_("Of what is bought by the piece; empty: one.")
            )
        if any(row.trial_days for row in tariffs):
            trial_choices = [
                ("", _("first, where the tariff has one and it is not used")),
                ("yes", _("with the trial")),
                ("no", _("without: paid time begins today")),
            ]
            self.fields["trial"] = choice_field(pgettext_lazy("subscription", "trial"), trial_choices, required=False)
        self.fields["reason"] = reason_field(help_text=WHO_ASKED)


class Subscribe(Act):
    name = "create_subscription"
    title = _("Put on a tariff")
    lead = _("Starts a subscription now: its trial, or its paid time, of which the first charge is posted at once.")
    icon = "playlist_add_check"
    form_class = SubscribeForm
    live = True

    @classmethod
    def makes_sense(cls, target: Any) -> bool:
        return target.deleted_at is None and not target.subscriptions.filter(terminated_at=None).exists()

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> Any:
        self.as_of = as_of
        trial = {"yes": True, "no": False}.get(data.get("trial", ""))
        return lifecycle.create_subscription(
            instance=self.target,
            tariff_id=data.get("tariff_id"),
            quantity=data.get("quantity"),
            trial=trial,
            as_of=as_of,
            actor=self.actor,
            reason=data["reason"],
        )

    def facts(self, result: Subscription) -> list[Fact]:
        currency = result.account.currency
        rows = [Fact(_("Account"), result.account.number), Fact(_("Tariff"), tariff_name(result.tariff))]
        if result.trial_ends_on is not None:
            rows.append(Fact(_("Trial's last day"), formats.date_text(result.trial_ends_on)))
        period = result.periods.first()
        if period is not None:
            rows.append(Fact(_("First period"), formats.span_text(period.start, period.span.last_day)))
        charged = sum(result.charges.values_list("amount_minor", flat=True))
        rows.append(Fact(_("Charged at once"), formats.money_text(charged, currency)))
        if not result.is_metered:
            rows += [*charges_since(result, 0), next_fact(plan_state(result, self.as_of))]
        account = BillingAccount.objects.select_related("ledger_account").get(pk=result.account_id)
        return [*rows, Fact(_("Balance"), formats.money_text(account.ledger_account.balance_minor, currency))]

    def success_message(self, result: Any) -> str:
        return str(_("The subscription runs."))


class DeleteForm(ActForm):
    def build(self) -> None:
        self.fields["requested_by"] = text_field(
            _("asked for by"), help_text=_("Only the owner may ask for it."), max_length=200
        )
        self.fields["domain"] = text_field(
            _("the domain, typed out"), help_text=_("So that no other instance is deleted.")
        )

    def clean_domain(self) -> str:
        typed = str(self.cleaned_data["domain"]).strip().lower()
        if typed != self.act.target.domain.lower():
            self.add_error("domain", _("This is not the domain of this instance."))
        return typed


class Delete(Act):
    name = "delete_instance"
    permission = "delete_instance_data"
    title = _("Delete for good")
    lead = _(
        "Erases the personal data of its people on the owner's request. Ledger and documents stay. It cannot be undone."
    )
    icon = "delete_forever"
    form_class = DeleteForm
    needs_reauthentication = True

    @classmethod
    def makes_sense(cls, target: Any) -> bool:
        return bool(target.deleted_at is None)

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> Any:
        self.people = self.target.members.count()
        instances.delete_instance(
            instance=self.target, as_of=as_of, actor=self.actor, requested_by=data["requested_by"]
        )
        return self.target

    def facts(self, result: Any) -> list[Fact]:
        return [Fact(_("Instance"), self.target.domain), Fact(_("People erased"), str(self.people))]

    def success_message(self, result: Any) -> str:
        return str(_("The instance is deleted."))
