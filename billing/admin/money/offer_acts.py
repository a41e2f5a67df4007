"""Acts on an offer of a year up front (M11): staff compute and send it, withdraw it, record its payment."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext
from unfold import widgets
from unfold.enums import ActionVariant

from billing.admin.acts import four_eyes
from billing.admin.acts.act_pages import Act, ActForm, ReasonForm
from billing.admin.acts.act_preview import Fact
from billing.admin.acts.form_fields import instant_field, model_field, percent_field, text_field
from billing.admin.base import money
from billing.models import Approval, BillingAccount, CustomerRequest, Notice, Offer, Payment, Subscription
from billing.operations.settlement import offers, payments
from billing.operations.staff_roles import permission_of
from billing.wording import formats


class OfferForm(ActForm):
    """An offer's form asks for the subscription where the act starts from an account's request."""

    def build(self) -> None:
        target = self.act.target
        if isinstance(target, CustomerRequest):
            running = Subscription.objects.filter(account=target.account, terminated_at=None)
            self.fields["subscription"] = model_field(_("subscription"), running.select_related("instance"))
            self.fields["subscription"].label_from_instance = lambda subscription: subscription.instance.domain  # type: ignore[attr-defined]
        self.fields["people"] = forms.IntegerField(
            label=_("expected people"), widget=widgets.UnfoldAdminIntegerFieldWidget()
        )
        self.fields["discount_percent"] = percent_field(
            _("discount, %"), help_text=_("Comes on top as a bonus when the offer is paid; it is never paid out.")
        )
        self.fields["valid_until"] = forms.DateField(
            label=_("valid until"),
            required=False,
            widget=widgets.UnfoldAdminDateWidget(),
            help_text=_("Empty: %(days)s days from today. That day counts whole.") % {"days": offers.VALID_DAYS},
        )
        self.fields["note"] = text_field(
            _("note for the customer"), required=False, max_length=500, help_text=_("Printed on the offer.")
        )


class SendOffer(Act):
    name = "send_offer"
    title = _("Work out an offer")
    button = _("Send the offer")
    lead = _("A year up front for the expected people. Look at the figures as often as you like; sent, they stand.")
    icon = "local_offer"
    form_class = OfferForm
    live = True

    @classmethod
    def makes_sense(cls, target: Any) -> bool:
        return bool(target.terminated_at is None)

    def initial(self) -> dict[str, Any]:
        return {"discount_percent": Decimal(10)}

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> Offer:
        return offers.send_offer(
            subscription=data.get("subscription") or self.target,
            people=data["people"],
            discount_percent=data["discount_percent"],
            as_of=as_of,
            actor=self.actor,
            valid_until=data["valid_until"],
            note=data["note"],
        )

    def facts(self, result: Offer) -> list[Fact]:
        currency = result.currency
        month = money(result.month_minor, currency)
        return [
            Fact(_("Instance"), result.subscription.instance.domain),
            Fact(_("A month for %(people)s people") % {"people": result.people}, month),
            Fact(
                _("A year: %(months)s × %(month)s") % {"months": result.months, "month": month},
                money(result.full_minor, currency),
            ),
            Fact(
                _("Discount, %(percent)s") % {"percent": formats.percent_text(result.discount_percent)},
                money(-result.discount_minor, currency),
            ),
            Fact(_("To be paid"), money(result.pay_minor, currency)),
            Fact(_("Credited when it is paid"), money(result.full_minor, currency)),
            Fact(_("Valid until"), formats.date_text(result.valid_until)),
            Fact(_("Mails and messages to the customer"), str(Notice.objects.filter(offer=result).count())),
        ]

    def success_message(self, result: Offer) -> str:
        return str(_("Offer %(number)s is sent.") % {"number": result.number})

    def next_url(self, result: Offer) -> str:
        return reverse("admin:billing_offer_change", args=(result.pk,))


class SendOfferForRequest(SendOffer):
    """The act is the same from the page of the request that asked for the offer."""

    @classmethod
    def makes_sense(cls, target: Any) -> bool:
        return bool(target.kind == CustomerRequest.Kind.YEAR_UP_FRONT and target.answered_at is None)

    def initial(self) -> dict[str, Any]:
        target: CustomerRequest = self.target
        running = Subscription.objects.filter(account=target.account, terminated_at=None).values_list("pk", flat=True)[
            :2
        ]
        subscription = target.subscription_id or (running[0] if len(running) == 1 else None)
        return {**super().initial(), "people": target.people, "subscription": subscription}


class WithdrawOffer(Act):
    name = "withdraw_offer"
    permission = "send_offer"
    title = _("Take the offer back")
    lead = _("It can no longer be accepted or paid.")
    icon = "undo"
    form_class = ReasonForm

    @classmethod
    def makes_sense(cls, target: Any) -> bool:
        return bool(target.paid_at is None and target.withdrawn_at is None)

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> Offer:
        return offers.withdraw_offer(offer=self.target, as_of=as_of, actor=self.actor, reason=data["reason"])

    def facts(self, result: Offer) -> list[Fact]:
        return [Fact(_("Offer"), _("taken back"), pgettext("offer", "open"))]

    def success_message(self, result: Any) -> str:
        return str(_("The offer is taken back."))


class OfferPaymentForm(ActForm):
    def build(self) -> None:
        self.fields["reference"] = text_field(
            _("reference"),
            max_length=200,
            help_text=_("Number and date of the payment order: by it the payment is found again."),
        )
        self.fields["received_at"] = instant_field(_("received"), required=False, help_text=_("Leave empty for now."))


class RecordOfferPayment(Act):
    name = "record_offer_payment"
    permission = "record_payment"
    title = _("Record its payment")
    button = _("Record the payment")
    lead = _("The sum of the offer has come by bank: it lands on the account with the discount as a bonus beside it.")
    icon = "payments"
    variant = ActionVariant.PRIMARY
    form_class = OfferPaymentForm

    @classmethod
    def makes_sense(cls, target: Any) -> bool:
        return bool(target.paid_at is None and target.withdrawn_at is None)

    def account(self) -> BillingAccount:
        return self.target.account  # type: ignore[no-any-return]

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> Any:
        offer: Offer = self.target
        if not self.user.has_perm(permission_of("record_large_payment")):
            return four_eyes.record_offer_payment(self, data, as_of)
        new = payments.NewPayment(
            amount_minor=offer.pay_minor,
            currency=offer.currency,
            method=Payment.Method.BANK,
            reference=data["reference"],
            received_at=data["received_at"],
        )
        return offers.record_offer_payment(offer=offer, new=new, as_of=as_of, actor=self.actor)

    def facts(self, result: Any) -> list[Fact]:
        if isinstance(result, Approval):
            return four_eyes.approval_facts(result)
        offer: Offer = self.target
        return [
            Fact(_("Payment"), money(result.amount_minor, result.currency)),
            Fact(_("Bonus"), money(offer.discount_minor, offer.currency)),
        ]

    def success_message(self, result: Any) -> str:
        if isinstance(result, Approval):
            return str(four_eyes.ASKED)
        return str(_("%(amount)s recorded.") % {"amount": money(result.amount_minor, result.currency)})
