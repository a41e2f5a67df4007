from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class NoticePreference(models.Model):
    """A person's choice of notices, ways and language; without a row they get everything, by email.

    It decides about this person alone: a customer's own billing addresses get the bills whatever anybody chose.
    """

    class Group(models.TextChoices):
        BILLS = "bills", _("bills, payments and access")
        REMINDERS = "reminders", pgettext_lazy("notices", "reminders")
        TRIAL = "trial", _("trial and renewal")
        CHANGES = "changes", pgettext_lazy("notices", "changes")
        PEOPLE = "people", pgettext_lazy("notices", "people")

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="notice_preference", verbose_name=_("user")
    )
    # The groups not wanted by email, and those wanted as messages too: a new group is mailed and not messaged.
    not_by_email = models.JSONField(_("not by email"), default=list, blank=True)
    by_message = models.JSONField(_("also as a message"), default=list, blank=True)
    # The service of MESSAGE_URLS that messages go through; empty: none.
    service = models.CharField(_("messages through"), max_length=30, blank=True)
    # E.164: a plus and digits.
    phone = models.CharField(_("phone"), max_length=16, blank=True)
    # For a messenger that knows people by something else than their phone.
    handle = models.CharField(_("name in the messenger"), max_length=64, blank=True)
    # Empty: the language of the customer whom the notice is about.
    locale = models.CharField(_("language"), max_length=2, blank=True, choices=[("ru", "Русский"), ("en", "English")])
    # Written with each change by the person (operations.customers.preferences).
    changed_at = models.DateTimeField(_("changed"))

    objects: ClassVar[models.Manager["NoticePreference"]] = models.Manager()

    class Meta:
        verbose_name = _("preferences for notices")
        verbose_name_plural = _("preferences for notices")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(phone="") | models.Q(phone__startswith="+"), name="phone_names_its_country"
            )
        ]

    def __str__(self) -> str:
        return str(self.user_id)
