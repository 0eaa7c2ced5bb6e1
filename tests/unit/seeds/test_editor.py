"""The editor role of the seed workspace `repair`: one edit end to end, its parts, and long chains of edits."""

import ast
import importlib
import json
import os
import random
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from rqgm.core.trees import hash_tree, read_tree
from rqgm.roles.messages import EditorRequest, EditorResponse, Evidence, JudgeRequest, Limits, SolverRequest

SEED = Path(__file__).resolve().parents[3] / "archive" / "seeds" / "repair"
OURS = ("editor", "reviewer", "shared", "parts", "coder")

FAULTY = "def clamp(value, low, high):\n    if value < low:\n        return low\n    if value > low:\n        return high\n    return value\n"
RIGHT = FAULTY.replace("value > low", "value > high")
WRONG = FAULTY.replace("value > low:", "value > low and value != 5:")
CASES = [
    {"input": {"call": "clamp", "args": [5, 1, 9]}, "expected": 5},
    {"input": {"call": "clamp", "args": [0, 1, 9]}, "expected": 1},
    {"input": {"call": "clamp", "args": [12, 1, 9]}, "expected": 9},
]


def copy_workspace(target, source=SEED):
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    return target


def workspace_hash(folder):
    return hash_tree({path: file for path, file in read_tree(folder).items() if "__pycache__" not in path})


def put(folder, **files):
    """Write files given as name__part=text (`__` stands for a slash) below `folder`."""
    for name, text in files.items():
        path = folder / (name.replace("__", "/") + (".json" if name.endswith(("visible", "label__label")) else ".py"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def coder_evidence(folder, success=False, origin="self", **notes):
    visible = json.dumps({"schema_version": 1, "cases": CASES})
    put(
        folder,
        artifact__program=RIGHT if success else WRONG,
        task__program=FAULTY,
        task__visible=visible,
        label__program=RIGHT,
    )
    notes = {"limit_hit": not success, "plausible": 1, "operators": ["comparison"], **notes}
    return Evidence(
        role="coder",
        task="clamp",
        success=success,
        score=float(success),
        failure=None,
        notes=notes,
        folder=str(folder),
        origin=origin,
    )


def reviewer_evidence(folder, label, success=False, origin="self"):
    visible = json.dumps({"schema_version": 1, "cases": CASES})
    patched = RIGHT if label == "accept" else WRONG
    put(
        folder,
        artifact__program=patched,
        task__program=FAULTY,
        task__visible=visible,
        label__label=json.dumps({"label": label}),
    )
    notes = {"features": {"edit_size": 0.5, "test_literal": 0.0}, "sum": 0.25}
    return Evidence(
        role="reviewer",
        task="clamp-1",
        success=success,
        score=0.0,
        failure=None,
        notes=notes,
        folder=str(folder),
        origin=origin,
    )


def run_editor(root, workspace, seed, evidence=(), mate=None):
    """Run the workspace's own editor on it as a sandbox would; return (response, folder of the edited copy)."""
    role, work = root / "rqgm" / "role", root / "rqgm" / "workspace"
    for folder in ("editor", "shared", "parts"):
        shutil.copytree(workspace / folder, role / folder, ignore=shutil.ignore_patterns("__pycache__"))
    copy_workspace(work, workspace)
    (root / "rqgm" / "io").mkdir()
    request = EditorRequest(
        role="editor",
        seed=seed,
        limits=Limits(wall_s=20),
        workspace=str(work),
        mate=mate and str(mate),
        evidence=list(evidence),
    )
    (root / "rqgm" / "io" / "request.json").write_text(request.model_dump_json())
    env = {"RQGM_ROOT": str(root), "PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "editor"], cwd=role, env=env, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return EditorResponse.model_validate_json((root / "rqgm" / "io" / "response.json").read_text()), work


@pytest.fixture
def seed_path():
    """Make the seed's modules importable, and forget them afterwards."""
    sys.path.insert(0, str(SEED))
    yield
    sys.path.remove(str(SEED))
    forget()


def forget():
    for name in [name for name in sys.modules if name.partition(".")[0] in OURS]:
        del sys.modules[name]


def parses(folder, changed=None):
    """Check that every Python file (or just the changed ones) parses and every plan keeps the convention."""
    planfile = importlib.import_module("editor.planfile")
    paths = [folder / path for path in changed] if changed else folder.rglob("*.py")
    for path in paths:
        if path.suffix == ".py" and path.is_file():
            compile(path.read_text(), str(path), "exec")
    for role in ("coder", "reviewer", "editor"):
        plan = planfile.parse((folder / role / "plan.py").read_text())
        for package, module in plan.imports.values():
            assert (folder / package.replace(".", "/") / f"{module}.py").is_file(), (package, module)
        used = {
            alias
            for value in plan.slots.values()
            for alias in ([value] if isinstance(value, str) else value if isinstance(value, (list, dict)) else [])
        }
        assert set(plan.imports) <= used, "an import that no slot uses"


# ------------------------------------------------------------------------------------------------ end to end


def test_an_edit_changes_the_workspace_and_says_what(tmp_path, seed_path):
    answer, work = run_editor(tmp_path, SEED, 3)
    assert answer.tried
    assert workspace_hash(work) != workspace_hash(copy_workspace(tmp_path / "before"))
    assert all(
        (work / name).exists() or not (SEED / name).exists() or name.endswith(".py") for name in answer.notes["files"]
    )
    parses(work)


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (2, 3))])
def test_two_runs_in_different_folders_make_the_same_edit(tmp_path, seed):
    mate = copy_workspace(tmp_path / "mate")
    (mate / "reviewer" / "plan.py").write_text((mate / "reviewer" / "plan.py").read_text().replace("0.5", "0.9"))
    results = []
    for name in ("one", "another"):
        root = tmp_path / f"{name}-{seed}"
        evidence = [coder_evidence(root / "train/0"), reviewer_evidence(root / "train/1", "reject")]
        answer, work = run_editor(root, SEED, seed, evidence, mate)
        results.append((answer, workspace_hash(work)))
    assert results[0] == results[1]


@pytest.mark.parametrize("seed", range(3))
def test_garbage_evidence_still_gives_a_valid_edit(tmp_path, seed_path, seed):
    nothing = Evidence(
        role="coder", task="x", success=False, score=0, failure="crash", notes=[1, "x"], folder="/nowhere"
    )
    odd = reviewer_evidence(tmp_path / "train", "accept").model_copy(
        update={"notes": {"features": {"edit_size": "NaN"}}}
    )
    (tmp_path / "train" / "artifact" / "program.py").write_bytes(b"\xff\x00(((")
    (tmp_path / "train" / "label" / "label.json").write_text("[1]")
    answer, work = run_editor(tmp_path, SEED, seed, [nothing, odd])
    assert answer.notes["moves"]
    parses(work)


def test_a_workspace_with_broken_plans_still_gets_an_answer(tmp_path):
    broken = copy_workspace(tmp_path / "broken")
    (broken / "coder" / "plan.py").write_text("for x in y: pass\n")
    (broken / "reviewer" / "plan.py").write_text("(((")
    answer, _ = run_editor(tmp_path, broken, 5)
    assert answer.tried


# ------------------------------------------------------------------------------------------------ evidence


def scene_for(workspace, role, evidence=(), seed=0, mate=None):
    modules = importlib.import_module("editor.workspace")
    open_scene = importlib.import_module("editor.scene").open_scene
    items = importlib.import_module("editor.evidence").read_evidence(
        [item.model_dump(mode="json") for item in evidence]
    )
    other = modules.Workspace(str(mate)) if mate else None
    return open_scene(modules.Workspace(str(workspace)), other, items, random.Random(seed), role)


def test_wire_in_prefers_operators_that_reach_the_reference_solution(tmp_path, seed_path):
    move = importlib.import_module("editor.moves.wire_in")
    evidence = [coder_evidence(tmp_path / "0")]
    tried = [move.propose(scene_for(SEED, "coder", evidence, seed)).tried for seed in range(30)]
    reaching = [line for line in tried if "reaches 1 of 1" in line]
    assert len(reaching) >= 8, tried
    blind = Counter("reaches" in move.propose(scene_for(SEED, "coder", [], seed)).tried for seed in range(10))
    assert not blind[True]


def test_wire_in_prefers_features_that_separate_the_labelled_items(tmp_path, seed_path):
    move = importlib.import_module("editor.moves.wire_in")
    evidence = [reviewer_evidence(tmp_path / "0", "reject"), reviewer_evidence(tmp_path / "1", "accept", success=True)]
    tried = [move.propose(scene_for(SEED, "reviewer", evidence, seed)).tried for seed in range(30)]
    assert sum("separates 2 labelled" in line for line in tried) >= 15, tried


def test_limits_that_failed_tasks_hit_are_raised(tmp_path, seed_path):
    move = importlib.import_module("editor.moves.tune_constant")
    evidence = [coder_evidence(tmp_path / "0")]
    tried = [move.propose(scene_for(SEED, "coder", evidence, seed)).tried for seed in range(30)]
    raised = [line for line in tried if "hit a limit" in line]
    assert len(raised) >= 8
    for line in raised:
        old, new = line.split(" (")[0].split()[-3], line.split(" (")[0].split()[-1]
        assert float(new) > float(old)


def test_wrongly_accepted_patches_raise_the_threshold(tmp_path, seed_path):
    move = importlib.import_module("editor.moves.tune_weights")
    evidence = [reviewer_evidence(tmp_path / "0", "reject")]
    tried = [move.propose(scene_for(SEED, "reviewer", evidence, seed)).tried for seed in range(20)]
    assert any("THRESHOLD 0.0 -> 0.2" in line for line in tried)
    assert any("edit_size 0.5 -> 0.1" in line for line in tried)


def test_a_role_that_fails_is_edited_more_often(tmp_path, seed_path):
    compose = importlib.import_module("editor.compose")
    plan = importlib.import_module("editor.plan")
    evidence = [coder_evidence(tmp_path / "0"), reviewer_evidence(tmp_path / "1", "accept", success=True)]
    scene = scene_for(SEED, "coder", evidence)
    drawn = Counter(compose.draw_role(plan, scene.workspace, scene.evidence, scene.rng) for _ in range(400))
    assert drawn["coder"] > 2 * drawn["reviewer"] > 0
    assert drawn["editor"]


# ------------------------------------------------------------------------------------------------ plans


def test_a_plan_is_printed_back_as_it_was(seed_path):
    planfile = importlib.import_module("editor.planfile")
    for role in ("coder", "reviewer", "editor"):
        text = (SEED / role / "plan.py").read_text()
        assert planfile.parse(text).text == text


def test_only_the_changed_statement_is_printed_anew(seed_path):
    planfile = importlib.import_module("editor.planfile")
    text = '"""Doc."""\n\nfrom coder.a import one, two  # why\n\n# parts\nLIST = [one, two]  # in order\n\nMAX = 1_000  # tries\nEND = 2\n'
    plan = planfile.parse(text).with_slot("LIST", ["two", "one"])
    assert plan.text == text.replace("[one, two]", "[two, one]")
    plan = plan.with_import("three", "coder.a", "three").with_slot("LIST", ["two", "one", "three"])
    assert "from coder.a import one, three, two  # why" in plan.text
    assert "MAX = 1_000  # tries" in plan.text
    plan = plan.with_import("other", "coder.b", "one")
    assert plan.text.splitlines()[3] == "from coder.b import one as other"
    assert planfile.parse(plan.text).imports["other"] == ("coder.b", "one")
    assert plan.without_import("other").text.count("coder.b") == 0


@pytest.mark.parametrize(
    "text",
    [
        "x = 1\n",
        "for A in B:\n    pass\n",
        "A = 1; B = 2\n",
        "import os\n",
        "def f():\n    pass\n",
        "A = (\n",
        "A = B = 1\n",
    ],
)
def test_what_is_no_plan_is_refused(seed_path, text):
    planfile = importlib.import_module("editor.planfile")
    with pytest.raises(planfile.PlanError):
        planfile.parse(text)


def test_a_removed_part_moves_to_the_library_and_can_come_back(tmp_path, seed_path):
    modules = importlib.import_module("editor.workspace")
    composition = importlib.import_module("editor.composition")
    workspace = modules.Workspace(str(SEED))
    without = workspace.changed(composition.unwire(workspace, "reviewer", "FEATURES", "test_literal"))
    assert "test_literal" not in without.plan("reviewer").imports
    assert without.read("reviewer/features/test_literal.py") is None
    assert modules.problem(without) is None
    back = without.changed(composition.wire(without, "reviewer", "FEATURES", "features", "test_literal", weight=1.0))
    assert back.plan("reviewer").slots == workspace.plan("reviewer").slots
    assert back.read("reviewer/features/test_literal.py") == workspace.read("reviewer/features/test_literal.py")


def test_numbers_are_spliced_in_place(seed_path):
    literals = importlib.import_module("editor.literals")
    text = 'A = 1_000  # é\nB = {"x": -0.5, y: 2}\nc = 3\ndef f():\n    D = 4\n'
    numbers = literals.find_numbers("p.py", text)
    assert [(n.name, n.value) for n in numbers] == [("A", 1000), ("B['x']", -0.5), ("B[y]", 2)]
    assert literals.set_number(text, numbers[1], -0.25) == text.replace("-0.5", "-0.25")
    rng = random.Random(1)
    for value in (0, 1, 7, 250, 400_000, 0.5, 0.0, -0.3, 10_000_000, 1e-3):
        for _ in range(50):
            new = literals.nudge(value, rng)
            assert new != value or value == 10_000_000
            assert type(new) is type(value)


# ------------------------------------------------------------------------------------------------ long chains


def still_answers(folder, scratch):
    """Run the coder and the reviewer of a workspace on a sample; they must end with a response (right or wrong)."""
    requests = {
        "coder": SolverRequest(
            role="coder",
            seed=1,
            limits=Limits(wall_s=20, steps=100_000),
            task="t",
            instruction="clamp",
            workdir="",
            artifacts=["program.py"],
        ),
        "reviewer": JudgeRequest(
            role="reviewer", seed=1, limits=Limits(wall_s=20), task="t", instruction="clamp", artifact="", task_dir=""
        ),
    }
    answered = {}
    for role, request in requests.items():
        root = scratch / role
        (root / "rqgm" / "io").mkdir(parents=True)
        put(
            root,
            app__program=FAULTY,
            app__visible=json.dumps({"schema_version": 1, "cases": CASES}),
            artifact__program=RIGHT,
        )
        paths = (
            {"workdir": str(root / "app")}
            if role == "coder"
            else {"artifact": str(root / "artifact"), "task_dir": str(root / "app")}
        )
        (root / "rqgm" / "io" / "request.json").write_text(request.model_copy(update=paths).model_dump_json())
        env = {"RQGM_ROOT": str(root), "PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(
            [sys.executable, "-m", role], cwd=folder, env=env, capture_output=True, text=True, timeout=60, check=False
        )
        answered[role] = (root / "rqgm" / "io" / "response.json").is_file()
        answered[role + "-error"] = done.stderr[-800:]
    return answered


def edit_in_process(workspace, seed, evidence, mate):
    """Make one edit with the *current* editor's code (fast); returns the response's (tried, moves)."""
    modules = importlib.import_module("editor.workspace")
    compose = importlib.import_module("editor.compose")
    write = importlib.import_module("editor.__main__").write
    plan = importlib.import_module("editor.plan")
    items = importlib.import_module("editor.evidence").read_evidence(
        [item.model_dump(mode="json") for item in evidence]
    )
    mate = modules.Workspace(str(mate)) if mate else None
    proposal, moves = compose.make_edit(plan, modules.Workspace(str(workspace)), mate, items, random.Random(seed))
    write(str(workspace), proposal.changes)
    return proposal, moves


@pytest.mark.parametrize(("seed", "edits"), [(1, 25), pytest.param(2, 120, marks=pytest.mark.slow)])
def test_successive_edits_leave_a_workspace_that_parses(tmp_path, seed_path, monkeypatch, seed, edits):
    """The seed's editor edits on and on, without selection; raw code changes may break roles, other moves may not."""
    monkeypatch.setattr(importlib.import_module("editor.plan"), "DRAFTS", 1)  # what is tried is tested by itself
    rng = random.Random(seed)
    current, mate = copy_workspace(tmp_path / "current"), copy_workspace(tmp_path / "mate")
    kinds = Counter()
    evidence = [coder_evidence(tmp_path / "t0"), coder_evidence(tmp_path / "t1", success=True, origin="mate")]
    evidence += [
        reviewer_evidence(tmp_path / "t2", "reject"),
        reviewer_evidence(tmp_path / "t3", "accept", success=True),
    ]
    for step in range(edits):
        shown = rng.sample(evidence, rng.randrange(len(evidence) + 1))
        before = {path: path.read_bytes() for path in current.rglob("*.py")}
        proposal, moves = edit_in_process(current, rng.randrange(1 << 32), shown, mate if rng.random() < 0.5 else None)
        kinds.update(moves)
        assert {path: path.read_bytes() for path in current.rglob("*.py")} != before, proposal.tried
        parses(current, proposal.changes)
        if "mutate_code" in moves:  # taken back: what a raw change does to behaviour is selection's business
            for path in current.rglob("*.py"):
                path.unlink()
            for path, data in before.items():
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
        if step % 20 == 19:
            parses(current)
            answered = still_answers(current, tmp_path / f"run{step}")
            assert answered["reviewer"], answered
            assert answered["coder"], answered
        if step % 25 == 24:  # the mate is the workspace as it was a while ago
            mate = copy_workspace(tmp_path / f"mate{step}", current)
    assert {"wire_in", "replace_part"} <= set(kinds), kinds
    assert edits < 200 or {"tune_constant", "remove_part", "take_part", "take_role"} <= set(kinds), kinds


def test_every_kind_of_move_occurs(tmp_path, seed_path):
    """Over many edits each move of the seed's plan, and each of the library, proposes something sound."""
    compose = importlib.import_module("editor.compose")
    plan = importlib.import_module("editor.plan")
    mate = copy_workspace(tmp_path / "mate")
    rng = random.Random(5)
    for _ in range(25):
        edit_in_process(mate, rng.randrange(1 << 32), [], None)
    evidence = [coder_evidence(tmp_path / "t0"), reviewer_evidence(tmp_path / "t1", "reject")]
    names = [path.stem for path in (SEED / "parts" / "moves").glob("*.py") if path.stem != "__init__"]
    library = [importlib.import_module(f"parts.moves.{name}") for name in sorted(names)]
    base = copy_workspace(tmp_path / "base")
    for seed in range(36):
        edit_in_process(base, seed, [], None)
    for move in [*plan.MOVES, *library]:
        assert move.KIND == "move"
        sound = []
        for seed in range(30):
            for role in ("coder", "reviewer", "editor"):
                scene = scene_for(base, role, evidence, seed, mate)
                proposal = move.propose(scene)
                if proposal:
                    sound.append(compose._sound(scene.workspace, proposal))
            if sum(sound) > 3:
                break
        assert any(sound), move.__name__
        assert sum(sound) >= 0.4 * len(sound), move.__name__


@pytest.mark.slow
def test_a_chain_of_self_edited_editors_keeps_editing(tmp_path, seed_path):
    """Each edit is made by the workspace's own evolved editor; an editor that broke itself is not selected."""
    current = copy_workspace(tmp_path / "w0")
    rng = random.Random(11)
    made = 0
    for step in range(20):
        root = tmp_path / f"r{step}"
        evidence = [coder_evidence(root / "train/0"), reviewer_evidence(root / "train/1", "accept")]
        try:
            answer, work = run_editor(root, current, rng.randrange(1 << 32), evidence, SEED if step % 3 == 0 else None)
        except (AssertionError, subprocess.TimeoutExpired):
            current = copy_workspace(tmp_path / f"fresh{step}")
            continue
        made += 1
        assert ast.parse((work / "editor" / "plan.py").read_text())
        assert len(answer.tried) <= 2000
        parses(work)
        current = work
    assert made >= 16


def test_an_edit_is_a_small_readable_change(tmp_path, seed_path):
    """Moves other than crossing over a role change few lines of existing files; a handful of parts takes a line or two each."""
    import difflib

    sizes = []
    for seed in range(40):
        folder = copy_workspace(tmp_path / f"w{seed}")
        proposal, moves = edit_in_process(folder, seed, [], None)
        lines = 0
        for path, text in proposal.changes.items():
            old = (SEED / path).read_text() if (SEED / path).exists() else None
            if old is not None and text is not None:
                lines += sum(1 for line in difflib.ndiff(old.splitlines(), text.splitlines()) if line[0] in "+-")
        sizes.append((lines, moves))
    assert sorted(lines for lines, _ in sizes)[len(sizes) // 2] <= 8, sizes
    assert all(lines <= 70 * len(moves) for lines, moves in sizes), [
        size for size in sizes if size[0] > 70 * len(size[1])
    ]


# ---------------------------------------------------------------- drafts are tried on train tasks

CRASH = "def main():\n    raise SystemExit(3)\n"
SPINS_FREE_OF_STEPS = "import os\n\n\ndef main():\n    os.kill(os.getpid(), 9)\n"


@pytest.fixture
def editor(seed_path):
    """The editor's modules, by name."""
    return {
        name: importlib.import_module(f"editor.{name}")
        for name in ("trials", "compose", "plan", "workspace", "evidence")
    }


def trials_of(editor, workspace, role, evidence):
    items = editor["evidence"].read_evidence([item.model_dump(mode="json") for item in evidence])
    return editor["trials"].Trials(editor["plan"], workspace, role, items, random.Random(0))


def test_a_coder_that_repairs_a_failed_task_gains(tmp_path, editor):
    """The unedited coder's wrong patch counts 0, the edited coder's run is compared with the reference's behaviour."""
    workspace = editor["workspace"].Workspace(str(SEED))
    trials = trials_of(editor, workspace, "coder", [coder_evidence(tmp_path / "0")])
    text = workspace.read("coder/__main__.py")
    fixed = text.replace("    if patch is not None:", "    if True:").replace(
        "file.write(patch.text)", f"file.write({RIGHT!r})"
    )
    assert fixed != text
    assert trials.gain(workspace.changed({"coder/__main__.py": fixed})) == 1.0
    assert trials.gain(workspace.changed({"coder/__main__.py": CRASH})) == 0.0


def test_a_coder_that_loses_a_solved_task_loses(tmp_path, editor):
    """Solved tasks are tried as well; a crash, or death by a signal, costs that task and no other."""
    workspace = editor["workspace"].Workspace(str(SEED))
    trials = trials_of(editor, workspace, "coder", [coder_evidence(tmp_path / "0", success=True)])
    for broken in (CRASH, SPINS_FREE_OF_STEPS, "this does not parse"):
        assert trials.gain(workspace.changed({"coder/__main__.py": broken})) == -1.0


def test_a_reviewer_is_scored_by_how_far_it_leans_to_the_label(tmp_path, editor):
    """From the score in the evidence to the score in the response, for both labels."""
    workspace = editor["workspace"].Workspace(str(SEED))
    evidence = [reviewer_evidence(tmp_path / "0", "reject"), reviewer_evidence(tmp_path / "1", "accept")]
    trials = trials_of(editor, workspace, "reviewer", evidence)
    always = (
        'from shared.io import write_response\n\n\ndef main():\n    write_response(verdict="accept", score={score})\n'
    )
    gains = [
        trials.gain(workspace.changed({"reviewer/__main__.py": always.format(score=score)}))
        for score in (0.0, 0.75, 1.0)
    ]
    assert gains == [0.0, 0.0, 0.0]  # evidence: score 0 for both, so one half; a constant cannot do better
    assert -1.0 <= trials.gain(workspace) <= 1.0


def test_without_known_answers_nothing_is_run(editor):
    """No evidence, and evidence without reference or label: every draft gains 0."""
    workspace = editor["workspace"].Workspace(str(SEED))
    assert trials_of(editor, workspace, "coder", []).gain(workspace) == 0.0


def test_gains_are_equal_from_run_to_run_and_leave_nothing_behind(tmp_path, editor, monkeypatch):
    """Counted steps, fixed seeds, scratch folders removed, the workspace untouched."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    place = copy_workspace(tmp_path / "w")
    workspace = editor["workspace"].Workspace(str(place))
    before = sorted(path for path in place.rglob("*"))
    evidence = [coder_evidence(tmp_path / "0"), coder_evidence(tmp_path / "1", success=True)]
    gains = {trials_of(editor, workspace, "coder", evidence).gain(workspace) for _ in range(3)}
    assert len(gains) == 1
    assert list(scratch.iterdir()) == []
    assert sorted(path for path in place.rglob("*")) == before


def test_an_edit_says_what_its_drafts_gained(tmp_path, editor):
    """Where there is something to try on, the note has gain, tasks and drafts; drafts that gain stand on one another."""
    workspace = editor["workspace"].Workspace(str(SEED))
    evidence = [coder_evidence(tmp_path / "0"), coder_evidence(tmp_path / "1")]
    items = editor["evidence"].read_evidence([item.model_dump(mode="json") for item in evidence])
    seen = []
    for seed in range(5):
        proposal, moves = editor["compose"].make_edit(editor["plan"], workspace, None, items, random.Random(seed))
        assert proposal.changes
        assert moves
        seen.append(proposal.tried)
    assert any(f"on 2 train tasks, {editor['plan'].DRAFTS} drafts] coder" in tried for tried in seen), seen
    assert any("[+" in tried and "[+0.00" not in tried for tried in seen), seen


def test_hostile_evidence_files_do_not_stop_an_edit(tmp_path, editor):
    """A reference that is no program: such a task scores 0 whatever the draft does."""
    workspace = editor["workspace"].Workspace(str(SEED))
    item = coder_evidence(tmp_path / "0")
    Path(item.folder, "label", "program.py").write_text("while True: pass\n(((\n")
    assert trials_of(editor, workspace, "coder", [item]).gain(workspace) == 0.0
    shutil.rmtree(item.folder)
    assert trials_of(editor, workspace, "coder", [item]).gain(workspace) == 0.0
