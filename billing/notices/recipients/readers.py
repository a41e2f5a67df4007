"""The readers of a notice, their ways and languages: the recipients of the fact, less what each has chosen."""

from collections.abc import Sequence
from dataclasses import dataclass

from allauth.account.models import EmailAddress
from django.db.models.functions import Lower

from billing.models import BillingAccount, Notice, NoticePreference
from billing.notices.recipients.channels import services
from billing.notices.recipients.groups import SHORT, group_of

Group = NoticePreference.Group


@dataclass(frozen=True)
class Delivery:
    """One row to write: to ``recipient`` by ``channel``, in ``locale``; ``service`` carries a message."""

    channel: Notice.Channel
    recipient: str
    locale: str
    service: str = ""


def account_recipients(account: BillingAccount) -> list[str]:
    """Returns the customer's address and the account's further billing addresses, once each."""
    further = account.addresses.order_by("pk").values_list("email", flat=True)
    return each_once([account.customer.email, *further])


def each_once(emails: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(email.strip().lower() for email in emails if email))


def _preferences(emails: Sequence[str]) -> dict[str, NoticePreference]:
    """Returns what the people behind ``emails`` have chosen, by the address: only a confirmed one speaks for its person."""
    rows = EmailAddress.objects.filter(verified=True, user__is_active=True, user__notice_preference__isnull=False)
    preferences = rows.annotate(address=Lower("email")).filter(address__in=emails)
    return {row.address: row.user.notice_preference for row in preferences.select_related("user__notice_preference")}


def unrefusable_addresses(group: Group | None, account: BillingAccount) -> set[str]:
    """Returns the addresses that get ``group`` by email whatever their people chose: bills go to all of the account's billing
    addresses, reminders to the customer's own; somebody has to know."""
    if group == Group.BILLS:
        return set(account_recipients(account))
    return {account.customer.email.lower()} if group == Group.REMINDERS else set()


def deliveries(
    *, kind: str, account: BillingAccount, recipients: Sequence[str], locale: str, must: Sequence[str] = ()
) -> list[Delivery]:
    """Returns the rows that the notice ``kind`` becomes. ``locale`` is the language of whoever has chosen none; ``must`` are
    addresses that get it in any case."""
    group, emails = group_of(kind), each_once(recipients)
    chosen = _preferences(emails)
    certain = {*must, *unrefusable_addresses(group, account)} if chosen else set()
    by_address: dict[tuple[str, str], Delivery] = {}
    for email in emails:
        choice = chosen.get(email)
        language = (choice.locale if choice else "") or locale
        if choice is None or group is None or email in certain or group not in choice.not_by_email:
            by_address[Notice.Channel.EMAIL, email] = Delivery(Notice.Channel.EMAIL, email, language)
        if choice is not None and group in choice.by_message and kind in SHORT:
            for message in _messages(choice, language):
                by_address[Notice.Channel.MESSAGE, message.recipient] = message
    return list(by_address.values())


def _messages(choice: NoticePreference, locale: str) -> list[Delivery]:
    """Returns the message to the person's phone or messenger; none where the operator has no such service (any more)."""
    service = services().get(choice.service)
    recipient = choice.handle if service is not None and service.asks_handle else choice.phone
    if service is None or not recipient:
        return []
    return [Delivery(Notice.Channel.MESSAGE, recipient, locale, service.name)]
