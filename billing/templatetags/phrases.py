"""The tag by which a sentence is written over several lines of a template and read on one."""

import re

from django import template
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

# A space that never breaks belongs to the sentence, so `\s` would take too much.
BLANKS = re.compile(r"[ \t\r\n\f]+")


@register.simple_block_tag
def phrase(content: str) -> SafeString:
    """The tag writes its contents on one line: runs of blanks become one, and those at the ends go.

    So a choice of words stands in a template with a line to each of its branches, where the page (beside a comma, in a
    link) or a mail in plain text could not bear the blanks of such a layout. What is inside has been escaped already.
    """
    return mark_safe(BLANKS.sub(" ", content).strip(" "))
