"""The loop, in a synthetic world."""

from __future__ import annotations

import asyncio
import gc
import warnings
from pathlib import Path
from typing import Any

import pytest

from rqgm.archive.run_archive import LOCK_FILE, RunArchive
from rqgm.archive.state import State
from rqgm.core.errors import (
    BudgetSpentError,
    ProviderUnavailableError,
    RqgmError,
    RunStoppedError,
    SandboxLostError,
)
from rqgm.core.trees import File
from rqgm.evolution.loop import Loop, LoopSettings
from rqgm.evolution.settings import BudgetSettings, EndpointSettings, EpochSettings, RaceSettings, SearchSettings
from rqgm.evolution.worker import Expansion, Test, Validation
from rqgm.testing.worlds import SyntheticWorker, World, begin

NEVER_AWAITED = "ignore:coroutine .* was never awaited:RuntimeWarning"
"""An interrupted loop leaves unstarted coroutines behind (a bug that has its own test below)."""
SMALL = World(tasks=6, anchors=12, step=0.2)


def settings(outcomes: int = 40, **changes: Any) -> LoopSettings:
    """Return settings for a small run."""
    base: dict[str, Any] = {
        "seed": 1,
        "search": SearchSettings(lag=4),
        "epochs": EpochSettings(first=8, race=RaceSettings(target=8)),
        "endpoints": EndpointSettings(),
        "budget": BudgetSettings(outcomes=outcomes),
        "workers": 2,
    }
    return LoopSettings(**base | changes)


@pytest.fixture
def archive(tmp_path: Path) -> Any:
    """Return a run with generation zero, in the small world."""
    (tmp_path / LOCK_FILE).write_text("{}")
    with RunArchive(tmp_path, writer=True, create=True) as archive:
        begin(archive, SMALL)
        yield archive


def loop(archive: RunArchive, worker: SyntheticWorker | None = None, **changes: Any) -> Loop:
    """Return a loop on the archive."""
    return Loop(archive, SMALL.criterion(), settings(**changes), worker or SyntheticWorker(SMALL, archive))


async def test_a_run_ends_at_its_budget_with_tested_endpoints(archive: RunArchive) -> None:
    """Exactly as many outcomes as allowed; then, once, the test pool."""
    await loop(archive).run()
    state = archive.state
    assert state.spent == 40
    assert state.pending == {}
    assert state.finished is not None
    assert state.finished["reason"] == "the budget of outcomes is spent"
    assert state.finished["lineage_head"] == state.lineage_head
    roles = {(node, role) for node, role, _ in state.test}
    assert {"coder", "reviewer"} == {role for _, role in roles}
    assert archive.ledger.inbox() == {}


async def test_a_finished_run_is_left_as_it_is(archive: RunArchive) -> None:
    """Running it again appends nothing."""
    await loop(archive).run()
    before = archive.ledger.head
    await loop(archive).run()
    assert archive.ledger.head == before


async def test_checkpoints_come_at_exact_counts(archive: RunArchive) -> None:
    """8, 16, 32 and the race's overshoot, never later."""
    await loop(archive, outcomes=60).run()
    counts = [epoch["outcomes"] for epoch in archive.state.epochs]
    raced = [int(0.25 * span) for span in (8, 8, 16)]
    for at, due, extra in zip(counts, (8, 16, 32), raced, strict=True):
        assert due <= at <= due + extra


async def test_without_a_race_checkpoints_are_exact(archive: RunArchive) -> None:
    """Not one outcome more."""
    await loop(archive, epochs=EpochSettings(first=8, race=RaceSettings(candidates=0))).run()
    assert [epoch["outcomes"] for epoch in archive.state.epochs] == [8, 16, 32]


async def test_no_epoch_is_closed_when_the_budget_is_spent(archive: RunArchive) -> None:
    """There is no epoch after it, so nothing may be erased before the endpoints are chosen."""
    await loop(archive, outcomes=8).run()
    assert archive.state.epochs == []


@pytest.mark.parametrize(
    ("budget", "reason"), [({"cpu_s": 0.1}, "cpu_s"), ({"usd": 1e-9}, ""), ({"wall_s": 1e-9}, "wall_s")]
)
async def test_a_run_ends_cleanly_at_its_first_limit(
    archive: RunArchive, budget: dict[str, float], reason: str
) -> None:
    """With endpoints, and a reason that names the limit."""
    await loop(archive, budget=BudgetSettings(outcomes=30, **budget)).run()
    state = archive.state
    assert state.finished is not None
    assert state.finished["reason"] == (
        f"the budget of {reason} is spent" if reason else "the budget of outcomes is spent"
    )
    assert state.endpoints
    assert (state.spent < 30) is bool(reason)


async def test_a_run_ends_when_nothing_is_left_to_measure_or_edit(archive: RunArchive) -> None:
    """One node, all its cells measured."""
    await loop(archive, search=SearchSettings(lag=4, max_nodes=1), epochs=EpochSettings(first=1000), outcomes=500).run()
    assert archive.state.spent == 6 * 2 + 12
    assert archive.state.finished is not None
    assert "nothing is left" in archive.state.finished["reason"]


async def test_results_count_as_they_come_when_asked_to(archive: RunArchive) -> None:
    """`commit = "arrival"`: the ledger keeps the order, and folds to the same state."""
    await loop(archive, search=SearchSettings(lag=4, commit="arrival")).run()
    assert archive.state.spent == 40
    assert State.fold(archive.ledger.events()).lineage_head == archive.state.lineage_head


class Failing(SyntheticWorker):
    """Raises `error` in every job from number `first` on."""

    first = 5
    error: Exception = SandboxLostError("engine gone")

    async def _work(self, n: int) -> None:
        if n >= self.first:
            raise self.error


@pytest.mark.filterwarnings(NEVER_AWAITED)
async def test_an_outage_stops_the_run_and_counts_nothing(archive: RunArchive) -> None:
    """After so many failures in a row; what was committed stays."""
    worker = Failing(SMALL, archive)
    with pytest.raises(RunStoppedError, match="6 jobs in a row failed outside the agents: engine gone"):
        await loop(archive, worker, patience=6).run()
    assert archive.state.voided == 6
    assert archive.state.spent == 4 - (len(archive.state.nodes) - 1) - len(archive.state.rejected)
    await loop(archive).run()
    assert archive.state.spent == 40


@pytest.mark.filterwarnings(NEVER_AWAITED)
async def test_a_mistake_in_a_worker_is_raised_and_the_run_can_go_on(archive: RunArchive) -> None:
    """An error of ours is no outcome either; the job is done again."""
    worker = Failing(SMALL, archive)
    worker.error = ZeroDivisionError("ours")
    with pytest.raises(ZeroDivisionError):
        await loop(archive, worker).run()
    assert not [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    await loop(archive).run()
    assert archive.state.spent == 40


@pytest.mark.filterwarnings(NEVER_AWAITED)
async def test_a_cancelled_run_leaves_nothing_running_and_can_go_on(archive: RunArchive) -> None:
    """Interrupted is not broken."""

    class Slow(SyntheticWorker):
        async def _work(self, n: int) -> None:
            await asyncio.sleep(0 if n < 10 else 60)

    task = asyncio.create_task(loop(archive, Slow(SMALL, archive)).run())
    while archive.state.dispatched < 10:  # noqa: ASYNC110  # nothing signals it
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not [other for other in asyncio.all_tasks() if other is not asyncio.current_task()]
    await loop(archive).run()
    assert archive.state.spent == 40


async def test_no_more_jobs_run_at_once_than_workers(archive: RunArchive) -> None:
    """However many are dispatched, the race's and the tests' included."""
    running = most = 0

    class Counting(SyntheticWorker):
        async def _work(self, n: int) -> None:
            nonlocal running, most
            running += 1
            most = max(most, running)
            await asyncio.sleep(0)
            running -= 1

        async def test(self, job: Test) -> dict[str, Any]:
            await self._work(0)
            return await super().test(job)

    await loop(archive, Counting(SMALL, archive), workers=3).run()
    assert most == 3


async def test_a_cached_artifact_is_judged_again_and_not_made_again(tmp_path: Path) -> None:
    """Re-scoring after a replacement is lazy, and hands over the artifact that was made first (spec §5)."""
    judged: list[Validation] = []

    class Watching(SyntheticWorker):
        async def validate(self, job: Validation) -> dict[str, Any]:
            judged.extend([job] if job.measure.startswith("panel") else [])
            return await super().validate(job)

    again = 0
    for seed in range(6):
        folder = tmp_path / str(seed)
        folder.mkdir()
        (folder / LOCK_FILE).write_text("{}")
        world = World(tasks=4, anchors=12, step=0.4, seed=seed)
        judged.clear()
        with RunArchive(folder, writer=True, create=True) as archive:
            begin(archive, world)
            epochs = EpochSettings(first=12, min_anchor=2, race=RaceSettings(target=8))
            await Loop(archive, world.criterion(), settings(90, epochs=epochs), Watching(world, archive)).run()
            state = archive.state
        twice = {job.artifact_key for job in judged if not state.records[job.n].live}
        again += len([job for job in judged if state.records[job.n].live and job.artifact_key in twice])
        assert all(
            job.made and job.made.blob for job in judged if state.records[job.n].live and job.artifact_key in twice
        )
    assert again > 0


async def test_equal_content_is_measured_once(archive: RunArchive) -> None:
    """No cell of a content is ever dispatched a second time while its record lives."""
    await loop(archive, outcomes=120).run()
    state = archive.state
    assert state.shared() > 0
    cells = [(state.key(record.node, record.role), record.task, record.measure) for record in state.live()]
    assert len(set(cells)) == len(cells)


async def test_stochastic_roles_share_nothing(tmp_path: Path) -> None:
    """Each node's outcome is its own."""
    (tmp_path / LOCK_FILE).write_text("{}")
    world = World(tasks=6, anchors=12, deterministic=False)
    with RunArchive(tmp_path, writer=True, create=True) as archive:
        begin(archive, world)
        await Loop(archive, world.criterion(), settings(), SyntheticWorker(world, archive)).run()
        assert archive.state.shared() == 0


async def test_rejected_edits_make_no_nodes_and_no_outcomes(tmp_path: Path) -> None:
    """A run whose every edit breaks measures generation zero and ends."""
    (tmp_path / LOCK_FILE).write_text("{}")
    world = World(tasks=6, anchors=12, rejected=1.0)
    with RunArchive(tmp_path, writer=True, create=True) as archive:
        begin(archive, world)
        await Loop(archive, world.criterion(), settings(outcomes=500), SyntheticWorker(world, archive)).run()
        assert len(archive.state.nodes) == 1
        assert archive.state.spent <= 24
        assert {edit["failure"] for edit in archive.state.rejected} == {"broken-workspace"}


async def test_the_off_rule_never_erases(archive: RunArchive) -> None:
    """The matched control: same code, no replacement, one utility id."""
    await loop(archive, epochs=EpochSettings(first=8, replacement="off")).run()
    assert archive.state.erased == 0
    assert len(archive.state.epochs) == 3
    assert {epoch["utility_id"] for epoch in archive.state.epochs} == {archive.state.utility_id}


# ---------------------------------------------------------------------- hostile edits and open ends


class Editing(SyntheticWorker):
    """Returns the same foreign file with every edit."""

    path = ""

    async def expand(self, job: Expansion) -> dict[str, Any]:
        result = await super().expand(job)
        if result["tree"]:
            tree = self.archive.blobs.get_tree(result["tree"]) | {self.path: File(b"x")}
            result["tree"] = self.archive.blobs.put_tree(tree)
        return result


@pytest.mark.filterwarnings(NEVER_AWAITED)
async def test_a_hostile_file_name_rejects_the_edit_and_not_the_run(archive: RunArchive) -> None:
    """What an editor leaves behind is the editor's failure."""
    worker = Editing(SMALL, archive)
    worker.path = "coder/git~1"
    await loop(archive, worker).run()
    assert archive.state.rejected


@pytest.mark.filterwarnings(NEVER_AWAITED)
async def test_a_sandbox_lost_during_the_final_tests_is_tried_again(archive: RunArchive) -> None:
    """The failure table says retry for infrastructure, in the last stage too."""
    lost = []

    class Losing(SyntheticWorker):
        async def test(self, job: Test) -> dict[str, Any]:
            if not lost:
                lost.append(job)
                raise SandboxLostError("once")
            return await super().test(job)

    await loop(archive, Losing(SMALL, archive)).run()
    assert archive.state.finished


@pytest.mark.filterwarnings(NEVER_AWAITED)
async def test_finished_tests_survive_an_interruption(archive: RunArchive) -> None:
    """What was paid for is not run again after a kill, whatever came first."""
    runs: list[str] = []

    class Stuck(SyntheticWorker):
        stuck = True

        async def test(self, job: Test) -> dict[str, Any]:
            if self.stuck and not runs:
                runs.append("stuck")
                await asyncio.sleep(60)
            runs.append(job.task)
            return await super().test(job)

    worker = Stuck(SMALL, archive)
    task = asyncio.create_task(loop(archive, worker, workers=4).run())
    while len(runs) < 10:  # noqa: ASYNC110  # nothing signals it
        await asyncio.sleep(0.001)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    done = len(runs)
    runs.clear()
    worker.stuck = False
    await loop(archive, worker, workers=4).run()
    total = len(archive.state.test)
    assert len(runs) <= total - (done - 4)


@pytest.mark.filterwarnings(NEVER_AWAITED)
async def test_a_wall_clock_budget_holds_over_resumes(archive: RunArchive) -> None:
    """An interrupted run has no more time than an undisturbed one."""
    worker = Failing(SMALL, archive)
    worker.error = ZeroDivisionError("ours")
    now = 0.0

    def clock() -> float:
        return now

    budget = settings(budget=BudgetSettings(outcomes=40, wall_s=100.0))
    first = Loop(archive, SMALL.criterion(), budget, worker, clock=clock)
    now = 99.0
    with pytest.raises(ZeroDivisionError):
        await first.run()
    second = Loop(archive, SMALL.criterion(), budget, SyntheticWorker(SMALL, archive), clock=clock)
    now = 101.0
    await second.run()
    assert archive.state.spent < 40


@pytest.mark.filterwarnings(NEVER_AWAITED)
async def test_a_run_without_generation_zero_says_so(tmp_path: Path) -> None:
    """Killed between the lock and the first event: a message, and what to do."""
    (tmp_path / LOCK_FILE).write_text("{}")
    with RunArchive(tmp_path, writer=True, create=True) as archive:
        with pytest.raises(RqgmError):
            await loop(archive).run()


@pytest.mark.filterwarnings(NEVER_AWAITED)
async def test_patience_begins_anew_with_a_resume(archive: RunArchive) -> None:
    """Who resumes has mended the engine; one more hiccup is a hiccup."""
    with pytest.raises(RunStoppedError):
        await loop(archive, Failing(SMALL, archive), patience=6).run()

    class Hiccup(SyntheticWorker):
        once = True

        async def _work(self, n: int) -> None:
            if self.once:
                self.once = False
                raise SandboxLostError("hiccup")

    await loop(archive, Hiccup(SMALL, archive), patience=6, workers=1).run()


async def test_an_interrupted_run_leaves_no_coroutine_unawaited(archive: RunArchive) -> None:
    """Interrupting prints no warnings."""

    class Stuck(SyntheticWorker):
        async def _work(self, n: int) -> None:
            await asyncio.sleep(60)

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        task = asyncio.create_task(loop(archive, Stuck(SMALL, archive), workers=1).run())
        while not archive.state.dispatched:  # noqa: ASYNC110  # nothing signals it
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        del task
        gc.collect()
    assert [str(warning.message) for warning in caught if "never awaited" in str(warning.message)] == []


class Costly(SyntheticWorker):
    """Every outcome costs a dollar of models; from the job `spent_from` on, the run's budget refuses."""

    spent_from: int | None = None
    unavailable: bool = False

    async def validate(self, job: Validation) -> dict[str, Any]:
        if self.spent_from is not None and job.n >= self.spent_from:
            raise BudgetSpentError("the budget of usd is spent")
        if self.unavailable:
            raise ProviderUnavailableError("models: no answer")
        return await super().validate(job) | {"usage": {"cost_usd": 1.0}}

    async def test(self, job: Test) -> dict[str, Any]:
        if self.spent_from is not None:
            raise BudgetSpentError("the budget of usd is spent")
        return await super().test(job) | {"usage": {"cost_usd": 1.0}}


async def test_the_search_leaves_a_share_of_the_dollars_for_the_test(archive: RunArchive) -> None:
    """With ten dollars, two of which are kept back, the search ends at eight (and what was in flight)."""
    budget = BudgetSettings(outcomes=1_000, usd=10.0, test_share=0.2)
    await loop(archive, Costly(SMALL, archive), budget=budget, workers=1, search=SearchSettings(lag=1)).run()
    assert archive.state.spent == 8
    assert archive.state.finished["reason"] == "the budget of usd is spent"
    assert archive.state.test


async def test_a_refusal_by_the_runs_own_budget_ends_the_search_and_counts_nothing(archive: RunArchive) -> None:
    """The run ends with its endpoints; what could not be tested stays untested."""
    worker = Costly(SMALL, archive)
    worker.spent_from = 12
    await loop(archive, worker).run()
    state = archive.state
    assert all(n < 12 for n in state.records)
    assert state.finished["reason"] == "the budget of usd is spent"
    assert state.endpoints["generalist"]
    assert not state.test


async def test_a_provider_that_does_not_answer_stops_the_run_soon_and_scores_nothing(archive: RunArchive) -> None:
    """Each such job has waited long: two in a row are enough. A resume goes on."""
    worker = Costly(SMALL, archive)
    worker.unavailable = True
    with pytest.raises(RunStoppedError, match="2 jobs in a row failed outside the agents: models: no answer"):
        await loop(archive, worker).run()
    assert not archive.state.records
    worker.unavailable = False
    await loop(archive, worker).run()
    assert archive.state.spent == 40
