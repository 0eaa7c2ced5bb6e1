"""Workspace manifests: ``workspace.toml``, which evolved code may rewrite, so it is read as hostile text."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from rqgm.core.errors import ArtifactError, ConfigError
from rqgm.core.hashes import hash_json
from rqgm.core.trees import check_path, hash_tree, select
from rqgm.core.words import RoleKind

if TYPE_CHECKING:
    from rqgm.core.trees import File, Tree

MANIFEST = "workspace.toml"
MAX_MANIFEST_BYTES = 8 * 1024  # tomllib is quadratic in dotted keys
MAX_TEAM = 16

Argument = Annotated[str, Field(max_length=1_000, pattern=r"^[^\x00]*$")]


class RoleManifest(BaseModel):
    """One role of a workspace: its command, and the folders that are all that it sees."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: RoleKind
    command: list[Argument] = Field(min_length=1, max_length=64)
    build: list[Argument] | None = Field(
        default=None,
        min_length=1,
        max_length=64,
        description="run once for a content, in a writable copy of the folders",
    )
    folders: list[str] = Field(min_length=1, max_length=64)
    deterministic: bool = False
    team: int = Field(
        default=1, ge=1, le=MAX_TEAM, description="how many solvers work on a task in parallel; they share its steps"
    )

    @model_validator(mode="after")
    def _solvers_only(self) -> RoleManifest:
        if self.team > 1 and self.kind is not RoleKind.SOLVER:
            raise ValueError(
                f"team: only solvers are teams, kind {self.kind} is none; a panel has several seats instead"
            )
        return self


class WorkspaceManifest(BaseModel):
    """``workspace.toml``; role names and kinds must be the run's."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_version: Literal[1]
    trusted: bool = Field(default=False, description="only programs write here, no model: `process` may run it")
    roles: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,62}$")], RoleManifest] = Field(min_length=1)

    def role_tree(self, tree: Tree, role: str) -> dict[str, File]:
        """Return the part of the workspace that `role` sees."""
        return select(tree, self.roles[role].folders)

    def role_hash(self, tree: Tree, role: str) -> str:
        """Return the hash of everything that decides what `role` does: its command and its folders' content."""
        manifest = self.roles[role]
        told = [manifest.command, manifest.build, manifest.deterministic, hash_tree(self.role_tree(tree, role))]
        return hash_json(told + ([manifest.team] if manifest.team > 1 else []))


def parse_manifest(tree: Tree, where: str = "workspace") -> WorkspaceManifest:
    """Read a workspace's manifest from its tree; ConfigError says what is wrong with it."""
    file = tree.get(MANIFEST)
    if file is None:
        raise ConfigError(f"{where}: {MANIFEST} is missing")
    if len(file.data) > MAX_MANIFEST_BYTES:
        raise ConfigError(f"{where}: {MANIFEST} is larger than {MAX_MANIFEST_BYTES} bytes")
    try:
        manifest = WorkspaceManifest.model_validate(tomllib.loads(file.data.decode()))
        for role in manifest.roles.values():
            for folder in role.folders:
                check_path(folder)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError, ArtifactError) as error:
        raise ConfigError(f"{where}: {MANIFEST}: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise ConfigError(f"{where}: {MANIFEST}: {key}: {first['msg']}") from error
    for name, role in manifest.roles.items():
        if not select(tree, role.folders):
            raise ConfigError(f"{where}: {MANIFEST}: roles.{name}.folders: no file in {role.folders}")
    return manifest
