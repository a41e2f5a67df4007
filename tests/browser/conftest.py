"""Romashka's spring for a real browser: rows are committed, so that the server of the page sees them."""

from typing import Any

import pytest

from billing.operations import staff_roles
from tests.support import story as stories
from tests.support.browser import stand_at_day
from tests.support.people import stand_at
from tests.support.staff import NOW


@pytest.fixture
def story(transactional_db: None, settings: Any, live_server: Any) -> stories.Story:
    """Romashka owes April and May; the sandbox clock stands at noon of 12 May 2026, and mails lead to this server."""
    settings.BASE_URL = live_server.url
    spring = stories.tell()
    stories.tell_may(spring)
    stand_at_day(12)
    return spring


@pytest.fixture
def staff_story(transactional_db: None) -> stories.Story:
    """Romashka's spring as staff finds it at 15:20 on 12 May 2026; the groups of staff exist."""
    spring = stories.tell()
    stand_at(NOW)
    staff_roles.ensure_groups()
    return spring
