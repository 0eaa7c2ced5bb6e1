"""What commands share: printing tables and JSON, errors, and naming runs."""

from __future__ import annotations

import errno
import json
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

RUN = typer.Argument(
    help="A run: its folder, its name in archive/runs/, or `example`. Default: the newest.", show_default=False
)
EXAMPLE = "example"
"""The name of the finished run that ships."""
JSON = typer.Option("--json", help="Print one JSON object and nothing else.")


def make_console(*, stderr: bool = False) -> Console:
    """Return a console that respects NO_COLOR and the absence of a terminal."""
    from rich.console import Console  # noqa: PLC0415  # 50 ms

    return Console(stderr=stderr, highlight=False, soft_wrap=True)


def print_json(data: Any) -> None:
    """Print one JSON object to standard output."""
    sys.stdout.write(json.dumps(data, indent=2, ensure_ascii=False) + "\n")


def foreign(text: object, max_chars: int = 400, *, lines: bool = False) -> Text:
    """Return agents' words as text that cannot carry markup or control characters into the terminal."""
    from rich.text import Text  # noqa: PLC0415

    from rqgm.core.text import clean  # noqa: PLC0415

    return Text(clean(str(text), max_chars, lines=lines))


def find_run(name: Path | None) -> Path:
    """Return a run's folder: a path, a name in the runs folder, the newest run there, or ``example``, which ships."""
    from rqgm.archive.run_archive import LOCK_FILE  # noqa: PLC0415
    from rqgm.core.errors import ConfigError, UnknownNameError  # noqa: PLC0415
    from rqgm.run.shelves import Shelves, shipped_root  # noqa: PLC0415

    runs = Shelves.seen_from(Path.cwd()).runs
    known = {path.parent.name: path.parent for path in runs.glob(f"*/{LOCK_FILE}")}
    if name is None:
        if not known:
            raise ConfigError(f"{runs}: no runs yet; `rqgm run` makes one, and `example` is one that ships")
        return max(known.values(), key=lambda folder: (folder / LOCK_FILE).stat().st_mtime)
    if (name / LOCK_FILE).exists():
        return name.resolve()
    known.setdefault(EXAMPLE, shipped_root() / "archive" / "example" / "repair-small")
    if str(name) in known:
        return known[str(name)]
    raise UnknownNameError("run", str(name), known, str(runs))


def report_error(error: Exception) -> int:
    """Print an error as one message and return the exit code."""
    from rqgm.core.errors import RqgmError  # noqa: PLC0415

    if isinstance(error, RqgmError):
        _say(str(error))
        return error.exit_code
    if hasattr(error, "format_message"):  # click's own: wrong use
        _say(error.format_message())
        return 2
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        _say(f"the disk is full ({error.filename or 'unknown file'}); free some space, then `rqgm resume`")
        return 4
    if isinstance(error, BrokenPipeError):
        return 1
    _say("".join(traceback.format_exception(error)) + "This is a fault of rqgm; the run can be resumed.")
    return 4


def _say(message: str) -> None:
    from rqgm.core.text import clean  # noqa: PLC0415

    sys.stderr.write(f"rqgm: {clean(message, 8_000, lines=True)}\n")


def rate_text(rate: dict[str, Any] | None) -> str:
    """Return a rate with its interval, as `12/30 = 40 % [25, 57]`."""
    if rate is None:
        return "-"
    low, high = rate["interval"]
    return f"{rate['passed']}/{rate['total']} = {100 * rate['rate']:.0f} % [{100 * low:.0f}, {100 * high:.0f}]"


def duration_text(seconds: float) -> str:
    """Return a duration as `1 h 02 min`, `3 min 05 s` or `12 s`."""
    minutes, whole = divmod(int(seconds), 60)
    if minutes >= 60:  # noqa: PLR2004  # an hour
        return f"{minutes // 60} h {minutes % 60:02d} min"
    return f"{minutes} min {whole:02d} s" if minutes else f"{whole} s"
