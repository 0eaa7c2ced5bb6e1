"""`rqgm lineage`: the tree of nodes, or one node's path to generation zero, of a run or of another system's file."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rqgm.cli.console import JSON, find_run, foreign, make_console, print_json
from rqgm.cli.lines import gain_style, gain_text, is_wide, print_line, seats_text, usage_text

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from rqgm.archive.state import State
    from rqgm.report.edits import Edit
    from rqgm.report.foreign import ForeignLineage
    from rqgm.report.tree import Filter, Item, TreeNode, View
    from rqgm.run.session import OpenedRun

LEGEND = (
    "#n node  score = best belief  [epoch]  what its edit changed and gained",
    "! = the gain is clear of zero  § = judge in a seat  * = endpoint",
)
SHOWN_EPOCHS = 6
FOREIGN = typer.Option("--foreign", help="Read a file of another system instead of a run: adas.", show_default=False)


class Format(StrEnum):
    """How a lineage is written."""

    TEXT = "text"
    JSON = "json"
    DOT = "dot"
    MERMAID = "mermaid"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="lineage")(command)


def command(
    run: Annotated[
        Path | None,
        typer.Argument(
            help="A run: its folder, or its name in archive/runs/. Default: the newest. With --foreign, the file.",
            show_default=False,
        ),
    ] = None,
    node: Annotated[str | None, typer.Argument(help="Show the path to this node only.")] = None,
    epoch: Annotated[str | None, typer.Option(help="Only nodes made in this epoch, and their ancestors.")] = None,
    role: Annotated[str | None, typer.Option(help="Only nodes whose edit changed this role.")] = None,
    min_gain: Annotated[
        float | None, typer.Option(help="Only nodes whose edit gained at least this much (0.1 = 10 points).")
    ] = None,
    depth: Annotated[int | None, typer.Option(min=0, help="Fold what is more than so many edits deep.")] = None,
    unfold: Annotated[bool, typer.Option("--all", help="Fold nothing.")] = False,
    form: Annotated[Format, typer.Option("--format", help="How to write it; dot and mermaid are drawings.")] = (
        Format.TEXT
    ),
    as_json: Annotated[bool, JSON] = False,
    other: Annotated[str | None, FOREIGN] = None,
) -> None:
    """Show who descends from whom: scores, the epoch that made each node, what its edit gained, and who judges."""
    from rqgm.report.tree import Filter, make_view  # noqa: PLC0415

    form = Format.JSON if as_json else form
    wanted = Filter(epoch, role, min_gain)
    if other is not None:
        lineage = read_foreign(other, run)
        _check(lineage.nodes, wanted, foreign_format=lineage.format)
        chosen = {find_node_in(lineage, node)} if node else None
        view = make_view(lineage.nodes, wanted, chosen=chosen, depth=depth, fold=not unfold)
        _print_foreign(lineage, view, form)
        return
    from rqgm.report.edits import edits  # noqa: PLC0415
    from rqgm.report.tree import run_tree  # noqa: PLC0415
    from rqgm.run.session import open_run  # noqa: PLC0415
    from rqgm.run.summary import find_node  # noqa: PLC0415

    opened = open_run(find_run(run))
    try:
        state = opened.state
        path = state.path(find_node(state, node)) if node else None
        made = edits(opened)
        nodes = run_tree(state, made)
        _check(nodes, wanted, epochs=len(state.epochs) + 1, roles=list(state.nodes[0].roles))
        view = make_view(nodes, wanted, chosen=path, depth=depth, fold=not unfold and form is not Format.JSON)
        by_index = {edit.index: edit for edit in made}
        if form is Format.JSON:
            print_json(_json(opened, view, by_index, wanted, path=bool(node)))
        elif form is not Format.TEXT:
            _draw(view, form)
        elif node:
            _print_path(make_console(), state, view, by_index)
        else:
            _print_tree(make_console(), view, len(nodes), wanted)
    finally:
        opened.archive.close()


# ---------------------------------------------------------------------- JSON


def node_json(state: State, index: int) -> dict[str, Any]:
    """Return one node as plain data."""
    node = state.nodes[index]
    return {
        "index": index,
        "commit": node.commit,
        "parent": node.parent,
        "children": node.children,
        "epoch": node.epoch,
        "tried": node.tried,
        "best_belief": round(state.belief(index), 6),
        "roles": {
            role: {"successes": counts.successes, "outcomes": counts.total, "interval": list(counts.interval())}
            for role, counts in state.by_role(index).items()
        },
        "marks": _marks(state, index),
    }


def _marks(state: State, index: int) -> list[str]:
    marks = [f"seat {slot}" for slot, seat in state.seats.items() if seat.node == index]
    if state.endpoints:
        if state.endpoints["generalist"]["node"] == index:
            marks.append("generalist")
        marks += [f"specialist:{r}" for r, e in state.endpoints["specialists"].items() if e["node"] == index]
    return marks


def _json(opened: OpenedRun, view: View, by_index: dict[int, Edit], wanted: Filter, *, path: bool) -> dict[str, Any]:
    from rqgm.report.history import scores_by_epoch, seatings  # noqa: PLC0415

    state = opened.state
    shown = sorted((item.node for item in view.items() if item.node), key=lambda node: node.index)
    told = []
    for node in shown:
        edit = by_index.get(node.index)
        more: dict[str, Any] = {"matches": wanted.wants(node), "edit": edit.to_json() if edit else None}
        if path:
            more["scores"] = scores_by_epoch(state, node.index)
        told.append(node_json(state, node.index) | more)
    seats = {slot: {"node": seat.node, "counter": seat.counter} for slot, seat in state.seats.items()}
    return {"run": opened.lock.run, "seats": seats, "seats_by_epoch": seatings(state), "nodes": told}


def foreign_json(node: TreeNode) -> dict[str, Any]:
    """Return one node of a foreign lineage as plain data; its words are clean."""
    from rqgm.core.text import clean  # noqa: PLC0415

    return {
        "index": node.index,
        "parent": node.parent,
        "label": clean(node.label),
        "generation": clean(node.epoch),
        "score": node.score,
        "score_text": clean(node.score_text),
    }


# ---------------------------------------------------------------------- text


def _check(nodes: Any, wanted: Filter, *, epochs: int | None = None, roles: Any = (), foreign_format: str = "") -> None:
    """Refuse a filter that no node can ever pass, and say what there is."""
    from rqgm.core.errors import ConfigError, UnknownNameError  # noqa: PLC0415

    if foreign_format and (wanted.role is not None or wanted.min_gain is not None):
        option = "--role" if wanted.role is not None else "--min-gain"
        raise ConfigError(f"{option}: {foreign_format} records neither roles nor parents; only --epoch filters it")
    if wanted.epoch is not None:
        known = [str(number) for number in range(epochs)] if epochs else list(dict.fromkeys(n.epoch for n in nodes))
        if wanted.epoch not in known:
            raise UnknownNameError("generation" if foreign_format else "epoch", wanted.epoch, known, "--epoch")
    if wanted.role is not None and wanted.role not in roles:
        raise UnknownNameError("role", wanted.role, roles, "--role")


def _print_tree(console: Console, view: View, total: int, wanted: Filter) -> None:
    from rqgm.report.tree import rows  # noqa: PLC0415

    wide = is_wide(console)
    for guides, item in rows(view):
        print_line(console, guides, " ", _label(item, wide=wide))
    if wanted:
        print_line(console, f"{view.matching} of {total} nodes match")
    if view.folded:
        print_line(console, f"{view.folded} of {total} nodes are folded; --all shows them")
    for line in LEGEND if view.roots else ():
        print_line(console, line)


def _label(item: Item, *, wide: bool) -> Text:
    """Return a node's line: the figures first, then what it is, and its words last, where a narrow screen cuts."""
    from rich.text import Text  # noqa: PLC0415

    from rqgm.report.tree import fold_label  # noqa: PLC0415

    node = item.node
    if node is None:
        return Text(fold_label(item), style="dim italic")
    text = Text(f"#{node.index} {node.id[:8]} " if node.id else f"#{node.index} ")
    text.append("-" if node.score is None else f"{node.score:.3f}", style="bold")
    if node.interval:
        text.append_text(foreign(f" {node.interval}", 50))
    if wide and node.id and node.score is not None:
        text.append(node.score_text[len(f"{node.score:.3f}") :])
    text.append_text(foreign(f" [{node.epoch}]", 24))
    if node.roles:
        text.append(" ")
        text.append_text(_roles_text(node, wide=wide))
    for mark in node.marks:
        text.append_text(mark_text(mark))
    text.append(" · ")
    text.append_text(foreign(node.label, 300))
    if not node.id and not node.interval:  # foreign: the figures are the file's own words
        text.append_text(foreign(f"  {node.score_text}", 200))
    if item.dim:
        text.stylize("dim")
    return text


def _roles_text(node: TreeNode, *, wide: bool) -> Text:
    from rich.text import Text  # noqa: PLC0415

    from rqgm.report.tree import is_clear  # noqa: PLC0415

    text = Text()
    for number, role in enumerate(node.roles):
        text.append(f"{', ' if number else ''}{role}")
        gain = node.gain.get(role)
        if gain is not None:
            words = gain_text(gain) if wide else f"{gain.difference:+.2f}"
            text.append(f" {words}{'!' if is_clear(gain) else ''}", style=gain_style(gain))
    return text


def mark_text(mark: str) -> Text:
    """Return a mark as it stands in a line: § judges, * is an endpoint."""
    from rich.text import Text  # noqa: PLC0415

    sign = "§" if mark.startswith(("seat", "sat in")) else "*"
    return Text(f" {sign} {mark}", style="green" if mark.startswith("sat in") else "bold green")


def _print_path(console: Console, state: State, view: View, by_index: dict[int, Edit]) -> None:
    for item in view.items():
        if item.node is None:
            print_line(console, _label(item, wide=False), " edits")
            continue
        _print_step(console, state, item, by_index.get(item.node.index))
    if view.folded:
        print_line(console, f"{view.folded} nodes are folded; --all shows them")


def _print_step(console: Console, state: State, item: Item, edit: Edit | None) -> None:
    from rich.text import Text  # noqa: PLC0415

    node = item.node
    assert node is not None
    head = Text(f"#{node.index} {node.id[:8]}  {node.score_text}", style="dim" if item.dim else "bold")
    print_line(console, head, *(mark_text(mark) for mark in node.marks))
    _field(console, "made", f"in epoch {node.epoch}", f" of #{edit.parent}" if edit else "", _mate(edit))
    _field(console, "tried", foreign(node.label, 300))
    if edit:
        for name, words in edit_lines(edit):
            _field(console, name, words)
    print_scores(console, state, node.index)


def _field(console: Console, name: str, *parts: str | Text) -> None:
    print_line(console, f"    {name:<8}", *parts)


def _mate(edit: Edit | None) -> str:
    return f" with #{edit.mate}" if edit and edit.mate is not None else ""


def edit_lines(edit: Edit) -> list[tuple[str, str | Text]]:
    """Return what an edit changed, gained and cost, as (name, words) of lines."""
    from rich.text import Text  # noqa: PLC0415

    added, removed = edit.lines
    files = "1 file" if len(edit.files) == 1 else f"{len(edit.files)} files"
    roles = ", ".join(edit.roles) or "no role"
    lines: list[tuple[str, str | Text]] = [("changed", f"{roles}: {files}, lines +{added} -{removed}")]
    for role in edit.roles:
        if role in edit.gain:  # an editor is not measured
            gain = edit.gain[role]
            told = Text(gain_text(gain), style=gain_style(gain)) if gain else Text("no cell that its parent has too")
            lines.append(("gained", Text(f"{role} ") + told))
    drafts = f", {edit.drafts} drafts tried" if edit.drafts is not None else ""
    return [*lines, ("cost", usage_text(edit.usage) + drafts)]


def print_scores(console: Console, state: State, index: int) -> None:
    """Print a node's score at the end of each epoch, and who judged in them."""
    from rqgm.report.history import scores_by_epoch  # noqa: PLC0415

    scores = scores_by_epoch(state, index)
    if not scores:
        return
    shown = scores[-SHOWN_EPOCHS:]
    words = [f"epoch {found['epoch']}: {found['score']:.2f} of {found['outcomes']:g}" for found in shown]
    _field(console, "right", "… " if len(scores) > len(shown) else "", ", ".join(words))
    before = None
    for found in shown:
        if found["judges"] and found["judges"] != before:
            _field(console, "judges", f"from epoch {found['epoch']}: {seats_text(found['judges'])}")
        before = found["judges"]


# ---------------------------------------------------------------------- drawings, foreign lineages


def _draw(view: View, form: Format) -> None:
    from rqgm.report.tree import dot, mermaid  # noqa: PLC0415

    sys.stdout.write(dot(view) if form is Format.DOT else mermaid(view))


def read_foreign(kind: str, file: Path | None) -> ForeignLineage:
    """Read the file that the command line names."""
    from rqgm.core.errors import ConfigError  # noqa: PLC0415
    from rqgm.report.foreign import load_foreign  # noqa: PLC0415

    if file is None:
        raise ConfigError(f"--foreign {kind}: name the file, as in `rqgm lineage --foreign {kind} FILE`")
    return load_foreign(kind, file)


def find_node_in(lineage: ForeignLineage, name: str) -> int:
    """Return the index of a node of a foreign lineage."""
    from rqgm.report.foreign import find_foreign  # noqa: PLC0415

    return find_foreign(lineage, name)


def _print_foreign(lineage: ForeignLineage, view: View, form: Format) -> None:
    shown = sorted((node for item in view.items() for node in [item.node, *item.folded] if node), key=lambda n: n.index)
    if form is Format.JSON:
        nodes = [foreign_json(node) for node in shown]
        print_json({"foreign": lineage.format, "file": lineage.file, "note": lineage.note, "nodes": nodes})
    elif form is not Format.TEXT:
        _draw(view, form)
    else:
        console = make_console()
        for item in view.items():
            print_line(console, _label(item, wide=is_wide(console)))
        console.print(lineage.note, markup=False)
