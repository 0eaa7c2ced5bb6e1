"""The failure table."""

from __future__ import annotations

import pytest

from rqgm.core.failures import TABLE, Cause, Failure


def test_every_failure_has_a_rule() -> None:
    """The table is total."""
    assert set(TABLE) == set(Failure)


@pytest.mark.parametrize("failure", list(Failure))
def test_infrastructure_is_retried_and_never_counted_and_agents_the_other_way_round(failure: Failure) -> None:
    """Infrastructure failure is not a zero (spec §4)."""
    rule = TABLE[failure]
    outside = rule.cause is Cause.INFRASTRUCTURE
    assert rule.retry is outside
    assert rule.counts is not outside
    assert rule.meaning


@pytest.mark.parametrize("failure", [Failure.SANDBOX_LOST, Failure.HOST_DISK_FULL, Failure.PROVIDER_UNAVAILABLE])
def test_what_lies_outside_the_agent_is_infrastructure(failure: Failure) -> None:
    """A lost sandbox, a full disk and a silent provider are nobody's score."""
    assert TABLE[failure].cause is Cause.INFRASTRUCTURE


@pytest.mark.parametrize(
    "failure", [Failure.TIMEOUT, Failure.CRASH, Failure.BUDGET_EXHAUSTED, Failure.MALFORMED_RESPONSE]
)
def test_what_the_agent_did_is_an_outcome(failure: Failure) -> None:
    """Time-out, crash, spent budget and malformed answer are outcome 0."""
    assert TABLE[failure].counts
