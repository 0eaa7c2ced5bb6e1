"""Blame on a run whose every outcome is known: roles that know words, and edits that teach them some."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rqgm.archive.lineage import Lineage
from rqgm.core.errors import ConfigError, UnknownNameError
from rqgm.core.hashes import sha256
from rqgm.core.trees import File
from rqgm.evolution.workspaces import load_workspace
from rqgm.report.blame import BlameRequest, Overlay, blame, holm
from rqgm.run.experiment import load_experiment
from rqgm.run.session import RunOptions, open_run, start
from rqgm.run.shelves import Shelves

if TYPE_CHECKING:
    from rqgm.core.trees import Tree

EXPERIMENT = """
schema_version = 1
name = "words"
workspace = "seeds/words"
profile = "plain"
seed = 3

[roles.coder]
kind = "solver"
suite = "words"
measures = [{ kind = "tests" }]

[roles.reviewer]
kind = "judge"
suite = "word-reviews"
measures = [{ kind = "anchor" }]

[roles.editor]
kind = "editor"

[budget]
outcomes = 40
"""
SUITE = 'schema_version = 1\nname = "{name}"\nkind = "{kind}"\nlicence = "MIT"\nsource = "here"\n'
TASK = 'schema_version = "1.0"\n[environment]\nworkdir = "/app"\n[rqgm]\nartifacts = ["a.txt"]\npool = "{pool}"\n'
TEST = """#!/bin/sh
logs="${{RQGM_ROOT:-}}/logs/verifier"
mkdir -p "$logs"
if grep -qx {word} a.txt; then echo 1 > "$logs/reward.txt"; else echo 0 > "$logs/reward.txt"; fi
"""
MANIFEST = "schema_version = 1\ntrusted = true\n" + "".join(
    f'[roles.{name}]\nkind = "{kind}"\ncommand = ["python3", "-S", "{name}/run.py"]\nfolders = ["{name}"]\n'
    "deterministic = true\n"
    for name, kind in (("coder", "solver"), ("reviewer", "judge"), ("editor", "editor"))
)
RUN = """import json, os
io = os.environ.get("RQGM_ROOT", "") + "/rqgm/io"
request = json.load(open(io + "/request.json"))
here = os.path.dirname(os.path.abspath(__file__))
known = []
for name in sorted(os.listdir(here)):
    if name.endswith(".txt"):
        known += open(os.path.join(here, name)).read().split()
response = {"schema_version": 1}
"""
CODER = RUN + (
    'with open(request["workdir"] + "/a.txt", "w") as file:\n    file.write("\\n".join(known) + "\\n")\n'
    'json.dump(response, open(io + "/response.json", "w"))\n'
)
REVIEWER = RUN + (
    'word = open(request["artifact"] + "/a.txt").read().strip()\n'
    'response |= {"verdict": "accept" if word in known else "reject", "score": 1.0}\n'
    'json.dump(response, open(io + "/response.json", "w"))\n'
)
WORDS = ("zero", "one", "two", "four")
"""Tasks of the validation pool; the test pool has one of them again."""

SEED: dict[str, str] = {
    "workspace.toml": MANIFEST,
    "coder/run.py": CODER,
    "coder/zero.txt": "zero\n",
    "reviewer/run.py": REVIEWER,
    "reviewer/known.txt": "zero\n",
    "editor/run.py": "",
}
EDITS: list[dict[str, str]] = [
    {"coder/one.txt": "one\n"},
    {"coder/one.txt": "one\ntwo\n"},  # stands on the first
    {"reviewer/known.txt": "zero one two\n"},  # does not touch the coder
    {"coder/four.txt": "four\n"},
    {"coder/run.py": CODER + "# nothing new\n"},
]


def write(folder: Path, files: dict[str, str]) -> None:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)


def shelves() -> dict[str, str]:
    files = {"rqgm.toml": "schema_version = 1\n", "experiments/words.toml": EXPERIMENT}
    files |= {f"archive/seeds/words/{name}": content for name, content in SEED.items()}
    files |= {"sandboxes/plain/profile.toml": 'name = "plain"\n'}
    files |= {"tasks/words/suite.toml": SUITE.format(name="words", kind="solving")}
    files |= {"tasks/word-reviews/suite.toml": SUITE.format(name="word-reviews", kind="judging")}
    tasks = [(word, "validation") for word in WORDS] + [("four-again", "test"), ("zero-first", "train")]
    for name, pool in tasks:
        files[f"tasks/words/{name}/task.toml"] = TASK.format(pool=pool)
        files[f"tasks/words/{name}/instruction.md"] = "Write down what you know.\n"
        files[f"tasks/words/{name}/environment/a.txt"] = "nothing\n"
        files[f"tasks/words/{name}/environment/Dockerfile"] = "FROM scratch\nWORKDIR /app\nCOPY . .\n"
        files[f"tasks/words/{name}/tests/test.sh"] = TEST.format(word=name.split("-")[0])
    items = [
        {"id": f"{pool}-{word}", "task": {"name": "t", "instruction": "Is it a word?"}, "pool": pool}
        | {"artifact": {"a.txt": word}, "provenance": "human"}
        for pool, words in (("anchor", WORDS), ("train", WORDS[:1]), ("test", WORDS[:2]))
        for word in words
    ]
    files["tasks/word-reviews/items.jsonl"] = "".join(json.dumps(item) + "\n" for item in items)
    labels = [{"id": item["id"], "label": "accept"} for item in items]
    return files | {"tasks/word-reviews/labels.jsonl": "".join(json.dumps(label) + "\n" for label in labels)}


def add_node(folder: Path, parent: int, changes: dict[str, str], tried: str) -> None:
    """Add an edit of a node to a run, as the loop does."""
    run = open_run(folder, writer=True)
    try:
        state, lineage = run.state, run.archive.lineage
        tree: Tree = lineage.tree(state.nodes[parent].commit) | {
            path: File(content.encode()) for path, content in changes.items()
        }
        roles = load_workspace(tree, run.criterion.role_kinds).roles
        commit = lineage.add(len(state.nodes), tree, state.nodes[parent].commit, tried, {"Rqgm-Epoch": "0"})
        body = {"n": None, "commit": commit, "parent": parent, "mate": None, "epoch": 0, "tried": tried, "why": ""}
        body |= {"roles": dict(roles), "deterministic": list(roles), "train": [], "usage": {}, "train_usage": {}}
        run.archive.commit(("node_added", body))
    finally:
        run.archive.close()


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of known outcomes with a path of edits: nodes #1 to #5. Not to be changed."""
    project = tmp_path_factory.mktemp("words")
    write(project, shelves())
    experiment = load_experiment(project / "experiments" / "words.toml", ())
    options = RunOptions(out=project / "run", sandbox="process", shelves=Shelves(project))
    folder = asyncio.run(start(experiment, options))
    for number, changes in enumerate(EDITS):
        add_node(folder, number, changes, f"edit {number + 1}\x1b[31m")
    return folder


@pytest.fixture(scope="module")
def blamed(words: Path) -> dict[str, Any]:
    """What blame says of node #5, and what jobs it told of."""
    told: list[tuple[int, int]] = []
    before = contents(words)
    request = BlameRequest(words, "#5", only_in=True, workers=2)
    result = asyncio.run(blame(request, lambda done, of: told.append((done, of))))
    assert contents(words) == before, "blame writes nothing into the run"
    return result | {"told": told}


def contents(folder: Path) -> dict[str, str]:
    """Hash every file of a run but what SQLite shares between readers."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.name.endswith(("-shm", "-wal")))
    return {str(path): sha256(path.read_bytes()) for path in files}


def role(result: dict[str, Any], name: str) -> dict[str, Any]:
    return next(found for found in result["roles"] if found["role"] == name)


def test_each_edit_loses_what_only_it_brought(blamed: dict[str, Any]) -> None:
    """The first edit takes the second along, the others stand alone; losses are exact."""
    coder = role(blamed, "coder")
    assert (coder["seed"]["passed"], coder["node"]["passed"], coder["node"]["total"]) == (1, 4, 4)
    assert (coder["suite"], coder["pool"], coder["gain"]["difference"]) == ("words", "validation", 0.75)
    assert [edit["loss"]["difference"] for edit in coder["edits"]] == [0.5, 0.25, 0.0, 0.25, 0.0]
    assert [edit["without"]["passed"] for edit in coder["edits"]] == [2, 3, 4, 3, 4]
    assert [edit["left"]["difference"] for edit in coder["edits"]] == [0.25, 0.5, 0.75, 0.5, 0.75]
    assert (coder["sum_of_losses"], coder["interaction"]) == (1.0, -0.25)
    outcomes = dict(zip(coder["tasks"], coder["edits"][1]["without"]["outcomes"], strict=True))
    assert outcomes == {"four": 1, "one": 1, "two": 0, "zero": 1}


def test_an_edit_that_is_stood_upon_names_conflicts_and_company(blamed: dict[str, Any]) -> None:
    """What the second edit changed is the file that the first one made."""
    first, *others = blamed["edits"]
    assert (first["alone"], first["reverted_with"]) == (False, [2])
    assert first["obstacle"] == {"conflicts": ["coder/one.txt"], "broken": None}
    assert all(edit["alone"] and not edit["reverted_with"] for edit in others)
    assert any("counts their losses too" in note for note in blamed["notes"])
    assert first["files"] == [
        {"path": "coder/one.txt", "status": "added", "added": 1, "removed": 0, "binary": False}
    ]  # fmt: skip
    assert [edit["roles"] for edit in blamed["edits"]] == [["coder"], ["coder"], ["reviewer"], ["coder"], ["coder"]]


def test_a_judge_is_blamed_by_its_labels_on_the_anchor(blamed: dict[str, Any]) -> None:
    """Only the edit of the reviewer counts."""
    reviewer = role(blamed, "reviewer")
    assert (reviewer["suite"], reviewer["pool"], reviewer["kind"]) == ("word-reviews", "anchor", "judge")
    assert (reviewer["seed"]["passed"], reviewer["node"]["passed"]) == (1, 3)
    assert [edit["loss"]["difference"] for edit in reviewer["edits"]] == [0, 0, 0.5, 0, 0]
    assert reviewer["interaction"] == 0


def test_equal_contents_are_run_once_and_cost_nothing(blamed: dict[str, Any]) -> None:
    """Coder: seed, node, four reversals; #1 and #4 alone, #5 alone, #3's is the node's. Reviewer: two contents."""
    coder, reviewer = role(blamed, "coder"), role(blamed, "reviewer")
    assert [edit["changed"] for edit in coder["edits"]] == [True, True, False, True, True]
    unchanged = coder["edits"][2]["loss"]
    assert (unchanged["interval"], unchanged["p_value"], unchanged["p_holm"]) == ([0.0, 0.0], 1.0, None)
    assert [edit["changed"] for edit in reviewer["edits"]] == [False, False, True, False, False]
    contents = 2 + 4 + 3
    assert blamed["outcomes"] == contents * len(WORDS) + 2 * 4
    assert blamed["told"][0] == (0, blamed["outcomes"])
    assert [done for done, _ in blamed["told"]] == list(range(blamed["outcomes"] + 1))
    assert blamed["usage"]["agent_runs"] == blamed["outcomes"]
    assert blamed["usage"]["cpu_s"] > 0


def test_p_values_are_corrected_over_the_edits_that_were_run(blamed: dict[str, Any]) -> None:
    """Four of the coder's five reversals changed it."""
    losses = [edit["loss"] for edit in role(blamed, "coder")["edits"] if edit["changed"]]
    assert [loss["p_holm"] for loss in losses] == holm([loss["p_value"] for loss in losses])
    assert losses[0]["p_value"] == 0.5
    assert losses[0]["p_holm"] == 1.0


def test_an_edit_alone_on_generation_zero(blamed: dict[str, Any]) -> None:
    """The second edit changes a file that generation zero has not."""
    coder = role(blamed, "coder")
    applies = [edit["only_in"]["applies"] for edit in blamed["edits"]]
    assert applies == [True, False, True, True, True]
    assert blamed["edits"][1]["only_in"]["obstacle"]["conflicts"] == ["coder/one.txt"]
    alone = [edit["only_in"] and edit["only_in"]["gain"]["difference"] for edit in coder["edits"]]
    assert alone == [0.25, None, 0.0, 0.25, 0.0]
    assert [edit["only_in"] and edit["only_in"]["changed"] for edit in coder["edits"]] == [
        True,
        None,
        False,
        True,
        True,
    ]


def test_agents_words_carry_no_control_characters(blamed: dict[str, Any]) -> None:
    """Notes of editors are foreign text."""
    assert [edit["tried"] for edit in blamed["edits"]] == [f"edit {n} [31m" for n in range(1, 6)]


def test_the_test_pool_is_taken_only_when_asked_for_and_said_to_be(words: Path) -> None:
    """By default nothing of it is run; where it is, the notes tell what the figures are good for."""
    result = asyncio.run(blame(BlameRequest(words, "#5", roles=("coder",), pool="test")))
    assert role(result, "coder")["tasks"] == ["four-again"]
    assert role(result, "coder")["gain"]["difference"] == 1.0
    assert any("no test pool left" in note for note in result["notes"])


def test_a_seeded_draw_of_the_tasks_is_the_same_each_time_and_said_to_be_one(words: Path) -> None:
    """Kept in the suite's order."""
    request = BlameRequest(words, "#1", roles=("coder",), tasks=2)
    one, two = (asyncio.run(blame(request)) for _ in range(2))
    for result in (one, two):
        result.pop("wall_s")
        result.pop("usage")
    assert one == two
    tasks = role(one, "coder")["tasks"]
    assert len(tasks) == 2
    assert tasks == sorted(tasks)
    assert any("2 of the 4 of the pool, a draw" in note for note in one["notes"])


def test_another_suite_takes_the_first_role_that_fits(words: Path, tmp_path: Path, monkeypatch) -> None:
    """A folder; no note says that the search chose by it."""
    shutil.copytree(words.parent / "tasks" / "words", tmp_path / "other")
    text = (tmp_path / "other" / "suite.toml").read_text().replace('"words"', '"other"')
    (tmp_path / "other" / "suite.toml").write_text(text)
    for name in ("one", "two", "zero"):
        shutil.rmtree(tmp_path / "other" / name)
    monkeypatch.chdir(tmp_path)
    result = asyncio.run(blame(BlameRequest(words, "#4", suite=str(tmp_path / "other"))))
    assert [(found["role"], found["suite"], found["tasks"]) for found in result["roles"]] == [
        ("coder", "other", ["four"])
    ]
    assert result["roles"][0]["edits"][3]["loss"]["difference"] == 1.0
    assert not any("flattered" in note for note in result["notes"])


def test_a_reverted_workspace_that_crashes_says_so(words: Path, tmp_path: Path) -> None:
    """A loss that is a breakage shows as failures."""
    folder = tmp_path / "run"
    shutil.copytree(words, folder)
    add_node(folder, 0, {"coder/helper.py": "WORDS = ['one']\n"}, "a helper")
    uses = "import sys\nsys.path.insert(0, __file__.rpartition('/')[0])\nimport helper\n"
    add_node(folder, 6, {"coder/run.py": uses + CODER}, "use it")
    result = asyncio.run(blame(BlameRequest(folder, "#7", roles=("coder",))))
    first = role(result, "coder")["edits"][0]
    assert result["edits"][0]["alone"]
    assert first["without"]["failures"] == {"crash": 4}
    assert first["loss"]["lost"] == 0
    assert first["loss"]["gained"] == 1


@pytest.mark.parametrize(
    ("request_of", "error", "said"),
    [
        ({"node": "seed"}, ConfigError, "generation zero: no edit lies on its path"),
        ({"node": "generalist"}, ConfigError, "no endpoints yet"),
        ({"node": "#99"}, ConfigError, "rqgm lineage"),
        ({"roles": ("codr",)}, UnknownNameError, "did you mean 'coder'"),
        ({"roles": ("editor",)}, UnknownNameError, "Known: coder, reviewer"),
        ({"pool": "tset"}, UnknownNameError, "did you mean 'test'"),
        ({"pool": "anchor"}, ConfigError, "has nothing in pool 'anchor'"),
        ({"suite": "nosuch"}, UnknownNameError, "unknown suite"),
        ({"suite": "words", "roles": ("reviewer",)}, UnknownNameError, "is a solving suite"),
        ({"sandbox": "nosuch"}, ConfigError, "Known: auto"),
    ],
)
def test_wrong_use_is_refused_with_a_remedy(
    words: Path, request_of: dict[str, Any], error: type[Exception], said: str
) -> None:
    """Before anything is run."""
    told: list[int] = []
    with pytest.raises(error, match=said):
        asyncio.run(blame(BlameRequest(words, **{"node": "#5", **request_of}), lambda done, _: told.append(done)))
    assert told == []


def test_an_overlay_has_its_own_trees_and_the_lineages(words: Path) -> None:
    """Nothing is added to the repository."""
    lineage = Lineage(words / "lineage.git")
    with open_run(words).archive as archive:
        seed = archive.state.nodes[0].commit
    tree = {"a": File(b"1")}
    overlay = Overlay(lineage, {"beside": tree})
    assert overlay.tree("beside") == tree
    assert overlay.tree(seed) == lineage.tree(seed)


@pytest.mark.parametrize(
    ("p_values", "corrected"),
    [([], []), ([0.2], [0.2]), ([0.01, 0.04, 0.03], [0.03, 0.06, 0.06]), ([0.6, 0.5], [1.0, 1.0])],
)
def test_holm_steps_down(p_values: list[float], corrected: list[float]) -> None:
    """By hand; p-values stay in their order, and none is above 1."""
    assert holm(p_values) == pytest.approx(corrected)
