"""Trees of nodes, own or foreign: filtered, folded so that they stay readable at any size, and drawn.

A view is laid out in columns like ``git log --graph``: a node's largest branch goes on below it in the same column, the
others stand beside it. So the depth of a lineage costs no width, and its branching only the logarithm of its size.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rqgm.core.text import clean
from rqgm.report.history import seatings

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from rqgm.archive.state import State
    from rqgm.core.intervals import PairedDifference
    from rqgm.report.edits import Edit

FOLD_ABOVE = 60
"""A view of at most so many nodes is shown whole."""
NOTABLE_SCORES = 8
NOTABLE_GAINS = 8
LABEL_CHARS = 60
MERMAID_EDGES = 500
MERMAID_CHARS = 50_000
"""What Mermaid draws unless its page is configured otherwise (`maxEdges`, `maxTextSize`)."""


@dataclass(frozen=True, slots=True)
class TreeNode:
    """One node of any lineage; its index is its place in the list, and parents come before their children.

    `label` is foreign text, and so is all other text of a foreign lineage. `roles` are those that its edit changed.
    `score` is what nodes are compared by, None where nothing was measured; `score_text` tells all that is known of it,
    `interval` is the part of that which a short line has room for.
    """

    index: int
    id: str
    parent: int | None
    label: str
    epoch: str
    score: float | None = None
    score_text: str = ""
    roles: tuple[str, ...] = ()
    gain: Mapping[str, PairedDifference] = field(default_factory=dict)
    marks: tuple[str, ...] = ()
    interval: str = ""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which nodes are wanted: of an epoch, whose edit changed a role, whose edit gained at least so much (in it)."""

    epoch: str | None = None
    role: str | None = None
    min_gain: float | None = None

    def __bool__(self) -> bool:
        return (self.epoch, self.role, self.min_gain) != (None, None, None)

    def wants(self, node: TreeNode) -> bool:
        """Tell whether a node passes."""
        gains = [found.difference for role, found in node.gain.items() if self.role in (None, role)]
        return (
            self.epoch in (None, node.epoch)
            and (self.role is None or self.role in node.roles)
            and (self.min_gain is None or any(gain >= self.min_gain for gain in gains))
        )


@dataclass(slots=True)
class Item:
    """One line of a view: a node, or some that are folded into a line (`node` is None)."""

    node: TreeNode | None
    folded: list[TreeNode] = field(default_factory=list)
    dim: bool = False
    """It is there for the sake of the nodes below it."""
    children: list[Item] = field(default_factory=list)

    @property
    def best(self) -> float | None:
        """The best score of the folded nodes."""
        return max((node.score for node in self.folded if node.score is not None), default=None)

    @property
    def name(self) -> str:
        """What a drawing calls it: ``n<index>``, or ``f<first index>`` of folded nodes."""
        return f"n{self.node.index}" if self.node else f"f{self.folded[0].index}"


@dataclass(frozen=True, slots=True)
class View:
    """What is shown of a tree. `matching` counts the nodes that were wanted, `folded` those within folds."""

    roots: list[Item]
    matching: int
    folded: int

    def items(self) -> Iterator[Item]:
        """Yield all items, each after its parent."""
        stack = self.roots[::-1]
        while stack:
            item = stack.pop()
            yield item
            stack.extend(reversed(item.children))


def run_tree(state: State, edits: Sequence[Edit]) -> list[TreeNode]:
    """Return the nodes of an own run; `edits` are all of its edits."""
    by_index = {edit.index: edit for edit in edits}
    marks = node_marks(state)
    found = []
    for node in state.nodes:
        counts = {role: count for role, count in state.by_role(node.index).items() if count.total}
        belief = state.belief(node.index) if counts else None
        shares = ", ".join(f"{role} {count.successes:g}/{count.total:g}" for role, count in counts.items())
        edit = by_index.get(node.index)
        found.append(
            TreeNode(
                index=node.index,
                id=node.commit,
                parent=node.parent,
                label=node.tried,
                epoch=str(node.epoch),
                score=belief,
                score_text=f"{belief:.3f} ({shares})" if belief is not None else "no outcomes",
                roles=edit.roles if edit else (),
                gain={role: gain for role, gain in edit.gain.items() if gain} if edit else {},
                marks=tuple(marks.get(node.index, ())),
            )
        )
    return found


def node_marks(state: State) -> dict[int, list[str]]:
    """Return what nodes are or were to the run: endpoints, and seats with the epochs in which they judged."""
    marks: dict[int, list[str]] = {}
    seated = seatings(state)
    for slot in state.seats:
        epochs: dict[int, list[int]] = {}
        for epoch, seats in enumerate(seated):
            epochs.setdefault(seats[slot], []).append(epoch)
        for node, sat in epochs.items():
            word = "seat" if node == state.seats[slot].node else "sat in"
            marks.setdefault(node, []).append(f"{word} {slot}, {_epochs(sat)}")
    if state.endpoints:
        marks.setdefault(state.endpoints["generalist"]["node"], []).append("generalist")
        for role, endpoint in state.endpoints["specialists"].items():
            marks.setdefault(endpoint["node"], []).append(f"specialist:{role}")
    return marks


def _epochs(sat: list[int]) -> str:
    if len(sat) == 1:
        return f"epoch {sat[0]}"
    if sat[-1] - sat[0] == len(sat) - 1:
        return f"epochs {sat[0]}-{sat[-1]}"
    return "epochs " + ", ".join(map(str, sat))


def is_clear(gain: PairedDifference) -> bool:
    """Tell whether a gain's interval is clear of zero."""
    return gain.low > 0 or gain.high < 0


# ---------------------------------------------------------------------- views


def make_view(
    nodes: Sequence[TreeNode],
    wanted: Filter | None = None,
    *,
    chosen: Collection[int] | None = None,
    depth: int | None = None,
    fold: bool = True,
) -> View:
    """Return what is shown of a tree: of the nodes `chosen` (closed under parents; all by default), those `wanted`.

    Ancestors of wanted nodes stay, dim. Nodes more than `depth` edits below a root are folded. Where more than
    FOLD_ABOVE nodes are left and `fold` is set, only notable ones stand on lines of their own: those with marks, the
    best by score, and the gains clear of zero.
    """
    universe, matching = _universe(nodes, wanted, chosen)
    deep = _depths(nodes, universe)
    kept = {index for index in universe if depth is None or deep[index] <= depth}
    if fold and len(universe) > FOLD_ABOVE:
        notable = _notable([nodes[index] for index in universe if index in matching])
        kept &= notable | {index for index in universe if nodes[index].parent is None}
    roots, items = _place(nodes, universe, kept, matching)
    for item in items:
        if len(item.folded) == 1 and (depth is None or deep[item.folded[0].index] <= depth):
            item.node, item.dim = item.folded.pop(), True  # the node itself takes no more room than a fold
    _order(items)
    return View(roots, len(matching), sum(len(item.folded) for item in items))


def _universe(
    nodes: Sequence[TreeNode], wanted: Filter | None, chosen: Collection[int] | None
) -> tuple[list[int], set[int]]:
    """Return what may be shown, parents first, and which of it was asked for."""
    within = set(range(len(nodes)) if chosen is None else chosen)
    matching = {index for index in within if wanted is None or not wanted or wanted.wants(nodes[index])}
    found: set[int] = set()
    for index in matching:
        above: int | None = index
        while above is not None and above not in found:
            found.add(above)
            above = nodes[above].parent
    return sorted(found), matching


def _depths(nodes: Sequence[TreeNode], universe: Sequence[int]) -> dict[int, int]:
    deep: dict[int, int] = {}
    for index in universe:
        parent = nodes[index].parent
        deep[index] = 0 if parent is None else deep[parent] + 1
    return deep


def _notable(nodes: Sequence[TreeNode]) -> set[int]:
    """Return the nodes that stand on lines of their own in a folded view; how many is bounded."""
    marked = [node for node in nodes if node.marks]
    best = sorted((node for node in nodes if node.score is not None), key=lambda n: (-(n.score or 0.0), n.index))
    gains = {node.index: max((found.low for found in node.gain.values()), default=-1.0) for node in nodes}
    gained = sorted((node for node in nodes if gains[node.index] > 0), key=lambda n: (-gains[n.index], n.index))
    return {node.index for node in (*marked, *best[:NOTABLE_SCORES], *gained[:NOTABLE_GAINS])}


def _place(
    nodes: Sequence[TreeNode], universe: Sequence[int], kept: set[int], matching: set[int]
) -> tuple[list[Item], list[Item]]:
    """Return (roots, all items, parents first). Nodes that are not kept are folded, but not where branches part."""
    alive, branches = _alive(nodes, universe, kept)
    holders: dict[int, Item] = {}
    roots: list[Item] = []
    items: list[Item] = []
    beside: dict[int, Item] = {}
    for index in universe:
        node = nodes[index]
        above = holders[node.parent] if node.parent is not None else None
        if index in kept or branches.get(index, 0) > 1 or above is None:
            item = Item(node, dim=index not in kept or index not in matching)
        elif above.node is None:
            holders[index] = above
            above.folded.append(node)
            continue
        elif index not in alive and node.parent in beside:
            holders[index] = beside[node.parent]
            holders[index].folded.append(node)
            continue
        else:
            item = Item(None, [node])
            if index not in alive:
                assert node.parent is not None
                beside[node.parent] = item
        holders[index] = item
        items.append(item)
        (above.children if above else roots).append(item)
    return roots, items


def _alive(nodes: Sequence[TreeNode], universe: Sequence[int], kept: set[int]) -> tuple[set[int], dict[int, int]]:
    """Return the nodes with a kept one at or below them, and how many such children each node has."""
    alive: set[int] = set()
    branches: dict[int, int] = {}
    for index in reversed(universe):
        if index in kept or index in branches:
            alive.add(index)
            parent = nodes[index].parent
            if parent is not None:
                branches[parent] = branches.get(parent, 0) + 1
    return alive, branches


def _order(items: Sequence[Item]) -> None:
    """Put each item's trunk last: the branch that leads to the generalist, else the largest."""
    weights: dict[int, float] = {}
    for item in reversed(items):
        below = [weights[id(child)] for child in item.children]
        winner = item.node is not None and "generalist" in item.node.marks
        own = 1.0 if item.node else 0.5  # of two leaves, the node and not the fold goes on
        weights[id(item)] = float("inf") if winner else own + sum(below)
        if item.children:
            trunk = item.children.pop(below.index(max(below)))
            item.children.append(trunk)


# ---------------------------------------------------------------------- drawings


def rows(view: View) -> Iterator[tuple[str, Item]]:
    """Yield (guides, item) of a view's lines; the last guide stands for the item itself."""
    stack = [("", "", root) for root in reversed(view.roots)]
    while stack:
        column, lead, item = stack.pop()
        bullet = "…" if item.node is None else ("○" if item.dim else "●")
        yield f"{lead or column}{bullet}", item
        if item.children:
            *beside, trunk = item.children
            stack.append((column, "", trunk))
            stack.extend((f"{column}│ ", f"{column}├─", child) for child in reversed(beside))


def dot(view: View) -> str:
    """Return a view as a Graphviz digraph."""
    lines = ["digraph lineage {", '  node [shape=box, fontname="sans-serif"];']
    for item in view.items():
        style = "dotted" if item.node is None else ("dashed" if item.dim else "solid")
        more = ", peripheries=2" if item.node and item.node.marks else ""
        lines.append(f'  {item.name} [label="{_dot_text(item_label(item))}", style={style}{more}];')
        for child in item.children:
            gain = f' [label="{_dot_text(gain_label(child.node))}"]' if child.node and child.node.gain else ""
            lines.append(f"  {item.name} -> {child.name}{gain};")
    return "\n".join([*lines, "}", ""])


def mermaid(view: View) -> str:
    """Return a view as a Mermaid flowchart."""
    lines: list[str] = []
    edges, marked = 0, []
    for item in view.items():
        lines.append(f'  {item.name}["{_mermaid_text(item_label(item))}"]')
        if item.node and item.node.marks:
            marked.append(item.name)
        for child in item.children:
            edges += 1
            gain = f'|"{_mermaid_text(gain_label(child.node))}"|' if child.node and child.node.gain else ""
            lines.append(f"  {item.name} -->{gain} {child.name}")
    if marked:
        lines += ["  classDef mark stroke-width:3px", f"  class {','.join(marked)} mark"]
    text = "\n".join(["flowchart TD", *lines, ""])
    if edges > MERMAID_EDGES or len(text) > MERMAID_CHARS:
        # a page that draws it must allow as much; a drawing cannot ask for it itself
        text = f"%% needs maxEdges {edges} and maxTextSize {len(text) + 80} in the page's configuration\n{text}"
    return text


def item_label(item: Item, max_chars: int = LABEL_CHARS) -> str:
    """Return an item in a few words; foreign text in it is clean."""
    if item.node is None:
        return f"… {fold_label(item)}"
    node = item.node
    score = f" {node.score:.3f}" if node.score is not None else ""
    marks = f" ({clean(', '.join(node.marks), 120)})" if node.marks else ""
    return f"#{node.index}{score} [{clean(node.epoch, 20)}]{marks} {clean(node.label, max_chars)}"


def fold_label(item: Item) -> str:
    """Return what a fold holds: `17 nodes, best 0.410`."""
    best = f", best {item.best:.3f}" if item.best is not None else ""
    return f"{len(item.folded)} node{'s' if len(item.folded) > 1 else ''}{best}"


def gain_label(node: TreeNode) -> str:
    """Return what a node's edit gained, by role, without intervals: `coder +0.17!`, `!` if clear of zero."""
    return ", ".join(
        f"{role} {found.difference:+.2f}{'!' if is_clear(found) else ''}" for role, found in node.gain.items()
    )


def _dot_text(text: str) -> str:
    # in a quoted string only quotes and backslashes are special to the grammar, and `&` to the label
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")


_MERMAID_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,+-_")


def _mermaid_text(text: str) -> str:
    # everything but plain words as a numeric entity: Mermaid finds directives, comments and markdown inside of labels
    return "".join(char if char in _MERMAID_PLAIN else f"#{ord(char)};" for char in text)
