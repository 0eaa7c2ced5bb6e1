"""`task new`."""

import pytest

from rqgm.core.errors import ConfigError
from rqgm.sandbox.profile import Profile
from rqgm.tasks.check import Checker
from rqgm.tasks.scaffold import EDIT, new_task
from rqgm.tasks.suite import load_suite


async def test_a_new_task_is_sound_at_once(process, tmp_path):
    """And in a suite."""
    new_task(tmp_path / "my suite" / "first-one")
    suite = load_suite(tmp_path / "my suite")
    assert suite.name == "my-suite"
    found = await Checker(process, Profile(name="test")).check_task(suite.task("first-one"))
    assert found.problems == ()
    assert "# first-one" in suite.task("first-one").instruction


def test_what_to_edit_is_there(tmp_path):
    """The list that the command prints names real files."""
    new_task(tmp_path / "s" / "t")
    assert all((tmp_path / "s" / "t" / name).exists() for name, _ in EDIT)


def test_a_second_task_leaves_the_suite_alone(tmp_path):
    """Only the first one makes suite.toml."""
    new_task(tmp_path / "s" / "a")
    (tmp_path / "s" / "suite.toml").write_text("mine")
    new_task(tmp_path / "s" / "b")
    assert (tmp_path / "s" / "suite.toml").read_text() == "mine"


@pytest.mark.parametrize("name", ["a b", "-x", "x" * 200, "ä"])
def test_bad_names_are_refused(tmp_path, name):
    """Before anything is written."""
    with pytest.raises(ConfigError, match="not a task name"):
        new_task(tmp_path / name)


def test_nothing_is_overwritten(tmp_path):
    """A folder that is there stays as it is."""
    (tmp_path / "t").mkdir()
    with pytest.raises(ConfigError, match="is there already"):
        new_task(tmp_path / "t")
