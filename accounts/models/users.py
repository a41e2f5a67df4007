from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Creates a user who signs in with ``email``, stored in lower case since people type it either way."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Creates a user with every right in the installation."""
        return self.create_user(email, password, **{**fields, "is_staff": True, "is_superuser": True})

    def get_by_natural_key(self, username: str | None) -> "User":
        """Returns the user who signs in with ``username``, in any case. Raises User.DoesNotExist."""
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser, PermissionsMixin):
    """A user signs in: a customer's person or the operator's staff.

    What they may see of a customer follows from their memberships (`Member.email`), never from this row. Rows are written
    by a sign-up, by an accepted invitation and by a superuser in the admin; operations.customers.erasure empties them.
    """

    # The login, in lower case. Only addresses that the person verified connect it with memberships (accounts.verified).
    email = models.EmailField(_("email"), unique=True)
    # Given at sign-up or invitation. Pages and the audit of the portal show it, and the address where it is empty.
    name = models.CharField(pgettext_lazy("of a person", "name"), max_length=200, blank=True)
    # The language of the person's pages and calendar feed (portal.middleware); mails about a bill follow `Customer.locale`.
    locale = models.CharField(_("language"), max_length=2, choices=[("ru", "Русский"), ("en", "English")], default="ru")
    # Whether the admin lets them in; written by a superuser. What they may do there follows from their groups.
    is_staff = models.BooleanField(_("staff"), default=False)
    # False: no sign-in. Written by a superuser and by erasure.
    is_active = models.BooleanField(_("may sign in"), default=True)
    # When the row was made; shown in the admin.
    date_joined = models.DateTimeField(_("since"), auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [models.UniqueConstraint(Lower("email"), name="one_user_per_email_in_any_case")]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return self.name or self.email

    def get_short_name(self) -> str:
        return self.name or self.email
