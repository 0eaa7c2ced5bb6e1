"""The conformance kit: complete, documented, and strict about what is known to fail."""

from __future__ import annotations

import os

import pytest

from rqgm.sandbox.profile import Profile
from rqgm.testing import sandbox_kit
from rqgm.testing.sandbox_kit import CHECKS, KNOWN_FAILURES, Result, kit_profile, known_failure, run_kit
from rqgm.testing.sandboxes import FakeBackend


def test_every_check_has_a_promise() -> None:
    """Each check has a docstring that says what is promised."""
    assert len(CHECKS) >= 40
    assert all((check.__doc__ or "").strip().endswith(".") for check in CHECKS.values())


def test_known_failures_are_checks() -> None:
    """No known failure is of a check that does not exist, and each has a reason."""
    for failures in KNOWN_FAILURES.values():
        assert set(failures) <= set(CHECKS)
        assert all(failures.values())


def test_docker_and_bubblewrap_have_no_known_failure() -> None:
    """The isolating back-ends keep everything."""
    assert set(KNOWN_FAILURES) == {"process"}


@pytest.mark.parametrize(
    ("passed", "known", "expected"),
    [(True, None, True), (False, None, False), (False, "reason", True), (True, "reason", False)],
)
def test_known_failure_must_fail(passed: bool, known: str | None, expected: bool) -> None:
    """A known failure that passes is as unexpected as one that is not known."""
    assert Result("x", passed, 0.0, known=known).as_expected is expected


def test_known_failures_hang_on_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """What only root can do is a known failure only for root."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert known_failure("process", "commands_are_not_root") is None
    assert known_failure("process", "hosts_files_are_out_of_reach")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert known_failure("process", "commands_are_not_root")
    assert known_failure("docker", "commands_are_not_root") is None


async def test_kit_reports_a_backend_that_keeps_nothing() -> None:
    """A back-end that raises or lies gets failed results, never an exception."""
    results = await run_kit(
        FakeBackend(), kit_profile(Profile(name="x")), ["exit_codes_come_through", "probe_says_usable"]
    )
    assert [(result.name, result.passed) for result in results] == [
        ("exit_codes_come_through", False),
        ("probe_says_usable", True),
    ]
    assert "exit code 1" in results[0].detail


def test_kit_needs_no_pytest() -> None:
    """Plug-in authors can run it with anything."""
    assert "pytest" not in vars(sandbox_kit)
