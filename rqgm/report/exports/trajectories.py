"""Trajectories of solver jobs in Harbor's format (ATIF, the agent trajectory interchange format), one file a job.

Of a role that asks a model, the trajectory is what the recorded calls tell: prompts, answers, uses of tools and what
they gave back. Of any other role there is no more on record than what it was asked and what it made, and the trajectory
says no more: one user step, and one agent step without a model (`llm_call_count` 0).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rqgm.core.words import Pool, RoleKind
from rqgm.gateway.usage import Tokens
from rqgm.report.exports.conversations import told_once
from rqgm.report.exports.jobs import ended_jobs
from rqgm.report.exports.recorded import RecordedCalls
from rqgm.report.exports.texts import TREE_CHARS, artifact_text, cell, clean_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rqgm.gateway.calls import Call
    from rqgm.report.exports.conversations import Said
    from rqgm.report.exports.jobs import Job
    from rqgm.run.session import OpenedRun

VERSION = "ATIF-v1.7"
"""The oldest version that has all that is used here; readers of newer ones take it."""
INDEX = "index.jsonl"


@dataclass(slots=True)
class Solve:
    """One time that a solver role worked on a task. `scope` names the job in the record of calls."""

    file: str
    scope: str
    node: int
    role: str
    task: str
    pool: Pool
    ended: float
    artifact: str | None
    failure: str | None
    detail: str
    usage: dict[str, Any]
    outcomes: list[dict[str, Any]] = field(default_factory=list)


def write_trajectories(run: OpenedRun, folder: Path, node: int | None = None) -> dict[str, int]:
    """Write every solver job, or only those of what a node's solver roles are; and an index of them. Return counts."""
    counts = {"trajectories": 0, "with_model_calls": 0, "steps": 0}
    with RecordedCalls(run.folder) as calls, (folder / INDEX).open("w", encoding="ascii", newline="\n") as index:
        for solve in solves(run, calls):
            if node is not None and run.state.key(node, solve.role) != run.state.key(solve.node, solve.role):
                continue
            trajectory = make_trajectory(run, calls, solve)
            (folder / solve.file).write_text(json.dumps(trajectory, indent=1) + "\n", encoding="ascii")
            told = {"file": solve.file, "scope": solve.scope, "node": solve.node, "role": solve.role}
            told |= {"task": solve.task, "pool": solve.pool, "steps": len(trajectory["steps"])}
            index.write(json.dumps({**told, "outcomes": solve.outcomes}) + "\n")
            counts["trajectories"] += 1
            counts["with_model_calls"] += bool(calls.of(solve.scope))
            counts["steps"] += len(trajectory["steps"])
    return counts


# ---------------------------------------------------------------------- which jobs there were


def solves(run: OpenedRun, calls: RecordedCalls) -> Iterator[Solve]:
    """Yield the solver jobs on record: for validation, in training where calls are recorded, and on the test pool."""
    solvers = [role.name for role in run.criterion.roles if role.kind is RoleKind.SOLVER]
    validated: dict[str, Solve] = {}
    others: list[Solve] = []
    for job in ended_jobs(run.archive.ledger):
        body = job.body
        if job.ending == "outcome" and body.get("artifact_key"):
            solve = validated.setdefault(body["artifact_key"], _validated(job))
            solve.outcomes.append(_outcome(body, body["measure"]))
        elif job.ending == "test_outcome" and body["role"] in solvers:
            others.append(_tested(job, run.state.nodes[body["node"]].commit, len(others)))
        elif job.ending in {"node_added", "edit_rejected"}:
            others += _trained(job, calls, solvers, len(others))
    yield from validated.values()
    yield from others


def _validated(job: Job) -> Solve:
    body, made = job.body, job.body["made"]
    return Solve(
        file=f"work-{job.n:06d}.json",
        scope=f"work/{body['artifact_key']}",
        node=body["node"],
        role=body["role"],
        task=body["task"],
        pool=Pool.VALIDATION,
        ended=job.ended,
        artifact=made["blob"],
        failure=made["failure"],
        detail=made["detail"],
        usage=body["usage"],
    )


def _tested(job: Job, commit: str, number: int) -> Solve:
    body = job.body
    return Solve(
        file=f"test-{number:06d}.json",
        scope=f"test/{commit}/{body['role']}/{body['task']}",
        node=body["node"],
        role=body["role"],
        task=body["task"],
        pool=Pool.TEST,
        ended=job.ended,
        artifact=None,
        failure=body["failure"],
        detail=body["detail"],
        usage=body["usage"],
        outcomes=[_outcome(body, "tests")],
    )


def _trained(job: Job, calls: RecordedCalls, solvers: list[str], first: int) -> list[Solve]:
    """Return the solver jobs that an edit had run on train tasks. Which go was whose is told by the calls alone."""
    found: list[Solve] = []
    for entry in job.body["train"]:
        scope = f"expand/{job.n}/train/{entry['role']}/{entry['task']}"
        if entry["role"] not in solvers or not calls.of(scope) or any(solve.scope == scope for solve in found):
            continue
        found.append(
            Solve(
                file=f"train-{first + len(found):06d}.json",
                scope=scope,
                node=job.body["parent"],
                role=entry["role"],
                task=entry["task"],
                pool=Pool.TRAIN,
                ended=job.ended,
                artifact=entry["artifact"],
                failure=entry["failure"],
                detail=entry["detail"],
                usage={},
                outcomes=[_outcome(entry, "tests")],
            )
        )
    return found


def _outcome(body: dict[str, Any], measure: str) -> dict[str, Any]:
    return {"n": body.get("n"), "measure": measure, "y": body["y"], "score": body["score"], "failure": body["failure"]}


# ---------------------------------------------------------------------- one trajectory


def make_trajectory(run: OpenedRun, calls: RecordedCalls, solve: Solve) -> dict[str, Any]:
    """Return one job as an ATIF document."""
    made = calls.of(solve.scope)
    steps = _Steps({id(call): ended for ended, call in made})
    artifact = artifact_text(run.archive.blobs, solve.artifact)
    notes = []
    if made:
        for said in calls.said(solve.scope):
            steps.add(said)
    if not steps.steps:
        notes.append("No call of a model is on record: this is what the role was asked and what it made, not how.")
        steps.add_plain(_instruction(run, solve), _made(solve, artifact), solve.ended)
    if steps.parted:
        notes.append("The role changed its history between calls; turns told again are marked is_copied_context.")
    unanswered = [call.status for _, call in made if call.status >= 400]  # noqa: PLR2004
    node = run.state.nodes[solve.node]
    agent: dict[str, Any] = {"name": solve.role, "version": node.commit}
    if made:
        agent["model_name"] = made[0][1].model
        agent["tool_definitions"] = _tools(made[0][1].protocol, calls.text(made[0][1].request)) or None
    agent["extra"] = {"node": solve.node, "role_hash": node.roles[solve.role]}
    about: dict[str, Any] = {
        "run": run.lock.run,
        "task": solve.task,
        "pool": solve.pool,
        "ended_at": _time(solve.ended),
    }
    about |= {"outcomes": solve.outcomes, "failure": solve.failure, "detail": cell(solve.detail)}
    about |= {"artifact_blob": solve.artifact, "artifact": artifact if made else None, "unanswered_calls": unanswered}
    return _without_none(
        {
            "schema_version": VERSION,
            "session_id": f"{run.lock.run}/{solve.scope}",
            "trajectory_id": solve.scope,
            "agent": _without_none(agent),
            "steps": steps.steps,
            "notes": " ".join(notes) or None,
            "final_metrics": _final(made, len(steps.steps), solve),
            "extra": _without_none(about),
        }
    )


def _final(made: list[tuple[float, Call]], steps: int, solve: Solve) -> dict[str, Any]:
    tokens = [Tokens(**call.tokens) for _, call in made]
    spent = {key: solve.usage[key] for key in ("cpu_s", "wall_s") if key in solve.usage}
    return {
        "total_prompt_tokens": sum(used.input for used in tokens),
        "total_completion_tokens": sum(used.output for used in tokens),
        "total_cached_tokens": sum(used.cached for used in tokens),
        "total_cost_usd": round(sum(call.cost_usd for _, call in made), 12),
        "total_steps": steps,
        "extra": {"model_calls": len(made), **spent},
    }


class _Steps:
    """The steps of one trajectory; what tools gave back is part of the step that used them."""

    def __init__(self, ended: dict[int, float]) -> None:
        self.steps: list[dict[str, Any]] = []
        self.parted = False
        self._ended = ended

    def add(self, said: Said) -> None:
        """Add one turn of a conversation."""
        self.parted = self.parted or said.again
        turn = told_once(said.turn, f"step-{len(self.steps) + 1}")
        if turn.speaker == "tool" and self._add_result(turn.answers, turn.text):
            return
        source = "user" if turn.speaker == "tool" else turn.speaker
        step = self._new(source, turn.text)
        if said.again:
            step["is_copied_context"] = True
        if turn.speaker != "agent":
            return
        step["llm_call_count"] = int(said.call is not None)
        if turn.reasoning and said.call:
            step["reasoning_content"] = cell(turn.reasoning, TREE_CHARS)
        if turn.uses:
            step["tool_calls"] = [
                {
                    "tool_call_id": cell(u.id, 200),
                    "function_name": cell(u.name, 200),
                    "arguments": clean_json(u.arguments),
                }
                for u in turn.uses
            ]
        if said.call:
            self._add_metrics(step, said.call)
        else:
            step["extra"] = {"said_by": "the role, not a model"}

    def add_plain(self, asked: str, made: str, ended: float) -> None:
        """Add what is known of a job without calls: what it was asked, and what it made."""
        self._new("user", asked)
        step = self._new("agent", made)
        step |= {"timestamp": _time(ended), "llm_call_count": 0}

    def _new(self, source: str, text: str) -> dict[str, Any]:
        step: dict[str, Any] = {"step_id": len(self.steps) + 1, "source": source, "message": cell(text, TREE_CHARS)}
        self.steps.append(step)
        return step

    def _add_result(self, answers: str, text: str) -> bool:
        """Put a tool's result to the step that used the tool; False if no such step is there."""
        wanted = cell(answers, 200)
        for step in reversed(self.steps):
            used = step.get("tool_calls", ())
            if any(use["tool_call_id"] == wanted for use in used):
                results = step.setdefault("observation", {"results": []})["results"]
                results.append({"source_call_id": wanted, "content": cell(text, TREE_CHARS)})
                return True
        return False

    def _add_metrics(self, step: dict[str, Any], call: Call) -> None:
        tokens = Tokens(**call.tokens)
        step["timestamp"] = _time(self._ended[id(call)])
        step["model_name"] = call.model
        step["metrics"] = {
            "prompt_tokens": tokens.input,
            "completion_tokens": tokens.output,
            "cached_tokens": tokens.cached,
            "cost_usd": call.cost_usd,
            "extra": {
                "reasoning_tokens": tokens.reasoning,
                "cache_write_tokens": tokens.cache_write,
                "wall_s": call.wall_s,
                "version": cell(call.version, 200),
                "counted_by_provider": call.counted,
                "replayed": call.replayed,
            },
        }


def _instruction(run: OpenedRun, solve: Solve) -> str:
    suite = run.suites[run.criterion.role(solve.role).suite]
    return suite.task(solve.task).instruction if suite.kind == "solving" else ""


def _made(solve: Solve, artifact: str | None) -> str:
    if solve.failure:
        return f"({solve.failure}: {cell(solve.detail)})"
    if artifact is None:
        return "(what it made was measured, and is not on record)"
    return artifact


def _tools(protocol: str, request: bytes | None) -> list[dict[str, Any]]:
    """Return the tools that a request offers, in OpenAI's form."""
    try:
        body = json.loads(request or b"{}")
    except ValueError:
        return []
    found = []
    for tool in (body.get("tools") if isinstance(body, dict) else None) or []:
        if not isinstance(tool, dict):
            continue
        if protocol == "chat":
            found.append(clean_json(tool))
            continue
        schema = tool.get("input_schema") or tool.get("parameters")
        function = {"name": tool.get("name"), "description": tool.get("description"), "parameters": schema}
        found.append(clean_json({"type": "function", "function": {k: v for k, v in function.items() if v is not None}}))
    return found


def _without_none(table: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in table.items() if value is not None}


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
