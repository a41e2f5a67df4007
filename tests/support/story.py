"""ООО «Ромашка» in spring 2026, as the design's picture tells it, made through the same operations as in real life.

Anna owns and pays, Boris is a member without the billing right, Vera is an outsider who must see nothing of it.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from allauth.account.models import EmailAddress

from accounts.members import Report
from accounts.models import Customer, Instance, Product, Role, User
from billing.models import BillingAccount, Seller
from billing.operations.customers import customers, instances
from billing.operations.cycle import month_close
from billing.operations.subscriptions import lifecycle, metering
from tests.support.snapshots import tell_once

MOSCOW = ZoneInfo("Europe/Moscow")
PASSWORD = "correct horse battery"


def msk(month: int, day: int, hour: int = 12, minute: int = 0, *, year: int = 2026) -> datetime:
    """An instant on the wall clock of Moscow, in UTC."""
    return datetime(year, month, day, hour, minute, tzinfo=MOSCOW).astimezone(UTC)


@dataclass
class Story:
    anna: User
    boris: User
    vera: User
    customer: Customer
    account: BillingAccount
    cloud: Instance
    test: Instance
    archive: Instance
    vera_account: BillingAccount
    vera_instance: Instance


def person(email: str, name: str, *, verified: bool = True, **fields: bool) -> User:
    user = User.objects.create_user(email, PASSWORD, name=name, **fields)
    EmailAddress.objects.create(user=user, email=email, verified=verified, primary=True)
    return user


def catalogue() -> Product:
    """METEOR Cloud as the rules have it: 599.00 a person at the month's peak, free up to 9; sold by this story's own seller."""
    Seller.objects.filter(currency="RUB").update(
        name="ООО «Метеор»",
        full_name="Общество с ограниченной ответственностью «Метеор»",
        inn="7707083893",
        kpp="770701001",
        bank_account="40702810938000000001",
        vat_exemption="УСН",
    )
    product = Product.objects.get(code="meteor")
    product.name, product.name_ru = "METEOR Cloud", "МЕТЕОР Облако"
    product.save()
    Role.objects.filter(product=product, code="billing").update(name_ru="Оплата")
    return product


def register(product: Product, customer: Customer, domain: str, admin: tuple[str, str], at: datetime) -> Instance:
    """An instance on the tariff, its first person the administrator."""
    email, name = admin
    instance = instances.register_instance(
        customer=customer,
        product=product,
        domain=domain,
        as_of=at,
        representative=Report(external_id="1", status="active", email=email, name=name),
    )
    lifecycle.create_subscription(instance=instance, tariff_id="meteor-cloud", as_of=at, actor=name)
    return instance


def joins(
    instance: Instance, number: int, at: datetime, name: str = "", *, status: str = "active", actor: str = ""
) -> None:
    """Person ``number`` is reported with ``status`` at ``at``."""
    metering.report_member(
        instance=instance,
        as_of=at,
        source="api",
        actor=actor,
        report=Report(
            external_id=str(number),
            status=status,
            email=f"person{number}@romashka.example",
            name=name or f"Сотрудник {number}",
            role="member",
        ),
    )


def new_customer(name: str, email: str, at: datetime) -> tuple[Customer, BillingAccount]:
    customer = customers.create_customer(
        new=customers.NewCustomer(name=name, kind="company", email=email, locale="ru", currency="RUB"), as_of=at
    )
    return customer, BillingAccount.objects.get(customer=customer)


@tell_once
def tell() -> Story:
    """Until 1 May 2026: April's invoice is out, ten people are active."""
    product, start = catalogue(), msk(3, 2)
    anna, boris, vera = (
        person("anna@romashka.example", "А. Петрова"),
        person("boris@romashka.example", "Борис Волков"),
        person("vera@lavanda.example", "Вера Лаванда"),
    )
    customer, account = new_customer("ООО «Ромашка»", anna.email, start)
    cloud = register(product, customer, "romashka.example.ru", (anna.email, anna.name), start)
    test = register(product, customer, "test.romashka.example.ru", (anna.email, anna.name), start)
    archive = register(product, customer, "old.romashka.example.ru", (anna.email, anna.name), start)
    other, vera_account = new_customer("ООО «Лаванда»", vera.email, start)
    vera_instance = register(product, other, "lavanda.example.ru", (vera.email, vera.name), start)
    metering.report_member(
        instance=cloud,
        as_of=msk(3, 3),
        source="api",
        report=Report(external_id="2", status="active", email=boris.email, name=boris.name, role="member"),
    )
    for number in range(3, 10):
        joins(cloud, number, msk(3, 3 + number))
    for number in range(2, 5):
        joins(test, number, msk(3, 5))
    lifecycle.terminate(
        subscription=archive.subscriptions.get(),
        as_of=msk(3, 12),
        actor="support@saldo.example",
        requested_by=anna.name,
        reason="Переехали на новый домен",
    )
    joins(cloud, 10, msk(4, 10, 9, 41), "Игорь Орлов", actor=anna.name)
    joins(cloud, 11, msk(4, 10, 14, 3), "Мария Лебедева", actor=anna.name)
    joins(cloud, 11, msk(4, 14, 10, 5), "Мария Лебедева", status="blocked", actor=anna.name)
    for owed_account in (account, vera_account):
        month_close.close_due_months(account_id=owed_account.pk, as_of=msk(5, 1, 0, 1))
    account.refresh_from_db()
    return Story(anna, boris, vera, customer, account, cloud, test, archive, vera_account, vera_instance)


def tell_may(story: Story) -> None:
    """Until 24 May: the peak rose to 11 on the 10th."""
    joins(story.cloud, 11, msk(5, 10, 14, 3), "Мария Лебедева", actor="А. Петрова")


def billing_only(story: Story) -> User:
    from accounts.members import Report
    from billing.operations.subscriptions import metering

    report = Report(external_id="buh", status="active", email="buh@romashka.example", role="billing")
    metering.report_member(instance=story.cloud, as_of=msk(5, 11), source="api", report=report)
    return person("buh@romashka.example", "Бухгалтер")
