"""Runs whose teams and panels talk: what is locked, what is refused, what is on record, and that it comes out again."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from rqgm.cli.app import main
from rqgm.core.errors import ConfigError, IntegrityError, UnknownNameError
from rqgm.core.usage import Usage
from rqgm.judging.panel import load_panel
from rqgm.orchestration.features import VERSION
from rqgm.orchestration.plans import Plan
from rqgm.orchestration.policies.edge_logits import EdgeLogits
from rqgm.orchestration.weights import Card, save_weights
from rqgm.report.audit.auditor import audit
from rqgm.report.audit.replay import ReplayOptions, replay
from rqgm.run.experiment import load_experiment
from rqgm.run.lock import read_lock, resolve
from rqgm.run.session import RunOptions, open_run, proceed, start
from rqgm.run.shelves import Shelves
from rqgm.run.summary import summarise

if TYPE_CHECKING:
    from collections.abc import Callable

    from rqgm.report.audit.findings import Finding

LEARNED = "edge-logits"


def weights(path: Path, version: str = VERSION, value: float = 0.5) -> Path:
    """Write weights of a learned policy for teams of three, and their card."""
    policy = EdgeLogits.initial(3, version)
    card = Card(policy=LEARNED, features=version, seed=0, data="drawn", data_sha256="ab" * 32)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_weights(path, policy.weights.with_vector(np.full_like(policy.vector, value)), card)
    return path


def learned(name: str) -> str:
    """Return the override by which the coder's team talks by these weights."""
    return f'roles.coder.policy={{policy="{LEARNED}",weights="{name}"}}'


# ------------------------------------------------------------------ what is locked


def utility_of(folder: Path) -> str:
    """Return the utility id that a run began with."""
    run = open_run(folder)
    run.archive.close()
    return run.state.utility_id


def test_a_policy_is_a_part_of_what_is_measured(tiny: Path, tmp_path: Path, make_run: Any) -> None:
    """Every policy is another criterion; a lock without one says nothing of policies."""
    plain = make_run(tiny, tmp_path / "plain", finish=False)
    folders = [make_run(tiny, tmp_path / name, f"roles.coder.policy={name}", finish=False) for name in ("full", "star")]
    folders.append(make_run(tiny, tmp_path / "panel", "panels.review.policy=full", finish=False))
    assert len({utility_of(folder) for folder in (plain, *folders)}) == 4
    text = (plain / "run.lock.json").read_text()
    assert "polic" not in text
    assert list(read_lock(folders[0]).policies) == ["coder"]
    assert read_lock(folders[0]).policies != read_lock(folders[1]).policies


def test_a_run_has_its_own_copy_of_its_weights(tiny: Path, tmp_path: Path, make_run: Any) -> None:
    """Training again afterwards changes nothing of it."""
    file = weights(tiny / "trained" / "mine.safetensors")
    folder = make_run(tiny, tmp_path / "run", learned("trained/mine.safetensors"), finish=False)
    before = utility_of(folder)
    kept = file.read_bytes()
    weights(file, value=-3.0)
    assert utility_of(folder) == before
    assert (folder / "inputs" / "policies" / "coder.safetensors").read_bytes() == kept
    for path in file.parent.iterdir():
        path.unlink()
    run = open_run(folder, writer=True)
    run.archive.close()
    assert run.criterion.role("coder").talk is not None


def alter_tensors(folder: Path) -> None:
    """Change a bit of the run's own weights."""
    path = folder / "coder.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"\1")


def retrain(folder: Path) -> None:
    """Put other weights with a right card in place of them."""
    weights(folder / "coder.safetensors", value=-3.0)


def drop(folder: Path) -> None:
    """Take the run's own weights away."""
    (folder / "coder.safetensors").unlink()


@pytest.mark.parametrize("alter", [alter_tensors, retrain, drop])
def test_altered_weights_are_named(tiny: Path, tmp_path: Path, make_run: Any, alter: Callable[[Path], None]) -> None:
    """By whoever opens the run, and by the audit."""
    weights(tiny / "mine.safetensors")
    folder = make_run(tiny, tmp_path / "run", learned("mine.safetensors"), finish=False)
    alter(folder / "inputs" / "policies")
    for writer in (False, True):
        with pytest.raises((IntegrityError, ConfigError), match=r"coder"):
            open_run(folder, writer=writer).archive.close()
    found = {finding.check: finding for finding in audit(folder).findings}
    assert found["inputs"].standing == "failed"
    assert "coder" in found["inputs"].faults[0]


def test_an_altered_card_is_named_by_the_audit(tiny: Path, tmp_path: Path, make_run: Any, spoil: Any) -> None:
    """It decides nothing, and is not what it was."""
    weights(tiny / "mine.safetensors")
    folder = make_run(tiny, tmp_path / "run", learned("mine.safetensors"), finish=False)
    assert {finding.check: finding for finding in audit(folder).findings}["inputs"].standing == "passed"
    spoil(folder / "inputs" / "policies" / "coder.json", "drawn", "secret")
    assert "none that decides" in {f.check: f for f in audit(folder).findings}["inputs"].faults[0]


def test_weights_of_an_older_version_keep_nobody_from_reading_a_run(tiny: Path, tmp_path: Path, make_run: Any) -> None:
    """As if rqgm had been updated since: it can be read, and not gone on with."""
    weights(tiny / "mine.safetensors")
    folder = make_run(tiny, tmp_path / "run", learned("mine.safetensors"), finish=False)
    before = utility_of(folder)
    weights(folder / "inputs" / "policies" / "coder.safetensors", version="features-0")
    assert utility_of(folder) == before
    with pytest.raises(ConfigError, match=r"'features-0'.*rqgm nexa train"):
        open_run(folder, writer=True)


def test_a_panels_weights_lie_in_its_folder_and_are_copied(tiny: Path, tmp_path: Path, make_run: Any) -> None:
    """A change of the run's copy is a change of the panel."""
    place = tiny / "judges" / "review"
    text = (place / "panel.toml").read_text()
    table = f'[policy]\npolicy = "{LEARNED}"\nweights = "trained/mine.safetensors"\n'
    (place / "panel.toml").write_text(text + table)
    with pytest.raises(ConfigError, match=r"panel\.toml: policy .*no file 'trained/mine.safetensors' in .*nexa train"):
        load_panel(place)
    weights(place / "trained" / "mine.safetensors")
    folder = make_run(tiny, tmp_path / "run", finish=False)
    own = folder / "inputs" / "panels" / "review"
    assert load_panel(own).hash == load_panel(place).hash
    weights(place / "trained" / "mine.safetensors", value=-3.0)
    open_run(folder).archive.close()
    weights(own / "trained" / "mine.safetensors", value=-3.0)
    with pytest.raises(IntegrityError, match="panel 'review' is not the one in the lock"):
        open_run(folder)


# ------------------------------------------------------------------ what is refused


def tell(project: Path, monkeypatch: pytest.MonkeyPatch, *argv: str) -> int:
    """Run a command in the project; return its exit code."""
    monkeypatch.chdir(project)
    monkeypatch.setattr("sys.argv", ["rqgm", *argv])
    monkeypatch.setenv("COLUMNS", "1000")
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


BAD = {
    "unknown": ("policy = 'fall'", "unknown policy 'fall'; did you mean 'full'?"),
    "no name": ("policy = 'full and more'", "is not of the form name or name(argument)"),
    "long": (f"policy = '{'x' * 300}'", "is not of the form name or name(argument)"),
    "argument": ("policy = 'random(2)'", "wants a number from 0 to 1"),
    "no weights": (f"policy = '{LEARNED}'", "`rqgm nexa train` makes them"),
    "missing": (f"policy = {{policy = '{LEARNED}', weights = 'no.safetensors'}}", "`rqgm nexa train` makes one"),
    "outside": (f"policy = {{policy = '{LEARNED}', weights = '../out.safetensors'}}", "copy them there"),
    "version": (f"policy = {{policy = '{LEARNED}', weights = 'old.safetensors'}}", "train on these (rqgm nexa train)"),
    "not learned": ("policy = {policy = 'full', weights = 'old.safetensors'}", "leave them out"),
    "key": ("policy = {polcy = 'full'}", "polcy: unknown key; did you mean 'policy'?"),
    "kind": ("policy = 3", "policy"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_policy_is_answered_with_file_key_and_remedy(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], case: str
) -> None:
    """By `rqgm validate` (1: a check failed) and by `rqgm run` (2: wrong configuration), for roles and panels."""
    line, message = BAD[case]
    weights(tiny / "old.safetensors", version="features-0")
    weights(tiny.parent / "out.safetensors")
    place = tiny / "experiments" / "tiny.toml"
    good = place.read_text()
    place.write_text(good.replace('suite = "sums"\n', f'suite = "sums"\n{line}\n'))
    assert tell(tiny, monkeypatch, "validate", "tiny") == 1
    assert message in capsys.readouterr().out.replace("\n", " ")
    assert tell(tiny, monkeypatch, "run", "tiny", "--sandbox", "process", "--allow-unsafe", "--out", "out") == 2
    told = capsys.readouterr().err
    assert message in told
    assert "roles.coder.policy" in told
    assert not (tiny / "out").exists()
    place.write_text(good)
    panel = tiny / "judges" / "review" / "panel.toml"
    weights(panel.parent / "old.safetensors", version="features-0")
    panel.write_text(f"{line}\n{panel.read_text()}")
    assert tell(tiny, monkeypatch, "validate") == 1
    told = capsys.readouterr().out.replace("\n", " ")
    assert message in told
    assert "review/panel.toml: policy" in told


def test_a_policy_on_a_judge_or_an_editor_is_refused(tiny: Path) -> None:
    """Teams are of solvers; panels have theirs in panel.toml."""
    for role, kind in (("reviewer", "judge"), ("editor", "editor")):
        with pytest.raises(ConfigError, match=rf"roles\.{role}: .*a {kind} has no policy: teams of solvers do"):
            load_experiment(tiny / "experiments" / "tiny.toml", [f"roles.{role}.policy=full"])


@pytest.mark.parametrize("team", [0, 17, -1, "'two'"])
def test_a_seed_workspace_with_a_wrong_team_is_refused(tiny: Path, team: Any) -> None:
    """With file and key."""
    place = tiny / "archive" / "seeds" / "tiny" / "workspace.toml"
    place.write_text(place.read_text().replace('kind = "solver"', f'kind = "solver"\nteam = {team}'))
    with pytest.raises(ConfigError, match=r"seeds/tiny: workspace\.toml: roles\.coder\.team: "):
        resolve(load_experiment(tiny / "experiments" / "tiny.toml"), Shelves(tiny))


# ------------------------------------------------------------------ runs for real


START = """import json, os
ROOT = os.environ.get("RQGM_ROOT", "")
request = json.load(open(ROOT + "/rqgm/io/request.json"))
"""
END = """
json.dump({"schema_version": 1, **answer}, open(ROOT + "/rqgm/io/response.json", "w"))
"""
CODER = """
LEVEL = 0
team = request["team"]
rank = min(team["member"], LEVEL)
for said in team["heard"]:
    rank = max(rank, int(open(said["artifact"] + "/a.txt").read().split()[1]))
open(os.path.join(request["workdir"], "a.txt"), "w").write(f"rank {rank}")
answer = {"evidence": rank / 10, "message": {"rank": rank}}
"""
REVIEWER = """
panel = request.get("panel")
text = open(request["artifact"] + "/a.txt").read()
good = panel is None or panel["seat"] == 0 or any(one["verdict"] == "reject" for one in panel["heard"])
answer = {"verdict": "reject" if good and text != "rank 2" else "accept", "score": 0.5}
answer["evidence"] = [{"claim": "the rank", "file": "a.txt", "line": 1, "quote": text}]
"""
EDITOR = """
place = request["workspace"] + "/coder.py"
text = open(place).read()
level = int(text.split("LEVEL = ")[1].split()[0])
level = (level + 1 + request["seed"] % 2) % 4
open(place, "w").write(text.replace(text.split("LEVEL = ")[1].split()[0], str(level), 1))
answer = {"tried": f"level {level}"}
"""
REAL = """schema_version = 1
name = "tiny"
workspace = "seeds/tiny"
profile = "plain"
[roles.coder]
kind = "solver"
suite = "sums"
policy = "full"
measures = [{ kind = "tests" }, { kind = "panel", panel = "review" }]
[roles.reviewer]
kind = "judge"
suite = "sum-reviews"
measures = [{ kind = "anchor" }]
[roles.editor]
kind = "editor"
[budget]
outcomes = 14
[search]
lag = 3
"""
ROLES = (("coder", "solver"), ("reviewer", "judge"), ("editor", "editor"))
ROLE = '[roles.{0}]\nkind = "{1}"\ncommand = ["python3", "-I", "-S", "{0}.py"]\nfolders = ["{0}.py"]\ndeterministic = true\n'
SUITE = 'schema_version = 1\nname = "{}"\nkind = "{}"\nlicence = "MIT"\nsource = "here"\n'
TEST_SH = """#!/bin/sh
mkdir -p "$RQGM_ROOT/logs/verifier"
grep -q "rank [123]" "$RQGM_ROOT/app/a.txt" && echo 1 > "$RQGM_ROOT/logs/verifier/reward.txt" && exit
echo 0 > "$RQGM_ROOT/logs/verifier/reward.txt"
"""
PANEL = 'schema_version = 1\nname = "review"\npolicy = "debate(1)"\n' + "".join(
    f'[[seats]]\nname = "s{k}"\njudge = "role:reviewer"\n' for k in range(3)
)


def real_project(folder: Path, experiment: str = REAL) -> Path:
    """Write a project whose roles are real programs: a team that copies the best, a panel that is convinced by one."""
    workspace = "schema_version = 1\ntrusted = true\n" + "".join(ROLE.format(name, kind) for name, kind in ROLES)
    files = {
        "rqgm.toml": "schema_version = 1\n",
        "experiments/tiny.toml": experiment,
        "judges/review/panel.toml": PANEL,
        "sandboxes/plain/profile.toml": 'name = "plain"\n',
        "tasks/sums/suite.toml": SUITE.format("sums", "solving"),
        "tasks/sum-reviews/suite.toml": SUITE.format("sum-reviews", "judging"),
        "archive/seeds/tiny/workspace.toml": workspace.replace('kind = "solver"', 'kind = "solver"\nteam = 3'),
    }
    programs = {"coder": CODER, "reviewer": REVIEWER, "editor": EDITOR}
    files |= {f"archive/seeds/tiny/{name}.py": START + text + END for name, text in programs.items()}
    for name, pool in (("t", "train"), ("v1", "validation"), ("v2", "validation"), ("x", "test")):
        files |= {
            f"tasks/sums/{name}/task.toml": f'schema_version = "1.0"\n[rqgm]\nartifacts = ["a.txt"]\npool = "{pool}"\n',
            f"tasks/sums/{name}/instruction.md": f"Rank {name}.\n",
            f"tasks/sums/{name}/environment/Dockerfile": "FROM scratch\nWORKDIR /app\nCOPY . .\n",
            f"tasks/sums/{name}/environment/a.txt": "rank 0",
            f"tasks/sums/{name}/tests/test.sh": TEST_SH,
        }
    shown = {"artifact": {"a.txt": "rank 2"}, "provenance": "machine"}
    names = [(pool, f"{pool}-{k}") for pool in ("train", "anchor", "test") for k in range(2)]
    items = [
        {"id": name, "pool": pool, "task": {"name": name, "instruction": f"Judge {name}."}, **shown}
        for pool, name in names
    ]
    files["tasks/sum-reviews/items.jsonl"] = "".join(json.dumps(item) + "\n" for item in items)
    labels = [{"id": item["id"], "label": "accept"} for item in items]
    files["tasks/sum-reviews/labels.jsonl"] = "".join(json.dumps(label) + "\n" for label in labels)
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def carry_out(project: Path, out: Path, workers: int = 1, *overrides: str) -> Path:
    """Run the experiment in real sandboxes to its end."""
    experiment = load_experiment(project / "experiments" / "tiny.toml", overrides)
    options = RunOptions(out=out, sandbox="process", workers=workers, shelves=Shelves(project))
    folder = asyncio.run(start(experiment, options))
    asyncio.run(proceed(folder, options))
    return folder


@pytest.fixture(scope="module")
def talked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A project and a finished run in it, for reading only."""
    base = tmp_path_factory.mktemp("talked")
    project = real_project(base / "project")
    return project, carry_out(project, base / "run")


def events(folder: Path) -> list[tuple[str, dict[str, Any]]]:
    """Return what is on record."""
    run = open_run(folder)
    try:
        return [(event.kind, event.body) for event in run.archive.ledger.events()]
    finally:
        run.archive.close()


def talks(folder: Path) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Return the records of talks, each with whose it is and the event that tells of it."""
    found = []
    for kind, body in events(folder):
        if kind in {"outcome", "test_outcome"}:
            found += [("team", body["team"], body)] if "team" in body else []
            found += [("talk", one, body) for one in body.get("talk", ())]
    return found


def test_teams_and_panels_of_a_run_talk_and_are_charged_for_it(talked: tuple[Path, Path]) -> None:
    """Each record is of the right number of agents; who hears the best takes it over; costs are those of all turns."""
    _, folder = talked
    found = talks(folder)
    teams = [(record, body) for whose, record, body in found if whose == "team"]
    panels = [(record, body) for whose, record, body in found if whose == "talk"]
    assert teams
    assert panels
    assert any(body["measure"] == "tests" for _, body in teams if "measure" in body)
    assert any("measure" not in body for _, body in teams), "tests of the endpoints tell of teams as well"
    for record, body in teams:
        assert Plan.from_json(record["plan"]).agents == 3
        assert [turn[2] for turn in record["turns"]] == ["accepted"] * 2
        asked = 4 if "talk" not in body else 4 + 6
        assert body["usage"]["agent_runs"] >= asked + 1
    for record, body in panels:
        assert (record["extra_calls"], record["critical_path"]) == (3, 1)
        assert {said["verdict"] for said in body["opinions"]} in ({"accept"}, {"reject"})
        assert len(body["opinions"]) == 3


def test_a_run_comes_to_the_same_with_more_workers(talked: tuple[Path, Path], tmp_path: Path) -> None:
    """Lineage and talks."""
    project, folder = talked
    other = carry_out(project, tmp_path / "two", 2)
    heads = []
    for place in (folder, other):
        run = open_run(place)
        heads.append((run.state.lineage_head, len(run.state.nodes)))
        run.archive.close()
    assert heads[0] == heads[1]
    assert heads[0][1] > 1

    def told(place: Path) -> list[Any]:
        return [(body.get("n"), body["node"], body["task"], whose, record) for whose, record, body in talks(place)]

    assert told(folder) == told(other)


def check(folder: Path) -> dict[str, Finding]:
    """Audit; return the findings by name."""
    return {finding.check: finding for finding in audit(folder).findings}


def test_such_a_run_passes_its_audit_and_is_replayed_equal(talked: tuple[Path, Path]) -> None:
    """All outcomes and tests, in fresh sandboxes, talks included."""
    _, folder = talked
    found = check(folder)
    assert not [(name, one.faults) for name, one in found.items() if one.standing == "failed"]
    options = ReplayOptions(None, edits=True, sandbox="process", allow_unsafe=True, workers=2)
    again = asyncio.run(replay(folder, options))
    assert again.standing == "passed", again.faults
    equal, _, total = again.figure.split()[:3]
    assert equal == total
    assert int(total) >= 14


def test_the_summary_tells_how_much_talk_there_was(
    talked: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By role and panel, each piece of work once; `rqgm status` and `rqgm show` say it in words."""
    project, folder = talked
    run = open_run(folder)
    summary = summarise(run)
    run.archive.close()
    found = talks(folder)
    teams = [record for whose, record, _ in found if whose == "team"]
    panels = [record for whose, record, _ in found if whose == "talk"]
    assert set(summary["talk"]) == {"coder", "panel:review"}
    told = {"empty": 0, "troubled": 0, "refused": 0, "failed": 0, "critical_path_mean": 1.0}
    count = len(panels)
    assert summary["talk"]["panel:review"] == told | {
        "asked": count, "extra_calls": 3 * count, "accepted": 3 * count
    }  # fmt: skip
    coder = summary["talk"]["coder"]
    assert 0 < coder["asked"] <= len(teams)
    assert (coder["extra_calls"], coder["accepted"], coder["empty"]) == (2 * coder["asked"], 2 * coder["asked"], 0)
    assert tell(project, monkeypatch, "status", str(folder)) == 0
    shown = capsys.readouterr().out
    assert f"panel:review: in {count} of {count} cases; {3 * count} calls more, in chains of 1.00" in shown
    assert tell(project, monkeypatch, "show", str(folder), "seed", "--all") == 0
    shown = capsys.readouterr().out
    assert "team: asked again: " in shown
    assert "panel:review: asked again: 0 accepted, 1 accepted, 2 accepted" in shown
    assert tell(project, monkeypatch, "show", str(folder), "seed", "--json") == 0
    outcomes = json.loads(capsys.readouterr().out)["outcomes"]
    assert any("talk" in outcome for outcome in outcomes)
    assert any("team" in outcome for outcome in outcomes)


def test_without_policies_nothing_is_told_of_talk(finished: Path) -> None:
    """Runs from before are summed up as they were."""
    run = open_run(finished)
    assert summarise(run)["talk"] == {}
    run.archive.close()


PLUGIN = """
class Breaks:
    name = "breaks"
    def __init__(self, argument, weights): pass
    def plan(self, features, rng=None): raise KeyError("nobody thought of this")
"""


def test_a_policy_that_breaks_leaves_the_parallel_answer_and_is_on_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a plug-in that is gone later the run can still be read, but not gone on with."""
    place = tmp_path / "installed"
    info = place / "breaking_policies-1.0.dist-info"
    info.mkdir(parents=True)
    (place / "broken_policies_of_runs.py").write_text(PLUGIN)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: breaking-policies\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[rqgm.policies]\nbreaks = broken_policies_of_runs:Breaks\n")
    project = real_project(tmp_path / "project")
    with monkeypatch.context() as here:
        here.syspath_prepend(str(place))
        broken = ("roles.coder.policy=breaks", "panels.review.policy=breaks", "budget.outcomes=4")
        folder = carry_out(project, tmp_path / "run", 2, *broken)
        found = talks(folder)
        assert {whose for whose, _, _ in found} == {"team", "talk"}
        for _, record, _ in found:
            assert "KeyError: 'nobody thought of this'" in record["trouble"]
            assert (record["turns"], record["extra_calls"]) == ([], 0)
        assert not [(name, one.faults) for name, one in check(folder).items() if one.standing == "failed"]
        run = open_run(folder)
        figures = summarise(run)["talk"]["coder"]
        run.archive.close()
        assert figures["troubled"] == figures["empty"] == figures["asked"] > 0
    assert talks(folder) == found
    with pytest.raises(UnknownNameError, match="unknown policy 'breaks'"):
        open_run(folder, writer=True)


# ------------------------------------------------------------------ records that lie


def lie(record: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return a record with other values; `plan.key` is a key of the plan."""
    made = json.loads(json.dumps(record))
    for key, value in changes.items():
        if key.startswith("plan_"):
            made["plan"][key.removeprefix("plan_")] = value
        else:
            made[key] = value
    return made


LIES: dict[str, tuple[Callable[[Any], Any], str]] = {
    "nothing": (lambda _: None, "is no record of a talk"),
    "text": (lambda _: "asked", "is no record of a talk"),
    "unknown key": (lambda record: lie(record, more=1), "more: unknown key"),
    "circle": (lambda record: lie(record, plan_turns=[[0, 1, [[1, 1]]], [1, 1, [[0, 1]]]]), "in a circle"),
    "other agents": (lambda record: lie(record, plan_agents=4), "of 4 agents"),
    "gate": (lambda record: lie(record, plan_gate=False), "the gate is shut"),
    "turn left out": (lambda record: lie(record, turns=record["turns"][1:]), "other turns than its plan"),
    "turn twice": (lambda record: lie(record, turns=[*record["turns"], record["turns"][0]]), "other turns"),
    "standing": (lambda record: lie(record, turns=[[*t[:2], "fine"] for t in record["turns"]]), "is no record"),
    "failure": (lambda record: lie(record, turns=[[*t[:2], "failed", "x"] for t in record["turns"]]), "is no record"),
    "count": (lambda record: lie(record, extra_calls=0), "counts 0 calls"),
    "chain": (lambda record: lie(record, critical_path=7), "in a chain of 7"),
    "chosen": (lambda record: lie(record, chosen=3), "chooses agent 3 of 3"),
    "trouble": (lambda record: lie(record, trouble="broke"), "though the policy could not decide"),
}


@pytest.mark.parametrize("case", LIES)
def test_a_record_of_a_talk_that_cannot_be_is_found(talked: tuple[Path, Path], case: str) -> None:
    """Of teams and of panels, whatever the hashes say."""
    from rqgm.report.audit.walk import Walk
    from rqgm.run.session import loop_settings

    forge, message = LIES[case]
    _, folder = talked
    for whose in ("team", "talk"):
        run = open_run(folder)
        log = list(run.archive.ledger.events())
        run.archive.close()
        body = [
            event.body for event in log if event.kind == "outcome" and whose in event.body and not event.body["node"]
        ][-1]
        body[whose] = forge(body["team"]) if whose == "team" else [forge(body["talk"][0])]
        found = Walk(run.criterion, loop_settings(run.lock), None, 0, every=False).follow(log)
        faults = [fault for finding in found if finding.check == "outcomes" for fault in finding.faults]
        assert len(faults) == 1, faults
        assert message in faults[0]


def test_a_talk_where_nobody_may_talk_is_found(talked: tuple[Path, Path]) -> None:
    """A panel's record at a measure by tests, none at a panel that talks, a team's of a judge."""
    from rqgm.report.audit.walk import Walk
    from rqgm.run.session import loop_settings

    _, folder = talked
    run = open_run(folder)
    log = list(run.archive.ledger.events())
    run.archive.close()
    outcomes = [event.body for event in log if event.kind == "outcome"]
    panel = next(body for body in outcomes if "talk" in body)
    tests = next(body for body in outcomes if body["measure"] == "tests")
    judge = next(body for body in outcomes if body["role"] == "reviewer")
    team = next(body["team"] for body in outcomes if "team" in body)
    tests["talk"] = panel.pop("talk")
    judge["team"] = team
    found = Walk(run.criterion, loop_settings(run.lock), None, 0, every=False).follow(log)
    faults = " | ".join(fault for finding in found if finding.check == "outcomes" for fault in finding.faults)
    assert "does not say how its panel talked" in faults
    assert "nobody was to talk" in faults
    assert "lets agents talk without a policy" in faults
    assert "is of a judge" in faults


def test_costs_of_an_outcome_are_those_of_all_turns(talked: tuple[Path, Path]) -> None:
    """What validation cost is the sum of its outcomes, teams and panels included."""
    _, folder = talked
    bodies = [body for kind, body in events(folder) if kind == "outcome"]
    run = open_run(folder)
    run.archive.close()
    total = sum((Usage(**body["usage"]) for body in bodies), Usage())
    assert run.state.usage["validation"].agent_runs == total.agent_runs
    paid = [body for body in bodies if body["role"] == "coder" and body["measure"] == "panel:review"]
    assert all(body["usage"]["agent_runs"] in (6, 11) for body in paid)
