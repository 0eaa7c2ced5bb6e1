"""Logs of a run in Inspect AI's format (`.eval`), for `inspect view` and `inspect_ai.log.read_eval_log`.

One log for each role of each node on one pool: what was outcomes by task here are samples there. docs/exports.md says
what is mapped to what. Samples are written one by one, so a log may be larger than memory.
"""

from __future__ import annotations

import json
import math
import re
import zipfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from rqgm.core.counts import Counts
from rqgm.core.hashes import hash_json
from rqgm.core.usage import Usage
from rqgm.core.words import Pool, RoleKind
from rqgm.evolution.endpoints import carrier
from rqgm.report.exports.conversations import told_once
from rqgm.report.exports.jobs import ended_jobs, usage_of
from rqgm.report.exports.recorded import RecordedCalls
from rqgm.report.exports.texts import TREE_CHARS, artifact_text, cell, clean_json, tree_text
from rqgm.run.seats import seat_models

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from rqgm.evolution.criterion import MeasuredRole
    from rqgm.report.exports.conversations import Said
    from rqgm.report.exports.jobs import Job
    from rqgm.run.session import OpenedRun

FORMAT_VERSION = 2
"""Of Inspect's logs."""
NO_MODEL = "none/none"
"""What Inspect calls an evaluation without a model."""
SUMMARY_CHARS = 1_000
SUFFIX = ".score"
LABELS = "labels"
"""The measure of a judge on the test pool."""


@dataclass(slots=True)
class Sample:
    """One task with what was measured on it: outcomes by measure, in the order of the ledger."""

    task: str
    outcomes: dict[str, Job] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Log:
    """Which node's role on which pool; `names` is what the node is called (seed, generalist, …)."""

    node: int
    role: MeasuredRole
    pool: Pool
    names: tuple[str, ...]
    samples: dict[str, Sample] = field(default_factory=dict)

    @property
    def wanted(self) -> tuple[str, ...]:
        """The tasks of the pool, all of which a complete log has."""
        return self.role.tasks.get(self.pool, ())


def write_logs(run: OpenedRun, folder: Path, node: int | None = None) -> dict[str, int]:
    """Write the logs and return the counts.

    Without `node`: generation zero and the endpoints on the test pool; before there are endpoints, the node with the
    highest best belief as it was validated. With `node`: that node, as it was validated and, if it was, tested.
    """
    counts = {"logs": 0, "samples": 0}
    with RecordedCalls(run.folder) as calls:
        for log in _filled(run, _planned(run, node)):
            _write(run, calls, log, folder)
            counts["logs"] += 1
            counts["samples"] += len(log.samples)
    return counts


def _planned(run: OpenedRun, node: int | None) -> list[Log]:
    state, roles = run.state, run.criterion.roles
    called = _names(run)
    if node is not None:
        tested = [log for log in _tests(run, called) if log.node == carrier(state, node, log.role.name)]
        return [Log(node, role, role.scored_pool, tuple(called.get(node, ()))) for role in roles] + tested
    if state.endpoints:
        return _tests(run, called)
    leader = max(range(len(state.nodes)), key=lambda index: (state.belief(index), -index))
    return [Log(leader, role, role.scored_pool, ("leader",)) for role in roles]


def _names(run: OpenedRun) -> dict[int, list[str]]:
    called: dict[int, list[str]] = {0: ["seed"]}
    if run.state.endpoints:
        called.setdefault(run.state.endpoints["generalist"]["node"], []).append("generalist")
        for role, endpoint in run.state.endpoints["specialists"].items():
            called.setdefault(endpoint["node"], []).append(f"specialist:{role}")
    return called


def _tests(run: OpenedRun, called: dict[int, list[str]]) -> list[Log]:
    """Return the logs on the test pool. Nodes whose role is the same have one, for one test served them all."""
    found = []
    for role in run.criterion.roles:
        carried: dict[int, list[str]] = {}
        for index, names in sorted(called.items()):
            wanted = [name for name in names if not name.startswith("specialist:") or name == f"specialist:{role.name}"]
            if wanted:
                carried.setdefault(carrier(run.state, index, role.name), []).extend(wanted)
        if role.tasks.get(Pool.TEST):
            found += [Log(index, role, Pool.TEST, tuple(names)) for index, names in carried.items()]
    return found


def _filled(run: OpenedRun, logs: list[Log]) -> list[Log]:
    """Return the logs that have samples. Only outcomes that count are taken: what was erased is no result."""
    state = run.state
    validated: dict[int, list[Log]] = {}
    tested: dict[tuple[int, str], list[Log]] = {}
    for log in logs:
        if log.pool is Pool.TEST:
            tested.setdefault((log.node, log.role.name), []).append(log)
            continue
        for n in state.closed.get(state.key(log.node, log.role.name), {}).values():
            validated.setdefault(n, []).append(log)
    for job in ended_jobs(run.archive.ledger):
        if job.ending == "test_outcome":
            wanted, measure = tested.get((job.body["node"], job.body["role"]), []), None
        elif job.ending == "outcome" and job.n is not None:
            wanted, measure = validated.get(job.n, []), job.body["measure"]
        else:
            continue
        for log in wanted:
            sample = log.samples.setdefault(job.body["task"], Sample(job.body["task"]))
            sample.outcomes[measure or _test_measure(log.role)] = job
    return [log for log in logs if log.samples]


def _test_measure(role: MeasuredRole) -> str:
    return LABELS if role.kind is RoleKind.JUDGE else "tests"


# ---------------------------------------------------------------------- one log


def _write(run: OpenedRun, calls: RecordedCalls, log: Log, folder: Path) -> None:
    spec, plan = _spec(run, log), _plan(run, log)
    summaries = []
    with zipfile.ZipFile(folder / _file_name(run, log), "w", zipfile.ZIP_DEFLATED) as archive:

        def put(name: str, data: Any) -> None:
            archive.writestr(name, json.dumps(data, ensure_ascii=True, allow_nan=False))

        put("_journal/start.json", {"version": FORMAT_VERSION, "eval": spec, "plan": plan})
        for sample in log.samples.values():
            told = _sample(run, calls, log, sample)
            put(f"samples/{told['id']}_epoch_1.json", told)
            summaries.append(_summary(told))
        put("summaries.json", summaries)
        put("header.json", _header(run, log, spec, plan))


def _file_name(run: OpenedRun, log: Log) -> str:
    """Return Inspect's ``<time>_<task>_<id>.eval``; nothing of it is what agents wrote."""
    stamp = _time(_last(log)).replace(":", "-")
    suite = run.suites[log.role.suite].name
    role = re.sub(r"[^A-Za-z0-9]+", "-", log.role.name)
    return f"{stamp}_{suite}-{log.pool}_{role}{log.node:06d}.eval"


def _last(log: Log) -> float:
    return max(job.ended for sample in log.samples.values() for job in sample.outcomes.values())


def _spec(run: OpenedRun, log: Log) -> dict[str, Any]:
    suite = run.suites[log.role.suite]
    node = run.state.nodes[log.node]
    identity = hash_json([run.lock.hash, node.commit, log.role.name, log.pool])
    scorers = [name for measure in _measures(log) for name in (measure, measure + SUFFIX)]
    return {
        "eval_id": identity[:22],
        "run_id": run.lock.hash[:22],
        "created": _time(_last(log)),
        "task": f"{suite.name}/{log.pool}",
        "task_id": hash_json([log.role.suite_hash, log.pool])[:22],
        "task_version": log.role.suite_hash[:12],
        "solver": log.role.name,
        "solver_args": {"node": node.commit},
        "tags": [*log.names, log.role.name, str(log.pool)],
        "dataset": {
            "name": suite.name,
            "samples": len(log.samples),
            "sample_ids": list(log.samples),
            "shuffled": False,
        },
        "model": _model(run, log),
        "config": {"epochs": 1},
        "revision": {"type": "git", "origin": "lineage.git", "commit": node.commit},
        "packages": {"rqgm-toolkit": version("rqgm-toolkit")},
        "metadata": _about(run, log),
        "scorers": [{"name": name} for name in scorers],
        "headline_metric": {"score": _measures(log)[0], "metric": "accuracy"},
    }


def _about(run: OpenedRun, log: Log) -> dict[str, Any]:
    state = run.state
    node = state.nodes[log.node]
    return {
        "run": run.lock.run,
        "run_finished": state.finished is not None,
        "lock_hash": run.lock.hash,
        "seed": run.lock.experiment.seed,
        "sandbox": run.lock.sandbox,
        "node": log.node,
        "commit": node.commit,
        "names": list(log.names),
        "epoch": node.epoch,
        "role": log.role.name,
        "role_hash": node.roles[log.role.name],
        "suite_hash": log.role.suite_hash,
        "pool": log.pool,
        "best_belief": state.belief(log.node),
        "utility_id": state.utility_id,
        "lineage_head": state.lineage_head,
        "ledger_head": run.archive.ledger.head,
        "tried": cell(node.tried),
    }


def _model(run: OpenedRun, log: Log) -> str:
    """Return the model of the role; where panels decide as well, the models of all who judge too."""
    settings = run.lock.experiment.models
    if settings is None:
        return NO_MODEL
    asked = [settings.model_of(log.role.name)]
    if log.pool is not Pool.TEST:
        for panel in (measure.panel for measure in log.role.measures if measure.panel):
            asked += [settings.model_of(judge) for judge in panel.slots.values()]
            asked += seat_models([panel]).values()
    return " + ".join(dict.fromkeys(model for model in asked if model)) or NO_MODEL


def _plan(run: OpenedRun, log: Log) -> dict[str, Any]:
    node = run.state.nodes[log.node]
    params = {"node": node.commit, "role_hash": node.roles[log.role.name]}
    return {
        "name": "plan",
        "steps": [{"solver": log.role.name, "params": params, "params_passed": params}],
        "config": {},
    }


def _measures(log: Log) -> list[str]:
    """Return the names of a log's measures, in the order of the role's."""
    found = {measure for sample in log.samples.values() for measure in sample.outcomes}
    order = [*(measure.name for measure in log.role.measures), LABELS]
    return sorted(found, key=order.index)


def _header(run: OpenedRun, log: Log, spec: dict[str, Any], plan: dict[str, Any]) -> dict[str, Any]:
    complete = log.pool is not Pool.TEST or set(log.wanted) <= set(log.samples)
    jobs = [job for sample in log.samples.values() for job in sample.outcomes.values()]
    return {
        "version": FORMAT_VERSION,
        "status": "success" if complete else "cancelled",
        "eval": spec,
        "plan": plan,
        "results": {
            "total_samples": len(log.samples) if complete else len(log.wanted),
            "completed_samples": len(log.samples),
            "scores": [score for measure in _measures(log) for score in _scores(log, measure)],
            "headline": {"scorer": _measures(log)[0], "score": _measures(log)[0], "metric": "accuracy"},
        },
        "stats": {
            "started_at": _time(min(job.began for job in jobs)),
            "completed_at": _time(_last(log)),
            "model_usage": _model_usage(run, log, jobs),
        },
    }


def _scores(log: Log, measure: str) -> list[dict[str, Any]]:
    """Return the aggregate of a measure's outcomes, and that of its scores before they were binarised."""
    jobs = [sample.outcomes[measure] for sample in log.samples.values() if measure in sample.outcomes]
    right = [float(job.body["y"]) for job in jobs]
    counts = Counts(sum(right), len(right) - sum(right))
    told = {"passed": int(counts.successes), "total": len(right), "jeffreys_interval_95": list(counts.interval())}
    unscored = len(log.samples) - len(jobs)
    return [
        {
            "name": name,
            "scorer": name,
            "scored_samples": len(jobs),
            "unscored_samples": unscored,
            "metrics": {
                metric: {"name": metric, "value": value}
                for metric, value in ((mean, _mean(values)), ("stderr", _stderr(values)))
            },
            "metadata": metadata,
        }
        for name, mean, values, metadata in (
            (measure, "accuracy", right, told),
            (measure + SUFFIX, "mean", [float(job.body["score"]) for job in jobs], None),
        )
    ]


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


def _stderr(values: list[float]) -> float:
    """Return the standard error of the mean as Inspect has it."""
    if len(values) < 2:  # noqa: PLR2004
        return 0.0
    mean = _mean(values)
    return math.sqrt(sum((value - mean) ** 2 for value in values) / (len(values) - 1) / len(values))


# ---------------------------------------------------------------------- one sample


def _sample(run: OpenedRun, calls: RecordedCalls, log: Log, sample: Sample) -> dict[str, Any]:
    jobs = list(sample.outcomes.values())
    asked, target = _asked(run, log, sample)
    answer = _answer(run, log, jobs)
    messages = _messages(calls, _scope(run, log, jobs[0]), asked, answer)
    usage = _model_usage(run, log, jobs)
    began, ended = min(job.began for job in jobs), max(job.ended for job in jobs)
    worked = sum((usage_of(job.body["usage"]) for job in jobs), start=Usage())
    output: dict[str, Any] = {"model": _model(run, log), "choices": [], "time": worked.wall_s}
    if answer is not None:
        said = {"role": "assistant", "content": answer, "source": "generate"}
        output["choices"] = [{"message": said, "stop_reason": "stop"}]
    return {
        "id": sample.task,
        "epoch": 1,
        "input": asked,
        "target": target,
        "messages": messages,
        "output": output,
        "scores": {
            name: score for measure, job in sample.outcomes.items() for name, score in _score(measure, job).items()
        },
        "metadata": {
            "outcomes": {measure: _outcome(job) for measure, job in sample.outcomes.items()},
            "artifact": next((job.body["artifact"] for job in jobs if job.body.get("artifact")), None),
            "usage": worked.to_json(),
        },
        "model_usage": usage,
        "started_at": _time(began),
        "completed_at": _time(ended),
        "total_time": ended - began,
        "working_time": worked.wall_s,
        "uuid": hash_json([run.lock.hash, log.node, log.role.name, log.pool, sample.task])[:22],
    }


def _outcome(job: Job) -> dict[str, Any]:
    body = job.body
    kept = ("n", "y", "score", "weight", "failure", "epoch", "deps", "utility_id", "node")
    return {key: body[key] for key in kept if key in body} | {"detail": cell(body["detail"])}


def _score(measure: str, job: Job) -> dict[str, Any]:
    body = job.body
    opinions = body.get("opinions", [])
    said = [f"{o['slot'] or 'verdict'}: {o['verdict']} ({o['score']:.3f})" for o in opinions]
    lines = [body["failure"], body["detail"], *said]
    explanation = cell("\n".join(str(line) for line in lines if line))
    answer = opinions[0]["verdict"] if measure in {LABELS, "anchor", "adversarial"} and opinions else None
    told = {"answer": answer, "explanation": explanation or None}
    return {measure: {"value": body["y"], **told}, measure + SUFFIX: {"value": body["score"], **told}}


def _asked(run: OpenedRun, log: Log, sample: Sample) -> tuple[str, str]:
    """Return what a role was shown, as text, and what is right: a label, or the words for passing hidden tests."""
    suite = run.suites[log.role.suite]
    if suite.kind == "solving":
        return cell(suite.task(sample.task).instruction, TREE_CHARS), "the hidden tests pass"
    item = run.state.pool(log.role.name).items.get(sample.task)
    if item is not None:
        maker = run.suites[run.criterion.role(item.role).suite]
        instruction = maker.task(item.task).instruction if maker.kind == "solving" else ""
        shown = artifact_text(run.archive.blobs, item.artifact) or ""
        return f"{cell(instruction, TREE_CHARS)}\n\n{shown}", str(item.label)
    listed = suite.item(sample.task)
    shown = tree_text(listed.artifact)
    return f"{cell(listed.instruction, TREE_CHARS)}\n\n{shown}", str(suite.label(sample.task))


def _answer(run: OpenedRun, log: Log, jobs: list[Job]) -> str | None:
    """Return what the role came to: a judge's verdict, or what a solver made; None where that is not on record."""
    if log.role.kind is RoleKind.JUDGE:
        opinions = jobs[0].body.get("opinions")
        return f"{opinions[0]['verdict']} ({opinions[0]['score']})" if opinions else None
    failure = jobs[0].body["failure"]
    blob = next((job.body["artifact"] for job in jobs if job.body.get("artifact")), None)
    made = artifact_text(run.archive.blobs, blob)
    return made if made is not None else f"({failure}: {cell(jobs[0].body['detail'])})" if failure else None


def _scope(run: OpenedRun, log: Log, job: Job) -> str:
    body = job.body
    if job.n is None:
        return f"test/{run.state.nodes[body['node']].commit}/{body['role']}/{body['task']}"
    return f"validate/{job.n}" if log.role.kind is RoleKind.JUDGE else f"work/{body['artifact_key']}"


def _messages(calls: RecordedCalls, scope: str, asked: str, answer: str | None) -> list[dict[str, Any]]:
    """Return the recorded conversation with the model; without one, the question and the answer."""
    recorded = list(calls.said(scope))
    if recorded:
        return list(_conversation(recorded))
    messages: list[dict[str, Any]] = [{"role": "user", "content": asked, "source": "input"}]
    return messages + ([{"role": "assistant", "content": answer, "source": "generate"}] if answer is not None else [])


def _conversation(recorded: Iterable[Said]) -> Iterator[dict[str, Any]]:
    for number, said in enumerate(recorded, 1):
        turn = told_once(said.turn, f"turn-{number}")
        text = cell(turn.text, TREE_CHARS)
        if turn.speaker != "agent":
            message: dict[str, Any] = {"role": turn.speaker, "content": text}
            yield message | ({"tool_call_id": cell(turn.answers, 200)} if turn.speaker == "tool" else {})
            continue
        content: Any = text
        if turn.reasoning:
            thought = {"type": "reasoning", "reasoning": cell(turn.reasoning, TREE_CHARS)}
            content = [thought, {"type": "text", "text": text}]
        message = {"role": "assistant", "content": content}
        if said.call:
            message |= {"source": "generate", "model": said.call.model}
        uses = [
            {
                "id": cell(use.id, 200),
                "function": cell(use.name, 200),
                "arguments": clean_json(use.arguments),
                "type": "function",
            }
            for use in turn.uses
        ]
        yield message | ({"tool_calls": uses} if uses else {})


def _model_usage(run: OpenedRun, log: Log, jobs: Iterable[Job]) -> dict[str, Any]:
    """Return what models used in these jobs, as it was charged, under the name of the model or models."""
    used = sum((usage_of(job.body["usage"]) for job in jobs), start=Usage())
    name = _model(run, log)
    if name == NO_MODEL:
        return {}
    return {
        name: {
            "input_tokens": used.input_tokens - used.cached_tokens,
            "output_tokens": used.output_tokens,
            "total_tokens": used.input_tokens + used.output_tokens,
            "input_tokens_cache_read": used.cached_tokens,
            "reasoning_tokens": used.reasoning_tokens,
            "total_cost": used.cost_usd,
        }
    }


def _summary(told: dict[str, Any]) -> dict[str, Any]:
    """Return what is shown of a sample in a list."""
    kept = ("id", "epoch", "target", "model_usage", "started_at", "completed_at", "total_time", "working_time", "uuid")
    scores = {
        name: score | {"explanation": score["explanation"] and score["explanation"][:SUMMARY_CHARS]}
        for name, score in told["scores"].items()
    }
    summary = {key: told[key] for key in kept} | {"input": told["input"][:SUMMARY_CHARS], "scores": scores}
    return summary | {"completed": True, "message_count": len(told["messages"])}


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
