#!/usr/bin/env python3
"""`make test`: every test on SQLite, then those of tests/conftest.py's PostgreSQL suite on a real PostgreSQL.

Arguments go on to both pytest runs. Both runs happen whatever the first one says; the exit status is the worse.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
IN_CI = os.environ.get("CI", "").lower() in {"1", "true"}
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
NO_BROWSER = "No Chromium here, so the browser tests are left out: apt-get install chromium, or `.venv/bin/playwright install chromium`."
NOTHING_COLLECTED = 5
NOT_FOR_TESTS = {"DATABASE_URL", "PYTHONDONTWRITEBYTECODE"}


def has_browser() -> bool:
    """Tells whether a Chromium is installed, by the system or by Playwright."""
    if any(shutil.which(name) for name in BROWSERS):
        return True
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        return Path(playwright.chromium.executable_path).exists()


def pytest_command(*arguments: str) -> list[str]:
    # A worker with nothing left takes tests over from the other: the slow ones, with a browser, come last.
    workers = ["-n", os.environ.get("TEST_WORKERS", "2"), "--dist", "worksteal"]
    return [sys.executable, "-m", "pytest", "-q", *workers, *arguments]


def run(title: str, command: list[str]) -> int:
    print(f"\n=== {title}", flush=True)
    environment = {name: value for name, value in os.environ.items() if name not in NOT_FOR_TESTS}
    # A dozen processes start in a run: what one has compiled, the others read. The tree itself stays clean of it.
    environment["PYTHONPYCACHEPREFIX"] = str(ROOT / ".venv" / "pycache")
    status = subprocess.call(command, cwd=ROOT, env=environment)
    return 0 if status == NOTHING_COLLECTED and "--postgres-suite" in command else status


def main() -> int:
    only: list[str] = []
    if not has_browser():
        print(NO_BROWSER, flush=True)
        if IN_CI:
            return 1
        only = ["-m", "not browser"]
    arguments = sys.argv[1:]
    on_sqlite = run("Every test, on SQLite", pytest_command(*only, *arguments))
    with_postgres = [sys.executable, "scripts/with_postgres.py"]
    on_postgres = run(
        "Rules, attacks and concurrency, on PostgreSQL",
        [*with_postgres, *pytest_command("--postgres-suite", *only, *arguments)],
    )
    if on_sqlite or on_postgres:
        failed = [name for name, status in (("SQLite", on_sqlite), ("PostgreSQL", on_postgres)) if status]
        print(f"\nFailed on {' and '.join(failed)}.")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
