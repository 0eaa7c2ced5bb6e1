"""A run while it goes on: a live view on a terminal, plain lines elsewhere, and the summary at its end."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from typing import TYPE_CHECKING, Any

from rqgm.cli.console import duration_text, foreign, make_console, print_json
from rqgm.cli.summary_text import print_summary
from rqgm.core.usage import Usage
from rqgm.run.forecast import forecast
from rqgm.run.session import open_run, proceed
from rqgm.run.summary import summarise

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rich.console import Console, Group

    from rqgm.archive.state import State
    from rqgm.run.forecast import Forecast
    from rqgm.run.session import RunOptions

PLAIN_EVERY_S = 10.0
REFRESH_PER_S = 4


def carry_out(folder: Path, options: RunOptions, *, as_json: bool) -> int:
    """Run `folder` to its end and print what came of it; return the exit code."""
    console = make_console(stderr=as_json)
    if not as_json:
        console.print(f"run {folder.name}", style="bold")
        console.print(f"folder {folder}")
    try:
        asyncio.run(_run(folder, options, console))
    except (KeyboardInterrupt, asyncio.CancelledError):
        sys.stderr.write(f"\npaused; nothing is lost. Go on with: rqgm resume {folder}\n")
        return 130
    except Exception:
        sys.stderr.write(f"\nstopped; what was committed is kept. Go on with: rqgm resume {folder}\n")
        raise
    run = open_run(folder)
    try:
        summary = summarise(run)
        if as_json:
            print_json(summary)
        else:
            print_summary(console, summary, run)
    finally:
        run.archive.close()
    return 0


async def _run(folder: Path, options: RunOptions, console: Console) -> None:
    run = open_run(folder)
    experiment, name = run.lock.experiment, run.lock.run

    def ahead(state: State) -> Forecast | None:
        return forecast(state, run.criterion, experiment) if experiment.models else None

    run.archive.close()
    watch = Watch(name, experiment.budget.outcomes, experiment.budget.usd, ahead)
    task = asyncio.ensure_future(_observed(folder, options, console, watch))
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    await task


async def _observed(folder: Path, options: RunOptions, console: Console, watch: Watch) -> None:
    if not console.is_terminal:
        await proceed(folder, options, PlainView(console, watch).observe)
        return
    from rich.live import Live  # noqa: PLC0415

    with Live(console=console, refresh_per_second=REFRESH_PER_S, get_renderable=watch.render):
        await proceed(folder, options, watch.observe)


class Watch:
    """What is seen of a run: a snapshot of its state, renewed at every commit and drawn a few times a second."""

    def __init__(
        self,
        name: str,
        budget: int,
        budget_usd: float | None = None,
        ahead: Callable[[State], Forecast | None] = lambda _: None,
    ) -> None:
        self.name = name
        self.budget = budget
        self._budget_usd = budget_usd
        self._ahead = ahead
        self.state: State | None = None
        self.stage = "starting"
        self._began = time.monotonic()
        self._first_spent: int | None = None

    def observe(self, state: State, stage: str) -> None:
        """Take in a commit."""
        if self._first_spent is None:
            self._first_spent = state.spent
        self.state, self.stage = state, stage

    def rate(self) -> float:
        """Return outcomes per second since this process took over."""
        if self.state is None or self._first_spent is None:
            return 0.0
        return (self.state.spent - self._first_spent) / max(1e-9, time.monotonic() - self._began)

    def eta(self) -> str:
        """Return how long the rest of the budget would take at this rate."""
        rate = self.rate()
        if self.state is None or rate <= 0:
            return "?"
        return duration_text((self.budget - self.state.spent) / rate)

    def figures(self) -> dict[str, Any]:
        """Return the figures of the view."""
        state = self.state
        assert state is not None
        used = sum(state.usage.values(), start=Usage())
        best, belief = best_node(state)
        roles = ", ".join(f"{role} {c.successes:g}/{c.total:g}" for role, c in state.by_role(best).items())
        return {
            "epoch": state.epoch,
            "outcomes": f"{state.spent}/{self.budget}",
            "shared": state.shared(),
            "nodes": len(state.nodes),
            "rejected": len(state.rejected),
            "best": f"#{best} {belief:.3f} ({roles})",
            "tests": len(state.test),
            "cost": f"{used.cpu_s:.0f} CPU-s, {used.agent_runs} agent runs"
            + (f", {used.blended_tokens} tokens, {self._money(state, used)}" if used.blended_tokens else ""),
            "rate": f"{self.rate():.1f} outcomes/s",
            "eta": self.eta() if self.stage == "search" else "-",
        }

    def _money(self, state: State, used: Usage) -> str:
        """Return dollars spent, of how many, and how many it will be."""
        cap = f" of ${self._budget_usd:g}" if self._budget_usd else ""
        ahead = self._ahead(state)
        return f"${used.cost_usd:.2f}{cap}" + (f", forecast ${ahead.usd:.2f}" if ahead else "")

    def render(self) -> Group:
        """Return the live view."""
        from rich.console import Group  # noqa: PLC0415
        from rich.progress_bar import ProgressBar  # noqa: PLC0415
        from rich.table import Table  # noqa: PLC0415
        from rich.text import Text  # noqa: PLC0415

        if self.state is None:
            return Group(Text("starting…"))
        figures = self.figures()
        grid = Table.grid(padding=(0, 2))
        grid.add_row("stage", self.stage, "epoch", str(figures["epoch"]))
        grid.add_row("outcomes", f"{figures['outcomes']} ({figures['shared']} shared)", "rate", figures["rate"])
        grid.add_row("nodes", f"{figures['nodes']} ({figures['rejected']} edits rejected)", "left", figures["eta"])
        grid.add_row("best belief", figures["best"], "cost", figures["cost"])
        for slot, text in seat_lines(self.state):
            grid.add_row("seat", slot, "judge", text)
        bar = Table.grid()
        bar.add_row(ProgressBar(total=self.budget, completed=self.state.spent, width=60))
        edits = [
            foreign(f"  #{node.index} ← #{node.parent}  {node.tried}", 100)
            for node in self.state.nodes[-5:][::-1]
            if node.parent is not None
        ]
        return Group(bar, grid, *edits)


class PlainView:
    """Plain lines: one now and then, and one at every change of stage."""

    def __init__(self, console: Console, watch: Watch) -> None:
        self.console = console
        self.watch = watch
        self._last = 0.0
        self._stage = ""
        self._epoch = -1

    def observe(self, state: State, stage: str) -> None:
        """Take in a commit and print a line if it is time."""
        self.watch.observe(state, stage)
        now = time.monotonic()
        changed = stage != self._stage or state.epoch != self._epoch
        if changed or now - self._last >= PLAIN_EVERY_S:
            self._last, self._stage, self._epoch = now, stage, state.epoch
            figures = self.watch.figures()
            self.console.print(
                f"{stage}: epoch {figures['epoch']}, outcomes {figures['outcomes']} ({figures['shared']} shared), "
                f"nodes {figures['nodes']}, best belief {figures['best']}, tests {figures['tests']}, "
                f"{figures['cost']}, {figures['rate']}, left {figures['eta']}"
            )


def best_node(state: State) -> tuple[int, float]:
    """Return the node with the largest best belief over its roles, and that belief."""
    belief, minus_index = max((state.belief(index), -index) for index in range(len(state.nodes)))
    return -minus_index, belief


def seat_lines(state: State) -> list[tuple[str, str]]:
    """Return each slot with who sits in it."""
    return [
        (slot, f"node #{seat.node}, seated {'at the start' if not seat.counter else f'by replacement {seat.counter}'}")
        for slot, seat in state.seats.items()
    ]
