"""Rehearsal of an operation: it is carried out, its figures are read, and it is rolled back; later it is carried out for good
only if its figures are the ones that were seen (G10).

What can be worked out without writing is no rehearsal: see `subscriptions/quotes.py` and `subscriptions/start_quotes.py`. A
rehearsal holds the locks of the act while it lasts.
"""

import json
from collections.abc import Callable
from typing import TypeVar

from django.db import transaction
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext_lazy as _

from billing.errors import BillingError
from billing.operations import jobs

QUOTE_EXPIRED = _("The figures have changed meanwhile: look at the new ones and confirm them.")

Result = TypeVar("Result")


def rehearse(act: Callable[[], Result]) -> Result:
    """Carries ``act`` out, rolls it back and returns what it returned: nothing is written, no job is queued, no mail goes out.

    Figures are to be read within ``act``: afterwards its rows are gone. Raises what ``act`` raises.
    """
    with jobs.leave_jobs_to_caller(), transaction.atomic():
        result = act()
        transaction.set_rollback(True)
    return result


def token_of(*figures: object) -> str:
    """Signs a digest of ``figures`` for a form to carry: the same token, the same figures. Only this installation makes one."""
    return salted_hmac("billing.figures", json.dumps(figures, default=str), algorithm="sha256").hexdigest()[:32]


def carry_out_as_seen(
    act: Callable[[], Result],
    *,
    seen: str | None,
    token: Callable[[Result], str],
    refusal: Callable[[Result], Exception],
) -> Result:
    """Carries ``act`` out and keeps it only if the ``token`` of what it returned is the one that was ``seen`` (None: any).

    For other figures nothing is kept, and ``refusal`` of what it returned is raised.
    """
    with transaction.atomic():
        result = act()
        if seen is not None and not constant_time_compare(token(result), seen):
            raise refusal(result)
    return result


def quote_expired(**current: object) -> BillingError:
    """Returns the refusal of a quote whose figures no longer hold, with the ``current`` ones (G10)."""
    return BillingError(QUOTE_EXPIRED, code="quote_expired", rule="G10", extra=current)


def price_changed(_result: object) -> BillingError:
    """Returns the refusal of an act on people whose effect on the bill is another than the one shown (G10)."""
    return BillingError(
        _("The price has changed since this page was opened. Look at it again and confirm."), code="price_changed"
    )
