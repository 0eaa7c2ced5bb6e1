"""Panels outside of a run: asked about labelled items, and checked. A workspace's roles fill the evolvable seats."""

from __future__ import annotations

import asyncio
import os
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rqgm.core.errors import ConfigError, UnknownNameError
from rqgm.core.streams import python_stream, stream_seed
from rqgm.core.usage import Usage
from rqgm.core.words import Pool, RoleKind, Verdict
from rqgm.judging.calibration import Calibration, SeatCounts
from rqgm.judging.check import PanelReport, check_panel
from rqgm.judging.criteria import Checks
from rqgm.judging.judge import JudgeCase, RoleJudge
from rqgm.judging.panel import load_panel
from rqgm.judging.scoring.recorded import Recorded, Said, Truth
from rqgm.orchestration.calls import Call, run_calls
from rqgm.roles.manifest import parse_manifest
from rqgm.run.seats import seat_gateway
from rqgm.run.shelves import Shelves
from rqgm.sandbox.backends import choose
from rqgm.sandbox.pool import Sandboxes
from rqgm.sandbox.profile import load_profile
from rqgm.tasks.suite import load_suite

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from rqgm.judging.judge import Judge, Opinion
    from rqgm.judging.panel import Hearing, Panel, SeatSpec
    from rqgm.tasks.suite import JudgingSuite

STEPS = 200_000
"""What a role that counts its work may use for one case, as in the shipped experiments."""


@dataclass(frozen=True)
class PanelRequest:
    """Which panel is asked about which items; `workspace` fills the evolvable seats, `limit` draws that many items.

    `items` names them instead; with `decides` the panel must have what its verdict needs. `workers` bounds the judges
    at work. `budget_usd` is what seats that a model fills may cost.
    """

    panel: str
    suite: str
    pool: str | None = None
    limit: int | None = None
    workspace: str = "seeds/repair"
    profile: str = "python"
    sandbox: str = "auto"
    workers: int | None = None
    allow_unsafe: bool = False
    tell: Callable[[int, int], None] | None = None
    items: tuple[str, ...] = ()
    decides: bool = False
    budget_usd: float = 1.0


@dataclass(frozen=True)
class Asked:
    """What a panel said of labelled items: `heard[item]`."""

    panel: Panel
    folder: Path
    suite: JudgingSuite
    pool: str | None
    heard: Mapping[str, Hearing]

    @property
    def usage(self) -> Usage:
        """What it cost."""
        return sum((heard.usage for heard in self.heard.values()), start=Usage())

    def recorded(self) -> Recorded:
        """Return the seats' opinions as recorded verdicts, for the scorers; the items' tasks are the clusters."""
        truths = {}
        for name in self.heard:
            item = self.suite.item(name)
            truths[name] = Truth(self.suite.label(name) is Verdict.ACCEPT, item.provenance, item.task)
        said = {
            seat.name: {name: _said(row.opinions[seat.name]) for name, row in self.heard.items()}
            for seat in self.panel.spec.seats
        }
        return Recorded(truths, said)

    def recorded_with_panel(self) -> Recorded:
        """Return the same with the panel as one more judge."""
        record = self.recorded()
        return replace(record, said={**record.said, f"panel {self.panel.name}": self.panel_verdicts()})

    def panel_verdicts(self) -> dict[str, Said]:
        """Return what the panel as a whole came to; one that weighs its seats does so by these very items."""
        panel = replace(self.panel, calibration=self.calibration())
        found = {}
        for name, row in self.heard.items():
            verdict = panel.decide(row)
            found[name] = Said(Verdict.ACCEPT if verdict.accepted else Verdict.REJECT, verdict.score)
        return found

    def calibration(self) -> Calibration:
        """Return each seat's counts."""
        seats = {seat.name: self._counts(seat.name) for seat in self.panel.spec.seats}
        pool = Pool(self.pool or Pool.ANCHOR)
        return Calibration(
            suite=self.suite.name, suite_hash=self.suite.hash, pool=pool, items=len(self.heard), seats=seats
        )

    def _counts(self, seat: str) -> SeatCounts:
        cells = {(label, verdict): 0 for label in Verdict for verdict in Verdict}
        for name, row in self.heard.items():
            cells[self.suite.label(name), row.opinions[seat].verdict] += 1
        return SeatCounts(
            right_accepted=cells[Verdict.ACCEPT, Verdict.ACCEPT],
            right_rejected=cells[Verdict.ACCEPT, Verdict.REJECT],
            wrong_accepted=cells[Verdict.REJECT, Verdict.ACCEPT],
            wrong_rejected=cells[Verdict.REJECT, Verdict.REJECT],
            abstained=cells[Verdict.ACCEPT, Verdict.ABSTAIN] + cells[Verdict.REJECT, Verdict.ABSTAIN],
        )


def _said(opinion: Opinion) -> Said:
    return Said(opinion.verdict, opinion.score)


async def ask_items(request: PanelRequest) -> Asked:
    """Ask every seat of a panel about the items of a judging suite; nothing is written."""
    shelves, panel, folder, suite, names = _resolve(request, calibrated=request.decides)
    if not panel.spec.seats and not request.decides:
        raise ConfigError(f"panel {panel.name!r} has no seat to calibrate; `rqgm judge ask` shows its criteria")
    gate = asyncio.Semaphore(request.workers or os.cpu_count() or 1)
    done = 0
    async with _judges(request, shelves, panel) as (judges, checks):

        async def one(name: str, _: Mapping[str, Hearing]) -> Hearing:
            nonlocal done
            heard = await panel.ask(judges, _case(suite, name), checks, gate)
            done += 1
            if request.tell:
                request.tell(done, len(names))
            return heard

        heard = await run_calls({name: Call(partial(one, name)) for name in names})
    return Asked(panel, folder, suite, request.pool, heard)


async def check(request: PanelRequest) -> PanelReport:
    """Ask a panel about items as they are and changed in ways that must not move a verdict."""
    shelves, panel, _, suite, names = _resolve(request, calibrated=True)
    workers = request.workers or os.cpu_count() or 1
    async with _judges(request, shelves, panel) as (judges, checks):
        cases = [(name, _case(suite, name)) for name in names]
        return await check_panel(panel, judges, cases, checks, workers=workers, tell=request.tell)


def _case(suite: JudgingSuite, name: str) -> JudgeCase:
    item = suite.item(name)
    seed = stream_seed(0, "judge", name)
    return JudgeCase(item.task, item.instruction, item.environment, item.artifact, seed, STEPS, item.criteria)


def _resolve(request: PanelRequest, *, calibrated: bool) -> tuple[Shelves, Panel, Path, JudgingSuite, list[str]]:
    shelves = Shelves.seen_from(Path.cwd())
    folder = shelves.find("panel", request.panel).path
    panel = load_panel(folder, shelves.workspace, calibrated=calibrated)
    suite = load_suite(shelves.find("suite", request.suite).path)
    if suite.kind != "judging":
        raise ConfigError(f"--suite {request.suite}: is a solving suite; a panel is asked about a judging one")
    if request.pool is not None and request.pool not in list(Pool):
        raise UnknownNameError("pool", request.pool, list(Pool), suite.name)
    if request.items:
        return shelves, panel, folder, suite, [suite.item(name).id for name in request.items]
    names = list(suite.names(request.pool))
    if not names:
        raise ConfigError(f"suite {suite.name!r} has nothing in pool {request.pool!r}; it has {suite.counts()}")
    if request.limit is not None and request.limit < len(names):
        chosen = set(python_stream(0, "items", suite.name).sample(names, request.limit))
        names = [name for name in names if name in chosen]
    return shelves, panel, folder, suite, names


@asynccontextmanager
async def _judges(
    request: PanelRequest, shelves: Shelves, panel: Panel
) -> AsyncIterator[tuple[dict[str, Judge], Checks]]:
    """Give every seat's judge, and what executes checks, with a sandbox back-end behind them."""
    profile = load_profile(shelves.find("profile", request.profile).path)
    trusted = True
    tree, manifest = None, None
    if panel.slots:
        place = shelves.find("workspace", request.workspace).path
        tree = shelves.tree(place)
        manifest = parse_manifest(tree, str(place))
        trusted = manifest.trusted
        for role in panel.slots.values():
            if role not in manifest.roles or manifest.roles[role].kind is not RoleKind.JUDGE:
                known = [name for name, entry in manifest.roles.items() if entry.kind is RoleKind.JUDGE]
                raise UnknownNameError("judge role", role, known, f"--workspace {request.workspace}")
    backend = await choose(request.sandbox, trusted=trusted, allow_unsafe=request.allow_unsafe, profile=profile)
    await backend.prepare(profile)
    async with (
        seat_gateway(panel, request.budget_usd) as models,
        Sandboxes(backend, f"panel-{os.getpid()}", spare=1) as sandboxes,
    ):

        def judge(seat: SeatSpec) -> Judge:
            if seat.role is None:
                slot = panel.slot(seat)
                lend = partial(models.lease, slot, f"panel/{slot}") if models else None
                return panel.fixed[seat.name].judge(sandboxes, profile, lend)
            assert tree is not None
            assert manifest is not None
            return RoleJudge(sandboxes, profile, manifest, tree, seat.role)

        yield {seat.name: judge(seat) for seat in panel.spec.seats}, Checks(sandboxes, profile)
