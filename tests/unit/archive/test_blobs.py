"""Blobs."""

from __future__ import annotations

from pathlib import Path

import pytest

from rqgm.archive.blobs import Blobs
from rqgm.core.errors import ArtifactError, IntegrityError
from rqgm.core.hashes import sha256
from rqgm.core.trees import File


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    """Return an empty folder of blobs."""
    return Blobs(tmp_path / "blobs")


def test_a_blob_is_named_by_its_content(blobs: Blobs) -> None:
    """What is put comes back under its sha256."""
    digest = blobs.put(b"hello")
    assert digest == sha256(b"hello")
    assert blobs.get(digest) == b"hello"


def test_storing_again_writes_nothing(blobs: Blobs) -> None:
    """Equal content is one file."""
    path = blobs.path(blobs.put(b"hello"))
    before = path.stat().st_mtime_ns
    blobs.put(b"hello")
    assert path.stat().st_mtime_ns == before
    assert list(blobs) == [sha256(b"hello")]


def test_the_empty_blob_is_a_blob(blobs: Blobs) -> None:
    """Nothing is something."""
    assert blobs.get(blobs.put(b"")) == b""


def test_a_missing_blob_is_an_integrity_error(blobs: Blobs) -> None:
    """The message has its hash."""
    with pytest.raises(IntegrityError, match="ab12 is missing"):
        blobs.get("ab12")


@pytest.mark.parametrize("damage", ["cut", "emptied", "replaced", "other"])
def test_an_altered_blob_is_an_integrity_error(blobs: Blobs, damage: str) -> None:
    """Whatever was done to the file, it is never returned as if it were right."""
    digest = blobs.put(b"hello" * 100)
    path = blobs.path(digest)
    other = blobs.path(blobs.put(b"world")).read_bytes()
    content = {"cut": path.read_bytes()[:-3], "emptied": b"", "replaced": b"plain", "other": other}[damage]
    path.write_bytes(content)
    with pytest.raises(IntegrityError, match=digest):
        blobs.get(digest)


def test_a_half_written_blob_is_not_listed(blobs: Blobs) -> None:
    """A kill during a write leaves a .part behind, which is nobody's blob."""
    digest = blobs.put(b"hello")
    (blobs.path(digest).parent / "beef.123.part").write_bytes(b"half")
    assert list(blobs) == [digest]


def test_a_tree_comes_back_whole(blobs: Blobs) -> None:
    """Paths, bytes and executable bits."""
    tree = {"a/b": File(b"1", executable=True), "c": File(b"")}
    assert blobs.get_tree(blobs.put_tree(tree)) == tree


def test_equal_trees_have_one_hash_and_others_another(blobs: Blobs) -> None:
    """The order of a mapping is no part of a tree; the executable bit is."""
    one, two = {"a": File(b"1"), "b": File(b"2")}, {"b": File(b"2"), "a": File(b"1")}
    assert (
        blobs.put_tree(one)
        == blobs.put_tree(two)
        != blobs.put_tree({"a": File(b"1", executable=True), "b": File(b"2")})
    )


@pytest.mark.parametrize("content", [b"not json", b"[]", b'{"tree": 3}', b'{"tree": [["a"]]}', b"{}"])
def test_what_is_not_a_listing_is_refused(blobs: Blobs, content: bytes) -> None:
    """A blob that somebody planted as a tree cannot lead out of it."""
    with pytest.raises(IntegrityError, match="is not a tree"):
        blobs.get_tree(blobs.put(content))


def test_a_listing_with_a_bad_path_is_refused(blobs: Blobs) -> None:
    """What a worker returns as a tree is as hostile as the workspace that it comes from."""
    with pytest.raises(ArtifactError):
        blobs.get_tree(blobs.put(b'{"tree": [["../a", "00", false]]}'))
