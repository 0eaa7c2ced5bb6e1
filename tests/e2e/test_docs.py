"""The documentation is true: every command in it runs, the reference is what the code says, links lead somewhere."""

from __future__ import annotations

import os
import re
import shlex
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")])


def commands(page: Path) -> list[str]:
    """Return the lines of a page's ``sh`` blocks that call rqgm, in order."""
    blocks = re.findall(r"(?ms)^```sh\n(.*?)^```", page.read_text())
    return [line.strip() for block in blocks for line in block.splitlines() if line.strip().startswith("rqgm ")]


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in PAGES if commands(page)], ids=lambda page: page.stem)
def test_every_documented_command_runs(documented, scripted_models, page):
    """Each line of each ``sh`` block ends with exit code 0, in the order of the page; models are scripted."""
    if not (documented.folder / "archive" / "runs" / "repair-seed0-1").exists():
        assert documented.rqgm("run", "--sandbox", "process").returncode == 0
    for line in commands(page):
        text = line.split("  #")[0]
        if "$RQGM_DATA" in text and "RQGM_DATA" not in os.environ:
            continue
        argv = shlex.split(os.path.expandvars(text))[1:]
        done = documented.rqgm(*argv, timeout=300, **scripted_models)
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"


def test_the_reference_is_what_the_code_says():
    """docs/reference/ is the output of docs/generate.py; run it after changing a command or a setting."""
    sys.path.insert(0, str(ROOT / "docs"))
    try:
        import generate
    finally:
        sys.path.pop(0)
    for name, content in generate.pages().items():
        assert (ROOT / "docs" / "reference" / name).read_text() == content, f"{name}: run python docs/generate.py"


def test_links_between_pages_lead_somewhere():
    """Relative links name files that exist."""
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_figure_of_readme_and_docs_is_in_the_results():
    """Their tables are what benchmarks/tables.py makes of benchmarks/results/."""
    sys.path.insert(0, str(ROOT / "benchmarks"))
    try:
        import tables
    finally:
        sys.path.pop(0)
    for page in tables.PAGES:
        text = page.read_text()
        assert tables.fill(text) == text, f"{page.name}: run python benchmarks/tables.py"
