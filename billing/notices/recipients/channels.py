"""Short messages through the services that the operator has named in MESSAGE_URLS; without any there are none.

A service is an address of `apprise` with a place for the recipient: ``{to}`` is the phone number with its plus, ``{digits}``
the same without it, ``{handle}`` the person's name within the messenger. Addresses hold secrets: none is ever stored.
"""

import re
from dataclasses import dataclass
from urllib.parse import quote

from django.conf import settings

PLACES = ("{to}", "{digits}", "{handle}")
HANDLE = re.compile(r"[A-Za-z0-9_@+.:-]{1,64}")
PHONE = re.compile(r"\+[1-9][0-9]{6,14}")  # E.164


class NotDelivered(Exception):
    """The service did not take the message; the sentence says what it answered, never its address."""


@dataclass(frozen=True)
class Service:
    """One way to reach a phone or a messenger: ``name`` is the operator's word for it."""

    name: str
    template: str

    @property
    def asks_handle(self) -> bool:
        """Tells whether the messenger knows people by a name within it, not by their phone."""
        return "{handle}" in self.template

    def address(self, recipient: str) -> str:
        """Returns the address for one recipient."""
        address = self.template.replace("{to}", quote(recipient, safe="")).replace(
            "{handle}", quote(recipient, safe="")
        )
        return address.replace("{digits}", quote(recipient.lstrip("+"), safe=""))


def services() -> dict[str, Service]:
    """Returns the services by their names, as the operator lists them."""
    return {name: Service(name, template) for name, template in settings.MESSAGE_URLS.items()}


def find_unusable() -> list[str]:
    """Returns the names of services whose address leads nowhere: no place for the recipient, or nothing that apprise knows."""
    if not settings.MESSAGE_URLS:
        return []
    import apprise  # a third of a second: only where messages are sent

    def leads_nowhere(service: Service) -> bool:
        target = apprise.Apprise.instantiate(service.address("+79990000000"), suppress_exceptions=True)
        return not any(place in service.template for place in PLACES) or target is None

    return [service.name for service in services().values() if leads_nowhere(service)]


def send(*, service: str, recipient: str, text: str) -> None:
    """Hands ``text`` for ``recipient`` to ``service``. Raises NotDelivered where it is not taken."""
    carrier = services().get(service)
    if carrier is None:
        raise NotDelivered(f"MESSAGE_URLS names no service {service!r}")
    import apprise  # as above

    target = apprise.Apprise.instantiate(carrier.address(recipient), suppress_exceptions=True)
    if target is None:
        raise NotDelivered(f"the address of {service} cannot be read")
    with apprise.LogCapture(level=apprise.logging.WARNING) as log:  # type: ignore[no-untyped-call]
        is_taken = target.notify(body=text, body_format=apprise.NotifyFormat.TEXT, notify_type=apprise.NotifyType.INFO)
        words = " ".join(log.getvalue().split())
    if not is_taken:
        raise NotDelivered(f"{service}: {words or 'refused'}")
