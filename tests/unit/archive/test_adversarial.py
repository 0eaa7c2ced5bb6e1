"""Adversarial pools as the ledger keeps them."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from rqgm.archive.adversarial import AdversarialItem, AdversarialPool, item_id
from rqgm.core.errors import IntegrityError
from rqgm.core.words import Verdict

GOOD = AdversarialItem("t~1", "coder", "t", "blob-1", 0, 3, Verdict.ACCEPT, "verifier")
BAD = AdversarialItem("t~2", "coder", "t", "blob-2", 0, 5, Verdict.REJECT, "presumed")


def test_an_items_id_is_its_content() -> None:
    """Equal artifacts of one task are one item, whoever made them; nothing else is."""
    one = item_id("coder", "suite", "t", "blob")
    assert one == item_id("coder", "suite", "t", "blob")
    others = [("writer", "suite", "t", "blob"), ("coder", "s", "t", "blob"), ("coder", "suite", "t", "other")]
    assert len({one, *(item_id(*other) for other in others)}) == 4
    assert one.startswith("t~")


def test_the_hash_covers_items_and_labels_in_any_order() -> None:
    """It is part of the criterion: when and by whom an item came is not."""
    pool = AdversarialPool.of([GOOD, BAD])
    assert pool == AdversarialPool.of([BAD, GOOD])
    assert pool.hash == AdversarialPool.of([replace(GOOD, epoch=7, n=99), BAD]).hash
    assert pool.hash != AdversarialPool.of([GOOD]).hash
    assert pool.hash != AdversarialPool.of([GOOD, replace(BAD, label=Verdict.ACCEPT)]).hash
    assert AdversarialPool.of([]) == AdversarialPool()


def test_a_pool_survives_the_ledger_and_an_altered_one_is_found() -> None:
    """Plain data there and back; the hash is recomputed."""
    pool = AdversarialPool.of([GOOD, BAD])
    stored = json.loads(json.dumps(pool.to_json()))
    assert AdversarialPool.from_json(stored, pool.hash) == pool
    stored[0]["label"] = "reject"
    with pytest.raises(IntegrityError, match="adversarial pool"):
        AdversarialPool.from_json(stored, pool.hash)


def test_a_pool_is_described_by_size_labels_and_sources() -> None:
    """What every report says of it."""
    said = AdversarialPool.of([GOOD, BAD]).describe()
    assert (said["size"], said["labels"]) == (2, {"accept": 1, "reject": 1})
    assert said["sources"] == {"verifier": 1, "presumed": 1}
    assert AdversarialPool().describe()["size"] == 0
