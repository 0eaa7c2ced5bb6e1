"""Whole runs in the synthetic world, and how states are compared."""

from __future__ import annotations

import asyncio
import itertools
import shutil
import sqlite3
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

from rqgm.archive.ledger import Ledger
from rqgm.archive.run_archive import LOCK_FILE, RunArchive
from rqgm.archive.state import State
from rqgm.core.errors import RunStoppedError
from rqgm.core.streams import stream_seed
from rqgm.evolution.loop import Loop, LoopSettings
from rqgm.evolution.settings import (
    AdversarialSettings,
    BudgetSettings,
    EndpointSettings,
    EpochSettings,
    RaceSettings,
    SearchSettings,
)
from rqgm.testing.worlds import SyntheticWorker, World, begin

if TYPE_CHECKING:
    from collections.abc import Callable

settings.register_profile(
    "rqgm",
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=20,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("rqgm")


class ContentWorker(SyntheticWorker):
    """Draws by the content of the one role that is measured, as the keys of the cache do.

    The shipped worker draws by the whole workspace, so that equal keys may have unequal outcomes (test_worlds.py).
    """

    def _draw(self, probability: float, commit: str, *name: str) -> int:
        if not self.world.deterministic:
            return super()._draw(probability, commit, *name)
        part = self._quality(commit)["coder" if name[0] == "coder" else "reviewer"]
        return int(stream_seed(self.world.seed, repr(part), *name) / 2**63 < probability)


class JumbledWorker(ContentWorker):
    """Gives way to the other jobs a random number of times, so that results arrive in any order."""

    jumble = 0

    async def _work(self, n: int) -> None:
        for _ in range(stream_seed(self.jumble, n) % 13):
            await asyncio.sleep(0)
        await super()._work(n)


@dataclass(frozen=True)
class Setup:
    """What a small run is told."""

    world: World = field(default_factory=lambda: World(tasks=5, anchors=10, step=0.2))
    outcomes: int = 45
    workers: int = 2
    lag: int = 4
    seed: int = 1
    search: dict[str, Any] = field(default_factory=dict)
    epochs: dict[str, Any] = field(default_factory=dict)
    adversarial: AdversarialSettings = field(default_factory=AdversarialSettings)
    patience: int = 24

    def settings(self) -> LoopSettings:
        """Return the loop's settings."""
        return LoopSettings(
            seed=self.seed,
            search=SearchSettings(lag=self.lag, **self.search),
            epochs=EpochSettings(**{"first": 8, "race": RaceSettings(target=8), **self.epochs}),
            endpoints=EndpointSettings(),
            budget=BudgetSettings(outcomes=self.outcomes),
            adversarial=self.adversarial,
            workers=self.workers,
            patience=self.patience,
        )


def evidence_of(state: State) -> dict[str, Any]:
    """Return all counts as plain data: own and clade arrays by role, and each content with who carries and holds it."""
    return {
        role: {
            "own": found.own.tolist(),
            "clade": found.clade.tolist(),
            "contents": {
                identity: (content.counts.tolist(), content.carriers, sorted(content.holders))
                for identity, content in found.contents.items()
            },
        }
        for role, found in state.evidence.items()
    }


class Runs:
    """Makes, cuts and compares runs. Folders are thrown away at the end of the session."""

    Setup = Setup
    ContentWorker = ContentWorker
    JumbledWorker = JumbledWorker
    evidence_of = staticmethod(evidence_of)

    def __init__(self, base: Path) -> None:
        self.base = base

    def folder(self) -> Path:
        """Return an empty run's folder."""
        folder = Path(tempfile.mkdtemp(dir=self.base))
        (folder / LOCK_FILE).write_text("{}")
        return folder

    def go(
        self,
        setup: Setup,
        folder: Path | None = None,
        worker: type[SyntheticWorker] = ContentWorker,
        observe: Callable[[Loop], None] | None = None,
        **attributes: Any,
    ) -> tuple[Path, State]:
        """Carry a run (a new one, or the one in `folder`) to its end; return its folder and state.

        Each transaction of the ledger has a time of its own: 1, 2, 3, … A run that an outage stops is resumed.
        """
        folder = folder or self.folder()
        with RunArchive(folder, writer=True, create=True, clock=itertools.count(1.0).__next__) as archive:
            criterion = setup.world.criterion()
            if not archive.state.nodes:
                begin(archive, setup.world)
            hands = worker(setup.world, archive)
            for name, value in attributes.items():
                setattr(hands, name, value)
            loop = None
            while archive.state.finished is None:
                loop = Loop(archive, criterion, setup.settings(), hands)
                loop._observe = (lambda _s, _g, loop=loop: observe(loop)) if observe else loop._observe
                try:
                    asyncio.run(loop.run())
                except RunStoppedError:
                    continue
            assert loop is None or loop.cells.reserved == 0
            return folder, archive.state

    def events(self, folder: Path) -> list[Any]:
        """Return a run's events."""
        ledger = Ledger(folder / "ledger.sqlite", read_only=True)
        try:
            return list(ledger.events())
        finally:
            ledger.close()

    def cut(self, folder: Path, transactions: int) -> Path:
        """Return a copy of a run as a kill after its first `transactions` would have left it; git and blobs are ahead."""
        copy = self.folder()
        for name in ("lineage.git", "blobs"):
            if (folder / name).exists():
                shutil.copytree(folder / name, copy / name)
        Ledger(copy / "ledger.sqlite").close()
        with sqlite3.connect(copy / "ledger.sqlite") as db:
            db.execute("ATTACH ? AS whole", (str(folder / "ledger.sqlite"),))
            db.execute(
                "INSERT INTO events SELECT * FROM whole.events WHERE at <= ? ORDER BY seq", (float(transactions),)
            )
        db.close()
        return copy

    def same(self, one: State, other: State) -> None:
        """Assert that two states are equal in every field."""
        for name, value in vars(one).items():
            if name != "_appliers":
                against = getattr(other, name)
                if name == "evidence":
                    assert evidence_of(one) == evidence_of(other)
                else:
                    assert value == against, name

    def result(self, state: State) -> dict[str, Any]:
        """Return what a run came to, without what a resume may change: usage, and which outcomes were reused."""
        return {
            "head": state.lineage_head,
            "nodes": [(node.commit, node.parent, node.epoch, node.roles) for node in state.nodes],
            "outcomes": [
                (r.n, r.node, r.role, r.task, r.measure, r.y, r.deps, r.epoch, r.live) for r in state.records.values()
            ],
            "seats": {slot: (seat.node, seat.role_hash, seat.counter) for slot, seat in state.seats.items()},
            "epochs": [{k: v for k, v in epoch.items() if k != "scores"} for epoch in state.epochs],
            "evidence": evidence_of(state),
            "endpoints": {"generalist": state.endpoints["generalist"]["node"]},
            "tests": {job: result["y"] for job, result in state.test.items()},
            "spent": state.spent,
            "dispatched": state.dispatched,
        }


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """Return the maker of runs."""
    return Runs(tmp_path_factory.mktemp("runs"))
