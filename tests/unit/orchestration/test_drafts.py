"""Drafts."""

from __future__ import annotations

import math

import pytest

from rqgm.core.errors import ConfigError
from rqgm.orchestration.drafts import Draft, DraftError


def test_draft_of_nothing_is_a_draft() -> None:
    """An agent that died leaves one: no text, no answer, no evidence."""
    draft = Draft(failed=True)
    assert (draft.text, draft.answer, draft.evidence) == ("", None, None)


def test_evidence_that_is_no_number_is_no_evidence() -> None:
    """A verifier that broke says nothing about the draft."""
    assert Draft("x", evidence=math.nan) == Draft("x", evidence=None)


@pytest.mark.parametrize("evidence", [-0.1, 1.1, math.inf, -math.inf])
def test_evidence_out_of_range_is_refused(evidence: float) -> None:
    with pytest.raises(DraftError, match=r"evidence is .*\[0, 1\]") as told:
        Draft("x", evidence=evidence)
    assert isinstance(told.value, ConfigError)


@pytest.mark.parametrize("usage", [{"tokens": -1}, {"cpu_s": -0.5}, {"cpu_s": math.nan}, {"cpu_s": math.inf}])
def test_usage_below_zero_or_endless_is_refused(usage: dict[str, float]) -> None:
    with pytest.raises(DraftError, match="usage"):
        Draft("x", **usage)
