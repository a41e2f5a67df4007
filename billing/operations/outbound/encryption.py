"""Secrets that we must be able to read again, sealed in the database: a copy of it alone signs nothing.

The key is derived from `SECRET_KEY`, and for reading also from each of `SECRET_KEY_FALLBACKS`. Values of before the sealing are
read as they stand and sealed at their next write.
"""

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from billing.errors import BillingError

# What the derived key is for: the same SECRET_KEY gives every purpose another one.
PURPOSE = b"saldo: secrets at rest, 1"
PLAIN = "whsec_"


def seal(plain: str) -> str:
    """Encrypts ``plain`` so that it may stand in the database."""
    return _derive_key(settings.SECRET_KEY).encrypt(plain.encode()).decode()


def unseal(stored: str) -> str:
    """Returns the secret that was sealed. Refuses (`secret_unreadable`) what none of the keys opens."""
    if stored.startswith(PLAIN):
        return stored
    keys = [_derive_key(key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]
    try:
        return MultiFernet(keys).decrypt(stored).decode()
    except InvalidToken:
        raise BillingError(
            _("The secret cannot be read: add the SECRET_KEY of before to SECRET_KEY_FALLBACKS, or make a new secret."),
            code="secret_unreadable",
        ) from None


def is_current(stored: str) -> bool:
    """Tells whether ``stored`` is sealed by today's key: what is not becomes unreadable when the fallbacks go."""
    if stored.startswith(PLAIN):
        return False
    try:
        _derive_key(settings.SECRET_KEY).decrypt(stored)
    except InvalidToken:
        return False
    return True


@lru_cache(maxsize=8)
def _derive_key(secret_key: str) -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(secret_key.encode())
    return Fernet(base64.urlsafe_b64encode(derived))
