"""Reading a real run by the installed command: lineage, show, diff and log, in pipes and on a terminal."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest
from rich.cells import cell_len

RUN = "mini-seed0-1"
COLOUR = re.compile(r"\x1b\[(?:[0-9;]*;)?3\d(?:;[0-9;]*)?m")


def on_terminal(folder: Path, columns: int, *argv: str, **env: str) -> str:
    """Run the installed command on a terminal of so many columns, and return what it wrote there."""
    main, side = pty.openpty()
    fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    kept = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "LINES", "NO_COLOR")}
    process = subprocess.Popen(
        [str(Path(sys.executable).with_name("rqgm")), *argv],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=side,
        stderr=side,
        env=kept | {"TERM": "xterm-256color"} | env,
    )
    os.close(side)
    written = b""
    while True:
        try:
            part = os.read(main, 65_536)
        except OSError:  # the other side is closed
            break
        if not part:
            break
        written += part
    os.close(main)
    assert process.wait(timeout=60) == 0, written
    return written.decode()


@pytest.mark.slow
@pytest.mark.parametrize("columns", [80, 140])
@pytest.mark.parametrize(
    "argv", [["lineage", RUN], ["lineage", RUN, "generalist"], ["log", RUN], ["diff", RUN, "--stat"]]
)
def test_on_a_terminal_lines_fit_and_have_colour(finished, columns, argv):
    """Escape sequences are ours alone; NO_COLOR leaves none that colours."""
    project, _ = finished
    written = on_terminal(project.folder, columns, *argv)
    lines = re.sub(r"\x1b\[[0-9;]*m", "", written).replace("\r\n", "\n").splitlines()
    assert len(lines) > 2
    assert all(cell_len(line) <= columns for line in lines)
    assert "\x1b" not in "".join(lines)
    assert not COLOUR.search(on_terminal(project.folder, columns, *argv, NO_COLOR="1"))


@pytest.mark.slow
def test_the_whole_lineage_is_read_in_every_format(finished):
    """The same nodes in each; a drawing is a drawing and nothing else."""
    project, summary = finished
    nodes = project.json("lineage", RUN)["nodes"]
    assert len(nodes) == summary["nodes"]
    assert json.loads(project.rqgm("lineage", RUN, "--format", "json").stdout)["nodes"] == nodes
    text = project.rqgm("lineage", RUN, "--all").stdout
    assert all(f"#{node['index']} {node['commit'][:8]} " in text for node in nodes)
    dot = project.rqgm("lineage", RUN, "--format", "dot").stdout
    assert dot.startswith("digraph lineage {")
    assert dot.count(" -> ") == len(nodes) - 1
    mermaid = project.rqgm("lineage", RUN, "--format", "mermaid").stdout
    assert mermaid.startswith("flowchart TD")
    assert mermaid.count("-->") == len(nodes) - 1


def test_what_an_edit_changed_is_what_git_says(finished):
    """The lineage is a git repository; `git diff --numstat` agrees with `show` and `diff` on every node."""
    project, _ = finished
    repository = project.folder / "archive" / "runs" / RUN / "lineage.git"
    nodes = project.json("lineage", RUN)["nodes"]
    assert len(nodes) > 1
    for node in nodes[1:]:
        parent = nodes[node["parent"]]["commit"]
        argv = ["git", "-C", str(repository), "diff", "--numstat", "--no-renames", parent, node["commit"]]
        lines = subprocess.run(argv, capture_output=True, text=True, check=True).stdout.splitlines()
        told = [f"{file['added']}\t{file['removed']}\t{file['path']}" for file in node["edit"]["files"]]
        assert told == lines
    last = nodes[-1]["index"]
    assert project.json("diff", RUN, f"#{last}")["new"]["index"] == last
    assert [f["path"] for f in project.json("diff", RUN, f"#{last}")["files"]] == [
        f["path"] for f in project.json("show", RUN, f"#{last}")["edit"]["files"]
    ]


def test_a_roles_diff_holds_its_folders_only(finished):
    """The first edit: what the coder's folders hold, what the reviewer's do."""
    project, _ = finished
    whole = {file["path"] for file in project.json("diff", RUN, "seed", "#1")["files"]}
    assert whole
    parts = {
        role: {file["path"] for file in project.json("diff", RUN, "seed", "#1", "--role", role)["files"]}
        for role in ("coder", "reviewer")
    }
    changed = project.json("show", RUN, "#1")["edit"]["changed"]
    for role, paths in parts.items():
        assert bool(paths) == changed[role]
        assert paths == {path for path in whole if path.startswith((f"{role}/", "shared/"))}


@pytest.mark.slow
def test_the_log_of_a_run_that_was_killed_tells_so(project):
    """Killed, resumed: the log has the resumption, between what was before and after."""
    project.kill("run", 12, "run", "--out", "run", "--workers", "1", "--sandbox", "process")
    assert project.rqgm("resume", "run", "--workers", "1").returncode == 0
    kinds = [entry["kind"] for entry in project.json("log", "run")["entries"]]
    assert (kinds[0], kinds[-1]) == ("start", "finish")
    assert kinds.count("resume") == 1
    assert "resumed" in project.rqgm("log", "run").stdout


def test_the_log_tells_what_the_summary_tells(finished):
    """Outcomes, nodes, rejected edits, epochs, endpoints."""
    project, summary = finished
    log = project.json("log", RUN)
    kinds = [entry["kind"] for entry in log["entries"]]
    assert kinds.count("outcome") == summary["outcomes"]
    assert kinds.count("node") == summary["nodes"]
    assert kinds.count("rejected") == summary["rejected_edits"]
    assert len(log["epochs"]) == len(summary["epochs"]) + 1
    text = project.rqgm("log").stdout
    assert f"generalist #{summary['endpoints']['generalist']['index']}" in text
    assert f"finished: {summary['reason']}" in text


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["lineage", RUN, "--epoch", "77"], "unknown epoch '77'"),
        (["lineage", RUN, "--role", "coderr"], "did you mean 'coder'?"),
        (["lineage", "--foreign", "adas", "nosuch.json"], "ADAS's search wrote"),
        (["lineage", "--foreign", "adas", "rqgm.toml"], "not JSON"),
        (["show", "--foreign", "nosuch", "rqgm.toml", "#0"], "Known: adas"),
        (["diff", RUN, "seed"], "has no parent"),
        (["log", RUN, "--kind", "nodes"], "did you mean 'node'?"),
    ],
)
def test_wrong_use_ends_with_exit_2_and_one_message(finished, argv, said):
    """No traceback, nothing on standard output."""
    project, _ = finished
    done = project.rqgm(*argv)
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_real_adas_archive_is_read_by_command(at, tmp_path):
    """All 36 agents; the best one's code is shown."""
    data = os.environ.get("RQGM_DATA")
    if not data:
        pytest.skip("RQGM_DATA is not set: the folder of real data is not here")
    file = str(Path(data).resolve() / "lineages" / "mgsm_gpt3.5_results.json")
    command = at(tmp_path)
    nodes = command.json("lineage", "--foreign", "adas", file)["nodes"]
    assert len(nodes) == 36
    best = max(nodes, key=lambda node: node["score"])
    shown = command.rqgm("show", "--foreign", "adas", file, best["label"])
    assert "def forward(self" in shown.stdout
    assert best["score_text"] in shown.stdout
