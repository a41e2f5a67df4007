"""What a machine lacks is said in one sentence, and an environment that is already right is left alone."""

import sys
from pathlib import Path

import pytest

from tests.support.scripts import load

environment = load("environment")


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A tree with locks and no environment; what would be installed into it is listed instead."""
    installed: list[str] = []
    (tmp_path / "requirements").mkdir()
    for name in ("runtime", "dev", "uv"):
        (tmp_path / "requirements" / f"{name}.txt").write_text(name)
    venv = tmp_path / ".venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").touch()
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    monkeypatch.setattr(environment, "VENV", venv)
    monkeypatch.setattr(environment, "BIN", venv / "bin")
    monkeypatch.setattr(environment, "make_venv", lambda: None)
    monkeypatch.setattr(environment, "has_pango", lambda: True)

    def run(command: list[str], quiet: bool = False) -> int:
        if "sync" in command:
            installed.append(Path(command[-1]).stem)
        return 0

    monkeypatch.setattr(environment, "run", run)
    return installed


def ask(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(sys, "argv", ["environment.py", name])
    assert environment.main() == 0


def test_second_start_installs_nothing(tree: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    ask(monkeypatch, "runtime")
    ask(monkeypatch, "runtime")
    assert tree == ["runtime"]


def test_running_is_content_with_the_environment_of_tests(tree: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("runtime", "dev", "runtime", "dev"):
        ask(monkeypatch, name)
    assert tree == ["runtime", "dev"]


def test_new_lock_is_installed(tree: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ask(monkeypatch, "dev")
    (tmp_path / "requirements" / "dev.txt").write_text("dev, another")
    ask(monkeypatch, "runtime")
    assert tree == ["dev", "dev"]


def test_interrupted_installation_is_done_again(tree: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    ask(monkeypatch, "dev")
    with monkeypatch.context() as broken:
        broken.setattr(environment, "run", lambda command, quiet=False: 1)
        broken.setattr(environment, "fingerprint", lambda name: "another")
        with pytest.raises(SystemExit):
            environment.install("dev")
    ask(monkeypatch, "dev")
    assert tree == ["dev", "dev"]


def sentence(capsys: pytest.CaptureFixture[str], refused: pytest.ExceptionInfo[SystemExit]) -> str:
    refusal = str(refused.value)
    assert "\n" not in refusal
    return refusal


def test_old_python_is_refused_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2, "final", 0))
    with pytest.raises(SystemExit) as refused:
        environment.refuse_old_python()
    assert "Saldo needs Python 3.11 or newer" in sentence(capsys, refused)
    assert "is 3.9" in sentence(capsys, refused)


def test_python_without_ensurepip_is_refused_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(environment.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SystemExit) as refused:
        environment.make_venv()
    assert "apt-get install python3-venv" in sentence(capsys, refused)


def test_missing_pango_is_told_in_a_sentence(
    tree: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(environment, "has_pango", lambda: False)
    with pytest.raises(SystemExit) as refused:
        ask(monkeypatch, "runtime")
    assert "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0" in sentence(capsys, refused)
