"""Images of the `docker` back-end: found by name, or built from the profile's Dockerfile when missing."""

from __future__ import annotations

import io
import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rqgm.core.errors import ConfigError, InfrastructureError
from rqgm.core.hashes import hash_json
from rqgm.core.trees import Tree, hash_tree, read_tree

if TYPE_CHECKING:
    from rqgm.sandbox.profile import Profile

BASE_LABEL = "rqgm.base"
BUILD_TIMEOUT_S = 1800


@dataclass(frozen=True, slots=True)
class Image:
    """What a container of a profile is made of."""

    id: str
    path: str
    volumes: tuple[str, ...]


def make_ready(client: Any, profile: Profile, base: str | None) -> Image:
    """Return the profile's image, built or pulled if it is missing. Blocks. Raises InfrastructureError, ConfigError."""
    if profile.image is not None:
        found = inspect(client, profile.image) or _pull(client, profile.image)
    else:
        found = _built(client, profile, base)
    config = found.get("Config") or {}
    env = dict(item.partition("=")[::2] for item in config.get("Env") or [])
    path = env.get("PATH") or "/usr/local/bin:/usr/bin:/bin"
    return Image(found["Id"], path, tuple(config.get("Volumes") or {}))


def inspect(client: Any, name: str) -> dict[str, Any] | None:
    """Return what the engine knows of an image, None if it has none of that name."""
    from docker.errors import ImageNotFound  # noqa: PLC0415  # imported where it is used

    try:
        return dict(client.inspect_image(name))
    except ImageNotFound:
        return None


def _pull(client: Any, name: str) -> dict[str, Any]:
    from docker.errors import APIError  # noqa: PLC0415

    try:
        client.pull(name)
    except APIError as error:
        raise InfrastructureError(f"image {name!r} is not here and cannot be pulled: {error.explanation}") from error
    return dict(client.inspect_image(name))


def _built(client: Any, profile: Profile, base: str | None) -> dict[str, Any]:
    if profile.folder is None or profile.dockerfile is None:
        raise ConfigError(f"profile {profile.name!r} names neither an image nor a Dockerfile, so docker cannot run it")
    context = read_tree(profile.folder)
    if profile.dockerfile not in context:
        raise ConfigError(f"{profile.folder / profile.dockerfile}: there is no such file")
    tag = image_tag(profile, context)
    found = inspect(client, tag)
    labels = ((found or {}).get("Config") or {}).get("Labels") or {}
    if found is None or (base is not None and labels.get(BASE_LABEL) != base):
        _build(client, profile, context, tag, base)
        found = inspect(client, tag)
    if found is None:
        raise InfrastructureError(f"image {tag} is missing right after it was built")
    return found


def image_tag(profile: Profile, context: Tree) -> str:
    """Return the tag of a profile's image: its name and the hash of what it is built from."""
    files = {path: file for path, file in context.items() if path not in ("profile.toml", profile.seccomp)}
    return f"rqgm-{profile.name}:{hash_json([profile.dockerfile, hash_tree(files)])[:16]}"


def _build(client: Any, profile: Profile, context: Tree, tag: str, base: str | None) -> None:
    from docker.errors import APIError  # noqa: PLC0415

    remedy = f"give one that is there: rqgm sandbox build {profile.name} --base IMAGE (or RQGM_DOCKER_BASE)"
    try:
        steps = client.build(
            fileobj=_archive(context),
            custom_context=True,
            dockerfile=profile.dockerfile,
            tag=tag,
            buildargs={"BASE": base} if base else {},
            labels={BASE_LABEL: base or ""},
            rm=True,
            forcerm=True,
            decode=True,
            timeout=BUILD_TIMEOUT_S,
        )
        for step in steps:
            if "error" in step:
                detail = str(step["error"]).strip()[-400:]
                raise InfrastructureError(f"image of profile {profile.name!r} cannot be built: {detail}; {remedy}")
    except APIError as error:
        detail = str(error.explanation)[:400]
        raise InfrastructureError(f"image of profile {profile.name!r} cannot be built: {detail}; {remedy}") from error


def _archive(context: Tree) -> io.BytesIO:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path, file in sorted(context.items()):
            member = tarfile.TarInfo(path)
            member.size = len(file.data)
            member.mode = 0o755 if file.executable else 0o644
            archive.addfile(member, io.BytesIO(file.data))
    buffer.seek(0)
    return buffer
