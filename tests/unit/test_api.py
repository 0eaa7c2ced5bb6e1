"""The names that the package offers."""

from __future__ import annotations

import subprocess
import sys

import pytest

import rqgm


def test_every_public_name_is_there():
    """Each name of `__all__` can be had."""
    for name in rqgm.__all__:
        assert getattr(rqgm, name) is not None


def test_an_unknown_name_lists_the_known_ones():
    """A typo is answered with what there is."""
    with pytest.raises(AttributeError, match="run_experiment"):
        rqgm.run_experimnt  # noqa: B018


def test_importing_loads_nothing_heavy():
    """`import rqgm` is silent and takes none of its dependencies with it."""
    code = (
        "import rqgm, sys; print([m for m in ('numpy', 'pydantic', 'docker', 'scipy', 'pygit2') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert done.stderr == ""


def test_the_command_lines_help_loads_nothing_heavy():
    """`rqgm --help` imports no dependency beyond typer."""
    code = "import rqgm.cli.app, sys; print([m for m in ('numpy', 'docker', 'scipy', 'pygit2', 'rich') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
