"""The notes of an explanation as a person would write them (G8): `pricing.notes` says what a figure means, here it is said.

How figures are written comes in with `Figures`, so that the same sentences serve pages, documents and programs.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing.pricing.explanations.evaluation import Explanation, parts_in, percent_in
from billing.pricing.explanations.notes import Note, NoteKind, notes
from billing.pricing.explanations.parts import Kind
from billing.wording import unit_names

# What the formula shows by itself, or another sentence of the page tells: said only where everything is.
SHOWN_BY_FIGURES = {NoteKind.WITHIN_QUOTA, NoteKind.ALL_ABOVE, NoteKind.FEE, NoteKind.NEEDED, NoteKind.BEFORE}


@dataclass(frozen=True)
class Figures:
    """How sums, numbers and percentages between the words are written, and in which language the words are."""

    locale: str
    sum: Callable[[Decimal], str]
    count: Callable[[int], str]
    percent: Callable[[Decimal], str]


def beside_formula(explanation: Explanation, figures: Figures) -> str:
    """What belongs in brackets after the formula; empty where its figures speak for themselves."""
    with translation.override(figures.locale):
        said = [
            note_text(note, explanation, figures)
            for note in notes(explanation)
            if note.kind not in SHOWN_BY_FIGURES and not _goes_without_saying(note, explanation)
        ]
    return "; ".join(said)


def sentences(explanation: Explanation, figures: Figures) -> list[str]:
    """Everything worth saying, a sentence each."""
    with translation.override(figures.locale):
        said = [note_text(note, explanation, figures) for note in notes(explanation)]
    return [f"{text[0].upper()}{text[1:]}." for text in said]


def _goes_without_saying(note: Note, explanation: Explanation) -> bool:
    """A price that holds from the first unit on; a number of periods whose discount is named anyway."""
    if note.kind == NoteKind.INTERVALS:
        return percent_in(explanation) > 0
    return note.kind in {NoteKind.STEP, NoteKind.STEP_OWN} and note.numbers["from_units"] == 1


def note_text(note: Note, explanation: Explanation, figures: Figures) -> str:
    """One note in the active language, its numbers put into the sentence of its kind."""
    counting = unit_names.counted_in(explanation)
    shown = {
        name: figures.sum(value) if isinstance(value, Decimal) else figures.count(value)
        for name, value in note.numbers.items()
    }
    if note.kind == NoteKind.DISCOUNT:
        shown["percent"] = figures.percent(Decimal(note.numbers["percent"]))
    starts = int(note.numbers.get("from_units", 0))
    if starts:
        shown["above"] = figures.count(starts - 1)
        shown["from"] = unit_names.from_text(counting, starts, shown["from_units"])
        shown["units"] = unit_names.counted_text(counting, starts, shown["from_units"])
    if note.kind == NoteKind.SEATS:
        shown["units"] = unit_names.counted_text(counting, int(note.numbers["quantity"]), shown["quantity"])
    if note.kind == NoteKind.ONLY_ABOVE and any(part.kind == Kind.FEE for part in parts_in(explanation)):
        return _("%(included_units)s included") % shown
    if note.kind == NoteKind.STEP_TOTAL:
        return _step_total_text(note, shown, figures)
    return _sentence(note) % shown


def _step_total_text(note: Note, shown: dict[str, str], figures: Figures) -> str:
    """A total by its price of one where four decimals say that, else as it stands."""
    one = Decimal(note.numbers["total"]) / int(note.numbers["from_units"])
    if one == one.quantize(Decimal("0.0001")):
        return _("%(from)s: %(unit_price)s each") % {**shown, "unit_price": figures.sum(one)}
    return _("%(units)s: %(total)s in all") % shown


def _sentence(note: Note) -> str:
    counts = {
        name: int(note.numbers.get(name, 0)) for name in ("used_days", "days", "months", "intervals", "included_units")
    }
    known = {
        NoteKind.FEE: _("%(amount)s whatever the number"),
        NoteKind.STEP: _("%(from)s: %(unit_price)s each"),
        NoteKind.STEP_OWN: _("above %(above)s: %(unit_price)s each"),
        NoteKind.CAP: _("never more than %(total)s, the price of %(units)s"),
        NoteKind.PACKAGE: _("%(from)s: %(total)s in all"),
        NoteKind.WITHIN_QUOTA: _("up to %(included_units)s nothing is charged"),
        NoteKind.ALL_ABOVE: _("more than %(included_units)s, so all are counted"),
        NoteKind.ONLY_ABOVE: ngettext(
            "%(included_units)s is free", "%(included_units)s are free", counts["included_units"]
        ),
        NoteKind.INTERVALS: ngettext(
            "%(intervals)s period at once", "%(intervals)s periods at once", counts["intervals"]
        ),
        NoteKind.DISCOUNT: _("%(percent)s off for paying at once"),
        NoteKind.DAYS: ngettext("%(days)s of %(of_days)s days", "%(days)s of %(of_days)s days", counts["days"]),
        NoteKind.MONTHS: ngettext(
            "%(months)s of %(of_months)s months", "%(months)s of %(of_months)s months", counts["months"]
        ),
        NoteKind.MONTH: _("a month is 1/%(of_months)s of the price"),
        NoteKind.SEATS: _("%(before_units)s → %(units)s"),
        NoteKind.LEFT: ngettext(
            "%(left)s left of %(value)s after %(used_days)s day",
            "%(left)s left of %(value)s after %(used_days)s days",
            counts["used_days"],
        ),
        NoteKind.NEEDED: ngettext(
            "%(days)s day at %(daily)s: %(needed)s", "%(days)s days at %(daily)s: %(needed)s", counts["days"]
        ),
        NoteKind.LOST: _("%(lost)s of what was paid is lost"),
        NoteKind.BEFORE: _("%(before)s were charged before"),
    }
    return known[note.kind]
