#!/usr/bin/env python3
"""`make lint`: every check runs and says what it finds; the exit status tells whether any found something."""

import subprocess
import sys
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


def main() -> int:
    failed = []
    for name, (tool, *arguments) in CHECKS.items():
        done = subprocess.run([BIN / tool, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
        print(f"{name}: {'clean' if done.returncode == 0 else 'findings'}", flush=True)
        if done.returncode != 0:
            failed.append(name)
            print((done.stdout + done.stderr).strip(), flush=True)
    if failed:
        print(f"\nFindings in: {', '.join(failed)}.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
