"""The people of the tests and their installation: Anna owns and pays, Boris is a member, Vera is an outsider.

Everything is built by the operations that real life uses; no row is written past them, so a broken guard shows.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from moneyed import Money

from accounts.members import Report
from accounts.models import Customer, Instance, Member, Product, Role, User
from billing.models import (
    BillingAccount,
    BillingPeriod,
    Charge,
    Entry,
    Invoice,
    LedgerAccount,
    Payment,
    Seller,
    Subscription,
    Tariff,
)
from billing.operations.catalogue import tariffs
from billing.operations.catalogue.profiles import load_profiles
from billing.operations.customers import customers, instances
from billing.operations.cycle import access, month_close, subscription_status
from billing.operations.ledger import posting
from billing.operations.settlement import payments
from billing.operations.subscriptions import lifecycle, metering
from billing.reports import books
from billing.sandbox.models import SandboxClock

MOSCOW = ZoneInfo("Europe/Moscow")
STAFF = "support@saldo.example"


def at(text: str) -> datetime:
    """An instant as the wall clock of Moscow shows it: ``at("2026-04-10 14:03")``, to the microsecond where needed."""
    return datetime.fromisoformat(text).replace(tzinfo=MOSCOW)


def minor(text: str) -> int:
    """A sum as the rules write it, in kopecks: ``minor("-5990.00")``, ``minor("6 589.00")``."""
    return int(Decimal(text.replace(" ", "")) * 100)


def stand_at(instant: datetime) -> None:
    """Moves the sandbox's clock as a machine does whose jobs are dead: nothing runs."""
    SandboxClock.objects.update_or_create(id=1, defaults={"stands_at": instant})


@dataclass
class Party:
    """One customer with one instance on one tariff, and what tests do to it. Sums are in minor units."""

    customer: Customer
    account: BillingAccount
    instance: Instance
    subscription: Subscription
    reported: int = field(default=1)

    def tell(
        self,
        who: str,
        status: str,
        now: datetime,
        *,
        occurred_at: datetime | None = None,
        role: str | None = None,
        email: str = "",
    ) -> Member | None:
        """Reports that ``who`` is ``status``, heard at ``now``; ``occurred_at`` where the report is dated. Without a role
        whoever is known keeps theirs; METEOR's people are members."""
        if role is None:
            role = "member" if self.instance.product.code == "meteor" else ""
        report = Report(
            external_id=who,
            status=status,
            email=email or f"{who}@romashka.example",
            name=who.title(),
            role=role,
            occurred_at=occurred_at,
        )
        return metering.report_member(instance=self.instance, report=report, as_of=now, source="api")

    def activate(self, count: int, now: datetime, role: str = "member") -> None:
        """``count`` more people become active at ``now``, one report each."""
        for _ in range(count):
            self.reported += 1
            self.tell(f"u-{self.reported}", "active", now, role=role)

    def block(self, numbers: Iterable[int], now: datetime) -> None:
        for number in numbers:
            self.tell(f"u-{number}", "blocked", now)

    def close(self, now: datetime) -> list[Invoice]:
        """What the run on the 1st does to this account."""
        return month_close.close_due_months(account_id=self.account.pk, as_of=now)

    def pay(self, sum_: str, now: datetime, *, invoice: str = "", reference: str = "") -> Payment:
        new = payments.NewPayment(
            amount_minor=minor(sum_),
            currency=self.account.currency,
            method="bank",
            invoice_number=invoice,
            reference=reference,
        )
        return payments.record_payment(account=self.account, new=new, as_of=now, actor=STAFF)

    def terminate(self, now: datetime) -> Invoice | None:
        return lifecycle.terminate(
            subscription=self.subscription,
            as_of=now,
            actor=STAFF,
            reason="The owner asked",
            requested_by="anna@romashka.example",
        )

    def resume(self, now: datetime) -> Subscription:
        return lifecycle.resume(
            subscription=self.subscription, as_of=now, actor=STAFF, requested_by="anna@romashka.example"
        )

    def now_is(self, now: datetime) -> Subscription:
        """Everything that is due at ``now`` happens to the account, as whoever touches it first would find it."""
        self.close(now)
        return self.fresh

    @property
    def fresh(self) -> Subscription:
        """The subscription as its row is now."""
        self.subscription = Subscription.objects.select_related("tariff", "instance", "account").get(
            pk=self.subscription.pk
        )
        return self.subscription

    def status(self, now: datetime) -> str:
        in_debt = bool(access.overdue_invoices(self.account, now))
        return subscription_status.status_of(self.fresh, in_debt=in_debt, as_of=now)

    @property
    def balance(self) -> int:
        return posting.balance(self.account)

    @property
    def peak(self) -> int:
        """The peak of the latest period."""
        return self.periods[-1].peak

    @property
    def periods(self) -> list[BillingPeriod]:
        return list(self.subscription.periods.order_by("opened_at", "pk"))

    @property
    def invoices(self) -> list[Invoice]:
        """From the first issued to the last."""
        return list(Invoice.objects.filter(account=self.account).order_by("issued_at", "number"))

    @property
    def charges(self) -> list[int]:
        return list(Charge.objects.filter(account=self.account).order_by("pk").values_list("amount_minor", flat=True))

    @property
    def entries(self) -> int:
        return Entry.objects.filter(account=self.account).count()

    def access(self, now: datetime) -> str:
        return str(access.level(self.instance, as_of=now).level)

    def reasons(self, now: datetime) -> list[str]:
        return [reason.code for reason in access.level(self.instance, as_of=now).reasons]


def furnish() -> None:
    """Loads the catalogue for every test that follows: sellers, products, roles and published tariffs."""
    load_profiles()


def installation() -> None:
    """A fresh installation with its catalogue: what `furnish` has made for all tests is there, and right."""
    assert Tariff.objects.published().count() >= 11


def party(
    name: str = "romashka",
    now: datetime | None = None,
    *,
    tariff_id: str = "meteor-cloud",
    product: str = "meteor",
    customer: Customer | None = None,
    currency: str = "RUB",
    locale: str = "ru",
    quantity: int | None = None,
    trial: bool | None = None,
) -> Party:
    """A customer whose instance was registered and put on the tariff at ``now`` (1 April 2026, 9:00); Anna is in it."""
    now = now or at("2026-04-01 09:00")
    if customer is None:
        new = customers.NewCustomer(
            name=name.title(), kind="company", email=f"buh@{name}.example", locale=locale, currency=currency
        )
        customer = customers.create_customer(new=new, as_of=now)
    instance = instances.register_instance(
        customer=customer,
        product=Product.objects.get(code=product),
        domain=f"{name}.example.ru",
        as_of=now,
        representative=Report(external_id="u-1", status="active", email=f"anna@{name}.example", name="Anna"),
    )
    subscription = lifecycle.create_subscription(
        instance=instance, tariff_id=tariff_id or None, quantity=quantity, trial=trial, as_of=now, actor="anna"
    )
    return Party(customer, subscription.account, instance, subscription)


def staff(email: str) -> User:
    user, _created = User.objects.get_or_create(email=email)
    return user


def publish_tariff(
    *,
    product: str = "meteor",
    seller: str = "rub",
    tariff_id: str,
    unit_price: str,
    included_quantity: int = 9,
    payment_days: int = 14,
) -> Tariff:
    """A tariff written by one person and published by another."""
    sold_by = Seller.objects.get(code=seller)
    draft = Tariff(
        product=Product.objects.get(code=product),
        seller=sold_by,
        tariff_id=tariff_id,
        name=tariff_id,
        payment_days=payment_days,
        unit_price=Money(Decimal(unit_price), sold_by.currency),
        included_quantity=included_quantity,
    )
    beginning = at("2020-01-01 00:00")
    draft = tariffs.save_draft(draft=draft, user=staff("author@saldo.example"), as_of=beginning)
    tariffs.submit_tariff(tariff=draft, user=staff("author@saldo.example"), as_of=beginning)
    return tariffs.publish_tariff(tariff=draft, user=staff("reviewer@saldo.example"), as_of=beginning)


def amounts(party: Party, *kinds: str) -> list[int]:
    """What was charged to the account, in the order of its writing; only charges of ``kinds`` where any are named."""
    charges = Charge.objects.filter(account=party.account).order_by("pk")
    return [charge.amount_minor for charge in charges if not kinds or charge.kind in kinds]


def roles() -> list[str]:
    return list(Role.objects.values_list("code", flat=True))


def balance_of(kind: str, seller: str = "rub") -> int:
    """What the seller's own account of ``kind`` holds: credits less debits of its postings, in minor units."""
    account = LedgerAccount.objects.filter(seller__code=seller, kind=kind).first()
    if account is None:
        return 0
    return sum(row.amount_minor for row in account.credits.all()) - sum(
        row.amount_minor for row in account.debits.all()
    )


def assert_books_are_right() -> None:
    """Every invariant that can be counted holds."""
    assert [str(fault) for fault in books.faults()] == []
