"""Every test of the portal stands in the same spring: the sandbox clock is at noon of 12 May 2026 unless a test moves it."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from tests.support import story as stories
from tests.support.people import stand_at


@pytest.fixture
def story(db: None) -> stories.Story:
    spring = stories.tell()
    stories.tell_may(spring)
    stand_at(stories.msk(5, 12))
    return spring


@pytest.fixture
def signed_in() -> Callable[..., Client]:
    """``signed_in(user, "en")``: a client of somebody who has signed in and reads that language."""

    def sign_in(user: User, locale: str = "en") -> Client:
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        client.cookies["django_language"] = locale
        return client

    return sign_in


@pytest.fixture
def anna(story: stories.Story, signed_in: Callable[..., Client]) -> Client:
    """Anna, signed in: she owns Romashka's instances."""
    client: Client = signed_in(story.anna)
    return client
