"""What every test has: a database whose guards stand, a clean cache, and a browser that never leaves this machine."""

import gc
import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connections
from django.test import TransactionTestCase
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from whitenoise.middleware import WhiteNoiseMiddleware

# Playwright's synchronous API runs an event loop in this thread, and Django would refuse to touch the database in it.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

IN_CI = os.environ.get("CI", "").lower() in {"1", "true"}
ON_POSTGRES = settings.DATABASES["default"]["ENGINE"].endswith("postgresql")
POSTGRES_SUITE = ("tests/rules/", "tests/concurrency/", "tests/attacks/")

COMMON = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]}
hypothesis_settings.register_profile("here", **COMMON)
hypothesis_settings.register_profile("ci", **COMMON, derandomize=True)
hypothesis_settings.load_profile("ci" if IN_CI else "here")


def pytest_sessionstart() -> None:
    """Keeps the collector from walking all of Django's classes again and again: the default looks at them every 700 objects."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--postgres-suite", action="store_true", help="only what must hold on PostgreSQL as it does on SQLite"
    )
    parser.addoption(
        "--as-lesser-role",
        action="store_true",
        help="on PostgreSQL, with the rights alone that `manage.py grants` gives",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what the database at hand cannot show: tests marked `pg` on SQLite, and by `--postgres-suite` the rest."""
    selected, left = [], []
    for item in items:
        marked = item.get_closest_marker("pg") is not None
        inside = marked or item.nodeid.startswith(POSTGRES_SUITE)
        is_selected = inside if config.getoption("--postgres-suite") else ON_POSTGRES or not marked
        (selected if is_selected else left).append(item)
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = selected


# --- The database ----------------------------------------------------------------------------------------------------


_furnished: dict[str, Any] = {}


def flush_without_guards(flush: Callable[[TransactionTestCase], None]) -> Callable[[TransactionTestCase], None]:
    """Emptying the tables between two transactional tests is the one deletion that the guards must let through.

    On SQLite the rows of the catalogue are put back as they stood; elsewhere tables are emptied and it is loaded anew.
    """

    def flushed(case: TransactionTestCase) -> None:
        from billing import triggers
        from tests.support import lesser_role, people, snapshots

        if "rows" in _furnished:
            snapshots.put_back(_furnished["rows"], snapshots.rows_now())
            return
        connection = connections["default"]
        with lesser_role.act_as_owner():
            triggers.drop(connection)
            try:
                flush(case)
            finally:
                triggers.install(connection)
        people.furnish()

    return flushed


TransactionTestCase._fixture_teardown = flush_without_guards(TransactionTestCase._fixture_teardown)  # type: ignore[method-assign]


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any, request: pytest.FixtureRequest) -> None:
    """The catalogue is loaded once for all tests: making it anew for each would take as long as everything else."""
    from tests.support import lesser_role, people, snapshots

    with django_db_blocker.unblock():
        if request.config.getoption("--as-lesser-role"):
            lesser_role.take_for_the_whole_run()
        people.furnish()
        if snapshots.can_keep():
            _furnished["rows"] = snapshots.rows_now()


@pytest.fixture(autouse=True)
def _clean_cache() -> Iterator[None]:
    """What one test counted towards a limit is nothing to the next."""
    yield
    cache.clear()


@pytest.fixture(autouse=True)
def _files_of_one_test(tmp_path_factory: pytest.TempPathFactory, settings: Any) -> None:
    """Uploads and mail written to files go where nobody finds them by accident."""
    settings.MEDIA_ROOT = tmp_path_factory.getbasetemp() / "media"


@pytest.fixture
def installation() -> None:
    """An installation with the catalogue of the four descriptions, before anybody has come."""
    from tests.support import people

    people.installation()


@pytest.fixture
def right_books(installation: None) -> Iterator[None]:
    """The installation's books are right when the test is done, whatever it did."""
    from tests.support import people

    yield
    people.assert_books_are_right()


@pytest.fixture
def meteor() -> Any:
    """Romashka on METEOR Cloud since 1 April 2026, 9:00 in Moscow; Anna is the only one active."""
    from tests.support import people

    return people.party()


@pytest.fixture
def billed(meteor: Any) -> Any:
    """Romashka with April's invoice for 5 990.00 open; since 20 April nobody needs to be paid for."""
    from tests.support.people import at

    meteor.activate(9, at("2026-04-10 14:03"))
    meteor.block([10], at("2026-04-20 12:00"))
    meteor.close(at("2026-05-01 00:00"))
    return meteor


@pytest.fixture
def receiver() -> Iterator[Any]:
    """A product's backend on loopback that keeps what it is sent."""
    from tests.support.receivers import Receiver

    with Receiver() as backend:
        yield backend


# --- Static files ----------------------------------------------------------------------------------------------------

_static_files: dict[str, Any] = {}


def find_static_files_once(find: Callable[[Any], None]) -> Callable[[Any], None]:
    """Every test's client builds the middleware anew, and WhiteNoise looks through every folder of static files each time."""

    def find_once(middleware: Any) -> None:
        if not _static_files:
            find(middleware)
            _static_files.update(middleware.files)
        middleware.files.update(_static_files)

    return find_once


WhiteNoiseMiddleware.add_files_from_finders = find_static_files_once(WhiteNoiseMiddleware.add_files_from_finders)


# --- The browser -----------------------------------------------------------------------------------------------------

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
OURS = {"localhost", "127.0.0.1", ""}


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """One browser for the session: the machine's own Chromium, else the one Playwright brought."""
    from playwright.sync_api import sync_playwright

    own = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=own, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def new_page(chromium: Any, live_server: Any) -> Iterator[Callable[..., Any]]:
    """`new_page(user=…, **context)`: a page of a fresh browser context, signed in as `user`. A request that leaves this
    machine, an error on the page or a break of its content policy fails the test."""
    contexts, wrong = [], []

    def stay(route: Any) -> None:
        address = route.request.url
        if (urlsplit(address).hostname or "") in OURS:
            route.continue_()
        else:
            wrong.append(f"the page asked for {address}")
            route.abort()

    def open_page(user: Any = None, **options: Any) -> Any:
        context = chromium.new_context(base_url=live_server.url, **options)
        contexts.append(context)
        context.route("**/*", stay)
        if user is not None:
            context.add_cookies([session_cookie(user, live_server.url)])
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(f"{page.url}: {error}"))
        page.on(
            "console", lambda line: wrong.append(f"{page.url}: {line.text}") if "Security Policy" in line.text else None
        )
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert wrong == []


def session_cookie(user: Any, address: str) -> dict[str, str]:
    """The cookie of somebody who has signed in."""
    from django.test import Client

    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    name = settings.SESSION_COOKIE_NAME
    return {"name": name, "value": client.cookies[name].value, "url": address}
