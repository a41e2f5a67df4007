"""The ``phrase`` tag: a sentence that stands on several lines of a template is rendered on one."""

import re

from django import template
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

# A space that never breaks belongs to the sentence, so `\s` would take too much.
BLANKS = re.compile(r"[ \t\r\n\f]+")


@register.simple_block_tag
def phrase(content: str) -> SafeString:
    """Renders its contents on one line: runs of blanks become one space, those at the ends are stripped.

    So each branch of a choice of words has a line of its own where the page (before a comma, in a link) or a plain-text mail
    must not show such a layout's blanks. The contents have been escaped already.
    """
    return mark_safe(BLANKS.sub(" ", content).strip(" "))
