"""The parts that mails about a subscription share: what it is on, what comes next, and the row that a mail becomes.

Names for their templates, besides those of ``_base.html``: ``domain``, ``product``, ``plan`` (the tariff and how much of it,
in quotes), ``instance_url``. Texts are in the active language.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing.models import Charge, Invoice, Notice, Subscription, Tariff
from billing.notices.letters.base import balance, link, owner_recipients, queue
from billing.pricing.periods import start_of_day
from billing.pricing.terms import Metric, PriceModel
from billing.wording import charge_lines, formats, tariff_prices, unit_names

ONE_DAY = timedelta(days=1)


def plan_text(tariff: Tariff | None, quantity: int | None, locale: str, product: str = "") -> str:
    """Writes the tariff and, where it is bought by number, how much: “By the device”, 12 devices; a free product's own name (E1)."""
    if tariff is None:
        return _("“%(name)s”") % {"name": product}
    shown = {"name": tariff.name_in(locale)}
    if quantity is None or tariff.metric != Metric.QUANTITY:
        return _("“%(name)s”") % shown
    shown["units"] = unit_names.counted_text(tariff, quantity, formats.count_text(quantity))
    return _("“%(name)s”, %(units)s") % shown


def queue_to_owners(
    *, kind: str, fact: str, subscription: Subscription, at: datetime, context: Callable[[str], dict[str, Any]]
) -> list[Notice]:
    """Queues a mail to the owners of the subscription's instance; ``context`` adds its own names to the shared ones."""
    account, instance = subscription.account, subscription.instance

    def add_shared_names(locale: str) -> dict[str, Any]:
        product = instance.product.name_in(locale)
        return {
            "domain": instance.domain,
            "product": product,
            "plan": plan_text(subscription.tariff, subscription.quantity, locale, product),
            "instance_url": link("portal:instance", instance.public_id),
            **context(locale),
        }

    return queue(
        kind=kind,
        fact=fact,
        account=account,
        recipients=owner_recipients(account, [instance]),
        context=add_shared_names,
        at=at,
    )


def midnight_text(subscription: Subscription, day: date) -> str:
    """Writes 00:00 of ``day`` in the billing zone, when everything happens that happens by itself (D12)."""
    zone = subscription.account.zone
    return formats.instant_text(start_of_day(day, zone), zone)


def money(subscription: Subscription, minor: int) -> str:
    return formats.money_text(minor, subscription.account.currency)


def open_invoices_minor(subscription: Subscription) -> int:
    """Sums what is open on the account's invoices, in minor units."""
    account = subscription.account
    return Invoice.objects.open().filter(account=account).aggregate(sum=Sum("open_minor"))["sum"] or 0


def left_text(days: int) -> str:
    """Says how long there still is: 3 days left; of the last day itself: today is the last day."""
    if days <= 0:
        return _("today is the last day")
    return ngettext("%(count)s day left", "%(count)s days left", days) % {"count": days}


def row(label: str, value: str, note: str = "", *, is_total: bool = False) -> dict[str, Any]:
    """Returns a line of a mail's table: what it is and the sum."""
    return {"label": label, "value": value, "note": note, "is_total": is_total}


def charge_rows(subscription: Subscription, charge: Charge | None) -> list[dict[str, Any]]:
    """Returns the charge with its computation (G8), and what the balance is after it."""
    rows = []
    if charge is not None:
        label = _("Charged") if charge.amount_minor > 0 else _("Given back")
        sum_ = money(subscription, abs(charge.amount_minor))
        formula = formats.formula_text(charge_lines.explanation_of(charge))
        rows.append(row(label, sum_, formula if formula != sum_ else ""))
    return [*rows, row(_("Balance now"), money(subscription, balance(subscription.account)), is_total=True)]


def prices(tariff: Tariff) -> list[str]:
    """Lists what the tariff costs, a sentence each, once its trial is no longer the question."""
    terms = replace(tariff.terms(), trial_days=0)
    return [f"{tariff_prices.headline(terms)}.", *tariff_prices.details(terms)]


def paid_days(charge: Charge) -> str:
    """Returns the days that a charge pays for, both ends included; empty where it is for good."""
    start, end = charge.explanation.get("from"), charge.explanation.get("until")
    if start is None or end is None:
        return ""
    return formats.span_text(date.fromisoformat(start), date.fromisoformat(end) - ONE_DAY)


def next_date_text(subscription: Subscription) -> str:
    """Writes the day on which the next period begins and is charged; empty where none follows."""
    tariff = subscription.tariff
    last = subscription.periods.order_by("-number").first()
    if last is None or tariff is None or tariff.terms().is_one_off or subscription.cancel_date:
        return ""
    return formats.date_text(last.end)


def choices(subscription: Subscription) -> list[str]:
    """Returns the tariffs that can be chosen after a trial, each with the figure it is known by."""
    product = subscription.instance.product_id
    offered = Tariff.objects.published().filter(product=product).exclude(price_model=PriceModel.TRIAL)
    locale = formats.language()
    lines = offered.select_related("seller", "product").order_by("position", "tariff_id")
    return [f"{tariff.name_in(locale)}: {tariff_prices.headline(tariff.terms())}" for tariff in lines]
