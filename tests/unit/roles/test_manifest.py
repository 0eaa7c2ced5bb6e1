"""Workspace manifests, which evolved code may rewrite."""

from __future__ import annotations

import pytest

from rqgm.core.errors import ConfigError
from rqgm.core.trees import File
from rqgm.core.words import RoleKind
from rqgm.roles.manifest import MAX_MANIFEST_BYTES, WorkspaceManifest, parse_manifest

GOOD = """
schema_version = 1
[roles.coder]
kind = "solver"
command = ["python3", "-m", "coder"]
folders = ["coder", "shared"]
deterministic = true
[roles.editor]
kind = "editor"
command = ["sh", "edit.sh"]
folders = ["editor"]
"""
FILES = {"coder/a.py": File(b"1"), "shared/b.py": File(b"2"), "editor/edit.sh": File(b"3"), "notes.md": File(b"4")}


def parse(text: str | bytes, files: dict[str, File] = FILES) -> WorkspaceManifest:
    """Parse a workspace with this manifest."""
    data = text if isinstance(text, bytes) else text.encode()
    return parse_manifest({"workspace.toml": File(data), **files}, "node 12")


def test_roles_commands_and_folders_are_read() -> None:
    """With the documented defaults."""
    manifest = parse(GOOD)
    assert manifest.roles["coder"].kind is RoleKind.SOLVER
    assert manifest.roles["coder"].deterministic
    assert manifest.roles["editor"].command == ["sh", "edit.sh"]
    assert not manifest.roles["editor"].deterministic
    assert not manifest.trusted


def test_a_role_sees_its_folders_only() -> None:
    """Not the other roles, not the manifest."""
    assert sorted(parse(GOOD).role_tree(FILES, "coder")) == ["coder/a.py", "shared/b.py"]


def test_a_roles_hash_covers_all_that_it_is_and_nothing_else() -> None:
    """Command, flag and folders change it; other roles' files and the manifest's other lines do not."""
    manifest = parse(GOOD)
    base = manifest.role_hash(FILES, "coder")
    assert manifest.role_hash(FILES | {"editor/edit.sh": File(b"!"), "notes.md": File(b"!")}, "coder") == base
    assert parse(GOOD.replace("edit.sh", "other.sh")).role_hash(FILES, "coder") == base
    changed = [
        manifest.role_hash(FILES | {"shared/b.py": File(b"!")}, "coder"),
        manifest.role_hash(FILES | {"shared/b.py": File(b"2", executable=True)}, "coder"),
        manifest.role_hash(FILES | {"coder/new.py": File(b"")}, "coder"),
        parse(GOOD.replace('"-m"', '"-I", "-m"')).role_hash(FILES, "coder"),
        parse(GOOD.replace("deterministic = true", "")).role_hash(FILES, "coder"),
    ]
    assert len({base, *changed}) == 6


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GOOD.replace("schema_version = 1", "schema_version = 2"), "schema_version"),
        (GOOD.replace('kind = "editor"', 'kind = "emperor"'), "roles.editor.kind"),
        (GOOD.replace("[roles.editor]", '[roles."../x"]'), "roles"),
        (GOOD + "network = true\n", "roles.editor.network"),
        (GOOD.replace('["sh", "edit.sh"]', "[]"), "roles.editor.command"),
        (GOOD.replace('["sh", "edit.sh"]', '"sh edit.sh"'), "roles.editor.command"),
        (GOOD.replace('"edit.sh"', '"a\\u0000b"'), "roles.editor.command"),
        (GOOD.replace('["editor"]', "[]"), "roles.editor.folders"),
        (GOOD.replace('["editor"]', '["/etc"]'), "plain relative path"),
        (GOOD.replace('["editor"]', '["../host"]'), "plain relative path"),
        (GOOD.replace('["editor"]', '["absent"]'), "roles.editor.folders: no file in ['absent']"),
        (
            GOOD.replace('"solver"', '"solver"\nteam = 0'),
            "roles.coder.team: Input should be greater than or equal to 1",
        ),
        (GOOD.replace('"solver"', '"solver"\nteam = 17'), "roles.coder.team: Input should be less than or equal to 16"),
        (GOOD.replace('"solver"', '"solver"\nteam = 2.5'), "roles.coder.team"),
        (GOOD.replace('"solver"', '"solver"\nteam = "all"'), "roles.coder.team"),
        (
            GOOD.replace('"editor"\n', '"editor"\nteam = 2\n'),
            "roles.editor: Value error, team: only solvers are teams, kind editor",
        ),
        (GOOD.replace('"solver"', '"judge"\nteam = 3'), "a panel has several seats instead"),
        ("schema_version = 1\n", "roles"),
        ("schema_version = 1\n[roles]\n", "roles"),
        ("x = ", "workspace.toml"),
        (b"\xff", "workspace.toml"),
        ("#" * (MAX_MANIFEST_BYTES + 1), "larger than"),
    ],
)
def test_a_bad_manifest_is_a_configuration_error_that_names_the_key(text: str | bytes, message: str) -> None:
    """Hostile text never raises anything else, and the message says where."""
    with pytest.raises(ConfigError) as caught:
        parse(text)
    assert str(caught.value).startswith("node 12: ")
    assert message in str(caught.value)


def test_a_team_is_a_part_of_what_a_role_is() -> None:
    """One member is the role that it was before there were teams: nodes of older runs keep their hashes."""
    alone = parse(GOOD).role_hash(FILES, "coder")
    assert alone == "1f3a0a84568f8d0b368ba44bb2f680c8d014974281049e713e97602a7a16e4b6"
    teams = [parse(GOOD.replace('"solver"', f'"solver"\nteam = {count}')) for count in (1, 2, 16)]
    assert [manifest.roles["coder"].team for manifest in teams] == [1, 2, 16]
    assert parse(GOOD.replace('"editor"\n', '"editor"\nteam = 1\n')).roles["editor"].team == 1
    hashes = [manifest.role_hash(FILES, "coder") for manifest in teams]
    assert hashes[0] == alone
    assert len(set(hashes)) == 3


def test_a_workspace_without_a_manifest_is_refused() -> None:
    """There is nothing to run."""
    with pytest.raises(ConfigError, match=r"node 12: workspace\.toml is missing"):
        parse_manifest(FILES, "node 12")


def test_a_bomb_of_dotted_keys_is_a_configuration_error() -> None:
    """An edit that nests deep is a broken workspace."""
    with pytest.raises(ConfigError):
        parse("a." * 1_000 + "b = 1")


def test_a_bomb_of_nested_arrays_is_a_configuration_error() -> None:
    """An edit that nests deep is a broken workspace, not the end of the run."""
    with pytest.raises(ConfigError):
        parse("a = " + "[" * 5_000)
