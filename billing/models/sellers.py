import re
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Customer, User
from accounts.verified import verified_emails

# Banks retype numbers, so a series is plain capitals; one that ends in C or O would share its numbers with the credit notes
# or offers of the series before that letter.
SERIES = re.compile(r"[A-Z]{0,4}[ABD-NP-Z]")
WRONG_SERIES = _("Use one to five Latin capitals, the last neither C nor O: those mark credit notes and offers.")


class Seller(models.Model):
    """The legal person that sells, whose name and bank stand on documents: one currency, one series of numbers, one time zone."""

    class Kind(models.TextChoices):
        COMPANY = "company", _("company")
        SOLE_TRADER = "sole_trader", _("sole trader")
        FOREIGN = "foreign", _("company abroad")

    # Entered with the seller; the delivered catalogue finds its seller by it.
    code = models.SlugField(_("code"), max_length=30, unique=True)
    kind = models.CharField(_("kind"), max_length=15, choices=Kind.choices, default=Kind.COMPANY)
    name = models.CharField(_("short name"), max_length=200)
    full_name = models.CharField(_("full legal name"), max_length=300, blank=True)
    # Of all its tariffs and accounts: a tariff in another currency is refused.
    currency = models.CharField(_("currency"), max_length=3)
    series = models.CharField(
        _("series of numbers"),
        max_length=6,
        unique=True,
        help_text=_("Latin capitals; stands before the year: R-2026-000001."),
    )
    # Where a business day begins for everything that is charged in its name (G1).
    time_zone = models.CharField(_("billing time zone"), max_length=50, default="Europe/Moscow")
    # Days to pay an invoice on which no tariff stands; a tariff has its own.
    payment_days = models.PositiveSmallIntegerField(_("days to pay"), default=14)

    inn = models.CharField(_("INN"), max_length=12, blank=True)
    kpp = models.CharField(_("KPP"), max_length=9, blank=True)
    ogrn = models.CharField(_("OGRN"), max_length=15, blank=True)
    tax_id = models.CharField(_("tax id"), max_length=40, blank=True)
    country = models.CharField(_("country"), max_length=2, default="RU")
    address = models.CharField(_("legal address"), max_length=400, blank=True)
    email = models.EmailField(_("email"), blank=True)
    bank_name = models.CharField(_("bank"), max_length=200, blank=True)
    bank_city = models.CharField(_("bank's city"), max_length=100, blank=True)
    bic = models.CharField(_("BIC"), max_length=11, blank=True)
    bank_account = models.CharField(_("bank account"), max_length=34, blank=True)
    correspondent_account = models.CharField(_("correspondent account"), max_length=20, blank=True)
    director = models.CharField(_("director"), max_length=200, blank=True)
    accountant = models.CharField(_("chief accountant"), max_length=200, blank=True)

    # Entered by the staff, read by every document. Blank: no VAT, and vat_exemption says why. Otherwise the prices include
    # VAT at the rate of the day of supply.
    vat_code = models.SlugField(_("VAT rate"), max_length=20, blank=True)
    vat_exemption = models.CharField(_("reason for no VAT"), max_length=200, blank=True)

    objects: ClassVar[models.Manager["Seller"]] = models.Manager()

    class Meta:
        verbose_name = _("seller")
        verbose_name_plural = _("sellers")
        ordering = ["code"]
        constraints = [models.UniqueConstraint(fields=["currency"], name="one_seller_per_currency")]

    def __str__(self) -> str:
        return self.name

    SNAPSHOT = (
        "kind",
        "name",
        "full_name",
        "inn",
        "kpp",
        "ogrn",
        "tax_id",
        "country",
        "address",
        "email",
        "bank_name",
        "bank_city",
        "bic",
        "bank_account",
        "correspondent_account",
        "director",
        "accountant",
        "vat_exemption",
    )

    def clean(self) -> None:
        """Refuses a series that is not plain Latin capitals and a time zone nobody knows."""
        if not SERIES.fullmatch(self.series):
            raise ValidationError({"series": WRONG_SERIES})
        if self.time_zone not in available_timezones():
            raise ValidationError({"time_zone": _("Use the name of a zone, as Europe/Moscow.")})

    def snapshot(self) -> dict[str, Any]:
        """Returns the seller as a document prints it, to be copied onto the document at its issue (G6)."""
        return {name: getattr(self, name) for name in self.SNAPSHOT}


class VatRate(models.Model):
    """The percentage of a VAT rate over time; the rate of the date of supply counts, not that of the invoice."""

    code = models.SlugField(_("code"), max_length=20)
    percent = models.DecimalField(_("percent"), max_digits=5, decimal_places=2)
    # Entered by staff; the latest that has begun on the day of supply counts.
    valid_from = models.DateField(_("from"))

    objects: ClassVar[models.Manager["VatRate"]] = models.Manager()

    class Meta:
        verbose_name = _("VAT rate")
        verbose_name_plural = _("VAT rates")
        ordering = ["code", "valid_from"]
        constraints = [models.UniqueConstraint(fields=["code", "valid_from"], name="one_vat_rate_per_code_and_day")]

    def __str__(self) -> str:
        return f"{self.percent.normalize():f} %"

    @classmethod
    def percent_on(cls, code: str, day: date) -> Decimal:
        """Returns the rate ``code`` in force on ``day``, in percent; raises DoesNotExist where none has been entered."""
        rate = cls.objects.filter(code=code, valid_from__lte=day).order_by("-valid_from").first()
        if rate is None:
            raise cls.DoesNotExist(f"no VAT rate {code!r} on {day}")
        return rate.percent


class BillingAccountQuerySet(models.QuerySet["BillingAccount"]):
    def for_user(self, user: User) -> "BillingAccountQuerySet":
        """Accounts that ``user`` may see and pay: of customers in whose living instance they are an active member with the
        billing right (M10), recognised by an email address that they have proved to be theirs."""
        return self.filter(customer__in=Customer.objects.filter(instances__in=_billing_instances(user)))


def _billing_instances(user: User) -> Any:
    from accounts.models import Member

    owners = Member.objects.billing_owners().with_emails(verified_emails(user)).filter(instance__deleted_at=None)
    return owners.values("instance")


class BillingAccount(models.Model):
    """The customer's account (лицевой счёт) with one seller in one currency (G4).

    Its balance is that of its ledger account. This row is what every act on the account's money locks first.
    """

    # Written once, at the opening; customers name it in payments, the API and pages find the account by it.
    number = models.CharField(_("number"), max_length=20, unique=True)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="billing_accounts", verbose_name=_("customer"))
    seller = models.ForeignKey(Seller, models.PROTECT, related_name="accounts", verbose_name=_("seller"))
    currency = models.CharField(_("currency"), max_length=3)
    # Written once: with the customer, or with their first subscription from another seller.
    opened_at = models.DateTimeField(_("opened"))
    # First day of the month that is still to be closed: written at the opening and by the close of the month, read by the
    # run's search for work and by every charge.
    open_month = models.DateField(_("open month"))

    objects: ClassVar[models.Manager["BillingAccount"]] = BillingAccountQuerySet.as_manager()

    class Meta:
        verbose_name = _("billing account")
        verbose_name_plural = _("billing accounts")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "seller", "currency"], name="one_account_per_seller_and_currency"
            )
        ]
        indexes = [models.Index(fields=["open_month"], name="account_by_open_month")]

    def __str__(self) -> str:
        return self.number

    @property
    def zone(self) -> str:
        """The billing time zone (IANA name): the seller's (G1)."""
        return self.seller.time_zone


class BillingAddress(models.Model):
    """Another address that receives the account's invoices, besides that of the instance's registration (M7)."""

    account = models.ForeignKey(
        BillingAccount, models.CASCADE, related_name="addresses", verbose_name=_("billing account")
    )
    email = models.EmailField(_("email"))

    objects: ClassVar[models.Manager["BillingAddress"]] = models.Manager()

    class Meta:
        verbose_name = _("billing address")
        verbose_name_plural = _("billing addresses")
        constraints = [models.UniqueConstraint(fields=["account", "email"], name="one_billing_address_each")]

    def __str__(self) -> str:
        return self.email


class NumberSeries(models.Model):
    """The last number handed out of a gapless series; locked by whoever takes the next one (G6)."""

    key = models.CharField(max_length=60, primary_key=True)
    # Written under the row's lock by whoever takes the next number; read by the proof of the books.
    last = models.PositiveBigIntegerField(default=0)

    objects: ClassVar[models.Manager["NumberSeries"]] = models.Manager()

    class Meta:
        verbose_name = _("series of numbers")
        verbose_name_plural = _("series of numbers")

    def __str__(self) -> str:
        return f"{self.key}: {self.last}"
