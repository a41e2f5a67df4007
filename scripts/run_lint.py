#!/usr/bin/env python3
"""`make lint`: every check runs and says what it finds; the exit status tells whether any found something."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
TEMPLATES = ["templates", "billing/sandbox/templates"]

CHECKS = {
    "ruff, rules": ["ruff", "check", "--quiet", "."],
    "ruff, layout": ["ruff", "format", "--check", "--quiet", "."],
    "import contracts": ["lint-imports", "--no-logo"],
    "mypy --strict": ["mypy"],
    "templates, layout": ["djangofmt", "--check", "--quiet", *TEMPLATES],
    "templates, rules": ["djlint", *TEMPLATES, "--lint", "--quiet"],
}

LONGEST_TEMPLATE_LINE = 140
# Written in halves, so that this file does not hold what it looks for.
FORMATTER_OFF = tuple("fmt: " + word for word in ("skip", "off"))


def find_long_template_lines(root: Path) -> Iterator[str]:
    """Finds template lines over the limit: the formatter breaks no tag, so a chain of them on one line stays."""
    for path in sorted(path for folder in TEMPLATES for path in (root / folder).rglob("*")):
        if path.suffix in {".html", ".txt"}:
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                if len(line) > LONGEST_TEMPLATE_LINE:
                    yield f"{path.relative_to(root)}:{number}: {len(line)} characters"


def find_unformatted_code(root: Path) -> Iterator[str]:
    """Finds code with the formatter switched off; tests alone may do so, for tables of data."""
    for folder in ("accounts", "billing", "config", "scripts"):
        for path in sorted((root / folder).rglob("*.py")):
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                if any(mark in line for mark in FORMATTER_OFF):
                    yield f"{path.relative_to(root)}:{number}: the formatter is off"


OWN_CHECKS: dict[str, Callable[[Path], Iterator[str]]] = {
    "templates, length of lines": find_long_template_lines,
    "code without the formatter": find_unformatted_code,
}


def main() -> int:
    failed = []
    for name, (tool, *arguments) in CHECKS.items():
        result = subprocess.run([BIN / tool, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
        print(f"{name}: {'clean' if result.returncode == 0 else 'findings'}", flush=True)
        if result.returncode != 0:
            failed.append(name)
            print((result.stdout + result.stderr).strip(), flush=True)
    for name, find in OWN_CHECKS.items():
        findings = list(find(ROOT))
        print(f"{name}: {'findings' if findings else 'clean'}", flush=True)
        if findings:
            failed.append(name)
            print("\n".join(findings), flush=True)
    if failed:
        print(f"\nFindings in: {', '.join(failed)}.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
