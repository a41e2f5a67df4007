"""System checks: what would make the books unsafe is said before anything starts."""

from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections
from django.db.utils import OperationalError

from billing import triggers


@register(Tags.database)
def triggers_are_in_place(app_configs: Any = None, databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """billing.E001: a guard of the ledger or of issued documents is missing from the database."""
    found: list[CheckMessage] = []
    for alias in databases or []:
        connection = connections[alias]
        try:
            tables = set(connection.introspection.table_names())
        except OperationalError:
            continue
        if "billing_posting" in tables and (gone := triggers.missing(connection)):
            found.append(
                Error(
                    f"The database lacks {len(gone)} of its guards: {', '.join(gone)}.",
                    hint="Run `manage.py migrate`: it puts every trigger back.",
                    id="billing.E001",
                )
            )
    return found
