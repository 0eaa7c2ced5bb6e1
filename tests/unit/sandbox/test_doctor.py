"""The doctor tries every back-end and says what to do."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from rqgm.cli.sandbox import app
from rqgm.core.errors import ConfigError
from rqgm.sandbox import doctor
from rqgm.sandbox.doctor import examine_machine, kernel_facts
from rqgm.sandbox.profile import Profile
from rqgm.sandbox.protocol import Probe
from rqgm.testing.sandboxes import FakeBackend


@pytest.fixture
def fakes(monkeypatch: pytest.MonkeyPatch) -> dict[str, FakeBackend]:
    """Return fakes that stand for the three back-ends; docker does not work."""
    made = {name: FakeBackend(name) for name in ("docker", "bubblewrap", "process")}
    made["process"].isolated = False
    made["docker"].answer = Probe(usable=False, detail="no engine", remedy="start one")
    monkeypatch.setattr(doctor, "make_backend", made.__getitem__)
    monkeypatch.setattr(doctor, "known_backends", lambda: list(made))
    return made


async def test_findings(fakes: dict[str, FakeBackend]) -> None:
    """What works is timed and closed, what does not has a remedy, `auto` takes the strongest that isolates."""
    diagnosis = await examine_machine(Profile(name="a"))
    docker, bubblewrap, process = diagnosis.backends
    assert (docker.usable, docker.remedy, docker.start_ms) == (False, "start one", None)
    assert bubblewrap.usable
    assert bubblewrap.start_ms is not None
    assert not process.isolated
    assert diagnosis.auto == "bubblewrap"
    assert [sandbox.closed for sandbox in fakes["bubblewrap"].started] == [1]


async def test_error_is_a_finding(fakes: dict[str, FakeBackend]) -> None:
    """A back-end that cannot make the profile ready is unusable, with the reason; without any, `auto` takes none."""

    async def prepare(_: Profile) -> str:
        raise ConfigError("no image")

    fakes["bubblewrap"].prepare = prepare  # type: ignore[method-assign]
    diagnosis = await examine_machine(Profile(name="a"))
    assert diagnosis.backends[1].detail == "no image"
    assert diagnosis.auto is None


@pytest.mark.usefixtures("fakes")
def test_command_prints_a_table_and_json() -> None:
    """`rqgm sandbox doctor` names every back-end and what `auto` takes, in both forms."""
    table = CliRunner().invoke(app, ["doctor"])
    assert table.exit_code == 0
    assert "start one" in table.stdout
    assert "takes: bubblewrap" in table.stdout
    found = json.loads(CliRunner().invoke(app, ["doctor", "--json"]).stdout)
    assert found["auto"] == "bubblewrap"
    assert [backend["name"] for backend in found["backends"]] == ["docker", "bubblewrap", "process"]


def test_kernel_facts_are_text() -> None:
    """The facts name the system and are plain text."""
    facts = kernel_facts()
    assert facts["system"]
    assert all(isinstance(value, str) for value in facts.values())
