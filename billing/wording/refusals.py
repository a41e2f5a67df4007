"""Refusals as people read them: the sentence and a link to the rule."""

from django.utils.html import format_html
from django.utils.translation import gettext as _

from accounts.errors import Refusal
from billing.rulebook import path_of


def explain_refusal(refusal: Refusal) -> str:
    """Returns the refusal's sentence as HTML; where a rule refused, with a link to it that leaves the page with its form open."""
    if not refusal.rule:
        return str(refusal)
    return format_html(
        '{} <a class="rule-link" href="{}" target="_blank">{}</a>',
        str(refusal),
        path_of(refusal.rule),
        _("Rule %(rule)s") % {"rule": refusal.rule},
    )
