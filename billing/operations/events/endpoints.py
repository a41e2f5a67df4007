"""Webhook endpoints of products and customers (E9): added, changed, paused, disabled, and their secrets."""

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
    """Adds an endpoint that gets events from now on; returns it and its secret, which is to be shown once.

    ``types`` are types of events, or beginnings of such that end in a dot; none: all. Refuses an address that is no web
    address, outside the sandbox also one without https or inside the own network, and a type that does not exist.
    """
    secret = new_secret()
    endpoint = WebhookEndpoint.objects.create(
        url=_check_url(url),
        product=product,
        customer=customer,
        types=check_types(types),
        name=_check_name(name),
        secret=encryption.seal(secret),
        created_at=as_of,
        created_by=actor,
    )
    record_act("webhook.added", endpoint, actor, as_of, after=_audited_fields(endpoint))
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
    """Changes address, types or name of ``endpoint``; None leaves what is. What already waits goes to the new address."""
    endpoint = lock_endpoint(endpoint)
    before = _audited_fields(endpoint)
    if url is not None:
        endpoint.url = _check_url(url)
    if types is not None:
        endpoint.types = check_types(types)
    if name is not None:
        endpoint.name = _check_name(name)
    if _audited_fields(endpoint) != before:
        endpoint.save(update_fields=["url", "types", "name"])
        record_act("webhook.changed", endpoint, actor, as_of, before=before, after=_audited_fields(endpoint))
    return endpoint


def _audited_fields(endpoint: WebhookEndpoint) -> dict[str, Any]:
    return {"url": endpoint.url, "types": endpoint.types, "name": endpoint.name}


def _check_url(url: str) -> str:
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


def check_types(types: Sequence[str]) -> list[str]:
    """Returns ``types`` without doubles. Refuses the first that is neither a type nor a prefix of one that ends in a dot."""
    for type_ in types:
        if type_ not in TYPES and not (type_.endswith(".") and any(existing.startswith(type_) for existing in TYPES)):
            raise BadInput(_("There is no event type “%(type)s”.") % {"type": type_[:60]}, field="types")
    return list(dict.fromkeys(types))


def _check_name(name: str) -> str:
    name = name.strip()
    if len(name) > LONGEST_NAME:
        raise BadInput(_("Enter a name of at most %(count)s characters.") % {"count": LONGEST_NAME}, field="name")
    return name


# --- Secrets -------------------------------------------------------------------------------------------------------------


def new_secret() -> str:
    """Makes a signing secret of 32 random bytes, as the specification writes it."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


@transaction.atomic
def rotate_secret(*, endpoint: WebhookEndpoint, as_of: datetime, actor: str) -> tuple[WebhookEndpoint, str]:
    """Replaces the secret of ``endpoint`` and returns the new one, to be shown once; the old one signs as well for 24 hours,
    and any before that no more."""
    endpoint, secret = lock_endpoint(endpoint), new_secret()
    endpoint.old_secret = endpoint.secret
    endpoint.old_secret_until = as_of + OLD_SECRET_LASTS
    endpoint.secret = encryption.seal(secret)
    endpoint.save(update_fields=["secret", "old_secret", "old_secret_until"])
    record_act("webhook.secret_rotated", endpoint, actor, as_of)
    return endpoint, secret


def secrets_of(endpoint: WebhookEndpoint, at: datetime) -> list[str]:
    """Decrypts the secrets that sign at ``at``, the newest first. Refuses (`secret_unreadable`) where one cannot be read."""
    plain_secrets = [encryption.unseal(endpoint.secret)]
    if endpoint.old_secret and endpoint.old_secret_until is not None and at < endpoint.old_secret_until:
        plain_secrets.append(encryption.unseal(endpoint.old_secret))
    return plain_secrets


def maintain_secrets(*, as_of: datetime) -> None:
    """Deletes secrets that sign no more and encrypts with today's key what is plain or encrypted with an earlier one."""
    WebhookEndpoint.objects.filter(old_secret_until__lte=as_of).update(old_secret="", old_secret_until=None)
    for endpoint in WebhookEndpoint.objects.only("secret", "old_secret"):
        for name in ("secret", "old_secret"):
            stored = getattr(endpoint, name)
            if stored and not encryption.is_current(stored):
                _reseal(endpoint, name, stored)


def _reseal(endpoint: WebhookEndpoint, name: str, stored: str) -> None:
    try:
        sealed = encryption.seal(encryption.unseal(stored))
    except BillingError:
        return  # nobody can read it; sending says so at every attempt
    WebhookEndpoint.objects.filter(pk=endpoint.pk, **{name: stored}).update(**{name: sealed})


# --- Whether anything goes there -----------------------------------------------------------------------------------------


@transaction.atomic
def pause_endpoint(*, endpoint: WebhookEndpoint, as_of: datetime, actor: str, reason: str = "") -> WebhookEndpoint:
    """Pauses ``endpoint``: its deliveries wait until it is resumed, and none is lost."""
    endpoint = lock_endpoint(endpoint)
    if endpoint.paused_at is None:
        endpoint.paused_at = as_of
        endpoint.save(update_fields=["paused_at"])
        record_act("webhook.paused", endpoint, actor, as_of, reason=reason)
    return endpoint


@transaction.atomic
def resume_endpoint(*, endpoint: WebhookEndpoint, as_of: datetime, actor: str) -> WebhookEndpoint:
    """Resumes ``endpoint``: what waited goes out with the next run, in order."""
    endpoint = lock_endpoint(endpoint)
    if endpoint.paused_at is not None:
        endpoint.paused_at = None
        endpoint.save(update_fields=["paused_at"])
        record_act("webhook.resumed", endpoint, actor, as_of)
    return endpoint


@transaction.atomic
def disable_endpoint(*, endpoint: WebhookEndpoint, as_of: datetime, actor: str, reason: str) -> WebhookEndpoint:
    """Disables ``endpoint``: nothing is sent to it any more, and what was waiting is given up. Refuses without a reason."""
    if not reason.strip():
        raise BadInput(_("Say why nothing is sent there any more."), field="reason", rule="D15")
    endpoint = lock_endpoint(endpoint)
    if endpoint.disabled_at is None:
        endpoint.disabled_at, endpoint.disabled_reason = as_of, reason[:200]
        endpoint.save(update_fields=["disabled_at", "disabled_reason"])
        give_up_deliveries(endpoint, reason)
        record_act("webhook.disabled", endpoint, actor, as_of, reason=reason)
    return endpoint


@transaction.atomic
def enable_endpoint(*, endpoint: WebhookEndpoint, as_of: datetime, actor: str) -> WebhookEndpoint:
    """Enables ``endpoint`` for events from now on; what was given up stays so until it is replayed."""
    endpoint = lock_endpoint(endpoint)
    if endpoint.disabled_at is not None:
        # An event that was being written as it was switched off may have left one waiting.
        give_up_deliveries(endpoint, endpoint.disabled_reason)
        endpoint.disabled_at, endpoint.disabled_reason = None, ""
        endpoint.save(update_fields=["disabled_at", "disabled_reason"])
        record_act("webhook.enabled", endpoint, actor, as_of)
    return endpoint


def give_up_deliveries(endpoint: WebhookEndpoint, reason: str) -> None:
    waiting = WebhookDelivery.objects.filter(endpoint=endpoint, state=State.WAITING)
    waiting.update(state=State.FAILED, last_error=reason[:500])


def lock_endpoint(endpoint: WebhookEndpoint) -> WebhookEndpoint:
    """Locks the row of ``endpoint`` and reads it again."""
    return WebhookEndpoint.objects.select_for_update(of=("self",)).select_related("customer").get(pk=endpoint.pk)


def record_act(action: str, endpoint: WebhookEndpoint, actor: str, at: datetime, **more: Any) -> None:
    """Records who did what to the endpoint (D15)."""
    audit.record(actor=actor, action=action, target=endpoint, at=at, customer=endpoint.customer, **more)


def may_hear(product: int | None, customer: int | None) -> Q:
    """Returns the condition for endpoints that may get an event of an instance of ``product`` (None: of no instance) and
    ``customer``."""
    of_product = Q(product=None) if product is None else Q(product=None) | Q(product=product)
    return of_product & (Q(customer=None) if customer is None else Q(customer=None) | Q(customer=customer))
