"""Notice preferences: which notices a person gets and by which channel, for everything that is written from then on."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.functional import Promise
from django.utils.text import get_text_list
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.verified import verified_emails
from billing.errors import BadInput
from billing.models import BillingAccount, NoticePreference
from billing.notices.recipients import channels, readers
from billing.operations.cycle import due

Group = NoticePreference.Group

# What a group is about, as its owner chooses it.
ABOUT: dict[str, Promise] = {
    Group.BILLS: _("Invoices, payments, offers; access that is restricted, restored or ends"),
    Group.TRIAL: _("A trial that begins, ends or is extended; paid time that begins or is renewed"),
    Group.CHANGES: _("Other terms, cancellations, answers of support"),
    Group.PEOPLE: _("When the free quota is exceeded"),
}
WRONG_PHONE = _("Write the phone with its country, such as +7 999 123-45-67.")
WRONG_HANDLE = _("Write the name in the messenger: Latin letters, digits and . _ - + @ :, 64 at most.")


def about_group(group: NoticePreference.Group) -> str:
    """Says what the notices of ``group`` are about; of reminders also how many days before a yearly charge they come."""
    if group != Group.REMINDERS:
        return str(ABOUT[group])
    days = due.yearly_reminder_days()
    text = ngettext(
        "What falls due soon, and yearly charges %(days)s day before",
        "What falls due soon, and yearly charges %(days)s days before",
        days[-1],
    )
    return text % {"days": get_text_list([str(number) for number in days], gettext("and"))}


@dataclass(frozen=True)
class Choice:
    """A person's choice of channels; without a row everything comes by email."""

    not_by_email: tuple[str, ...] = ()
    by_message: tuple[str, ...] = ()
    service: str = ""
    phone: str = ""
    handle: str = ""
    locale: str = ""


@dataclass(frozen=True)
class GroupOption:
    """A group of notices offered to somebody; ``is_bound`` where they get it by email in any case."""

    group: NoticePreference.Group
    what: str
    is_bound: bool


def services() -> list[channels.Service]:
    """Lists the messaging services of this installation."""
    return list(channels.services().values())


def read_choice(user: User) -> Choice:
    """Reads what ``user`` has chosen so far."""
    row = NoticePreference.objects.filter(user=user).first()
    if row is None:
        return Choice()
    return Choice(tuple(row.not_by_email), tuple(row.by_message), row.service, row.phone, row.handle, row.locale)


def groups_for(user: User) -> list[GroupOption]:
    """Lists all groups, and which of them ``user`` cannot refuse: the customer's bills go to their address."""
    own_emails = set(verified_emails(user))
    accounts = list(BillingAccount.objects.for_user(user).select_related("customer"))

    def is_bound(group: Group) -> bool:
        return any(own_emails & readers.unrefusable_addresses(group, account) for account in accounts)

    return [GroupOption(group, about_group(group), is_bound(group)) for group in Group]


def _check_phone(text: str) -> str:
    """Returns the phone as E.164 writes it; refuses one without its country or too long to be one."""
    phone = "".join(sign for sign in text if sign not in " ()-.\u00a0\u2011")
    if phone and not channels.PHONE.fullmatch(phone):
        raise BadInput(WRONG_PHONE, field="phone")
    return phone


def _check_handle(text: str) -> str:
    handle = text.strip()
    if handle and not channels.HANDLE.fullmatch(handle):
        raise BadInput(WRONG_HANDLE, field="handle")
    return handle


def _refuse_unreachable(choice: Choice, before: Choice, phone: str, handle: str) -> None:
    """Refuses messages without a service or without what it knows the person by. A service chosen earlier that the operator has
    removed since stays until another is chosen: it may come back."""
    services = channels.services()
    if choice.service and choice.service not in services:
        if choice.service == before.service:
            return
        raise BadInput(_("There is no such way of sending messages here."), field="service")
    if not choice.by_message:
        return
    if not choice.service:
        raise BadInput(_("Choose what the messages go through."), field="service")
    if services[choice.service].asks_handle and not handle:
        raise BadInput(_("Write your name in the messenger: without it no message finds you."), field="handle")
    if not services[choice.service].asks_handle and not phone:
        raise BadInput(_("Write your phone: without it no message finds you."), field="phone")


@transaction.atomic
def save_choice(*, user: User, choice: Choice, as_of: datetime) -> NoticePreference:
    """Stores the choice of ``user``. Refuses a bad phone, an unknown service, and messages that would reach nobody (422)."""
    phone, handle = _check_phone(choice.phone), _check_handle(choice.handle)
    _refuse_unreachable(choice, read_choice(user), phone, handle)
    values = {
        "not_by_email": [group for group in choice.not_by_email if group in Group.values],
        "by_message": [group for group in choice.by_message if group in Group.values],
        "service": choice.service,
        "phone": phone,
        "handle": handle,
        "locale": choice.locale if choice.locale in dict(settings.LANGUAGES) else "",
        "changed_at": as_of,
    }
    row, _created = NoticePreference.objects.update_or_create(user=user, defaults=values)
    return row
