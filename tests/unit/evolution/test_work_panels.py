"""The worker that runs jobs for real: what a panel's judges point at, and its criteria, reach the record."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from rqgm.cli.app import main
from rqgm.run.experiment import load_experiment
from rqgm.run.session import RunOptions, open_run, proceed, start
from rqgm.run.shelves import Shelves

ROLE = '[roles.{name}]\nkind = "{kind}"\ncommand = ["python3", "-S", "{name}.py"]\nfolders = ["{name}.py"]\ndeterministic = true\n'
ROLES = (("coder", "solver"), ("reviewer", "judge"), ("editor", "editor"))
START = 'import json, os\nroot = os.environ.get("RQGM_ROOT", "") + "/rqgm/io"\nrequest = json.load(open(f"{root}/request.json"))\n'
CODER = START + 'open(os.path.join(request["workdir"], "a.txt"), "w").write("one\\ntwo\\n")\nanswer = {}\n'
REVIEWER = (
    START
    + """answer = {"verdict": "accept", "score": 0.9, "criteria": {one["id"]: "met" for one in request["criteria"]}}
answer["evidence"] = [
    {"claim": "it counts", "file": "a.txt", "line": 2, "quote": "two", "criterion": "counts"},
    {"claim": "\\x1b[31mit sings", "file": "a.txt", "line": 1, "quote": "la la"},
    {"claim": "it is good"},
]
"""
)
END = 'json.dump({"schema_version": 1, **answer}, open(f"{root}/response.json", "w"))\n'
EXPERIMENT = """schema_version = 1
name = "tiny"
workspace = "seeds/tiny"
profile = "plain"
[roles.coder]
kind = "solver"
suite = "sums"
measures = [{ kind = "panel", panel = "review" }]
[roles.reviewer]
kind = "judge"
suite = "reviews"
measures = [{ kind = "anchor" }]
[roles.editor]
kind = "editor"
[budget]
outcomes = 2
[search]
lag = 1
"""
CRITERIA = """[[criteria]]
id = "there"
text = "a.txt is there."
check = { kind = "file", path = "a.txt" }
[[criteria]]
id = "counts"
text = "It counts."
requires = ["there"]
[[criteria]]
id = "picture"
text = "There is a picture."
check = { kind = "file", path = "a.png" }
[[criteria]]
id = "pretty"
text = "The picture is pretty."
requires = ["picture"]
"""
PANEL = (
    'schema_version = 1\nname = "review"\nthreshold = {threshold}\n[[seats]]\nname = "only"\njudge = "role:reviewer"\n'
)


def make_project(folder: Path, panel: str) -> Path:
    """Write a project whose roles are a few lines each."""
    workspace = "schema_version = 1\ntrusted = true\n" + "".join(
        ROLE.format(name=name, kind=kind) for name, kind in ROLES
    )
    seeds = {
        "workspace.toml": workspace,
        "coder.py": CODER + END,
        "reviewer.py": REVIEWER + END,
        "editor.py": "exit(1)\n",
    }
    suite = 'schema_version = 1\nname = "{name}"\nkind = "{kind}"\nlicence = "MIT"\nsource = "here"\n'
    task = {
        "task.toml": 'schema_version = "1.0"\n[rqgm]\nartifacts = ["a.txt"]\npool = "validation"\n',
        "instruction.md": "Count.\n",
        "environment/Dockerfile": "FROM scratch\nWORKDIR /app\nCOPY . .\n",
        "environment/a.txt": "\n",
        "tests/test.sh": "#!/bin/sh\n",
    }
    item = {"task": {"name": "t", "instruction": "Count."}, "artifact": {"a.txt": "one\n"}, "provenance": "machine"}
    files = {
        "rqgm.toml": "schema_version = 1\n",
        "experiments/tiny.toml": EXPERIMENT,
        "judges/review/panel.toml": panel,
        "sandboxes/plain/profile.toml": 'name = "plain"\n',
        "tasks/sums/suite.toml": suite.format(name="sums", kind="solving"),
        "tasks/reviews/suite.toml": suite.format(name="reviews", kind="judging"),
        "tasks/reviews/items.jsonl": json.dumps({"id": "i", "pool": "anchor", **item}) + "\n",
        "tasks/reviews/labels.jsonl": json.dumps({"id": "i", "label": "accept"}) + "\n",
        **{f"archive/seeds/tiny/{name}": text for name, text in seeds.items()},
        **{f"tasks/sums/one/{name}": text for name, text in task.items()},
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def run(project: Path) -> tuple[Path, dict[str, Any]]:
    """Run the experiment in real sandboxes; return its folder and the one outcome of the coder."""
    experiment = load_experiment(project / "experiments" / "tiny.toml")
    options = RunOptions(out=project / "run", sandbox="process", workers=1, shelves=Shelves(project))
    folder = asyncio.run(start(experiment, options))
    asyncio.run(proceed(folder, options))
    opened = open_run(folder)
    try:
        outcomes = [event.body for event in opened.archive.ledger.events() if event.kind == "outcome"]
    finally:
        opened.archive.close()
    assert {body["role"] for body in outcomes} == {"coder", "reviewer"}
    assert "evidence" not in next(body for body in outcomes if body["role"] == "reviewer")["opinions"][0]
    return folder, next(body for body in outcomes if body["role"] == "coder")


def test_evidence_and_criteria_are_in_the_record_and_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What holds and what does not, cleaned; each criterion with who settled it; `rqgm show` prints both."""
    project = make_project(tmp_path, PANEL.format(threshold=0.5) + CRITERIA)
    folder, outcome = run(project)
    (opinion,) = outcome["opinions"]
    assert [(one["claim"], one["standing"]) for one in opinion["evidence"]] == [
        (" [31mit sings", "not-held"),
        ("it counts", "held"),
    ]
    assert [(one["id"], one["result"], one["by"], one["reason"]) for one in outcome["criteria"]] == [
        ("there", "met", "check", ""),
        ("counts", "met", "seats", ""),
        ("picture", "unmet", "check", "the artifact has no a.png"),
        ("pretty", "unmet", "prerequisite", "propagated from picture"),
    ]
    assert outcome["criteria"][1]["said"] == {"only": "met"}
    assert (outcome["y"], outcome["score"]) == (1, 0.5)
    monkeypatch.setattr("sys.argv", ["rqgm", "show", str(folder), "seed"])
    with pytest.raises(SystemExit):
        main()
    shown = capsys.readouterr().out
    assert "review/only accept: not-held (the line says otherwise):  [31mit sings: a.txt:1 “la la”" in shown
    assert "pretty: unmet by prerequisite propagated from picture" in shown


def test_a_panel_may_leave_out_what_does_not_hold(tmp_path: Path) -> None:
    """Then nobody is left who said something."""
    project = make_project(
        tmp_path, PANEL.format(threshold=0.5).replace("threshold", "unsupported_weight = 0\nthreshold")
    )
    _, outcome = run(project)
    assert (outcome["y"], outcome["score"]) == (0, 0.0)
    assert "criteria" not in outcome
    assert outcome["opinions"][0]["verdict"] == "accept"
