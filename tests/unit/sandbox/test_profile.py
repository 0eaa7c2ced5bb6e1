"""Profiles are read strictly, and errors name what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from rqgm.core.errors import ConfigError
from rqgm.sandbox.profile import load_profile

SHELF = Path(__file__).parents[3] / "sandboxes"


def _write(folder: Path, text: str) -> Path:
    (folder / "profile.toml").write_text(text)
    return folder


def test_shelf_profile_loads() -> None:
    """The shipped profile loads and knows its folder."""
    profile = load_profile(SHELF / "python")
    assert profile.name == "python"
    assert profile.folder == SHELF / "python"
    assert profile.network == "none"


def test_name_is_the_folders_when_not_given(tmp_path: Path) -> None:
    """Without a name, the folder's is taken."""
    folder = tmp_path / "mine"
    folder.mkdir()
    assert load_profile(_write(folder, "schema_version = 1")).name == "mine"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ('name = "a"\nmemory = 3', ["memory", "memory_mb"]),
        ('name = "a"\nmemory_mb = 3', ["memory_mb", "64", "3"]),
        ('name = "A b"', ["name"]),
        ('name = "a"\nnetwork = "host"', ["network", "none", "host"]),
        ('name = "a"\nfolder = "/"', ["folder"]),
        ("name = ", ["TOML"]),
    ],
)
def test_errors_name_file_key_and_what_is_allowed(tmp_path: Path, text: str, parts: list[str]) -> None:
    """A wrong profile is a ConfigError with the file, the key, what was found, and what is allowed or near."""
    with pytest.raises(ConfigError) as caught:
        load_profile(_write(tmp_path, text))
    for part in ["profile.toml", *parts]:
        assert part in str(caught.value)


def test_missing_file_is_told(tmp_path: Path) -> None:
    """A folder without a profile is a ConfigError that names the file."""
    with pytest.raises(ConfigError, match=r"profile\.toml"):
        load_profile(tmp_path)


def test_digest_does_not_hang_on_the_folder(tmp_path: Path) -> None:
    """Where a profile lies is no part of what it is."""
    profile = load_profile(_write(tmp_path, 'name = "a"'))
    assert "folder" not in profile.model_dump(mode="json")
