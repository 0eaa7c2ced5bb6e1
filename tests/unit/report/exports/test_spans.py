"""Spans: one tree of run, epochs, jobs and calls, in OpenTelemetry's own encoding, with no agent's words in it."""

from __future__ import annotations

import json
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from rqgm.core.errors import ConfigError
from rqgm.report.exports.spans import send_spans, told_spans, write_spans

pytest.importorskip("opentelemetry.exporter.otlp.proto.http")


def spans_of(path):
    """Return all spans of a file, with their attributes as a table."""
    found = []
    for line in path.read_text(encoding="ascii").splitlines():
        for resource in json.loads(line)["resourceSpans"]:
            for scope in resource["scopeSpans"]:
                found += [span | {"told": table(span["attributes"])} for span in scope["spans"]]
    return found


def table(attributes):
    """Return OTLP's attributes as {key: value}."""
    return {entry["key"]: next(iter(entry["value"].values()), None) for entry in attributes}


def test_the_spans_are_one_tree(archive, tmp_path):
    """Every job hangs on its epoch, every epoch on the run; ids are unique and hexadecimal."""
    counts = write_spans(archive, tmp_path / "s.jsonl")
    spans = spans_of(tmp_path / "s.jsonl")
    state = archive.state
    ended = state.spent + len(state.nodes) - 1 + len(state.rejected) + state.voided + len(state.test)
    assert counts == {"jobs": ended, "epochs": len(state.epochs) + 1, "runs": 1}
    by_id = {span["spanId"]: span for span in spans}
    assert len(by_id) == len(spans) == sum(counts.values())
    assert {len(span["traceId"]) for span in spans} == {32}
    assert len({span["traceId"] for span in spans}) == 1
    roots = [span for span in spans if "parentSpanId" not in span]
    assert [span["name"] for span in roots] == ["invoke_workflow synthetic"]
    for span in spans:
        assert int(span["startTimeUnixNano"]) <= int(span["endTimeUnixNano"])
        if span is not roots[0]:
            assert by_id[span["parentSpanId"]]["name"].startswith(("epoch ", "invoke_workflow "))
    scored = Counter(
        table(e["attributes"])["gen_ai.evaluation.score.label"] for s in spans for e in s.get("events", ())
    )
    right = sum(r.y for r in state.records.values()) + sum(t["y"] for t in state.test.values())
    assert scored["success"] == right
    assert sum(scored.values()) == state.spent + len(state.test)


def test_the_same_run_has_the_same_ids(archive, tmp_path):
    """An export that is made again can be put beside the first."""
    for name in ("a", "b"):
        write_spans(archive, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_calls_hang_on_the_job_that_made_them(called_run, tmp_path):
    """By the names of the GenAI conventions; a refused call is an error; a call of no job hangs on the run."""
    run, scope = called_run
    assert write_spans(run.archive, tmp_path / "s.jsonl")["calls"] == 4
    spans = spans_of(tmp_path / "s.jsonl")
    by_id = {span["spanId"]: span for span in spans}
    calls = [span for span in spans if span["kind"] == 3]
    assert [span["name"] for span in calls] == ["chat gpt-4o-mini"] * 4
    first = calls[0]["told"]
    assert first["gen_ai.operation.name"] == "chat"
    assert first["gen_ai.provider.name"] == "openai"
    assert first["gen_ai.request.model"] == "gpt-4o-mini"
    assert first["gen_ai.response.model"] == "gpt-4o-mini-2024"
    assert (first["gen_ai.usage.input_tokens"], first["gen_ai.usage.output_tokens"]) == ("100", "10")
    assert first["gen_ai.usage.cache_read.input_tokens"] == "40"
    parents = [by_id[span["parentSpanId"]] for span in calls]
    assert [parent["name"] for parent in parents] == ["invoke_agent coder"] * 3 + ["invoke_workflow synthetic"]
    assert len({parent["spanId"] for parent in parents[:3]}) == 1
    job = next(
        e.body
        for e in run.archive.ledger.events()
        if e.kind == "outcome" and scope.endswith(str(e.body["artifact_key"]))
    )
    assert parents[0]["told"]["rqgm.n"] == str(job["n"])
    assert [span["told"].get("error.type") for span in calls] == [None, None, "429", None]
    assert calls[2]["status"]["code"] == 2


def test_no_agents_words_are_in_a_span(called_run, tmp_path):
    """Neither prompts nor answers nor notes of editors nor details of failures."""
    run, _ = called_run
    write_spans(run.archive, tmp_path / "s.jsonl")
    text = (tmp_path / "s.jsonl").read_text()
    assert "HYPERLINK" not in text
    assert "repair it" not in text
    assert "programmer" not in text


def test_an_unfinished_run_has_what_was_there(unfinished):
    """The epoch that goes on is told of up to the last event; jobs in flight are left out."""
    spans = list(told_spans(unfinished.archive))
    state = unfinished.state
    assert sum(span.name[0] == "epoch" for span in spans) == len(state.epochs) + 1
    ended = state.spent + len(state.nodes) - 1 + len(state.rejected) + state.voided
    assert sum(span.name[0] == "job" for span in spans) == ended
    assert spans[-1].attributes["rqgm.finished"] is False


@pytest.fixture
def collector():
    """A collector on loopback; yields (its address, the requests that it got)."""
    got = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            got.append((self.path, self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.send_header("content-type", "application/x-protobuf")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1/traces", got
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_collector_gets_the_same_spans(archive, collector, tmp_path):
    """By OTLP over HTTP, in batches; every id that is in the file."""
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    endpoint, got = collector
    counts = send_spans(archive, endpoint)
    assert counts == write_spans(archive, tmp_path / "s.jsonl")
    assert {path for path, _ in got} == {"/v1/traces"}
    sent = [
        span.span_id.hex()
        for _, body in got
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]
    assert sent == [span["spanId"] for span in spans_of(tmp_path / "s.jsonl")]


@pytest.mark.parametrize("endpoint", ["127.0.0.1:4318", "file:///etc/passwd", "http://", "grpc://host:4317"])
def test_what_is_no_address_of_a_collector_is_refused(archive, endpoint):
    """Before anything is sent."""
    with pytest.raises(ConfigError, match="no address of a collector"):
        send_spans(archive, endpoint)


def test_nothing_is_sent_where_the_environment_points(archive, collector, tmp_path, monkeypatch):
    """Without --endpoint a file is written and that is all, whatever OTEL_… says."""
    endpoint, got = collector
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.removesuffix("/v1/traces"))
    write_spans(archive, tmp_path / "s.jsonl")
    assert got == []
