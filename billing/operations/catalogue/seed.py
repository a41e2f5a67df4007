"""The values that an installation starts with: two sellers and the products of the four descriptions, with their roles and
tariffs. Everything that one profile does otherwise than another stands here, and nowhere in code."""

from dataclasses import dataclass
from decimal import Decimal

from accounts.models import Product
from billing.models import Seller
from billing.pricing.terms import ChangeRule, Cycle, Metric, PriceModel, QuotaMode, Renewal, Timing
from billing.pricing.units import UNNAMED, UnitNames

SELLERS = {
    "rub": {
        "kind": Seller.Kind.COMPANY,
        "name": "ООО «Образец»",
        "currency": "RUB",
        "series": "R",
        "full_name": "Общество с ограниченной ответственностью «Образец» (вымышленная организация для проб)",
        "inn": "7700123459",
        "kpp": "770001001",
        "ogrn": "1027700130006",
        "address": "101000, г. Москва, ул. Примерная, д. 1, офис 2",
        "email": "billing@saldo.example",
        "bank_name": "ПАО СБЕРБАНК",
        "bank_city": "Москва",
        "bic": "044525225",
        "bank_account": "40702810200000012345",
        "correspondent_account": "30101810400000000225",
        "director": "Образцова А. П.",
        "accountant": "Счетоводов И. К.",
        "vat_exemption": "НДС не облагается (п. 2 ст. 346.11 НК РФ)",
    },
    "usd": {
        "kind": Seller.Kind.FOREIGN,
        "name": "Sample Software Inc.",
        "currency": "USD",
        "series": "U",
        "full_name": "Sample Software Inc. (an invented company for trials)",
        "tax_id": "00-0000000",
        "country": "US",
        "address": "1 Example Street, Springfield, DE 19801, USA",
        "email": "billing@saldo.example",
        "bank_name": "Example Bank N.A.",
        "bic": "EXMPUS33XXX",
        "bank_account": "000123456789",
        "director": "Alex Sample",
    },
}


@dataclass(frozen=True)
class RoleRow:
    code: str
    name: str
    name_ru: str
    is_paid: bool = True
    is_administrator: bool = False
    has_billing_right: bool = False


@dataclass(frozen=True)
class ProductRow:
    code: str
    seller: str
    name: str
    name_ru: str
    roles: tuple[RoleRow, ...]
    tariffs: tuple[dict[str, object], ...]
    kind: Product.Kind = Product.Kind.SUBSCRIPTION
    # What it sells by quantity, in the order of `Product.unit_forms`; none where nothing is sold so.
    unit: UnitNames = UNNAMED


def _features(*pairs: tuple[str, str]) -> list[dict[str, str]]:
    """Returns a feature list as a tariff stores it, each feature in both languages."""
    return [{"en": english, "ru": russian} for english, russian in pairs]


TERMINAL = UnitNames("terminal", "terminals", "терминал", "терминала", "терминалов", "терминал")

OWNER = RoleRow("owner", "Owner", "Владелец", is_paid=False, is_administrator=True, has_billing_right=True)

METEOR = ProductRow(
    "meteor",
    "rub",
    "METEOR",
    "METEOR",
    roles=(
        RoleRow("administrator", "Administrator", "Администратор", is_administrator=True, has_billing_right=True),
        RoleRow("member", "Member", "Участник"),
        RoleRow("billing", "Billing", "Биллинг", has_billing_right=True),
    ),
    tariffs=(
        {
            "tariff_id": "meteor-cloud",
            "name": "METEOR Cloud",
            "name_ru": "METEOR Cloud",
            "unit_price": Decimal("599.00"),
            "included_quantity": 9,
            "payment_days": 14,
            "audience": "Teams who pay for what they use",
            "audience_ru": "Командам, которые платят за то, чем пользуются",
            "features": _features(
                ("Nine people for free, every month", "Девять человек бесплатно, каждый месяц"),
                ("Paid after the month, by invoice", "Оплата после месяца, по счёту"),
                ("Only the month's peak of active people counts", "Считается только пик активных людей за месяц"),
            ),
        },
    ),
)

_SEATS = {
    "timing": Timing.PREPAID,
    "metric": Metric.PAID_MEMBERS,
    "price_model": PriceModel.PER_UNIT,
    "trial_days": 7,
    "trial_people": 20,
    "cycle": Cycle.CALENDAR,
    "change_rule": ChangeRule.PERIOD_END,
    "plan": "blue",
    "audience": "Teams that work with clients",
    "audience_ru": "Командам, которые работают с клиентами",
    "features": _features(
        ("Clients and viewers are free", "Клиенты и наблюдатели бесплатно"),
        ("Add and remove seats on any day", "Места можно добавлять и убирать в любой день"),
        ("What is not used comes back as credit", "Неиспользованное возвращается на счёт"),
    ),
}

BLUE = ProductRow(
    "blue",
    "usd",
    "Blue",
    "Blue",
    roles=(
        RoleRow(
            "project_administrator",
            "Project administrator",
            "Администратор проекта",
            is_administrator=True,
            has_billing_right=True,
        ),
        RoleRow("team_member", "Team member", "Участник команды"),
        RoleRow("custom", "Custom role", "Своя роль"),
        RoleRow("client", "Client", "Клиент", is_paid=False),
        RoleRow("comment_only", "Comments only", "Только комментарии", is_paid=False),
        RoleRow("view_only", "View only", "Только просмотр", is_paid=False),
    ),
    tariffs=(
        {
            **_SEATS,
            "tariff_id": "blue-monthly",
            "name": "Blue, by the month",
            "name_ru": "Blue, помесячно",
            "unit_price": Decimal("7.00"),
        },
        {
            **_SEATS,
            "tariff_id": "blue-annual",
            "name": "Blue, by the year",
            "name_ru": "Blue, на год",
            "unit_price": Decimal("70.00"),
            "interval_months": 12,
            "price_months": 12,
        },
    ),
)

EVOTOR_DRIVER = ProductRow(
    "evotor-driver",
    "rub",
    "Cash register driver",
    "Драйвер для кассы",
    roles=(OWNER,),
    kind=Product.Kind.ONE_OFF,
    unit=TERMINAL,
    tariffs=(
        {
            "tariff_id": "driver",
            "name": "Driver, paid once",
            "name_ru": "Драйвер, оплата один раз",
            "timing": Timing.PREPAID,
            "metric": Metric.QUANTITY,
            "price_model": PriceModel.VOLUME,
            "steps": [
                {"from": 1, "unit_price": "120.00"},
                {"from": 10, "total": "1000.00"},
                {"from": 30, "total": "2500.00"},
            ],
            "interval_months": None,
            "cycle": Cycle.ANNIVERSARY,
            "change_rule": ChangeRule.CARRIED,
            "audience": "Shops with their own cash registers",
            "audience_ru": "Магазинам со своими кассами",
            "features": _features(
                ("Paid once for each terminal, for good", "Оплата один раз за каждый терминал, навсегда"),
                ("More terminals later cost the difference", "Докупить терминалы можно за разницу"),
            ),
        },
    ),
)

_APP = {
    "timing": Timing.PREPAID,
    "cycle": Cycle.ANNIVERSARY,
    "change_rule": ChangeRule.CARRIED,
    "renewal": Renewal.COLLECTED,
}
_FLAT = {**_APP, "metric": Metric.NONE, "price_model": PriceModel.FLAT}

EVOTOR_APP = ProductRow(
    "evotor-app",
    "rub",
    "Cash register application",
    "Приложение для кассы",
    roles=(OWNER,),
    unit=TERMINAL,
    tariffs=(
        {
            **_APP,
            "tariff_id": "base",
            "name": "By the terminal",
            "name_ru": "По терминалам",
            "metric": Metric.QUANTITY,
            "price_model": PriceModel.VOLUME,
            "steps": [{"from": 1, "unit_price": "100.00"}, {"from": 10, "unit_price": "90.00"}],
            "audience": "Any number of terminals",
            "audience_ru": "Любое число терминалов",
            "features": _features(
                ("Everything the application can", "Всё, что умеет приложение"),
                ("From ten terminals each costs less", "От десяти терминалов каждый дешевле"),
            ),
        },
        {
            **_FLAT,
            "tariff_id": "light",
            "name": "Light",
            "name_ru": "Лёгкий",
            "flat_fee": Decimal("90.00"),
            "audience": "One till",
            "audience_ru": "Одна касса",
            "features": _features(
                ("Sales and returns", "Продажи и возвраты"), ("A report for each day", "Отчёт за каждый день")
            ),
        },
        {
            **_FLAT,
            "tariff_id": "plus",
            "name": "Plus",
            "name_ru": "Плюс",
            "flat_fee": Decimal("180.00"),
            "audience": "A small shop",
            "audience_ru": "Небольшой магазин",
            "features": _features(("All of Light", "Всё из Лёгкого"), ("Stock and purchases", "Склад и закупки")),
        },
        {
            **_FLAT,
            "tariff_id": "max",
            "name": "Max",
            "name_ru": "Максимум",
            "flat_fee": Decimal("360.00"),
            "audience": "A chain of shops",
            "audience_ru": "Сеть магазинов",
            "features": _features(
                ("All of Plus", "Всё из Плюса"), ("All shops in one report", "Все магазины в одном отчёте")
            ),
        },
    ),
)

EVOTOR_FREE = ProductRow(
    "evotor-free", "rub", "Cash register notes", "Заметки для кассы", roles=(OWNER,), tariffs=(), kind=Product.Kind.FREE
)

_PLAN = {"timing": Timing.PREPAID, "cycle": Cycle.ANNIVERSARY, "change_rule": ChangeRule.CARRIED}
_YEAR = {"interval_months": 12, "discount_percent": Decimal(10)}
_BUILD = {
    **_PLAN,
    "plan": "build",
    "metric": Metric.NONE,
    "price_model": PriceModel.FLAT,
    "flat_fee": Decimal("4900.00"),
    "audience": "Teams that build on Cyberos",
    "audience_ru": "Командам, которые строят на Cyberos",
    "features": _features(
        ("Everything of the trial, for production", "Всё из пробного периода, для работы"),
        ("Support on working days", "Поддержка в рабочие дни"),
        ("Cancel at any time", "Отказаться можно в любой момент"),
    ),
}
_SCALE = {
    **_PLAN,
    "plan": "scale",
    "metric": Metric.PAID_MEMBERS,
    "price_model": PriceModel.GRADUATED,
    "flat_fee": Decimal("49000.00"),
    "included_quantity": 100,
    "quota_mode": QuotaMode.ONLY_ABOVE,
    "steps": [{"from": 1, "unit_price": "100.00"}, {"from": 501, "unit_price": "80.00"}],
    "audience": "Companies that grow: prices fall with volume",
    "audience_ru": "Растущим компаниям: цена падает с объёмом",
    "features": _features(
        ("Everything of Build", "Всё из Build"),
        ("100 members included", "100 участников уже включены"),
        ("Support around the clock", "Поддержка круглосуточно"),
        ("Keys and manuals in escrow", "Ключи и инструкции на ответственном хранении"),
    ),
}

CYBEROS = ProductRow(
    "cyberos",
    "rub",
    "Cyberos",
    "Cyberos",
    roles=(OWNER, RoleRow("member", "Member", "Участник")),
    tariffs=(
        {
            **_PLAN,
            "tariff_id": "trial",
            "name": "Trial",
            "name_ru": "Пробный период",
            "metric": Metric.NONE,
            "price_model": PriceModel.TRIAL,
            "trial_days": 30,
            "audience": "Whoever wants to look first",
            "audience_ru": "Тем, кто хочет сначала посмотреть",
            "features": _features(
                ("Everything, in a test environment", "Всё, в тестовой среде"), ("No card needed", "Карта не нужна")
            ),
        },
        {**_BUILD, "tariff_id": "build", "name": "Build, by the month", "name_ru": "Build, помесячно"},
        {
            **_BUILD,
            **_YEAR,
            "tariff_id": "build-annual",
            "name": "Build, a year at once",
            "name_ru": "Build, сразу за год",
        },
        {**_SCALE, "tariff_id": "scale", "name": "Scale, by the month", "name_ru": "Scale, помесячно"},
        {
            **_SCALE,
            **_YEAR,
            "tariff_id": "scale-annual",
            "name": "Scale, a year at once",
            "name_ru": "Scale, сразу за год",
        },
    ),
)

PRODUCTS = (METEOR, BLUE, EVOTOR_DRIVER, EVOTOR_APP, EVOTOR_FREE, CYBEROS)
