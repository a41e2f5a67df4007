"""The money calendar as an iCalendar file (RFC 5545) and its address, which needs no sign-in.

The address carries a signed person and account; it stops working when the person loses the billing right or changes the
password.
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
from billing.reports.calendars.calendar import CalendarItem

SALT = "saldo.calendar"
# How often a calendar program is asked to read the file again.
REFRESH_HOURS = 6


def token_of(user: User, account: BillingAccount) -> str:
    """Signs ``user`` and ``account`` into the part of the calendar's address that names them."""
    return signing.dumps({"user": user.pk, "account": account.number, "seal": _seal(user)}, salt=SALT)


def _seal(user: User) -> str:
    return user.get_session_auth_hash()[:16]


def address_of(user: User, account: BillingAccount) -> str:
    """Returns the path of the calendar to subscribe to, without the installation's origin."""
    return reverse("portal:calendar_file", args=[token_of(user, account)])


def reader_of(token: str) -> tuple[User, BillingAccount] | None:
    """Returns the person and the account of ``token``; None where it is invalid or the person may not see the account any more."""
    try:
        claims = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return None
    user = User.objects.filter(pk=claims["user"], is_active=True).first()
    if user is None or claims["seal"] != _seal(user):
        return None
    accounts = BillingAccount.objects.for_user(user).select_related("seller", "customer")
    account = accounts.filter(number=claims["account"]).first()
    return (user, account) if account is not None else None


def calendar_of(account: BillingAccount, items: Iterable[CalendarItem], as_of: datetime) -> bytes:
    """Writes ``items``, what falls due on ``account``, as an iCalendar file in the active language."""
    host = urlsplit(settings.BASE_URL).hostname or "localhost"
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", _strip_control_characters(f"-//{settings.PORTAL_NAME}//billing//EN"))
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    name = f"{settings.PORTAL_NAME} · {account.customer.name} · {account.number}"
    calendar.add(
        "x-wr-calname", vText(_strip_control_characters(name))
    )  # the library escapes no name of its own accord that begins with X-
    calendar.add("refresh-interval", vDuration(timedelta(hours=REFRESH_HOURS)), parameters={"value": "DURATION"})
    calendar.add("x-published-ttl", f"PT{REFRESH_HOURS}H")
    for item in items:
        calendar.add_component(_event_of(item, host, as_of))
    content: bytes = calendar.to_ical(sorted=False)
    return content


def _event_of(item: CalendarItem, host: str, as_of: datetime) -> Event:
    """Writes one due item as a calendar event: at its hour where one is known, else for the whole day."""
    title, amount = titles.title(item), titles.amount(item)
    event = Event()
    event.add("uid", f"{item.uid}@{host}")
    event.add("dtstamp", as_of.astimezone(UTC))
    if item.at is None:
        event.add("dtstart", item.day)
        event.add("dtend", item.day + timedelta(days=1))
    else:
        event.add("dtstart", item.at.astimezone(UTC))
    event.add("summary", _strip_control_characters(f"{title}: {amount}" if amount else title))
    if note := titles.note(item):
        event.add("description", _strip_control_characters(note))
    event.add("url", settings.BASE_URL + _path_of(item))
    event.add("categories", [_("Payments")])
    event.add("transp", "TRANSPARENT")
    return event


def _path_of(item: CalendarItem) -> str:
    """Returns the path of the page on which the item is looked at and paid."""
    if item.invoice is not None:
        return reverse("portal:document", args=[item.invoice.number])
    if item.subscription is not None:
        return reverse("portal:instance", args=[item.subscription.instance.public_id])
    return reverse("portal:overview")


def _strip_control_characters(text: str) -> str:
    """Strips control characters, which the format forbids and the library lets through."""
    return "".join(sign for sign in text if sign.isprintable() or sign in "\n\u00a0\u202f")
