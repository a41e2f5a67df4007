from datetime import date
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.ids import new_id
from accounts.models import Instance
from billing.models.sellers import BillingAccount
from billing.models.subscriptions import Subscription


def new_request_id() -> str:
    return new_id("req")


class CustomerRequestQuerySet(models.QuerySet["CustomerRequest"]):
    def waiting(self) -> "CustomerRequestQuerySet":
        """Filters those that support has not answered, the one to be answered first on top."""
        return self.filter(answered_at=None).order_by("answer_by", "pk")


class CustomerRequest(models.Model):
    """A billing owner's request to support (M12–M14, M16, M11), with the working day by which it is answered."""

    class Kind(models.TextChoices):
        TERMINATION = "termination", _("end the subscription")
        RESUMPTION = "resumption", _("resume the subscription")
        DELETION = "deletion", _("delete the instance")
        PROOF_OF_PAYMENT = "proof_of_payment", _("we have paid")
        YEAR_UP_FRONT = "year_up_front", _("pay a year up front")

    class Outcome(models.TextChoices):
        DONE = "done", _("done")
        DECLINED = "declined", _("declined")
        WITHDRAWN = "withdrawn", _("withdrawn by the customer")

    public_id = models.CharField(_("id"), max_length=32, unique=True, default=new_request_id, editable=False)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    # Whose it is; instance and subscription where it is about one. Written in the portal, read by support's lists.
    account = models.ForeignKey(
        BillingAccount, models.PROTECT, related_name="requests", verbose_name=_("billing account")
    )
    instance = models.ForeignKey(
        Instance, models.PROTECT, related_name="requests", verbose_name=_("instance"), null=True, blank=True
    )
    subscription = models.ForeignKey(
        Subscription, models.PROTECT, related_name="requests", verbose_name=_("subscription"), null=True, blank=True
    )
    # The owner's address; the answer is mailed there.
    requested_by = models.EmailField(_("asked for by"))
    requested_at = models.DateTimeField(_("asked"))
    # The owner's own words: support answers by them, the portal shows them.
    text = models.TextField(_("in their words"), blank=True, max_length=2000)
    # The number of people a year up front is asked for; empty for every other kind.
    people = models.PositiveIntegerField(_("expected people"), null=True, blank=True)
    # The end of the working day by which support answers (M12): written with the request, read by support's lists.
    answer_by = models.DateField(_("to be answered by"))
    # Written with outcome and answer by support, or by the owner who withdraws it; empty while it waits.
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    answered_by = models.CharField(_("answered by"), max_length=200, blank=True)
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome.choices, blank=True)
    # Support's words to the owner; the mail and the portal show them.
    answer = models.CharField(_("answer"), max_length=1000, blank=True)

    objects: ClassVar[models.Manager["CustomerRequest"]] = CustomerRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("request")
        verbose_name_plural = _("requests")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["instance", "kind"],
                condition=models.Q(answered_at=None) & ~models.Q(kind="proof_of_payment"),
                name="one_waiting_request_of_a_kind_for_an_instance",
            ),
            models.UniqueConstraint(
                fields=["account", "kind"],
                condition=models.Q(answered_at=None, instance=None) & ~models.Q(kind="proof_of_payment"),
                name="one_waiting_request_of_a_kind_for_an_account",
            ),
            models.CheckConstraint(
                condition=models.Q(answered_at=None, outcome="")
                | (models.Q(answered_at__isnull=False) & ~models.Q(outcome="")),
                name="answered_request_has_its_outcome",
            ),
        ]
        indexes = [
            models.Index(fields=["answer_by"], condition=models.Q(answered_at=None), name="request_to_be_answered")
        ]

    def __str__(self) -> str:
        return self.public_id

    def is_late(self, today: date) -> bool:
        """Tells whether its working day is over and nobody has answered."""
        return self.answered_at is None and self.answer_by < today


class RequestFile(models.Model):
    """A file that came with a request, such as a payment order: kept in the database, so a backup has it. Append-only."""

    request = models.ForeignKey(CustomerRequest, models.PROTECT, related_name="files", verbose_name=_("request"))
    name = models.CharField(_("name"), max_length=200)
    # Found out from the content, not from the name that was sent; the download is served with it.
    content_type = models.CharField(_("type"), max_length=50)
    content = models.BinaryField(_("content"))
    sha256 = models.CharField(_("SHA-256"), max_length=64)

    objects: ClassVar[models.Manager["RequestFile"]] = models.Manager()

    class Meta:
        verbose_name = _("file of a request")
        verbose_name_plural = _("files of requests")

    def __str__(self) -> str:
        return self.name
