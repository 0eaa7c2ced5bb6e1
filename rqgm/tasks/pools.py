"""Pools: which task or item belongs to which, told by name, by a seeded hash split, or by the task itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rqgm.core.errors import ConfigError, UnknownNameError
from rqgm.core.hashes import hash_json
from rqgm.core.words import Pool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from rqgm.tasks.suite import Split

SPLIT_POOLS = (Pool.TRAIN, Pool.VALIDATION, Pool.ANCHOR, Pool.TEST)


def by_name(pools: Mapping[Pool, list[str]], names: Iterable[str], what: str, where: str) -> dict[str, Pool]:
    """Return each name's pool from lists; a name in two pools, in none, or unknown is a ConfigError."""
    found: dict[str, Pool] = {}
    known = set(names)
    for pool, members in pools.items():
        for name in members:
            if name not in known:
                raise UnknownNameError(what, name, known, f"{where}: pools.{pool}")
            if name in found:
                raise ConfigError(f"{where}: pools: {name!r} is in {found[name]} and in {pool}; pools are disjoint")
            found[name] = pool
    missing = sorted(known - found.keys())
    if missing:
        raise ConfigError(
            f"{where}: pools: {', '.join(missing[:5])} ({len(missing)} in all) in no pool; add each to one"
        )
    return found


def by_split(split: Split, names: Mapping[str, str], where: str) -> dict[str, Pool]:
    """Return each name's pool by the hash of its group and the split's seed.

    `names` maps a name to its group (items of one task stay together). A name's pool depends on nothing else, so a
    task that is added later moves no other into another pool.
    """
    shares = split.shares
    found = {name: _draw(shares, hash_json([split.seed, group])) for name, group in names.items()}
    empty = [pool for pool in shares if pool not in found.values()]
    if empty and names:
        raise ConfigError(
            f"{where}: split: seed {split.seed} leaves {empty[0]} empty; take another seed or larger share"
        )
    return found


def _draw(shares: Mapping[Pool, float], digest: str) -> Pool:
    point = int(digest[:13], 16) / 16**13
    reached = 0.0
    for pool, share in shares.items():
        reached += share
        if point < reached:
            return pool
    return pool


def by_member(names: Iterable[str], own: Callable[[str], Pool | None], where: str) -> dict[str, Pool]:
    """Return the pool that each task or item names itself; ConfigError if one names none."""
    found: dict[str, Pool] = {}
    for name in names:
        pool = own(name)
        if pool is None:
            raise ConfigError(
                f"{where}: {name!r} is in no pool; give the suite [pools] or [split], or the task a pool of its own"
            )
        found[name] = pool
    return found
