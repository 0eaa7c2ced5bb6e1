"""The epoch loop: decide, dispatch, commit in order, close epochs, choose endpoints, test them.

Jobs are numbered as they are dispatched. Results are committed in that order, one commit for one dispatch, so that
decision n sees exactly the results of the jobs up to n - lag, on any machine and with any number of workers. With
``commit = "arrival"`` results count as they come; the ledger keeps that order.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from rqgm.core.errors import (
    ArtifactError,
    BudgetSpentError,
    InfrastructureError,
    ProviderUnavailableError,
    RunStoppedError,
)
from rqgm.core.failures import Failure
from rqgm.core.text import clean
from rqgm.core.words import RoleKind
from rqgm.evolution.cells import OpenCells
from rqgm.evolution.checkpoint import close_epoch, decide_slots, next_checkpoint, plan_race
from rqgm.evolution.displacement import labellings, open_intakes
from rqgm.evolution.endpoints import choose_endpoints, plan_tests
from rqgm.evolution.search import Search, decide
from rqgm.evolution.settings import AdversarialSettings
from rqgm.evolution.worker import Expansion, SeatRef, Test, Validation, work_key

if TYPE_CHECKING:
    from rqgm.archive.run_archive import RunArchive
    from rqgm.archive.state import State
    from rqgm.evolution.checkpoint import Decided
    from rqgm.evolution.criterion import Criterion
    from rqgm.evolution.displacement import Intake
    from rqgm.evolution.settings import BudgetSettings, EndpointSettings, EpochSettings, SearchSettings
    from rqgm.evolution.worker import Worker

ATTEMPTS = 2
"""How often a job that fails outside the agents is tried before its cell is reopened."""
RETRY_S = 0.05
PROVIDER_PATIENCE = 2
"""Jobs in a row that fail for a model's provider that does not answer, after which the run stops: each waited long."""

Work = Callable[[], Awaitable[dict[str, Any]]]


@dataclass(frozen=True)
class LoopSettings:
    """All that the loop is told: seed, search, epochs, endpoints, budget, adversarial pools and workers."""

    seed: int
    search: SearchSettings
    epochs: EpochSettings
    endpoints: EndpointSettings
    budget: BudgetSettings
    adversarial: AdversarialSettings = field(default_factory=AdversarialSettings)
    workers: int = 1
    patience: int = 24
    """Infrastructure failures in a row after which the run stops."""


class Loop:
    """One run, from wherever its archive stands to its end."""

    def __init__(
        self,
        archive: RunArchive,
        criterion: Criterion,
        settings: LoopSettings,
        worker: Worker,
        observe: Callable[[State, str], None] = lambda _state, _stage: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.archive = archive
        self.criterion = criterion
        self.settings = settings
        self.worker = worker
        self._observe = observe
        self._clock = clock
        self._started = clock()
        self._spent_s = 0.0
        self._stopping = ""
        state = archive.state
        self.cells = OpenCells(state, criterion, settings.seed)
        self.search = Search(settings.search, criterion, settings.seed, settings.budget.outcomes)
        self._gate = asyncio.Semaphore(settings.workers)
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._arrived: asyncio.Queue[int] = asyncio.Queue()
        self._results: dict[int, dict[str, Any]] = {}

    # ------------------------------------------------------------------ the run

    async def run(self) -> None:
        """Go on until the budget is spent, then choose and test the endpoints. May be called on a finished run."""
        state = self.archive.state
        if state.finished:
            return
        if not state.nodes:
            raise RunStoppedError(
                f"{self.archive.folder}: has no generation zero; start the run anew in another folder"
            )
        self._spent_s = max(state.elapsed_s, self.archive.ledger.running_s())
        if state.dispatched:
            self.archive.commit(("run_resumed", {}))
        try:
            self._restart_pending()
            await self._search()
            await self._finish()
        except BaseException as error:
            self._note_pause(error)
            raise
        finally:
            await self._cancel()

    def _note_pause(self, error: BaseException) -> None:
        interrupted = isinstance(error, asyncio.CancelledError)
        reason = "interrupted" if interrupted else clean(f"{type(error).__name__}: {error}", 300)
        elapsed_s = round(self._elapsed_s(), 3)
        with contextlib.suppress(RunStoppedError):  # a full disk stopped the run; that it cannot be noted is no news
            self.archive.commit(("run_paused", {"reason": reason, "elapsed_s": elapsed_s}))

    def _elapsed_s(self) -> float:
        return self._spent_s + self._clock() - self._started

    async def _search(self) -> None:
        state = self.archive.state
        while True:
            while await self._fill():
                pass
            if state.pending:
                await self._commit_next()
                continue
            reason = self._end_reason()
            if reason:
                self._stopping = reason
                return
            await self._checkpoint_if_due()

    async def _fill(self) -> bool:
        """Dispatch one job if the window, the budget and the checkpoint allow it."""
        events = self._next_dispatch()
        if events is None:
            return False
        self.archive.commit(events)
        self._start(self.archive.state.dispatched)
        return True

    def _next_dispatch(self) -> tuple[str, dict[str, Any]] | None:
        state, settings = self.archive.state, self.settings
        if len(state.pending) >= settings.search.lag or self._blocked():
            return None
        job = decide(self.search, state, self.cells)
        if job is not None:
            return self._dispatch(job)
        if not state.pending:
            self._stopping = "nothing is left to measure or to edit"
        return None

    def _dispatch(self, job: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        if job["kind"] == "validate":
            self.cells.reserve(job["node"], job["role"], (job["task"], job["measure"]))
        else:  # what its editor is shown is part of the decision, so that a resumed editor is shown the same
            job["known"] = self._known(job)
        return "dispatched", {"n": self.archive.state.dispatched + 1, "job": job}

    def _known(self, job: dict[str, Any]) -> list[str]:
        state = self.archive.state
        nodes = [state.nodes[index] for index in (job["node"], job["mate"]) if index is not None]
        keys = [work_key(self.criterion, node, role, task) for node in nodes for role, task in job["train"]]
        return [key for key in dict.fromkeys(keys) if key in state.train]

    def _blocked(self) -> bool:
        """Tell whether nothing may be dispatched: a checkpoint or the end of the budget must be drained first."""
        state = self.archive.state
        taken = state.spent + self.cells.reserved
        return bool(self._stopping) or taken >= min(self._due(), self.settings.budget.outcomes) or self._over_budget()

    def _due(self) -> int:
        state = self.archive.state
        after = state.epochs[-1]["outcomes"] if state.epochs else 0
        return next_checkpoint(self.settings.epochs, after)

    def _over_budget(self) -> bool:
        return bool(self._limit_reached())

    def _limit_reached(self) -> str:
        budget, state = self.settings.budget, self.archive.state
        used = sum(state.usage.values(), start=type(state.usage["test"])())
        limits = (
            ("usd", budget.usd, used.cost_usd),
            ("tokens", budget.tokens, used.blended_tokens),
            ("cpu_s", budget.cpu_s, used.cpu_s),
            ("wall_s", budget.wall_s, self._elapsed_s()),
        )
        reached = [name for name, cap, spent in limits if cap is not None and spent >= cap * self._share(name)]
        return f"the budget of {reached[0]} is spent" if reached else ""

    def _share(self, limit: str) -> float:
        """Return which share of a limit the search may use: what models cost, it leaves a part of for the test."""
        return 1.0 - self.settings.budget.test_share if limit in {"usd", "tokens"} else 1.0

    def _end_reason(self) -> str:
        state = self.archive.state
        if self._stopping:
            return self._stopping
        if state.spent >= self.settings.budget.outcomes:
            return "the budget of outcomes is spent"
        return self._limit_reached()

    # ------------------------------------------------------------------ jobs

    def _restart_pending(self) -> None:
        inbox = self.archive.ledger.inbox()
        for n in sorted(self.archive.state.pending):
            if n in inbox:
                self._results[n] = inbox[n]
                self._arrived.put_nowait(n)
            else:
                self._start(n)

    def _start(self, n: int) -> None:
        state = self.archive.state
        job = state.pending[n]
        if job["kind"] == "expand":
            work = partial(self.worker.expand, self._expansion(n, job))
        else:
            work = partial(self.worker.validate, self._validation(n, job))
        self._tasks[n] = asyncio.create_task(self._carry_out(n, work))

    async def _carry_out(self, n: int, work: Work) -> None:
        try:
            result = await self._guarded(work)
            self.archive.ledger.keep(n, result)
        except BaseException as error:
            if not isinstance(error, asyncio.CancelledError):
                self._arrived.put_nowait(n)
            raise
        self._results[n] = result
        self._arrived.put_nowait(n)

    async def _guarded(self, work: Work) -> dict[str, Any]:
        """Do the work, once more if it failed outside the agents; what fails again is voided."""
        detail, unavailable = "", False
        for attempt in range(ATTEMPTS):
            await asyncio.sleep(attempt * RETRY_S)
            async with self._gate:
                try:
                    return await work()
                except BudgetSpentError as error:
                    return {"voided": clean(str(error), 500), "spent": True}
                except InfrastructureError as error:
                    detail = clean(str(error), 500)
                    unavailable = isinstance(error, ProviderUnavailableError)
        return {"voided": detail, **({"unavailable": True} if unavailable else {})}

    def _validation(self, n: int, job: dict[str, Any]) -> Validation:
        state = self.archive.state
        node = state.nodes[job["node"]]
        seats = {
            slot: SeatRef(self._commit(slot), self.criterion.slots[slot], state.seats[slot].role_hash)
            for slot in self._slots(job)
        }
        key = work_key(self.criterion, node, job["role"], job["task"])
        made = state.artifacts.get(key)
        hard = job["measure"] == "adversarial"
        item = state.adversarial[job["role"]].items[job["task"]] if hard else None
        return Validation(n, node.commit, job["role"], job["task"], job["measure"], seats, key, made, item)

    def _expansion(self, n: int, job: dict[str, Any]) -> Expansion:
        state = self.archive.state
        mate = state.nodes[job["mate"]].commit if job["mate"] is not None else None
        train = tuple((role, task) for role, task in job["train"])
        return Expansion(
            n, state.nodes[job["node"]].commit, mate, train, {key: state.train[key] for key in job["known"]}
        )

    def _slots(self, job: dict[str, Any]) -> tuple[str, ...]:
        return self.criterion.role(job["role"]).measure(job["measure"]).slots

    def _commit(self, slot: str) -> str:
        return self.archive.state.nodes[self.archive.state.seats[slot].node].commit

    # ------------------------------------------------------------------ commits

    async def _commit_next(self) -> None:
        """Wait for the result whose turn it is and commit it."""
        state = self.archive.state
        if self.settings.search.commit == "arrival":
            n = await self._arrived.get()
        else:
            n = min(state.pending)
            while n not in self._results and not self._failed(n):
                await self._arrived.get()
        task = self._tasks.pop(n, None)
        if task is not None:
            await task
        self._commit_result(n, self._results.pop(n))

    def _failed(self, n: int) -> bool:
        task = self._tasks.get(n)
        return task is not None and task.done()

    def _commit_result(self, n: int, result: dict[str, Any]) -> None:
        job = self.archive.state.pending[n]
        if "voided" in result:
            self._void(n, job, result)
        elif job["kind"] == "validate":
            event = self._outcome(n, job, result)
            self.archive.commit(event, taken=[n])
            self.cells.release(job["node"], job["role"], (job["task"], job["measure"]), measured=True)
        else:
            self.archive.commit(self._expanded(n, job, result), taken=[n])
            self.cells.sync()
        self._observe(self.archive.state, "search")

    def _void(self, n: int, job: dict[str, Any], result: dict[str, Any]) -> None:
        detail = result["voided"]
        self.archive.commit(("voided", {"n": n, "job": job, "detail": detail}), taken=[n])
        if job["kind"] == "validate":
            self.cells.release(job["node"], job["role"], (job["task"], job["measure"]), measured=False)
        if result.get("spent"):
            self._stopping = detail
            return
        patience = PROVIDER_PATIENCE if result.get("unavailable") else self.settings.patience
        if self.archive.state.voided_in_a_row >= patience:
            raise RunStoppedError(f"{patience} jobs in a row failed outside the agents: {detail}")

    def _outcome(self, n: int, job: dict[str, Any], result: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        state = self.archive.state
        role = self.criterion.role(job["role"])
        measure = role.measure(job["measure"])
        artifact_key = work_key(self.criterion, state.nodes[job["node"]], job["role"], job["task"])
        made = result["made"] if role.kind is RoleKind.SOLVER else None
        return "outcome", {
            "n": n,
            "node": job["node"],
            "role": job["role"],
            "task": job["task"],
            "measure": job["measure"],
            "pool": role.pool_of(measure).value,
            "y": result["y"],
            "score": result["score"],
            "weight": role.weight(measure),
            "failure": result["failure"],
            "detail": result["detail"],
            "artifact": made["blob"] if made else None,
            "artifact_key": artifact_key if made else None,
            "made": made,
            "opinions": result.get("opinions", []),
            **{key: result[key] for key in ("criteria", "team", "talk") if key in result},
            "deps": list(measure.slots),
            "epoch": state.epoch,
            "epoch_vector": {slot: state.seats[slot].counter for slot in measure.slots},
            "usage": result["usage"],
            "utility_id": state.utility_id,
        }

    def _expanded(self, n: int, job: dict[str, Any], result: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        state = self.archive.state
        common = {key: result[key] for key in ("tried", "why", "train", "usage", "train_usage")}
        common |= {"n": n, "parent": job["node"], "mate": job["mate"], "epoch": state.epoch}
        if result["tree"] is None:
            return "edit_rejected", common | {"failure": result["failure"], "detail": result["detail"]}
        try:
            commit = self.add_node(n, job["node"], result)
        except ArtifactError as error:
            failed = {"failure": Failure.BROKEN_WORKSPACE.value, "detail": clean(str(error), 300)}
            return "edit_rejected", common | failed
        if commit in state.by_commit:
            detail = f"the same edit of the same node as {commit[:10]}"
            return "edit_rejected", common | {"failure": Failure.UNCHANGED_WORKSPACE.value, "detail": detail}
        return "node_added", common | {
            "commit": commit,
            "roles": result["roles"],
            "deterministic": result["deterministic"],
        }

    def add_node(self, n: int, parent: int, result: dict[str, Any]) -> str:
        """Commit an edited workspace to the lineage and return its id; the ledger makes it a node."""
        state = self.archive.state
        evidence = ", ".join(f"{role}/{task}" for role, task in state.pending[n].get("train", ()))
        mate = state.nodes[job_mate].commit if (job_mate := state.pending[n]["mate"]) is not None else ""
        trailers = {"Rqgm-Epoch": str(state.epoch), "Rqgm-Job": str(n)}
        trailers |= {"Rqgm-Evidence": evidence} if evidence else {}
        trailers |= {"Rqgm-Mate": mate} if mate else {}
        message = f"{result['tried']}\n{result['why']}"
        tree = self.archive.blobs.get_tree(result["tree"])
        return self.archive.lineage.add(len(state.nodes), tree, state.nodes[parent].commit, message, trailers)

    # ------------------------------------------------------------------ checkpoints

    async def _checkpoint_if_due(self) -> None:
        state = self.archive.state
        if state.spent < self._due():
            return
        await self._race()
        if state.spent >= self.settings.budget.outcomes:
            return
        decided = decide_slots(state, self.criterion, self.settings.epochs)
        intakes = await self._take_in(decided)
        event = close_epoch(state, self.criterion, self.settings.epochs, decided, intakes)
        self.archive.commit(("epoch_closed", event))
        self.cells = OpenCells(state, self.criterion, self.settings.seed)  # erased cells are open, pools have changed
        self._observe(state, "checkpoint")

    async def _take_in(self, decided: Decided) -> dict[str, Intake]:
        """Have labelled what the displaced judges accepted. Nothing is committed: a resumed run does it anew."""
        state = self.archive.state
        intakes = open_intakes(state, self.criterion, self.settings.adversarial, decided.seats)
        for intake in intakes.values():
            while items := intake.unlabelled():
                jobs = labellings(state, self.criterion, items)
                results = await asyncio.gather(*(self._guarded(partial(self.worker.label, job)) for job in jobs))
                if sum("voided" in result for result in results) >= self.settings.patience:
                    raise RunStoppedError(f"{self.settings.patience} labels failed outside the agents")
                for item, result in zip(items, results, strict=True):
                    intake.note(item, result)
        return intakes

    async def _race(self) -> None:
        state, settings = self.archive.state, self.settings
        began = state.epochs[-1]["outcomes"] if state.epochs else 0
        cap = int(settings.epochs.race.share * (self._due() - began))
        while (planned := plan_race(state, self.cells, self.criterion, settings.epochs, settings.seed)) is not None:
            raced = max(0, state.spent - self._due())
            left = min(cap - raced, settings.budget.outcomes - state.spent)
            jobs = planned.jobs[: max(0, left)]
            events = [self._dispatch_raced(job, offset) for offset, job in enumerate(jobs, 1)]
            first = state.dispatched + 1
            self.archive.commit(
                *events, ("race_round", {"round": planned.round, "entrants": planned.entrants, "jobs": len(jobs)})
            )
            for n in range(first, first + len(jobs)):
                self._start(n)
            while state.pending:
                await self._commit_next()

    def _dispatch_raced(self, job: dict[str, Any], offset: int) -> tuple[str, dict[str, Any]]:
        self.cells.reserve(job["node"], job["role"], (job["task"], job["measure"]))
        return "dispatched", {"n": self.archive.state.dispatched + offset, "job": job}

    # ------------------------------------------------------------------ the end

    async def _finish(self) -> None:
        state = self.archive.state
        if not state.endpoints:
            chosen = choose_endpoints(state, self.criterion, self.settings.endpoints)
            self.archive.commit(("endpoints_chosen", {"endpoints": chosen, "reason": self._stopping}))
        self._observe(state, "test")
        inbox = self.archive.ledger.inbox()
        plan = {-n: job for n, job in enumerate(plan_tests(state, self.criterion), 1) if job not in state.test}
        tasks = {n: asyncio.create_task(self._test(n, *job, inbox.get(n))) for n, job in plan.items()}
        try:
            for n, task in tasks.items():
                self._record_test(n, plan[n], await task)
        finally:
            for task in tasks.values():
                task.cancel()
            await asyncio.gather(*tasks.values(), return_exceptions=True)
        heads = {"lineage_head": state.lineage_head, "ledger_head": self.archive.ledger.head}
        self.archive.commit(("run_finished", {"reason": self._stopping or "resumed after the search", **heads}))
        self._observe(state, "done")

    async def _test(self, n: int, node: int, role: str, task: str, kept: dict[str, Any] | None) -> dict[str, Any]:
        """Run one test job; numbers are negative, so that what has arrived is kept beside the search's results."""
        if kept is not None:
            return kept
        commit = self.archive.state.nodes[node].commit
        result = await self._guarded(partial(self.worker.test, Test(commit, role, task)))
        if "voided" not in result:
            self.archive.ledger.keep(n, result)
        return result

    def _record_test(self, n: int, job: tuple[int, str, str], result: dict[str, Any]) -> None:
        if result.get("spent"):
            return  # what was not tested stays untested, and the summary says so
        if "voided" in result:
            raise RunStoppedError(f"the test pool could not be run: {result['voided']}")
        node, role, task = job
        self.archive.commit(("test_outcome", {"node": node, "role": role, "task": task, **result}), taken=[n])
        self._observe(self.archive.state, "test")

    async def _cancel(self) -> None:
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        self._tasks.clear()
