"""Patches for reviewers: what a recorded team of coders answered, as items of a judging suite.

Of every episode of the recording each distinct program that passes all visible tests is a patch; whether it is right is
known from the hidden tests. Each pool is balanced, right against wrong, by a draw. Equal arguments write equal folders.
"""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import tomli_w
from labelling import PROGRAM, VISIBLE, digest

from rqgm.tasks.suite import SolvingSuite, load_suite

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rqgm.orchestration.recordings import Recording

POOLS = {"train": "train", "validation": "anchor", "test": "test"}
"""Pool of episodes → pool of a judging suite."""


def patches(recording: Recording, suites: Sequence[Path], seed: int, out: Path) -> Path:
    """Write a suite of patches into a new folder; episodes of other suites than `suites` give none. Returns `out`.

    Raises FileExistsError where `out` is there already.
    """
    tasks = {suite.name: suite for suite in map(_solving, suites)}
    out.mkdir(parents=True)
    items: list[dict[str, Any]] = []
    labels: list[dict[str, Any]] = []
    for pool, own in POOLS.items():
        found: dict[bool, list[tuple[dict[str, Any], dict[str, Any]]]] = {True: [], False: []}
        for episode in recording.episodes(pool):
            suite, name = episode.id.split("/")
            if suite not in tasks:
                continue
            plausible = {reply.draft.text: reply.right for reply in episode.replies if reply.evidence == 1.0}
            for text, right in plausible.items():
                found[right].append(_item(tasks[suite], name, episode.group, text, own, right=right))
        count = min(map(len, found.values()))
        for right, pairs in found.items():
            chosen = random.Random(f"{seed}/{pool}/{right}").sample(pairs, count)
            items += [item for item, _ in chosen]
            labels += [label for _, label in chosen]
    about = {
        "schema_version": 1,
        "name": f"repair-patches-{seed}",
        "kind": "judging",
        "description": "What a team of coders answered that passes the visible tests: is the patch right?",
        "licence": "Apache-2.0",
        "source": f"made from a recorded team by benchmarks/patches.py, seed {seed}",
    }
    (out / "suite.toml").write_text(tomli_w.dumps(about))
    for name, rows in (("items", items), ("labels", labels)):
        lines = sorted(json.dumps(row, sort_keys=True) + "\n" for row in rows)
        (out / f"{name}.jsonl").write_text("".join(lines))
    return out


def _item(
    suite: SolvingSuite, name: str, group: str, text: str, pool: str, *, right: bool
) -> tuple[dict[str, Any], dict[str, Any]]:
    folder = suite.task(name).folder
    made = f"{name}-{digest(text)[:8]}"
    shown = {path: (folder / "environment" / path).read_text() for path in (PROGRAM, VISIBLE)}
    item = {
        "id": made,
        "pool": pool,
        "provenance": "machine",
        "artifact": {PROGRAM: text},
        "task": {"name": group, "instruction": (folder / "instruction.md").read_text(), "files": shown},
    }
    why = "passes all hidden cases" if right else "fails hidden cases"
    return item, {"id": made, "label": "accept" if right else "reject", "why": why}


def _solving(path: Path) -> SolvingSuite:
    suite = load_suite(path)
    assert isinstance(suite, SolvingSuite)
    return suite
