"""Which addresses a signed-in person has proved to be theirs: only these connect a login with memberships."""

from allauth.account.models import EmailAddress
from django.db.models.functions import Lower

from accounts.models import User


def verified_emails(user: User) -> list[str]:
    """The person's confirmed addresses in lower case; empty for somebody not signed in or not allowed to."""
    if not user.is_authenticated or not user.is_active:
        return []
    rows = EmailAddress.objects.filter(user_id=user.pk, verified=True).values_list(Lower("email"), flat=True)
    return list(rows)
