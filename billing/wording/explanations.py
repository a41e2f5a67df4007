"""The notes of an explanation in words: `pricing.explanations.notes` says what each figure means, here it becomes text (G8).

`Figures` says how figures are written, so that the same sentences serve pages, documents and programs.
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

# Notes that the formula or the page shows anyway: left out beside a formula, part of the full list of sentences.
SHOWN_BY_FIGURES = {NoteKind.WITHIN_QUOTA, NoteKind.ALL_ABOVE, NoteKind.FEE, NoteKind.NEEDED, NoteKind.BEFORE}


@dataclass(frozen=True)
class Figures:
    """The spelling of sums, numbers and percentages between the words, and the language of the words."""

    locale: str
    sum: Callable[[Decimal], str]
    count: Callable[[int], str]
    percent: Callable[[Decimal], str]


def notes_beside_formula(explanation: Explanation, figures: Figures) -> str:
    """Returns the notes to put in brackets after the formula; empty where it needs none."""
    with translation.override(figures.locale):
        texts = [
            note_text(note, explanation, figures)
            for note in notes(explanation)
            if note.kind not in SHOWN_BY_FIGURES and not _is_obvious(note, explanation)
        ]
    return "; ".join(texts)


def sentences(explanation: Explanation, figures: Figures) -> list[str]:
    """Returns all notes, a sentence each."""
    with translation.override(figures.locale):
        texts = [note_text(note, explanation, figures) for note in notes(explanation)]
    return [f"{text[0].upper()}{text[1:]}." for text in texts]


def _is_obvious(note: Note, explanation: Explanation) -> bool:
    """Tells whether the note adds nothing: a price from the first unit on, or a number of periods whose discount is named anyway."""
    if note.kind == NoteKind.INTERVALS:
        return percent_in(explanation) > 0
    return note.kind in {NoteKind.STEP, NoteKind.STEP_OWN} and note.numbers["from_units"] == 1


def note_text(note: Note, explanation: Explanation, figures: Figures) -> str:
    """Writes one note in the active language: the sentence of its kind with its numbers."""
    counting = unit_names.counting_of(explanation)
    figures_by_name = {
        name: figures.sum(value) if isinstance(value, Decimal) else figures.count(value)
        for name, value in note.numbers.items()
    }
    if note.kind == NoteKind.DISCOUNT:
        figures_by_name["percent"] = figures.percent(Decimal(note.numbers["percent"]))
    starts = int(note.numbers.get("from_units", 0))
    if starts:
        figures_by_name["above"] = figures.count(starts - 1)
        figures_by_name["from"] = unit_names.from_text(counting, starts, figures_by_name["from_units"])
        figures_by_name["units"] = unit_names.counted_text(counting, starts, figures_by_name["from_units"])
    if note.kind == NoteKind.SEATS:
        figures_by_name["units"] = unit_names.counted_text(
            counting, int(note.numbers["quantity"]), figures_by_name["quantity"]
        )
    if note.kind == NoteKind.ONLY_ABOVE and any(part.kind == Kind.FEE for part in parts_in(explanation)):
        return _("%(included_units)s included") % figures_by_name
    if note.kind == NoteKind.STEP_TOTAL:
        return _step_total_text(note, figures_by_name, figures)
    return _sentence(note) % figures_by_name


def _step_total_text(note: Note, figures_by_name: dict[str, str], figures: Figures) -> str:
    """Writes a step's total as a price per unit where four decimals are exact, else as a total."""
    unit_price = Decimal(note.numbers["total"]) / int(note.numbers["from_units"])
    if unit_price == unit_price.quantize(Decimal("0.0001")):
        return _("%(from)s: %(unit_price)s each") % {**figures_by_name, "unit_price": figures.sum(unit_price)}
    return _("%(units)s: %(total)s in all") % figures_by_name


def _sentence(note: Note) -> str:
    counts = {
        name: int(note.numbers.get(name, 0)) for name in ("used_days", "days", "months", "intervals", "included_units")
    }
    texts = {
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
    return texts[note.kind]
