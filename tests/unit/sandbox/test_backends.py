"""`auto` takes the strongest back-end that works; what is not isolated must be allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rqgm.core.errors import ConfigError, InfrastructureError, NoSandboxError, UnknownNameError
from rqgm.sandbox import backends
from rqgm.sandbox.backends import choose, known_backends, make_backend
from rqgm.sandbox.profile import Profile
from rqgm.sandbox.protocol import Backend, Completed, Probe
from rqgm.testing.sandboxes import FakeBackend

if TYPE_CHECKING:
    from collections.abc import Callable

BROKEN = Probe(usable=False, detail="broken", remedy="mend it")


@pytest.fixture
def fakes(monkeypatch: pytest.MonkeyPatch) -> dict[str, FakeBackend]:
    """Return fakes that stand for the three back-ends."""
    made = {name: FakeBackend(name) for name in backends.STRONGEST_FIRST}
    made["process"].isolated = False
    make: Callable[[str], Backend] = lambda name: made[name]  # noqa: E731
    monkeypatch.setattr(backends, "make_backend", make)
    return made


async def test_auto_takes_the_strongest(fakes: dict[str, FakeBackend]) -> None:
    """With all three usable, docker is taken, and that is told."""
    told: list[str] = []
    assert (await choose(trusted=False, allow_unsafe=False, tell=told.append)).name == "docker"
    assert told == ["sandbox: docker (a fake)"]


async def test_auto_tells_why_not_the_stronger_ones(fakes: dict[str, FakeBackend]) -> None:
    """What was passed over is told with its reason and remedy."""
    fakes["docker"].answer = BROKEN
    told: list[str] = []
    assert (await choose(trusted=False, allow_unsafe=False, tell=told.append)).name == "bubblewrap"
    assert told[0] == "sandbox: not docker: broken; mend it"


async def test_auto_prefers_the_faster_isolation_for_trusted_workspaces(fakes: dict[str, FakeBackend]) -> None:
    """What no model writes runs in bubblewrap, where a sandbox starts faster than a container."""
    assert (await choose(trusted=True, allow_unsafe=False)).name == "bubblewrap"


@pytest.mark.parametrize(("trusted", "allow_unsafe"), [(True, False), (False, True)])
async def test_process_must_be_allowed(fakes: dict[str, FakeBackend], trusted: bool, allow_unsafe: bool) -> None:
    """`process` is taken only for trusted workspaces or on demand; else there is no sandbox, with exit code 3."""
    fakes["docker"].answer = fakes["bubblewrap"].answer = BROKEN
    assert (await choose(trusted=trusted, allow_unsafe=allow_unsafe)).name == "process"
    for name in ("auto", "process"):
        with pytest.raises(NoSandboxError, match="--allow-unsafe") as caught:
            await choose(name, trusted=False, allow_unsafe=False)
        assert caught.value.exit_code == 3


async def test_named_backend_is_not_replaced(fakes: dict[str, FakeBackend]) -> None:
    """A back-end that is named but does not work is an error, not a reason for another."""
    fakes["docker"].answer = BROKEN
    with pytest.raises(NoSandboxError, match="mend it"):
        await choose("docker", trusted=True, allow_unsafe=True)


@pytest.mark.parametrize("error", [InfrastructureError("no image"), ConfigError("no image")])
async def test_image_that_cannot_be_made_passes_docker_over(fakes: dict[str, FakeBackend], error: Exception) -> None:
    """With a profile, a back-end that cannot make it ready is passed over with the reason."""

    async def prepare(_: Profile) -> str:
        raise error

    fakes["docker"].prepare = prepare  # type: ignore[method-assign]
    told: list[str] = []
    chosen = await choose(trusted=False, allow_unsafe=False, profile=Profile(name="a"), tell=told.append)
    assert chosen.name == "bubblewrap"
    assert "no image" in told[0]


async def test_first_command_must_work(fakes: dict[str, FakeBackend]) -> None:
    """With a profile, a back-end whose first command fails is passed over, and its sandbox is closed."""
    fakes["docker"].behave = lambda *_: Completed(127, b"", b"no python3", 0.0, 0.0)
    told: list[str] = []
    chosen = await choose(trusted=False, allow_unsafe=False, profile=Profile(name="a"), tell=told.append)
    assert chosen.name == "bubblewrap"
    assert "no python3" in told[0]
    assert [sandbox.closed for sandbox in fakes["docker"].started] == [1]


def test_unknown_name_lists_the_known_ones() -> None:
    """A misspelt name is told with what there is and what is near."""
    with pytest.raises(UnknownNameError, match="did you mean 'docker'") as caught:
        make_backend("dockr")
    for name in ("auto", *known_backends()):
        assert name in str(caught.value)


def test_known_names_make_backends() -> None:
    """Every known name makes a back-end of that name, without touching the machine."""
    for name in known_backends():
        backend = make_backend(name)
        assert backend.name == name
        assert backend.isolated is (name != "process")
