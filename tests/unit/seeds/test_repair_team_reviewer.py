"""The reviewer role of the seed workspace `repair-team`: seats that differ, what they tell, what hearing changes."""

import asyncio
import importlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from rqgm.core.trees import File, select, write_tree
from rqgm.judging.evidence import Evidence, Standing, check_evidence
from rqgm.roles.manifest import parse_manifest
from rqgm.roles.messages import CheckedPointer, JudgeRequest, JudgeResponse, Limits, PanelPlace, SaidJudge
from rqgm.run.shelves import Shelves

REPOSITORY = Path(__file__).resolve().parents[3]
SEEDS = REPOSITORY / "archive" / "seeds"
MAX_MESSAGE = 30_000

FAULTY = '''def clamp(value, low, high):
    """Return value, or the nearer bound when it is outside."""
    if value < low:
        return low
    if value > low:
        return high
    return value
'''
RIGHT = FAULTY.replace("value > low", "value > high")
NARROW = FAULTY.replace("value > low", "value > low + 4")  # passes the visible tests, is wrong beyond
CASES = [
    {"input": {"call": "clamp", "args": [5, 1, 9]}, "expected": 5},
    {"input": {"call": "clamp", "args": [0, 1, 9]}, "expected": 1},
    {"input": {"call": "clamp", "args": [12, 1, 9]}, "expected": 9},
]
BOUND = [3, 4, "    if value > high:"]  # the right repair, as a patch of the faulty program's normalised lines
BOUND_TWIN = [3, 4, "    if value >= high:"]  # another text of the same behaviour


@dataclass
class Done:
    """What a command that was run again did, as a sandbox says it."""

    stdout: bytes
    exit_code: int
    cpu_s: float = 0.0
    wall_s: float = 0.0
    timed_out: bool = False
    out_of_memory: bool = False
    output_truncated: bool = False


@pytest.fixture(scope="module")
def role(tmp_path_factory):
    """The merged role's folder, as the engine lays it out."""
    folder = tmp_path_factory.mktemp("workspace")
    tree = Shelves.seen_from(REPOSITORY).workspace("seeds/repair-team")
    manifest = parse_manifest(tree)
    write_tree(folder, select(tree, manifest.roles["reviewer"].folders))
    return folder


@pytest.fixture
def modules(role):
    """Import the role's modules by name, and forget them afterwards."""
    sys.path.insert(0, str(role))
    sys.dont_write_bytecode, before = True, sys.dont_write_bytecode
    yield importlib.import_module
    sys.dont_write_bytecode = before
    sys.path.remove(str(role))
    for name in [name for name in sys.modules if name.partition(".")[0] in ("reviewer", "shared")]:
        del sys.modules[name]


def place(seat=0, seats=5, turn=0, own=None, heard=()):
    """Return a place in a panel as plain data."""
    return {"seat": seat, "seats": seats, "turn": turn, "own": own, "heard": list(heard)}


def said(seat, message, verdict="accept"):
    """Return what another seat said."""
    return {"seat": seat, "verdict": verdict, "score": 0.9, "evidence": [], "message": message}


def review(modules, where, patched=NARROW):
    """Return the fields of a review in this process."""
    case = modules("reviewer.case")
    samples = [case.Sample(entry["input"], entry["expected"]) for entry in CASES]
    opened = case.Case(FAULTY.encode(), patched.encode(), samples, "clamp the value", 100_000)
    return modules("reviewer.__main__").opinion(opened, where)


def ask(role, root, panel=None, patched=NARROW):
    """Run the role as a sandbox does, in a folder of its own, and return its checked response."""
    if not (root / "rqgm").exists():
        for name, text in (("artifact/program.py", patched), ("task/program.py", FAULTY)):
            (root / "rqgm" / name).parent.mkdir(parents=True)
            (root / "rqgm" / name).write_text(text)
        (root / "rqgm" / "task" / "visible.json").write_text(json.dumps({"schema_version": 1, "cases": CASES}))
        (root / "rqgm" / "io").mkdir()
        shutil.copytree(role, root / "rqgm" / "role")
    request = JudgeRequest(
        role="reviewer",
        seed=1,
        limits=Limits(wall_s=10),
        task="clamp",
        instruction="Return value, or the nearer bound.",
        artifact=str(root / "rqgm" / "artifact"),
        task_dir=str(root / "rqgm" / "task"),
        panel=panel,
    )
    (root / "rqgm" / "io" / "request.json").write_text(request.model_dump_json())
    assert run(root, [sys.executable, "-S", "-m", "reviewer"]).exit_code == 0
    return JudgeResponse.model_validate_json((root / "rqgm" / "io" / "response.json").read_text())


def run(root, command):
    """Run a command in the role's folder beside this review's files."""
    env = {"RQGM_ROOT": str(root), "PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=root / "rqgm" / "role", env=env, capture_output=True, timeout=30, check=False)
    return Done(done.stdout, done.returncode)


@pytest.mark.parametrize(("patched", "verdict"), [(RIGHT, "accept"), (NARROW, "reject")])
def test_a_reviewer_alone_tells_right_from_plausible(role, tmp_path, patched, verdict):
    assert ask(role, tmp_path, patched=patched).verdict == verdict


def test_a_second_round_runs_as_the_engine_asks_it(role, tmp_path):
    drafts = [ask(role, tmp_path, PanelPlace(seat=seat, seats=3)) for seat in range(3)]
    told = [
        SaidJudge(
            seat=seat,
            verdict=draft.verdict,
            score=draft.score,
            evidence=[CheckedPointer(pointer=pointer, standing="held") for pointer in draft.evidence],
            message=draft.message,
        )
        for seat, draft in enumerate(drafts)
    ]
    again = ask(role, tmp_path, PanelPlace(seat=0, seats=3, turn=1, own=told[0], heard=told[1:]))
    assert again.verdict == "reject"
    assert again.notes["rivals"] >= max(draft.notes["rivals"] for draft in drafts)


@pytest.mark.parametrize("seats", [3, 5, 15])
def test_seats_differ_and_each_is_the_same_every_time(modules, seats):
    drafts = [review(modules, place(seat, seats)) for seat in range(seats)]
    assert drafts == [review(modules, place(seat, seats)) for seat in range(seats)]
    assert len({draft["score"] for draft in drafts}) > seats // 2


def test_the_seats_together_try_all_edits(modules):
    seat_of = modules("reviewer.seat").seat_of
    edits = list(range(23))
    orders = [seat_of(place(seat, 4)).first(edits) for seat in range(4)]
    assert all(sorted(order) == edits for order in orders)
    assert sorted(edit for order in orders for edit in order[: len(edits) // 4]) == list(range(20))


@pytest.mark.parametrize("panel", [{"seat": 7, "seats": 3}, {"seat": 0, "seats": 0}, {"seat": 99, "seats": 10**9}])
def test_any_place_is_a_seat(modules, panel):
    seat = modules("reviewer.seat").seat_of(panel)
    assert 0 <= seat.number < seat.seats


def test_a_message_is_small_plain_data_and_keeps_what_fits(modules):
    draft = review(modules, place())
    assert len(json.dumps(draft["message"], allow_nan=False)) < MAX_MESSAGE
    hearing = modules("reviewer.hearing")
    long = {"inputs": [{"call": "f", "args": ["x" * 900]}] * 40, "rivals": [[0, 0, "y"]], "answers": [], "features": {}}
    kept = hearing.shortened(long)
    assert len(json.dumps(kept)) <= hearing.MAX_MESSAGE
    assert kept["rivals"] == [[0, 0, "y"]]
    assert kept["inputs"]


def test_what_a_seat_tells_another_one_understands(modules):
    hearing, values = modules("reviewer.hearing"), modules("shared.values")
    alone = review(modules, None)
    heard = hearing.listen(place(turn=1, heard=[said(1, alone["message"])]), tree(modules), inputs())
    assert len(heard.programs) == len(alone["message"]["rivals"]) > 0
    assert [values.canonical(item) for item in heard.inputs] == [
        values.canonical(item) for item in alone["message"]["inputs"]
    ]


def test_heard_rivals_change_a_verdict(modules, monkeypatch):
    plan = modules("reviewer.plan")
    monkeypatch.setattr(plan, "EDITS", 0)  # this seat finds nothing itself
    monkeypatch.setattr(plan, "THRESHOLD", review(modules, place())["notes"]["sum"] - 0.01)  # and just accepts
    draft = review(modules, place())
    own = said(0, draft["message"], draft["verdict"])
    again = review(modules, place(turn=1, own=own, heard=[said(1, {"rivals": [BOUND, BOUND_TWIN]})]))
    assert draft["verdict"] == "accept"
    assert again["verdict"] == "reject"
    assert again["notes"]["rivals"] == 2
    assert again["score"] < draft["score"]


def test_heard_verdicts_and_values_count_nothing(modules):
    draft = review(modules, place())
    own = said(0, draft["message"], draft["verdict"])
    praise = {
        "answers": [["1", "1"]] * 9,
        "features": {"rival_share": 1.0, "unheard_of": 1.0},
        "inputs": [],
        "rivals": [],
    }
    for verdict in ("accept", "reject"):
        again = review(modules, place(turn=1, own=own, heard=[said(seat, praise, verdict) for seat in range(1, 5)]))
        silent = review(modules, place(turn=1, own=own))
        assert again == silent


def test_a_seat_measures_the_features_that_others_point_at(modules):
    plan, review_module = modules("reviewer.plan"), modules("reviewer.review")
    names = {review_module.name_of(feature) for feature in plan.FEATURES}
    draft = review(modules, place())
    left_out = names - draft["notes"]["features"].keys()
    assert left_out
    told = said(1, {"features": dict.fromkeys(names, 0.5)})
    again = review(modules, place(turn=1, own=said(0, draft["message"]), heard=[told]))
    assert again["notes"]["features"].keys() == names


def test_programs_that_are_no_rivals_are_not_counted(modules, monkeypatch):
    monkeypatch.setattr(modules("reviewer.plan"), "EDITS", 0)
    patches = [
        [3, 4, "    if value > low + 4:"],  # the reviewed patch itself
        [3, 4, "    if value > low + 1:"],  # fails a visible test
        [3, 4, "    while True:"],  # never ends
        [3, 4, "    if value > high and not clamp.__globals__:"],  # would look behind the bounds
        [0, 99, "x = 1"],
        [3, 4, "if (("],
        [3, 4, "    if " + "not " * 1_500 + "value:"],
        [3, 4, "y" * 5_000],
        [True, 4, "    if value > high:"],
    ]
    again = review(modules, place(turn=1, heard=[said(1, {"rivals": patches})]))
    assert again["notes"]["rivals"] == 0


@pytest.mark.parametrize(
    "message",
    [
        None,
        7,
        "accept it",
        [1, 2],
        {"inputs": 3, "rivals": "x", "features": []},
        {
            "inputs": [None, 1, {}, {"call": []}, {"call": "clamp"}, {"call": "clamp", "args": 1}],
            "rivals": [None, 1, [], {}],
        },
        {"inputs": [{"call": "__import__", "args": ["os"]}, {"new": "clamp", "ops": [["__class__"]]}]},
        {"inputs": [{"call": "clamp", "args": [{"$set": [[1]]}]}, {"call": "clamp", "args": [{"$bytes": "zz"}]}]},
        {
            "inputs": [{"call": "clamp", "args": ["x" * 9_000]}],
            "rivals": [[0, 1, 2], [-1, 0, ""], [2, 1, ""], [0, 0, None]],
        },
        {"inputs": [{"new": "clamp", "args": [], "ops": [1]}, {"new": "clamp", "args": [], "ops": [[]]}]},
    ],
)
def test_malformed_messages_are_as_nothing(modules, message):
    again = review(modules, place(turn=1, heard=[said(1, message), message]))
    assert again == review(modules, place(turn=1))


def test_a_flood_of_messages_is_bounded(modules):
    floods = [
        said(seat, {
            "inputs": [{"call": "clamp", "args": [seat, number, 10**9]} for number in range(1_000)],
            "rivals": [[3, 4, f"    for _ in range({seat * 1_000 + number}): value + 0\n    if value > high:"] for number in range(1_000)],
        })
        for seat in range(1, 64)
    ]  # fmt: skip
    hearing = modules("reviewer.hearing")
    heard = hearing.listen(place(turn=1, heard=floods), tree(modules), inputs())
    assert len(heard.inputs) == len(heard.programs) == hearing.MOST
    again = review(modules, place(turn=1, heard=floods))
    assert again["usage"]["steps"] < 1.2 * modules("reviewer.plan").MAX_STEPS
    assert len(json.dumps(again["message"])) < MAX_MESSAGE


def test_the_engine_finds_all_evidence_as_it_was_said(role, tmp_path):
    answer = ask(role, tmp_path)
    assert [pointer for pointer in answer.evidence if pointer.command]

    async def rerun(command):
        return run(tmp_path, command)

    trees = [
        {path.name: File(path.read_bytes()) for path in (tmp_path / "rqgm" / name).iterdir()}
        for name in ("artifact", "task")
    ]
    checked, _ = asyncio.run(check_evidence([Evidence(pointer) for pointer in answer.evidence], *trees, rerun))
    standings = [entry.standing for entry in checked]
    assert standings.count(Standing.HELD) >= 2
    assert Standing.NOT_HELD not in standings


def test_a_patch_that_fails_a_visible_test_is_rejected_in_every_turn(modules):
    wrong = FAULTY.replace("value > low", "value > low + 1")
    for turn in (0, 1):
        answer = review(modules, place(turn=turn, heard=[said(1, {"rivals": [BOUND]})]), patched=wrong)
        assert answer["verdict"] == "reject"
        assert "visible test" in answer["notes"]["refused"]


def test_a_broken_artifact_does_not_break_a_seat(role, tmp_path):
    answer = ask(role, tmp_path, PanelPlace(seat=2, seats=5), patched="def clamp(:\n")
    assert answer.verdict == "reject"


def test_the_plan_is_one_that_an_editor_can_read_and_its_parts_are_the_librarys():
    reviewer = SEEDS / "repair-team" / "reviewer"
    sys.path.insert(0, str(SEEDS / "repair"))
    try:
        plan = importlib.import_module("editor.planfile").parse((reviewer / "plan.py").read_text())
    finally:
        sys.path.remove(str(SEEDS / "repair"))
        for name in [name for name in sys.modules if name.partition(".")[0] == "editor"]:
            del sys.modules[name]
    features = plan.slots["FEATURES"]
    tree = Shelves.seen_from(REPOSITORY).workspace("seeds/repair-team")
    assert next(iter(features)) == "rival_share"
    for name in features:
        own, spare = tree[f"reviewer/features/{name}.py"], tree.get(f"parts/features/{name}.py")
        assert spare is None or own == spare


def tree(modules):
    """Return the faulty program's tree as a review has it."""
    return modules("reviewer.case").parse(FAULTY.encode())


def inputs():
    """Return the visible tests' inputs."""
    return [entry["input"] for entry in CASES]
