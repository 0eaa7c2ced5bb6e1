"""Trajectories: each is a document of ATIF, tells what is on record and no more, and misses no solver job.

The models here were written from Harbor's specification (ATIF-v1.7); Harbor's own need Python 3.12.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from rqgm.core.words import Pool
from rqgm.report.exports.trajectories import INDEX, write_trajectories


class Part(BaseModel):
    """Every object of the format takes its own keys only."""

    model_config = ConfigDict(extra="forbid")


class ToolCall(Part):
    tool_call_id: str
    function_name: str
    arguments: dict[str, Any]
    extra: dict[str, Any] | None = None


class Result(Part):
    source_call_id: str | None = None
    content: str | None = None
    extra: dict[str, Any] | None = None


class Observation(Part):
    results: list[Result]


class Metrics(Part):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cached_tokens: int | None = None
    cost_usd: float | None = None
    extra: dict[str, Any] | None = None


class Step(Part):
    step_id: int = Field(ge=1)
    timestamp: datetime | None = None
    source: Literal["system", "user", "agent"]
    model_name: str | None = None
    message: str
    reasoning_content: str | None = None
    tool_calls: list[ToolCall] | None = None
    observation: Observation | None = None
    metrics: Metrics | None = None
    is_copied_context: bool | None = None
    llm_call_count: int | None = Field(default=None, ge=0)
    extra: dict[str, Any] | None = None

    @model_validator(mode="after")
    def _rules(self) -> Step:
        if self.source != "agent":
            assert not any((self.model_name, self.reasoning_content, self.tool_calls, self.metrics))
        if self.source == "agent" and self.llm_call_count == 0:
            assert self.metrics is None
            assert self.reasoning_content is None
        ids = {use.tool_call_id for use in self.tool_calls or []}
        for result in self.observation.results if self.observation else []:
            assert result.source_call_id is None or result.source_call_id in ids
        return self


class Agent(Part):
    name: str
    version: str
    model_name: str | None = None
    tool_definitions: list[dict[str, Any]] | None = None
    extra: dict[str, Any] | None = None


class FinalMetrics(Part):
    total_prompt_tokens: int
    total_completion_tokens: int
    total_cached_tokens: int
    total_cost_usd: float
    total_steps: int
    extra: dict[str, Any] | None = None


class Trajectory(Part):
    schema_version: Literal["ATIF-v1.7"]
    session_id: str
    trajectory_id: str
    agent: Agent
    steps: list[Step] = Field(min_length=1)
    notes: str | None = None
    final_metrics: FinalMetrics
    extra: dict[str, Any]

    @model_validator(mode="after")
    def _rules(self) -> Trajectory:
        assert [step.step_id for step in self.steps] == list(range(1, len(self.steps) + 1))
        assert self.final_metrics.total_steps == len(self.steps)
        return self


def exported(run: Any, folder: Any, node: int | None = None) -> tuple[dict[str, int], dict[str, Trajectory]]:
    """Export and read back, each file checked; the index names exactly the files that are there."""
    counts = write_trajectories(run, folder, node)
    found = {p.name: Trajectory.model_validate_json(p.read_text()) for p in folder.glob("*.json")}
    index = [json.loads(line) for line in (folder / INDEX).read_text().splitlines()]
    assert {entry["file"] for entry in index} == set(found)
    assert {entry["file"]: entry["steps"] for entry in index} == {name: len(t.steps) for name, t in found.items()}
    return counts, found


def test_every_solver_job_has_one_file(run, tmp_path):
    """One for each artifact that was made for validation, one for each test of a solver; all outcomes are in them."""
    counts, found = exported(run, tmp_path)
    state = run.state
    tests = [job for job in state.test if job[1] == "coder"]
    assert counts["trajectories"] == len(found) == len(state.artifacts) + len(tests)
    told = [outcome for t in found.values() if t.extra["pool"] == Pool.VALIDATION for outcome in t.extra["outcomes"]]
    mine = {r.n: (r.measure, r.y, r.score) for r in state.records.values() if r.role == "coder"}
    assert {o["n"]: (o["measure"], o["y"], o["score"]) for o in told} == mine
    right = sum(o["y"] for t in found.values() if t.extra["pool"] == Pool.TEST for o in t.extra["outcomes"])
    assert right == sum(state.test[job]["y"] for job in tests)


def test_without_calls_a_trajectory_says_no_more_than_is_known(run, tmp_path):
    """The instruction, and what was made; no step claims a model."""
    _, found = exported(run, tmp_path)
    for name, trajectory in found.items():
        assert [step.source for step in trajectory.steps] == ["user", "agent"]
        assert trajectory.steps[0].message.startswith(f"Do {trajectory.extra['task']}.")
        assert trajectory.steps[1].llm_call_count == 0
        assert "No call of a model is on record" in str(trajectory.notes)
        made = trajectory.steps[1].message
        assert ("===== program.py\n" in made) == name.startswith("work")
        assert "\x1b" not in made
        assert "(2 bytes, not text)" in made or name.startswith("test")


def test_recorded_calls_are_told_as_they_happened(called_run, tmp_path):
    """System, user, use of a tool with its result, end; tokens and cost are the calls'; the refused call is no step."""
    run, scope = called_run
    counts, found = exported(run, tmp_path)
    assert counts["with_model_calls"] == 1
    trajectory = next(t for t in found.values() if t.trajectory_id == scope)
    steps = trajectory.steps
    assert [step.source for step in steps] == ["system", "user", "agent", "agent"]
    assert steps[2].tool_calls == [
        ToolCall(tool_call_id="u1", function_name="bash", arguments={"command": "ls", "cwd": None})
    ]
    assert steps[2].observation is not None
    assert str(steps[2].observation.results[0].content).startswith("program.py")
    assert steps[3].message == "done"
    assert [step.llm_call_count for step in steps[2:]] == [1, 1]
    assert steps[2].metrics is not None
    assert steps[2].metrics.prompt_tokens == 100
    final = trajectory.final_metrics
    assert (final.total_prompt_tokens, final.total_completion_tokens, final.total_cached_tokens) == (200, 20, 80)
    assert final.total_cost_usd == 0.5
    assert trajectory.extra["unanswered_calls"] == [429]
    assert trajectory.agent.tool_definitions is not None
    assert trajectory.agent.model_name == "openai/gpt-4o-mini"
    assert "===== program.py" in trajectory.extra["artifact"]


def test_a_job_that_was_run_again_is_told_by_its_last_go(with_calls, as_run, tmp_path):
    """After a kill the same request is on record twice; the trajectory has it once."""
    import shutil

    from rqgm.archive.run_archive import RunArchive
    from rqgm.gateway.calls import Calls

    from_folder, scope = with_calls
    folder = tmp_path / "run"
    shutil.copytree(from_folder, folder)
    calls = Calls(folder)
    for call in [call for call in calls if call.scope == scope][:2]:
        calls.settle(None, call)
    calls.close()
    (tmp_path / "out").mkdir()
    with RunArchive(folder) as opened:
        _, found = exported(as_run(folder, opened), tmp_path / "out")
    again = next(t for t in found.values() if t.trajectory_id == scope)
    assert [step.source for step in again.steps] == ["system", "user", "agent", "agent"]
    assert again.final_metrics.total_cost_usd == 0.5


def test_a_node_has_its_own_and_what_it_shares(run, tmp_path):
    """With a node named: the jobs of solver roles that are what the node's is, and no others."""
    wanted = run.state.key(0, "coder")
    _, found = exported(run, tmp_path, 0)
    assert found
    assert all(run.state.key(t.agent.extra["node"], "coder") == wanted for t in found.values() if t.agent.extra)
    records = [r for r in run.state.records.values() if r.role == "coder" and run.state.key(r.node, "coder") == wanted]
    assert sum(len(t.extra["outcomes"]) for n, t in found.items() if n.startswith("work")) == len(records)
