"""The health of the job cluster, for the health page, the watchdog and whoever is on duty."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from billing import clock
from billing.models import Heartbeat, JobRun
from billing.operations.jobs import MOST_ATTEMPTS

# A cluster that has not worked off a nudge for this long is taken for dead: schedules tick every 30 to 60 seconds.
LATEST_BEAT = timedelta(seconds=180)
# Runs start every minute and are killed after two: where none has come to its end for this long, none can.
LATEST_END = timedelta(minutes=10)
# The kind under which the step that ended a run is kept, and the part that shows since when runs have not come to their end.
RUN, UNENDED = "run", "run_unended"


@dataclass(frozen=True)
class RunFailure:
    """Why what is due is not done: ``step`` is where the last run stopped at ``at``, empty where runs end without a word."""

    step: str
    at: datetime


@dataclass(frozen=True)
class Health:
    """``cluster_seconds``: real seconds since the cluster last worked, None if never; ``given_up``: work nobody retries;
    ``run_failure``: None while runs come to their end."""

    cluster_seconds: int | None
    is_alive: bool
    given_up: int
    run_failure: RunFailure | None = None


def record_beat(name: str) -> None:
    """Records that the process ``name`` is alive, in real time: a sandbox's clock stands still."""
    Heartbeat.objects.update_or_create(name=name, defaults={"beat_at": clock.real_now()})


def record_run_start() -> None:
    """Records that a run begins; the first of several that do not come to their end is remembered."""
    record_beat("run_billing")
    Heartbeat.objects.get_or_create(name=UNENDED, defaults={"beat_at": clock.real_now()})


def record_run_end() -> None:
    """Records that a run came to its end."""
    Heartbeat.objects.filter(name=UNENDED).delete()


def _read_run_failure(beats: dict[str, datetime]) -> RunFailure | None:
    if (failed := JobRun.objects.filter(kind=RUN).first()) is not None:
        return RunFailure(step=failed.key, at=failed.started_at)
    unended = beats.get(UNENDED)
    if unended is not None and clock.real_now() - unended > LATEST_END:
        return RunFailure(step="", at=unended)
    return None


def read_health() -> Health:
    """Reads the health of the job cluster and of the run at this real instant."""
    beats = dict(Heartbeat.objects.values_list("name", "beat_at"))
    last = beats.get("cluster")
    age = clock.real_now() - last if last else None
    return Health(
        cluster_seconds=int(age.total_seconds()) if age is not None else None,
        is_alive=age is not None and age <= LATEST_BEAT,
        given_up=JobRun.objects.filter(attempts__gte=MOST_ATTEMPTS).count(),
        run_failure=_read_run_failure(beats),
    )
