#!/usr/bin/env python3
"""`make check`, the inner loop: lint, the pricing and rule tests, and the tests of what changed; on SQLite, without a browser.

    python scripts/check_change.py [REVISION]

What changed is everything that differs from REVISION (HEAD if none is named), files that git does not know yet included. Its
tests are the changed test files and those that import a changed module. `make test` remains the proof.
"""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import run_lint
import run_tests

ROOT = Path(__file__).resolve().parent.parent
ALWAYS = ("tests/pricing", "tests/rules")


def changed_files(revision: str) -> list[str]:
    """Paths below the root that differ from ``revision``, new files included."""
    differing = ["git", "diff", "--name-only", "--diff-filter=d", revision]
    unknown = ["git", "ls-files", "--others", "--exclude-standard"]
    lists = [
        subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        for command in (differing, unknown)
    ]
    return sorted({path for listing in lists for path in listing.stdout.splitlines()})


def module_of(path: str) -> str:
    """The dotted name under which the Python file at ``path`` is imported."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def imported_modules(source: str) -> Iterator[str]:
    """Every dotted name that ``source`` imports, the names taken from a module as well: they may be modules themselves."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def find_tests(changed: list[str], root: Path = ROOT) -> list[str]:
    """The test files among ``changed`` and those below ``root`` that import a changed module."""
    modules = {module_of(path) for path in changed if path.endswith(".py")}
    tests = []
    for file in sorted((root / "tests").rglob("test_*.py")):
        path = file.relative_to(root).as_posix()
        if path in changed or modules & set(imported_modules(file.read_text(encoding="utf-8"))):
            tests.append(path)
    return tests


def main() -> int:
    revision = sys.argv[1] if len(sys.argv) > 1 else "HEAD"
    tests = [path for path in find_tests(changed_files(revision)) if not path.startswith(ALWAYS)]
    print(f"Tests of what changed: {', '.join(tests) or 'none'}", flush=True)
    linted = run_lint.main()
    tested = run_tests.run(
        "Pricing, rules and what changed, on SQLite", run_tests.pytest("-m", "not browser", *ALWAYS, *tests)
    )
    return 1 if linted or tested else 0


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main())
