"""Verified email addresses of a user: only these connect a login with memberships."""

from allauth.account.models import EmailAddress
from django.db.models.functions import Lower

from accounts.models import User


def verified_emails(user: User) -> list[str]:
    """Returns the user's confirmed addresses in lower case; empty for an anonymous or a deactivated user."""
    if not user.is_authenticated or not user.is_active:
        return []
    addresses = EmailAddress.objects.filter(user_id=user.pk, verified=True)
    return list(addresses.values_list(Lower("email"), flat=True))
