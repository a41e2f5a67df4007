"""What comes next, in words: the same on the page, in a calendar program and for staff."""

from django.utils.translation import gettext as _

from billing.models import Tariff
from billing.pricing.terms import Renewal
from billing.reports.calendars.calendar import Happening, Step
from billing.wording import formats, unit_names


def title(one: Happening) -> str:
    """The thing in a sentence without its sum: "Blue, by the month, team.example.com: paid time begins"."""
    names = {
        "domain": one.subscription.instance.domain if one.subscription else "",
        "number": one.invoice.number if one.invoice else "",
        "tariff": _name(one.tariff or (one.subscription.tariff if one.subscription else None), one.quantity),
    }
    return _sentence(one) % names


def _name(tariff: Tariff | None, quantity: int | None) -> str:
    """The tariff, with the number that is bought of it where that changes."""
    name = tariff.name_in(formats.language()) if tariff is not None else ""
    if tariff is None or quantity is None:
        return name
    return f"{name}, {unit_names.counted_text(tariff, quantity, formats.count_text(quantity))}"


def _sentence(one: Happening) -> str:
    if one.step == Step.REMINDER:
        return _reminder(one)
    known = {
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
    return str(known[one.step])


def _reminder(one: Happening) -> str:
    if one.invoice is not None:
        return str(_("We write to you about invoice %(number)s"))
    if one.subscription is not None and one.subscription.paid_from is None:
        return str(_("We write to you: the trial of %(domain)s ends"))
    return str(_("We write to you about the yearly charge for %(domain)s"))


def note(one: Happening) -> str:
    """The small print: from where it is taken, until when it has to be paid, what the sum rests on; empty where nothing is
    to be added."""
    said = []
    if one.step == Step.COLLECT:
        said.append(_("From the balance, the rest from the saved card."))
    if one.pay_by is not None:
        said.append(_("To be paid by %(day)s.") % {"day": formats.date_text(one.pay_by)})
    if one.step == Step.RENEWAL and one.tariff is not None and one.tariff.renewal == Renewal.COLLECTED:
        said.append(_("Taken beforehand."))
    if one.is_estimate and one.step == Step.INVOICE:
        said.append(_("As much as has been used so far."))
    elif one.is_estimate and one.tariff is not None and one.tariff.metric == "paid_members":
        said.append(_("At the seats of now."))
    return " ".join(said)


def amount(one: Happening) -> str:
    """The sum, with ≈ before one that may still change; empty where there is none."""
    if one.amount_minor is None:
        return ""
    text = formats.money_text(one.amount_minor, one.account.currency)
    return f"≈{formats.NBSP}{text}" if one.is_estimate else text
