"""Workspaces as the engine meets them: read from the lineage, and checked after an edit."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from rqgm.core.errors import ArtifactError, ConfigError
from rqgm.core.trees import TreeLimits, check_tree
from rqgm.roles.manifest import parse_manifest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rqgm.core.trees import File, Tree
    from rqgm.core.words import RoleKind
    from rqgm.roles.manifest import WorkspaceManifest

WORKSPACE_LIMITS = TreeLimits(files=1_000, file_bytes=1 << 20, total_bytes=8 << 20)


@dataclass(frozen=True)
class Workspace:
    """A tree with its manifest, and the hash of each role."""

    tree: dict[str, File]
    manifest: WorkspaceManifest
    roles: Mapping[str, str]

    @property
    def deterministic(self) -> list[str]:
        """Names of the roles that are declared deterministic."""
        return sorted(name for name, role in self.manifest.roles.items() if role.deterministic)


def load_workspace(tree: Tree, kinds: Mapping[str, RoleKind], where: str = "workspace") -> Workspace:
    """Check a workspace against the run's roles; ConfigError says what is wrong.

    Which roles exist, and of what kind, is the run's to say: evolved code can change commands and folders only.
    """
    try:
        check_tree(tree, WORKSPACE_LIMITS)
    except ArtifactError as error:
        raise ConfigError(f"{where}: {error}") from error
    manifest = parse_manifest(tree, where)
    found = {name: role.kind for name, role in manifest.roles.items()}
    for name, kind in kinds.items():
        if found.get(name) is not kind:
            raise ConfigError(f"{where}: workspace.toml: roles.{name}: found {found.get(name)}, must be of kind {kind}")
    extra = sorted(found.keys() - kinds.keys())
    if extra:
        raise ConfigError(f"{where}: workspace.toml: roles.{extra[0]}: not a role of this run ({', '.join(kinds)})")
    roles = {name: manifest.role_hash(tree, name) for name in kinds}
    return Workspace(dict(tree), manifest, roles)


class Workspaces:
    """The lineage's workspaces by commit id, parsed once."""

    def __init__(self, read: Callable[[str], dict[str, File]], kinds: Mapping[str, RoleKind]) -> None:
        self._get = lru_cache(maxsize=128)(lambda commit: load_workspace(read(commit), kinds, f"node {commit[:10]}"))

    def get(self, commit: str) -> Workspace:
        """Return one node's workspace."""
        return self._get(commit)
