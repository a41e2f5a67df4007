"""The health of the job cluster, for the health page, the watchdog and whoever is on duty."""

from dataclasses import dataclass
from datetime import timedelta

from billing import clock
from billing.models import Heartbeat, JobRun
from billing.operations.jobs import MOST_ATTEMPTS

# A cluster that has not worked off a nudge for this long is taken for dead: schedules tick every 30 to 60 seconds.
LATEST_BEAT = timedelta(seconds=180)


@dataclass(frozen=True)
class Health:
    """``cluster_seconds``: real seconds since the cluster last worked, None if never; ``given_up``: work nobody retries."""

    cluster_seconds: int | None
    is_alive: bool
    given_up: int


def record_beat(name: str) -> None:
    """Records that the process ``name`` is alive, in real time: a sandbox's clock stands still."""
    Heartbeat.objects.update_or_create(name=name, defaults={"beat_at": clock.real_now()})


def read_health() -> Health:
    """Reads the health of the job cluster at this real instant."""
    last = Heartbeat.objects.filter(name="cluster").values_list("beat_at", flat=True).first()
    age = clock.real_now() - last if last else None
    return Health(
        cluster_seconds=int(age.total_seconds()) if age is not None else None,
        is_alive=age is not None and age <= LATEST_BEAT,
        given_up=JobRun.objects.filter(attempts__gte=MOST_ATTEMPTS).count(),
    )
