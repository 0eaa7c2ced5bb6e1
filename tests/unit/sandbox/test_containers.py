"""What docker is told, and how images are found: against a fake client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from rqgm.core.errors import ConfigError, InfrastructureError
from rqgm.core.trees import File
from rqgm.sandbox.docker import DockerBackend, host_options
from rqgm.sandbox.images import Image, image_tag, make_ready
from rqgm.sandbox.profile import Profile

if TYPE_CHECKING:
    from pathlib import Path

IMAGE = Image("sha256:1", "/usr/bin", ("/data",))


class Client:
    """An engine with some images that can build, or fail to."""

    def __init__(self, images: dict[str, dict[str, Any]] | None = None, error: str = "") -> None:
        self.images = images or {}
        self.error = error
        self.builds: list[dict[str, Any]] = []

    def inspect_image(self, name: str) -> dict[str, Any]:
        from docker.errors import ImageNotFound

        if name not in self.images:
            raise ImageNotFound(name)
        return self.images[name]

    def build(self, **options: Any) -> list[dict[str, str]]:
        self.builds.append(options)
        if self.error:
            return [{"stream": "Step 1"}, {"error": self.error}]
        config = {"Env": ["PATH=/opt/bin:/bin"], "Labels": options["labels"], "Volumes": {"/v": {}}}
        self.images[options["tag"]] = {"Id": f"sha256:{len(self.builds)}", "Config": config}
        return [{"stream": "ok"}]


@pytest.fixture
def profile(tmp_path: Path) -> Profile:
    """Return a profile with a Dockerfile."""
    (tmp_path / "Dockerfile").write_text("ARG BASE=x\nFROM ${BASE}\n")
    (tmp_path / "profile.toml").write_text('name = "a"\n')
    return Profile(name="a", folder=tmp_path)


def test_options_take_everything_away() -> None:
    """No network, no capabilities but the keeper's, read-only root, no new privileges, no log, no swap."""
    options = host_options(Profile(name="a", memory_mb=100, disk_mb=10, pids=20, cpus=0.5), IMAGE)
    assert options["network_mode"] == "none"
    assert options["cap_drop"] == ["ALL"]
    assert options["read_only"] is True
    assert options["security_opt"] == ["no-new-privileges:true"]
    assert options["mem_limit"] == options["memswap_limit"] == (100 + 10 + 32) << 20
    assert options["pids_limit"] == 24
    assert options["nano_cpus"] == 500_000_000
    assert "runtime" not in options
    assert not {"binds", "mounts", "privileged", "devices"} & set(options)


def test_volumes_of_the_image_are_limited_too() -> None:
    """A volume that an image declares would be a folder of the host: a memory disk covers it."""
    disks = host_options(Profile(name="a", disk_mb=10, places=("/app",)), IMAGE)["tmpfs"]
    assert set(disks) == {"/tmp", "/app", "/data"}
    assert all("size=10m" in options and "nosuid" in options for options in disks.values())


def test_runtime_and_network_are_passed_through() -> None:
    """What a profile asks for beyond the default reaches the engine."""
    options = host_options(Profile(name="a", runtime="runsc", network="open"), IMAGE)
    assert (options["runtime"], options["network_mode"]) == ("runsc", "bridge")


def test_missing_seccomp_file_is_told(tmp_path: Path) -> None:
    """A filter that is named but not there is a ConfigError."""
    with pytest.raises(ConfigError, match=r"mine\.json"):
        host_options(Profile(name="a", seccomp="mine.json", folder=tmp_path), IMAGE)
    with pytest.raises(ConfigError, match="folder"):
        host_options(Profile(name="a", seccomp="mine.json"), IMAGE)


def test_image_is_built_once(profile: Profile) -> None:
    """A missing image is built from the profile's folder, with the base; one that is there is used."""
    client = Client()
    image = make_ready(client, profile, "mybase:1")
    assert image == Image("sha256:1", "/opt/bin:/bin", ("/v",))
    assert client.builds[0]["buildargs"] == {"BASE": "mybase:1"}
    assert make_ready(client, profile, "mybase:1") == image
    assert make_ready(client, profile, None) == image
    assert len(client.builds) == 1


def test_other_base_builds_again(profile: Profile) -> None:
    """An image that was built on another base than the one that is asked for is built again."""
    client = Client()
    make_ready(client, profile, "one")
    make_ready(client, profile, "two")
    assert [build["buildargs"]["BASE"] for build in client.builds] == ["one", "two"]


def test_failed_build_tells_the_remedy(profile: Profile) -> None:
    """A build that fails, for want of a base image say, tells how to give one."""
    with pytest.raises(InfrastructureError, match=r"pull access denied.*sandbox build a --base IMAGE"):
        make_ready(Client(error="pull access denied"), profile, None)


def test_named_image_is_not_built() -> None:
    """A profile that names an image uses it as it is."""
    client = Client({"mine:1": {"Id": "sha256:m", "Config": {}}})
    assert make_ready(client, Profile(name="a", image="mine:1"), "base").id == "sha256:m"
    assert client.builds == []


@pytest.mark.parametrize("changes", [{"folder": None}, {"dockerfile": None}, {"dockerfile": "Other"}])
def test_profile_without_an_image_is_told(profile: Profile, changes: dict[str, Any]) -> None:
    """Neither image nor Dockerfile is a ConfigError."""
    with pytest.raises(ConfigError):
        make_ready(Client(), profile.model_copy(update=changes), None)


def test_tag_hangs_on_content_only(profile: Profile) -> None:
    """The tag changes with what the image is built from, not with limits."""
    tree = {"Dockerfile": File(b"FROM a"), "profile.toml": File(b"x")}
    tag = image_tag(profile, tree)
    assert tag == image_tag(profile.model_copy(update={"pids": 9}), tree | {"profile.toml": File(b"y")})
    assert tag != image_tag(profile, tree | {"Dockerfile": File(b"FROM b")})


async def test_absent_engine_is_not_usable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where no engine answers, the probe says so, with a remedy, and raises nothing."""
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    probe = await DockerBackend().probe()
    assert not probe.usable
    assert "no engine answers" in probe.detail
    assert probe.remedy
