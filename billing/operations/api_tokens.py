"""API tokens: created, shown once, authenticated, revoked; in real time, whatever a sandbox's clock says."""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.ids import new_id
from accounts.models import Instance
from billing.errors import BadInput
from billing.models import ApiToken
from billing.operations import audit

PREFIX = "bp_"
SECRET_BYTES = 32  # 43 characters of base64: 256 bits, so that a fast hash is enough
# A use is noted this often at most: a token that asks ten times a second must not write ten times a second.
USE_RECORDED_EVERY = timedelta(seconds=60)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


# What an unknown id is compared with, so that the answer takes as long as that to a known one.
UNKNOWN_DIGEST = _digest("")


@transaction.atomic
def create_token(
    *, scope: str, at: datetime, actor: str, instance: Instance | None = None, label: str = ""
) -> tuple[ApiToken, str]:
    """Creates a token and returns it with its secret ``bp_<id>_<43 characters>``, which is stored only as a hash.

    ``scope`` is one of `ApiToken.Scope`: an instance's token names its ``instance``, an operator's none (`BadInput`).
    ``at`` is real time.
    """
    if (scope == ApiToken.Scope.INSTANCE) != (instance is not None):
        raise BadInput(_("A token of an instance names its instance, a token of the operator none."), field="instance")
    public_id = new_id("", 12).removeprefix("_")
    secret = f"{PREFIX}{public_id}_{secrets.token_urlsafe(SECRET_BYTES)}"
    token = ApiToken.objects.create(
        public_id=public_id, secret_sha256=_digest(secret), scope=scope, instance=instance, label=label, created_at=at
    )
    audit.record(
        actor=actor,
        action="token.created",
        target=token,
        at=at,
        customer=instance.customer if instance else None,
        after={"id": public_id, "scope": str(scope)},
    )
    return token, secret


@transaction.atomic
def revoke_token(*, token: ApiToken, at: datetime, actor: str) -> None:
    """Ends ``token`` at once and for good; repeating it changes nothing. ``at`` is real time."""
    if ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=at, revoked_by=actor):
        audit.record(
            actor=actor,
            action="token.revoked",
            target=token,
            at=at,
            customer=token.instance.customer if token.instance else None,
            after={"id": token.public_id},
        )


def authenticate(*, secret: str, at: datetime) -> ApiToken | None:
    """Finds the token of ``secret`` and records its use; None for an unknown, wrong or revoked one. ``at`` is real time."""
    public_id = secret.removeprefix(PREFIX).partition("_")[0]
    is_well_formed = secret.startswith(PREFIX) and public_id.isalnum() and public_id.isascii()
    token = ApiToken.objects.filter(public_id=public_id, revoked_at=None).first() if is_well_formed else None
    is_right = hmac.compare_digest(_digest(secret), token.secret_sha256 if token else UNKNOWN_DIGEST)
    if token is None or not is_right:
        return None
    if token.last_used_at is None or token.last_used_at <= at - USE_RECORDED_EVERY:
        is_outdated = Q(last_used_at=None) | Q(last_used_at__lte=at - USE_RECORDED_EVERY)
        ApiToken.objects.filter(is_outdated, pk=token.pk).update(last_used_at=at)
    return token
