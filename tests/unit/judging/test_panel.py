"""Panels."""

from __future__ import annotations

from pathlib import Path

import pytest

from rqgm.core.errors import ConfigError
from rqgm.core.failures import Failure
from rqgm.core.usage import Usage
from rqgm.core.words import Verdict
from rqgm.judging.judge import Opinion
from rqgm.judging.panel import PanelSpec, SeatSpec, aggregate, load_panel

SEATS = [SeatSpec(name=name, judge="role:reviewer") for name in ("one", "two", "three")]


def opinion(verdict: str, score: float = 0.0) -> Opinion:
    """Return an opinion; an abstention has a failure as its reason."""
    failure = Failure.ABSTAINED if verdict == "abstain" else None
    return Opinion(Verdict(verdict), score, failure, "", Usage())


def panel(aggregation: str = "majority", threshold: float = 0.5) -> PanelSpec:
    """Return a panel of three."""
    return PanelSpec(name="review", seats=SEATS, aggregation=aggregation, threshold=threshold)


@pytest.mark.parametrize(
    ("verdicts", "score", "accepted"),
    [
        (["accept", "accept", "reject"], 2 / 3, True),
        (["accept", "reject", "reject"], 1 / 3, False),
        (["accept", "reject"], 0.5, True),
        (["accept", "abstain", "abstain"], 1.0, True),
        (["reject", "abstain", "abstain"], 0.0, False),
    ],
)
def test_majority_is_the_share_of_those_who_said_something(verdicts: list[str], score: float, accepted: bool) -> None:
    """Abstentions are left out of numerator and denominator."""
    result = aggregate([opinion(verdict) for verdict in verdicts], panel())
    assert result.score == pytest.approx(score)
    assert result.accepted is accepted


def test_mean_and_min_use_the_scores() -> None:
    """A mean forgives one sceptic, a minimum does not."""
    said = [opinion("accept", 0.9), opinion("accept", 0.8), opinion("reject", 0.1), opinion("abstain", 0.0)]
    assert aggregate(said, panel("mean")).score == pytest.approx(0.6)
    assert aggregate(said, panel("mean")).accepted
    assert aggregate(said, panel("min")).score == 0.1
    assert not aggregate(said, panel("min")).accepted


@pytest.mark.parametrize("aggregation", ["majority", "mean", "min"])
@pytest.mark.parametrize("said", [[], [opinion("abstain", 1.0)] * 3])
def test_a_panel_that_says_nothing_accepts_nothing(aggregation: str, said: list[Opinion]) -> None:
    """Silence is never consent, also not by three abstentions with a score of 1."""
    verdict = aggregate(said, panel(aggregation))
    assert (verdict.score, verdict.accepted) == (0.0, False)


def test_reaching_the_threshold_is_enough() -> None:
    """At least, not more than."""
    assert aggregate([opinion("accept", 0.75)], panel("mean", 0.75)).accepted
    assert not aggregate([opinion("accept", 0.7499)], panel("mean", 0.75)).accepted


def test_the_hash_covers_what_decides_and_not_the_description() -> None:
    """Seats, aggregation and threshold are part of the criterion."""
    base = panel()
    assert base.hash == base.model_copy(update={"description": "other words"}).hash
    changes = ({"aggregation": "mean"}, {"threshold": 0.6}, {"seats": SEATS[:2]}, {"name": "other"})
    assert len({base.hash, *(base.model_copy(update=change).hash for change in changes)}) == 5


def test_a_slot_is_named_by_panel_and_seat() -> None:
    """Two panels may have seats of one name."""
    assert panel().slot(SEATS[0]) == "review/one"
    assert SEATS[0].role == "reviewer"


def write(folder: Path, text: str) -> Path:
    """Write panel.toml and return its folder."""
    (folder / "panel.toml").write_text(text)
    return folder


GOOD = 'schema_version = 1\nname = "review"\n[[seats]]\nname = "one"\njudge = "role:reviewer"\n'


def test_a_panel_is_read_from_its_folder(tmp_path: Path) -> None:
    """With the documented defaults."""
    found = load_panel(write(tmp_path, GOOD))
    assert (found.name, found.aggregation, found.threshold, len(found.seats)) == ("review", "majority", 0.5, 1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GOOD + '[[seats]]\nname = "one"\njudge = "role:reviewer"\n', "seats: two seats share a name"),
        (GOOD.replace('name = "review"\n', 'name = "review"\nagregation = "min"\n'), "did you mean 'aggregation'?"),
        (GOOD.replace("role:reviewer", "reviewer"), "seats.0.judge"),
        (GOOD.replace('name = "review"', 'name = "Re view"'), "name"),
        (
            GOOD.replace('name = "review"', 'name = "review"\nthreshold = 0'),
            "threshold: Input should be greater than 0 (found 0)",
        ),
        (GOOD.replace('name = "review"', 'name = "review"\nthreshold = nan'), "threshold"),
        (
            GOOD.replace('name = "review"', 'name = "review"\naggregation = "median"'),
            "'majority', 'mean' or 'min' (found 'median')",
        ),
        ('schema_version = 1\nname = "review"\nseats = []\n', "seats"),
        ('name = "review"\nschema_version = 2\n', "schema_version"),
        ('schema_version = 1\nname = "review"\n', "seats: is missing"),
    ],
)
def test_a_bad_panel_is_answered_with_file_and_key(tmp_path: Path, text: str, message: str) -> None:
    """Whoever wrote it can mend it."""
    with pytest.raises(ConfigError) as caught:
        load_panel(write(tmp_path, text))
    assert str(caught.value).startswith(f"{tmp_path / 'panel.toml'}: ")
    assert message in str(caught.value)


def test_a_folder_without_a_panel_is_named(tmp_path: Path) -> None:
    """The message has the path that was looked at."""
    with pytest.raises(ConfigError, match=r"panel\.toml"):
        load_panel(tmp_path)
