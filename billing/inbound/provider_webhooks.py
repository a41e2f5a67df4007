"""The webhook of every payment provider: ``/webhooks/<provider>/``, by its code in the registry.

The provider's gateway authenticates the report; `operations.collection` carries out its effect. A provider never repeats what
was answered 200, so it gets 200 only once the effect is committed; 503 makes it report again later.
"""

import logging

from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseForbidden
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from billing import clock
from billing.gateways.base import Forbidden, Provider
from billing.gateways.registry import providers
from billing.operations.collection import provider_reports

logger = logging.getLogger(__name__)


@csrf_exempt
@require_POST
def receive_webhook(request: HttpRequest, provider: str) -> HttpResponse:
    """Receives a provider's report: 200 once its effect is committed, 403 where it is not the provider, 404 where this
    installation has no such provider, 503 where the effect could not be written now."""
    sender = providers().get(provider)
    if sender is None:
        raise Http404
    try:
        apply_report(sender, request)
    except Forbidden:
        return HttpResponseForbidden("forbidden", content_type="text/plain")
    except SuspiciousOperation:  # a body that is too large, say: Django answers 400, and repeating it would not help
        raise
    except Exception:  # the last resort: whatever failed, the provider must report again
        logger.exception("A report of the provider %s was not taken; it is asked to repeat it", provider)
        return HttpResponse("try again later", content_type="text/plain", status=503, headers={"Retry-After": "60"})
    return HttpResponse("ok", content_type="text/plain")


def apply_report(provider: Provider, request: HttpRequest) -> int:
    """Commits the effect of an authentic report; returns how many of its events concern rows of this installation. Raises
    `Forbidden` for one that is not authentic."""
    return provider_reports.process_messages(
        provider=provider.code, messages=provider.webhook(request), as_of=clock.now()
    )
