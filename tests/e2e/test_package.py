"""The wheel: built from the sdist, holds the shelves and nothing private, and works outside of the checkout."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build sdist and wheel from a clean copy of what git tracks, with a file in it that must not get in."""
    source = tmp_path_factory.mktemp("source")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    for name in listed.decode().split("\0"):
        if name and (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
            (source / name).chmod((ROOT / name).stat().st_mode)
    (source / "tasks" / ".env").write_text("KEY=secret\n")
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(source)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return out


def test_the_wheel_holds_the_shelves_and_nothing_private(built):
    """Panels, suites, profiles, experiments, seeds; no `.env`, no runs, no byte code."""
    names = zipfile.ZipFile(next(built.glob("*.whl"))).namelist()
    for wanted in (
        "rqgm/_shelves/experiments/repair.toml",
        "rqgm/_shelves/judges/review/panel.toml",
        "rqgm/_shelves/tasks/repair/suite.toml",
        "rqgm/_shelves/tasks/repair-reviews/items.jsonl",
        "rqgm/_shelves/sandboxes/python/profile.toml",
        "rqgm/_shelves/archive/seeds/repair/workspace.toml",
    ):
        assert wanted in names
    assert any(name.startswith("rqgm/_shelves/archive/redteam/") for name in names)
    assert not [name for name in names if ".env" in name or "__pycache__" in name or "/runs/" in name]
    with tarfile.open(next(built.glob("*.tar.gz"))) as sdist:
        assert not [name for name in sdist.getnames() if name.endswith(".env")]


def test_the_wheel_runs_outside_of_the_checkout(built, tmp_path):
    """In a clean environment: the shelves are found, and a short run ends."""
    import venv

    venv.create(tmp_path / "venv", with_pip=False)
    python = tmp_path / "venv" / "bin" / "python"
    site = next((tmp_path / "venv" / "lib").glob("python*")) / "site-packages"
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        wheel.extractall(site)
    # The dependencies come from this environment; the package itself must be the wheel's.
    here = Path(next(p for p in sys.path if p.endswith("site-packages")))
    kept = [entry for entry in here.iterdir() if "rqgm" not in entry.name]
    for entry in kept:
        if not (site / entry.name).exists():
            (site / entry.name).symlink_to(entry)
    work = tmp_path / "work"
    work.mkdir()

    def rqgm(*argv: str) -> str:
        done = subprocess.run([python, "-m", "rqgm", *argv], cwd=work, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    assert (
        str(site)
        in subprocess.run(
            [python, "-c", "import rqgm; print(rqgm.__file__)"], cwd=work, capture_output=True, text=True
        ).stdout
    )
    assert "repair" in rqgm("task", "list")
    rqgm("validate")
    out = rqgm("run", "-c", "budget.outcomes=2", "-c", "endpoints.min_outcomes=1", "--sandbox", "process", "--json")
    assert '"finished": true' in out
