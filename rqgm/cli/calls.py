"""`rqgm calls`: the recorded calls to language models, and their texts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rqgm.cli.console import JSON, RUN, find_run, foreign, make_console, print_json

if TYPE_CHECKING:
    from rqgm.gateway.calls import Call, Calls

SHOWN = 40
TEXT_CHARS = 20_000


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="calls")(command)


def command(
    run: Annotated[Path | None, RUN] = None,
    job: Annotated[str | None, typer.Option(metavar="TEXT", help="Only jobs whose name begins so: expand/12.")] = None,
    role: Annotated[str | None, typer.Option(help="Only this role's, or this panel's seat's.")] = None,
    text: Annotated[int | None, typer.Option(min=1, metavar="N", help="Show request and answer of call N.")] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """List what a run asked of language models: by which job, of which model, what it used and cost.

    The texts are foreign: they are shown without control characters, and are what the role saw, keys redacted.
    """
    from rqgm.core.errors import ConfigError  # noqa: PLC0415
    from rqgm.gateway.calls import CALLS_FILE, Calls  # noqa: PLC0415

    folder = find_run(run)
    if not (folder / CALLS_FILE).exists():
        raise ConfigError(f"{folder}: has called no language model; runs with [models] do (docs/models.md)")
    record = Calls(folder, read_only=True)
    try:
        numbered = list(enumerate(record, 1))
        if text is not None:
            if text > len(numbered):
                raise ConfigError(f"--text {text}: the run made {len(numbered)} calls")
            _show(record, *numbered[text - 1], as_json=as_json)
            return
        chosen = [
            (number, call)
            for number, call in numbered
            if call.scope.startswith(job or "") and role in (None, call.role)
        ]
        _list(chosen, as_json=as_json)
    finally:
        record.close()


def _row(number: int, call: Call) -> dict[str, Any]:
    keys = ("scope", "role", "protocol", "model", "version", "status", "tokens", "counted", "cost_usd", "attempts")
    told = {key: getattr(call, key) for key in (*keys, "wall_s", "refused", "replayed", "request", "response")}
    return {"number": number, **told}


def _list(calls: list[tuple[int, Call]], *, as_json: bool) -> None:
    if as_json:
        print_json({"calls": [_row(*entry) for entry in calls]})
        return
    console = make_console()
    for number, call in calls[-SHOWN:]:
        notes = [name for name, holds in (("refused", call.refused), ("replayed", call.replayed)) if holds]
        notes += [f"{call.attempts} attempts"] if call.attempts > 1 else []
        used = f"{call.tokens['input']} + {call.tokens['output']} tokens, ${call.cost_usd:.6f}"
        line = f"{number:>5}  {call.scope}  {call.role}  {call.model}  {call.status}  {used}  {call.wall_s:.1f} s"
        console.print(foreign(f"{line}  {', '.join(notes)}".rstrip(), 300))
    if len(calls) > SHOWN:
        console.print(f"the last {SHOWN} of {len(calls)}; --json has all, --job and --role choose")
    console.print(f"{len(calls)} calls, ${sum(call.cost_usd for _, call in calls):.6f}; --text N shows one")


def _show(record: Calls, number: int, call: Call, *, as_json: bool) -> None:
    texts = record.texts(call)
    if as_json:
        print_json({**_row(number, call), **dict(zip(("asked", "answered"), texts, strict=True))})
        return
    console = make_console()
    console.print(foreign(f"call {number}: {call.role} asks {call.model} for job {call.scope}", 300), style="bold")
    for title, said in zip(("asked", "answered"), texts, strict=True):
        console.print(title, style="bold")
        console.print(foreign(said if said is not None else "(not kept: mode live)", TEXT_CHARS, lines=True))
