"""Romashka's spring on 12 May 2026 with the staff that looks after it: one person in each group."""

from collections.abc import Callable

import pytest
from django.conf import settings
from django.test import Client

from billing.operations import staff_roles
from billing.sandbox.models import SandboxClock
from tests.support.staff import NOW, colleague
from tests.support.story import Story, tell


@pytest.fixture
def story(db: None) -> Story:
    """Romashka owes April (due 15 May) and May so far; the clock stands at 12 May, 15:20 in Moscow."""
    spring = tell()
    SandboxClock.objects.create(id=1, stands_at=NOW)
    staff_roles.ensure_groups()
    return spring


@pytest.fixture
def staffed_installation(db: None, installation: None) -> None:
    """An installation before anybody has come, with the groups of staff."""
    staff_roles.ensure_groups()


@pytest.fixture
def signed_in() -> Callable[[str], Client]:
    """A client signed in as the colleague of a group; pages in English."""

    def client_of(group: str) -> Client:
        client = Client()
        client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
        client.force_login(colleague(group), backend="django.contrib.auth.backends.ModelBackend")
        return client

    return client_of
