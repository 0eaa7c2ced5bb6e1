"""Shelves: where a name is looked up, in which order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rqgm.core.errors import ConfigError, RqgmError, UnknownNameError
from rqgm.run.project import validate
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


# ------------------------------------------------------------------ workspaces that extend another


def overlay(project: Path, name: str, extends: str, files: dict[str, str]) -> Path:
    """Write a workspace that holds only what differs from another."""
    folder = project / "archive" / "seeds" / name
    for path, text in {"seed.toml": f'schema_version = 1\nextends = "{extends}"\n', **files}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


MANIFEST = 'schema_version = 1\n[roles.editor]\nkind = "editor"\ncommand = ["sh", "a.sh"]\nfolders = ["all"]\ndeterministic = {}\n'


def test_a_workspace_extends_another(tiny: Path) -> None:
    """Its own files go first, what it does not have is the other's; seed.toml is no part of it, at any depth."""
    overlay(tiny, "second", "seeds/tiny", {"workspace.toml": MANIFEST.format("true"), "all/b.py": "2\n"})
    overlay(tiny, "third", "seeds/second", {"workspace.toml": MANIFEST.format("false"), "all/a.py": "3\n"})
    shelves = Shelves(tiny)
    base, second, third = (shelves.workspace(f"seeds/{name}") for name in ("tiny", "second", "third"))
    assert "seed.toml" not in second
    assert "seed.toml" not in third
    assert third.keys() == second.keys() == base.keys() | {"all/b.py"}
    assert second["all/a.py"] == base["all/a.py"]
    assert (third["all/a.py"].data, third["all/b.py"].data) == (b"3\n", b"2\n")
    assert b"true" in second["workspace.toml"].data
    assert b"false" in third["workspace.toml"].data
    assert shelves.tree(tiny / "archive" / "seeds" / "third") == third


def test_what_ships_can_be_extended_in_a_project(tiny: Path) -> None:
    """Without a copy of it."""
    overlay(tiny, "mine", "seeds/repair", {"workspace.toml": MANIFEST.format("true"), "all/a.py": "1\n"})
    assert Shelves(tiny).workspace("seeds/mine").keys() > Shelves(None).workspace("seeds/repair").keys()


@pytest.mark.parametrize(
    ("extends", "message"),
    [
        ("seeds/tyny", r"seed\.toml: extends: unknown workspace 'seeds/tyny'; did you mean 'seeds/tiny'\?"),
        ("seeds/mine", r"seed\.toml: extends: more than 4 workspaces, or a circle"),
        ("../../../etc", r"seed\.toml: extends: unknown workspace"),
        ("/", r"seed\.toml: extends: unknown workspace"),
        ("", r"seed\.toml: extends: unknown workspace"),
    ],
)
def test_what_extends_nothing_or_itself_is_refused(tiny: Path, extends: str, message: str) -> None:
    """With file, key and remedy; by `rqgm validate` too."""
    overlay(tiny, "mine", extends, {"workspace.toml": MANIFEST.format("true")})
    with pytest.raises(ConfigError, match=message):
        Shelves(tiny).workspace("seeds/mine")
    (wrong,) = [found for found in validate(Shelves(tiny)) if found.error and found.kind == "workspace"]
    assert wrong.name == "seeds/mine"


def test_two_that_extend_each_other_are_refused(tiny: Path) -> None:
    """Nobody is the first."""
    for name, other in (("mine", "yours"), ("yours", "mine")):
        overlay(tiny, name, f"seeds/{other}", {"workspace.toml": MANIFEST.format("true")})
    with pytest.raises(ConfigError, match="or a circle"):
        Shelves(tiny).workspace("seeds/mine")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("schema_version = 1\n", "extends"),
        ("schema_version = 2\nextends = 'seeds/tiny'\n", "schema_version"),
        ("schema_version = 1\nextend = 'seeds/tiny'\n", "extend: unknown key; did you mean 'extends'?"),
        ("extends = ", "seed.toml"),
    ],
)
def test_a_bad_seed_file_is_named(tiny: Path, text: str, message: str) -> None:
    """With its key."""
    (overlay(tiny, "mine", "", {"workspace.toml": MANIFEST.format("true")}) / "seed.toml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        Shelves(tiny).workspace("seeds/mine")
    assert "seeds/mine/seed.toml" in str(caught.value)
    assert message in str(caught.value)


def test_a_link_in_a_layer_is_refused(tiny: Path) -> None:
    """As in any workspace."""
    folder = overlay(tiny, "mine", "seeds/tiny", {"workspace.toml": MANIFEST.format("true")})
    (folder / "all").symlink_to("/etc")
    with pytest.raises(RqgmError, match="all"):
        Shelves(tiny).workspace("seeds/mine")


def test_a_run_begins_with_all_layers(tiny: Path, tmp_path: Path, make_run: Any) -> None:
    """In its lineage lies the whole workspace, and nothing that points elsewhere."""
    from rqgm.run.session import open_run

    manifest = (tiny / "archive" / "seeds" / "tiny" / "workspace.toml").read_text()
    overlay(tiny, "mine", "seeds/tiny", {"workspace.toml": manifest, "all/b.py": "2\n"})
    run = open_run(make_run(tiny, tmp_path / "run", "workspace=seeds/mine", finish=False))
    tree = run.archive.lineage.tree(run.state.nodes[0].commit)
    run.archive.close()
    assert {"all/a.py", "all/b.py", "workspace.toml"} <= tree.keys()
    assert "seed.toml" not in tree


def test_a_workspace_takes_parts_of_the_one_that_it_extends(tiny: Path) -> None:
    """They stand where they are told to, beside where they stood; a file of its own goes first."""
    base = tiny / "archive" / "seeds" / "tiny"
    (base / "parts").mkdir()
    (base / "parts" / "one.py").write_text("ONE = 1\n")
    (base / "parts" / "two.py").write_text("TWO = 2\n")
    folder = overlay(
        tiny, "mine", "seeds/tiny", {"coder/two.py": "TWO = 3\n", "workspace.toml": MANIFEST.format("true")}
    )
    with (folder / "seed.toml").open("a") as file:
        file.write('[copies]\ncoder = ["parts/one.py", "parts/two.py"]\n')
    tree = Shelves(tiny).workspace("seeds/mine")
    assert tree["coder/one.py"].data == tree["parts/one.py"].data == b"ONE = 1\n"
    assert tree["coder/two.py"].data == b"TWO = 3\n"


@pytest.mark.parametrize(
    ("copies", "message"),
    [
        ('coder = ["parts/oen.py"]', r"seed\.toml: copies\.coder: unknown file .*'parts/oen\.py'"),
        ('"../coder" = ["workspace.toml"]', r"seed\.toml: copies: path '\.\./coder/workspace\.toml' is not a plain"),
        ('coder = "parts/one.py"', r"seed\.toml: copies\.coder: Input should be a valid list"),
    ],
)
def test_copies_that_cannot_be_are_refused(tiny: Path, copies: str, message: str) -> None:
    """With file, key and what there is."""
    folder = overlay(tiny, "mine", "seeds/tiny", {"workspace.toml": MANIFEST.format("true")})
    with (folder / "seed.toml").open("a") as file:
        file.write(f"[copies]\n{copies}\n")
    with pytest.raises(ConfigError, match=message):
        Shelves(tiny).workspace("seeds/mine")
