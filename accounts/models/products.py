from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

# The forms of the name of what is sold by quantity, in the order of `Product.unit_forms`.
UNIT_FIELDS = (
    "unit_name",
    "unit_name_plural",
    "unit_name_ru",
    "unit_name_few_ru",
    "unit_name_many_ru",
    "unit_name_per_ru",
)


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

    # What is sold by quantity, in the forms that sentences need: all of them or none (then it is called a unit). A product
    # manager writes them, best before the first tariff by quantity is published; pages, mails, the API and new explanations
    # read them. What is posted already keeps the names that it was sold under.
    unit_name = models.CharField(_("unit: one"), max_length=60, blank=True)
    unit_name_plural = models.CharField(_("unit: several"), max_length=60, blank=True)
    unit_name_ru = models.CharField(_("unit in Russian: one"), max_length=60, blank=True)
    unit_name_few_ru = models.CharField(_("unit in Russian: two"), max_length=60, blank=True)
    unit_name_many_ru = models.CharField(_("unit in Russian: five"), max_length=60, blank=True)
    # The accusative, which differs from the first form where the word is feminine or a living being.
    unit_name_per_ru = models.CharField(_("unit in Russian: the price is for"), max_length=60, blank=True)

    objects: ClassVar[models.Manager["Product"]] = models.Manager()

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(**dict.fromkeys(UNIT_FIELDS, ""))
                | ~models.Q(*((name, "") for name in UNIT_FIELDS), _connector=models.Q.OR),
                name="product_names_all_forms_of_its_unit_or_none",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def name_in(self, locale: str) -> str:
        """The product's name as documents and pages in ``locale`` print it."""
        return (self.name_ru or self.name) if locale == "ru" else self.name

    @property
    def unit_forms(self) -> tuple[str, ...]:
        """The names of what is sold by quantity: English one, several; Russian one, two, five, and after «за»."""
        return tuple(getattr(self, name) for name in UNIT_FIELDS)


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
