"""The health check of a watchdog or a load balancer; it shows no data of the installation."""

import logging

from django.db import DatabaseError
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from billing.operations.health import read_health

logger = logging.getLogger("billing")


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """Answers 200 while web and database work, 503 where the database does not answer.

    ``cluster`` says whether the jobs run: ``fresh``, ``stale`` or ``never``; without them nothing is lost, only late (D3).
    ``run`` and ``status`` are ``failing`` while runs do not come to their end: to start anything anew would not help.
    """
    try:
        report = read_health()
    except DatabaseError:
        logger.exception("the database does not answer the health page")
        return JsonResponse({"status": "unavailable", "database": False}, status=503)
    cluster = "never" if report.cluster_seconds is None else "fresh" if report.is_alive else "stale"
    run = "failing" if report.run_failure is not None else "ok"
    return JsonResponse(
        {"status": run, "database": True, "cluster": cluster, "cluster_heartbeat_fresh": report.is_alive, "run": run}
    )
