"""Romashka's spring on 12 May 2026 with the staff that looks after it: one person in each group."""

from collections.abc import Callable

import pytest
from django.conf import settings
from django.test import Client

from accounts.models import User
from billing.operations import staff_roles
from billing.sandbox.models import SandboxClock
from tests.portal.story import Story, msk, person, tell

NOW = msk(5, 12, 15, 20)
GROUPS = staff_roles.GROUPS


@pytest.fixture
def story(db: None) -> Story:
    """Romashka owes April (due 15 May) and May so far; the clock stands at 12 May, 15:20 in Moscow."""
    found = tell()
    SandboxClock.objects.create(id=1, stands_at=NOW)
    staff_roles.ensure_groups()
    return found


def colleague(group: str) -> User:
    """The one member of staff in ``group``; ``superuser`` is in none."""
    email = f"{group.replace(' ', '-')}@staff.example"
    found = User.objects.filter(email=email).first()
    if found is None:
        found = person(email, group, is_staff=True, is_superuser=group == "superuser")
        if group in GROUPS:
            staff_roles.join_group(found, group)
    return found


@pytest.fixture
def signed_in() -> Callable[[str], Client]:
    """A client signed in as the colleague of a group; pages in English."""

    def client_of(group: str) -> Client:
        client = Client()
        client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
        client.force_login(colleague(group), backend="django.contrib.auth.backends.ModelBackend")
        return client

    return client_of
