"""The errors and their exit codes."""

from __future__ import annotations

import pytest

from rqgm.core import errors


def test_unknown_name_lists_what_is_known_and_the_nearest() -> None:
    """A misspelt name is answered with its place, its neighbour and all names."""
    text = str(errors.UnknownNameError("suite", "repare", ["repair", "polyglot"], "experiment.toml"))
    assert text == "experiment.toml: unknown suite 'repare'; did you mean 'repair'? Known: polyglot, repair"


def test_unknown_name_says_when_nothing_is_known() -> None:
    """An empty shelf is said to be empty."""
    assert str(errors.UnknownNameError("panel", "x", [])) == "unknown panel 'x'. Known: none"


@pytest.mark.parametrize(
    ("error", "kin", "code"),
    [
        (errors.ConfigError, ValueError, 2),
        (errors.NoSandboxError, RuntimeError, 3),
        (errors.InfrastructureError, RuntimeError, 4),
        (errors.SandboxLostError, ConnectionError, 4),
        (errors.ArtifactError, ValueError, 4),
        (errors.IntegrityError, ValueError, 1),
        (errors.RunBusyError, BlockingIOError, 2),
        (errors.RunStoppedError, RuntimeError, 4),
    ],
)
def test_every_error_has_the_root_a_standard_kin_and_an_exit_code(
    error: type[errors.RqgmError], kin: type[Exception], code: int
) -> None:
    """One root, the standard library's kin, and the command line's code (DESIGN §6)."""
    assert issubclass(error, errors.RqgmError)
    assert issubclass(error, kin)
    assert error.exit_code == code


def test_unknown_name_is_a_configuration_error() -> None:
    """It ends the command line with 2, and is a LookupError besides."""
    error = errors.UnknownNameError("role", "x", [])
    assert isinstance(error, errors.ConfigError)
    assert isinstance(error, LookupError)
