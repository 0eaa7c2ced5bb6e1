"""`rqgm show`: one node: its edit and what that gained, its outcomes and who judged them, its files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rqgm.cli.console import JSON, find_run, foreign, make_console, print_json
from rqgm.cli.judge_ask import evidence_text
from rqgm.cli.lineage import (
    FOREIGN,
    edit_lines,
    find_node_in,
    foreign_json,
    mark_text,
    node_json,
    print_scores,
    read_foreign,
)
from rqgm.cli.lines import print_line

if TYPE_CHECKING:
    from rich.console import Console

    from rqgm.report.edits import Edit
    from rqgm.report.foreign import ForeignLineage
    from rqgm.run.session import OpenedRun

SHOWN_TASKS = 12
SHOWN_FILES = 12
NAME_WIDTH = 36
SAID = ("opinions", "criteria", "team", "talk")
MAX_FILE_CHARS = 1 << 20


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="show")(command)


def command(
    run: Annotated[
        Path, typer.Argument(help="A run: its folder, or its name in archive/runs/. With --foreign, the file.")
    ],
    node: Annotated[str, typer.Argument(help="seed, generalist, specialist:<role>, #<number> or a commit prefix.")],
    file: Annotated[str | None, typer.Option(help="Print one file of the node's workspace.")] = None,
    unfold: Annotated[bool, typer.Option("--all", help="Every task, file and erased outcome.")] = False,
    as_json: Annotated[bool, JSON] = False,
    other: Annotated[str | None, FOREIGN] = None,
) -> None:
    """Show one node: what its edit tried, changed and gained; its outcomes by task and who judged; its files."""
    if other is not None:
        _foreign(read_foreign(other, run), node, file, as_json=as_json)
        return
    from rqgm.core.errors import UnknownNameError  # noqa: PLC0415
    from rqgm.report.edits import edits  # noqa: PLC0415
    from rqgm.run.session import open_run  # noqa: PLC0415
    from rqgm.run.summary import find_node  # noqa: PLC0415

    opened = open_run(find_run(run))
    try:
        index = find_node(opened.state, node)
        tree = opened.archive.lineage.tree(opened.state.nodes[index].commit)
        if file is not None:
            if file not in tree:
                raise UnknownNameError("file", file, tree, f"node #{index}")
            text = tree[file].data.decode("utf-8", "replace").expandtabs(4)
            make_console().print(foreign(text, MAX_FILE_CHARS, lines=True))
            return
        edit = next(iter(edits(opened, [index])), None)
        detail = _detail(opened, index, tree, edit)
        if as_json:
            print_json(detail)
        else:
            _print(make_console(), opened, detail, edit, unfold=unfold)
    finally:
        opened.archive.close()


def _detail(opened: OpenedRun, index: int, tree: Any, edit: Edit | None) -> dict[str, Any]:
    from rqgm.report.history import judges, scores_by_epoch, seatings  # noqa: PLC0415

    state = opened.state
    seated = seatings(state)
    keys = {state.key(index, role) for role in state.measured}
    records = [record for record in state.records.values() if state.key(record.node, record.role) in keys]
    wanted = {record.n for record in records}
    said = {
        event.body["n"]: {key: event.body[key] for key in SAID if event.body.get(key)}
        for event in opened.archive.ledger.events()
        if event.kind == "outcome" and event.body["n"] in wanted
    }
    return node_json(state, index) | {
        "why": state.nodes[index].why,
        "edit": edit.to_json() if edit else None,
        "scores": scores_by_epoch(state, index),
        "role_hashes": state.nodes[index].roles,
        "files": {path: len(file.data) for path, file in tree.items()},
        "outcomes": [
            {
                "n": r.n,
                "node": r.node,
                "role": r.role,
                "task": r.task,
                "measure": r.measure,
                "y": r.y,
                "score": r.score,
                "failure": r.failure,
                "epoch": r.epoch,
                "live": r.live,
                "judges": judges(r, seated),
                **said.get(r.n, {}),
            }
            for r in records
        ],
    }


def _print(console: Console, opened: OpenedRun, detail: dict[str, Any], edit: Edit | None, *, unfold: bool) -> None:
    from rqgm.report.tree import node_marks  # noqa: PLC0415

    index = detail["index"]
    console.print(f"node #{index} {detail['commit']}", style="bold")
    for mark in node_marks(opened.state).get(index, []):
        print_line(console, "   ", mark_text(mark))
    console.print(foreign(f"tried: {detail['tried']}"))
    if detail["why"]:
        console.print(foreign(f"why: {detail['why']}", 2_000, lines=True))
    parent = "generation zero" if detail["parent"] is None else f"#{detail['parent']}"
    mate = f" with #{edit.mate}" if edit and edit.mate is not None else ""
    children = ", ".join(f"#{child}" for child in detail["children"][: None if unfold else SHOWN_FILES])
    more = (
        "" if unfold or len(detail["children"]) <= SHOWN_FILES else f" and {len(detail['children']) - SHOWN_FILES} more"
    )
    console.print(
        f"parent {parent}{mate}, children {children or 'none'}{more}, epoch {detail['epoch']}, "
        f"best belief {detail['best_belief']}",
        markup=False,
    )
    if edit:
        for name, words in edit_lines(edit):
            print_line(console, f"    {name:<8}", words)
        _print_files(console, edit, unfold=unfold)
    print_scores(console, opened.state, index)
    for role in opened.state.measured:
        _print_outcomes(console, role, detail, unfold=unfold)
    files = list(detail["files"])
    shown = files if unfold else files[:SHOWN_FILES]
    rest = f", … {len(files) - len(shown)} more files (--all)" if len(files) > len(shown) else ""
    console.print(foreign("files: " + ", ".join(shown) + rest, 100_000))


def _print_files(console: Console, edit: Edit, *, unfold: bool) -> None:
    shown = edit.files if unfold else edit.files[:SHOWN_FILES]
    for change in shown:
        size = "binary" if change.binary else f"+{change.added} -{change.removed}"
        print_line(console, f"            {change.status:<8}{size:>12}  ", foreign(change.path))
    if len(edit.files) > len(shown):
        print_line(console, f"            … {len(edit.files) - len(shown)} more files (--all)")


# ---------------------------------------------------------------------- outcomes


def _print_outcomes(console: Console, role: str, detail: dict[str, Any], *, unfold: bool) -> None:
    outcomes = [outcome for outcome in detail["outcomes"] if outcome["role"] == role]
    live = [outcome for outcome in outcomes if outcome["live"]]
    counts = detail["roles"][role]
    low, high = counts["interval"]
    share = f"{counts['successes']:g} of {counts['outcomes']:g} right [{low:.2f}, {high:.2f}]"
    console.print(f"\n{role}: {share if live else 'no outcomes'}", style="bold", markup=False)
    grouped: dict[str, list[dict[str, Any]]] = {}
    for outcome in outcomes if unfold else live:
        grouped.setdefault(outcome["task"], []).append(outcome)
    # what went wrong first: that is what one looks for
    tasks = sorted(grouped, key=lambda task: (min(outcome["y"] for outcome in grouped[task]), task))
    shown = tasks if unfold else tasks[:SHOWN_TASKS]
    width = max((len(task) for task in shown), default=0)
    for task in shown:
        grouped[task].sort(key=lambda outcome: (outcome["measure"], outcome["n"]))
        first, *more = [_outcome_text(outcome, detail["index"]) for outcome in grouped[task]]
        print_line(console, "  ", foreign(f"{task:<{min(width, NAME_WIDTH)}.{NAME_WIDTH}}"), f"  {first}")
        for words in more:
            print_line(console, " " * (min(width, NAME_WIDTH) + 4), words)
        for outcome in grouped[task]:
            _print_verdicts(console, outcome)
    if len(tasks) > len(shown):
        hidden = [outcome for task in tasks[SHOWN_TASKS:] for outcome in grouped[task]]
        right = sum(outcome["y"] for outcome in hidden)
        print_line(
            console, f"  … {len(tasks) - len(shown)} more tasks, {right} of {len(hidden)} outcomes right (--all)"
        )
    gone = [outcome["epoch"] for outcome in outcomes if not outcome["live"]]
    if gone and not unfold:
        print_line(console, f"  … {len(gone)} erased outcomes of epochs {min(gone)} to {max(gone)} (--all)")


def _outcome_text(outcome: dict[str, Any], index: int) -> str:
    """Return one outcome in a line: the verdict first, then who judged, whose it is and where it stands."""
    sign = "✓" if outcome["y"] else "✗"
    said = [_opinion_text(opinion, outcome["judges"]) for opinion in outcome.get("opinions", [])]
    score = "" if outcome["score"] == outcome["y"] else f" {outcome['score']:.2f}"
    parts = [f"{sign} {outcome['measure']}{score}", outcome["failure"], *said]
    parts.append(f"epoch {outcome['epoch']}, n {outcome['n']}")
    parts.append(f"made on #{outcome['node']}" if outcome["node"] != index else "")
    parts.append("" if outcome["live"] else "erased")
    return ", ".join(part for part in parts if part)


def _opinion_text(opinion: dict[str, Any], judges: dict[str, int]) -> str:
    """Return what one judge said: the node that sat in a slot, a fixed seat by its name, or the judge itself."""
    slot = opinion["slot"]
    if not slot:
        return f"said {opinion['verdict']}"
    seat = f" #{judges[slot]}" if slot in judges else ""
    name = "" if seat and len(judges) == 1 else slot
    return f"{name}{seat} {opinion['verdict']}".strip()


def _talk_text(talk: Any) -> str:
    """Return what became of a team's or a panel's second round, in a line; who is told by number, from 0."""
    if talk.get("trouble"):
        return f"the policy could not decide: {talk['trouble']}"
    turns = [
        f"{agent} {' '.join(became)}" if number == 1 else f"{agent} (turn {number}) {' '.join(became)}"
        for agent, number, *became in talk["turns"]
    ]
    return f"asked again: {', '.join(turns)}" if turns else "nobody asked again"


def _print_verdicts(console: Console, outcome: Any) -> None:
    """Print of an outcome how a team or panel talked, what judges pointed at, and its criteria, where there are any."""
    for opinion in outcome.get("opinions", []):
        for entry in opinion.get("evidence", []):
            console.print(
                foreign(f"    n {outcome['n']}, {opinion['slot']} {opinion['verdict']}: {evidence_text(entry)}", 800)
            )
    if "team" in outcome:
        team = outcome["team"]
        chosen = f"member {team['chosen']} of {team['plan']['agents']} chosen"
        console.print(foreign(f"    n {outcome['n']}, team: {_talk_text(team)}; {chosen}"))
    for talk in outcome.get("talk", []):
        console.print(foreign(f"    n {outcome['n']}, {outcome['measure']}: {_talk_text(talk)}"))
    for found in outcome.get("criteria", []):
        console.print(
            foreign(f"    n {outcome['n']}, {found['id']}: {found['result']} by {found['by']} {found['reason']}")
        )


# ---------------------------------------------------------------------- foreign lineages


def _foreign(lineage: ForeignLineage, name: str, file: str | None, *, as_json: bool) -> None:
    from rqgm.core.errors import ConfigError  # noqa: PLC0415
    from rqgm.core.text import clean  # noqa: PLC0415

    if file is not None:
        raise ConfigError(f"--file {file}: a node of {lineage.format} is one piece of code, which is shown whole")
    index = find_node_in(lineage, name)
    node, detail = lineage.nodes[index], lineage.details[index]
    code = clean(detail.code.expandtabs(4), MAX_FILE_CHARS, lines=True)
    facts = {key: clean(value, 100_000, lines=True) for key, value in detail.facts.items()}
    if as_json:
        print_json(
            {"foreign": lineage.format, "file": lineage.file} | foreign_json(node) | {"facts": facts, "code": code}
        )
        return
    console = make_console()
    console.print(f"node #{index} of {lineage.file}", style="bold", markup=False)
    for key, value in facts.items():
        console.print(foreign(f"{key}: {value}", 100_000, lines=True))
    console.print(foreign(f"\n{code}", MAX_FILE_CHARS, lines=True))
    console.print(lineage.note, style="dim", markup=False)
