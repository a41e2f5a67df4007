"""The sample's customers who pay in advance: trials, seats, a till in dunning, a plan cancelled. A table like the others' story."""

from datetime import datetime
from typing import Any

from accounts.models import Instance
from billing.models import BillingAccount, Subscription
from billing.operations.collection import method_setup
from billing.operations.subscriptions import lifecycle, plan_changes
from billing.operations.subscriptions.quotes import TermsRequest
from billing.sandbox import sample_bank as bank

LOGINS = (
    ("nina@bluebird.example", "Nina Ross", "en", "owner"),
    ("kate@harbour.example", "Kate Moore", "en", "owner"),
    ("petr@lavka.example", "Пётр Лавкин", "ru", "owner"),
    ("zoya@pekarnya.example", "Зоя Караваева", "ru", "owner"),
    ("maxim@orion.example", "Максим Звёздный", "ru", "owner"),
)

CUSTOMERS: dict[str, dict[str, Any]] = {
    "bluebird": {
        "name": "Bluebird Design",
        "kind": "company",
        "email": "accounts@bluebird.example",
        "locale": "en",
        "currency": "USD",
        "requisites": {"country": "US", "address": "7 Garden Row, Portland, OR 97201, USA"},
    },
    "harbour": {
        "name": "Harbour Agency",
        "kind": "company",
        "email": "finance@harbour.example",
        "locale": "en",
        "currency": "USD",
        "requisites": {"country": "US", "address": "3 Pier Street, Boston, MA 02110, USA"},
    },
    "lavka": {"name": "ИП Лавкин Пётр Андреевич", "kind": "person", "email": "petr@lavka.example", "locale": "ru"},
    "pekarnya": {
        "name": "ООО «Пекарня на углу»",
        "kind": "company",
        "email": "zoya@pekarnya.example",
        "locale": "ru",
        "requisites": {
            "inn": "7813456787",
            "kpp": "781301001",
            "address": "197198, г. Санкт-Петербург, Хлебный пер., д. 2",
        },
    },
    "orion": {
        "name": "ООО «Орион»",
        "kind": "company",
        "email": "office@orion.example",
        "locale": "ru",
        "requisites": {
            "inn": "5401234566",
            "kpp": "540101001",
            "address": "630099, г. Новосибирск, Звёздная ул., д. 11",
        },
    },
}

FIRST_PEOPLE = {
    "studio.bluebird.example": ("nina@bluebird.example", "Nina Ross"),
    "team.harbour.example": ("kate@harbour.example", "Kate Moore"),
    "kassa.lavka.example.ru": ("petr@lavka.example", "Пётр Лавкин"),
    "driver.lavka.example.ru": ("petr@lavka.example", "Пётр Лавкин"),
    "notes.lavka.example.ru": ("petr@lavka.example", "Пётр Лавкин"),
    "kassa.pekarnya.example.ru": ("zoya@pekarnya.example", "Зоя Караваева"),
    "work.orion.example.ru": ("maxim@orion.example", "Максим Звёздный"),
    "lab.orion.example.ru": ("maxim@orion.example", "Максим Звёздный"),
}

# What each is on: product, tariff, quantity, trial.
PLANS: dict[str, tuple[str, str | None, int | None, bool | None]] = {
    "studio.bluebird.example": ("blue", "blue-monthly", None, None),
    "team.harbour.example": ("blue", "blue-annual", None, False),
    "kassa.lavka.example.ru": ("evotor-app", "base", 12, None),
    "driver.lavka.example.ru": ("evotor-driver", "driver", 10, None),
    "notes.lavka.example.ru": ("evotor-free", None, None, None),
    "kassa.pekarnya.example.ru": ("evotor-app", "plus", None, None),
    "work.orion.example.ru": ("cyberos", "build", None, None),
    "lab.orion.example.ru": ("cyberos", "trial", None, None),
}

# The role that somebody gets who is counted.
ROLES = {"blue": "team_member"}

STORY: tuple[tuple[str, str, str, object], ...] = (
    ("2026-03-20 11:00", "register", "kassa.lavka.example.ru", "lavka"),
    ("2026-03-20 11:05", "card", "kassa.lavka.example.ru", "4242"),
    ("2026-03-20 11:20", "pay", "kassa.lavka.example.ru", "1080.00"),
    ("2026-03-24 10:00", "register", "driver.lavka.example.ru", "lavka"),
    ("2026-03-24 10:15", "register", "notes.lavka.example.ru", "lavka"),
    ("2026-03-24 12:00", "pay", "driver.lavka.example.ru", "1000.00"),
    ("2026-04-06 16:00", "register", "team.harbour.example", "harbour"),
    ("2026-04-06 16:20", "people", "team.harbour.example", 4),
    ("2026-04-08 16:00", "pay", "team.harbour.example", "20.00"),
    ("2026-04-15 09:30", "register", "kassa.pekarnya.example.ru", "pekarnya"),
    ("2026-04-15 09:50", "pay", "kassa.pekarnya.example.ru", "180.00"),
    ("2026-04-15 10:00", "card", "kassa.pekarnya.example.ru", "9995"),
    ("2026-04-20 12:00", "register", "work.orion.example.ru", "orion"),
    ("2026-04-21 12:00", "pay", "work.orion.example.ru", "4900.00"),
    ("2026-04-28 10:00", "register", "lab.orion.example.ru", "orion"),
    ("2026-05-05 14:00", "cancel", "work.orion.example.ru", None),
    ("2026-05-06 17:00", "pay", "team.harbour.example", "280.00"),
    ("2026-05-07 15:30", "people", "team.harbour.example", 5),
    ("2026-05-08 13:00", "register", "studio.bluebird.example", "bluebird"),
    ("2026-05-08 13:40", "people", "studio.bluebird.example", 6),
    ("2026-05-11 11:00", "later", "kassa.lavka.example.ru", 8),
)


class Prepaid:
    """The acts of the customers of this story; ``at`` is where the sample's clock stands."""

    at: datetime

    def subscribe(self, instance: Instance, actor: str) -> None:
        _product, tariff_id, quantity, trial = PLANS[instance.domain]
        lifecycle.create_subscription(
            instance=instance, tariff_id=tariff_id, quantity=quantity, trial=trial, as_of=self.at, actor=actor
        )

    def card(self, domain: str, number: object) -> None:
        """Lets the owner leave a card with the payment service."""
        account = BillingAccount.objects.get(subscriptions__instance__domain=domain)
        set_up = method_setup.start_set_up(account=account, as_of=self.at, user_email=FIRST_PEOPLE[domain][0])
        bank.decide(set_up.external_id, "succeeded", str(number))
        method_setup.sync_set_up(set_up=set_up, as_of=self.at)

    def cancel(self, domain: str, _nothing: object) -> None:
        subscription = Subscription.objects.get(instance__domain=domain)
        plan_changes.cancel_subscription(subscription=subscription, as_of=self.at, actor=FIRST_PEOPLE[domain][1])

    def later(self, domain: str, terminals: object) -> None:
        """Schedules fewer terminals from the next period on (D7)."""
        subscription = Subscription.objects.get(instance__domain=domain)
        wish = TermsRequest(quantity=int(str(terminals)))
        plan_changes.change_terms(subscription=subscription, request=wish, as_of=self.at, actor=FIRST_PEOPLE[domain][1])
