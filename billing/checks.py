"""System checks: what would make the books unsafe is said before anything starts."""

from typing import Any

from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import connections
from django.db.utils import OperationalError

from billing import triggers
from billing.documents.pango import missing_pango
from billing.notices.recipients import channels


@register(Tags.database)
def triggers_are_in_place(app_configs: Any = None, databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """billing.W001: a guard of the ledger or of issued documents is missing from the database.

    A warning, since `migrate` runs this first and would not get to putting the guards back; `check_books` fails on it.
    """
    found: list[CheckMessage] = []
    for alias in databases or []:
        connection = connections[alias]
        try:
            tables = set(connection.introspection.table_names())
        except OperationalError:
            continue
        if "billing_posting" in tables and (gone := triggers.missing(connection)):
            found.append(
                Warning(
                    f"The database lacks {len(gone)} of its guards: {', '.join(gone)}.",
                    hint="Run `manage.py migrate`: it puts every trigger back.",
                    id="billing.W001",
                )
            )
    return found


@register()
def documents_can_be_rendered(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """billing.W002: the library that lays out PDFs is not on this machine; found out without loading it."""
    sentence = missing_pango()
    return (
        [Warning("Invoices cannot be rendered on this machine.", hint=sentence, id="billing.W002")] if sentence else []
    )


@register()
def messages_can_be_sent(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """billing.W003: an address of MESSAGE_URLS leads nowhere; its name is said, never the address, which holds secrets."""
    return [
        Warning(
            f"No message can be sent through {name!r}: MESSAGE_URLS has no address there that apprise can read.",
            hint="Write name=service://…/{to}, with {to}, {digits} or {handle} where the recipient stands.",
            id="billing.W003",
        )
        for name in channels.unreadable()
    ]
