"""scripts/ is no package: its files are loaded here by their path, and real processes watched."""

import importlib.util
import os
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import psutil

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "scripts"
OF_THE_TESTS = {"DJANGO_SETTINGS_MODULE", "DJANGO_ALLOW_ASYNC_UNSAFE"}
PATIENCE = 60  # seconds: a loaded machine of two cores starts two servers slowly


def load(name: str) -> ModuleType:
    """The module of scripts/<name>.py."""
    if str(SCRIPTS) not in sys.path:
        sys.path.append(str(SCRIPTS))
    spec = importlib.util.spec_from_file_location(f"scripts_{name}", SCRIPTS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def until(true: Callable[[], bool], what: str, patience: float = PATIENCE) -> None:
    """Wait for something another process does; fails with ``what`` when it does not come."""
    pause = threading.Event()
    for _ in range(round(patience / 0.1)):
        if true():
            return
        pause.wait(0.1)
    raise AssertionError(f"waited {patience:.0f} s in vain: {what}")


def family(pid: int) -> list[psutil.Process]:
    """A process and all that came of it."""
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


def command_line(process: psutil.Process) -> list[str]:
    """How it was started; nothing where it has ended, waited for or not."""
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:  # a zombie too
        return []


def alive(processes: list[psutil.Process]) -> list[str]:
    """Those still there, by their command lines."""
    return [" ".join(line) for line in map(command_line, processes) if line]


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


def an_installations_environment(directory: Path, **more: str) -> dict[str, str]:
    """The environment of an installation of its own in ``directory``, outside the sandbox and without sample people."""
    return {
        **{name: value for name, value in os.environ.items() if name not in OF_THE_TESTS},
        "ENV_FILE": os.devnull,
        "BILLING_SANDBOX": "false",
        "SECRET_KEY": "a-test-of-processes-" + "s" * 40,
        "DATABASE_URL": f"sqlite:///{directory / 'db.sqlite3'}",
        "VAR_DIR": str(directory / "var"),
        **more,
    }
