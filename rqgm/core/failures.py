"""The failure table: what each kind of failure means for a job, in one place.

An agent's failure is an outcome of 0. A failure of the infrastructure is never a score: the job is tried again, then
its cell is reopened and nothing is counted (spec: "infrastructure failure is not a zero").
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Cause(StrEnum):
    """Who answers for a failure."""

    AGENT = "agent"
    INFRASTRUCTURE = "infrastructure"


class Failure(StrEnum):
    """Every way in which a job can fail."""

    TIMEOUT = "timeout"
    CRASH = "crash"
    OUT_OF_MEMORY = "out-of-memory"
    OUTPUT_LIMIT = "output-limit"
    NO_RESPONSE = "no-response"
    MALFORMED_RESPONSE = "malformed-response"
    MISSING_ARTIFACT = "missing-artifact"
    REFUSED_ARTIFACT = "refused-artifact"
    VERIFIER_FAILED = "verifier-failed"
    ABSTAINED = "abstained"
    BUDGET_EXHAUSTED = "budget-exhausted"
    BROKEN_WORKSPACE = "broken-workspace"
    UNCHANGED_WORKSPACE = "unchanged-workspace"
    SANDBOX_LOST = "sandbox-lost"
    HOST_DISK_FULL = "host-disk-full"
    PROVIDER_UNAVAILABLE = "provider-unavailable"


@dataclass(frozen=True, slots=True)
class Rule:
    """What follows from a failure: who caused it, whether the job is tried again, whether it counts as outcome 0."""

    cause: Cause
    retry: bool
    counts: bool
    meaning: str


def _agent(meaning: str) -> Rule:
    return Rule(Cause.AGENT, retry=False, counts=True, meaning=meaning)


def _infrastructure(meaning: str) -> Rule:
    return Rule(Cause.INFRASTRUCTURE, retry=True, counts=False, meaning=meaning)


TABLE: dict[Failure, Rule] = {
    Failure.TIMEOUT: _agent("the role ran longer than its wall or CPU limit and was killed"),
    Failure.CRASH: _agent("the role's command ended with an exit code other than 0, or could not be started"),
    Failure.OUT_OF_MEMORY: _agent("the role was killed at its memory limit"),
    Failure.OUTPUT_LIMIT: _agent("the role wrote more output than its limit and was killed"),
    Failure.NO_RESPONSE: _agent("the role ended without writing response.json"),
    Failure.MALFORMED_RESPONSE: _agent("response.json is too large, not JSON, or not what the schema asks for"),
    Failure.MISSING_ARTIFACT: _agent("none of the task's declared artifacts was there afterwards"),
    Failure.REFUSED_ARTIFACT: _agent("an artifact is a link, a device, too large, too many files, or has a bad path"),
    # A task's verifier is proved by `rqgm task check`; so one that gives no reward was broken by the artifact.
    Failure.VERIFIER_FAILED: _agent("the verifier gave no valid reward on this artifact"),
    Failure.ABSTAINED: _agent("the judge abstained"),
    Failure.BUDGET_EXHAUSTED: _agent("the job used up its own token or cost budget"),
    Failure.BROKEN_WORKSPACE: _agent("the edited workspace does not load or fails its smoke check"),
    Failure.UNCHANGED_WORKSPACE: _agent("the editor changed nothing"),
    Failure.SANDBOX_LOST: _infrastructure("the sandbox died or could not be reached"),
    Failure.HOST_DISK_FULL: _infrastructure("the engine's disk is full"),
    Failure.PROVIDER_UNAVAILABLE: _infrastructure("the model provider failed beyond retries"),
}
