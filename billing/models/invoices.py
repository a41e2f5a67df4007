import uuid
from datetime import date
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from moneyed import Money

from billing.models.ledger import Entry
from billing.models.sellers import BillingAccount, Seller
from billing.models.subscriptions import Subscription
from billing.pricing.money import from_minor
from billing.pricing.periods import Span


class InvoiceQuerySet(models.QuerySet["Invoice"]):
    def open(self) -> "InvoiceQuerySet":
        """Filters those that are not paid in full, the oldest due first (G7)."""
        return self.filter(open_minor__gt=0).order_by("due_date", "issued_at", "number")

    def overdue(self, today: date) -> "InvoiceQuerySet":
        """Filters open ones whose due date has passed on the business date ``today``: due today is not late (M8)."""
        return self.open().filter(due_date__lt=today)


class Invoice(models.Model):
    """A bill as it was issued. Nothing of it ever changes but what is still open, which a trigger keeps (G6).

    Its lines are written before it and none after it: the row of the invoice seals them and their sum.
    """

    class Kind(models.TextChoices):
        MONTHLY = "monthly", _("monthly")
        FINAL = "final", _("final")
        PURCHASE = "purchase", _("purchase or change")
        RENEWAL = "renewal", _("renewal")

    class Status(models.TextChoices):
        OPEN = "open", _("open")
        PAID = "paid", pgettext_lazy("invoice", "paid")
        OVERDUE = "overdue", _("overdue")
        VOID = "void", _("void")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Series, year and sequence joined; taken without a gap in the transaction of the issue (G6).
    number = models.CharField(_("number"), max_length=30, unique=True)
    series = models.CharField(_("series"), max_length=6)
    year = models.PositiveSmallIntegerField(_("year"))
    sequence = models.PositiveIntegerField(_("sequence"))
    seller = models.ForeignKey(Seller, models.PROTECT, related_name="invoices", verbose_name=_("seller"))
    account = models.ForeignKey(
        BillingAccount, models.PROTECT, related_name="invoices", verbose_name=_("billing account")
    )
    # The business fact that it bills once (the month of an account, the end of a subscription): written at issue, read
    # where the same fact comes again.
    key = models.CharField(_("business fact"), max_length=200, unique=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    currency = models.CharField(_("currency"), max_length=3)
    # The customer's language at issue: lines, PDF and mail are written in it.
    locale = models.CharField(_("language"), max_length=2)
    period_start = models.DateField(_("period from"))
    period_end = models.DateField(_("period to, not included"))
    # The business day of the issue, and the last day to pay: written at issue, read by access (M8) and reminders.
    issue_date = models.DateField(_("issued on"))
    due_date = models.DateField(_("due on"))
    issued_at = models.DateTimeField(_("issued"))
    # How many lines it seals; a trigger holds it and the total against the lines.
    line_count = models.PositiveIntegerField(_("lines"))
    total_minor = models.BigIntegerField(_("total in minor units"))
    tax_minor = models.BigIntegerField(_("VAT in it, in minor units"))
    # The rate of the day of supply, None where the seller has no VAT; documents print it.
    tax_percent = models.DecimalField(_("VAT rate"), max_digits=5, decimal_places=2, null=True, blank=True)
    # Credit that met it in the transaction of its issue; what is paid later are allocations.
    credit_applied_minor = models.BigIntegerField(_("credit applied at issue, in minor units"))
    amount_due_minor = models.BigIntegerField(_("amount due in minor units"))
    # Total less allocations: written by a trigger, no other value is accepted; read by access, dunning and every list of
    # debts.
    open_minor = models.BigIntegerField(_("still open, in minor units"))
    # Copied from the seller at issue; documents print this and never the seller's row of today (G6).
    seller_snapshot = models.JSONField(_("seller at issue"))
    # Copied from the customer at issue; documents print this and never the customer's row of today (G6).
    buyer_snapshot = models.JSONField(_("buyer at issue"))

    objects: ClassVar[models.Manager["Invoice"]] = InvoiceQuerySet.as_manager()

    class Meta:
        verbose_name = _("invoice")
        verbose_name_plural = _("invoices")
        ordering = ["-issued_at", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["series", "year", "sequence"], name="one_invoice_per_number"),
            models.CheckConstraint(
                condition=models.Q(amount_due_minor=models.F("total_minor") - models.F("credit_applied_minor")),
                name="invoice_amount_due_is_total_less_credit",
            ),
            models.CheckConstraint(
                condition=models.Q(amount_due_minor__gte=0, credit_applied_minor__gte=0, total_minor__gt=0),
                name="invoice_is_never_negative",
            ),
            models.CheckConstraint(
                condition=models.Q(open_minor__gte=0, open_minor__lte=models.F("total_minor")),
                name="invoice_is_not_paid_twice",
            ),
        ]
        indexes = [
            models.Index(
                fields=["account", "due_date"], condition=models.Q(open_minor__gt=0), name="open_invoice_of_account"
            ),
            models.Index(fields=["due_date"], condition=models.Q(open_minor__gt=0), name="open_invoice_by_due_date"),
            models.Index(fields=["account", "issued_at"], name="invoice_of_account_by_time"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def span(self) -> Span:
        return Span(self.period_start, self.period_end)

    @property
    def total(self) -> Money:
        return Money(from_minor(self.total_minor, self.currency), self.currency)

    @property
    def amount_due(self) -> Money:
        return Money(from_minor(self.amount_due_minor, self.currency), self.currency)

    def status_on(self, today: date, credited_minor: int) -> "Invoice.Status":
        """Returns the status on the business date ``today``; ``credited_minor`` is the sum of its credit notes (D19)."""
        if credited_minor == self.total_minor:
            return Invoice.Status.VOID
        if self.open_minor == 0:
            return Invoice.Status.PAID
        return Invoice.Status.OVERDUE if self.due_date < today else Invoice.Status.OPEN


class InvoiceLine(models.Model):
    """One row of an invoice with what it was worked out from (G8). ``amount`` is gross, negative for a correction down."""

    # Foreign keys are checked at commit, so the lines come first and the row of the invoice seals them.
    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="lines", verbose_name=_("invoice"))
    position = models.PositiveIntegerField(_("position"))
    subscription = models.ForeignKey(
        Subscription,
        models.PROTECT,
        related_name="invoice_lines",
        verbose_name=_("subscription"),
        null=True,
        blank=True,
    )
    description = models.CharField(_("description"), max_length=300)
    quantity = models.DecimalField(_("quantity"), max_digits=18, decimal_places=6)
    # "person" where use is metered, else "unit": documents put the product's own word in its place.
    unit = models.CharField(_("unit"), max_length=20)
    unit_price = models.DecimalField(_("unit price"), max_digits=19, decimal_places=4)
    amount_minor = models.BigIntegerField(_("amount in minor units"))
    # What the amount was worked out from (G8): written at issue, read by documents, pages and the proof of the books.
    explanation = models.JSONField(_("how it was worked out"))

    objects: ClassVar[models.Manager["InvoiceLine"]] = models.Manager()

    class Meta:
        verbose_name = _("invoice line")
        verbose_name_plural = _("invoice lines")
        ordering = ["invoice", "position"]
        constraints = [models.UniqueConstraint(fields=["invoice", "position"], name="one_line_per_position")]

    def __str__(self) -> str:
        return self.description


class InvoiceDocument(models.Model):
    """The PDF as it was first rendered; served from here ever after (G6). Append-only."""

    invoice = models.OneToOneField(Invoice, models.PROTECT, related_name="document", verbose_name=_("invoice"))
    # Written by the mail or the download that asks first; `sha256` proves that the bytes are the same ever after.
    content = models.BinaryField(_("PDF"))
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    rendered_at = models.DateTimeField(_("rendered"))

    objects: ClassVar[models.Manager["InvoiceDocument"]] = models.Manager()

    class Meta:
        verbose_name = _("invoice document")
        verbose_name_plural = _("invoice documents")

    def __str__(self) -> str:
        return self.sha256[:12]


class CreditNote(models.Model):
    """Puts an issued invoice right: gives its amount back to the account, dated today (D9). Append-only."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Series, year and sequence joined; a series of its own, without a gap.
    number = models.CharField(_("number"), max_length=30, unique=True)
    series = models.CharField(_("series"), max_length=6)
    year = models.PositiveSmallIntegerField(_("year"))
    sequence = models.PositiveIntegerField(_("sequence"))
    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="credit_notes", verbose_name=_("invoice"))
    account = models.ForeignKey(
        BillingAccount, models.PROTECT, related_name="credit_notes", verbose_name=_("billing account")
    )
    currency = models.CharField(_("currency"), max_length=3)
    total_minor = models.BigIntegerField(_("total in minor units"))
    tax_minor = models.BigIntegerField(_("VAT in it, in minor units"))
    # [{"description": "…", "amount_minor": 59900}, …]: written at issue, printed by the document.
    lines = models.JSONField(_("lines"))
    # Typed by whoever gives back; stands on the document.
    reason = models.CharField(_("reason"), max_length=500)
    issue_date = models.DateField(_("issued on"))
    issued_at = models.DateTimeField(_("issued"))
    issued_by = models.CharField(_("issued by"), max_length=200)
    entry = models.OneToOneField(Entry, models.PROTECT, related_name="credit_note", verbose_name=_("entry"))

    objects: ClassVar[models.Manager["CreditNote"]] = models.Manager()

    class Meta:
        verbose_name = _("credit note")
        verbose_name_plural = _("credit notes")
        ordering = ["-issued_at", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["series", "year", "sequence"], name="one_credit_note_per_number"),
            models.CheckConstraint(condition=models.Q(total_minor__gt=0), name="credit_note_is_positive"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def total(self) -> Money:
        return Money(from_minor(self.total_minor, self.currency), self.currency)
