"""The files of the repository, for tests that read them all."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NEVER_COMMITTED = {".git", ".venv", "var", "__pycache__", "node_modules", "htmlcov"}


def tracked() -> list[Path]:
    """Every file that is or would be committed; of an unpacked archive, every file that is no product of a command."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode == 0:
        return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]
    return [path for path in ROOT.rglob("*") if path.is_file() and not any(map(is_made, path.relative_to(ROOT).parts))]


def is_made(part: str) -> bool:
    return part in NEVER_COMMITTED or part.endswith("_cache")


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="ignore")
