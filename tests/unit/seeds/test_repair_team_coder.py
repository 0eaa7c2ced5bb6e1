"""The coder role of the seed workspace `repair-team`: members that differ, what they tell, what hearing changes."""

import base64
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rqgm.core.trees import select, write_tree
from rqgm.roles.manifest import parse_manifest
from rqgm.roles.messages import Limits, Said, SolverRequest, SolverResponse, TeamPlace
from rqgm.run.shelves import Shelves

REPOSITORY = Path(__file__).resolve().parents[3]
SHELF = REPOSITORY / "archive" / "seeds"
STEPS = 80_000

ONE_FAULT = '''def clamp(value, low, high):
    """Return value, or the nearer bound."""
    if value < low:
        return low
    if value >= high + 1:
        return high - 1
    return value
'''
CLAMP_CASES = [
    {"input": {"call": "clamp", "args": [5, 1, 9]}, "expected": 5},
    {"input": {"call": "clamp", "args": [0, 1, 9]}, "expected": 1},
    {"input": {"call": "clamp", "args": [12, 1, 9]}, "expected": 9},
]
TWO_FAULTS = '''def count_between(items, low, high):
    """Return how many items lie in the closed range from low to high, and the sum of those outside."""
    inside = 0
    outside = 0
    for item in items:
        if low < item <= high:
            inside += 1
        else:
            outside -= item
    return [inside, outside]
'''
LOW_REPAIRED = TWO_FAULTS.replace("low < item", "low <= item")
SUM_REPAIRED = TWO_FAULTS.replace("outside -= item", "outside += item")
BOTH_REPAIRED = LOW_REPAIRED.replace("outside -= item", "outside += item")
COUNT_CASES = [
    {"input": {"call": "count_between", "args": [[1, 5], 1, 9]}, "expected": [2, 0]},
    {"input": {"call": "count_between", "args": [[0, 5, 11], 1, 9]}, "expected": [1, 11]},
    {"input": {"call": "count_between", "args": [[1, 9, 20, 3], 1, 9]}, "expected": [3, 20]},
    {"input": {"call": "count_between", "args": [[2], 1, 9]}, "expected": [1, 0]},
]


@pytest.fixture(scope="module")
def role(tmp_path_factory):
    """The merged workspace's files, as the engine lays them out."""
    folder = tmp_path_factory.mktemp("role")
    tree = Shelves.seen_from(REPOSITORY).workspace("seeds/repair-team")
    write_tree(folder, select(tree, ("coder", "shared")))
    return folder


def ask(role, root, faulty, cases, place, steps=STEPS):
    """Run the role once; return its response and the program that it leaves."""
    app, io = root / "app", root / "rqgm" / "io"
    app.mkdir(parents=True)
    io.mkdir(parents=True)
    (app / "program.py").write_text(faulty)
    (app / "visible.json").write_text(json.dumps({"schema_version": 1, "program": "program.py", "cases": cases}))
    request = SolverRequest(
        role="coder",
        seed=7,
        limits=Limits(wall_s=30, steps=steps),
        task="task",
        instruction="",
        workdir=str(app),
        artifacts=["program.py"],
        team=place,
    )
    (io / "request.json").write_text(request.model_dump_json())
    environment = {"RQGM_ROOT": str(root), "PATH": os.environ["PATH"], "PYTHONHASHSEED": "0"}
    command = [sys.executable, "-S", "-B", "-m", "coder"]
    ended = subprocess.run(command, cwd=role, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stderr
    response = SolverResponse.model_validate_json((io / "response.json").read_bytes())
    return response, (app / "program.py").read_text()


def said(member, response, artifact=None):
    return Said(
        member=member, answer=response.answer, evidence=response.evidence, message=response.message, artifact=artifact
    )


def told(member, *sources, **message):
    """Return what a member would say that tells of these programs."""
    programs = [{"source": source, "edits": []} for source in sources]
    return Said(member=member, answer="x", evidence=0.5, message={"programs": programs, **message})


def draft(member):
    return TeamPlace(member=member, members=5)


def second(member, own, *heard):
    return TeamPlace(member=member, members=5, turn=1, own=own, heard=list(heard))


def test_the_manifest_asks_for_a_team_and_grants_the_coder_nothing_new():
    manifest = parse_manifest(Shelves.seen_from(REPOSITORY).workspace("seeds/repair-team"))
    assert manifest.roles["coder"].team == 5
    assert list(manifest.roles["coder"].folders) == ["coder", "shared"]


def test_the_overlay_holds_no_copy_of_what_it_extends():
    """Parts that are wired in are named in seed.toml, and come from the library as it is now."""
    tree = Shelves.seen_from(REPOSITORY).workspace("seeds/repair-team")
    base = {path.read_bytes() for path in (SHELF / "repair").rglob("*.py") if path.stat().st_size}
    own = sorted((SHELF / "repair-team").rglob("*.py"))
    assert [path for path in own if path.read_bytes() in base] == []
    assert tree["coder/operators/guards.py"] == tree["parts/operators/guards.py"]


def test_alone_it_answers_as_a_coder_without_a_team(role, tmp_path):
    response, text = ask(role, tmp_path, ONE_FAULT, CLAMP_CASES, None)
    assert (response.answer, response.evidence, response.message) == (None, None, None)
    assert response.notes["plausible"] > 0
    assert text != ONE_FAULT


def test_members_search_by_different_strategies_and_each_the_same_way_twice(role, tmp_path):
    found = [ask(role, tmp_path / f"{member}", TWO_FAULTS, COUNT_CASES, draft(member)) for member in range(4)]
    again = ask(role, tmp_path / "again", TWO_FAULTS, COUNT_CASES, draft(3))
    assert again == found[3]
    tried = {response.message["tried"] for response, _ in found}
    assert len(tried) == len(found)
    assert all(response.usage["steps"] <= STEPS for response, _ in found)


def test_equal_behaviour_is_an_equal_answer_whatever_the_code(role, tmp_path):
    same = [
        BOTH_REPAIRED,
        BOTH_REPAIRED.replace("outside += item", "outside = item + outside"),
        LOW_REPAIRED,
    ]
    answers = []
    for number, source in enumerate(same):
        place = second(number, None, told(4, source))
        response, text = ask(role, tmp_path / f"{number}", TWO_FAULTS, COUNT_CASES, place, steps=2_500)
        answers.append((response.answer, response.evidence))
        assert text == source
    assert answers[0] == answers[1]
    assert answers[0][1] == 1.0
    assert answers[2][0] != answers[0][0]
    assert answers[2][1] < 1.0


def test_a_second_answer_keeps_to_the_steps_of_the_first(role, tmp_path):
    hopeless = [*COUNT_CASES, {"input": {"call": "count_between", "args": [[4], 1, 9]}, "expected": "no such count"}]
    own, _ = ask(role, tmp_path / "own", TWO_FAULTS, hopeless, draft(1))
    place = second(1, said(1, own), told(0, LOW_REPAIRED, SUM_REPAIRED))
    again, _ = ask(role, tmp_path / "again", TWO_FAULTS, hopeless, place)
    assert STEPS / 2 < again.usage["steps"] <= STEPS


def test_two_partial_repairs_are_joined_within_steps_that_find_nothing_alone(role, tmp_path):
    steps = 3_000
    alone, _ = ask(role, tmp_path / "alone", TWO_FAULTS, COUNT_CASES, draft(1), steps=steps)
    assert alone.evidence < 1.0
    place = second(1, said(1, alone), told(0, LOW_REPAIRED), told(2, SUM_REPAIRED))
    response, text = ask(role, tmp_path / "heard", TWO_FAULTS, COUNT_CASES, place, steps=steps)
    assert text == BOTH_REPAIRED
    assert response.evidence == 1.0
    assert response.notes["plausible"] == 1


def test_a_heard_partial_repair_is_edited_further(role, tmp_path):
    place = second(1, None, told(0, LOW_REPAIRED))
    response, text = ask(role, tmp_path, TWO_FAULTS, COUNT_CASES, place)
    assert response.evidence == 1.0
    assert "low <= item" in text


def test_what_others_tried_is_not_tried_again(role, tmp_path):
    """Members 0 and 1 share operators: what 0 has tried leaves 1 the steps to try more that nobody has."""
    hopeless = [*COUNT_CASES, {"input": {"call": "count_between", "args": [[4], 1, 9]}, "expected": "no such count"}]
    first, _ = ask(role, tmp_path / "first", TWO_FAULTS, hopeless, draft(0), steps=40_000)
    marks = decoded(first.message["tried"])
    assert len(marks) > 100
    silent = first.model_copy(update={"message": {"tried": ""}})
    informed = first.model_copy(update={"message": {"tried": first.message["tried"]}})
    repeated, _ = ask(role, tmp_path / "bare", TWO_FAULTS, hopeless, second(1, None, said(0, silent)), steps=40_000)
    fresh, _ = ask(role, tmp_path / "told", TWO_FAULTS, hopeless, second(1, None, said(0, informed)), steps=40_000)
    assert decoded(repeated.message["tried"]) & marks
    assert marks <= decoded(fresh.message["tried"])  # passed on to whoever hears this member next
    new = decoded(fresh.message["tried"]) - marks
    assert len(new) > len(decoded(repeated.message["tried"]) - marks)


def decoded(tried):
    data = base64.b64decode(tried)
    return {data[at : at + 3] for at in range(0, len(data), 3)}


def test_a_second_answer_never_has_less_evidence(role, tmp_path):
    own, made = ask(role, tmp_path / "own", ONE_FAULT, CLAMP_CASES, draft(0))
    assert own.evidence == 1.0
    heard = told(1, "def clamp(value, low, high):\n    return value\n")
    response, text = ask(role, tmp_path / "again", ONE_FAULT, CLAMP_CASES, second(0, said(0, own), heard))
    assert response.evidence == 1.0
    assert "return value" in text
    assert made != ONE_FAULT


def test_no_limit_of_steps_is_the_plans_limit(role, tmp_path):
    response, _ = ask(role, tmp_path, TWO_FAULTS, COUNT_CASES, draft(2), steps=0)
    assert 0 < response.usage["steps"] <= STEPS


GARBAGE = [
    None,
    7,
    [],
    "text",
    {},
    {"programs": 1, "probes": {}, "tried": []},
    {"programs": [None, 3, {}, {"source": 5}, {"source": "def (", "edits": 3}, {"source": "x" * 900_000}]},
    {"programs": [{"source": "(" * 3_000, "edits": [["comparison", 1, 1]]}]},
    {"programs": [{"source": "-" * 2_000 + "1", "edits": []}]},
    {"programs": [{"source": "while True: pass\n", "edits": []}]},
    {"programs": [{"source": "import os\nos.abort()\n", "edits": []}]},
    {"programs": [{"source": "raise SystemExit\n", "edits": []}, {"source": "\0", "edits": []}]},
    {"programs": [{"source": ONE_FAULT + "\n# \ud800", "edits": []}]},
    {"programs": [{"source": ONE_FAULT + "x = 1\n", "edits": [["a", 1, 0], ["a", 10**30, 1], [[], 1, 1], [1]] * 9}]},
    {"probes": [3, {"call": "clamp"}, {"call": "nothing", "args": []}, {"call": "clamp", "args": [{"$set": [[1]]}]}]},
    {"probes": [{"call": "clamp", "args": ["y" * 100_000]}, {"new": "clamp", "args": [], "ops": [[]]}] * 50},
    {"probes": [{"call": ["clamp"], "args": []}, {"call": "clamp", "args": [], "ops": [3]}]},
    {"tried": "?" * 8},
    {"tried": "A" * 1_000_000},
    {"lines": [["a", {}]], "unknown": [[[[[]]]]]},
]


@pytest.mark.parametrize("message", GARBAGE, ids=range(len(GARBAGE)))
def test_whatever_is_heard_the_member_answers(role, tmp_path, message):
    # A surrogate cannot be sent as JSON text of UTF-8, save escaped.
    request_safe = json.loads(json.dumps(message))
    heard = Said.model_construct(
        member=1, answer=None, evidence=None, message=request_safe, artifact=str(tmp_path / "no")
    )
    place = TeamPlace.model_construct(member=0, members=5, turn=1, own=None, heard=[heard])
    response, text = ask_raw(role, tmp_path, place)
    assert response["evidence"] == 1.0
    assert text != ONE_FAULT


def ask_raw(role, root, place):
    """Like `ask`, for places that no honest engine would send."""
    app, io = root / "app", root / "rqgm" / "io"
    app.mkdir(parents=True)
    io.mkdir(parents=True)
    (app / "program.py").write_text(ONE_FAULT)
    (app / "visible.json").write_text(json.dumps({"schema_version": 1, "program": "program.py", "cases": CLAMP_CASES}))
    team = {"member": 0, "members": 5, "turn": 1, "own": place.own, "heard": [dict(item) for item in place.heard]}
    request = {"limits": {"wall_s": 30, "steps": STEPS}, "seed": 7, "workdir": str(app), "team": team}
    (io / "request.json").write_text(json.dumps(request))
    environment = {"RQGM_ROOT": str(root), "PATH": os.environ["PATH"], "PYTHONHASHSEED": "0"}
    command = [sys.executable, "-S", "-B", "-m", "coder"]
    ended = subprocess.run(command, cwd=role, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stderr
    return json.loads((io / "response.json").read_text()), (app / "program.py").read_text()


@pytest.mark.parametrize("kind", ["link", "folder", "fifo", "large", "binary"])
def test_files_of_others_are_read_within_bounds(role, tmp_path, kind):
    artifact = tmp_path / "told"
    artifact.mkdir()
    program = artifact / "program.py"
    if kind == "link":
        program.symlink_to("/etc/hostname")
    elif kind == "folder":
        program.mkdir()
    elif kind == "fifo":
        os.mkfifo(program)
    elif kind == "large":
        program.write_text("#" * 5_000_000)
    else:
        program.write_bytes(b"\xff\xfe\0")
    heard = Said(member=1, artifact=str(artifact))
    response, text = ask(role, tmp_path, ONE_FAULT, CLAMP_CASES, second(0, None, heard))
    assert response.evidence == 1.0
    assert text != ONE_FAULT


def test_a_file_of_another_is_heard_without_a_message(role, tmp_path):
    artifact = tmp_path / "told"
    artifact.mkdir()
    (artifact / "program.py").write_text(BOTH_REPAIRED)
    response, text = ask(
        role, tmp_path, TWO_FAULTS, COUNT_CASES, second(1, None, Said(member=0, artifact=str(artifact))), steps=2_500
    )
    assert (response.evidence, text) == (1.0, BOTH_REPAIRED)


def test_messages_stay_small(role, tmp_path):
    long = TWO_FAULTS + "\n\n" + "\n".join(f"def unused_{number}():\n    return {number}\n" for number in range(700))
    response, _ = ask(role, tmp_path, long, COUNT_CASES, draft(0))
    assert len(json.dumps(response.message)) <= 30_000
