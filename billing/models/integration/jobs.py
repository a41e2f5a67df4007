from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class JobRun(models.Model):
    """One piece of work that is under way or failed; done, its row is gone. Attempts are counted before the work, so that
    work which kills its worker stops after a few starts, visible, while the rest goes on (G9)."""

    # What is done and for which row (a close of an account's month, a rendering): written before the start, unique
    # together.
    kind = models.CharField(_("kind"), max_length=40)
    key = models.CharField(_("what"), max_length=200)
    # Counted up before the work starts, so that work which kills its worker is seen.
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    # Written at each start; staff see since when a piece of work is under way.
    started_at = models.DateTimeField(_("last started"))
    # Written after a failure; the run passes over it until then, and staff may bring it forward.
    next_attempt_at = models.DateTimeField(_("next attempt"))
    # The traceback of the last failure; shown to staff.
    last_error = models.TextField(_("error"), blank=True)

    objects: ClassVar[models.Manager["JobRun"]] = models.Manager()

    class Meta:
        verbose_name = _("piece of work")
        verbose_name_plural = _("work set aside")
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["kind", "key"], name="one_run_per_piece_of_work")]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class Heartbeat(models.Model):
    """The real time at which a part of the machinery last showed that it is alive."""

    # The run of billing, the cluster of workers, or the proof of the books.
    name = models.CharField(_("part"), max_length=40, primary_key=True)
    # Written by each part at work, in real time; read by the health check.
    beat_at = models.DateTimeField(_("last seen"))

    objects: ClassVar[models.Manager["Heartbeat"]] = models.Manager()

    class Meta:
        verbose_name = _("heartbeat")
        verbose_name_plural = _("heartbeats")

    def __str__(self) -> str:
        return self.name
