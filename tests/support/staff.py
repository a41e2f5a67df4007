"""The operator's staff: one person in each group."""

from accounts.models import User
from billing.operations import staff_roles
from tests.support.story import msk, person

NOW = msk(5, 12, 15, 20)


GROUPS = staff_roles.GROUPS


def colleague(group: str) -> User:
    """The one member of staff in ``group``; ``superuser`` is in none."""
    email = f"{group.replace(' ', '-')}@staff.example"
    user = User.objects.filter(email=email).first()
    if user is None:
        user = person(email, group, is_staff=True, is_superuser=group == "superuser")
        if group in GROUPS:
            staff_roles.join_group(user, group)
    return user
