from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class Product(models.Model):
    """One piece of software that is sold. How it may be paid is its kind (E1); what it costs, its tariffs."""

    class Kind(models.TextChoices):
        FREE = "free", _("free")
        ONE_OFF = "one_off", _("one-off payment")
        SUBSCRIPTION = "subscription", _("subscription")

    code = models.SlugField(_("code"), max_length=50, unique=True)
    name = models.CharField(_("name"), max_length=200)
    name_ru = models.CharField(_("name in Russian"), max_length=200, blank=True)
    kind = models.CharField(_("kind"), max_length=15, choices=Kind.choices, default=Kind.SUBSCRIPTION)

    objects: ClassVar[models.Manager["Product"]] = models.Manager()

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name

    def name_in(self, locale: str) -> str:
        """The product's name as documents and pages in ``locale`` print it."""
        return (self.name_ru or self.name) if locale == "ru" else self.name


class Role(models.Model):
    """What a member may be in an instance: paid or free (B1), with or without the billing right (M10)."""

    product = models.ForeignKey(Product, models.PROTECT, related_name="roles", verbose_name=_("product"))
    code = models.SlugField(_("code"), max_length=50)
    name = models.CharField(_("name"), max_length=100)
    name_ru = models.CharField(_("name in Russian"), max_length=100, blank=True)
    is_paid = models.BooleanField(_("paid"), default=True)
    is_administrator = models.BooleanField(_("administrator"), default=False)
    has_billing_right = models.BooleanField(_("billing right"), default=False)
    position = models.PositiveSmallIntegerField(_("order"), default=0)

    objects: ClassVar[models.Manager["Role"]] = models.Manager()

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        ordering = ["product", "position", "pk"]
        constraints = [models.UniqueConstraint(fields=["product", "code"], name="one_role_per_code_in_a_product")]

    def __str__(self) -> str:
        return self.name

    def name_in(self, locale: str) -> str:
        return (self.name_ru or self.name) if locale == "ru" else self.name
