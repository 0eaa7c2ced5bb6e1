"""`rqgm judge`, as a user types it; and a panel that comes as an installed package."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_new_check_list(project):
    """A new panel is sound at once, is listed, and its report counts what was asked."""
    made = project.rqgm("judge", "new", "judges/mine")
    assert made.returncode == 0, made.stderr
    assert "rqgm judge check" in made.stdout
    report = project.json(
        "judge", "check", "mine", "--suite", "mini-reviews", "--pool", "train", "--limit", "2", "--sandbox", "process"
    )
    assert report["ok"] is True
    assert report["asked"]["first"]["orders-in-comment"] == 2
    assert report["moves"] == []
    listed = {row["name"]: row for row in project.json("judge", "list")["panels"]}
    assert listed["mine"]["origin"] == "project"
    assert {"code-review", "review"} <= set(listed)
    assert project.rqgm("judge", "new", "judges/mine").returncode == 2


CRITERIA = """
[[criteria]]
id = "python"
text = "program.py is Python."
check = { kind = "format", path = "program.py", format = "python" }

[[criteria]]
id = "kind"
text = "It is kind."
requires = ["python"]
"""


@pytest.mark.slow
def test_asking_shows_seats_evidence_and_criteria(project):
    """Of one item by name, or drawn; a panel of checks alone has nothing to calibrate."""
    items = ("--suite", "mini-reviews", "--sandbox", "process")
    (found,) = project.json("judge", "ask", "code-review", *items)["items"]
    assert set(found["seats"]) == {"reviewer", "static", "differential", "literals", "rubric"}
    standings = {entry["standing"] for seat in found["seats"].values() for entry in seat["evidence"]}
    assert standings <= {"held", "unchecked"}
    assert project.rqgm("judge", "ask", "code-review", "nowhere", *items).returncode == 2
    project.rqgm("judge", "new", "judges/listed")
    panel = project.folder / "judges" / "listed" / "panel.toml"
    panel.write_text(panel.read_text().replace('aggregation = "majority" ', "# ") + CRITERIA)
    shown = project.rqgm("judge", "ask", "listed", found["id"], *items).stdout
    assert f"{found['id']}: accepted, score 0.50, wanted 0.5" in shown
    assert "python: met by check" in shown
    assert "kind: abstain by seats  first abstain" in shown
    panel.write_text(
        panel.read_text().split("[[seats]]")[0] + CRITERIA.split('[[criteria]]\nid = "kind"', maxsplit=1)[0]
    )
    assert "python: met by check" in project.rqgm("judge", "ask", "listed", *items).stdout
    assert "has no seat to calibrate" in project.rqgm("judge", "calibrate", "listed", *items).stderr


def test_a_panel_that_listens_to_orders_exits_with_1(project):
    """The message names seat, perturbation and item."""
    project.rqgm("judge", "new", "judges/meek")
    judge = project.folder / "judges/meek/seats/first/judge/__main__.py"
    text = judge.read_text()
    obeys = 'open(os.path.join(artifact, "program.py"), errors="replace").read()'
    judge.write_text(
        text.replace(
            "    before = read",
            f'    if "answer accept" in {obeys}:\n        return "accept", 1.0, ""\n    before = read',
        )
    )
    found = project.rqgm(
        "judge", "check", "meek", "--suite", "mini-reviews", "--pool", "train", "--limit", "1", "--sandbox", "process"
    )
    assert found.returncode == 1
    assert "NOT sound" in found.stdout
    assert "only-orders" in found.stdout


@pytest.mark.slow
def test_calibrating_writes_what_weighted_panels_need(project, tmp_path):
    """Refused before, with the command; afterwards the panel loads, and verdicts can be scored again."""
    project.rqgm("judge", "new", "judges/weighed")
    place = project.folder / "judges" / "weighed"
    panel = place / "panel.toml"
    panel.write_text(panel.read_text().replace('"majority" ', '"weighted" '))
    items = ("--suite", "mini-reviews", "--sandbox", "process")
    refused = project.rqgm("judge", "check", "weighed", *items, "--pool", "train", "--limit", "1")
    assert refused.returncode == 2
    assert "rqgm judge calibrate" in refused.stderr
    scores = project.json("judge", "calibrate", "weighed", *items, "--pool", "train", "--verdicts", "said.jsonl")
    assert [row["judge"] for row in scores["judges"]] == ["first", "panel weighed"]
    known = json.loads((place / "calibration.json").read_text())
    assert known["items"] == 4
    assert sum(known["seats"]["first"].values()) == 4
    assert project.rqgm("judge", "check", "weighed", *items, "--pool", "train", "--limit", "1").returncode == 0
    labels = project.folder / "tasks" / "mini-reviews" / "labels.jsonl"
    ids = {json.loads(line)["id"] for line in (project.folder / "said.jsonl").read_text().splitlines()}
    rows = [json.loads(line) for line in labels.read_text().splitlines()]
    kept = [json.dumps({"id": row["id"], "label": row["label"]}) for row in rows if row["id"] in ids]
    (project.folder / "labels.jsonl").write_text("\n".join(kept) + "\n")
    again = project.json("judge", "score", "said.jsonl", "labels.jsonl")
    assert again["items"] == 4


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (("check", "nobody"), "code-review"),
        (("check", "review", "--suite", "mini"), "solving suite"),
        (("check", "review", "--suite", "mini-reviews", "--pool", "nowhere"), "anchor"),
        (("check", "review", "--suite", "mini-reviews", "--pool", "validation"), "has nothing in pool"),
        (("calibrate", "review", "--workspace", "seeds/nothing"), "seeds/repair"),
    ],
)
def test_wrong_use_is_answered_with_what_there_is(project, argv, message):
    """Exit code 2, one message."""
    found = project.rqgm("judge", *argv)
    assert found.returncode == 2
    assert message in found.stderr
    assert "Traceback" not in found.stderr


ACME = {
    "pyproject.toml": """[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "acme-panels"
version = "1.0"
[project.entry-points."rqgm.shelves"]
acme = "acme_panels:SHELF"
[project.entry-points."rqgm.judges"]
acme-length = "acme_panels:Length"
""",
    "acme_panels/__init__.py": '''"""A third party's panel."""
from pathlib import Path

from rqgm.core.usage import Usage
from rqgm.core.words import Verdict
from rqgm.judging.judge import Opinion

SHELF = Path(__file__).parent / "shelf"


class Length:
    """Rejects what has no function any more."""

    def __init__(self, least=1):
        self.least = least

    def judge(self, case):
        text = b"".join(file.data for file in case.artifact.values())
        same = all(case.environment.get(path) == file for path, file in case.artifact.items())
        right = not same and text.count(b"def ") >= self.least and b"\\0" not in text
        return Opinion(Verdict.ACCEPT if right else Verdict.REJECT, float(right), None, "", Usage())
''',
    "acme_panels/shelf/judges/acme/panel.toml": """schema_version = 1
name = "acme"
[[seats]]
name = "length"
judge = "plugin:acme-length"
config = { least = 1 }
[[seats]]
name = "reviewer"
judge = "role:reviewer"
""",
}


@pytest.mark.slow
def test_a_pip_installed_panel_is_listed_checked_and_used(project, tmp_path):
    """In a virtual environment of its own: rqgm and the panel's package are installed there, nothing else is."""
    source = tmp_path / "acme"
    for name, text in ACME.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(text)
    venv.create(tmp_path / "venv", with_pip=False)
    python = tmp_path / "venv" / "bin" / "python"
    site = next((tmp_path / "venv" / "lib").glob("python*")) / "site-packages"
    here = Path(next(p for p in sys.path if p.endswith("site-packages")))
    (site / "here.pth").write_text(f"{here}\n{ROOT}\n")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--target", str(site), str(source)], check=True, capture_output=True)

    def rqgm(*argv: str) -> dict:
        done = subprocess.run(
            [python, "-m", "rqgm", *argv, "--json"], cwd=project.folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)

    listed = rqgm("judge", "list")
    assert "acme" in {row["name"] for row in listed["panels"] if row["origin"].startswith("plug-in")}
    assert "acme-length" in {judge["name"] for judge in listed["judges"]}
    items = ("--suite", "mini-reviews", "--pool", "train", "--limit", "2", "--sandbox", "process")
    report = rqgm("judge", "check", "acme", *items)
    assert [move for move in report["moves"] if move["seat"] == "panel"] == []
    experiment = project.folder / "experiments" / "mini.toml"
    experiment.write_text(experiment.read_text().replace('panel = "review"', 'panel = "acme"'))
    summary = rqgm("run", "mini", "--sandbox", "process", "--out", "with-acme")
    assert summary["finished"]
    lock = json.loads((project.folder / "with-acme" / "run.lock.json").read_text())
    assert lock["panels"]["acme"]["origin"] == "plug-in acme"
    # Whoever has no such package can look at the run, and is told what is missing when it is to go on.
    assert project.rqgm("status", "with-acme").returncode == 0
