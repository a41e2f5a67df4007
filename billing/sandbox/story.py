"""The sample installation: half a year of ten invented customers, written as a table and run through the ordinary operations.

Everything in it happens at its own time on the sandbox clock, so what a newcomer sees is what the software really did.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts import members
from accounts.models import Customer, Instance, User
from billing.errors import BillingError
from billing.models import BillingAccount, Subscription
from billing.operations.catalogue.profiles import load_profiles
from billing.operations.customers import customers, instances, requests
from billing.operations.run import delivery
from billing.operations.settlement import offers, payments
from billing.operations.subscriptions import lifecycle, metering
from billing.sandbox import sandbox_clock, story_outside, story_prepaid
from billing.sandbox.story_outside import moment

PASSWORD = "saldo-sample"

# What somebody who tries Saldo out may sign in as: address, name, language, kind.
LOGINS: tuple[tuple[str, str, str, str], ...] = (
    *story_prepaid.LOGINS,
    ("anna@romashka.example", "Анна Петрова", "ru", "owner"),
    ("oleg@sever.example", "Олег Северов", "ru", "owner"),
    ("emma@brightside.example", "Emma Clarke", "en", "owner"),
    ("support@saldo.example", "Сергей Поддержкин", "ru", "support"),
    ("finance@saldo.example", "Фаина Счётова", "ru", "finance"),
    ("product@saldo.example", "Пётр Тарифов", "ru", "product manager"),
    ("reviewer@saldo.example", "Рита Проверкина", "ru", "reviewer"),
    ("admin@saldo.example", "Администратор", "ru", "administrator"),
)

CUSTOMERS: dict[str, dict[str, Any]] = {
    **story_prepaid.CUSTOMERS,
    "romashka": {
        "name": "ООО «Ромашка»",
        "kind": "company",
        "email": "buh@romashka.example",
        "locale": "ru",
        "requisites": {
            "full_name": "Общество с ограниченной ответственностью «Ромашка»",
            "inn": "7709876545",
            "kpp": "770901001",
            "ogrn": "1127746012349",
            "address": "105005, г. Москва, Полевая ул., д. 7",
            "bank_name": "АО «АЛЬФА-БАНК»",
            "bic": "044525593",
            "bank_account": "40702810400000054321",
            "correspondent_account": "30101810200000000593",
        },
    },
    "sever": {
        "name": "ООО «Северный ветер»",
        "kind": "company",
        "email": "office@sever.example",
        "locale": "ru",
        "requisites": {
            "inn": "7841234560",
            "kpp": "784101001",
            "address": "191186, г. Санкт-Петербург, Ветреная наб., д. 3",
        },
    },
    "kotova": {"name": "ИП Котова Мария Игоревна", "kind": "person", "email": "kotova@kot.example", "locale": "ru"},
    "mayak": {
        "name": "ООО «Маяк»",
        "kind": "company",
        "email": "finance@mayak.example",
        "locale": "ru",
        "requisites": {
            "inn": "6654321099",
            "kpp": "665401001",
            "address": "620014, г. Екатеринбург, Береговая ул., д. 12",
        },
    },
    "brightside": {
        "name": "Brightside Studio",
        "kind": "company",
        "email": "accounts@brightside.example",
        "locale": "en",
        "requisites": {"country": "GB", "tax_id": "GB000000000", "address": "12 Harbour Lane, Bristol, UK"},
    },
}

FIRST_PEOPLE = {
    **story_prepaid.FIRST_PEOPLE,
    "romashka.example.ru": ("anna@romashka.example", "Анна Петрова"),
    "test.romashka.example.ru": ("anna@romashka.example", "Анна Петрова"),
    "old.romashka.example.ru": ("anna@romashka.example", "Анна Петрова"),
    "sever.example.ru": ("oleg@sever.example", "Олег Северов"),
    "kot.example.ru": ("kotova@kot.example", "Мария Котова"),
    "mayak.example.ru": ("igor@mayak.example", "Игорь Смотрителев"),
    "team.brightside.example": ("emma@brightside.example", "Emma Clarke"),
}

NAMES = (
    "Иван Орлов",
    "Дарья Лисицына",
    "Тимур Хасанов",
    "Ольга Берёзкина",
    "Павел Громов",
    "Юлия Ветрова",
    "Никита Соколов",
    "Алина Морозова",
    "Глеб Ильин",
    "Ирина Орлова",
    "Вера Королёва",
    "Денис Жуков",
    "Майя Щукина",
    "Роман Филин",
    "Софья Рыбакова",
    "Артём Беляев",
    "Лада Снегирёва",
    "Егор Чижов",
    "Зоя Цветкова",
    "Фёдор Эйхвальд",
    "Кира Яшина",
)
ENGLISH_NAMES = (
    "Jack Turner",
    "Olivia Reed",
    "Noah Bennett",
    "Mia Foster",
    "Leo Hughes",
    "Ava Morgan",
    "Harry Price",
    "Isla Ward",
    "Oscar Bell",
    "Ruby Shaw",
    "Felix Grant",
    "Nora Walsh",
)

# The smallest PDF that a viewer opens: one empty page.
SAMPLE_PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj "
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)

# When, what, about whom, how much. People are counted: `people` brings the number of active members to the figure given.
STORY: tuple[tuple[str, str, str, object], ...] = (
    ("2025-11-03 10:00", "register", "romashka.example.ru", "romashka"),
    ("2025-11-03 10:20", "people", "romashka.example.ru", 5),
    ("2025-11-10 11:00", "register", "old.romashka.example.ru", "romashka"),
    ("2025-11-10 11:15", "people", "old.romashka.example.ru", 4),
    ("2025-12-01 09:30", "register", "sever.example.ru", "sever"),
    ("2025-12-01 12:00", "people", "sever.example.ru", 14),
    ("2025-12-08 16:40", "people", "romashka.example.ru", 9),
    ("2025-12-15 13:00", "register", "team.brightside.example", "brightside"),
    ("2025-12-15 13:30", "people", "team.brightside.example", 12),
    ("2026-01-09 10:00", "pay", "sever.example.ru", "8386.00"),
    ("2026-01-12 10:00", "register", "mayak.example.ru", "mayak"),
    ("2026-01-12 10:30", "pay", "mayak.example.ru", "60000.00"),
    ("2026-01-12 12:00", "people", "mayak.example.ru", 20),
    ("2026-01-13 15:00", "pay", "team.brightside.example", "7188.00"),
    ("2026-01-20 11:10", "people", "romashka.example.ru", 10),
    ("2026-02-06 12:00", "pay", "romashka.example.ru", "5990.00"),
    ("2026-02-09 12:00", "pay", "team.brightside.example", "7188.00"),
    ("2026-02-10 12:00", "pay", "sever.example.ru", "8386.00"),
    ("2026-02-17 10:00", "register", "kot.example.ru", "kotova"),
    ("2026-02-17 10:05", "people", "kot.example.ru", 6),
    ("2026-03-02 17:00", "terminate", "old.romashka.example.ru", "Анна Петрова"),
    ("2026-03-04 10:00", "register", "test.romashka.example.ru", "romashka"),
    ("2026-03-04 10:10", "people", "test.romashka.example.ru", 4),
    ("2026-03-10 12:00", "pay", "team.brightside.example", "7188.00"),
    ("2026-03-11 12:00", "pay", "sever.example.ru", "8386.00"),
    ("2026-03-12 12:00", "pay", "romashka.example.ru", "3000.00"),
    ("2026-03-14 12:00", "pay", "romashka.example.ru", "2990.00"),
    ("2026-04-08 12:00", "pay", "team.brightside.example", "7188.00"),
    ("2026-04-09 12:00", "pay", "romashka.example.ru", "5990.00"),
    ("2026-04-10 14:03", "people", "romashka.example.ru", 11),
    ("2026-05-06 18:00", "people", "romashka.example.ru", 10),
    ("2026-05-08 10:30", "offer", "mayak.example.ru", 20),
    ("2026-05-11 09:15", "people", "romashka.example.ru", 11),
    ("2026-05-12 11:05", "proof", "sever.example.ru", "oleg@sever.example"),
    ("2026-05-12 14:40", "year", "romashka.example.ru", 15),
    ("2026-05-12 15:20", "stop", "", None),
)


@dataclass
class Sample(story_prepaid.Prepaid, story_outside.Outside):
    """The sample while its story runs; ``at`` is where its clock stands."""

    at: datetime

    def _instance(self, domain: str) -> Instance:
        return Instance.objects.select_related("product", "customer").get(domain=domain)

    def _customer(self, code: str) -> Customer:
        values = CUSTOMERS[code]
        existing = Customer.objects.filter(name=values["name"]).first()
        new = customers.NewCustomer(**{"currency": "RUB", **values})
        return existing or customers.create_customer(new=new, as_of=self.at)

    def register(self, domain: str, customer: object) -> None:
        email, name = FIRST_PEOPLE[domain]
        product = story_prepaid.PLANS[domain][0] if domain in story_prepaid.PLANS else "meteor"
        instance = instances.register_instance(
            customer=self._customer(str(customer)),
            product=instances.find_product(product),
            domain=domain,
            representative=members.Report(external_id="u-1", status="active", email=email, name=name),
            as_of=self.at,
        )
        if domain in story_prepaid.PLANS:
            self.subscribe(instance, email)
            return
        lifecycle.create_subscription(instance=instance, tariff_id="meteor-cloud", as_of=self.at, actor=email)

    def people(self, domain: str, active_count: object) -> None:
        """Activates or blocks people, the newest first, until ``active_count`` are active."""
        instance = self._instance(domain)
        names = ENGLISH_NAMES if domain.endswith(".example") else NAMES
        member_count, role = instance.members.count(), story_prepaid.ROLES.get(instance.product.code, "member")
        for number in range(2, max(member_count, int(str(active_count))) + 1):
            status = "active" if number <= int(str(active_count)) else "blocked"
            email = f"user{number}@{domain}"
            report = members.Report(
                external_id=f"u-{number}", status=status, email=email, name=names[number - 2], role=role
            )
            actor = FIRST_PEOPLE[domain][1]
            metering.report_member(instance=instance, report=report, as_of=self.at, source="api", actor=actor)

    def pay(self, domain: str, amount: object) -> None:
        account = BillingAccount.objects.filter(subscriptions__instance__domain=domain).distinct().get()
        number = 100 + account.payments.count() * 7 + account.pk
        new = payments.NewPayment(
            amount_minor=int(str(amount).replace(".", "")),
            currency=account.currency,
            method="bank",
            reference=f"п/п № {number}",
        )
        payments.record_payment(account=account, new=new, as_of=self.at, actor="finance@saldo.example")

    def terminate(self, domain: str, who: object) -> None:
        subscription = Subscription.objects.get(instance__domain=domain)
        lifecycle.terminate(
            subscription=subscription,
            as_of=self.at,
            actor="support@saldo.example",
            requested_by=str(who),
            reason="Переехали в новый экземпляр",
        )

    def offer(self, domain: str, people: object) -> None:
        """Lets support offer a year up front at 15 percent off."""
        offers.send_offer(
            subscription=Subscription.objects.get(instance__domain=domain),
            people=int(str(people)),
            discount_percent=Decimal(15),
            as_of=self.at,
            actor="support@saldo.example",
        )

    def proof(self, domain: str, email: object) -> None:
        """Lets an owner say that they have paid and attach the payment order."""
        instance = self._instance(domain)
        paper = requests.Attachment("payment-order-417.pdf", SAMPLE_PDF)
        new = requests.NewRequest(kind="proof_of_payment", text="Оплатили сегодня, п/п № 417", files=(paper,))
        account = BillingAccount.objects.get(subscriptions__instance=instance)
        requests.file_request(account=account, new=new, as_of=self.at, user_email=str(email), instance=instance)

    def year(self, domain: str, people: object) -> None:
        """Lets an owner ask what a year up front would cost."""
        account = BillingAccount.objects.filter(subscriptions__instance__domain=domain).distinct().get()
        new = requests.NewRequest(kind="year_up_front", people=int(str(people)))
        requests.file_request(
            account=account, new=new, as_of=self.at, user_email=FIRST_PEOPLE[domain][0], instance=self._instance(domain)
        )

    def stop(self, _domain: str, _nothing: object) -> None:
        """Moves the clock and does nothing else."""


def make_logins() -> None:
    """Creates the people of `LOGINS`, with verified addresses and the staff's rights; safe to repeat."""
    from billing.operations import staff_roles

    staff_roles.ensure_groups()
    for email, name, locale, kind in LOGINS:
        user = User.objects.filter(email=email).first()
        if user is None:
            user = User.objects.create_user(
                email,
                PASSWORD,
                name=name,
                locale=locale,
                is_staff=kind != "owner",
                is_superuser=kind == "administrator",
            )
        EmailAddress.objects.update_or_create(user=user, email=email, defaults={"verified": True, "primary": True})
        if user.is_staff and not user.is_superuser:
            staff_roles.join_group(user, kind)


def make_sample(progress: Callable[[int, int], None] | None = None) -> bool:
    """Runs the stories in an empty sandbox; False where there is something in it already.

    ``progress`` is called with (step, of how many). Refuses outside a sandbox.
    """
    if not settings.BILLING_SANDBOX:
        raise BillingError(
            _("The sample belongs into a sandbox: set BILLING_SANDBOX=true for an installation of its own."),
            code="not_a_sandbox",
        )
    load_profiles()
    make_logins()
    if Customer.objects.exists():
        return False
    story = sorted([*STORY, *story_prepaid.STORY, *story_outside.STORY], key=lambda row: row[0])
    for number, (when, what, subject, value) in enumerate(story, start=1):
        at = moment(when)
        sandbox_clock.advance(to=at)
        getattr(Sample(at), what)(subject, value)
        delivery.send_due(as_of=at)  # what the act gave to write goes out now, not when the clock moves on
        if progress is not None:
            progress(number, len(story))
    sandbox_clock.advance(to=moment(story[-1][0]))
    return True
