"""The secret key signs sessions, links and queued jobs: an installation that bills people refuses a guessable one."""

import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

SHORTEST = 32
HOW_TO_MAKE_ONE = 'Make one with: python3 -c "import secrets; print(secrets.token_urlsafe(50))"'


def read_secret_key(value: str, *, sandbox: bool, path: Path) -> str:
    """Returns the key to run on: ``value`` of the setting or, in the sandbox without one, its own from ``path``.

    Raises ImproperlyConfigured outside the sandbox where the setting is empty or shorter than `SHORTEST`.
    """
    if sandbox:
        return value or _read_sandbox_key(path)
    if not value:
        raise ImproperlyConfigured(
            "SECRET_KEY is not set: set it in the environment or in .env, or set BILLING_SANDBOX=true to try Saldo out. "
            + HOW_TO_MAKE_ONE
        )
    if len(value) < SHORTEST:
        raise ImproperlyConfigured(
            f"SECRET_KEY has {len(value)} characters and needs at least {SHORTEST}. {HOW_TO_MAKE_ONE}"
        )
    return value


def _read_sandbox_key(path: Path) -> str:
    """Returns the sandbox's own key, generated into ``path`` at its first start so that sessions survive a restart."""
    if not path.exists():
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(50))
        try:
            os.link(draft, path)  # the first of several starting processes wins, the others read its key
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text(encoding="ascii").strip()
