"""What `rqgm nexa` shows: how a training goes on, what it came to, and tables of policies."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Self

from rqgm.cli.console import duration_text, foreign, make_console
from rqgm.cli.lines import line_width

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

    from rqgm.orchestration.evaluation import Comparison, Row, Table
    from rqgm.orchestration.training.trainer import Step, Trained

PLAIN_EVERY_S = 10.0
PIPE_WIDTH = 120
GAINS = ("right, %", "over parallel", "p", "over full", "p")
COSTS = ("calls", "path (p95)", "tokens", "CPU-s", "silent", "items", "agents")
"""Of the second round, in the mean per item; items and agents: how many it rescued, and harmed."""


class TrainingProgress:
    """A bar on standard error, with rate, time left and validation; without a terminal a line now and then."""

    def __init__(self, updates: int) -> None:
        self._updates = updates
        self._console = make_console(stderr=True)
        self._began = self._last = time.monotonic()
        self._done = 0
        self._looked: float | None = None
        self._progress: Progress | None = None
        self._bar: TaskID | None = None

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

            left = TimeRemainingColumn()
            columns = (
                TextColumn("training"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[told]}"),
                left,
            )
            self._progress = Progress(*columns, console=self._console, transient=True)
            self._bar = self._progress.add_task("training", total=self._updates, told="")
            self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._progress is not None:
            self._progress.stop()

    def tell(self, step: Step) -> None:
        """Take in an update."""
        self._done += step.update > 0
        self._looked = step.validation if step.validation is not None else self._looked
        now = time.monotonic()
        rate = self._done / max(1e-9, now - self._began)
        reward = "?" if self._looked is None else f"{self._looked:.3f}"
        told = f"{rate:.1f} updates/s, validation {reward}"
        if self._progress is not None and self._bar is not None:
            self._progress.update(self._bar, completed=self._done, told=told)
        elif now - self._last >= PLAIN_EVERY_S:
            self._last = now
            left = duration_text((self._updates - self._done) / rate) if self._done else "?"
            self._console.print(f"{self._done} of {self._updates} updates, {told}, {left} left")


def print_trained(console: Console, trained: Trained) -> None:
    """Print in a line what a training came to."""
    done = sum(step.update > 0 for step in trained.history)
    best = f"best after update {trained.update} of seed {trained.seed}"
    calls = " and ".join(f"{one:.2f}" for one in trained.validation_calls)
    reward = f"{trained.validation:.3f} net of costs at {calls} extra calls on validation"
    console.print(f"{trained.policy.name}: {done} updates, {best}: {reward}")
    if trained.update == 0:
        console.print(
            "no update was better than the fresh policy, which lets nobody talk; try another seed, --restarts 3"
        )


def print_table(console: Console, table: Table) -> None:
    """Print policies on one pool: what they gain, then what they cost."""
    from rich.table import Table as RichTable  # noqa: PLC0415

    items = table.rows[0].items if table.rows else 0
    groups = table.rows[0].groups if table.rows else 0
    of = f"{items} items" if items == groups else f"{items} items in {groups} groups"
    console.print(foreign(f"{table.environment}, {table.pool}: {of}; 95 % intervals, McNemar's p", 300), style="bold")
    if line_width(console) is None:
        console.width = PIPE_WIDTH  # a pipe is as wide as the table
    for columns, cells in ((GAINS, _gains), (COSTS, _costs)):
        shown = RichTable(box=None, pad_edge=False)
        shown.add_column("policy", no_wrap=True, min_width=14)
        for column in columns:
            shown.add_column(column, justify="right", no_wrap=True)
        for row in table.rows:
            shown.add_row(foreign(row.policy, 40), *cells(row))
        console.print(shown)
    for row in table.rows:
        if row.unknown:
            console.print(
                foreign(
                    f"{row.policy}: {row.unknown} plans are not on record; they count as calls that change nothing", 300
                )
            )
    if table.left_out:
        console.print(foreign(f"not recorded, so left out: {', '.join(table.left_out)}", 300))


def _gains(row: Row) -> list[str]:
    accuracy = f"{100 * row.accuracy.value:.1f} [{100 * row.accuracy.low:.1f}, {100 * row.accuracy.high:.1f}]"
    return [accuracy, *_gain(row.against_parallel), *_gain(row.against_full)]


def _costs(row: Row) -> list[str]:
    return [
        f"{row.extra_calls:.2f}",
        f"{row.critical_path:.1f} ({row.critical_path_p95:.0f})",
        f"{row.tokens:.0f}",
        f"{row.cpu_s:.2f}",
        f"{100 * row.empty:.0f} %",
        f"+{row.against_parallel.gained} -{row.against_parallel.lost}",
        f"+{row.rescued_agents} -{row.harmed_agents}",
    ]


def _gain(comparison: Comparison) -> tuple[str, str]:
    found = comparison.difference
    return f"{100 * found.value:+.1f} [{100 * found.low:+.1f}, {100 * found.high:+.1f}]", f"{comparison.p_value:.2g}"
