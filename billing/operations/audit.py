"""The record of who did what and why (D15), written in the transaction of the act."""

from datetime import datetime
from typing import Any

from accounts.models import Customer
from billing import request_ids
from billing.models import AuditRecord


def record(
    *,
    actor: str,
    action: str,
    target: object,
    at: datetime,
    customer: Customer | None = None,
    reason: str = "",
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> AuditRecord:
    """Records that ``actor`` did ``action`` to ``target`` (a model instance) at ``at``; before and after are JSON values."""
    return AuditRecord.objects.create(
        at=at,
        actor=actor,
        action=action,
        object_type=type(target).__name__,
        object_id=str(target),
        customer=customer,
        reason=reason,
        before=before or {},
        after=after or {},
        request_id=request_ids.current_id(),
    )
