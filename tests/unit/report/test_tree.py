"""Views of a tree: folded, filtered, laid out, drawn."""

from __future__ import annotations

import random
import re

import pytest

from rqgm.core.intervals import paired_difference
from rqgm.report.tree import (
    FOLD_ABOVE,
    MERMAID_CHARS,
    MERMAID_EDGES,
    Filter,
    TreeNode,
    dot,
    item_label,
    make_view,
    mermaid,
    rows,
)

HOSTILE = [
    '"];} digraph evil { a [label="',
    "\\",
    '\\" -> n1; n0 [URL="javascript:alert(1)"',
    "ends in a backslash \\",
    "<b>bold</b> & &lt; &#34;",
    "%%{init: {'securityLevel': 'loose'}}%%",
    '"] --> n0; click n0 "javascript:alert(1)"',
    "`**markdown**`",
    "style n0 fill:#f00;",
    "$$\\href{javascript:alert(1)}{x}$$",
    "line\nbreak\r\nand \x1b[31mcolour\x9b0m \x00",
    "\u202eright to left\u202c \u2028 \u200b",
    "\ud800 lone",
    "#quot; #34; ﬂ°°34¶ß ﬂ°quot¶ß",
    "%% comment",
    "end",
    "---\ntitle: x\n---",
    "é ü 漢字 🙂",
    "",
]


def tree(parents: list[int | None], **more: object) -> list[TreeNode]:
    """A tree from its list of parents; node k has score k/1000."""
    return [TreeNode(k, f"{k:040x}", parent, f"edit {k}", "0", k / 1_000) for k, parent in enumerate(parents)]


def chain(length: int) -> list[int | None]:
    """Parents of a chain."""
    return [None, *range(length - 1)]


def random_tree(size: int, seed: int) -> list[TreeNode]:
    """A tree as searches make them: younger parents are likelier; some nodes are marked, some gained."""
    rng = random.Random(seed)
    found = [TreeNode(0, "0" * 40, None, "generation zero", "0", 0.1)]
    for index in range(1, size):
        parent = max(rng.randrange(index), rng.randrange(index)) if seed % 2 else rng.randrange(index)
        before = [rng.random() < 0.3 for _ in range(rng.randrange(1, 30))]
        gain = {"coder": paired_difference(before, [rng.random() < 0.5 for _ in before])} if rng.random() < 0.5 else {}
        marks = ("generalist",) if index == size // 2 else (("seat a",) if rng.random() < 0.004 else ())
        roles = ("coder",) if gain else ("reviewer",)
        score = rng.random() if rng.random() < 0.9 else None
        found.append(
            TreeNode(index, f"{index:040x}", parent, "edit", str(index * 5 // size), score, "", roles, gain, marks)
        )
    return found


def shown(view) -> list[int]:
    """The nodes with lines of their own."""
    return [item.node.index for item in view.items() if item.node]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("fold", [True, False])
@pytest.mark.parametrize("depth", [None, 3])
def test_every_node_is_on_one_line_or_in_one_fold(seed: int, fold: bool, depth: int | None) -> None:
    """And below its parent, or below the fold that its parent is in."""
    nodes = random_tree(400, seed)
    view = make_view(nodes, depth=depth, fold=fold)
    holder = {}
    for item in view.items():
        for node in [item.node, *item.folded]:
            if node:
                assert node.index not in holder
                holder[node.index] = item
    assert sorted(holder) == list(range(400))
    above = {id(child): item for item in view.items() for child in item.children}
    for node in nodes[1:]:
        mine, parents = holder[node.index], holder[node.parent]
        assert mine is parents or above[id(mine)] is parents
    assert view.folded == sum(len(item.folded) for item in view.items())


@pytest.mark.parametrize("seed", range(6))
def test_a_folded_view_of_a_thousand_nodes_can_be_read(seed: int) -> None:
    """It is a few screens long, as wide as its branching, and every notable node is on a line."""
    nodes = random_tree(1_000, seed)
    view = make_view(nodes)
    lines = list(rows(view))
    assert len(lines) < 130
    assert max(len(guides) for guides, _ in lines) < 24
    assert {node.index for node in nodes if node.marks} <= set(shown(view))
    best = max((node for node in nodes if node.score is not None), key=lambda node: node.score)
    assert best.index in shown(view)
    assert view.folded > 800


def test_a_small_tree_is_shown_whole() -> None:
    """Folding begins where a screen or two no longer hold it."""
    assert make_view(tree(chain(FOLD_ABOVE))).folded == 0
    assert make_view(tree(chain(FOLD_ABOVE + 1))).folded > 0
    assert make_view(tree(chain(FOLD_ABOVE + 1)), fold=False).folded == 0


def test_a_chain_of_any_length_stands_in_one_column() -> None:
    """Depth costs no width, and no recursion."""
    view = make_view(tree(chain(5_000)), fold=False)
    assert {guides for guides, _ in rows(view)} == {"●"}
    assert len(dot(view).splitlines()) == 3 + 5_000 + 4_999


def test_a_chain_without_anything_notable_is_one_line_with_its_best() -> None:
    """… 17 nodes, best 0.410."""
    parents = chain(200)
    nodes = [TreeNode(k, "", parent, "", "0", 0.41 if k == 100 else 0.2) for k, parent in enumerate(parents)]
    nodes[199] = TreeNode(199, "", 198, "", "0", 0.9, marks=("generalist",))
    texts = [item_label(item) for item in make_view(nodes).items()]
    assert texts[0].startswith("#0 0.200")
    assert texts[-1].startswith("#199 0.900 [0] (generalist)")
    assert any(re.fullmatch(r"… \d+ nodes, best 0\.(200|410)", text) for text in texts)


def test_branches_stand_beside_the_trunk_that_leads_to_the_winner() -> None:
    """The winner's branch goes on in the same column, however small it is."""
    nodes = tree([None, 0, 1, 1, 1, 0, 5])
    nodes[6] = TreeNode(6, "", 5, "winner", "0", 0.1, marks=("generalist",))
    lines = [(guides, item.node.index) for guides, item in rows(make_view(nodes))]
    assert lines == [("●", 0), ("├─●", 1), ("│ ├─●", 3), ("│ ├─●", 4), ("│ ●", 2), ("●", 5), ("●", 6)]


def gained(before: list[bool], after: list[bool]) -> dict:
    """A gain of the coder."""
    return {"coder": paired_difference(before, after)}


def test_filters_keep_the_ancestors_of_what_matches_dim() -> None:
    """By epoch, role and gain, alone and together."""
    nodes = [
        TreeNode(0, "", None, "", "0"),
        TreeNode(1, "", 0, "", "0", roles=("coder",), gain=gained([False, False], [True, True])),
        TreeNode(2, "", 1, "", "1", roles=("coder", "editor"), gain=gained([True], [False])),
        TreeNode(3, "", 0, "", "1", roles=("reviewer",)),
    ]

    def found(**wanted: object) -> tuple[list[int], list[int]]:
        items = [item for item in make_view(nodes, Filter(**wanted)).items() if item.node]
        return sorted(i.node.index for i in items if not i.dim), sorted(i.node.index for i in items if i.dim)

    assert found(epoch="1") == ([2, 3], [0, 1])
    assert found(role="editor") == ([2], [0, 1])
    assert found(min_gain=0.5) == ([1], [0])
    assert found(min_gain=-1.0, role="coder") == ([1, 2], [0])
    assert found(min_gain=-1.0, role="reviewer") == ([], [])
    assert found(epoch="7") == ([], [])
    assert make_view(nodes, Filter(epoch="1")).matching == 2
    assert not Filter()
    assert Filter(min_gain=0.0)


def test_depth_folds_what_is_deeper() -> None:
    """The nodes that are left are within the depth, even single ones."""
    view = make_view(tree([None, 0, 1, 2, 2, 0]), depth=1)
    assert sorted(shown(view)) == [0, 1, 5]
    assert [len(item.folded) for item in view.items() if not item.node] == [3]
    assert sorted(shown(make_view(tree(chain(3)), depth=1))) == [0, 1]


def test_several_roots_stand_side_by_side() -> None:
    """A list without parents, as other systems keep it, is a forest."""
    view = make_view(tree([None] * 200), fold=False)
    assert shown(view) == list(range(200))
    assert len(view.roots) == 200


# ---------------------------------------------------------------------- drawings


def read_dot(text: str) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """A strict reader of the part of Graphviz's language that is written: labels by node, and edges."""
    token = re.compile(r'\s*(?:([A-Za-z_][A-Za-z_0-9]*|\d+)|"((?:[^"\\]|\\.)*)"|(->|[{}\[\]=;,]))')
    tokens: list[tuple[str, str]] = []
    place, end = 0, len(text.rstrip())
    while place < end:
        found = token.match(text, place)
        assert found, f"no token at {text[place : place + 40]!r}"
        kind = "id" if found[1] else ("sign" if found[3] else "string")
        tokens.append((kind, next(part for part in found.groups() if part is not None)))
        place = found.end()
    stream = iter(tokens)

    def take(*wanted: str) -> str:
        kind, value = next(stream)
        assert value in wanted if wanted else kind in ("id", "string"), (kind, value, wanted)
        return value

    assert [take("digraph"), take("lineage"), take("{")]
    labels: dict[str, str] = {}
    edges: list[tuple[str, str]] = []
    for kind, value in stream:
        if value == "}" and kind == "sign":
            assert next(stream, None) is None
            return labels, edges
        assert kind == "id", value
        names, attributes = [value], {}
        sign = take("[", "->", ";")
        if sign == "->":
            names.append(take())
            sign = take("[", ";")
        while sign in ("[", ","):
            key = take()
            assert take("=")
            attributes[key] = take()
            sign = take(",", "]")
        assert sign == ";" or take(";")
        assert attributes.keys() <= {"shape", "fontname", "label", "style", "peripheries"}
        if len(names) == 2:
            edges.append((names[0], names[1]))
        elif value != "node":
            assert value not in labels
            labels[value] = attributes["label"]
    raise AssertionError("not closed")


def labelled(labels: list[str]) -> list[TreeNode]:
    """A chain of nodes with these labels, in marks and epochs as well, and a gain of a role."""
    gain = gained([True], [False])
    return [
        TreeNode(k, label, k - 1 if k else None, label, label, 0.5, label, gain=gain, marks=(label,))
        for k, label in enumerate(labels)
    ]


def fuzzed(seed: int) -> list[str]:
    """Labels made of what drawings are made of."""
    rng = random.Random(seed)
    pieces = [*HOSTILE, *'"\\;[]{}<>&#%`|=-:/()\n\r\t$@', "n0", "-->", "click", "label", "&quot;", "\\N", "\\l", "]]"]
    return ["".join(rng.choices(pieces, k=rng.randrange(1, 12))) for _ in range(60)]


@pytest.mark.parametrize("labels", [HOSTILE, *(fuzzed(seed) for seed in range(20))], ids=lambda labels: labels[0][:8])
def test_hostile_words_are_only_ever_a_label_of_a_dot_drawing(labels: list[str]) -> None:
    """The reader finds the nodes and edges that there are, and the words, as escaped, within labels."""
    view = make_view(labelled(labels), fold=False)
    found, edges = read_dot(dot(view))
    assert list(found) == [f"n{k}" for k in range(len(labels))]
    assert edges == [(f"n{k}", f"n{k + 1}") for k in range(len(labels) - 1)]
    for item in view.items():
        text = re.sub(r"\\(.)", r"\1", found[item.name]).replace("&amp;", "&")
        assert text == item_label(item)
        assert not re.search(r"(?<!\\)(\\\\)*\\[a-zA-Z]", found[item.name])  # no escape that Graphviz would act on


@pytest.mark.parametrize("labels", [HOSTILE, *(fuzzed(seed) for seed in range(20))], ids=lambda labels: labels[0][:8])
def test_hostile_words_are_only_ever_a_label_of_a_mermaid_drawing(labels: list[str]) -> None:
    """Every line is of one of four forms, in which labels hold plain words and numeric entities and nothing else."""
    view = make_view(labelled(labels), fold=False)
    plain = r"(?:[A-Za-z0-9 .,+_-]|#\d+;)*"
    head, *lines = mermaid(view).splitlines()
    assert head == "flowchart TD"
    forms = rf'  n\d+\["({plain})"\]|  n\d+ -->\|"{plain}"\| n\d+|  classDef mark stroke-width:3px|  class [n\d,]+ mark'
    found = [re.fullmatch(forms, line) for line in lines]
    assert all(found)
    told = [match[1] for match in found if match and match[1] is not None]
    decoded = [re.sub(r"#(\d+);", lambda entity: chr(int(entity[1])), text) for text in told]
    assert decoded == [item_label(item) for item in view.items()]


@pytest.mark.parametrize("seed", range(4))
def test_drawings_of_a_thousand_nodes_are_whole(seed: int) -> None:
    """Unfolded they have every node and edge; folded they keep within what Mermaid draws by default."""
    nodes = random_tree(1_000, seed)
    whole = make_view(nodes, fold=False)
    labels, edges = read_dot(dot(whole))
    assert len(labels) == 1_000
    assert sorted(edges) == sorted((f"n{node.parent}", f"n{node.index}") for node in nodes[1:])
    folded = mermaid(make_view(nodes))
    assert len(folded) < MERMAID_CHARS
    assert folded.count("-->") < MERMAID_EDGES
    assert folded.startswith("flowchart TD\n")
    text = mermaid(whole)
    assert text.startswith("%% needs maxEdges 999 ")
    assert text.count("-->") == 999
