"""Lineages of other systems, for reading."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from rqgm.core.errors import ConfigError, UnknownNameError
from rqgm.report.foreign import MAX_FILE_BYTES, find_foreign, load_adas, load_foreign
from rqgm.report.tree import make_view

AGENT = {"name": "A", "code": "def forward(self): ...", "generation": 1, "fitness": "Median: 12.5%", "thought": "why"}


def write(folder: Path, data: object) -> Path:
    """Write an archive."""
    path = folder / "archive.json"
    path.write_text(data if isinstance(data, str) else json.dumps(data))
    return path


def test_a_real_archive_is_read_whole() -> None:
    """36 agents of 30 generations; scores are the medians, intervals the file's own words."""
    data = os.environ.get("RQGM_DATA")
    if not data:
        pytest.skip("RQGM_DATA is not set: the folder of real data is not here")
    path = Path(data) / "lineages" / "mgsm_gpt3.5_results.json"
    raw = json.loads(path.read_text())
    found = load_foreign("adas", path)
    assert [node.label for node in found.nodes] == [agent["name"] for agent in raw]
    assert [node.epoch for node in found.nodes] == [str(agent["generation"]) for agent in raw]
    assert [node.score_text for node in found.nodes] == [agent["fitness"] for agent in raw]
    assert [f"{100 * node.score:.1f}%" for node in found.nodes] == [a["fitness"].split("Median: ")[1] for a in raw]
    assert [f"95% Bootstrap Confidence Interval: {node.interval}, Median" for node in found.nodes] == [
        agent["fitness"].split(":")[0] + ":" + agent["fitness"].split(":")[1] for agent in raw
    ]
    assert [detail.code for detail in found.details] == [agent["code"] for agent in raw]
    assert all(
        detail.facts["test_fitness"] == agent["test_fitness"] for detail, agent in zip(found.details, raw, strict=True)
    )


def test_parents_that_are_not_recorded_are_not_made_up(tmp_path: Path) -> None:
    """Every node is a root, and the lineage says why."""
    found = load_adas(write(tmp_path, [AGENT, AGENT | {"generation": "initial", "name": "B"}]))
    assert [node.parent for node in found.nodes] == [None, None]
    assert [node.epoch for node in found.nodes] == ["1", "initial"]
    assert "no parents" in found.note
    assert len(make_view(found.nodes).roots) == 2


@pytest.mark.parametrize(
    ("fitness", "score"),
    [
        ("95% Bootstrap Confidence Interval: (22.7%, 38.3%), Median: 30.5%", 0.305),
        ("Median: 100%", 1.0),
        ("30.5%", None),
        ("Median: many%", None),
        ("Median: 99999999999999999999%", None),
        (None, None),
    ],
)
def test_a_fitness_without_a_median_has_no_score_but_keeps_its_words(
    tmp_path: Path, fitness: str | None, score: float | None
) -> None:
    """A figure is never guessed."""
    (node,) = load_adas(write(tmp_path, [AGENT | {"fitness": fitness}])).nodes
    assert node.score == score
    assert node.score_text == (fitness or "no fitness")


def test_a_thought_that_is_no_text_is_kept_as_json(tmp_path: Path) -> None:
    """Models have answered with objects there; keys that are not ours are let pass."""
    path = write(tmp_path, [AGENT | {"thought": {"Insights": "ü"}, "debug_thought": 1}])
    assert load_adas(path).details[0].facts["thought"] == '{"Insights": "ü"}'


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("", "not JSON"),
        ("[", "not JSON"),
        ("[" * 200_000, "not JSON"),
        ('[{"name": "a", "code": "", "generation": ' + "9" * 5_000 + "}]", "not JSON"),
        ("{}", "the whole"),
        ("[]", "the whole"),
        ("null", "the whole"),
        ("[1]", ": 0: "),
        ('[{"name": "a"}]', "0.code"),
        ('[{"code": "a", "generation": 1}]', "0.name"),
        (json.dumps([AGENT, AGENT | {"code": ["x"]}]), "1.code"),
        (json.dumps([AGENT | {"generation": -1}]), "0.generation"),
        (json.dumps([AGENT | {"generation": True}]), "0.generation"),
        (json.dumps([AGENT | {"generation": "first"}]), "0.generation"),
        ('[{"name": "a", "code": "", "generation": NaN}]', "0.generation"),
        (json.dumps([AGENT | {"fitness": 0.5}]), "0.fitness"),
    ],
)
def test_a_broken_file_is_refused_with_file_key_and_remedy(tmp_path: Path, text: str, key: str) -> None:
    """Exit 2, nothing half read."""
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load_adas(path)
    said = str(caught.value)
    assert str(path) in said
    assert key in said
    assert "name, code and generation" in said
    assert caught.value.exit_code == 2
    assert len(said) < 1_000


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    """Missing, a folder, not text, too large."""
    binary, large = tmp_path / "binary", tmp_path / "large"
    binary.write_bytes(b"\xff\xfe\0\1")
    with large.open("wb") as file:
        file.truncate(MAX_FILE_BYTES + 1)
    for path in (tmp_path / "none", tmp_path, binary, large):
        with pytest.raises(ConfigError, match=r"give an archive that ADAS"):
            load_adas(path)
    with pytest.raises(UnknownNameError, match=r"Known: adas"):
        load_foreign("adsa", binary)


def test_a_node_is_found_by_number_or_by_its_whole_name(tmp_path: Path) -> None:
    """A name that two have is refused with their numbers."""
    found = load_adas(write(tmp_path, [AGENT, AGENT | {"name": "B"}, AGENT]))
    assert (find_foreign(found, "#2"), find_foreign(found, "B")) == (2, 1)
    for name, said in (
        ("A", "#0, #2"),
        ("#3", "up to #2"),
        ("b", "not found"),
        ("#-1", "not found"),
        ("#²", "not found"),
    ):
        with pytest.raises(ConfigError, match=said):
            find_foreign(found, name)
