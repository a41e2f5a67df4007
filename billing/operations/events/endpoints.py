"""Where the products' backends hear of events (E9): endpoints, their secrets, and whether anything goes to them."""

import base64
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Customer, Product
from billing.errors import BadInput, BillingError
from billing.models import WebhookDelivery, WebhookEndpoint
from billing.operations import audit
from billing.operations.events.event_types import TYPES
from billing.operations.outbound import encryption, public_addresses

State = WebhookDelivery.State

# After a new secret the one before signs as well for so long: time enough to put the new one in place.
OLD_SECRET_LASTS = timedelta(hours=24)
LONGEST_NAME = 100


@transaction.atomic
def add_endpoint(
    *,
    url: str,
    as_of: datetime,
    actor: str,
    product: Product | None = None,
    customer: Customer | None = None,
    types: Sequence[str] = (),
    name: str = "",
) -> tuple[WebhookEndpoint, str]:
    """Sends events to ``url`` from now on; returns the endpoint and its secret, which is to be shown once.

    ``types`` are types of events, or beginnings of such that end in a dot; none: all. Refuses an address that is no web
    address, outside the sandbox also one without https or inside the own network, and a type that does not exist.
    """
    secret = new_secret()
    endpoint = WebhookEndpoint.objects.create(
        url=_checked_url(url),
        product=product,
        customer=customer,
        types=checked_types(types),
        name=_checked_name(name),
        secret=encryption.seal(secret),
        created_at=as_of,
        created_by=actor,
    )
    record("webhook.added", endpoint, actor, as_of, after=_told(endpoint))
    return endpoint, secret


@transaction.atomic
def change_endpoint(
    *,
    endpoint: WebhookEndpoint,
    as_of: datetime,
    actor: str,
    url: str | None = None,
    types: Sequence[str] | None = None,
    name: str | None = None,
) -> WebhookEndpoint:
    """Another address, other types or another name; None leaves what is. What already waits goes to the new address."""
    endpoint = locked(endpoint)
    before = _told(endpoint)
    if url is not None:
        endpoint.url = _checked_url(url)
    if types is not None:
        endpoint.types = checked_types(types)
    if name is not None:
        endpoint.name = _checked_name(name)
    if _told(endpoint) != before:
        endpoint.save(update_fields=["url", "types", "name"])
        record("webhook.changed", endpoint, actor, as_of, before=before, after=_told(endpoint))
    return endpoint


def _told(endpoint: WebhookEndpoint) -> dict[str, Any]:
    return {"url": endpoint.url, "types": endpoint.types, "name": endpoint.name}


def _checked_url(url: str) -> str:
    url = url.strip()
    try:
        public_addresses.parse(url)
    except public_addresses.BadAddress:
        raise BadInput(
            _(
                "Enter the address of a public server that begins with https://, without a name or password in it, at port 443 or "
                "one above 1023."
            ),
            field="url",
        ) from None
    return url


def checked_types(types: Sequence[str]) -> list[str]:
    """``types`` without doubles. Refuses the first that is neither a type nor a beginning of one that ends in a dot."""
    for one in types:
        if one not in TYPES and not (one.endswith(".") and any(known.startswith(one) for known in TYPES)):
            raise BadInput(_("There is no event type “%(type)s”.") % {"type": one[:60]}, field="types")
    return list(dict.fromkeys(types))


def _checked_name(name: str) -> str:
    name = name.strip()
    if len(name) > LONGEST_NAME:
        raise BadInput(_("Enter a name of at most %(count)s characters.") % {"count": LONGEST_NAME}, field="name")
    return name


# --- Secrets -------------------------------------------------------------------------------------------------------------


def new_secret() -> str:
    """A signing secret of 32 random bytes, as the specification writes it."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


@transaction.atomic
def rotate_secret(*, endpoint: WebhookEndpoint, as_of: datetime, actor: str) -> tuple[WebhookEndpoint, str]:
    """A new secret, returned to be shown once; the one before signs as well for 24 hours, and any before that no more."""
    endpoint, secret = locked(endpoint), new_secret()
    endpoint.old_secret = endpoint.secret
    endpoint.old_secret_until = as_of + OLD_SECRET_LASTS
    endpoint.secret = encryption.seal(secret)
    endpoint.save(update_fields=["secret", "old_secret", "old_secret_until"])
    record("webhook.secret_rotated", endpoint, actor, as_of)
    return endpoint, secret


def secrets_of(endpoint: WebhookEndpoint, at: datetime) -> list[str]:
    """The plain secrets that sign at ``at``, the newest first. Refuses (`secret_unreadable`) where the newest cannot be read."""
    found = [encryption.unseal(endpoint.secret)]
    if endpoint.old_secret and endpoint.old_secret_until is not None and at < endpoint.old_secret_until:
        found.append(encryption.unseal(endpoint.old_secret))
    return found


def keep_secrets(*, as_of: datetime) -> None:
    """Forgets secrets that sign no more and seals by today's key what is plain or sealed by one of before."""
    WebhookEndpoint.objects.filter(old_secret_until__lte=as_of).update(old_secret="", old_secret_until=None)
    for endpoint in WebhookEndpoint.objects.only("secret", "old_secret"):
        for name in ("secret", "old_secret"):
            stored = getattr(endpoint, name)
            if stored and not encryption.is_current(stored):
                _seal_again(endpoint, name, stored)


def _seal_again(endpoint: WebhookEndpoint, name: str, stored: str) -> None:
    try:
        sealed = encryption.seal(encryption.unseal(stored))
    except BillingError:
        return  # nobody can read it; sending says so at every attempt
    WebhookEndpoint.objects.filter(pk=endpoint.pk, **{name: stored}).update(**{name: sealed})


# --- Whether anything goes there -----------------------------------------------------------------------------------------


@transaction.atomic
def pause(*, endpoint: WebhookEndpoint, as_of: datetime, actor: str, reason: str = "") -> WebhookEndpoint:
    """Lets deliveries wait until it goes on: none is lost."""
    endpoint = locked(endpoint)
    if endpoint.paused_at is None:
        endpoint.paused_at = as_of
        endpoint.save(update_fields=["paused_at"])
        record("webhook.paused", endpoint, actor, as_of, reason=reason)
    return endpoint


@transaction.atomic
def go_on(*, endpoint: WebhookEndpoint, as_of: datetime, actor: str) -> WebhookEndpoint:
    """Sends again; what waited goes out with the next run, in order."""
    endpoint = locked(endpoint)
    if endpoint.paused_at is not None:
        endpoint.paused_at = None
        endpoint.save(update_fields=["paused_at"])
        record("webhook.resumed", endpoint, actor, as_of)
    return endpoint


@transaction.atomic
def disable(*, endpoint: WebhookEndpoint, as_of: datetime, actor: str, reason: str) -> WebhookEndpoint:
    """Sends nothing to it any more; what was waiting is given up. Refuses without a reason."""
    if not reason.strip():
        raise BadInput(_("Say why nothing is sent there any more."), field="reason", rule="D15")
    endpoint = locked(endpoint)
    if endpoint.disabled_at is None:
        endpoint.disabled_at, endpoint.disabled_reason = as_of, reason[:200]
        endpoint.save(update_fields=["disabled_at", "disabled_reason"])
        give_up_waiting(endpoint, reason)
        record("webhook.disabled", endpoint, actor, as_of, reason=reason)
    return endpoint


@transaction.atomic
def enable(*, endpoint: WebhookEndpoint, as_of: datetime, actor: str) -> WebhookEndpoint:
    """Sends events of from now on; what was given up stays so until it is asked for again."""
    endpoint = locked(endpoint)
    if endpoint.disabled_at is not None:
        # An event that was being written as it was switched off may have left one waiting.
        give_up_waiting(endpoint, endpoint.disabled_reason)
        endpoint.disabled_at, endpoint.disabled_reason = None, ""
        endpoint.save(update_fields=["disabled_at", "disabled_reason"])
        record("webhook.enabled", endpoint, actor, as_of)
    return endpoint


def give_up_waiting(endpoint: WebhookEndpoint, reason: str) -> None:
    waiting = WebhookDelivery.objects.filter(endpoint=endpoint, state=State.WAITING)
    waiting.update(state=State.FAILED, last_error=reason[:500])


def locked(endpoint: WebhookEndpoint) -> WebhookEndpoint:
    """The endpoint as it is now, its row locked."""
    return WebhookEndpoint.objects.select_for_update(of=("self",)).select_related("customer").get(pk=endpoint.pk)


def record(action: str, endpoint: WebhookEndpoint, actor: str, at: datetime, **more: Any) -> None:
    """Keeps who did what to the endpoint (D15)."""
    audit.record(actor=actor, action=action, target=endpoint, at=at, customer=endpoint.customer, **more)


def heard_by(product: int | None, customer: int | None) -> Q:
    """The endpoints that may hear of an event of an instance of ``product`` (None: of no instance) and ``customer``."""
    mine = Q(product=None) if product is None else Q(product=None) | Q(product=product)
    return mine & (Q(customer=None) if customer is None else Q(customer=None) | Q(customer=customer))
