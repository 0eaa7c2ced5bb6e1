"""Carries a run in a synthetic world to its end, in processes that are killed at random moments. Run by test_kill.py.

usage: driver.py FOLDER KILLS SEED. Each child is a fork of this process, which has imported everything already; the
parent ends it with SIGKILL after a random while and forks the next, which resumes. Prints one JSON object.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from rqgm.archive.run_archive import LOCK_FILE, RunArchive
from rqgm.archive.state import recount
from rqgm.core.counts import Counts
from rqgm.evolution.loop import Loop, LoopSettings
from rqgm.evolution.settings import BudgetSettings, EndpointSettings, EpochSettings, RaceSettings, SearchSettings
from rqgm.testing.worlds import SyntheticWorker, World, begin

WORLD = {"tasks": 8, "anchors": 16, "seats": 2, "step": 0.3, "rejected": 0.1, "deterministic": False, "seed": 3}
SETTINGS = LoopSettings(
    seed=1,
    search=SearchSettings(lag=6),
    epochs=EpochSettings(first=10, min_anchor=2, race=RaceSettings(target=8)),
    endpoints=EndpointSettings(),
    budget=BudgetSettings(outcomes=120),
    workers=4,
)


def carry_on(folder: Path, delay_s: float) -> None:
    """Begin the run, or go on with it, until it is finished."""
    world = World(**WORLD, delay_s=delay_s)
    with RunArchive(folder, writer=True, create=True) as archive:
        if not archive.state.nodes:
            begin(archive, world)
        asyncio.run(Loop(archive, world.criterion(), SETTINGS, SyntheticWorker(world, archive)).run())


def killed(folder: Path, after_s: float, delay_s: float) -> bool:
    """Go on in a child that is killed after a while; tell whether the kill came before its end."""
    child = os.fork()
    if child == 0:
        try:
            carry_on(folder, delay_s)
        except BaseException:  # noqa: BLE001  # a child never returns into its parent's code
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    time.sleep(after_s)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        raise SystemExit("a resumed run failed")
    return os.WIFSIGNALED(status)


def outcome_of(folder: Path) -> dict[str, Any]:
    """Return what a run came to."""
    with RunArchive(folder) as archive:
        state = archive.state
        counted = [record.n for record in state.records.values()]
        events = [event.body["n"] for event in archive.ledger.events() if event.kind == "outcome"]
        live = [(*state.key(record.node, record.role), record.task, record.measure) for record in state.live()]
        recounted = {role: recount(state, role) for role in state.evidence}
        return {
            "head": state.lineage_head,
            "nodes": [node.commit for node in state.nodes],
            "outcomes": [[r.n, r.node, r.role, r.task, r.measure, r.y, r.live] for r in state.records.values()],
            "tests": sorted([node, role, task, result["y"]] for (node, role, task), result in state.test.items()),
            "spent": state.spent,
            "erased": state.erased,
            "counted_twice": len(events) - len(set(counted)) + len(live) - len(set(live)),
            "counts_agree": all(
                bool((own == state.evidence[role].own).all() and (clade == state.evidence[role].clade).all())
                for role, (own, clade) in recounted.items()
            ),
            "chain_holds": archive.ledger.verify() == archive.ledger.head,
        }


def main() -> None:
    """Run undisturbed in one folder and disturbed in another, and print both results."""
    base, kills, seed = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    folders = [base / "calm", base / "killed"]
    for folder in folders:
        folder.mkdir(parents=True)
        (folder / LOCK_FILE).write_text("{}")
    Counts(1, 1).best_belief()  # imports scipy before the first fork
    carry_on(folders[0], 0.0)
    rng, done = random.Random(seed), 0
    while done < kills and killed(folders[1], rng.uniform(0.005, 0.16), 0.12):
        done += 1
    carry_on(folders[1], 0.0)
    json.dump({"kills": done, "calm": outcome_of(folders[0]), "killed": outcome_of(folders[1])}, sys.stdout)


if __name__ == "__main__":
    main()
