"""The address at which every payment provider reports: ``/webhooks/<provider>/``, by its code in the registry.

The provider's own module proves that the report is authentic; what it means is done by `operations.collection`. A provider
takes 200 for "never say it again", so it hears 200 only once the effect is committed; 503 makes it report again later.
"""

import logging

from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseForbidden
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from billing import clock
from billing.gateways.base import Forbidden, Provider
from billing.gateways.registry import providers
from billing.operations.collection import provider_webhooks

logger = logging.getLogger(__name__)


@csrf_exempt
@require_POST
def receive_webhook(request: HttpRequest, provider: str) -> HttpResponse:
    """A provider reports what happened: 200 once its effect is committed, 403 where it is not the provider, 404 where this
    installation has no such provider, 503 where the effect could not be written now."""
    sender = providers().get(provider)
    if sender is None:
        raise Http404
    try:
        take_report(sender, request)
    except Forbidden:
        return HttpResponseForbidden("forbidden", content_type="text/plain")
    except SuspiciousOperation:  # too large a body, say: Django answers 400, and repeating it would not help
        raise
    except Exception:  # the last resort: whatever it was, the report must come again
        logger.exception("A report of the provider %s was not taken; it is asked to repeat it", provider)
        return HttpResponse("try again later", content_type="text/plain", status=503, headers={"Retry-After": "60"})
    return HttpResponse("ok", content_type="text/plain")


def take_report(provider: Provider, request: HttpRequest) -> int:
    """Commits what an authentic report of ``provider`` means; returns how much of it is about something of ours. Raises
    Forbidden."""
    return provider_webhooks.process_messages(
        provider=provider.code, messages=provider.webhook(request), as_of=clock.now()
    )
