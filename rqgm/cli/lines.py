"""Lines that fit: what the commands that read a lineage share when they print text."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from rqgm.core.intervals import PairedDifference

WIDE = 120
"""From so many columns on, lines tell more."""


def line_width(console: Console) -> int | None:
    """Return how long a line may be; None where no one looks at a screen, so that nothing is cut in a pipe or file."""
    return console.width if console.is_terminal or os.environ.get("COLUMNS") else None


def is_wide(console: Console) -> bool:
    """Tell whether there is room for intervals beside everything else."""
    width = line_width(console)
    return width is None or width >= WIDE


def print_line(console: Console, *parts: str | Text) -> None:
    """Print one line, cut to the screen's width with an ellipsis; strings are plain, never markup."""
    from rich.text import Text  # noqa: PLC0415

    line = Text()
    for part in parts:
        line.append_text(part if isinstance(part, Text) else Text(part))
    width = line_width(console)
    if width is not None:
        line.truncate(width, overflow="ellipsis")
    console.print(line)


def gain_text(gain: PairedDifference) -> str:
    """Return a gain with its interval, as `+0.17 [-0.21, +0.46] on 6 cells`."""
    cells = "1 cell" if gain.items == 1 else f"{gain.items} cells"
    return f"{gain.difference:+.2f} [{gain.low:+.2f}, {gain.high:+.2f}] on {cells}"


def gain_style(gain: PairedDifference) -> str:
    """Return how a gain is coloured: only where its interval is clear of zero."""
    return "bold green" if gain.low > 0 else ("bold red" if gain.high < 0 else "")


def seats_text(seats: dict[str, int]) -> str:
    """Return who sits where: `review/reviewer #14, style/reviewer #3`."""
    return ", ".join(f"{slot} #{node}" for slot, node in seats.items()) or "no evolving judge"


def usage_text(usage: Any) -> str:
    """Return what work cost: `8.5 CPU-s`, and money where there was any."""
    money = f", {usage.blended_tokens} blended tokens, ${usage.cost_usd:.4f}" if usage.blended_tokens else ""
    return f"{usage.cpu_s:.1f} CPU-s{money}"
