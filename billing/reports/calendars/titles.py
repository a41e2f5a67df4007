"""The calendar's items in words: the same on the page, in a calendar program and for staff."""

from django.utils.translation import gettext as _

from billing.models import Tariff
from billing.pricing.terms import Renewal
from billing.reports.calendars.calendar import CalendarItem, Step
from billing.wording import formats, unit_names


def title(item: CalendarItem) -> str:
    """Names the item in a sentence without its sum: "Blue, by the month, team.example.com: paid time begins"."""
    names = {
        "domain": item.subscription.instance.domain if item.subscription else "",
        "number": item.invoice.number if item.invoice else "",
        "tariff": _tariff_name(item.tariff or (item.subscription.tariff if item.subscription else None), item.quantity),
    }
    return _sentence(item) % names


def _tariff_name(tariff: Tariff | None, quantity: int | None) -> str:
    """Returns the tariff, with the number that is bought of it where that changes."""
    name = tariff.name_in(formats.language()) if tariff is not None else ""
    if tariff is None or quantity is None:
        return name
    return f"{name}, {unit_names.counted_text(tariff, quantity, formats.count_text(quantity))}"


def _sentence(item: CalendarItem) -> str:
    if item.step == Step.REMINDER:
        return _reminder(item)
    sentences = {
        Step.DUE: _("Last day to pay invoice %(number)s"),
        Step.LOCK: _("Read-only, if invoice %(number)s is not paid"),
        Step.INVOICE: _("Invoice for what has been used"),
        Step.SEATS: _("%(domain)s: invoice for seats that were added"),
        Step.TRIAL_END: _("%(domain)s: last day of the trial"),
        Step.TRIAL_LOCK: _("%(domain)s: read-only, unless a plan has been chosen"),
        Step.START: _("%(domain)s: paid time begins, %(tariff)s"),
        Step.CHANGE: _("%(domain)s: changes to %(tariff)s"),
        Step.COLLECT: _("%(domain)s: the money for the next period is taken"),
        Step.RENEWAL: _("%(domain)s: next period, %(tariff)s"),
        Step.UNPAID_END: _("%(domain)s: ends, if the money has not come"),
        Step.END: _("%(domain)s: ends, as you asked"),
    }
    return str(sentences[item.step])


def _reminder(item: CalendarItem) -> str:
    if item.invoice is not None:
        return str(_("We write to you about invoice %(number)s"))
    if item.subscription is not None and item.subscription.paid_from is None:
        return str(_("We write to you: the trial of %(domain)s ends"))
    return str(_("We write to you about the yearly charge for %(domain)s"))


def note(item: CalendarItem) -> str:
    """Writes the small print: from where it is taken, until when it has to be paid, what the sum rests on; empty where nothing is
    to be added."""
    sentences = []
    if item.step == Step.COLLECT:
        sentences.append(_("From the balance, the rest from the saved card."))
    if item.pay_by is not None:
        sentences.append(_("To be paid by %(day)s.") % {"day": formats.date_text(item.pay_by)})
    if item.step == Step.RENEWAL and item.tariff is not None and item.tariff.renewal == Renewal.COLLECTED:
        sentences.append(_("Taken beforehand."))
    if item.is_estimate and item.step == Step.INVOICE:
        sentences.append(_("As much as has been used so far."))
    elif item.is_estimate and item.tariff is not None and item.tariff.metric == "paid_members":
        sentences.append(_("At the seats of now."))
    return " ".join(sentences)


def amount(item: CalendarItem) -> str:
    """Returns the sum, with ≈ before one that may still change; empty where there is none."""
    if item.amount_minor is None:
        return ""
    text = formats.money_text(item.amount_minor, item.account.currency)
    return f"≈{formats.NBSP}{text}" if item.is_estimate else text
