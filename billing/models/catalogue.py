from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from djmoney.models.fields import MoneyField

from accounts.models import Product
from billing.models.sellers import Seller
from billing.pricing.terms import Metric, PriceModel, QuotaMode, Terms, Timing


class TariffQuerySet(models.QuerySet["Tariff"]):
    def published(self) -> "TariffQuerySet":
        """What is offered to customers now: archived tariffs are not, though those on them stay (E2)."""
        return self.filter(status=Tariff.Status.PUBLISHED)


class Tariff(models.Model):
    """One version of a tariff. Once it leaves the draft its terms never change: a trigger refuses it (E2).

    ``tariff_id`` is the id the outside world uses; a new price is a new ``version`` of it.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        IN_REVIEW = "in_review", _("in review")
        PUBLISHED = "published", _("published")
        ARCHIVED = "archived", _("archived")

    class TimingChoice(models.TextChoices):
        POSTPAID = Timing.POSTPAID.value, _("postpaid: at the end of the period")

    class MetricChoice(models.TextChoices):
        PEAK_ACTIVE = Metric.PEAK_ACTIVE.value, _("peak of active members")

    class PriceModelChoice(models.TextChoices):
        PER_UNIT = PriceModel.PER_UNIT.value, _("price of one")

    class QuotaModeChoice(models.TextChoices):
        ALL_ABOVE = QuotaMode.ALL_ABOVE.value, _("above the quota all are charged")

    product = models.ForeignKey(Product, models.PROTECT, related_name="tariffs", verbose_name=_("product"))
    seller = models.ForeignKey(Seller, models.PROTECT, related_name="tariffs", verbose_name=_("seller"))
    tariff_id = models.SlugField(_("tariff id"), max_length=60)
    version = models.PositiveIntegerField(_("version"), default=1)
    name = models.CharField(_("name"), max_length=200)
    name_ru = models.CharField(_("name in Russian"), max_length=200, blank=True)

    timing = models.CharField(
        _("when it is paid"), max_length=10, choices=TimingChoice.choices, default=TimingChoice.POSTPAID
    )
    metric = models.CharField(
        _("what counts"), max_length=20, choices=MetricChoice.choices, default=MetricChoice.PEAK_ACTIVE
    )
    price_model = models.CharField(
        _("price model"), max_length=15, choices=PriceModelChoice.choices, default=PriceModelChoice.PER_UNIT
    )
    unit_price = MoneyField(_("price of one"), max_digits=19, decimal_places=4, default_currency="RUB")  # type: ignore[no-untyped-call]
    included_quantity = models.PositiveIntegerField(_("free quota"), default=0)
    quota_mode = models.CharField(
        _("meaning of the quota"), max_length=15, choices=QuotaModeChoice.choices, default=QuotaModeChoice.ALL_ABOVE
    )
    interval_months = models.PositiveSmallIntegerField(_("interval in months"), default=1)
    payment_days = models.PositiveSmallIntegerField(_("days to pay"), default=14)

    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.DRAFT, editable=False)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("author"), editable=False
    )
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        verbose_name=_("reviewer"),
        editable=False,
        null=True,
    )
    published_at = models.DateTimeField(_("published"), null=True, editable=False)

    objects: ClassVar[models.Manager["Tariff"]] = TariffQuerySet.as_manager()

    class Meta:
        verbose_name = _("tariff")
        verbose_name_plural = _("tariffs")
        ordering = ["product", "tariff_id", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["product", "tariff_id", "version"], name="one_row_per_tariff_version"),
            models.UniqueConstraint(
                fields=["product", "tariff_id"],
                condition=models.Q(status="published"),
                name="one_published_version_at_a_time",
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=["draft", "in_review", "published", "archived"]),
                name="tariff_status_is_known",
            ),
            models.CheckConstraint(condition=models.Q(unit_price__gt=0), name="no_tariff_is_zero"),
            models.CheckConstraint(
                condition=models.Q(interval_months__gte=1, interval_months__lte=12),
                name="tariff_interval_is_1_to_12_months",
            ),
            models.CheckConstraint(
                condition=models.Q(reviewer=None) | ~models.Q(reviewer=models.F("author")),
                name="tariff_author_is_not_its_reviewer",
            ),
            models.CheckConstraint(
                condition=~models.Q(status__in=["published", "archived"])
                | models.Q(published_at__isnull=False, reviewer__isnull=False),
                name="published_tariff_names_its_reviewer",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tariff_id} v{self.version}"

    def name_in(self, locale: str) -> str:
        return (self.name_ru or self.name) if locale == "ru" else self.name

    @property
    def currency(self) -> str:
        return str(self.unit_price.currency)

    def terms(self) -> Terms:
        """This version as the one frozen value that pricing works on."""
        return Terms(
            tariff_id=self.tariff_id,
            version=self.version,
            currency=self.currency,
            timing=Timing(self.timing),
            metric=Metric(self.metric),
            price_model=PriceModel(self.price_model),
            unit_price=self.unit_price.amount,
            included_quantity=self.included_quantity,
            quota_mode=QuotaMode(self.quota_mode),
            interval_months=self.interval_months,
            payment_days=self.payment_days,
        )

    def snapshot(self) -> dict[str, Any]:
        """The terms as plain values: what a reviewer approved and what a later version is compared with."""
        return {**self.terms().as_dict(), "interval_months": self.interval_months, "payment_days": self.payment_days}
