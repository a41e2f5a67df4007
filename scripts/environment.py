#!/usr/bin/env python3
"""Makes `.venv` from the Python at hand and keeps it equal to requirements/*.txt, hashes checked.

    python3 scripts/environment.py runtime|dev

Nothing is done where the environment is already what the lock says: a mark in `.venv` holds the lock's own hash. `dev`
contains `runtime`, so an environment for tests is never taken apart by `make run`. Whatever is missing on the machine is
said in one sentence. This file alone is read by any Python 3, so that an old one gets the sentence too.
"""

import ctypes
import ctypes.util
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / "bin"
OLDEST = (3, 11)
PANGO = ("libpango-1.0.so.0", "libpangoft2-1.0.so.0"), ("libpango-1.0.0.dylib", "libpangoft2-1.0.0.dylib")
PANGO_PACKAGES = "apt-get install --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"


def lock_path(name):
    return ROOT / "requirements" / (name + ".txt")


def fingerprint(name):
    """Returns the hash of the lock that `.venv` is made of."""
    content = lock_path(name).read_bytes() + (ROOT / "requirements" / "uv.txt").read_bytes()
    return hashlib.sha256(content).hexdigest()


def mark_path(name):
    return VENV / (".saldo-" + name)


def is_current(name):
    try:
        return mark_path(name).read_text() == fingerprint(name) and (BIN / "python").exists()
    except OSError:
        return False


def refuse_old_python():
    if sys.version_info < OLDEST:
        sys.exit(
            "Saldo needs Python 3.11 or newer and {} is {}.{}: install one and name it, `make PYTHON=python3.11 run`.".format(
                sys.executable, *sys.version_info[:2]
            )
        )


def make_venv():
    if importlib.util.find_spec("ensurepip") is None:
        sys.exit(
            "This Python cannot make environments (no ensurepip): apt-get install python3-venv, then the same command."
        )
    if (BIN / "python").exists() and run([str(BIN / "python"), "-c", "import pip"], quiet=True) == 0:
        return
    shutil.rmtree(str(VENV), ignore_errors=True)
    if run([sys.executable, "-m", "venv", str(VENV)]) != 0:
        sys.exit(
            "Python could not make .venv; its words are above. On Debian and Ubuntu: apt-get install python3-venv."
        )


def run(command, quiet=False):
    silence = subprocess.DEVNULL if quiet else None
    return subprocess.call(command, stdout=silence, stderr=silence, cwd=str(ROOT))


def install(name):
    refuse_old_python()
    print(f"Preparing .venv ({name}): a minute the first time, nothing afterwards.", flush=True)
    make_venv()
    for old in ("runtime", "dev"):
        if mark_path(old).exists():
            mark_path(old).unlink()
    python = str(BIN / "python")
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
    if run([*pip, "-r", str(ROOT / "requirements" / "uv.txt")]) != 0:
        sys.exit("pip could not fetch uv; its words are above. Is the package index reachable from here?")
    sync = [str(BIN / "uv"), "pip", "sync", "--quiet", "--require-hashes", "--python", python, str(lock_path(name))]
    if run(sync) != 0:
        sys.exit(f"uv could not install requirements/{name}.txt; its words are above.")
    mark_path(name).write_text(fingerprint(name))


def can_load(library):
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def has_pango():
    if any(all(can_load(library) for library in family) for family in PANGO):
        return True
    return ctypes.util.find_library("pango-1.0") is not None


def main():
    kind = sys.argv[1] if len(sys.argv) > 1 else "dev"
    if kind not in ("runtime", "dev"):
        sys.exit("say runtime or dev, not " + kind)
    # An environment that was once made for tests is kept up as one: `make run` must not throw the test tools away.
    if not is_current("dev") and not (kind == "runtime" and is_current("runtime")):
        install("dev" if mark_path("dev").exists() else kind)
    if not has_pango():
        sys.exit(f"Invoices are drawn with Pango and it is not here: {PANGO_PACKAGES}")
    return 0


if __name__ == "__main__":
    os.environ.setdefault("UV_HTTP_TIMEOUT", "120")
    sys.exit(main())
