"""The formats that a run can be exported to, and the one function that does it."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rqgm.core.errors import ConfigError, UnknownNameError
from rqgm.report.exports.places import MANIFEST, check, place, size_of, write_manifest
from rqgm.run.summary import find_node

if TYPE_CHECKING:
    from collections.abc import Callable

    from rqgm.run.session import OpenedRun

Counts = dict[str, int]


@dataclass(frozen=True, slots=True)
class Format:
    """One format. `suffix` follows the run's name where no place is named; `needs` are modules of the extra `extra`."""

    meaning: str
    suffix: str
    write: Callable[[OpenedRun, Path, int | None], Counts]
    folder: bool = False
    by_node: bool = False
    extra: str = ""
    needs: tuple[str, ...] = ()


def _inspect(run: OpenedRun, out: Path, node: int | None) -> Counts:
    from rqgm.report.exports.inspect_logs import write_logs  # noqa: PLC0415  # each format imports its own

    return write_logs(run, out, node)


def _trajectory(run: OpenedRun, out: Path, node: int | None) -> Counts:
    from rqgm.report.exports.trajectories import write_trajectories  # noqa: PLC0415

    return write_trajectories(run, out, node)


def _otel(run: OpenedRun, out: Path, _: int | None) -> Counts:
    from rqgm.report.exports.spans import write_spans  # noqa: PLC0415

    return write_spans(run.archive, out, run.criterion.editor)


def _csv(run: OpenedRun, out: Path, _: int | None) -> Counts:
    from rqgm.report.exports.csv_tables import write_csv  # noqa: PLC0415

    return write_csv(run.archive, out)


def _parquet(run: OpenedRun, out: Path, _: int | None) -> Counts:
    from rqgm.report.exports.parquet_tables import write_parquet  # noqa: PLC0415

    return write_parquet(run.archive, out)


def _bundle(run: OpenedRun, out: Path, _: int | None) -> Counts:
    from rqgm.report.exports.bundles import write_bundle  # noqa: PLC0415

    return write_bundle(run.archive.lineage, run.state, out)


def _jsonl(run: OpenedRun, out: Path, _: int | None) -> Counts:
    from rqgm.report.exports.events import write_events  # noqa: PLC0415

    return write_events(run.archive.ledger, out)


OTEL = ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http")
FORMATS: dict[str, Format] = {
    "inspect": Format("Inspect AI's logs, for `inspect view`", "-inspect", _inspect, folder=True, by_node=True),
    "trajectory": Format(
        "solver jobs in Harbor's trajectory format (ATIF)", "-trajectories", _trajectory, folder=True, by_node=True
    ),
    "otel": Format("OpenTelemetry spans with the GenAI conventions", ".otlp.jsonl", _otel, extra="otel", needs=OTEL),
    "csv": Format("tables as CSV", "-csv", _csv, folder=True),
    "parquet": Format("tables as Parquet", "-parquet", _parquet, folder=True, extra="parquet", needs=("pyarrow",)),
    "bundle": Format("the lineage as a git bundle, for `git clone`", ".bundle", _bundle),
    "jsonl": Format("the ledger's events, one a line", ".events.jsonl", _jsonl),
}


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What is to be exported. `out`: where to, None = beside the caller, named after the run.

    `node`: only this one, where the format is by node. `endpoint`: a collector that gets spans instead of a file.
    """

    to: str
    out: Path | None = None
    node: str | None = None
    endpoint: str | None = None
    force: bool = False


def export(run: OpenedRun, request: ExportRequest) -> dict[str, Any]:
    """Export a run and return {format, path, files, bytes, counts, finished, notes, run, ledger_head}.

    Raises ConfigError for an unknown format, a missing extra, a place that is taken, or an option that does not fit.
    """
    form = find_format(request.to)
    if request.node is not None and not form.by_node:
        able = ", ".join(name for name, other in FORMATS.items() if other.by_node)
        raise ConfigError(f"--node: --to {request.to} exports the whole run; leave it out, or take {able}")
    _check_extra(request.to, form)
    node = find_node(run.state, request.node) if request.node is not None else None
    if request.endpoint is not None:
        return _send(run, request) | _heads(run)
    out = _place_of(run, request, form)
    with place(out, folder=form.folder, force=request.force) as scratch:
        counts = form.write(run, scratch, node)
        if form.folder:
            told = {"schema_version": 1, "format": request.to, "node": request.node, "counts": counts}
            write_manifest(scratch, told | _heads(run))
    files, size = size_of(out)
    return {"format": request.to, "path": str(out), "files": files, "bytes": size, "counts": counts} | _heads(run)


def find_format(name: str) -> Format:
    """Return a format by name; UnknownNameError says which is nearest."""
    if name not in FORMATS:
        raise UnknownNameError("format", name, FORMATS, "--to")
    return FORMATS[name]


def _check_extra(name: str, form: Format) -> None:
    missing = [module for module in form.needs if not _is_there(module)]
    if missing:
        raise ConfigError(
            f"--to {name}: needs {missing[0]}, which is not installed; pip install 'rqgm-toolkit[{form.extra}]'"
        )


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # of a package above it
        return False


def _place_of(run: OpenedRun, request: ExportRequest, form: Format) -> Path:
    out = request.out or Path.cwd() / f"{run.folder.name}{form.suffix}"
    out = out.parent.resolve() / out.name
    if not out.name or out.name == "..":
        raise ConfigError(f"--out {request.out}: names no file or folder")
    if out.is_relative_to(run.folder.resolve()) or run.folder.resolve().is_relative_to(out):
        raise ConfigError(f"--out {out}: is the run's own folder or in it, and nothing is written there; name another")
    check(out, folder=form.folder, force=request.force)
    return out


def _send(run: OpenedRun, request: ExportRequest) -> dict[str, Any]:
    from rqgm.report.exports.spans import send_spans  # noqa: PLC0415

    if request.to != "otel" or request.out is not None:
        raise ConfigError("--endpoint: a collector takes spans, instead of a file: with --to otel, without --out")
    assert request.endpoint is not None
    counts = send_spans(run.archive, request.endpoint, run.criterion.editor)
    return {"format": request.to, "path": request.endpoint, "files": 0, "bytes": 0, "counts": counts}


def _heads(run: OpenedRun) -> dict[str, Any]:
    """Return what an export is of, and what is to be said about it."""
    state = run.state
    notes = []
    if not state.finished:
        notes.append(f"the run is not finished: this is what was there after {state.spent} outcomes")
    return {
        "run": run.lock.run,
        "finished": state.finished is not None,
        "notes": notes,
        "outcomes": state.spent,
        "nodes": len(state.nodes),
        "lineage_head": state.lineage_head,
        "ledger_head": run.archive.ledger.head,
    }


__all__ = ["FORMATS", "MANIFEST", "ExportRequest", "Format", "export", "find_format"]
