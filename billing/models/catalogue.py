from decimal import Decimal
from typing import Any, ClassVar, cast

from django.conf import settings
from django.db import models
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from djmoney.models.fields import MoneyField

from accounts.models import Product
from billing.models.sellers import Seller
from billing.pricing.terms import (
    STEPPED,
    ChangeRule,
    Cycle,
    Metric,
    PriceModel,
    QuotaMode,
    Renewal,
    Terms,
    Timing,
    steps_from,
)
from billing.pricing.units import UNNAMED, UnitNames

# The preset id of a product's base tariff (E5).
BASE_TARIFF_ID = "base"


class TariffQuerySet(models.QuerySet["Tariff"]):
    def published(self) -> "TariffQuerySet":
        """Filters the versions that are offered to customers now: archived tariffs are not, though those on them stay (E2)."""
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
        PREPAID = Timing.PREPAID.value, _("prepaid: at its beginning")

    class MetricChoice(models.TextChoices):
        PEAK_ACTIVE = Metric.PEAK_ACTIVE.value, _("peak of active members")
        PAID_MEMBERS = Metric.PAID_MEMBERS.value, _("active members in paid roles")
        QUANTITY = Metric.QUANTITY.value, _("a quantity that the customer buys")
        NONE = Metric.NONE.value, _("nothing: a flat fee")

    class PriceModelChoice(models.TextChoices):
        PER_UNIT = PriceModel.PER_UNIT.value, _("one price for each")
        VOLUME = PriceModel.VOLUME.value, _("volume: the step reached prices all")
        GRADUATED = PriceModel.GRADUATED.value, _("graduated: each step prices its own")
        PACKAGE = PriceModel.PACKAGE.value, _("package: one total per step")
        FLAT = PriceModel.FLAT.value, _("flat fee only")
        TRIAL = PriceModel.TRIAL.value, _("trial: days without a price")

    class QuotaModeChoice(models.TextChoices):
        ALL_ABOVE = QuotaMode.ALL_ABOVE.value, _("above the quota all are charged")
        ONLY_ABOVE = QuotaMode.ONLY_ABOVE.value, _("only those above the quota are charged")

    class CycleChoice(models.TextChoices):
        CALENDAR = Cycle.CALENDAR.value, _("on the 1st of the month")
        ANNIVERSARY = Cycle.ANNIVERSARY.value, _("on the day of the start")

    class ChangeRuleChoice(models.TextChoices):
        CARRIED = ChangeRule.CARRIED.value, _("at once, what was paid is carried over")
        PERIOD_END = ChangeRule.PERIOD_END.value, _("at the end of the period")

    class RenewalChoice(models.TextChoices):
        INVOICED = Renewal.INVOICED.value, _("an invoice, to be paid in its term")
        COLLECTED = Renewal.COLLECTED.value, _("collected beforehand, from five days before the date")

    product = models.ForeignKey(Product, models.PROTECT, related_name="tariffs", verbose_name=_("product"))
    seller = models.ForeignKey(Seller, models.PROTECT, related_name="tariffs", verbose_name=_("seller"))
    tariff_id = models.SlugField(_("tariff id"), max_length=60)
    version = models.PositiveIntegerField(_("version"), default=1)
    name = models.CharField(_("name"), max_length=200)
    name_ru = models.CharField(_("name in Russian"), max_length=200, blank=True)

    timing = models.CharField(
        pgettext_lazy("tariff", "when it is paid"),
        max_length=10,
        choices=TimingChoice.choices,
        default=TimingChoice.POSTPAID,
    )
    metric = models.CharField(
        _("what counts"), max_length=20, choices=MetricChoice.choices, default=MetricChoice.PEAK_ACTIVE
    )
    price_model = models.CharField(
        _("price model"), max_length=15, choices=PriceModelChoice.choices, default=PriceModelChoice.PER_UNIT
    )
    # 0 where the model has steps or a flat fee alone; its currency is the tariff's.
    unit_price = MoneyField(_("price of one"), max_digits=19, decimal_places=4, default=0, default_currency="RUB")  # type: ignore[no-untyped-call]
    # [{"from": 10, "unit_price": "90.00"} or {"from": 10, "total": "1000.00"}, …] in the tariff's currency; in the row
    # itself, so that one guard freezes all of the terms and one read prices them.
    steps = models.JSONField(_("steps"), default=list, blank=True)
    flat_fee = models.DecimalField(_("flat fee"), max_digits=19, decimal_places=4, default=Decimal(0))
    included_quantity = models.PositiveIntegerField(_("free quota"), default=0)
    quota_mode = models.CharField(
        _("meaning of the quota"), max_length=15, choices=QuotaModeChoice.choices, default=QuotaModeChoice.ALL_ABOVE
    )
    # Empty: a one-off payment (E4).
    interval_months = models.PositiveSmallIntegerField(_("interval in months"), default=1, null=True, blank=True)
    price_months = models.PositiveSmallIntegerField(_("prices are for so many months"), default=1)
    discount_percent = models.DecimalField(
        _("percent off for paying the interval at once"), max_digits=6, decimal_places=4, default=Decimal(0)
    )
    payment_days = models.PositiveSmallIntegerField(_("days to pay"), default=14)
    trial_days = models.PositiveSmallIntegerField(_("trial in days"), default=0)
    trial_people = models.PositiveIntegerField(_("people in the trial at most"), default=0)
    cycle = models.CharField(
        _("periods begin"), max_length=12, choices=CycleChoice.choices, default=CycleChoice.CALENDAR
    )
    change_rule = models.CharField(
        _("a change takes effect"), max_length=12, choices=ChangeRuleChoice.choices, default=ChangeRuleChoice.PERIOD_END
    )
    renewal = models.CharField(
        _("a new period is paid by"), max_length=10, choices=RenewalChoice.choices, default=RenewalChoice.INVOICED
    )
    # [{"en": "…", "ru": "…"}, …]: what is in it, as the page of prices lists it.
    features = models.JSONField(_("what is in it"), default=list, blank=True)
    audience = models.CharField(_("for whom"), max_length=300, blank=True)
    audience_ru = models.CharField(_("for whom, in Russian"), max_length=300, blank=True)
    # Tariffs of one plan differ in how they are paid alone: they stand in one column of the page of plans.
    plan = models.SlugField(_("plan"), max_length=60, blank=True)
    # Where it stands among the others on the page of prices; no term, so that it may change after publication.
    position = models.PositiveSmallIntegerField(_("order"), default=0)

    # Written by the steps of the release (draft, review, publication, archive) alone; read by everything that offers
    # tariffs.
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.DRAFT, editable=False)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("author"), editable=False
    )
    # Written at publication: a second person, never the author.
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        verbose_name=_("reviewer"),
        editable=False,
        null=True,
    )
    # Written once, at publication; from then on a trigger freezes the terms.
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
            # Of a stepped tariff a trigger looks at the steps (E3).
            models.CheckConstraint(
                condition=models.Q(price_model="trial", trial_days__gt=0)
                | models.Q(price_model="per_unit", unit_price__gt=0)
                | models.Q(price_model="flat", flat_fee__gt=0)
                | models.Q(price_model__in=[model.value for model in STEPPED]),
                name="no_tariff_is_zero",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    flat_fee__gte=0, unit_price__gte=0, discount_percent__gte=0, discount_percent__lt=100
                ),
                name="no_price_is_negative",
            ),
            models.CheckConstraint(
                condition=models.Q(interval_months=None) | models.Q(interval_months__gte=1, interval_months__lte=12),
                name="tariff_interval_is_1_to_12_months",
            ),
            models.CheckConstraint(
                condition=models.Q(price_months__gte=1, price_months__lte=12),
                name="tariff_prices_are_for_1_to_12_months",
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
    def names(self) -> dict[str, str]:
        """Its names by language, as the explanation of a line keeps them."""
        return {"en": self.name, "ru": self.name_ru}

    @property
    def currency(self) -> str:
        return str(self.unit_price.currency)

    @property
    def plan_code(self) -> str:
        """The plan that it is a way of paying for; a tariff without one is its own."""
        return self.plan or self.tariff_id

    @property
    def is_metered(self) -> bool:
        """Tells whether use is measured and paid afterwards (M1)."""
        return self.terms().is_metered

    @property
    def is_base(self) -> bool:
        """Tells whether it is its product's base tariff (E5), which always has the same id."""
        return self.tariff_id == BASE_TARIFF_ID

    @property
    def unit(self) -> UnitNames:
        """The names of what the product sells by quantity; a draft may have no product yet."""
        return UnitNames(*self.product.unit_forms) if self.product_id else UNNAMED

    def audience_in(self, locale: str) -> str:
        return (self.audience_ru or self.audience) if locale == "ru" else self.audience

    def features_in(self, locale: str) -> list[str]:
        return [(row.get("ru") or row["en"]) if locale == "ru" else (row["en"] or row["ru"]) for row in self.features]

    def terms(self) -> Terms:
        """This version as the one frozen value that pricing works on."""
        return Terms(
            tariff_id=self.tariff_id,
            version=self.version,
            currency=self.currency,
            timing=Timing(self.timing),
            metric=Metric(self.metric),
            price_model=PriceModel(self.price_model),
            unit_price=self.unit_price.amount if self.price_model == PriceModel.PER_UNIT else None,
            steps=steps_from(self.steps),
            flat_fee=self.flat_fee,
            included_quantity=self.included_quantity,
            quota_mode=QuotaMode(self.quota_mode),
            interval_months=self.interval_months,
            price_months=self.price_months,
            discount_percent=self.discount_percent,
            payment_days=self.payment_days,
            trial_days=self.trial_days,
            trial_people=self.trial_people,
            cycle=Cycle(self.cycle),
            change_rule=ChangeRule(self.change_rule),
            renewal=Renewal(self.renewal),
            # Read when words are made of it and not before: the arithmetic needs no product.
            unit=cast(UnitNames, SimpleLazyObject(lambda: self.unit)),
        )

    def snapshot(self) -> dict[str, Any]:
        """Returns the terms as plain values: what a reviewer approved and what a later version is compared with."""
        return {
            **self.terms().as_dict(),
            "name": self.name,
            "name_ru": self.name_ru,
            "plan": self.plan,
            "audience": self.audience,
            "audience_ru": self.audience_ru,
            "features": self.features,
        }
