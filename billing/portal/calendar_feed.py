"""The money calendar as a calendar program reads it (RFC 5545), and the address that needs no sign-in.

The address carries whose calendar it is, signed; it ends with the person's rights, and with a change of their password.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils.translation import gettext as _
from icalendar import Calendar, Event, vDuration, vText

from accounts.models import User
from billing.models import BillingAccount
from billing.reports.calendars import titles
from billing.reports.calendars.calendar import Happening

SALT = "saldo.calendar"
# How often a calendar program is asked to look again.
REFRESH_HOURS = 6


def token_of(user: User, account: BillingAccount) -> str:
    """What stands for ``user`` and ``account`` in the address of the calendar."""
    return signing.dumps({"user": user.pk, "account": account.number, "seal": _seal(user)}, salt=SALT)


def _seal(user: User) -> str:
    return user.get_session_auth_hash()[:16]


def address_of(user: User, account: BillingAccount) -> str:
    """The address, without the installation's origin, to be put into a calendar program."""
    return reverse("portal:calendar_file", args=[token_of(user, account)])


def reader_of(token: str) -> tuple[User, BillingAccount] | None:
    """Whose calendar ``token`` opens; None where it is broken, or they may not see the account any more."""
    try:
        claims = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return None
    user = User.objects.filter(pk=claims["user"], is_active=True).first()
    if user is None or claims["seal"] != _seal(user):
        return None
    own = BillingAccount.objects.for_user(user).select_related("seller", "customer")
    account = own.filter(number=claims["account"]).first()
    return (user, account) if account is not None else None


def calendar_of(account: BillingAccount, happenings: Iterable[Happening], as_of: datetime) -> bytes:
    """The calendar file in the language that is active."""
    host = urlsplit(settings.BASE_URL).hostname or "localhost"
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", _printable(f"-//{settings.PORTAL_NAME}//billing//EN"))
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    name = f"{settings.PORTAL_NAME} · {account.customer.name} · {account.number}"
    calendar.add(
        "x-wr-calname", vText(_printable(name))
    )  # the library escapes no name of its own accord that begins with X-
    calendar.add("refresh-interval", vDuration(timedelta(hours=REFRESH_HOURS)), parameters={"value": "DURATION"})
    calendar.add("x-published-ttl", f"PT{REFRESH_HOURS}H")
    for happening in happenings:
        calendar.add_component(_event_of(happening, host, as_of))
    content: bytes = calendar.to_ical(sorted=False)
    return content


def _event_of(happening: Happening, host: str, as_of: datetime) -> Event:
    """The happening as an entry of the calendar: an hour where one is known, else a whole day."""
    title, amount = titles.title(happening), titles.amount(happening)
    event = Event()
    event.add("uid", f"{happening.uid}@{host}")
    event.add("dtstamp", as_of.astimezone(UTC))
    if happening.at is None:
        event.add("dtstart", happening.day)
        event.add("dtend", happening.day + timedelta(days=1))
    else:
        event.add("dtstart", happening.at.astimezone(UTC))
    event.add("summary", _printable(f"{title}: {amount}" if amount else title))
    if note := titles.note(happening):
        event.add("description", _printable(note))
    event.add("url", settings.BASE_URL + _path_of(happening))
    event.add("categories", [_("Payments")])
    event.add("transp", "TRANSPARENT")
    return event


def _path_of(happening: Happening) -> str:
    """Where the thing is looked at and settled."""
    if happening.invoice is not None:
        return reverse("portal:document", args=[happening.invoice.number])
    if happening.subscription is not None:
        return reverse("portal:instance", args=[happening.subscription.instance.public_id])
    return reverse("portal:overview")


def _printable(text: str) -> str:
    """``text`` without control characters, which the format has no place for and the library lets through."""
    return "".join(sign for sign in text if sign.isprintable() or sign in "\n\u00a0\u202f")
