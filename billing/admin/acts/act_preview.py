"""An act's effect on an account is shown as rows: its money and its instances' access, before and after."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from billing.models import BillingAccount, Invoice, LedgerAccount, Notice, Subscription
from billing.operations.cycle import access
from billing.pricing.periods import business_date
from billing.wording import formats

# An account with more instances than this shows the first ones in a preview; the act touches all of them.
MOST_INSTANCES = 20


@dataclass(frozen=True)
class Fact:
    """A fact is one row of an effect; ``before`` is empty where there was nothing before."""

    label: "str | Promise"
    after: "str | Promise"
    before: "str | Promise" = ""

    @property
    def changes(self) -> bool:
        return bool(self.before) and str(self.before) != str(self.after)

    def as_text(self) -> str:
        """Returns the row as one string, to compare the effect that was shown with the one that would take place."""
        return f"{self.label}|{self.before}|{self.after}"


@dataclass(frozen=True)
class AccountSnapshot:
    """A snapshot holds an account at an instant: sums in minor units, ``access`` by domain, the numbers of invoices and mails."""

    currency: str
    balance_minor: int
    open_minor: int
    overdue_minor: int
    invoices: int
    access: tuple[tuple[str, str], ...]
    mails: int


def snapshot_account(account: BillingAccount, as_of: datetime) -> AccountSnapshot:
    """Reads the account at ``as_of``; of its instances the first `MOST_INSTANCES`."""
    account = BillingAccount.objects.select_related("seller").get(pk=account.pk)
    today = business_date(as_of, account.zone)
    open_invoices = list(Invoice.objects.open().filter(account=account))
    levels = [
        (row.instance.domain, str(access.level(row.instance, as_of=as_of).level.label))
        for row in Subscription.objects.filter(account=account)
        .select_related("instance")
        .order_by("pk")[:MOST_INSTANCES]
    ]
    return AccountSnapshot(
        currency=account.currency,
        balance_minor=LedgerAccount.objects.get(billing_account=account).balance_minor,
        open_minor=sum(row.open_minor for row in open_invoices),
        overdue_minor=sum(row.open_minor for row in open_invoices if row.due_date < today),
        invoices=Invoice.objects.filter(account=account).count(),
        access=tuple(dict(levels).items()),
        mails=Notice.objects.filter(account=account).count(),
    )


def compare_snapshots(before: AccountSnapshot, after: AccountSnapshot) -> list[Fact]:
    """Compares two snapshots of one account: the balance always makes a row, everything else where it changed."""
    currency = after.currency

    def compare_sums(label: "str | Promise", old: int, new: int) -> Fact:
        return Fact(label, formats.money_text(new, currency), formats.money_text(old, currency))

    rows = [compare_sums(_("Balance"), before.balance_minor, after.balance_minor)]
    if before.open_minor != after.open_minor:
        rows.append(compare_sums(_("Open invoices"), before.open_minor, after.open_minor))
    if before.overdue_minor != after.overdue_minor:
        rows.append(compare_sums(_("Overdue"), before.overdue_minor, after.overdue_minor))
    if after.invoices > before.invoices:
        rows.append(Fact(_("Invoices issued"), str(after.invoices - before.invoices)))
    old_access = dict(before.access)
    rows += [
        Fact(_("Access: %(domain)s") % {"domain": domain}, level, old_access.get(domain, formats.NO_VALUE))
        for domain, level in after.access
        if level != old_access.get(domain)
    ]
    if after.mails > before.mails:
        rows.append(Fact(_("Mails and messages to the customer"), str(after.mails - before.mails)))
    return rows
