from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Customer


class AuditRecord(models.Model):
    """One act of a person on a row, with its reason: written in the transaction of the act. Append-only."""

    at = models.DateTimeField(_("when"))
    # Who acted, as a person is named: an address, "api:" and a token's label, or "provider:" and its code.
    actor = models.CharField(_("who"), max_length=200)
    # What was done, as a dotted code ("payment.recorded"); `admin.labels` has its words.
    action = models.CharField(_("act"), max_length=60)
    # The model and the key of the row acted on: no foreign key, since it may be of any table. Read by the admin's links.
    object_type = models.CharField(_("kind of object"), max_length=40)
    object_id = models.CharField(_("object"), max_length=60)
    # Whose business it was, where it was a customer's; the timeline is read by it.
    customer = models.ForeignKey(
        Customer, models.PROTECT, related_name="audit_records", verbose_name=_("customer"), null=True, blank=True
    )
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    # What the act changed, as it was; empty where nothing was there before.
    before = models.JSONField(_("before"), default=dict)
    # The same after the act.
    after = models.JSONField(_("after"), default=dict)
    # The request it came with, as its answer and the log name it; empty for what a job did.
    request_id = models.CharField(_("request"), max_length=64, blank=True)

    objects: ClassVar[models.Manager["AuditRecord"]] = models.Manager()

    class Meta:
        verbose_name = _("audit record")
        verbose_name_plural = _("audit records")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["customer", "-id"], name="audit_of_customer")]

    def __str__(self) -> str:
        return f"{self.actor}: {self.action}"
