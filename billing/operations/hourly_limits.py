"""Hourly limits of an account for what costs others something: mails to strangers, calls of a payment service.

A brake and no guard: two at the same moment may both pass. Counted over the rows that the acts leave, so it needs no store.
"""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from billing.errors import BillingError
from billing.models import BillingAccount, MethodSetUp, Notice, PaymentAttempt
from billing.wording import formats

HOUR = timedelta(hours=1)

TOO_MANY_INVITATIONS = _("That is enough invitations for an hour (%(most)s). Nothing was sent: go on after %(again)s.")
TOO_MANY_SET_UPS = _("That is enough tries to save a card within an hour (%(most)s): go on after %(again)s.")
TOO_MANY_PAYMENTS = _(
    "That is enough payments begun within an hour (%(most)s). Nothing was taken: go on after %(again)s, or pay by bank transfer."
)


def _refuse(rows: "QuerySet[Any]", account: BillingAccount, limit: int, as_of: datetime, sentence: Promise) -> None:
    """Refuses where ``limit`` of ``rows`` were made in the hour before ``as_of``; 0 means that there is no limit."""
    if not limit:
        return
    recent = rows.filter(account=account, created_at__gt=as_of - HOUR, created_at__lte=as_of)
    instants = list(recent.order_by("-created_at").values_list("created_at", flat=True)[:limit])
    if len(instants) == limit:
        again = formats.instant_text(instants[-1] + HOUR, account.zone, year=False)
        raise BillingError(str(sentence) % {"most": limit, "again": again}, code="too_many")


def refuse_too_many_invitations(*, account: BillingAccount, as_of: datetime) -> None:
    """Refuses one more invitation by mail beyond INVITATIONS_AN_HOUR (409, too_many)."""
    sent = Notice.objects.filter(kind="invitation")
    _refuse(sent, account, settings.INVITATIONS_AN_HOUR, as_of, TOO_MANY_INVITATIONS)


def refuse_too_many_payments(*, account: BillingAccount, as_of: datetime) -> None:
    """Refuses one more online payment beyond PAYMENT_ATTEMPTS_AN_HOUR (409, too_many)."""
    _refuse(PaymentAttempt.objects.all(), account, settings.PAYMENT_ATTEMPTS_AN_HOUR, as_of, TOO_MANY_PAYMENTS)


def refuse_too_many_set_ups(*, account: BillingAccount, as_of: datetime) -> None:
    """Refuses one more saving of a method beyond PAYMENT_ATTEMPTS_AN_HOUR (409, too_many)."""
    _refuse(MethodSetUp.objects.all(), account, settings.PAYMENT_ATTEMPTS_AN_HOUR, as_of, TOO_MANY_SET_UPS)
