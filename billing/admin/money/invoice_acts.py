"""Acts on an issued invoice: staff send it again, correct it by a credit note, record its payment."""

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminTextareaWidget

from accounts.members import clean_email
from billing import notices
from billing.admin.acts import four_eyes
from billing.admin.acts.act_pages import Act, ActForm
from billing.admin.acts.act_preview import Fact
from billing.admin.acts.form_fields import amount_field, reason_field, text_field
from billing.admin.base import money
from billing.errors import BadInput
from billing.models import Approval, BillingAccount, Invoice, Notice
from billing.operations.run import delivery
from billing.operations.settlement import credit_notes

# An invoice of more lines is credited as a whole or by one sum: a form of a thousand fields helps nobody.
MOST_LINES = 20


class ResendForm(ActForm):
    def build(self) -> None:
        self.fields["recipients"] = text_field(_("recipients"), help_text=_("One address a line."))
        self.fields["recipients"].widget = UnfoldAdminTextareaWidget(attrs={"rows": 3})
        self.fields["reason"] = reason_field()


class Resend(Act):
    name = "resend_invoice"
    title = _("Send again")
    button = _("Send it again")
    lead = _("Sends the same PDF once more. The first sending and this one are both kept.")
    icon = "forward_to_inbox"
    form_class = ResendForm

    def initial(self) -> dict[str, Any]:
        return {"recipients": "\n".join(notices.invoice_recipients(self.target))}

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> list[Notice]:
        try:
            recipients = list(dict.fromkeys(clean_email(address) for address in data["recipients"].split()))
        except BadInput as refusal:
            refusal.field = "recipients"
            raise
        return delivery.resend_invoice(
            invoice=self.target, recipients=recipients, as_of=as_of, actor=self.actor, reason=data["reason"]
        )

    def facts(self, result: list[Notice]) -> list[Fact]:
        rows = [Fact(_("Mail to"), notice.recipient) for notice in result]
        return [*rows, Fact(_("Sending"), str(result[0].edition))] if result else rows

    def success_message(self, result: list[Notice]) -> str:
        return str(_("It is on its way to %(count)s recipients.") % {"count": len(result)})


class CreditForm(ActForm):
    """A credit note's form asks for a sum for each line; lines left empty are not credited."""

    def build(self) -> None:
        invoice: Invoice = self.act.target
        self.lines = list(invoice.lines.order_by("position"))
        if len(self.lines) > MOST_LINES:
            self.lines = self.lines[:1]
        for line in self.lines:
            self.fields[f"line_{line.position}"] = amount_field(
                line.description,
                currency=invoice.currency,
                required=False,
                help_text=_("Of %(amount)s. Empty: nothing.") % {"amount": money(line.amount_minor, invoice.currency)},
            )
        self.fields["reason"] = reason_field(help_text=_("Printed on the credit note."))

    def credited_lines(self) -> list[credit_notes.NoteLine]:
        note_lines = []
        for line in self.lines:
            minor = self.cleaned_data[f"line_{line.position}"]
            if minor is not None:
                note_lines.append(credit_notes.NoteLine(line.description, minor))
        return note_lines

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if not self.errors:
            data["lines"] = self.credited_lines()
            if not data["lines"]:
                self.add_error(None, _("Enter a sum for at least one line."))
        return data


class Credit(Act):
    name = "issue_credit_note"
    title = _("Credit note")
    button = _("Issue the credit note")
    lead = _("Puts the invoice right: pays what is open on it first, the rest stays on the account. Dated today.")
    icon = "undo"
    form_class = CreditForm
    needs_reauthentication = True

    @classmethod
    def makes_sense(cls, target: Any) -> bool:
        return bool(credit_notes.credited_minor(target) < target.total_minor)

    def account(self) -> BillingAccount:
        return self.target.account  # type: ignore[no-any-return]

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> Any:
        return four_eyes.issue_credit_note(self, data, as_of)

    def facts(self, result: Any) -> list[Fact]:
        if isinstance(result, Approval):
            return four_eyes.approval_facts(result)
        remaining_minor = self.target.total_minor - credit_notes.credited_minor(self.target)
        return [
            Fact(_("Credited"), money(result.total_minor, result.currency)),
            Fact(_("Can still be credited"), money(remaining_minor, result.currency)),
        ]

    def success_message(self, result: Any) -> str:
        if isinstance(result, Approval):
            return str(four_eyes.ASKED)
        return str(_("Credit note %(number)s is issued.") % {"number": result.number})


class RecordPaymentOfInvoice(Act):
    """A link to the account's own act, with the invoice filled in."""

    name = "record_payment"
    title = _("Record a payment")
    icon = "payments"
    variant = ActionVariant.PRIMARY

    @classmethod
    def makes_sense(cls, target: Any) -> bool:
        return bool(target.open_minor > 0)

    def answer(self) -> HttpResponse:
        address = reverse("admin:billing_billingaccount_record_payment", args=(self.target.account_id,))
        return redirect(f"{address}?invoice={self.target.number}")
