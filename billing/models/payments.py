from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from moneyed import Money

from accounts.ids import new_id
from billing.models.invoices import Invoice
from billing.models.ledger import Entry
from billing.models.sellers import BillingAccount
from billing.pricing.money import from_minor


def new_payment_id() -> str:
    return new_id("pay")


class CreditQuerySet(models.QuerySet["Credit"]):
    def unapplied(self) -> "CreditQuerySet":
        """Filters the credits that can still pay invoices, in the order of spending: bonus before cash (D11), then oldest first (G7)."""
        bonus_first = models.Case(models.When(kind="bonus", then=0), default=1)
        return self.filter(unapplied_minor__gt=0).order_by(bonus_first, "pk")


class Credit(models.Model):
    """Money on the account that can meet invoices: a payment, a credit note, an adjustment in the customer's favour."""

    class Kind(models.TextChoices):
        PAYMENT = "payment", _("payment")
        CREDIT_NOTE = "credit_note", _("credit note")
        ADJUSTMENT = "adjustment", _("adjustment")
        BONUS = "bonus", _("bonus")
        SEATS = "seats", _("seats given back")
        CORRECTION = "correction", _("corrected report")

    account = models.ForeignKey(
        BillingAccount, models.PROTECT, related_name="credits", verbose_name=_("billing account")
    )
    # Where it came from: written with the entry, decides the order of spending (bonus first, D11).
    kind = models.CharField(_("kind"), max_length=15, choices=Kind.choices)
    currency = models.CharField(_("currency"), max_length=3)
    # Written once, above zero; what is left of it is `unapplied_minor`.
    amount_minor = models.BigIntegerField(_("amount in minor units"))
    # Amount less its allocations: written by a trigger, no other value is accepted; read wherever credit is spent.
    unapplied_minor = models.BigIntegerField(_("not yet used, in minor units"))
    at = models.DateTimeField(_("when"))
    entry = models.OneToOneField(Entry, models.PROTECT, related_name="credit", verbose_name=_("entry"))

    objects: ClassVar[models.Manager["Credit"]] = CreditQuerySet.as_manager()

    class Meta:
        verbose_name = _("credit")
        verbose_name_plural = _("credits")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=models.Q(amount_minor__gt=0), name="credit_amount_is_positive"),
            models.CheckConstraint(
                condition=models.Q(unapplied_minor__gte=0, unapplied_minor__lte=models.F("amount_minor")),
                name="credit_is_not_spent_twice",
            ),
        ]
        indexes = [
            models.Index(fields=["account"], condition=models.Q(unapplied_minor__gt=0), name="credit_that_is_left")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount_minor}"

    @property
    def amount(self) -> Money:
        return Money(from_minor(self.amount_minor, self.currency), self.currency)


class Payment(models.Model):
    """Money that came: append-only; a mistake is put right by a reversal that leaves this row."""

    class Method(models.TextChoices):
        BANK = "bank", _("bank transfer")
        CASH = "cash", _("cash")
        CARD = "card", _("card")
        OTHER = "other", _("other")

    public_id = models.CharField(_("id"), max_length=32, unique=True, default=new_payment_id, editable=False)
    account = models.ForeignKey(
        BillingAccount, models.PROTECT, related_name="payments", verbose_name=_("billing account")
    )
    # Chosen by staff or given by the provider; decides the ledger account that is debited.
    method = models.CharField(_("method"), max_length=10, choices=Method.choices)
    # What the bank or the staff wrote beside it; staff search by it.
    reference = models.CharField(_("reference"), max_length=200, blank=True)
    currency = models.CharField(_("currency"), max_length=3)
    amount_minor = models.BigIntegerField(_("amount in minor units"))
    # When the money came, as the bank or the staff say; read by mails and reports.
    received_at = models.DateTimeField(_("received"))
    # When it was written here, which is when the balance moved.
    recorded_at = models.DateTimeField(_("recorded"))
    # Who recorded it: staff's address, "api:…", or the payer of an attempt. Shown in the admin.
    recorded_by = models.CharField(_("recorded by"), max_length=200)
    # The invoice that the payer named; it is met first (G7).
    invoice = models.ForeignKey(
        Invoice, models.PROTECT, related_name="named_by", verbose_name=_("named invoice"), null=True, blank=True
    )
    # What the payment put on the account: written in its transaction, read to know how much of it is spent.
    credit = models.OneToOneField(Credit, models.PROTECT, related_name="payment", verbose_name=_("credit"))

    objects: ClassVar[models.Manager["Payment"]] = models.Manager()

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=models.Q(amount_minor__gt=0), name="payment_amount_is_positive")
        ]
        indexes = [models.Index(fields=["reference"], name="payment_by_reference")]

    def __str__(self) -> str:
        return self.public_id

    @property
    def amount(self) -> Money:
        return Money(from_minor(self.amount_minor, self.currency), self.currency)


class Allocation(models.Model):
    """Credit meeting an invoice: append-only; a negative one undoes. Without an invoice: credit taken off the account
    again (a payment that was reversed)."""

    class Kind(models.TextChoices):
        AT_ISSUE = "at_issue", _("credit applied at issue")
        SETTLEMENT = "settlement", _("payment of an open invoice")
        UNDONE = "undone", _("undone")
        WITHDRAWN = "withdrawn", _("taken back")

    credit = models.ForeignKey(Credit, models.PROTECT, related_name="allocations", verbose_name=_("credit"))
    invoice = models.ForeignKey(
        Invoice, models.PROTECT, related_name="allocations", verbose_name=_("invoice"), null=True, blank=True
    )
    # Written with the row: at issue, on payment, or the undoing of one of these. Statements and pages word it by this.
    kind = models.CharField(_("kind"), max_length=15, choices=Kind.choices)
    # Below zero it takes an earlier allocation back; triggers keep the invoice's and the credit's open sums by it.
    amount_minor = models.BigIntegerField(_("amount in minor units"))
    at = models.DateTimeField(_("when"))

    objects: ClassVar[models.Manager["Allocation"]] = models.Manager()

    class Meta:
        verbose_name = _("allocation")
        verbose_name_plural = _("allocations")
        ordering = ["pk"]
        constraints = [models.CheckConstraint(condition=~models.Q(amount_minor=0), name="allocation_is_not_zero")]

    def __str__(self) -> str:
        return f"{self.credit_id} → {self.invoice_id}: {self.amount_minor}"
