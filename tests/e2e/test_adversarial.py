"""The adversarial objective in a small project of its own, with real roles, tests and sandboxes: a lenient judge falls.

Tasks ask for the double of a number. The coder is right on some; the first reviewer accepts everything; the editor makes
reviewers that see more, and coders that can do more.
"""

from __future__ import annotations

import json
import signal
import sqlite3
import time

import pytest

from rqgm.run.session import open_run

pytestmark = pytest.mark.slow

IO = """
import json, os, pathlib
ROOT = os.environ.get("RQGM_ROOT", "") + "/rqgm/io"
request = json.load(open(ROOT + "/request.json"))
def answer(**fields):
    json.dump({"schema_version": 1, **fields}, open(ROOT + "/response.json", "w"))
"""
CODER = """
from shared.io import answer, pathlib, request
number = int(pathlib.Path(request["workdir"], "number.txt").read_text())
skill = int(pathlib.Path("coder/skill.txt").read_text())
pathlib.Path(request["workdir"], "answer.txt").write_text(str(2 * number + (number % 4 >= skill)))
answer()
"""
REVIEWER = """
from shared.io import answer, pathlib, request
said = int(pathlib.Path(request["artifact"], "answer.txt").read_text())
number = int(pathlib.Path(request["task_dir"], "number.txt").read_text())
sees = number % 3 < int(pathlib.Path("reviewer/level.txt").read_text())
right = not sees or said == 2 * number
answer(verdict="accept" if right else "reject", score=float(right))
"""
EDITOR = """
from shared.io import answer, pathlib, request
part = ("reviewer/level.txt", "coder/skill.txt")[request["seed"] % 2]
file = pathlib.Path(request["workspace"], part)
file.write_text(str(int(file.read_text()) + 1))
answer(tried="raise " + part)
"""
TEST = """#!/bin/sh
mkdir -p "${RQGM_ROOT:-}/logs/verifier"
[ "$(cat answer.txt)" = "$(cat "${RQGM_ROOT:-}/tests/want.txt")" ] && reward=1 || reward=0
echo $reward > "${RQGM_ROOT:-}/logs/verifier/reward.txt"
"""
EXPERIMENT = """
schema_version = 1
name = "doubles"
workspace = "seeds/doubles"
[roles.coder]
kind = "solver"
suite = "doubles"
measures = [{ kind = "tests" }, { kind = "panel", panel = "review" }]
[roles.reviewer]
kind = "judge"
suite = "doubles-reviews"
measures = [{ kind = "anchor" }]
[roles.editor]
kind = "editor"
[search]
train_samples = 1
[budget]
outcomes = 64
[epochs]
first = 24
replacement = "best-belief"
min_anchor = 3
"""
PANEL = 'schema_version = 1\nname = "review"\n[[seats]]\nname = "only"\njudge = "role:reviewer"\n'
SUITE = 'schema_version = 1\nname = "{name}"\nkind = "{kind}"\nlicence = "Apache-2.0"\nsource = "here"\n'
TASK = 'schema_version = "1.0"\n[environment]\nworkdir = "/app"\n[rqgm]\nartifacts = ["answer.txt"]\npool = "{pool}"\n'
COUNTS = {"train": 2, "validation": 8, "test": 2}


def files() -> dict[str, str]:
    """Return the project's files by path."""
    seed = "archive/seeds/doubles"
    found = {
        "rqgm.toml": 'schema_version = 1\ndefault_experiment = "doubles"\n',
        "experiments/doubles.toml": EXPERIMENT,
    }
    found |= {"judges/review/panel.toml": PANEL, f"{seed}/shared/io.py": IO, f"{seed}/shared/__init__.py": ""}
    found |= {f"{seed}/coder/skill.txt": "2", f"{seed}/reviewer/level.txt": "0"}
    manifest = "schema_version = 1\ntrusted = true\n"
    for name, kind, code in (("coder", "solver", CODER), ("reviewer", "judge", REVIEWER), ("editor", "editor", EDITOR)):
        found[f"{seed}/{name}/__main__.py"] = code
        command = f'command = ["python3", "-S", "-m", "{name}"]\nfolders = ["{name}", "shared"]\ndeterministic = true\n'
        manifest += f'[roles.{name}]\nkind = "{kind}"\n{command}'
    found[f"{seed}/workspace.toml"] = manifest
    found["tasks/doubles/suite.toml"] = SUITE.format(name="doubles", kind="solving")
    for pool, count in COUNTS.items():
        for number in range(count):
            task = f"tasks/doubles/{pool}-{number}"
            found |= {f"{task}/task.toml": TASK.format(pool=pool), f"{task}/instruction.md": "Double the number.\n"}
            found |= {
                f"{task}/environment/Dockerfile": "ARG BASE=python:3.12-slim-bookworm\nFROM ${BASE}\nWORKDIR /app\nCOPY . /app\n"
            }
            found |= {f"{task}/environment/number.txt": str(number), f"{task}/environment/answer.txt": ""}
            found |= {f"{task}/tests/test.sh": TEST, f"{task}/tests/want.txt": str(2 * number)}
    return found | reviews()


def reviews() -> dict[str, str]:
    """Return a judging suite: right and wrong answers, every other one machine-made."""
    items, labels = [], []
    for pool, count in (("train", 4), ("anchor", 24), ("test", 4)):
        for k in range(count):
            name, number, right = f"{pool}-{k}", k // 2, k % 2 == 0
            task = {"name": f"number-{number}", "instruction": "Double it.", "files": {"number.txt": str(number)}}
            maker = ("human", "machine")[number % 2]
            artifact = {"answer.txt": str(2 * number + (not right))}
            items.append({"id": name, "task": task, "artifact": artifact, "provenance": maker, "pool": pool})
            labels.append({"id": name, "label": "accept" if right else "reject"})
    folder = "tasks/doubles-reviews"
    return {
        f"{folder}/suite.toml": SUITE.format(name="doubles-reviews", kind="judging"),
        f"{folder}/items.jsonl": "".join(json.dumps(item) + "\n" for item in items),
        f"{folder}/labels.jsonl": "".join(json.dumps(label) + "\n" for label in labels),
    }


@pytest.fixture(scope="module")
def doubles(tmp_path_factory, at):
    """Return the project, with one finished run in it called `whole`, and that run's summary."""
    folder = tmp_path_factory.mktemp("doubles")
    for path, text in files().items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    project = at(folder)
    return project, project.json("run", "--out", "whole", "--workers", "2", "--sandbox", "process")


def events(folder) -> list[tuple[str, dict]]:
    """Return a run's events, without the pauses of one that was killed and what was done anew."""
    with sqlite3.connect(folder / "ledger.sqlite") as ledger:
        rows = ledger.execute("SELECT kind, body FROM events ORDER BY seq").fetchall()
    ledger.close()
    kept = ("outcome", "node_added", "edit_rejected", "epoch_closed", "endpoints_chosen", "test_outcome")
    return [(kind, settled(json.loads(body))) for kind, body in rows if kind in kept]


def settled(value):
    """Return data without what the clock says."""
    if isinstance(value, dict):
        return {k: settled(v) for k, v in value.items() if k not in ("usage", "train_usage")}
    return [settled(one) for one in value] if isinstance(value, list) else value


def test_what_the_lenient_judge_accepted_becomes_the_pool(doubles):
    """Its own verdicts, labelled by the tests of the very same artifact, balanced, and told."""
    project, summary = doubles
    run = open_run(project.folder / "whole")
    try:
        pool = run.state.adversarial["reviewer"]
        assert summary["replacements"]
        assert pool.items
        for item in pool.items.values():
            number = int(item.task.rpartition("-")[2])
            made = int(run.archive.blobs.get_tree(item.artifact)["answer.txt"].data)
            assert (item.label == "accept") == (made == 2 * number)
            assert item.label_source == "verifier"
            assert item.task.startswith("validation-")
        told = [epoch["adversarial"]["reviewer"] for epoch in summary["epochs"]]
        assert told[-1]["hash"] == pool.hash
        assert told[-1]["labels"]["accept"] <= told[-1]["labels"]["reject"]
        judged = [record for record in run.state.live() if record.measure == "adversarial"]
        assert judged
        assert {record.pool for record in judged} == {"adversarial"}
        for record in judged:
            level = int(run.archive.lineage.tree(run.state.nodes[record.node].commit)["reviewer/level.txt"].data)
            item = pool.items[record.task]
            sees = int(item.task.rpartition("-")[2]) % 3 < level
            assert record.y == int(sees or item.label == "accept")
    finally:
        run.archive.close()


def test_the_criterion_changes_at_the_replacement_and_nowhere_else(doubles):
    """Every outcome carries the id of its epoch; it is another one after a replacement, and recomputes."""
    project, _ = doubles
    current, ids, changed = None, set(), []
    for kind, body in events(project.folder / "whole"):
        if kind == "outcome":
            assert current in (None, body["utility_id"])
            current = body["utility_id"]
            ids.add(current)
        if kind == "epoch_closed":
            changed.append((body["utility_id"] != current, bool(body["seats"])))
            current = body["utility_id"]
    assert any(was for was, _ in changed)
    assert all(was == seats for was, seats in changed)
    run = open_run(project.folder / "whole")
    try:
        assert run.criterion.utility_id(run.state.seats, run.state.pool_hashes()) == run.state.utility_id
    finally:
        run.archive.close()


def test_the_ablation_is_the_same_run_until_a_judge_is_displaced(doubles):
    """`adversarial.enabled=false`: no pool, no such outcome; up to the first replacement nothing differs."""
    project, _ = doubles
    off = project.json(
        "run", "--out", "plain", "-c", "adversarial.enabled=false", "--workers", "2", "--sandbox", "process"
    )
    assert off["adversarial"] == {"enabled": False, "retired": 0, "pools": {}}
    assert off["replacements"]
    plain, whole = events(project.folder / "plain"), events(project.folder / "whole")
    assert "adversarial" not in {body["measure"] for kind, body in plain if kind == "outcome"}
    first = next(k for k, (kind, body) in enumerate(whole) if kind == "epoch_closed" and body["seats"])
    for (kind, one), (other_kind, other) in zip(whole[:first], plain[:first], strict=True):
        assert kind == other_kind
        drop = ("utility_id", "adversarial")
        assert {k: v for k, v in one.items() if k not in drop} == {k: v for k, v in other.items() if k not in drop}
    compared = project.json("compare", "whole", "plain")
    assert [run["adversarial"]["enabled"] for run in compared["runs"]] == [True, False]
    assert "Who sits now" in project.rqgm("compare", "whole", "plain").stdout


def test_one_worker_makes_the_same_run(doubles):
    """Event for event."""
    project, summary = doubles
    one = project.json("run", "--out", "single", "--workers", "1", "--sandbox", "process")
    assert one["lineage_head"] == summary["lineage_head"]
    assert events(project.folder / "single") == events(project.folder / "whole")


def test_a_run_killed_around_its_checkpoint_ends_as_the_whole_one(doubles):
    """SIGKILL shortly before, at and after the outcome that makes the checkpoint due; each time resumed."""
    project, summary = doubles
    ledger, argv = project.folder / "killed" / "ledger.sqlite", ["run", "--out", "killed", "--sandbox", "process"]
    for outcomes in (20, 24, 30):
        process = project.start(*argv)
        deadline = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < deadline and spent(ledger) < outcomes:
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        argv = ["resume", "killed"]
    end = project.json("resume", "killed")
    assert end["lineage_head"] == summary["lineage_head"]
    assert events(project.folder / "killed") == events(project.folder / "whole")


def spent(ledger) -> int:
    """Return how many outcomes are committed."""
    if not ledger.exists():
        return 0
    with sqlite3.connect(f"file:{ledger}?mode=ro", uri=True) as db:
        count = db.execute("SELECT count(*) FROM events WHERE kind = 'outcome'").fetchone()[0]
    db.close()
    return count


def test_the_figures_are_shown_wherever_a_run_is(doubles):
    """At every checkpoint, in the ledger, in status and in the summary: of each seat, with intervals."""
    project, summary = doubles
    status = project.json("status", "whole")
    assert status["seats"] == summary["seats"]
    for epoch in status["epochs"]:
        for decision in epoch["decisions"]:
            anchor = decision["incumbent"]["quality"]["anchor"]
            assert {
                "balanced_accuracy",
                "machine_accept",
                "human_accept",
                "ratio_accept",
                "machine_reject",
            } <= anchor.keys()
            assert {"value", "low", "high"} <= anchor["balanced_accuracy"].keys()
    text = project.rqgm("status", "whole").stdout
    assert "balanced accuracy" in text
    assert "adversarial items" in text
