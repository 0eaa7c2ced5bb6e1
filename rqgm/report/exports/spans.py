"""Spans of a run for OpenTelemetry: run > epoch > job > call to a model, named by the GenAI semantic conventions.

Names and numbers only: no prompt, no answer, no artifact and no agent's words are in a span. Ids are made of the run's
first event and of what a span is about, so that an export that is made again, or goes on, has the same ids.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from rqgm.core.errors import ConfigError
from rqgm.core.text import clean
from rqgm.gateway.usage import Tokens
from rqgm.report.exports.events import settled
from rqgm.report.exports.jobs import ended_jobs
from rqgm.report.exports.recorded import RecordedCalls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from rqgm.archive.run_archive import RunArchive
    from rqgm.archive.state import State
    from rqgm.gateway.calls import Call
    from rqgm.report.exports.jobs import Job

SCHEMA = "https://opentelemetry.io/schemas/1.44.0"
"""Of the resource. The GenAI conventions have left that schema for one of their own, which has no address yet."""
BATCH = 512
PROVIDERS = {
    "azure": "azure.ai.openai",
    "bedrock": "aws.bedrock",
    "gemini": "gcp.gemini",
    "mistral": "mistral_ai",
    "vertex_ai": "gcp.vertex_ai",
    "watsonx": "ibm.watsonx.ai",
    "xai": "x_ai",
}
"""The conventions' names of providers, where LiteLLM has another."""


@dataclass(frozen=True, slots=True)
class SpanTold:
    """One span, before OpenTelemetry's classes: times in seconds since 1970, `name` its id is made of."""

    name: tuple[str, ...]
    parent: tuple[str, ...] | None
    title: str
    began: float
    ended: float
    attributes: dict[str, Any]
    error: str | None = None
    client: bool = False
    scores: tuple[dict[str, Any], ...] = ()
    """Attributes of the events `gen_ai.evaluation.result` at its end."""


RUN = ("run",)


def write_spans(archive: RunArchive, out: Path, editor: str = "editor") -> dict[str, int]:
    """Write all spans to a file of JSON lines (OTLP), each line a batch, and return how many of each kind there are."""
    counts: dict[str, int] = {}
    with out.open("w", encoding="ascii", newline="\n") as file:

        def send(batch: list[Any]) -> None:
            file.write(json.dumps(_otlp_json(batch), separators=(",", ":")) + "\n")

        _each_batch(archive, editor, send, counts)
    return counts


def send_spans(archive: RunArchive, endpoint: str, editor: str = "editor") -> dict[str, int]:
    """Send all spans to a collector by OTLP over HTTP, and return how many of each kind there are.

    `endpoint` is the whole address, as ``http://127.0.0.1:4318/v1/traces``. Raises ConfigError if nobody takes them.
    """
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415  # an extra
    from opentelemetry.sdk.trace.export import SpanExportResult  # noqa: PLC0415

    check_endpoint(endpoint)
    exporter = OTLPSpanExporter(endpoint=endpoint)
    counts: dict[str, int] = {}

    def send(batch: list[Any]) -> None:
        if exporter.export(batch) is not SpanExportResult.SUCCESS:
            raise ConfigError(f"--endpoint {endpoint}: no collector took the spans there; is it running?")

    try:
        _each_batch(archive, editor, send, counts)
    finally:
        exporter.shutdown()  # type: ignore[no-untyped-call]
    return counts


def check_endpoint(endpoint: str) -> None:
    """Refuse what is no address of a collector, with ConfigError."""
    parts = urlsplit(endpoint)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ConfigError(
            f"--endpoint {endpoint}: no address of a collector; write it whole, as http://127.0.0.1:4318/v1/traces"
        )


def _each_batch(archive: RunArchive, editor: str, send: Callable[[list[Any]], None], counts: dict[str, int]) -> None:
    made = _Maker(archive)
    spans = (made.span(told) for told in _counted(told_spans(archive, editor), counts))
    while batch := list(itertools.islice(spans, BATCH)):
        send(batch)


def _counted(spans: Iterable[SpanTold], counts: dict[str, int]) -> Iterator[SpanTold]:
    for told in spans:
        kind = f"{told.name[0]}s"
        counts[kind] = counts.get(kind, 0) + 1
        yield told


# ---------------------------------------------------------------------- what is told


def told_spans(archive: RunArchive, editor: str = "editor") -> Iterator[SpanTold]:
    """Yield every span of a run; `editor` is that role's name. Tests hang on the run, after its epochs."""
    state = archive.state
    solved: dict[str, int] = {}
    """By scope of a solver's work: the first outcome that was measured on it."""
    for job in ended_jobs(archive.ledger):
        if job.n is not None and job.body.get("artifact_key"):
            solved.setdefault(f"work/{job.body['artifact_key']}", job.n)
        yield _job(state, job, editor)
    yield from _epochs(archive)
    with RecordedCalls(archive.folder) as calls:
        for number, (ended, call) in enumerate(calls, 1):
            yield _call(number, ended, call, _parent_of(call.scope, state, solved))
    usage = {f"rqgm.usage.{kind}.cost_usd": used.cost_usd for kind, used in state.usage.items()}
    name = clean(str(state.run.get("run", archive.folder.name)), 200)
    began, ended = _borders(archive)
    attributes = {
        "gen_ai.operation.name": "invoke_workflow",
        "gen_ai.workflow.name": name,
        "rqgm.run": name,
        "rqgm.finished": state.finished is not None,
        "rqgm.outcomes": state.spent,
        "rqgm.nodes": len(state.nodes),
        "rqgm.lineage_head": state.lineage_head,
        "rqgm.ledger_head": archive.ledger.head,
        **usage,
    }
    yield SpanTold(RUN, None, f"invoke_workflow {name}", began, ended, attributes)


def _borders(archive: RunArchive) -> tuple[float, float]:
    times = [event.at for event in settled(archive.ledger)]
    return (times[0], times[-1]) if times else (0.0, 0.0)


def _epochs(archive: RunArchive) -> Iterator[SpanTold]:
    began: float | None = None
    epoch, last = 0, 0.0
    for event in settled(archive.ledger):
        began = event.at if began is None else began
        last = event.at
        if event.kind == "epoch_closed":
            body = event.body
            replaced = [decision["slot"] for decision in body["decisions"] if decision["replaced"]]
            told = {"rqgm.outcomes": body["outcomes"], "rqgm.erased": len(body["erased"]), "rqgm.replaced": replaced}
            yield SpanTold(("epoch", str(epoch)), RUN, f"epoch {epoch}", began, last, {"rqgm.epoch": epoch, **told})
            began, epoch = event.at, body["epoch"] + 1
        elif event.kind == "endpoints_chosen":
            break
    if began is not None:
        yield SpanTold(("epoch", str(epoch)), RUN, f"epoch {epoch}", began, last, {"rqgm.epoch": epoch})


def _job_name(job: Job) -> tuple[str, ...]:
    if job.n is not None:
        return "job", str(job.n)
    return "job", "test", str(job.body["node"]), job.body["role"], job.body["task"]


def _job(state: State, job: Job, editor: str) -> SpanTold:
    body = job.body
    edited = job.ending in {"node_added", "edit_rejected"} or job.asked.get("kind") == "expand"
    role = editor if edited else body.get("role") or job.asked.get("role", "")
    index = body.get("node", body.get("parent", job.asked.get("node")))
    usage = job.usage
    attributes: dict[str, Any] = {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": role,
        "rqgm.job.kind": "expand" if edited else "test" if job.n is None else "validate",
        "rqgm.job.ending": job.ending,
        "rqgm.epoch": job.epoch,
        "rqgm.usage.cost_usd": usage.cost_usd,
        "rqgm.usage.cpu_s": usage.cpu_s,
        "rqgm.usage.agent_runs": usage.agent_runs,
        "rqgm.usage.model_calls": usage.model_calls,
    }
    if usage.input_tokens or usage.output_tokens:
        attributes["gen_ai.usage.input_tokens"] = usage.input_tokens
        attributes["gen_ai.usage.output_tokens"] = usage.output_tokens
    if index is not None:
        attributes["gen_ai.agent.id"] = state.nodes[index].commit
        attributes["rqgm.node"] = index
    about = {"rqgm.n": job.n, "rqgm.task": body.get("task"), "rqgm.measure": body.get("measure")}
    attributes |= {key: value for key, value in about.items() if value is not None}
    parent = RUN if job.n is None else ("epoch", str(job.epoch))
    error = body.get("failure") or ("infrastructure" if job.ending == "voided" else None)
    title = f"invoke_agent {role}"
    return SpanTold(_job_name(job), parent, title, job.began, job.ended, attributes, error, scores=_scores(job))


def _scores(job: Job) -> tuple[dict[str, Any], ...]:
    if job.ending not in {"outcome", "test_outcome"}:
        return ()
    label = "success" if job.body["y"] else "failure"
    return (
        {
            "gen_ai.evaluation.name": job.body.get("measure", "test"),
            "gen_ai.evaluation.score.value": float(job.body["score"]),
            "gen_ai.evaluation.score.label": label,
        },
    )


def _call(number: int, ended: float, call: Call, parent: tuple[str, ...]) -> SpanTold:
    provider, _, model = call.model.partition("/")
    tokens = Tokens(**call.tokens)
    operation = "embeddings" if call.protocol == "embeddings" else "chat"
    attributes: dict[str, Any] = {
        "gen_ai.operation.name": operation,
        "gen_ai.provider.name": PROVIDERS.get(provider, provider),
        "gen_ai.request.model": model,
        "gen_ai.request.stream": call.content_type.startswith("text/event-stream"),
        "gen_ai.usage.input_tokens": tokens.input,
        "gen_ai.usage.output_tokens": tokens.output,
        "gen_ai.usage.cache_read.input_tokens": tokens.cached,
        "gen_ai.usage.cache_write.input_tokens": tokens.cache_write,
        "gen_ai.usage.reasoning.output_tokens": tokens.reasoning,
        "gen_ai.agent.name": call.role,
        "rqgm.call": number,
        "rqgm.scope": call.scope,
        "rqgm.usage.cost_usd": call.cost_usd,
        "rqgm.attempts": call.attempts,
        "rqgm.refused": call.refused,
        "rqgm.replayed": call.replayed,
    }
    if call.version:
        attributes["gen_ai.response.model"] = clean(call.version, 200)
    error = str(call.status) if call.status >= 400 else None  # noqa: PLR2004
    return SpanTold(
        ("call", str(number)),
        parent,
        f"{operation} {model}",
        ended - call.wall_s,
        ended,
        attributes,
        error,
        client=True,
    )


def _parent_of(scope: str, state: State, solved: dict[str, int]) -> tuple[str, ...]:
    """Return which span a call hangs on, by its job's scope; the run where that job is not (yet) on record."""
    kind, _, rest = scope.partition("/")
    if kind in {"validate", "expand"} and (n := rest.partition("/")[0]).isdecimal():
        return ("job", n) if int(n) not in state.pending else RUN
    if kind == "work" and scope in solved:
        return "job", str(solved[scope])
    if kind == "test":
        commit, _, job = rest.partition("/")
        role, _, task = job.partition("/")
        index = state.by_commit.get(commit)
        if index is not None and (index, role, task) in state.test:
            return "job", "test", str(index), role, task
    return RUN


# ---------------------------------------------------------------------- OpenTelemetry's own


class _Maker:
    """Makes the SDK's spans of told ones."""

    def __init__(self, archive: RunArchive) -> None:
        from importlib.metadata import version  # noqa: PLC0415

        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415  # an extra
        from opentelemetry.sdk.util.instrumentation import InstrumentationScope  # noqa: PLC0415

        first = next(iter(settled(archive.ledger)), None)
        self._root = first.hash if first else ""
        own = version("rqgm-toolkit")
        self._resource = Resource({"service.name": "rqgm", "service.version": own}, SCHEMA)
        self._scope = InstrumentationScope("rqgm", own)

    def span(self, told: SpanTold) -> Any:
        """Return a span as the SDK has it when it has ended."""
        from opentelemetry.sdk.trace import Event, ReadableSpan  # noqa: PLC0415
        from opentelemetry.trace import SpanKind, Status, StatusCode  # noqa: PLC0415

        ended = _nanoseconds(told.ended)
        attributes = told.attributes | ({"error.type": told.error} if told.error else {})
        return ReadableSpan(
            name=told.title,
            context=self._context(told.name),
            parent=self._context(told.parent) if told.parent else None,
            resource=self._resource,
            attributes=attributes,
            events=[Event("gen_ai.evaluation.result", scores, ended) for scores in told.scores],
            kind=SpanKind.CLIENT if told.client else SpanKind.INTERNAL,
            status=Status(StatusCode.ERROR, told.error) if told.error else Status(StatusCode.UNSET),
            start_time=_nanoseconds(told.began),
            end_time=ended,
            instrumentation_scope=self._scope,
        )

    def _context(self, name: tuple[str, ...]) -> Any:
        from opentelemetry.trace import SpanContext, TraceFlags  # noqa: PLC0415

        trace, span = self._id((), 16), self._id(name, 8)
        return SpanContext(trace, span, is_remote=False, trace_flags=TraceFlags(TraceFlags.SAMPLED))

    def _id(self, name: tuple[str, ...], size: int) -> int:
        digest = hashlib.sha256("\n".join((self._root, *name)).encode()).digest()
        return int.from_bytes(digest[:size], "big") or 1


def _nanoseconds(at: float) -> int:
    return round(at * 1_000_000) * 1_000


def _otlp_json(batch: list[Any]) -> dict[str, Any]:
    """Return a batch as OTLP's JSON: protobuf's own JSON, but for ids, which are hexadecimal, and kinds, as numbers."""
    from google.protobuf.json_format import MessageToDict  # type: ignore[import-untyped]  # noqa: PLC0415
    from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans  # noqa: PLC0415

    told: dict[str, Any] = MessageToDict(encode_spans(batch), use_integers_for_enums=True)
    for resource in told["resourceSpans"]:
        for scope in resource["scopeSpans"]:
            for span in scope["spans"]:
                for key in ("traceId", "spanId", "parentSpanId"):
                    if key in span:
                        span[key] = base64.b64decode(span[key]).hex()
    return told
