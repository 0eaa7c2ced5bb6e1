"""Profiles: under what limits, and on what image, a role or a verifier runs."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from rqgm.core.errors import ConfigError
from rqgm.core.toml import parse, read_toml

PROFILE_FILE = "profile.toml"
PLACES = ("/rqgm", "/app", "/tests", "/logs", "/solution", "/workspace", "/testbed")


class Profile(BaseModel):
    """``sandboxes/<profile>/profile.toml``. Sizes in MiB or bytes, times in seconds, as the names say."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_version: Literal[1] = 1
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")
    image: str | None = Field(default=None, description="image that docker runs; None = built from the Dockerfile here")
    dockerfile: str | None = Field(default="Dockerfile", description="file beside profile.toml")
    cpus: float = Field(default=1.0, gt=0, le=64, description="share of processors; docker only")
    memory_mb: int = Field(default=1024, ge=64)
    pids: int = Field(default=64, ge=8, le=4096)
    disk_mb: int = Field(default=64, ge=1, description="what a sandbox may write, all its writable folders together")
    wall_s: float = Field(default=60.0, gt=0, le=86_400)
    cpu_s: float = Field(default=60.0, gt=0, le=86_400)
    output_bytes: int = Field(default=256 * 1024, ge=1024, description="standard output and error together")
    network: Literal["none", "open"] = "none"
    seccomp: str | None = Field(default=None, description="file beside profile.toml; None = the engine's default")
    runtime: str = Field(default="runc", pattern=r"^[a-z0-9][a-z0-9_.-]{0,62}$")
    packages: tuple[str, ...] = Field(
        default=(), description="Python packages of the engine's environment, for back-ends without images"
    )
    env: dict[str, str] = Field(default_factory=dict, description="variables that every command gets")
    places: tuple[str, ...] = Field(
        default=PLACES, description="top folders that trees may be placed in; docker must mount them before it starts"
    )
    folder: Path | None = Field(default=None, exclude=True, description="where profile.toml lies; never in the file")


def load_profile(folder: Path) -> Profile:
    """Read ``<folder>/profile.toml``; ConfigError names the file, the key, what was found and what is allowed."""
    path = folder / PROFILE_FILE
    data = read_toml(path)
    if "folder" in data:
        raise ConfigError(f"{path}: folder: is where the file lies, and cannot be set")
    return parse({"name": folder.name, **data, "folder": folder}, Profile, path)
