"""`rqgm diff`: what changed between two nodes, as code and in scores."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rqgm.cli.console import JSON, find_run, foreign, make_console, print_json
from rqgm.cli.lineage import node_json
from rqgm.cli.lines import print_line

if TYPE_CHECKING:
    from rich.console import Console

    from rqgm.archive.lineage import FilePatch
    from rqgm.archive.state import State
    from rqgm.core.trees import Tree
    from rqgm.run.session import OpenedRun

STYLES = {"+": "green", "-": "red", "@": "cyan"}
HEADERS = ("diff --git ", "index ", "--- ", "+++ ", "old mode ", "new mode ", "new file mode ", "deleted file mode ")
BAR = 24


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="diff")(command)


def command(
    run: Annotated[Path, typer.Argument(help="A run: its folder, or its name in archive/runs/.")],
    old: Annotated[
        str | None,
        typer.Argument(help="A node; alone, it is compared with its parent. Without any: seed and generalist."),
    ] = None,
    new: Annotated[str | None, typer.Argument(help="Another node.")] = None,
    role: Annotated[str | None, typer.Option(help="Only the folders that this role sees.")] = None,
    file: Annotated[str | None, typer.Option(help="Only this file or folder; its diff is shown however long.")] = None,
    stat: Annotated[bool, typer.Option("--stat", help="Only which files changed, and by how much.")] = False,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Show the code that changed between two nodes, and their scores beside each other."""
    from rqgm.run.session import open_run  # noqa: PLC0415

    opened = open_run(find_run(run))
    try:
        sides = _sides(opened.state, old, new)
        patches = _patches(opened, sides, role, file)
        scores = [node_json(opened.state, index) for index in sides]
    finally:
        opened.archive.close()
    if as_json:
        print_json(
            {
                "old": scores[0],
                "new": scores[1],
                "patch": "" if stat else "".join(patch.text or "" for patch in patches),
                "files": [asdict(patch.change) | {"patch_bytes": patch.patch_bytes} for patch in patches],
            }
        )
        return
    console = make_console()
    for name, score in zip(("old", "new"), scores, strict=True):
        roles = ", ".join(f"{role} {c['successes']:g}/{c['outcomes']:g}" for role, c in score["roles"].items())
        print_line(
            console, f"{name} #{score['index']} {score['commit'][:10]}  best belief {score['best_belief']:.3f}  {roles}"
        )
    if not patches:
        print_line(console, "no difference" if role is None and file is None else "no difference in what was asked for")
    elif stat:
        _print_stat(console, patches)
    else:
        for patch in patches:
            _print_patch(console, patch)


def _sides(state: State, old: str | None, new: str | None) -> list[int]:
    from rqgm.core.errors import ConfigError  # noqa: PLC0415
    from rqgm.run.summary import find_node  # noqa: PLC0415

    if old is None:
        return [find_node(state, "seed"), find_node(state, "generalist")]
    if new is not None:
        return [find_node(state, old), find_node(state, new)]
    index = find_node(state, old)
    parent = state.nodes[index].parent
    if parent is None:
        raise ConfigError(f"node {old!r}: is generation zero and has no parent; name another node to compare it with")
    return [parent, index]


def _patches(opened: OpenedRun, sides: list[int], role: str | None, file: str | None) -> list[FilePatch]:
    from rqgm.archive.lineage import MAX_SHOWN_PATCH  # noqa: PLC0415
    from rqgm.core.errors import UnknownNameError  # noqa: PLC0415
    from rqgm.core.trees import select  # noqa: PLC0415
    from rqgm.evolution.workspaces import WORKSPACE_LIMITS  # noqa: PLC0415

    lineage = opened.archive.lineage
    commits = [opened.state.nodes[index].commit for index in sides]
    trees = [lineage.tree(commit) for commit in commits]
    wanted = trees[0].keys() | trees[1].keys()
    if role is not None:
        kinds = opened.criterion.role_kinds
        if role not in kinds:
            raise UnknownNameError("role", role, kinds, "--role")
        wanted = {path for tree in trees for path in _seen(tree, role)}
    if file is not None:
        inside = {path for tree in trees for path in select(tree, [file])}
        if not inside:
            raise UnknownNameError("file", file, wanted, f"nodes #{sides[0]} and #{sides[1]}")
        wanted &= inside
    limit = MAX_SHOWN_PATCH if file is None else 4 * WORKSPACE_LIMITS.total_bytes
    return [patch for patch in lineage.patches(commits[0], commits[1], limit) if patch.change.path in wanted]


def _seen(tree: Tree, role: str) -> Tree:
    """Return the part of a workspace that a role sees."""
    from rqgm.roles.manifest import parse_manifest  # noqa: PLC0415

    return parse_manifest(tree).role_tree(tree, role)


def _print_patch(console: Console, patch: FilePatch) -> None:
    if patch.text is None:
        change = patch.change
        reason = "binary" if change.binary else f"a diff of {patch.patch_bytes >> 10} KiB; `--file` shows it"
        console.print(foreign(f"{change.path}: {change.status}, not shown: {reason}"), style="bold")
        return
    header = True
    for line in patch.text.removesuffix("\n").split("\n"):  # a line is git's, whatever else is taken for a line's end
        header = header and line.startswith(HEADERS)
        style = "bold" if header else STYLES.get(line[:1], "")
        console.print(foreign(line.expandtabs(4), 2_000), style=style)


def _print_stat(console: Console, patches: list[FilePatch]) -> None:
    from rich.text import Text  # noqa: PLC0415

    most = max(patch.change.added + patch.change.removed for patch in patches)
    scale = min(1.0, BAR / max(most, 1))
    for patch in patches:
        change = patch.change
        bar = [max(int(scale * count), int(count > 0)) for count in (change.added, change.removed)]
        size = "binary" if change.binary else f"+{change.added} -{change.removed}"
        bars = Text("+" * bar[0], style="green") + Text("-" * bar[1], style="red")
        print_line(console, f"{change.status:<8}{size:>14} ", bars, " " * (BAR + 2 - sum(bar)), foreign(change.path))
    added = sum(patch.change.added for patch in patches)
    removed = sum(patch.change.removed for patch in patches)
    files = "1 file" if len(patches) == 1 else f"{len(patches)} files"
    print_line(console, f"{files}, lines +{added} -{removed}")
