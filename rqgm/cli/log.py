"""`rqgm log`: what happened in a run, in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rqgm.cli.console import JSON, RUN, find_run, make_console, print_json
from rqgm.cli.lines import print_line
from rqgm.cli.summary_text import figure_text

if TYPE_CHECKING:
    from rich.console import Console

    from rqgm.report.history import Entry, EpochHead, Stretch
    from rqgm.run.session import OpenedRun

SHOWN_NODES = 12
"""How many nodes of a stretch have a line of their own; the notable ones, where there are more."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="log")(command)


def command(
    run: Annotated[Path | None, RUN] = None,
    epoch: Annotated[int | None, typer.Option(min=0, help="Only this epoch.")] = None,
    node: Annotated[str | None, typer.Option(help="Only what is about this node.")] = None,
    kind: Annotated[
        str | None,
        typer.Option(help="Only entries of this kind, none folded: node, rejected, outcome, checkpoint, pause, …"),
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the last so many lines (entries, of --json).")] = None,
    unfold: Annotated[bool, typer.Option("--all", help="A line for every node.")] = False,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Show a run's history: who judged in each epoch, decisions, erasures, nodes, rejected edits, pauses, endpoints."""
    from rqgm.core.errors import ConfigError, UnknownNameError  # noqa: PLC0415
    from rqgm.report.history import KINDS, epoch_heads, history  # noqa: PLC0415
    from rqgm.run.session import open_run  # noqa: PLC0415
    from rqgm.run.summary import find_node  # noqa: PLC0415

    if kind is not None and kind not in KINDS.values():
        raise UnknownNameError("kind", kind, KINDS.values(), "--kind")
    opened = open_run(find_run(run))
    try:
        state = opened.state
        if epoch is not None and epoch > state.epoch:
            raise ConfigError(f"--epoch {epoch}: the run has epochs 0 to {state.epoch}")
        about = find_node(state, node) if node is not None else None
        entries = [
            entry
            for entry in history(opened.archive)
            if epoch in (None, entry.epoch) and kind in (None, entry.kind) and (about is None or about in entry.nodes)
        ]
        heads = [head for head in epoch_heads(state, opened.criterion) if epoch in (None, head.epoch)]
        if as_json:
            told = entries[-limit:] if limit else entries
            print_json(
                {
                    "run": opened.lock.run,
                    "epochs": [head.to_json() for head in heads],
                    "earlier": len(entries) - len(told),
                    "entries": [entry.to_json() for entry in told],
                }
            )
            return
        lines = list(_lines(opened, entries, kind, all_nodes=unfold or about is not None))
        _print(make_console(), heads, lines, limit)
    finally:
        opened.archive.close()


Line = tuple[int, str]
"""(epoch, words)."""


def _print(console: Console, heads: list[EpochHead], lines: list[Line], limit: int | None) -> None:
    told = lines[-limit:] if limit else lines
    if len(told) < len(lines):
        print_line(console, f"… {len(lines) - len(told)} earlier lines; a larger --limit shows them")
    for head in heads:
        inside = [words for epoch, words in told if epoch == head.epoch]
        if not inside:
            continue
        console.print(_head_text(head), style="bold", markup=False)
        for slot, seat in head.seats.items():
            print_line(console, f"  {slot}: #{seat['node']} judges, {_anchor_text(seat['anchor'])}")
        for words in inside:
            print_line(console, "  ", words)
    if not told:
        print_line(console, "nothing of this kind happened")


def _head_text(head: EpochHead) -> str:
    span = f"outcomes {head.first_outcome} to {head.last_outcome}" if head.last_outcome else "no outcomes yet"
    return f"Epoch {head.epoch}  {span}  utility {head.utility_id[:8]}"


def _anchor_text(anchor: dict[str, Any] | None) -> str:
    if anchor is None:
        return "has judged no anchor item"
    return f"anchor accuracy {figure_text(anchor)} on {anchor['items']} items"


def _lines(opened: OpenedRun, entries: list[Entry], kind: str | None, *, all_nodes: bool) -> Iterator[Line]:
    from rqgm.report.history import Stretch, fold  # noqa: PLC0415

    notable = None if all_nodes or kind == "node" else _notable(opened)
    for found in fold(entries, kind):
        if isinstance(found, Stretch):
            yield from _stretch_lines(opened, found, notable)
        else:
            first, *more = _TEXT[found.kind](found.facts).split("\n")
            yield found.epoch, f"{_clock(found.at)}  {first}"
            for words in more:
                yield found.epoch, f"         {words}"


def _notable(opened: OpenedRun) -> set[int]:
    """Return the nodes with marks, and those whose edits gained clear of zero."""
    from rqgm.report.edits import edits  # noqa: PLC0415
    from rqgm.report.tree import node_marks  # noqa: PLC0415

    gained = (edit.index for edit in edits(opened) if any(gain and gain.low > 0 for gain in edit.gain.values()))
    return {*node_marks(opened.state), *gained}


def _stretch_lines(opened: OpenedRun, stretch: Stretch, notable: set[int] | None) -> Iterator[Line]:
    from rqgm.report.history import count_by  # noqa: PLC0415

    state = opened.state
    shown = stretch.nodes
    if notable is not None and len(shown) > SHOWN_NODES:
        first = [entry for entry in shown if entry.facts["index"] in notable]
        best = sorted(first or shown, key=lambda entry: -state.belief(entry.facts["index"]))[:SHOWN_NODES]
        shown = sorted(best, key=lambda entry: entry.seq)
    for entry in shown:
        yield entry.epoch, f"{_clock(entry.at)}  {_node(entry.facts)}"
    hidden = [entry for entry in stretch.nodes if entry not in shown]
    if hidden:
        best_score = max(state.belief(entry.facts["index"]) for entry in hidden)
        first_hidden, last = hidden[0].facts["index"], hidden[-1].facts["index"]
        words = f"… {len(hidden)} more nodes, #{first_hidden} to #{last}, best {best_score:.3f}; --all shows them"
        yield hidden[0].epoch, words
    for kind, counted in stretch.counted.items():
        keys = {"rejected": ("failure",), "outcome": ("role", "measure"), "test": ("role",), "voided": ("job",)}
        parts = ", ".join(f"{n} {name.replace('-', ' ')}" for name, n in count_by(counted, *keys.get(kind, ())).items())
        yield counted[0].epoch, _counted(kind, counted, parts)


def _counted(kind: str, counted: list[Entry], parts: str) -> str:
    if kind == "race":
        outcomes = sum(entry.facts["jobs"] for entry in counted)
        return f"race of challengers: {len(counted)} rounds, {outcomes} outcomes"
    if kind == "rejected":
        return f"{len(counted)} rejected: {parts}"
    if kind == "voided":
        return f"{len(counted)} jobs failed outside the agents and counted nothing: {parts}"
    right = sum(entry.facts["y"] for entry in counted)
    name = "test outcomes" if kind == "test" else "outcomes"
    return f"{len(counted)} {name}, {right} right: {parts}"


def _clock(at: float) -> str:
    minutes, seconds = divmod(int(at), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}"


Facts = dict[str, Any]


def _start(facts: Facts) -> str:
    isolated = "" if facts.get("isolated", True) else ", which does not isolate"
    sandbox = f", sandbox {facts['sandbox']}{isolated}" if "sandbox" in facts else ""
    return f"started: {facts['run']}, seed {facts['seed']}{sandbox}"


def _node(facts: Facts) -> str:
    if facts["parent"] is None:
        return f"#{facts['index']} {facts['commit'][:8]}: {facts['tried']}"
    mate = f" with #{facts['mate']}" if facts["mate"] is not None else ""
    return f"#{facts['index']} {facts['commit'][:8]} of #{facts['parent']}{mate}: {facts['tried']}"


def _rejected(facts: Facts) -> str:
    reason = f"{facts['failure'].replace('-', ' ')}: {facts['detail']}"
    return f"rejected edit of #{facts['parent']}: {reason} · {facts['tried']}"


def _outcome(facts: Facts) -> str:
    verdict = "right" if facts["y"] else f"wrong{', ' + facts['failure'] if facts['failure'] else ''}"
    measure = f" {facts['measure']}" if "measure" in facts else ""
    return f"#{facts['node']} {facts['role']} on {facts['task']}{measure}: {verdict}"


def _voided(facts: Facts) -> str:
    return f"job {facts['n']} ({facts['job']}) failed outside the agents: {facts['detail']}"


def _race(facts: Facts) -> str:
    return f"race, round {facts['round']}: {facts['entrants']} challengers, {facts['jobs']} outcomes"


def _checkpoint(facts: Facts) -> str:
    gone = "".join(f", {facts[key]} outcomes {key}" for key in ("erased", "retired") if facts[key])
    told = [f"checkpoint after {facts['outcomes']} outcomes{gone}"]
    for decision in facts["decisions"]:
        old, new = decision["incumbent"], decision["challenger"]
        sat = f"{decision['slot']}: #{old['node']} ({old['right']:g}/{old['judged']:g})"
        if decision["replaced"]:
            told.append(f"{sat} replaced by #{new['node']} ({new['right']:g}/{new['judged']:g}): {decision['reason']}")
        else:
            told.append(f"{sat} stays: {decision['reason']}")
    return "\n".join(told)


def _pause(facts: Facts) -> str:
    return f"paused: {facts['reason']}"


def _resume(_: Facts) -> str:
    return "resumed"


def _endpoints(facts: Facts) -> str:
    chosen = facts["endpoints"]
    others = ", ".join(f"specialist:{role} #{found['node']}" for role, found in chosen["specialists"].items())
    return f"{facts['reason']}\nendpoints: generalist #{chosen['generalist']['node']}, {others}"


def _finish(facts: Facts) -> str:
    return f"finished: {facts['reason']}; lineage head {facts['lineage_head'][:16]}"


_TEXT: dict[str, Callable[[Facts], str]] = {
    "start": _start,
    "node": _node,
    "rejected": _rejected,
    "outcome": _outcome,
    "voided": _voided,
    "race": _race,
    "checkpoint": _checkpoint,
    "pause": _pause,
    "resume": _resume,
    "endpoints": _endpoints,
    "test": _outcome,
    "finish": _finish,
}
