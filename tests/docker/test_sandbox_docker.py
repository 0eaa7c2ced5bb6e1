"""The `docker` back-end keeps every promise of the protocol, and what only it has works: images, labels, runtimes."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from rqgm.core.errors import InfrastructureError, RqgmError
from rqgm.core.trees import File
from rqgm.sandbox.docker import LABEL, DockerBackend
from rqgm.sandbox.pool import Sandboxes
from rqgm.sandbox.profile import Profile, load_profile
from rqgm.testing.sandbox_kit import CHECKS, kit_profile, verify

pytestmark = pytest.mark.docker
SHELF = Path(__file__).parents[2] / "sandboxes" / "python"


@pytest.fixture(scope="module")
def backend() -> DockerBackend:
    """Return a back-end with the shelf's image; without one, skip with the reason, or fail where it is required."""
    backend = DockerBackend()
    try:
        probe = asyncio.run(backend.probe())
        reason = "" if probe.usable else f"{probe.detail}; {probe.remedy}"
        if not reason:
            asyncio.run(backend.prepare(load_profile(SHELF)))
    except RqgmError as error:
        reason = str(error)
    if reason and os.environ.get("RQGM_REQUIRE_DOCKER") == "1":
        pytest.fail(f"docker: {reason}")
    if reason:
        pytest.skip(f"docker: {reason}")
    return backend


@pytest.fixture
def profile() -> Profile:
    """Return the shelf profile under the kit's tight limits."""
    return kit_profile(load_profile(SHELF))


@pytest.mark.parametrize("name", CHECKS)
async def test_promise(name: str, backend: DockerBackend, profile: Profile) -> None:
    """Each check passes."""
    result = await verify(name, backend, profile)
    assert result.known is None
    assert result.passed, result.detail


def _containers(backend: DockerBackend, label: str) -> list[dict[str, object]]:
    return list(backend._connect().containers(all=True, filters={"label": f"{LABEL}={label}"}))


async def test_container_is_locked_down(backend: DockerBackend, profile: Profile) -> None:
    """What the engine was told: read-only root, no network, no capabilities but the keeper's, no mounts of the host."""
    sandbox = await backend.start(profile, "locked")
    try:
        (container,) = _containers(backend, "locked")
        host = backend._connect().inspect_container(container["Id"])["HostConfig"]
    finally:
        await sandbox.close()
    assert host["ReadonlyRootfs"] is True
    assert host["NetworkMode"] == "none"
    assert host["CapDrop"] == ["ALL"]
    assert {name.removeprefix("CAP_") for name in host["CapAdd"]} == {"CHOWN", "KILL", "SETGID", "SETPCAP", "SETUID"}
    assert host["SecurityOpt"] == ["no-new-privileges:true"]
    assert host["MemorySwap"] == host["Memory"] > 0
    assert host["PidsLimit"] > 0
    assert not host["Binds"]
    assert not host.get("Mounts")


async def test_pool_leaves_no_container(backend: DockerBackend, profile: Profile) -> None:
    """The pool hands out clean containers and removes all of them, the spare ones too."""
    async with Sandboxes(backend, "pool-test", spare=1) as sandboxes:
        for number in range(2):
            async with sandboxes.lease(profile) as sandbox:
                await sandbox.put("/app", {"a": File(b"a")}, writable=True)
                done = await sandbox.run(["ls", "/app", "/tmp"], cwd="/app")
                assert done.stdout == b"/app:\na\n\n/tmp:\n", number
    async with asyncio.timeout(30):  # the engine takes its time over what it was told to remove
        while _containers(backend, "pool-test"):  # noqa: ASYNC110  # it tells in no other way
            await asyncio.sleep(0.1)


async def test_reap_removes_what_is_left(backend: DockerBackend, profile: Profile) -> None:
    """Containers with the run's label that nobody holds are removed and counted."""
    client = backend._connect()
    image = backend._image(profile).id
    client.create_container(image, entrypoint=["sleep", "60"], labels={LABEL: "left"})
    assert await backend.reap("left") == 1
    assert await backend.reap("left") == 0


async def test_places_of_the_profile_are_there(backend: DockerBackend, profile: Profile) -> None:
    """A folder that the profile names can hold trees; one that it does not is told."""
    sandbox = await backend.start(profile.model_copy(update={"places": ("/data",)}), "places")
    try:
        await sandbox.put("/data/deep", {"a": File(b"a")})
        assert await sandbox.get("/data") == {"deep/a": File(b"a")}
        with pytest.raises(InfrastructureError, match="Read-only file system"):
            await sandbox.put("/elsewhere", {"a": File(b"a")})
    finally:
        await sandbox.close()


async def test_missing_image_is_told(backend: DockerBackend) -> None:
    """A base image that is neither here nor to be had is an infrastructure error with the remedy."""
    profile = load_profile(SHELF).model_copy(update={"dockerfile": "Dockerfile"})
    other = DockerBackend(base="localhost:1/rqgm/no-such-image:0")
    with pytest.raises(InfrastructureError, match="--base IMAGE"):
        await other.prepare(profile)


async def test_unknown_runtime_is_told(backend: DockerBackend, profile: Profile) -> None:
    """A runtime that the engine does not have is passed through and its complaint comes back."""
    with pytest.raises(InfrastructureError, match=r"(?i)runtime"):
        await backend.start(profile.model_copy(update={"runtime": "no-such-runtime"}), "runtime")


async def test_own_seccomp_file_is_used(backend: DockerBackend, profile: Profile, tmp_path: Path) -> None:
    """A profile's seccomp file replaces the engine's default."""
    allow = '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_ERRNO"}]}'
    (tmp_path / "seccomp.json").write_text(allow)
    image = backend._image(profile).id
    own = profile.model_copy(update={"folder": tmp_path, "seccomp": "seccomp.json", "image": image})
    sandbox = await backend.start(own, "seccomp")
    try:
        code = "import os\ntry:\n    os.mkdir('/tmp/x')\nexcept PermissionError:\n    print('refused')"
        assert (await sandbox.run(["python3", "-c", code], cwd="/tmp")).stdout == b"refused\n"
    finally:
        await sandbox.close()
