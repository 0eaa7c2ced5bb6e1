"""Workspaces as the engine meets them."""

from __future__ import annotations

import pytest

from rqgm.core.errors import ConfigError
from rqgm.core.trees import File
from rqgm.core.words import RoleKind
from rqgm.evolution.workspaces import WORKSPACE_LIMITS, Workspaces, load_workspace

KINDS = {"coder": RoleKind.SOLVER, "editor": RoleKind.EDITOR}
MANIFEST = """
schema_version = 1
[roles.coder]
kind = "solver"
command = ["true"]
folders = ["coder"]
deterministic = true
[roles.editor]
kind = "editor"
command = ["true"]
folders = ["editor"]
"""


def workspace(manifest: str = MANIFEST, **files: bytes) -> dict[str, File]:
    """Return a workspace's tree."""
    tree = {"workspace.toml": File(manifest.encode()), "coder/a": File(b"1"), "editor/b": File(b"2")}
    return tree | {name: File(data) for name, data in files.items()}


def test_a_workspace_has_the_hash_of_each_role() -> None:
    """An edit that one role does not see leaves that role's hash."""
    before, after = load_workspace(workspace(), KINDS), load_workspace(workspace(**{"coder/a": b"!"}), KINDS)
    assert before.deterministic == ["coder"]
    assert before.roles["coder"] != after.roles["coder"]
    assert before.roles["editor"] == after.roles["editor"]


@pytest.mark.parametrize(
    ("manifest", "message"),
    [
        (MANIFEST.replace('kind = "solver"', 'kind = "judge"'), "roles.coder: found judge, must be of kind solver"),
        (MANIFEST.replace("[roles.editor]", "[roles.extra]"), "roles.editor: found None, must be of kind editor"),
        (MANIFEST + '[roles.spy]\nkind = "judge"\ncommand = ["true"]\nfolders = ["coder"]\n', "roles.spy: not a role of this run (coder, editor)"),
        (MANIFEST.replace("schema_version = 1", ""), "schema_version"),
    ],
)  # fmt: skip
def test_which_roles_exist_and_of_what_kind_is_the_runs_to_say(manifest: str, message: str) -> None:
    """Evolved code can change commands and folders only."""
    with pytest.raises(ConfigError) as caught:
        load_workspace(workspace(manifest), KINDS, "edited workspace")
    assert str(caught.value).startswith("edited workspace: ")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "tree",
    [
        {f"coder/{k}": File(b"") for k in range(WORKSPACE_LIMITS.files)},
        {"coder/big": File(b"x" * (WORKSPACE_LIMITS.file_bytes + 1))},
        {"coder/../../x": File(b"")},
    ],
    ids=["many", "large", "path"],
)
def test_a_workspace_beyond_its_limits_is_refused(tree: dict[str, File]) -> None:
    """An edit cannot fill the archive."""
    with pytest.raises(ConfigError):
        load_workspace(workspace() | tree, KINDS)


def test_a_node_is_parsed_once() -> None:
    """And read when it is first asked for."""
    read: list[str] = []

    def tree(commit: str) -> dict[str, File]:
        read.append(commit)
        return workspace()

    workspaces = Workspaces(tree, KINDS)
    assert read == []
    assert workspaces.get("abc") is workspaces.get("abc")
    assert read == ["abc"]
