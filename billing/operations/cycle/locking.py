"""The start of every operation on an account's money: its row is locked, and what was due before is done (D2, G9).

Locks are taken in one order everywhere: accounts by their key, then the instance.
"""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from accounts import members
from accounts.models import Instance
from billing.models import BillingAccount, Subscription
from billing.operations.cycle import month_close
from billing.operations.ledger import posting

Result = TypeVar("Result")


def lock_account(account: BillingAccount | int, *, as_of: datetime) -> BillingAccount:
    """Locks ``account`` until the transaction ends and carries out everything that was due on it by ``as_of``."""
    locked = posting.lock(account)
    month_close.catch_up(account=locked, as_of=as_of)
    return locked


def lock_subscription(subscription: Subscription, *, as_of: datetime) -> Subscription:
    """Locks the account and instance of ``subscription``, carries out what was due by ``as_of`` and reads it again."""
    account = lock_account(subscription.account_id, as_of=as_of)
    members.lock(subscription.instance)
    return _read_again(subscription, account)


def read_subscription(subscription: Subscription, read: Callable[[Subscription], Result], *, as_of: datetime) -> Result:
    """Returns what ``read`` makes of ``subscription`` once everything due by ``as_of`` is done; stores and locks nothing.

    See `month_close.read_caught_up`: where nothing is due, which is nearly always, it only reads.
    """
    account = BillingAccount.objects.select_related("seller", "customer").get(pk=subscription.account_id)
    return month_close.read_caught_up(account, as_of, lambda current: read(_read_again(subscription, current)))


def _read_again(subscription: Subscription, account: BillingAccount) -> Subscription:
    rows = Subscription.objects.select_related("instance__customer", "instance__product", "tariff__product")
    current = rows.get(pk=subscription.pk)
    current.account = account
    return current


def lock_subscriptions(instance: Instance, *, as_of: datetime) -> list[Subscription]:
    """Reads the present and past subscriptions of ``instance``, then locks their accounts and catches them up to ``as_of``.

    All accounts are locked before the first is caught up: its documents take numbers that others wait for.
    """
    rows = Subscription.objects.filter(instance=instance).select_related("tariff__product", "instance")
    subscriptions = list(rows.order_by("account_id", "pk"))
    accounts = {pk: posting.lock(pk) for pk in dict.fromkeys(row.account_id for row in subscriptions)}
    for account in accounts.values():
        month_close.catch_up(account=account, as_of=as_of)
    for subscription in subscriptions:
        subscription.account = accounts[subscription.account_id]
    return subscriptions
