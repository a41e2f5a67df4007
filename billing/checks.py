"""System checks: warn before anything starts of what would make the books or the documents unsafe."""

from typing import Any

from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import connections
from django.db.utils import OperationalError

from billing import triggers
from billing.documents.pango import missing_pango
from billing.notices.recipients import channels


@register(Tags.database)
def triggers_are_in_place(app_configs: Any = None, databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Warns that triggers of the ledger or of issued documents are missing from the database (billing.W001).

    Not an error, since `migrate` runs the checks first and could then not put the triggers back; `check_books` fails on it.
    """
    warnings: list[CheckMessage] = []
    for alias in databases or []:
        connection = connections[alias]
        try:
            tables = set(connection.introspection.table_names())
        except OperationalError:
            continue
        if "billing_posting" in tables and (missing_triggers := triggers.list_missing(connection)):
            warnings.append(
                Warning(
                    f"The database lacks {len(missing_triggers)} of its guards: {', '.join(missing_triggers)}.",
                    hint="Run `manage.py migrate`: it puts every trigger back.",
                    id="billing.W001",
                )
            )
    return warnings


@register()
def documents_can_be_rendered(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Warns that the library that lays out PDFs is not installed, without loading it (billing.W002)."""
    sentence = missing_pango()
    return (
        [Warning("Invoices cannot be rendered on this machine.", hint=sentence, id="billing.W002")] if sentence else []
    )


@register()
def messages_can_be_sent(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Warns of an unusable address in MESSAGE_URLS by its name, never its value, which holds secrets (billing.W003)."""
    return [
        Warning(
            f"No message can be sent through {name!r}: MESSAGE_URLS has no address there that apprise can read.",
            hint="Write name=service://…/{to}, with {to}, {digits} or {handle} where the recipient stands.",
            id="billing.W003",
        )
        for name in channels.find_unusable()
    ]
