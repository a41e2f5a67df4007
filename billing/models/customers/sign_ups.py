from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.ids import new_id
from accounts.models import Customer, Instance, Product
from billing.models.catalogue import Tariff


def new_sign_up_id() -> str:
    return new_id("sgn")


class SignUp(models.Model):
    """A new customer who has asked for an instance and has not confirmed the address yet: nothing else is made before that."""

    public_id = models.CharField(_("id"), max_length=32, unique=True, default=new_sign_up_id, editable=False)
    # Typed by the visitor, like all down to the domain; read at the confirmation, which makes login, customer and instance
    # of it.
    email = models.EmailField(_("email"))
    name = models.CharField(_("name"), max_length=200, blank=True)
    customer_name = models.CharField(_("customer"), max_length=200)
    kind = models.CharField(_("kind"), max_length=10, choices=Customer.Kind.choices)
    locale = models.CharField(_("language"), max_length=2, choices=Customer.Locale.choices)
    product = models.ForeignKey(Product, models.PROTECT, related_name="+", verbose_name=_("product"))
    # What they saw and chose; its trial begins, or its paid time, once the address is confirmed.
    tariff = models.ForeignKey(
        Tariff, models.PROTECT, related_name="+", verbose_name=_("tariff"), null=True, blank=True
    )
    quantity = models.PositiveIntegerField(_("quantity"), null=True, blank=True)
    domain = models.CharField(_("domain"), max_length=253)
    created_at = models.DateTimeField(_("asked"))
    # Until when the link in the mail holds; written with the sign-up.
    expires_at = models.DateTimeField(_("link holds until"))
    # When the mail with the link went out: sent at once, tried again by the next run where that failed.
    mailed_at = models.DateTimeField(_("mail sent"), null=True, blank=True)
    # Counted up by each try to send the link; the next try waits longer by it.
    mail_attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    # Written where the link is opened; the customer and the instance are made in the same transaction.
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True)
    # The instance that came of it; written at the confirmation.
    instance = models.OneToOneField(
        Instance, models.PROTECT, related_name="sign_up", verbose_name=_("instance"), null=True, blank=True
    )

    objects: ClassVar[models.Manager["SignUp"]] = models.Manager()

    class Meta:
        verbose_name = _("sign-up")
        verbose_name_plural = _("sign-ups")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["created_at"], name="sign_up_by_age")]

    def __str__(self) -> str:
        return self.public_id
