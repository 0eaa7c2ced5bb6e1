"""`judge new`."""

from __future__ import annotations

from pathlib import Path

import pytest

from rqgm.core.errors import ConfigError
from rqgm.judging.panel import load_panel
from rqgm.judging.scaffold import EDIT, new_panel


@pytest.mark.parametrize(("kind", "seat"), [("path", "first"), ("model", "model")])
def test_a_new_panel_loads_and_every_file_to_edit_is_there(tmp_path: Path, kind: str, seat: str) -> None:
    """With the folder's name in it."""
    made = new_panel(tmp_path / "judges" / "my-panel", kind)
    panel = load_panel(tmp_path / "judges" / "my-panel")
    assert panel.name == "my-panel"
    assert panel.fixed[seat].hash
    assert {tmp_path / "judges" / "my-panel" / name for name, _ in EDIT[kind]} == set(made)
    assert not [path for path in made if "{name}" in path.read_text()]


def test_an_unknown_kind_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    """Before anything is written."""
    with pytest.raises(ConfigError, match="Known: model, path"):
        new_panel(tmp_path / "mine", "modle")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["My-Panel", "1st", "a b", "x" * 64])
def test_a_bad_name_is_refused(tmp_path: Path, name: str) -> None:
    """Before anything is written."""
    with pytest.raises(ConfigError, match="not a panel name"):
        new_panel(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    """A folder that is there stays as it is."""
    (tmp_path / "mine").mkdir()
    with pytest.raises(ConfigError, match="is there already"):
        new_panel(tmp_path / "mine")
