"""A run that does not come to its end shows: on the health page, on the admin's home, among the work set aside (G9)."""

from datetime import timedelta
from unittest.mock import patch

import pytest
from django.db import OperationalError, ProgrammingError
from django.test import Client

from billing import clock, tasks
from billing.models import Heartbeat, JobRun
from billing.operations import health
from billing.operations.run import billing_run
from tests.support.people import at

NOON = at("2026-05-12 12:00")
PLACES = "billing.operations.run.billing_run.dispatch.send_due"


def page() -> tuple[str, str]:
    answer = Client().get("/healthz").json()
    return answer["status"], answer["run"]


def test_a_step_that_raises_ends_the_run_and_is_shown_until_a_run_ends_well(installation: None) -> None:
    """As where the database's role may not place events: the run failed every minute and nothing showed it."""
    assert page() == ("ok", "ok")
    with patch(PLACES, side_effect=ProgrammingError("permission denied for table billing_event")):
        for _minute in range(7):
            with pytest.raises(ProgrammingError):
                billing_run.run_due(as_of=NOON)
    failed = JobRun.objects.get(kind="run")
    assert (failed.key, failed.attempts, failed.started_at) == ("deliver", 1, NOON)
    assert "permission denied for table billing_event" in failed.last_error
    assert page() == ("failing", "failing")
    assert health.read_health().run_failure == health.RunFailure(step="deliver", at=NOON)
    billing_run.run_due(as_of=NOON)
    assert page() == ("ok", "ok")
    assert not JobRun.objects.exists()


def test_the_failure_of_a_lost_database_is_raised_as_it_is(installation: None) -> None:
    lost = OperationalError("the connection is lost")
    with (
        patch(PLACES, side_effect=lost),
        patch("billing.operations.jobs.JobRun.objects.update_or_create", side_effect=OperationalError("lost as well")),
        pytest.raises(OperationalError, match="the connection is lost"),
    ):
        billing_run.run_due(as_of=NOON)


def test_runs_that_are_killed_one_after_another_show_after_ten_minutes(installation: None) -> None:
    """The first that did not end counts, however many were begun since."""
    with patch("billing.tasks.billing_run.run_due", side_effect=SystemExit):
        for _minute in range(3):
            with pytest.raises(SystemExit):
                tasks.run_billing()
    assert page() == ("ok", "ok")
    unended = Heartbeat.objects.filter(name="run_unended")
    assert unended.update(beat_at=clock.real_now() - timedelta(minutes=11)) == 1
    with patch("billing.tasks.billing_run.run_due", side_effect=SystemExit), pytest.raises(SystemExit):
        tasks.run_billing()
    assert page() == ("failing", "failing")
    tasks.run_billing()
    assert (page(), unended.exists()) == (("ok", "ok"), False)
