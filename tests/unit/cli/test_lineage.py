"""`rqgm lineage`: trees and paths, own and foreign, as text, JSON and drawings."""

from __future__ import annotations

import json
import re
import shutil
from typing import Any

import pytest
from rich.cells import cell_len

from rqgm.archive.run_archive import RunArchive
from rqgm.core.errors import ConfigError, UnknownNameError
from rqgm.report.edits import archive_edits


@pytest.fixture
def edited(drawn_run: Any) -> Any:
    """The drawn run's archive."""
    with RunArchive(drawn_run) as archive:
        yield archive


def test_json_has_every_node_with_its_edit_and_its_gain(told: Any, drawn_run: Any, edited: Any) -> None:
    """`--format json` is the same; nothing is folded."""
    found = told("lineage", drawn_run)
    edits = {edit.index: edit for edit in archive_edits(edited)}
    assert [node["index"] for node in found["nodes"]] == list(range(len(edited.state.nodes)))
    assert found["nodes"][0].items() >= {"parent": None, "epoch": 0, "tried": "generation zero", "edit": None}.items()
    for node in found["nodes"][1:]:
        assert node["edit"] == json.loads(json.dumps(edits[node["index"]].to_json()))
        assert {"commit", "children", "best_belief", "roles", "marks"} <= node.keys()
    assert found["seats"]["review/only"]["node"] == edited.state.seats["review/only"].node
    assert len(found["seats_by_epoch"]) == len(edited.state.epochs) + 1


@pytest.mark.slow
@pytest.mark.parametrize("columns", [80, 140])
@pytest.mark.parametrize("node", [(), ("generalist",)])
def test_no_line_is_longer_than_the_screen(rqgm: Any, large_run: Any, columns: int, node: tuple[str, ...]) -> None:
    """At 1,000 nodes neither."""
    for more in ([], ["--all"], ["--epoch", "1"], ["--depth", "4"]):
        result = rqgm("lineage", large_run, *node, *more, columns=columns)
        assert result.exception is None, result.output
        assert all(cell_len(line) <= columns for line in result.output.splitlines())


@pytest.mark.slow
def test_a_thousand_nodes_are_folded_to_what_one_can_read(rqgm: Any, large_run: Any) -> None:
    """The winner, the judges and the best stand out; --all has a line for every node."""
    with RunArchive(large_run) as archive:
        state = archive.state
        total, winner = len(state.nodes), state.endpoints["generalist"]["node"]
    assert total > 900
    folded = rqgm("lineage", large_run, columns=100).output.splitlines()
    assert len(folded) < 130
    assert any(re.search(rf"● #{winner} .*\* generalist", line) for line in folded)
    assert any("§ seat review/only" in line for line in folded)
    assert re.fullmatch(rf"\d+ of {total} nodes are folded; --all shows them", folded[-3])
    whole = rqgm("lineage", large_run, "--all", columns=100).output.splitlines()
    assert len(whole) == total + 2
    assert {int(found[1]) for line in whole if (found := re.search(r"[●○] #(\d+) ", line))} == set(range(total))


def test_in_a_pipe_nothing_is_cut(rqgm: Any, drawn_run: Any) -> None:
    """No one looks at a screen there."""
    lines = rqgm("lineage", drawn_run).output.splitlines()
    assert not any("…" in line for line in lines)
    assert any(re.search(r"coder [+-]\d\.\d\d \[", line) for line in lines)
    assert "score = best belief" in lines[-2], "the signs are explained below the tree"


def test_filters_show_what_matches_and_its_ancestors(rqgm: Any, told: Any, drawn_run: Any, edited: Any) -> None:
    """By epoch, role and gain; the rest stands above them, dim."""
    every = told("lineage", drawn_run)["nodes"]
    state = edited.state
    for argv, passes in (
        (["--epoch", "1"], lambda node: node["epoch"] == 1),
        (["--role", "reviewer"], lambda node: node["edit"] and node["edit"]["changed"]["reviewer"]),
        (
            ["--min-gain", "0"],
            lambda node: node["edit"] and any(g and g["difference"] >= 0 for g in node["edit"]["gain"].values()),
        ),
    ):
        wanted = {node["index"] for node in every if passes(node)}
        assert wanted
        nodes = told("lineage", drawn_run, *argv)["nodes"]
        assert {node["index"] for node in nodes if node["matches"]} == wanted
        assert {node["index"] for node in nodes} == {step for index in wanted for step in state.path(index)}
        text = rqgm("lineage", drawn_run, *argv).output
        assert f"{len(wanted)} of {len(every)} nodes match" in text
        assert text.count("●") == len(wanted)
    assert "0 of" in rqgm("lineage", drawn_run, "--min-gain", "1.1").output


def test_a_path_tells_of_each_step_what_it_changed_gained_and_who_judged(
    rqgm: Any, told: Any, drawn_run: Any, edited: Any
) -> None:
    """From generation zero to the winner."""
    state = edited.state
    path = state.path(state.endpoints["generalist"]["node"])
    nodes = told("lineage", drawn_run, "generalist")["nodes"]
    assert [node["index"] for node in nodes] == path
    assert nodes[0]["scores"][0]["judges"] == {"review/only": 0}
    assert [node["scores"][-1]["epoch"] for node in nodes] == [state.epoch] * len(path)
    text = rqgm("lineage", drawn_run, "generalist").output
    for index in path:
        assert f"#{index} {state.nodes[index].commit[:8]}  " in text
    gains = [edit for edit in archive_edits(edited, path) for gain in edit.gain.values() if gain]
    assert text.count(" cells") + text.count(" on 1 cell\n") == len(gains)
    assert text.count("    changed ") == len(path) - 1
    assert "judges  from epoch 0: review/only #0" in text


def test_drawings_go_to_standard_output_alone(rqgm: Any, drawn_run: Any, edited: Any) -> None:
    """So that they can be piped into what draws them."""
    nodes = len(edited.state.nodes)
    dot = rqgm("lineage", drawn_run, "--format", "dot").stdout
    assert dot.startswith("digraph lineage {\n")
    assert dot.endswith("}\n")
    assert dot.count("->") == nodes - 1
    mermaid = rqgm("lineage", drawn_run, "--format", "mermaid", "--all").stdout
    assert mermaid.startswith("flowchart TD\n")
    assert mermaid.count("-->") == nodes - 1


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--epoch", "99"], "Known: 0, 1"),
        (["--role", "codr"], "did you mean 'coder'?"),
        (["nosuch"], "`rqgm lineage` lists them"),
        (["--foreign", "adas"], "not JSON|cannot be read"),
    ],
)
def test_wrong_use_is_refused_with_what_there_is(rqgm: Any, drawn_run: Any, argv: list[str], said: str) -> None:
    """Exit 2."""
    error = rqgm("lineage", drawn_run, *argv).exception
    assert isinstance(error, ConfigError)
    assert re.search(said, str(error))
    assert error.exit_code == 2


def test_an_unknown_format_is_refused(rqgm: Any, drawn_run: Any) -> None:
    """With the known ones."""
    result = rqgm("lineage", drawn_run, "--format", "svg")
    assert result.exit_code == 2
    assert "mermaid" in result.output


def test_hostile_notes_carry_nothing_into_the_terminal(rqgm: Any, drawn_run: Any, tmp_path: Any) -> None:
    """No escape sequence, no markup, no newline, and no bidirectional override."""
    run = tmp_path / "run"
    shutil.copytree(drawn_run, run)
    with RunArchive(run, writer=True) as archive:
        parent = archive.state.nodes[0]
        commit = archive.lineage.add(len(archive.state.nodes), {}, parent.commit, "x", {})
        hostile = "\x1b[31mred\x9b1m [bold]loud[/bold] \u202eturned\nsecond line \x07"
        event = {"n": 10**6, "commit": commit, "parent": 0, "mate": None, "epoch": 0, "tried": hostile, "why": hostile}
        event |= {
            "roles": parent.roles | {"coder": "c"},
            "deterministic": [],
            "train": [],
            "usage": {},
            "train_usage": {},
        }
        archive.commit(("node_added", event))
    last = len(archive.state.nodes) - 1
    for argv in (
        ["lineage", run],
        ["lineage", run, f"#{last}"],
        ["show", run, f"#{last}"],
        ["log", run],
        ["diff", run, f"#{last}"],
    ):
        output = rqgm(*argv).output
        assert not set(output) & set("\x1b\x9b\x07\u202e")
        assert "[bold]loud[/bold]" in output or argv[0] == "diff"


# ---------------------------------------------------------------------- foreign


@pytest.fixture
def adas(tmp_path: Any) -> Any:
    """An ADAS archive of three agents, one of them hostile."""
    agents = [
        {
            "name": "CoT",
            "code": "def forward(self):\n\treturn 1\n",
            "generation": "initial",
            "fitness": "Median: 30.5%",
        },
        {
            "name": "\x1b[31m[bold]B\n\u202e",
            "code": "\x1b]0;x\x07",
            "generation": 1,
            "fitness": "?\x1b",
            "thought": {"a": "\x9b"},
        },
        {"name": '"]; click n0', "code": "", "generation": 2, "fitness": "Median: 40.0%", "thought": "\ud800"},
    ]
    path = tmp_path / "archive.json"
    path.write_text(json.dumps(agents))
    return path


def test_an_adas_archive_is_listed_by_generation_without_parents(rqgm: Any, told: Any, adas: Any) -> None:
    """And the list says that there are none."""
    lines = rqgm("lineage", "--foreign", "adas", adas).output.splitlines()
    assert lines[0] == "#0 0.305 [initial] · CoT  Median: 30.5%"
    assert lines[-1].startswith("An ADAS archive records no parents")
    nodes = told("lineage", "--foreign", "adas", adas)["nodes"]
    assert [(node["parent"], node["generation"], node["score"]) for node in nodes] == [
        (None, "initial", 0.305),
        (None, "1", None),
        (None, "2", 0.4),
    ]
    one = rqgm("lineage", "--foreign", "adas", adas, "--epoch", "2").output.splitlines()
    assert (len(one), one[0][:3]) == (2, "#2 ")
    assert len(rqgm("lineage", "--foreign", "adas", adas, "CoT").output.splitlines()) == 2


def test_foreign_lineages_are_drawn_like_own_ones(rqgm: Any, adas: Any) -> None:
    """Three nodes, no edge."""
    dot = rqgm("lineage", "--foreign", "adas", adas, "--format", "dot").stdout
    assert (dot.count("[label="), dot.count("->")) == (3, 0)
    mermaid = rqgm("lineage", "--foreign", "adas", adas, "--format", "mermaid").stdout
    assert '"]; click' not in mermaid


def test_a_foreign_node_is_shown_with_its_code(rqgm: Any, told: Any, adas: Any) -> None:
    """What is hostile in it stays harmless, in text and in JSON."""
    text = rqgm("show", "--foreign", "adas", adas, "CoT").output
    assert "def forward(self):\n    return 1" in text
    for node in ("#0", "#1", "#2"):
        output = rqgm("show", "--foreign", "adas", adas, node).output
        data = told("show", "--foreign", "adas", adas, node)
        assert not set(output + json.dumps(data, ensure_ascii=False)) & set("\x1b\x9b\x07\u202e\ud800")
        assert data["code"] is not None
    assert told("show", "--foreign", "adas", adas, "#0")["facts"]["generation"] == "initial"


@pytest.mark.parametrize(
    ("argv", "kind"),
    [
        (["lineage", "--role", "coder"], ConfigError),
        (["lineage", "--min-gain", "0.1"], ConfigError),
        (["lineage", "--epoch", "7"], UnknownNameError),
        (["show", "#9"], ConfigError),
        (["show", "CoT", "--file", "a"], ConfigError),
    ],
)
def test_what_a_foreign_lineage_does_not_have_is_refused(rqgm: Any, adas: Any, argv: list[str], kind: type) -> None:
    """Exit 2 with a word on why."""
    error = rqgm(argv[0], "--foreign", "adas", adas, *argv[1:]).exception
    assert isinstance(error, kind)
    assert error.exit_code == 2


def test_a_foreign_format_needs_a_file(rqgm: Any, adas: Any) -> None:
    """And a known name."""
    assert "FILE" in str(rqgm("lineage", "--foreign", "adas").exception)
    assert "Known: adas" in str(rqgm("lineage", "--foreign", "openevolve", adas).exception)
