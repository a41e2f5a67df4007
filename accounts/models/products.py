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
    """A product is one piece of software that is sold: its kind says how it may be paid (E1), its tariffs what it costs.

    Rows are written by `billing.operations.catalogue`: by `load_profiles` for what is delivered, by a product manager in the
    admin (configuration.py) for everything else.
    """

    class Kind(models.TextChoices):
        FREE = "free", _("free")
        ONE_OFF = "one_off", _("one-off payment")
        SUBSCRIPTION = "subscription", _("subscription")

    # Named by the API, by a tariff's key and in addresses of the portal.
    code = models.SlugField(_("code"), max_length=50, unique=True)
    # In documents, mails and pages, by language; without a Russian name the English one stands in (`name_in`).
    name = models.CharField(_("name"), max_length=200)
    name_ru = models.CharField(_("name in Russian"), max_length=200, blank=True)
    # Free, paid once or by subscription. Fixed once a tariff exists; read where subscriptions begin and plans are offered.
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
        """Returns the product's name as documents and pages in ``locale`` print it."""
        return (self.name_ru or self.name) if locale == "ru" else self.name

    @property
    def unit_forms(self) -> tuple[str, ...]:
        """Returns the forms of the unit's name: English one, several; Russian one, two, five, and after «за»."""
        return tuple(getattr(self, name) for name in UNIT_FIELDS)


class Role(models.Model):
    """A role says what a member may be in an instance: paid or free (B1), with or without the billing right (M10).

    Rows are written as those of `Product` are.
    """

    product = models.ForeignKey(Product, models.PROTECT, related_name="roles", verbose_name=_("product"))
    # What reports and the API call the role, unique within the product.
    code = models.SlugField(_("code"), max_length=50)
    name = models.CharField(_("name"), max_length=100)
    name_ru = models.CharField(_("name in Russian"), max_length=100, blank=True)
    # Whether an active member in it counts: as a licence of the month's peak, or as a seat.
    is_paid = models.BooleanField(_("paid"), default=True)
    # Manages people and pays; at least one active member has such a role. Read by ownership, invitations, billing owners.
    is_administrator = models.BooleanField(_("administrator"), default=False)
    # Sees the money and pays without managing people. Read by `billing_owners`.
    has_billing_right = models.BooleanField(_("billing right"), default=False)
    # Order on pages. The product's first role is the one that an instance's first person gets (`members.first_role`).
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
        """Returns the role's name as documents and pages in ``locale`` print it."""
        return (self.name_ru or self.name) if locale == "ru" else self.name
