"""The readers' ways in name what is there: every path and every name in them is held against the tree."""

import re
from pathlib import Path

import pytest

from tests.support.tree import ROOT, read

PAGES = [
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    *(ROOT / "billing").glob("README.md"),
    *(ROOT / "docs").rglob("*.md"),
]
FROM = (ROOT, ROOT / "billing", ROOT / "billing" / "operations")
ENDINGS = "py|md|html|txt|sql|css|js|toml|po"
# `path`, `path: name` and `path: name, name`; <kind> stands for a name that the reader gives.
NAMED = re.compile(rf"`([\w.<][\w./<>*-]*(?:\.(?:{ENDINGS})|/))(?::\s+([\w,\s]+?))?`")
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")
# Folders that an installation makes.
NOT_HERE = re.compile(r"^(var|site)/")


def there(path: str) -> list[Path]:
    pattern = re.sub(r"<\w+>", "*", path)
    return [match for start in FROM for match in start.glob(pattern.rstrip("/"))]


def missing(text: str) -> list[str]:
    """The paths of ``text`` that lead nowhere, and the names that their files do not define."""
    faults = []
    for path, names in NAMED.findall(text):
        files = there(path)
        if not files and not NOT_HERE.match(path):
            faults.append(path)
        for name in filter(None, re.split(r"[,\s]+", names)):
            defined = re.compile(rf"^(?:def |class )?{name}\b", re.M)
            if not any(file.is_file() and defined.search(read(file)) for file in files):
                faults.append(f"{path}: {name}")
    return faults


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_path_and_name_in_the_page_is_there(page: Path) -> None:
    assert missing(read(page)) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_the_page_leads_somewhere(page: Path) -> None:
    assert [link for link in LINK.findall(read(page)) if not (page.parent / link).exists()] == []


def test_what_is_gone_or_called_otherwise_is_found() -> None:
    text = "`operations/turns.py` `errors.py: BillingError` `errors.py: Refused` `templates/emails/<kind>_short.txt` `reports/old/`"
    assert missing(text) == ["operations/turns.py", "errors.py: Refused", "reports/old/"]
