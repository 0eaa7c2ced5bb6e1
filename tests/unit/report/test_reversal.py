"""Undoing edits: what stays, what is taken along, what stands in the way."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rqgm.core.trees import File
from rqgm.core.words import RoleKind
from rqgm.evolution.workspaces import load_workspace
from rqgm.report.reversal import EditPath, Merger

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rqgm.core.trees import Tree
    from rqgm.evolution.workspaces import Workspace

KINDS = {"coder": RoleKind.SOLVER}
LINES = [f"line {number}" for number in range(12)]


def manifest(folders: str = '"coder"') -> File:
    text = f'schema_version = 1\n[roles.coder]\nkind = "solver"\ncommand = ["true"]\nfolders = [{folders}]\n'
    return File(text.encode())


def text(**changes: str) -> File:
    """Return twelve lines, some of them changed: `text(l3="other")`."""
    return File("".join(f"{changes.get(f'l{n}', line)}\n" for n, line in enumerate(LINES)).encode())


def load(tree: Tree) -> Workspace:
    return load_workspace(tree, KINDS)


@pytest.fixture
def path_of(tmp_path: Path) -> Callable[..., EditPath]:
    """Return the path of edits through the given files (each beside a manifest, unless it has one)."""

    def make(*trees: dict[str, File]) -> EditPath:
        return EditPath([{"workspace.toml": manifest(), **tree} for tree in trees], load, Merger(tmp_path / "scratch"))

    return make


def left(tree: Tree) -> dict[str, File]:
    return {path: file for path, file in tree.items() if path != "workspace.toml"}


def test_an_edit_is_undone_and_later_ones_of_the_same_file_stay(path_of) -> None:
    """As `git revert` does it."""
    edits = path_of({"coder/a": text()}, {"coder/a": text(l2="one")}, {"coder/a": text(l2="one", l9="two")})
    found = edits.without(1)
    assert (found.steps, found.obstacle) == ((1,), None)
    assert left(found.workspace.tree) == {"coder/a": text(l9="two")}
    assert left(edits.without(2).workspace.tree) == {"coder/a": text(l2="one")}


def test_an_edit_that_another_wrote_over_is_undone_with_that_one_alone(path_of) -> None:
    """The one in between, which does not need it, stays."""
    edits = path_of(
        {"coder/a": text(), "coder/b": text()},
        {"coder/a": text(l2="one"), "coder/b": text()},
        {"coder/a": text(l2="one"), "coder/b": text(l2="apart")},
        {"coder/a": text(l2="one and two"), "coder/b": text(l2="apart")},
        {"coder/a": text(l2="one and two", l10="last"), "coder/b": text(l2="apart")},
    )
    found = edits.without(1)
    assert found.obstacle is not None
    assert (found.steps, found.obstacle.conflicts) == ((1, 3), ("coder/a",))
    assert left(found.workspace.tree) == {"coder/a": text(l10="last"), "coder/b": text(l2="apart")}
    assert edits.without(3).steps == (3,)


def test_what_depends_on_a_dependent_edit_is_taken_along_too(path_of) -> None:
    """A chain of edits of one line."""
    edits = path_of(*({"coder/a": text(l2=word)} for word in ("zero", "one", "two", "three")))
    assert [edits.without(step).steps for step in (1, 2, 3)] == [(1, 2, 3), (2, 3), (3,)]
    assert left(edits.without(1).workspace.tree) == {"coder/a": text(l2="zero")}


def test_a_change_that_a_later_edit_took_back_stands_in_nobodys_way(path_of) -> None:
    """Between them the edit could not be undone alone; at the end it can."""
    edits = path_of(
        {"coder/a": text(), "coder/b": text()},
        {"coder/a": text(l2="one"), "coder/b": text(l1="one")},
        {"coder/a": text(l2="two"), "coder/b": text(l1="one")},
        {"coder/a": text(l2="one"), "coder/b": text(l1="one")},
    )
    found = edits.without(1)
    assert (found.steps, found.obstacle) == ((1,), None)
    assert left(found.workspace.tree) == {"coder/a": text(), "coder/b": text()}


def test_a_file_that_was_added_goes_and_one_that_was_deleted_comes_back(path_of) -> None:
    """Files that later edits did not touch."""
    edits = path_of(
        {"coder/a": text(), "coder/old": text(l0="old")},
        {"coder/a": text(), "coder/new": File(b"new\n")},
        {"coder/a": text(l3="three"), "coder/new": File(b"new\n")},
    )
    found = edits.without(1)
    assert found.obstacle is None
    assert left(found.workspace.tree) == {"coder/a": text(l3="three"), "coder/old": text(l0="old")}


def test_an_added_file_that_was_changed_since_is_a_conflict(path_of) -> None:
    """And so is a deleted one that was made anew."""
    added = path_of({"coder/a": text()}, *({"coder/a": text(), "coder/n": File(word)} for word in (b"1\n", b"2\n")))
    found = added.without(1)
    assert found.obstacle is not None
    assert (found.steps, found.obstacle.conflicts) == ((1, 2), ("coder/n",))
    assert left(found.workspace.tree) == {"coder/a": text()}


def test_a_renamed_file_is_followed(path_of) -> None:
    """What is undone is undone in the file's new place."""
    edits = path_of({"coder/a": text()}, {"coder/a": text(l2="one")}, {"coder/b": text(l2="one")})
    found = edits.without(1)
    assert found.obstacle is None
    assert left(found.workspace.tree) == {"coder/b": text()}


def test_a_deleted_file_that_was_made_anew_is_a_conflict(tmp_path: Path) -> None:
    """The edit that deleted it cannot give it back."""
    trees = [{"workspace.toml": manifest(), "coder/a": text()} | more for more in (
        {"coder/n": File(b"old\n")}, {}, {"coder/n": File(b"other\n")},
    )]  # fmt: skip
    found = EditPath(trees, load, Merger(tmp_path / "scratch")).without(1)
    assert found.obstacle is not None
    assert (found.steps, found.obstacle.conflicts) == ((1, 2), ("coder/n",))


def test_a_mode_is_undone_and_a_later_change_of_the_content_stays(path_of) -> None:
    """Executable bits are part of an edit."""
    edits = path_of(
        {"coder/a": text()},
        {"coder/a": File(text().data, executable=True)},
        {"coder/a": File(text(l4="four").data, executable=True)},
    )
    assert left(edits.without(1).workspace.tree) == {"coder/a": text(l4="four")}
    assert left(edits.without(2).workspace.tree) == {"coder/a": File(text().data, executable=True)}


def test_a_file_in_the_place_of_a_folder(path_of) -> None:
    """Undoing it would need both at once."""
    edits = path_of(
        {"coder/a": text(), "coder/x": File(b"a file\n")},
        {"coder/a": text(), "coder/x/y": File(b"in a folder\n")},
        {"coder/a": text(), "coder/x/y": File(b"in a folder\n"), "coder/x/z": File(b"another\n")},
    )
    found = edits.without(1)
    assert found.obstacle is not None
    assert (found.steps, found.obstacle.conflicts) == ((1, 2), ("coder/x/z",))
    assert left(found.workspace.tree) == {"coder/a": text(), "coder/x": File(b"a file\n")}


def test_what_is_left_must_be_a_workspace(path_of) -> None:
    """A later manifest that needs the edit's folder goes with it; the reason is told."""
    grown = {"coder/a": text(), "shared/b": text()}
    edits = path_of({"coder/a": text()}, grown, grown | {"workspace.toml": manifest('"shared"')})
    found = edits.without(1)
    assert found.obstacle is not None
    assert (found.steps, found.obstacle.conflicts) == ((1, 2), ())
    assert "no file in ['shared']" in found.obstacle.broken
    assert left(found.workspace.tree) == {"coder/a": text()}


def test_generation_zero_with_one_edit_alone(path_of) -> None:
    """Where the edit applies; where it changes what generation zero has not, it does not."""
    edits = path_of(
        {"coder/a": text()},
        {"coder/a": text(l2="one")},
        {"coder/a": text(l2="one", l8="two")},
        {"coder/a": text(l2="three", l8="two")},
    )
    assert left(edits.only(2).workspace.tree) == {"coder/a": text(l8="two")}  # type: ignore[union-attr]
    found = edits.only(3)
    assert found.workspace is None
    assert found.obstacle is not None
    assert found.obstacle.conflicts == ("coder/a",)


def test_binary_and_odd_content_is_kept_byte_by_byte(path_of) -> None:
    """Carriage returns, no last newline, bytes that are no text."""
    odd = {"coder/crlf": File(b"a\r\nb"), "coder/binary": File(bytes(range(256))), "coder/empty": File(b"")}
    edits = path_of({"coder/a": text()}, {"coder/a": text(l1="one")}, {"coder/a": text(l1="one"), **odd})
    assert left(edits.without(1).workspace.tree) == {"coder/a": text(), **odd}


FILES = st.dictionaries(
    st.sampled_from(["coder/a", "coder/b", "coder/c", "coder/d/e"]),
    st.builds(
        lambda words, mode: File("".join(f"{word}\n\n\n" for word in words).encode(), executable=mode),
        st.lists(st.sampled_from("uvwxyz"), min_size=1, max_size=5),
        st.booleans(),
    ),
    min_size=1,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(trees=st.lists(FILES, min_size=2, max_size=6))
def test_every_edit_of_any_path_can_be_undone_with_those_that_need_it(
    tmp_path_factory: pytest.TempPathFactory, trees: Sequence[dict[str, File]]
) -> None:
    """It always ends with a workspace; files of edits that stay are as they were; undoing the last gives its parent."""
    whole = [{"workspace.toml": manifest(), **tree} for tree in trees]
    edits = EditPath(whole, load, Merger(tmp_path_factory.mktemp("scratch")))
    last = len(whole) - 1
    for step in range(1, last + 1):
        found = edits.without(step)
        assert found.steps[0] == step
        assert list(found.steps) == sorted(set(found.steps))
        assert (found.obstacle is None) == (found.steps == (step,))
        undone = {p for s in found.steps for p in whole[s].keys() | whole[s - 1].keys() if touched(whole, s, p)}
        stayed = [s for s in range(1, last + 1) if s not in found.steps]
        for path in whole[last].keys() - undone if not any(renames(whole, s) for s in stayed) else ():
            assert found.workspace.tree[path] == whole[last][path]
        if found.steps == tuple(range(step, last + 1)):
            assert found.workspace.tree == whole[step - 1]


def renames(trees: Sequence[Tree], step: int) -> bool:
    """Whether an edit may have renamed a file: what is undone of the old name is then undone of the new one."""
    return bool(trees[step].keys() - trees[step - 1].keys()) and bool(trees[step - 1].keys() - trees[step].keys())


def touched(trees: Sequence[Tree], step: int, path: str) -> bool:
    return trees[step].get(path) != trees[step - 1].get(path)
