"""What a role is asked and what it answers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from rqgm.core.words import RoleKind
from rqgm.roles.messages import (
    MAX_MESSAGE_BYTES,
    MAX_MESSAGE_DEPTH,
    RESPONSES,
    EditorRequest,
    EditorResponse,
    JudgeRequest,
    JudgeResponse,
    Limits,
    PanelPlace,
    Said,
    SolverRequest,
    SolverResponse,
    TeamPlace,
    passable,
    schemas,
)


@pytest.mark.parametrize(
    ("model", "data"),
    [
        (SolverResponse, {}),
        (SolverResponse, {"schema_version": 1, "notes": {"tried": [1, None, "x"]}, "usage": {"input_tokens": 3}}),
        (JudgeResponse, {"verdict": "accept", "score": 1}),
        (
            JudgeResponse,
            {"verdict": "abstain", "score": 0.0, "probability": 0.5, "evidence": [{"claim": "c", "line": 1}]},
        ),
        (EditorResponse, {"tried": "less", "why": "more"}),
    ],
)
def test_answers_within_the_contract_pass(model: type[BaseModel], data: dict[str, Any]) -> None:
    """The schema version and everything optional may be left out."""
    assert model.model_validate(data)


@pytest.mark.parametrize(
    ("model", "data"),
    [
        (SolverResponse, {"schema_version": 2}),
        (SolverResponse, {"reward": 1}),
        (SolverResponse, []),
        (JudgeResponse, {"verdict": "accept"}),
        (JudgeResponse, {"verdict": "ACCEPT", "score": 1}),
        (JudgeResponse, {"verdict": "accept", "score": -0.1}),
        (JudgeResponse, {"verdict": "accept", "score": float("nan")}),
        (JudgeResponse, {"verdict": "accept", "score": float("inf")}),
        (JudgeResponse, {"verdict": "accept", "score": None}),
        (JudgeResponse, {"verdict": "accept", "score": 1, "probability": 1.1}),
        (JudgeResponse, {"verdict": "accept", "score": 1, "evidence": [{"claim": "c"}] * 101}),
        (JudgeResponse, {"verdict": "accept", "score": 1, "evidence": [{"claim": "x" * 2_001}]}),
        (EditorResponse, {}),
        (EditorResponse, {"tried": "x" * 2_001}),
        (EditorResponse, {"tried": "\ud800"}),
    ],
)
def test_answers_outside_the_contract_are_refused(model: type[BaseModel], data: object) -> None:
    """Nothing unknown, nothing out of range, nothing endless."""
    with pytest.raises(ValidationError):
        model.model_validate(data)


def test_every_kind_of_role_has_an_answer_and_schemas_are_json() -> None:
    """`rqgm schema` prints them."""
    assert set(RESPONSES) == set(RoleKind)
    printed = json.loads(json.dumps(schemas()))
    assert sorted(printed) == [
        "EditorRequest", "EditorResponse", "JudgeRequest", "JudgeResponse", "SolverRequest", "SolverResponse",
    ]  # fmt: skip


def test_an_editors_request_has_no_mate_and_no_evidence_by_default() -> None:
    """Both are the run's choice."""
    request = EditorRequest(role="editor", seed=1, limits=Limits(wall_s=1), workspace="/w")
    assert (request.mate, request.evidence) == (None, [])


def test_what_is_new_in_requests_is_left_out_for_those_that_work_alone() -> None:
    """A role that was written before there were teams reads what it read."""
    limits = Limits(wall_s=1)
    alone = SolverRequest(role="r", seed=1, limits=limits, task="t", instruction="i", workdir="/w", artifacts=[])
    assert "team" not in alone.model_dump()
    place = alone.model_copy(update={"team": TeamPlace(member=1, members=2)})
    assert place.model_dump(mode="json")["team"] == {"member": 1, "members": 2, "turn": 0, "own": None, "heard": []}
    judge = JudgeRequest(role="r", seed=1, limits=limits, task="t", instruction="i", artifact="/a", task_dir="/t")
    assert "panel" not in json.loads(judge.model_dump_json())
    seated = judge.model_copy(update={"panel": PanelPlace(seat=0, seats=1)})
    assert JudgeRequest.model_validate_json(seated.model_dump_json()) == seated


json_data = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)


@given(json_data)
def test_plain_data_is_passed_on_as_it_is(data: Any) -> None:
    """Messages are for programs."""
    assert passable(data) == data
    assert Said(member=0, message=passable(data)).message == data


def nested(depth: int, table: bool) -> Any:
    """Return lists or tables, one in the other."""
    data: Any = 1
    for _ in range(depth):
        data = {"a": data} if table else [data]
    return data


@pytest.mark.parametrize("table", [False, True])
def test_a_message_is_bounded_in_depth_so_that_all_can_read_it(table: bool) -> None:
    """Whoever hears it is asked by a request in which it lies some levels deeper."""
    fits, deep = nested(MAX_MESSAGE_DEPTH, table), nested(MAX_MESSAGE_DEPTH + 1, table)
    assert passable(fits) == fits
    assert passable(deep) is None
    assert passable(nested(10_000, table)) is None
    heard = [Said(member=k, message=fits) for k in range(16)]
    place = TeamPlace(member=0, members=16, turn=1, own=heard[0], heard=heard)
    assert TeamPlace.model_validate_json(place.model_dump_json()) == place


@pytest.mark.parametrize(
    "message",
    [float("nan"), float("inf"), "\ud800", {1, 2}, object(), b"x", 10**5_000],
    ids=lambda message: type(message).__name__,
)
def test_what_is_no_json_is_not_passed_on(message: object) -> None:
    """An installed judge may leave anything."""
    assert passable(message) is None
    assert passable([message]) is None


def test_a_message_is_bounded_in_bytes() -> None:
    """As UTF-8."""
    assert passable("é" * (MAX_MESSAGE_BYTES // 2 - 1)) is not None
    assert passable("é" * (MAX_MESSAGE_BYTES // 2)) is None
