"""The rubric file and the score of an artifact."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

import pytest
import tomli_w

from rqgm.core.errors import ConfigError
from rqgm.judging.rubrics.rubric import (
    RubricFile,
    dump_rubric,
    load_rubric,
    save_rubric,
    score,
    sealed,
    votes,
    weighted,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rqgm.judging.rubrics.facts import Facts


def table(kind: str, weight: float, **params: Any) -> dict[str, Any]:
    """Return one predicate's table."""
    numbers = {"rate": 0.5, "edge": 0.25, "interval": [0.1, 0.4], "uniform_weight": 1 / 3}
    return {"name": kind, "kind": kind, "text": kind, "params": params, "weight": weight, **numbers}


DATA: dict[str, Any] = {
    "name": "clamps",
    "preset": "shrunk",
    "threshold": 0.5,
    "uniform_threshold": 0.5,
    "source": {"suite": "s", "hash": "0" * 64, "pool": "train", "items": 4, "tasks": 2, "seed": 0},
    "predicates": [
        table("input-branches", 0.5, at_most=0),
        table("visible-failed", 0.3, at_most=0),
        table("slack", 0.2, at_most=0.5),
    ],
}
RUBRIC = sealed(RubricFile.model_validate(DATA))


def test_a_rubric_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    """Byte for byte, with the hash of its content as its version."""
    path = tmp_path / "new" / "rubric.toml"
    save_rubric(path, RUBRIC)
    assert load_rubric(path) == RUBRIC
    assert path.read_bytes() == dump_rubric(load_rubric(path))
    assert RUBRIC.version == RUBRIC.content_hash
    assert [p.name for p in path.parent.iterdir()] == ["rubric.toml"]
    assert sealed(RUBRIC.model_copy(update={"threshold": 0.6})).version != RUBRIC.version


def edited(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Write the rubric with a change made by hand."""
    data = tomllib.loads(dump_rubric(RUBRIC).decode())
    change(data)
    path.write_text(tomli_w.dumps(data))


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda d: d.update(threshold=0.4), r"version: is not the hash.*edited by hand.*rqgm judge refine"),
        (lambda d: d["predicates"][0].update(text="be kind"), "edited by hand"),
        (
            lambda d: d["predicates"][1].update(kind="visible-faild"),
            r"predicates\.1\.kind.*did you mean 'visible-failed'",
        ),
        (lambda d: d["predicates"][2].update(params={"atmost": 1}), r"predicates\.2\.params.*did you mean 'at_most'"),
        (lambda d: d["predicates"][2].update(kind_version=2), r"predicates\.2\.kind_version.*refine it again"),
        (lambda d: d["predicates"][0].update(weight=0.9), "weights add up to"),
        (lambda d: d["predicates"][0].update(weight=float("nan")), r"predicates\.0\.weight"),
        (lambda d: d["predicates"][0].update(wieght=1), "did you mean 'weight'"),
        (lambda d: d["source"].update(pool="test"), r"source\.pool"),
        (lambda d: d.pop("threshold"), "threshold: is missing"),
        (lambda d: d.update(predicates=[]), "predicates"),
        (lambda d: d.update(schema_version=2), "schema_version"),
    ],
)
def test_a_file_that_was_edited_or_is_wrong_is_refused(
    tmp_path: Path, change: Callable[[dict[str, Any]], None], complaint: str
) -> None:
    """With file, key, and what to do."""
    path = tmp_path / "rubric.toml"
    edited(path, change)
    with pytest.raises(ConfigError, match=complaint) as refused:
        load_rubric(path)
    assert str(refused.value).startswith(str(path))


def test_a_missing_or_malformed_file_is_refused(tmp_path: Path) -> None:
    """No traceback."""
    with pytest.raises(ConfigError, match="cannot be read"):
        load_rubric(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_text("x = [")
    with pytest.raises(ConfigError, match="is not TOML"):
        load_rubric(tmp_path / "bad.toml")
    with pytest.raises(ConfigError, match="--out"):
        save_rubric(tmp_path / "bad.toml" / "rubric.toml", RUBRIC)


def test_a_score_is_the_satisfied_share_of_the_answered_weight() -> None:
    """NA is left out; when nothing answered, the rubric abstains."""
    assert score(RUBRIC, [1, 1, 1]) == 1.0
    assert score(RUBRIC, [1, 0, 0]) == pytest.approx(0.5)
    assert score(RUBRIC, [0, 1, None]) == pytest.approx(0.3 / 0.8)
    assert score(RUBRIC, [0, None, None]) == 0.0
    assert score(RUBRIC, [None, None, None]) is None
    assert weighted([0.0, 1.0], [1, None]) is None
    with pytest.raises(ValueError, match="2 votes"):
        score(RUBRIC, [1, 0])


def test_an_artifact_is_voted_on_in_the_rubric_s_order(facts: Callable[..., Facts], texts: dict[str, str]) -> None:
    """The cheat names a visible input; a wrong answer fails a visible case; nobody made mutants."""
    assert votes(RUBRIC, facts(texts["right"])) == [1, 1, None]
    assert votes(RUBRIC, facts(texts["cheat"], 10, 0, 5, 1, 1)) == [0, 0, None]
