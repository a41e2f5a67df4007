"""External ids, by which the caller's own system names a payment, an adjustment or a credit note: none is posted twice.

The id is a part of the ledger's unique key, so the database guarantees it; the account's lock lets a parallel request find the
entry of the first.
"""

from django.utils.translation import gettext_lazy as _

from billing.errors import BillingError
from billing.models import Entry


def fact_key(kind: str, owner: str, own_id: object, external_id: str) -> str:
    """Returns the ledger's key of a fact: by ``external_id`` among the ``owner``'s (an account, an invoice), else by its ``own_id`` id."""
    return f"{kind}:{owner}:ext:{external_id}" if external_id else f"{kind}:{own_id}"


def find_entry(kind: str, owner: str, external_id: str) -> Entry | None:
    """Finds the entry posted under ``external_id``; the caller holds the account's lock."""
    if not external_id:
        return None
    fact = fact_key(kind, owner, "", external_id)
    return Entry.objects.filter(key__in=[fact, f"charge:{fact}"]).first()  # a claim is posted as a charge


def taken_error(external_id: str, **existing: str) -> BillingError:
    """Builds the refusal of an id that names something else already; ``existing`` says what."""
    return BillingError(
        _("The external_id “%(id)s” names another one already: send a new id, or the first content again.")
        % {"id": external_id},
        code="external_id_taken",
        extra=dict(existing),
    )
