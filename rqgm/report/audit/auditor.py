"""The audit: all checks of a run's folder, in an order in which each rests only on what was checked before it."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from rqgm.archive.ledger import Ledger
from rqgm.archive.state import State
from rqgm.core.errors import ConfigError, RqgmError
from rqgm.gateway.calls import CALLS_FILE
from rqgm.report.audit.findings import Sheet, Standing, failed, skipped
from rqgm.report.audit.folder import check_inputs, check_layout, check_lock
from rqgm.report.audit.isolation import check_hidden, check_pools
from rqgm.report.audit.record import Heads, check_chain, check_heads
from rqgm.report.audit.store import check_blobs, check_lineage
from rqgm.report.audit.walk import CHECKS, Walk
from rqgm.report.signs import DETECTORS, find_signs
from rqgm.run.lock import make_criterion
from rqgm.run.session import loop_settings, open_run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from rqgm.archive.ledger import Event
    from rqgm.evolution.criterion import Criterion
    from rqgm.evolution.loop import LoopSettings
    from rqgm.report.audit.findings import Finding
    from rqgm.report.audit.record import Chain

LEDGER = "ledger.sqlite"


@dataclass(frozen=True)
class AuditOptions:
    """What a reader asks for.

    `every` = make all of the search's decisions again, not at most some thousands; `signs` = look for cheating, too.
    """

    heads: Heads = field(default_factory=Heads)
    every: bool = False
    signs: bool = True
    tell: Callable[[str], None] = lambda _: None
    """Told the name of each check before it is made."""


@dataclass(frozen=True)
class Audit:
    """What an audit came to."""

    folder: Path
    run: str
    findings: list[Finding]
    heads: dict[str, str | None]
    wall_s: float

    @property
    def passed(self) -> bool:
        """Whether no check failed."""
        return not failed(self.findings)

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "schema_version": 1,
            "run": self.run,
            "folder": str(self.folder),
            "passed": self.passed,
            "heads": self.heads,
            "findings": [finding.to_json() for finding in self.findings],
            "wall_s": round(self.wall_s, 3),
        }


@dataclass
class _Making:
    """An audit in the making."""

    folder: Path
    options: AuditOptions
    findings: list[Finding] = field(default_factory=list)
    heads: dict[str, str | None] = field(default_factory=lambda: {"ledger": None, "lineage": None})

    def add(self, finding: Finding) -> bool:
        self.findings.append(finding)
        return finding.standing is not Standing.FAILED

    def make(self, check: str, check_it: Callable[..., Finding], *given: Any) -> bool:
        """Make one check. What it stumbles over is a finding as well: a record may hold anything."""
        self.options.tell(check)
        try:
            return self.add(check_it(*given))
        except Exception as error:  # noqa: BLE001  # the border to what strangers wrote
            sheet = Sheet(check)
            sheet.fault("the check could not be made", f"{type(error).__name__}: {error}")
            return self.add(sheet.close())


def audit(folder: Path, options: AuditOptions | None = None) -> Audit:
    """Check the run in `folder` and return what was found; nothing in it is changed, and none of its code is run.

    Raises ConfigError where the folder is no run at all. Whatever else is wrong with it is a finding.
    """
    began = time.monotonic()
    making = _Making(folder, options or AuditOptions())
    if not (folder / LEDGER).exists() and not (folder / "run.lock.json").exists():
        raise ConfigError(f"{folder}: not a run (neither run.lock.json nor {LEDGER}); runs lie in archive/runs/")
    name = _audit(making)
    return Audit(folder, name, making.findings, making.heads, time.monotonic() - began)


def _audit(making: _Making) -> str:
    folder = making.folder
    if not making.make("layout", check_layout, folder):
        making.add(skipped("all else", "what is no plain file may lead elsewhere or never end: nothing was opened"))
        return folder.name
    making.options.tell("inputs")
    finding, lock = check_lock(folder)
    making.add(finding)
    inputs, criterion, settings = None, None, None
    if lock is not None:
        finding, inputs = check_inputs(folder, lock)
        making.add(finding)
    if lock is not None and inputs is not None:
        criterion, settings = make_criterion(lock, inputs.suites, inputs.panels, inputs.talks), loop_settings(lock)
    making.options.tell("ledger")
    finding, chain = check_chain(folder / LEDGER, "ledger")
    making.add(finding)
    if chain is not None:
        making.heads["ledger"] = chain.head
        _check_record(making, chain, criterion, settings, lock.hash if lock else None)
    else:
        making.add(skipped("the record's content", "its chain is broken: what it says cannot be trusted"))
    if (folder / CALLS_FILE).exists():
        finding, chain = check_chain(folder / CALLS_FILE, "calls")
        making.add(finding)
        making.heads["calls"] = chain.head if chain else None
        if chain is not None:
            making.make("cost of calls", _check_calls, folder)
    elif lock is not None and lock.experiment.models is not None:
        making.make("calls", _missing_calls, folder)
    if inputs is not None and criterion is not None:
        making.make("pools", check_pools, criterion, inputs.suites)
        making.make("hidden", check_hidden, inputs.suites, _sent(folder))
        if making.options.signs and not failed(making.findings):
            making.make("signs", _look_for_signs, folder)
    making.add(check_heads(making.heads, making.options.heads))
    return lock.run if lock else folder.name


def audit_record(folder: Path, criterion: Criterion, settings: LoopSettings, *, every: bool = False) -> list[Finding]:
    """Check a ledger, its content and its lineage by a criterion that is given, where there is no lock (see `audit`).

    Artifacts need not have been kept.
    """
    making = _Making(folder, AuditOptions(every=every, signs=False))
    finding, chain = check_chain(folder / LEDGER, "ledger")
    making.add(finding)
    if chain is not None:
        _check_record(making, chain, criterion, settings, None)
    return making.findings


def _check_record(
    making: _Making, chain: Chain, criterion: Criterion | None, settings: LoopSettings | None, lock_hash: str | None
) -> None:
    """Make the checks of the record's content, and of the lineage and the blobs that it points at."""
    folder, every = making.folder, making.options.every
    making.options.tell("record")
    with closing(Ledger(folder / LEDGER, read_only=True)) as ledger:
        events = islice(ledger.events(), chain.events)  # a run may go on while it is audited
        if criterion is None or settings is None:
            making.add(skipped("rules", "without the lock and its inputs nobody knows them"))
            finding, state = _fold(events)
            making.add(finding)
        else:
            walk = Walk(criterion, settings, lock_hash, ledger.count("dispatched"), every=every)
            for finding in walk.follow(events):
                making.add(finding)
            state = walk.state
        making.heads["lineage"] = state.lineage_head
    # What a run with a lock made is real: workspaces with manifests, and artifacts that are kept.
    making.make("lineage", check_lineage, folder / "lineage.git", state, criterion if lock_hash else None)
    making.make("blobs", check_blobs, folder / "blobs", _referred(folder) if lock_hash else iter(()))


def _fold(events: Iterable[Event]) -> tuple[Finding, State]:
    sheet, state = Sheet("fold"), State()
    for event in events:
        try:
            state.apply(event.kind, event.body)
        except (KeyError, TypeError, ValueError, IndexError, AttributeError, RqgmError) as error:
            sheet.fault(f"event {event.seq}", f"{event.kind} cannot be applied: {error}")
            break
    return sheet.close(f"{len(state.nodes)} nodes, {len(state.records)} outcomes"), state


def _referred(folder: Path) -> Iterator[str]:
    """Yield the blobs that the ledger and the record of calls refer to."""
    with closing(Ledger(folder / LEDGER, read_only=True)) as ledger:
        for event in ledger.events():
            body = event.body
            if event.kind in {"outcome", "test_outcome"} and body.get("artifact"):
                yield body["artifact"]
            elif event.kind in {"node_added", "edit_rejected"}:
                yield from (outcome["artifact"] for outcome in body["train"] if outcome.get("artifact"))
            elif event.kind == "epoch_closed":
                yield from (item["artifact"] for pool in body["adversarial"].values() for item in pool.get("items", ()))
    if (folder / CALLS_FILE).exists():
        with closing(Ledger(folder / CALLS_FILE, read_only=True)) as ledger:
            calls = (event.body["call"] for event in ledger.events() if event.kind == "call" and event.body["call"])
            yield from (call[part] for call in calls for part in ("request", "response") if call[part])


def _look_for_signs(folder: Path) -> Finding:
    """Let the detectors look at the run. A sign is no proof, so it never fails an audit."""
    run = open_run(folder)
    try:
        signs = find_signs(run)
    finally:
        run.archive.close()
    sheet = Sheet("signs")
    strong = [sign for sign in signs if sign.strength == "strong"]
    for sign in [*strong, *(sign for sign in signs if sign.strength != "strong")]:
        where = "" if sign.node is None else f" at node #{sign.node}"
        sheet.note(f"{sign.strength}: {sign.detector}{where}: {sign.text}")
    return sheet.close(
        f"{len(DETECTORS)} detectors: {len(strong)} strong signs, {len(signs) - len(strong)} weaker ones"
    )


def _sent(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield what roles sent to models, as far as it was recorded: (where, text)."""
    if not (folder / CALLS_FILE).exists():
        return
    from rqgm.gateway.calls import Calls  # noqa: PLC0415  # only runs with models have any

    with closing(Calls(folder, read_only=True)) as calls:
        for call in calls:
            text = calls.texts(call)[0]
            if text:
                yield f"call of {call.scope}", text.replace("\\n", "\n")


def _missing_calls(folder: Path) -> Finding:
    """Say that a run's roles called models, and the record of it is gone."""
    sheet = Sheet("calls")
    with closing(Ledger(folder / LEDGER, read_only=True)) as ledger:
        usage = State.fold(ledger.events()).usage
    calls = sum(used.model_calls for used in usage.values())
    sheet.expect(calls == 0, CALLS_FILE, f"is missing, but the run was charged for {calls} calls")
    return sheet.close("the run called no model")


def _check_calls(folder: Path) -> Finding:
    """Hold what calls cost against what the run charged for them."""
    from rqgm.gateway.calls import Calls  # noqa: PLC0415

    sheet = Sheet("cost of calls")
    with closing(Calls(folder, read_only=True)) as record:
        calls = list(record)
        doubtful = record.doubtful().usd
    with closing(Ledger(folder / LEDGER, read_only=True)) as ledger:
        usage = State.fold(ledger.events()).usage
    cost = sum(call.cost_usd for call in calls)
    charged = sum(used.cost_usd for used in usage.values())
    sheet.expect(charged <= cost + 1e-6, "in all", f"the run charged {charged:.6f} usd, its calls cost {cost:.6f}")
    beside = max(0.0, cost - charged)
    figure = f"{len(calls)} calls, {cost:.6f} usd; {beside:.6f} of jobs that came to nothing; {doubtful:.6f} doubtful"
    return sheet.close(figure)


__all__ = ["CHECKS", "Audit", "AuditOptions", "audit"]
