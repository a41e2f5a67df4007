"""The sandbox's own tables: the sample bank's books and the clock.

They were billing's until 0.3 and keep the names of then, so that an installation of that time keeps its rows where they lie.
"""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class SampleCharge(models.Model):
    """The sample provider's own books: what a bank would keep on its side. Only
    `billing.sandbox.sample_bank` touches it."""

    external_id = models.CharField(max_length=100, primary_key=True)
    # Ours: a repeated call with the same key gets the same row.
    idempotency_key = models.CharField(max_length=100, unique=True)
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    description = models.CharField(max_length=200)
    # Where the bank's page leads back to; written with the row.
    return_url = models.CharField(max_length=500)
    # Written by the payer's choice on the bank's page, or at once where a card is charged; read when Saldo asks.
    status = models.CharField(max_length=20, default="pending")
    reason = models.CharField(max_length=100, blank=True)
    # Whose it is on the bank's side, and whether the payer wants the card kept; an amount of 0 keeps it and nothing else.
    customer_key = models.CharField(max_length=100, blank=True)
    keeps_card = models.BooleanField(default=False)
    # The card it was or is to be paid with, by its id on the bank's side.
    card_id = models.CharField(max_length=100, blank=True)
    # Written with success, by the sandbox's clock; the wallet's receipts are ordered by it.
    paid_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager["SampleCharge"]] = models.Manager()

    class Meta:
        db_table = "billing_samplecharge"
        verbose_name = _("charge at the sample provider")
        verbose_name_plural = _("charges at the sample provider")

    def __str__(self) -> str:
        return self.external_id


class SampleCard(models.Model):
    """A card that the sample provider keeps for a payer, and how it behaves when it is charged. Its own books, as above."""

    external_id = models.CharField(max_length=100, primary_key=True)
    # The payer on the bank's side: Saldo's key for the account. The wallet lists cards by it.
    customer_key = models.CharField(max_length=100)
    # What Saldo is told to show: the kind of card and its last digits.
    title = models.CharField(max_length=60)
    expires_on = models.DateField(null=True)
    # What charging it without the payer comes to: succeeded, requires_action, or a reason to decline.
    behaviour = models.CharField(max_length=40, default="succeeded")
    # True until the payer has confirmed the card, and once it is removed there or by Saldo: a charge of it is declined
    # then.
    removed = models.BooleanField(default=False)

    objects: ClassVar[models.Manager["SampleCard"]] = models.Manager()

    class Meta:
        db_table = "billing_samplecard"
        verbose_name = _("card at the sample provider")
        verbose_name_plural = _("cards at the sample provider")

    def __str__(self) -> str:
        return self.title


class SampleVisit(models.Model):
    """A payer's visit to the sample provider's own page: whose it is, where it leads back, which plans we listed for it."""

    # In the address of the page: who has it is the payer.
    token = models.CharField(max_length=60, primary_key=True)
    customer_key = models.CharField(max_length=100)
    return_url = models.CharField(max_length=500)
    # [{"id": "sub_…", "title": "…", "cancelled": false}, …]: written when the visit is made; a plan cancelled on the page is
    # marked here and reported to Saldo.
    plans = models.JSONField(default=list)

    objects: ClassVar[models.Manager["SampleVisit"]] = models.Manager()

    class Meta:
        db_table = "billing_samplevisit"
        verbose_name = _("visit to the sample provider")
        verbose_name_plural = _("visits to the sample provider")

    def __str__(self) -> str:
        return self.customer_key


class SandboxClock(models.Model):
    """The one row that is the sandbox's time. `billing.clock` reads it; `billing.sandbox.sandbox_clock` moves it."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    # Written by each move, never back once set; read by `billing.clock` for every instant of a sandbox.
    stands_at = models.DateTimeField(_("stands at"))

    objects: ClassVar[models.Manager["SandboxClock"]] = models.Manager()

    class Meta:
        db_table = "billing_sandboxclock"
        verbose_name = _("sandbox clock")
        verbose_name_plural = _("sandbox clock")
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="there_is_one_sandbox_clock")]

    def __str__(self) -> str:
        return f"{self.stands_at:%Y-%m-%d %H:%M}"
