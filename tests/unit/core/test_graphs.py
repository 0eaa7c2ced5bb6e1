"""Who comes after whom."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rqgm.core.errors import ConfigError, UnknownNameError
from rqgm.core.graphs import ordered


@st.composite
def graphs(draw: st.DrawFn) -> dict[str, list[str]]:
    """Draw a directed acyclic graph: names need only names before them, and are then shuffled."""
    count = draw(st.integers(0, 8))
    needs = {f"n{k}": [f"n{j}" for j in range(k) if draw(st.booleans())] for k in range(count)}
    return {name: needs[name] for name in draw(st.permutations(list(needs)))}


@given(graphs())
def test_each_name_comes_once_after_all_that_it_needs(needs: dict[str, list[str]]) -> None:
    """Whatever the order they were written down in."""
    found = ordered(needs, "here")
    assert sorted(found) == sorted(needs)
    assert all(found.index(other) < found.index(name) for name in needs for other in needs[name])


@given(graphs(), st.data())
def test_one_edge_back_is_a_circle(needs: dict[str, list[str]], data: st.DataObject) -> None:
    """The message names those in it."""
    edges = [(name, other) for name in needs for other in needs[name]]
    if edges:
        name, other = data.draw(st.sampled_from(edges))
        with pytest.raises(ConfigError, match="circle"):
            ordered({**needs, other: [*needs[other], name]}, "here")


def test_a_circle_and_an_unknown_name_are_told_with_their_place() -> None:
    """Also a name that needs itself."""
    with pytest.raises(ConfigError, match=r"^here: (a → b → a|b → a → b): each needs the next"):
        ordered({"a": ["b"], "b": ["a"]}, "here")
    with pytest.raises(ConfigError, match="here: a → a:"):
        ordered({"a": ["a"]}, "here")
    with pytest.raises(UnknownNameError, match=r"here.a: unknown name 'bb'; did you mean 'b'"):
        ordered({"a": ["bb"], "b": []}, "here")
