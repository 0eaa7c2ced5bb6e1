"""What a role is asked and what it answers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from rqgm.core.words import RoleKind
from rqgm.roles.messages import RESPONSES, EditorRequest, EditorResponse, JudgeResponse, Limits, SolverResponse, schemas


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
