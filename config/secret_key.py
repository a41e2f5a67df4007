"""The key that signs sessions, links and queued jobs: an installation that bills people does not run on a guessable one."""

import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

SHORTEST = 32
HOW_TO_MAKE_ONE = 'Make one with: python3 -c "import secrets; print(secrets.token_urlsafe(50))"'


def read(given: str, *, sandbox: bool, kept_in: Path) -> str:
    """The key to run on: ``given``, or in the sandbox, where none is given, its own. Raises ImproperlyConfigured."""
    if sandbox:
        return given or of_the_sandbox(kept_in)
    if not given:
        raise ImproperlyConfigured(
            "SECRET_KEY is not set: set it in the environment or in .env, or set BILLING_SANDBOX=true to try Saldo out. "
            + HOW_TO_MAKE_ONE
        )
    if len(given) < SHORTEST:
        raise ImproperlyConfigured(
            f"SECRET_KEY has {len(given)} characters and needs at least {SHORTEST}. {HOW_TO_MAKE_ONE}"
        )
    return given


def of_the_sandbox(path: Path) -> str:
    """The sandbox's own key, made at its first start and kept in ``path``, so that sessions survive a restart."""
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
