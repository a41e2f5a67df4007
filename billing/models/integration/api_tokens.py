from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Instance


class ApiToken(models.Model):
    """A key to the API, shown once and kept as a hash: 43 random characters need no slow one."""

    class Scope(models.TextChoices):
        OPERATOR = "operator", _("operator: everything")
        INSTANCE = "instance", _("instance: its own only")

    # The part of the key that is shown and looked up; staff and owners name the token by it.
    public_id = models.CharField(_("id"), max_length=16, unique=True, editable=False)
    # Written once: the secret itself is shown at the creation and never kept.
    secret_sha256 = models.CharField(max_length=64, editable=False)
    # Written once: what its calls may reach; with the scope “instance” that one alone.
    scope = models.CharField(_("scope"), max_length=10, choices=Scope.choices)
    instance = models.ForeignKey(
        Instance, models.PROTECT, related_name="tokens", verbose_name=_("instance"), null=True, blank=True
    )
    # Typed by whoever made it; it is the actor's name in the audit ("api:" and the label).
    label = models.CharField(_("label"), max_length=100, blank=True)
    created_at = models.DateTimeField(_("created"))
    # Written by the calls it opens, at most every so often; staff see which tokens sleep.
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)
    # Written where somebody revokes it, also while handing the instance over; it opens nothing from then on.
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    revoked_by = models.CharField(_("revoked by"), max_length=200, blank=True)

    objects: ClassVar[models.Manager["ApiToken"]] = models.Manager()

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(scope="operator", instance=None)
                | models.Q(scope="instance", instance__isnull=False),
                name="instance_token_names_its_instance",
            )
        ]

    def __str__(self) -> str:
        return self.label or self.public_id


class IdempotencyRecord(models.Model):
    """The first answer to a write that carried an Idempotency-Key, to be given again for the same key."""

    token = models.ForeignKey(ApiToken, models.CASCADE, related_name="+")
    # The caller's own key; written before the act, so that a parallel call with it waits and gets the same answer.
    key = models.CharField(max_length=255)
    # Of the first request with the key: another body under the same key is refused.
    request_sha256 = models.CharField(max_length=64)
    # The HTTP status of the first answer, written with its body.
    status = models.PositiveSmallIntegerField(default=0)
    # Empty until the first call has been answered.
    body = models.TextField(blank=True)
    # In real time; later calls remove what is older than a week by it.
    created_at = models.DateTimeField()

    objects: ClassVar[models.Manager["IdempotencyRecord"]] = models.Manager()

    class Meta:
        verbose_name = _("remembered answer")
        verbose_name_plural = _("remembered answers")
        constraints = [models.UniqueConstraint(fields=["token", "key"], name="one_answer_per_idempotency_key")]
        indexes = [models.Index(fields=["created_at"], name="remembered_answer_by_age")]

    def __str__(self) -> str:
        return self.key


class RateWindow(models.Model):
    """The number of calls a token made in one minute of real time."""

    token = models.ForeignKey(ApiToken, models.CASCADE, related_name="+")
    # The minute's beginning, in real time; windows that are over are removed by later calls.
    minute = models.DateTimeField()
    # Counted up by every call; above the limit the call is answered 429.
    calls = models.PositiveIntegerField(default=0)

    objects: ClassVar[models.Manager["RateWindow"]] = models.Manager()

    class Meta:
        verbose_name = _("rate window")
        verbose_name_plural = _("rate windows")
        constraints = [models.UniqueConstraint(fields=["token", "minute"], name="one_rate_window_per_minute")]

    def __str__(self) -> str:
        return f"{self.token_id} {self.minute:%H:%M}"
