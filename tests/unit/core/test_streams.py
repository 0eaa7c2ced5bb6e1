"""Random streams."""

from __future__ import annotations

from rqgm.core.streams import array_stream, python_stream, stream_seed


def test_a_stream_is_named_by_seed_and_decision() -> None:
    """Equal names draw equally, other names differently."""
    assert stream_seed(1, "decide", 7) == stream_seed(1, "decide", 7)
    others = [
        stream_seed(2, "decide", 7),
        stream_seed(1, "decide", 8),
        stream_seed(1, "decide", "7"),
        stream_seed(1, "train", 7),
    ]
    assert len({stream_seed(1, "decide", 7), *others}) == 5


def test_names_do_not_run_into_each_other() -> None:
    """("ab", "c") and ("a", "bc") are two streams."""
    assert stream_seed(0, "ab", "c") != stream_seed(0, "a", "bc")


def test_seeds_are_stable_across_machines() -> None:
    """A golden value: changing it would change every recorded run."""
    assert stream_seed(0, "decide", 1) == 8101306448741780675
    assert 0 <= stream_seed(0, "x") < 2**63


def test_generators_draw_from_their_stream() -> None:
    """Both kinds repeat."""
    assert python_stream(3, "a").random() == python_stream(3, "a").random()
    assert list(array_stream(3, "a").beta(2, 3, 4)) == list(array_stream(3, "a").beta(2, 3, 4))
