"""`rqgm show`, `rqgm diff` and `rqgm log` on drawn runs."""

from __future__ import annotations

import re
import shutil
from typing import Any

import pytest
from rich.cells import cell_len

from rqgm.archive.run_archive import RunArchive
from rqgm.core.errors import ConfigError, UnknownNameError
from rqgm.core.trees import File
from rqgm.report.history import KINDS, fold, history


@pytest.fixture
def archive(drawn_run: Any) -> Any:
    """The drawn run's archive."""
    with RunArchive(drawn_run) as opened:
        yield opened


def winner(archive: RunArchive) -> int:
    """The generalist."""
    return int(archive.state.endpoints["generalist"]["node"])


# ---------------------------------------------------------------------- show


def test_show_tells_what_the_edit_changed_and_gained_and_what_it_cost(
    rqgm: Any, told: Any, drawn_run: Any, archive: Any
) -> None:
    """The text and the JSON agree."""
    detail = told("show", drawn_run, "generalist")
    edit = detail["edit"]
    text = rqgm("show", drawn_run, "generalist", columns=100).output
    assert edit["index"] == detail["index"] == winner(archive)
    changed = ", ".join(role for role, was in edit["changed"].items() if was)
    assert f"changed {changed}: 1 file, lines +1 -1" in text
    for gain in edit["gain"].values():
        if gain:
            assert f"{gain['difference']:+.2f} [{gain['interval'][0]:+.2f}, {gain['interval'][1]:+.2f}]" in text
    assert "quality.json" in text
    assert f"cost    {edit['usage']['cpu_s']:.1f} CPU-s" in text
    assert told("show", drawn_run, "seed")["edit"] is None


def test_outcomes_are_grouped_by_task_and_folded(rqgm: Any, told: Any, drawn_run: Any) -> None:
    """What went wrong stands first; --all has every outcome on a line."""
    outcomes = told("show", drawn_run, "seed")["outcomes"]
    text = rqgm("show", drawn_run, "seed").output
    marks = re.findall(r"[✓✗] (?:tests|panel|anchor|adversarial)", text)
    assert len(marks) < len(outcomes)
    assert "(--all)" in text
    judged = [mark for mark in marks if mark.endswith("anchor")]
    assert judged == sorted(judged, reverse=True)  # ✗ sorts after ✓
    assert set(judged) == {"✗ anchor", "✓ anchor"}
    whole = rqgm("show", drawn_run, "seed", "--all").output
    assert "(--all)" not in whole
    assert len(re.findall(r"[✓✗] (?:tests|panel|anchor|adversarial)", whole)) == len(outcomes)


def test_who_judged_stands_beside_each_verdict_of_a_panel(rqgm: Any, told: Any, drawn_run: Any, archive: Any) -> None:
    """The node that sat in the slot when the outcome was made."""
    state = archive.state
    seats = [0] + [event["seats"].get("review/only", {}).get("node") for event in state.epochs]
    seats = [seat if seat is not None else seats[k - 1] for k, seat in enumerate(seats)]
    assert len(set(seats)) > 1
    found = set()
    for name in ("seed", "generalist"):
        for outcome in told("show", drawn_run, name)["outcomes"]:
            judged = {"review/only": seats[outcome["epoch"]]} if outcome["measure"].startswith("panel") else {}
            assert outcome["judges"] == judged
            found |= set(judged.values())
    assert found == set(seats)
    text = rqgm("show", drawn_run, "generalist", "--all").output
    assert re.search(rf"[✓✗] panel:review, #{seats[-1]} (accept|reject), epoch {len(seats) - 1}", text)


def test_erased_outcomes_are_counted_and_shown_on_demand(rqgm: Any, told: Any, drawn_run: Any, archive: Any) -> None:
    """Of a node that has some."""
    index = next(record.node for record in archive.state.records.values() if not record.live)
    gone = sum(not outcome["live"] for outcome in told("show", drawn_run, f"#{index}")["outcomes"])
    assert f"… {gone} erased outcomes of epochs" in rqgm("show", drawn_run, f"#{index}").output
    assert rqgm("show", drawn_run, f"#{index}", "--all").output.count(", erased") == gone


@pytest.mark.slow
@pytest.mark.parametrize("columns", [80, 140])
def test_outcome_lines_fit_the_screen(rqgm: Any, large_run: Any, columns: int) -> None:
    """All but the words of the note and the list of files, which wrap."""
    for line in rqgm("show", large_run, "generalist", columns=columns).output.splitlines():
        assert cell_len(line) <= columns or line.startswith(("tried:", "why:", "files:", "parent "))


# ---------------------------------------------------------------------- diff


def test_one_node_is_compared_with_its_parent(told: Any, drawn_run: Any, archive: Any) -> None:
    """No node: seed and generalist; two: those."""
    index = winner(archive)
    assert told("diff", drawn_run, f"#{index}")["old"]["index"] == archive.state.nodes[index].parent
    assert told("diff", drawn_run, f"#{index}")["new"]["index"] == index
    assert [told("diff", drawn_run)[side]["index"] for side in ("old", "new")] == [0, index]
    assert [told("diff", drawn_run, "#2", "#1")[side]["index"] for side in ("old", "new")] == [2, 1]


def test_a_diff_is_narrowed_to_a_role_or_a_file(rqgm: Any, told: Any, drawn_run: Any) -> None:
    """A role's folders are those of its manifest."""
    assert [file["path"] for file in told("diff", drawn_run, "--role", "coder")["files"]] == ["quality.json"]
    assert told("diff", drawn_run, "--role", "reviewer")["files"] == []
    assert told("diff", drawn_run, "--file", "quality.json")["patch"].startswith("diff --git a/quality.json")
    assert told("diff", drawn_run, "--file", "all")["files"] == []
    assert "no difference in what was asked for" in rqgm("diff", drawn_run, "--role", "reviewer").output
    assert told("diff", drawn_run, "--stat")["patch"] == ""
    assert "quality.json" in rqgm("diff", drawn_run, "--stat").output
    assert "1 file, lines +1 -1" in rqgm("diff", drawn_run, "--stat").output


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["seed"], "has no parent"),
        (["--role", "nosuch"], "Known: coder, editor, reviewer"),
        (["--file", "nosuch"], "unknown file"),
        (["#1", "nosuch"], "not found"),
    ],
)
def test_diff_refuses_what_there_is_not(rqgm: Any, drawn_run: Any, argv: list[str], said: str) -> None:
    """Exit 2."""
    error = rqgm("diff", drawn_run, *argv).exception
    assert isinstance(error, ConfigError)
    assert said in str(error)


def test_binary_and_huge_files_are_said_and_not_dumped(rqgm: Any, told: Any, drawn_run: Any, tmp_path: Any) -> None:
    """`--file` shows a long one all the same; hostile lines cannot pass for headers or other lines."""
    run = tmp_path / "run"
    shutil.copytree(drawn_run, run)
    with RunArchive(run, writer=True) as archive:
        parent = archive.state.nodes[0]
        tree = archive.lineage.tree(parent.commit)
        tree |= {"b.bin": File(b"\0\1\2"), "huge.txt": File(b"0123456789\n" * 30_000)}
        tree |= {"evil.txt": File("one\u2028@@ forged\x0b+forged\r\n\x1b[2Jx\n".encode())}
        index = len(archive.state.nodes)
        commit = archive.lineage.add(index, tree, parent.commit, "x", {})
        event = {"n": 10**6, "commit": commit, "parent": 0, "mate": None, "epoch": 0, "tried": "x", "why": ""}
        event |= {
            "roles": parent.roles | {"coder": "c"},
            "deterministic": [],
            "train": [],
            "usage": {},
            "train_usage": {},
        }
        archive.commit(("node_added", event))
    text = rqgm("diff", run, f"#{index}").output
    assert "b.bin: added, not shown: binary" in text
    assert re.search(r"huge\.txt: added, not shown: a diff of \d+ KiB; `--file` shows it", text)
    assert "0123456789" not in text
    assert "\x1b" not in text
    assert [line[:4] for line in text.split("\n") if "forged" in line] == ["+one"]
    files = {file["path"]: file for file in told("diff", run, f"#{index}")["files"]}
    assert files["huge.txt"]["added"] == 30_000
    assert files["b.bin"]["binary"] is True
    assert rqgm("diff", run, f"#{index}", "--file", "huge.txt").output.count("0123456789") == 30_000


# ---------------------------------------------------------------------- log


def test_the_log_tells_every_event_once_and_in_order(told: Any, drawn_run: Any, archive: Any) -> None:
    """All but that jobs were dispatched; times count from the start."""
    entries = told("log", drawn_run)["entries"]
    events = [event for event in archive.ledger.events() if event.kind != "dispatched"]
    assert [(entry["seq"], entry["kind"]) for entry in entries] == [(e.seq, KINDS[e.kind]) for e in events]
    assert [entry["at_s"] for entry in entries] == sorted(entry["at_s"] for entry in entries)
    assert entries[0]["at_s"] == 0
    outcomes = [entry for entry in entries if entry["kind"] == "outcome"]
    assert [entry["epoch"] for entry in outcomes] == [record.epoch for record in archive.state.records.values()]


def test_every_epoch_is_a_heading_with_who_judged_and_how_well(
    rqgm: Any, told: Any, drawn_run: Any, archive: Any
) -> None:
    """Of a closed epoch the accuracy is the one that the decision was made on."""
    epochs = told("log", drawn_run)["epochs"]
    assert [head["epoch"] for head in epochs] == list(range(len(archive.state.epochs) + 1))
    text = rqgm("log", drawn_run).output
    for head, closed in zip(epochs, [*archive.state.epochs, None], strict=True):
        seat = head["seats"]["review/only"]
        assert f"review/only: #{seat['node']} judges, anchor accuracy {100 * seat['anchor']['value']:.0f} %" in text
        if closed:
            assert head["outcomes"][1] == closed["outcomes"]
            known = closed["decisions"][0]["incumbent"]
            assert (seat["node"], seat["anchor"]["value"]) == (
                known["node"],
                known["quality"]["anchor"]["balanced_accuracy"]["value"],
            )
    assert epochs[-1]["outcomes"][1] == archive.state.spent


@pytest.mark.slow
def test_rejected_edits_and_outcomes_are_folded_and_told_apart_on_demand(rqgm: Any, large_run: Any) -> None:
    """`12 rejected: 7 unchanged workspace, 5 broken workspace`; `--kind rejected` has one line each."""
    with RunArchive(large_run) as archive:
        rejected, nodes = len(archive.state.rejected), len(archive.state.nodes)
        epochs = len(archive.state.epochs) + 1
    text = rqgm("log", large_run, columns=100).output
    assert len(text.splitlines()) < 40 * epochs
    assert sum(int(count) for count in re.findall(r"(\d+) rejected: \d+ broken workspace", text)) == rejected
    hidden = sum(int(count) for count in re.findall(r"… (\d+) more nodes", text))
    assert hidden + len(re.findall(r"\d  #\d+ [0-9a-f]{8}", text)) == nodes
    assert rqgm("log", large_run, "--kind", "rejected").output.count("rejected edit of #") == rejected
    assert len(re.findall(r"\d  #\d+ [0-9a-f]{8}", rqgm("log", large_run, "--all").output)) == nodes
    assert all(cell_len(line) <= 100 for line in text.splitlines())


def test_the_log_is_narrowed_by_epoch_node_kind_and_limit(rqgm: Any, told: Any, drawn_run: Any, archive: Any) -> None:
    """And says what it leaves out."""
    index = winner(archive)
    assert {entry["epoch"] for entry in told("log", drawn_run, "--epoch", "1")["entries"]} == {1}
    assert all(index in entry["nodes"] for entry in told("log", drawn_run, "--node", "generalist")["entries"])
    assert {e["kind"] for e in told("log", drawn_run, "--kind", "checkpoint")["entries"]} == {"checkpoint"}
    last = told("log", drawn_run, "--limit", "3")
    assert [entry["kind"] for entry in last["entries"]][-1] == "finish"
    assert len(last["entries"]) == 3
    assert last["earlier"] > 100
    text = rqgm("log", drawn_run, "--limit", "2").output
    assert re.match(r"… \d+ earlier lines", text)
    assert "finished: the budget of outcomes is spent" in text
    made = [entry for entry in history(archive) if entry.kind == "node" and entry.facts["index"] == index]
    assert len(made) == 1


def test_a_decision_names_who_left_who_came_why_and_what_was_erased(rqgm: Any, drawn_run: Any, archive: Any) -> None:
    """One line a slot."""
    replaced = [d for event in archive.state.epochs for d in event["decisions"] if d["replaced"]]
    assert replaced
    text = rqgm("log", drawn_run, "--kind", "checkpoint").output
    for decision in replaced:
        old, new = decision["incumbent"]["node"], decision["challenger"]["node"]
        assert re.search(
            rf"review/only: #{old} \(\S+\) replaced by #{new} \(\S+\): {re.escape(decision['reason'])}", text
        )
    assert text.count("outcomes erased") == sum(bool(event["erased"]) for event in archive.state.epochs)


def test_pauses_and_resumes_stand_where_they_happened(rqgm: Any, drawn_run: Any, tmp_path: Any) -> None:
    """With the reason, clean."""
    run = tmp_path / "run"
    shutil.copytree(drawn_run, run)
    with RunArchive(run, writer=True) as archive:
        archive.commit(("run_paused", {"reason": "interrupted\x1b[2J\nx", "elapsed_s": 3.0}), ("run_resumed", {}))
        turns = [entry for entry in fold(history(archive)) if not hasattr(entry, "counted")]
    assert [entry.kind for entry in turns][-2:] == ["pause", "resume"]
    lines = rqgm("log", run).output.splitlines()
    assert re.search(r"paused: interrupted \[2J x$", lines[-2])
    assert lines[-1].endswith("resumed")


@pytest.mark.parametrize(
    ("argv", "kind"),
    [(["--kind", "nods"], UnknownNameError), (["--epoch", "9"], ConfigError), (["--node", "zzzz"], ConfigError)],
)
def test_log_refuses_what_there_is_not(rqgm: Any, drawn_run: Any, argv: list[str], kind: type) -> None:
    """Exit 2, with what there is."""
    assert isinstance(rqgm("log", drawn_run, *argv).exception, kind)


def test_a_log_of_nothing_says_so(rqgm: Any, drawn_run: Any) -> None:
    """Not an empty screen."""
    assert rqgm("log", drawn_run, "--kind", "voided").output == "nothing of this kind happened\n"
