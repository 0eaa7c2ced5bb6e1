"""Canonical JSON and its hash."""

from __future__ import annotations

import math

import pytest

from rqgm.core.hashes import canonical_json, hash_json, sha256


def test_equal_data_has_one_text() -> None:
    """Key order and tuples make no difference."""
    assert canonical_json({"b": (1, 2), "a": "é"}) == canonical_json({"a": "é", "b": [1, 2]}) == '{"a":"é","b":[1,2]}'


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_numbers_that_json_does_not_know_are_refused(value: float) -> None:
    """A ledger with NaN in it could not be read by others."""
    with pytest.raises(ValueError, match="JSON compliant"):
        canonical_json({"score": value})


def test_hash_tells_apart_what_looks_alike() -> None:
    """1, "1", true and [1] are four things; 1 and 1.0 are two texts."""
    assert len({hash_json(value) for value in (1, "1", True, [1], 1.0, None)}) == 6


def test_hash_of_a_lone_surrogate_exists() -> None:
    """Foreign text never makes hashing fail."""
    assert len(hash_json("\ud800")) == 64


def test_sha256_is_the_standard_one() -> None:
    """So others can check it."""
    assert sha256(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
