"""The tree itself: what it may not name, and that its lists are whole."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import polib
import pytest

from tests.support import scripts
from tests.support.tree import ROOT, read, tracked

run_lint = scripts.load("run_lint")

LOCKS = ("runtime", "dev", "uv")
# Written in halves, so that this file does not name what it forbids.
INDEX_HOSTS = [
    "".join(halves)
    for halves in (
        ("pypi.", "org"),
        ("python", "hosted.org"),
        ("npm", "js.org"),
        ("yarn", "pkg.com"),
        ("deb.", "debian"),
        ("security.", "debian"),
    )
]


@pytest.mark.parametrize("host", INDEX_HOSTS)
def test_no_file_names_the_host_of_a_package_index(host: str) -> None:
    assert [str(path.relative_to(ROOT)) for path in tracked() if host in read(path)] == []


def test_no_lock_that_records_hosts_is_kept() -> None:
    names = {path.name for path in tracked()}
    assert names.isdisjoint({"uv.lock", "package-lock.json", "yarn.lock", "poetry.lock"})


@pytest.mark.parametrize("name", LOCKS)
def test_lock_pins_every_package_with_hashes_and_no_address(name: str) -> None:
    text = read(ROOT / "requirements" / f"{name}.txt")
    assert "://" not in text
    pinned = re.findall(r"^[a-zA-Z0-9][^\n]*", text, re.M)
    blocks = re.split(r"^(?=[a-zA-Z0-9])", text, flags=re.M)[1:]
    assert len(pinned) > 0
    assert [line for line in pinned if "==" not in line] == []
    assert [block.split()[0] for block in blocks if "--hash=sha256:" not in block] == []


def test_no_line_of_a_template_is_over_140_characters() -> None:
    assert list(run_lint.find_long_template_lines(ROOT)) == []


@pytest.mark.parametrize("folder", ["templates", "billing/sandbox/templates"])
def test_a_line_of_141_characters_is_found_and_one_of_140_is_not(tmp_path: Path, folder: str) -> None:
    (tmp_path / folder).mkdir(parents=True)
    (tmp_path / folder / "page.html").write_text("ж" * 140 + "\n" + "ж" * 141 + "\n", encoding="utf-8")
    assert list(run_lint.find_long_template_lines(tmp_path)) == [f"{folder}/page.html:2: 141 characters"]


def test_no_code_is_left_out_of_the_formatting() -> None:
    assert list(run_lint.find_unformatted_code(ROOT)) == []


def test_code_that_the_formatter_is_told_to_leave_is_found(tmp_path: Path) -> None:
    (tmp_path / "billing").mkdir()
    (tmp_path / "billing" / "rates.py").write_text("A = 1\nB = (1,2)  # fmt: " + "skip\n", encoding="utf-8")
    assert list(run_lint.find_unformatted_code(tmp_path)) == ["billing/rates.py:2: the formatter is off"]


def versions(name: str) -> set[str]:
    return set(re.findall(r"^([a-zA-Z0-9][\w.\[\]-]*==[^\s;\\]+)", read(ROOT / "requirements" / f"{name}.txt"), re.M))


def test_environment_of_tests_contains_that_of_running() -> None:
    assert versions("runtime") - versions("dev") == set()


def test_every_dependency_is_locked() -> None:
    project = tomllib.loads(read(ROOT / "pyproject.toml"))
    groups = project["dependency-groups"]
    requirements = [*project["project"]["dependencies"], *groups["test"], *groups["lint"]]
    names = {re.split(r"[\[<>=~! ]", line)[0].lower() for line in requirements}
    locked = {line.split("==")[0].split("[")[0].lower() for line in versions("dev")}
    assert names - locked == set()


def settings_read() -> set[str]:
    """The variables that config/settings.py asks the environment for."""
    text = read(ROOT / "config" / "settings.py")
    return set(re.findall(r"\benv\.\w+\(\s*\"([A-Z_]+)\"", text))


def test_env_example_names_every_setting_and_no_other() -> None:
    example = set(re.findall(r"^#?([A-Z][A-Z_]+)=", read(ROOT / ".env.example"), re.M))
    only_of_scripts = {"WEB_WORKERS", "HOST"}
    assert example - only_of_scripts == settings_read()


def test_tests_hear_nothing_of_this_machines_settings() -> None:
    heard = {"DATABASE_URL", "CONN_MAX_AGE", "LOG_LEVEL"}
    forgotten = settings_read() - heard
    assert {"APPROVAL_LIMIT", "BASE_URL", "SECRET_KEY", "WORK_WEEKDAYS"} <= forgotten
    look = "import os, tests.settings as s; print(*sorted(n for n, v in os.environ.items() if v == '77'), s.APPROVAL_LIMIT)"
    environment = {**os.environ, **dict.fromkeys(forgotten, "77")}
    seen = subprocess.run(
        [sys.executable, "-c", look], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert seen.stdout.split() == ["10000"]


def test_make_help_lists_every_command() -> None:
    makefile = read(ROOT / "Makefile")
    commands = re.search(r"^\.PHONY: (.*)$", makefile, re.M)
    assert commands is not None
    help_text = subprocess.run(
        ["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert {"setup", "run", "test", "lint", "bench", "help"} <= set(commands[1].split())
    assert [name for name in commands[1].split() if not re.search(rf"^  {name} +\S", help_text, re.M)] == []


def test_no_ready_made_translation_is_older_than_its_source() -> None:
    catalogues = sorted((ROOT / "billing" / "locale").glob("*/LC_MESSAGES/*.po"))
    stale = []
    for catalogue in catalogues:
        compiled = catalogue.with_suffix(".mo")
        source = {
            (entry.msgctxt, entry.msgid): entry.msgstr for entry in polib.pofile(str(catalogue)).translated_entries()
        }
        ready = {(entry.msgctxt, entry.msgid): entry.msgstr for entry in polib.mofile(str(compiled))}
        if source != ready:
            stale.append(str(catalogue.relative_to(ROOT)))
    assert stale == []
