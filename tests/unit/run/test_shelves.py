"""Shelves: where a name is looked up, in which order."""

from __future__ import annotations

from pathlib import Path

import pytest

from rqgm.core.errors import ConfigError, UnknownNameError
from rqgm.run.shelves import ProjectFile, Shelves, shipped_root


def test_the_project_is_the_nearest_one_upwards(tiny: Path, tmp_path: Path) -> None:
    """From any folder in it; outside there is none."""
    deep = tiny / "tasks" / "sums"
    assert Shelves.seen_from(deep).project == tiny.resolve()
    (deep / "rqgm.toml").write_text("schema_version = 1\n")
    assert Shelves.seen_from(deep).project == deep.resolve()
    assert Shelves.seen_from(tmp_path).project is None


def test_a_projects_own_content_comes_before_what_ships(tiny: Path) -> None:
    """The same name, another panel; the record keeps which."""
    shipped = Shelves(None).find("panel", "review")
    own = Shelves(tiny).find("panel", "review")
    assert (shipped.origin, own.origin) == ("shipped", "project")
    assert own.path == (tiny / "judges" / "review").resolve()
    assert shipped.path == (shipped_root() / "judges" / "review").resolve()


def test_what_a_project_does_not_have_is_taken_from_what_ships(tiny: Path) -> None:
    """Without a copy."""
    assert Shelves(tiny).find("experiment", "repair").origin == "shipped"
    assert Shelves(tiny).find("profile", "python").origin == "shipped"


@pytest.mark.parametrize(
    ("kind", "name", "place"),
    [
        ("experiment", "tiny", "experiments/tiny.toml"),
        ("workspace", "seeds/tiny", "archive/seeds/tiny"),
        ("suite", "sums", "tasks/sums"),
        ("panel", "review", "judges/review"),
        ("profile", "plain", "sandboxes/plain"),
    ],
)
def test_each_kind_has_its_shelf(tiny: Path, kind: str, name: str, place: str) -> None:
    """By name, and the listing has the same."""
    shelves = Shelves(tiny)
    assert shelves.find(kind, name).path == (tiny / place).resolve()
    assert shelves.names(kind)[name].origin == "project"


def test_a_path_that_exists_wins_over_every_name(tiny: Path, tmp_path: Path) -> None:
    """So that anything can be tried from anywhere."""
    found = Shelves(None).find("suite", str(tiny / "tasks" / "sums"))
    assert (found.origin, found.path) == ("path", (tiny / "tasks" / "sums").resolve())
    assert Shelves(None).find("experiment", str(tiny / "experiments" / "tiny.toml")).origin == "path"


def test_an_unknown_name_lists_the_known_and_the_nearest(tiny: Path) -> None:
    """Project's and shipped together."""
    with pytest.raises(UnknownNameError) as caught:
        Shelves(tiny).find("suite", "sum-reviws")
    message = str(caught.value)
    assert "unknown suite 'sum-reviws'; did you mean 'sum-reviews'?" in message
    assert "repair" in message
    assert "sums" in message


@pytest.mark.parametrize("name", ["", ".", "..", "../tasks/sums", "/nonexistent/x", "sums/../sums"])
def test_names_that_lead_elsewhere_are_not_found(tiny: Path, name: str) -> None:
    """A name is looked up on its shelf only."""
    with pytest.raises(UnknownNameError):
        Shelves(tiny).find("suite", name)


def test_a_folder_without_its_marker_is_not_on_the_shelf(tiny: Path) -> None:
    """A suite is a folder with suite.toml."""
    (tiny / "tasks" / "empty").mkdir()
    assert "empty" not in Shelves(tiny).names("suite")
    with pytest.raises(UnknownNameError):
        Shelves(tiny).find("suite", "empty")


def test_runs_are_no_workspaces(tiny: Path) -> None:
    """archive/runs lies beside archive/seeds."""
    run = tiny / "archive" / "runs" / "one"
    run.mkdir(parents=True)
    (run / "workspace.toml").write_text("")
    assert not [name for name in Shelves(tiny).names("workspace") if name.startswith("runs/")]
    assert Shelves(tiny).runs == tiny / "archive" / "runs"


def test_a_bad_project_file_is_named(tiny: Path) -> None:
    """With its key."""
    (tiny / "rqgm.toml").write_text("schema_version = 1\ndefault_experment = 'x'\n")
    with pytest.raises(
        ConfigError, match=r"rqgm\.toml: default_experment: unknown key; did you mean 'default_experiment'\?"
    ):
        _ = Shelves(tiny).project_file


def test_without_a_project_there_are_defaults() -> None:
    """The embedded experiment."""
    assert Shelves(None).project_file == ProjectFile(schema_version=1, default_experiment="repair")
