"""The money calendar as a calendar program reads it (RFC 5545), and the address that needs no sign-in.

The address carries whose calendar it is, signed; it ends with the person's rights, and with a change of their password.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from billing.models import BillingAccount
from billing.reports import calendar_titles
from billing.reports.calendar import Happening

SALT = "saldo.calendar"
# Octets of a line without its line break.
LINE = 75


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
        told = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return None
    user = User.objects.filter(pk=told["user"], is_active=True).first()
    if user is None or told["seal"] != _seal(user):
        return None
    own = BillingAccount.objects.for_user(user).select_related("seller", "customer")
    account = own.filter(number=told["account"]).first()
    return (user, account) if account is not None else None


def written(account: BillingAccount, found: Iterable[Happening], as_of: datetime) -> bytes:
    """The calendar file in the language that is active."""
    host = urlsplit(settings.BASE_URL).hostname or "localhost"
    name = f"{settings.PORTAL_NAME} · {account.customer.name} · {account.number}"
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:-//{_text(settings.PORTAL_NAME)}//billing//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{_text(name)}",
        "REFRESH-INTERVAL;VALUE=DURATION:PT6H",
        "X-PUBLISHED-TTL:PT6H",
    ]
    for one in found:
        lines += _event(one, host, as_of)
    lines.append("END:VCALENDAR")
    return b"".join(b"\r\n ".join(_folded(line)) + b"\r\n" for line in lines)


def _event(one: Happening, host: str, as_of: datetime) -> Iterator[str]:
    title, amount, note = calendar_titles.title(one), calendar_titles.amount(one), calendar_titles.note(one)
    yield "BEGIN:VEVENT"
    yield f"UID:{one.uid}@{host}"
    yield f"DTSTAMP:{_instant(as_of)}"
    if one.at is None:
        yield f"DTSTART;VALUE=DATE:{_day(one.day)}"
        yield f"DTEND;VALUE=DATE:{_day(one.day + timedelta(days=1))}"
    else:
        yield f"DTSTART:{_instant(one.at)}"
    yield f"SUMMARY:{_text(f'{title}: {amount}' if amount else title)}"
    if note:
        yield f"DESCRIPTION:{_text(note)}"
    yield f"URL:{_page(one)}"
    yield f"CATEGORIES:{_text(_('Payments'))}"
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def _page(one: Happening) -> str:
    """Where the thing is looked at and settled."""
    if one.invoice is not None:
        return settings.BASE_URL + reverse("portal:document", args=[one.invoice.number])
    if one.subscription is not None:
        return settings.BASE_URL + reverse("portal:instance", args=[one.subscription.instance.public_id])
    return settings.BASE_URL + reverse("portal:overview")


def _day(day: date) -> str:
    return day.strftime("%Y%m%d")


def _instant(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _text(text: str) -> str:
    """``text`` as a value: what has a meaning in the format is escaped (RFC 5545, 3.3.11)."""
    for plain, escaped in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        text = text.replace(plain, escaped)
    return "".join(sign for sign in text if sign.isprintable() or sign in "\u00a0\u202f")


def _folded(line: str) -> Iterator[bytes]:
    """``line`` in parts of at most 75 octets, no letter torn; each but the first is written after a space (3.1)."""
    part, room = b"", LINE
    for sign in line:
        octets = sign.encode()
        if len(part) + len(octets) > room:
            yield part
            part, room = b"", LINE - 1
        part += octets
    yield part
