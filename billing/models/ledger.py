import uuid
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from moneyed import Money

from billing.models.sellers import BillingAccount, Seller
from billing.pricing.money import from_minor

# Names the space of business facts: the id of an entry is the UUIDv5 of its key in it, so one fact has one entry.
FACTS = uuid.UUID("6e1b3c52-5c0a-4f0e-9d38-1f7a52b6c0de")


class LedgerAccount(models.Model):
    """One account of the double entry. A customer's account keeps a running balance; shared ones do not, since a row
    that every posting touches would make all of them wait for each other."""

    class Kind(models.TextChoices):
        CUSTOMER = "customer", _("customer")
        REVENUE = "revenue", _("revenue")
        VAT = "vat", _("VAT to be paid")
        BANK = "bank", _("bank")
        CASH = "cash", _("cash")
        CARD = "card", _("card payments")
        OTHER = "other", _("other receipts")
        ADJUSTMENTS = "adjustments", _("adjustments")
        BONUS = "bonus", _("bonuses granted")

    seller = models.ForeignKey(Seller, models.PROTECT, related_name="ledger_accounts", verbose_name=_("seller"))
    # What is kept on it: written once, when the account is first needed; postings find a seller's own by kind and currency.
    kind = models.CharField(_("kind"), max_length=15, choices=Kind.choices)
    currency = models.CharField(_("currency"), max_length=3)
    # The customer's account of which it is the ledger side; empty on a shared one.
    billing_account = models.OneToOneField(
        BillingAccount,
        models.PROTECT,
        related_name="ledger_account",
        verbose_name=_("billing account"),
        null=True,
        blank=True,
    )
    # As the customer sees it: positive is money to spend, negative is owed (G3). Written by a trigger on postings alone;
    # read by pages, the API and the proof of the books.
    balance_minor = models.BigIntegerField(_("balance in minor units"), default=0)

    objects: ClassVar[models.Manager["LedgerAccount"]] = models.Manager()

    class Meta:
        verbose_name = _("ledger account")
        verbose_name_plural = _("ledger accounts")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["seller", "kind", "currency"],
                condition=models.Q(billing_account=None),
                name="one_shared_ledger_account_of_a_kind",
            ),
            models.CheckConstraint(
                condition=models.Q(kind="customer", billing_account__isnull=False)
                | (~models.Q(kind="customer") & models.Q(billing_account=None)),
                name="customer_ledger_account_has_its_billing_account",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.currency}"


class Entry(models.Model):
    """One business fact in the ledger. Its postings are written before it and none after it: the entry seals them."""

    class Kind(models.TextChoices):
        CHARGE = "charge", _("charge")
        PAYMENT = "payment", _("payment")
        CREDIT_NOTE = "credit_note", _("credit note")
        ADJUSTMENT = "adjustment", _("adjustment")
        VAT = "vat", _("VAT of an invoice")
        BONUS = "bonus", _("bonus")
        WRITE_OFF = "write_off", _("bonus written off")
        REVERSAL = "reversal", _("reversal")

    id = models.UUIDField(primary_key=True, editable=False)
    # The business fact, unique: written with the entry, so that a repeated act finds it and posts nothing twice.
    key = models.CharField(_("business fact"), max_length=200, unique=True)
    kind = models.CharField(_("kind"), max_length=15, choices=Kind.choices)
    # Whose business it was; statements read entries by it.
    account = models.ForeignKey(
        BillingAccount, models.PROTECT, related_name="entries", verbose_name=_("billing account")
    )
    # When it was posted; orders the statement of account.
    at = models.DateTimeField(_("posted"))
    # Who acted, as the statement shows it: a person's name or address, or “api:” and the token's label; empty for the run.
    actor = models.CharField(_("who"), max_length=200, blank=True)
    # Why, where somebody decided on it (an adjustment, a reversal); the statement shows it.
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    # The entry that this one takes back: written by a reversal alone, so that an entry is reversed once.
    reverses = models.OneToOneField(
        "self", models.PROTECT, related_name="reversed_by", verbose_name=_("reverses"), null=True, blank=True
    )

    objects: ClassVar[models.Manager["Entry"]] = models.Manager()

    class Meta:
        verbose_name = _("entry")
        verbose_name_plural = _("entries")
        ordering = ["at"]
        indexes = [models.Index(fields=["account", "at"], name="entry_of_account_by_time")]

    def __str__(self) -> str:
        return self.key


class Posting(models.Model):
    """An amount moved from one account to another: balanced by construction (G5). Append-only."""

    entry = models.ForeignKey(Entry, models.PROTECT, related_name="postings", verbose_name=_("entry"))
    # Written by ledger.posting with the entry: the amount, always above zero, goes from the debit to the credit account.
    debit = models.ForeignKey(LedgerAccount, models.PROTECT, related_name="debits", verbose_name=_("debit"))
    credit = models.ForeignKey(LedgerAccount, models.PROTECT, related_name="credits", verbose_name=_("credit"))
    currency = models.CharField(_("currency"), max_length=3)
    amount_minor = models.BigIntegerField(_("amount in minor units"))

    objects: ClassVar[models.Manager["Posting"]] = models.Manager()

    class Meta:
        verbose_name = _("posting")
        verbose_name_plural = _("postings")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=models.Q(amount_minor__gt=0), name="posting_amount_is_positive"),
            models.CheckConstraint(condition=~models.Q(debit=models.F("credit")), name="posting_has_two_accounts"),
        ]

    def __str__(self) -> str:
        return f"{self.debit_id} → {self.credit_id}: {self.amount_minor}"

    @property
    def amount(self) -> Money:
        return Money(from_minor(self.amount_minor, self.currency), self.currency)
