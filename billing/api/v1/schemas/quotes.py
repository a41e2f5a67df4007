"""The figures of other terms: of the preview, and of what an act then charged (G10)."""

from typing import Any

from django.utils.translation import get_language
from pydantic import BaseModel

from billing.api.v1.fields import DayText, Money
from billing.api.v1.schemas.subscriptions import SubscriptionAnswer
from billing.errors import BillingError
from billing.operations.subscriptions.quotes import Line, Quote
from billing.wording import formats


class QuotedLine(BaseModel):
    """One charge of a quote; ``explanation`` is the computation as a person would write it (G8)."""

    description: str
    explanation: str
    amount: Money


class NextCharge(BaseModel):
    date: DayText
    amount: Money


class Figures(BaseModel):
    """``due_now`` is the sum of the ``lines``; ``lost`` what is given up and not refunded (E7), null where nothing is;
    ``next_charge`` what follows it, at the size of today, null where nothing does. ``effective_on``: the first day on the
    new terms, today or the end of what is paid (``when``)."""

    when: str
    effective_on: DayText
    due_now: Money
    lines: list[QuotedLine]
    lost: Money | None
    next_charge: NextCharge | None


class PreviewAnswer(Figures):
    """``quote`` names the figures: sent with the change, they are charged as they stand here, or it is refused (G10)."""

    tariff_id: str
    version: int
    quantity: int | None
    quote: str


class ChangeAnswer(SubscriptionAnswer, Figures):
    """The subscription as it stands after the change, and what the change came to."""


def _line(quote: Quote, line: Line) -> QuotedLine:
    return QuotedLine(
        description=quote.describe(line, formats.language(get_language())),
        explanation=formats.plain_formula_text(line.explanation),
        amount=Money.of(line.amount_minor, quote.currency),
    )


def _figures(quote: Quote) -> dict[str, Any]:
    next_charge = None
    if quote.next_date is not None:
        next_charge = NextCharge(date=quote.next_date.isoformat(), amount=Money.of(quote.next_minor, quote.currency))
    return Figures(
        when=quote.when,
        effective_on=quote.effective_date.isoformat(),
        due_now=Money.of(quote.due_now_minor, quote.currency),
        lines=[_line(quote, line) for line in quote.lines],
        lost=Money.of(quote.lost_minor, quote.currency) if quote.lost_minor else None,
        next_charge=next_charge,
    ).model_dump()


def preview_answer(quote: Quote) -> PreviewAnswer:
    """Answers the figures of ``quote`` in the caller's language."""
    return PreviewAnswer(
        **_figures(quote),
        tariff_id=quote.tariff.tariff_id,
        version=quote.tariff.version,
        quantity=quote.quantity,
        quote=quote.token,
    )


def change_answer(subscription: SubscriptionAnswer, quote: Quote) -> ChangeAnswer:
    """Answers ``subscription`` after the change, with the figures of its ``quote``."""
    return ChangeAnswer(**subscription.model_dump(), **_figures(quote))


def add_preview(refusal: BillingError) -> BillingError:
    """Adds the current figures as ``preview`` to the refusal of an outdated quote (G10); leaves any other refusal as it is."""
    quote = refusal.extra.get("quote")
    if isinstance(quote, Quote):
        refusal.extra = {"preview": preview_answer(quote).model_dump()}
    return refusal
