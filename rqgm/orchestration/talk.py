"""Talk: what a policy makes of several answers to one thing; drafts, plan, second round and choice in one place."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from rqgm.core.errors import ConfigError
from rqgm.core.hashes import hash_json, sha256
from rqgm.core.text import clean
from rqgm.core.usage import Usage
from rqgm.orchestration import policies
from rqgm.orchestration.embeddings import HashingEmbedder, open_embedder
from rqgm.orchestration.features import MOST_AGENTS, VERSION, features
from rqgm.orchestration.plans import Plan, PlanError
from rqgm.orchestration.policies.fixed import Parallel
from rqgm.orchestration.policies.learned import Learned
from rqgm.orchestration.policy import GROUP, SHIPPED, known_policies, open_policy
from rqgm.orchestration.propagation import Propagated, no_evidence_lost, propagate
from rqgm.orchestration.selection import choose

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from rqgm.orchestration.drafts import Draft
    from rqgm.orchestration.embeddings import Embedder
    from rqgm.orchestration.policy import Policy
    from rqgm.orchestration.propagation import Accept, Revise
    from rqgm.orchestration.selection import Rule

Answer = TypeVar("Answer")


class TalkSpec(BaseModel):
    """Which policy decides whether agents talk, as panels and experiments name it; a name alone is short for it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    policy: str = Field(
        max_length=300,
        description="parallel, gated, again, full, star, chain, debate(2), random(0.3), self-org(0.8), nexa-paper, "
        "edge-logits, or a plug-in's",
    )
    weights: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9._/-]{1,188}\.safetensors$",
        description="file of a learned policy's weights (….safetensors, its card beside it), in the panel's folder or, "
        "of a role, the project's; without, what ships",
    )
    embedder: Literal["hashing", "minilm"] = Field(
        default="hashing", description="what answers' texts are compared by; minilm needs the extra `embeddings`"
    )


def spelled_out(told: object) -> object:
    """Return the table that a policy's bare name is short for; anything else as it is."""
    return {"policy": told} if isinstance(told, str) else told


@dataclass(frozen=True)
class Talked(Generic[Answer]):
    """What came of it: the answers that stand, whose is the team's, and how it came about."""

    answers: tuple[Answer, ...]
    chosen: int
    plan: Plan
    done: Propagated[Answer] | None
    """None: nobody was asked again."""
    trouble: str = ""
    """Why the policy could not decide, so that the drafts stand."""

    @property
    def usage(self) -> Usage:
        """What the second round cost."""
        return self.done.usage if self.done else Usage()

    def to_json(self) -> dict[str, Any]:
        """Return what a record keeps: the plan, and its turns as [agent, number, standing, failure if it failed]."""
        done = self.done
        told: dict[str, Any] = {
            "plan": self.plan.to_json(),
            "chosen": self.chosen,
            "extra_calls": done.extra_calls if done else 0,
            "critical_path": done.critical_path if done else 0,
            "turns": [
                [*turn, record.standing.value, *([record.failure.value] if record.failure else [])]
                for turn, record in (done.turns.items() if done else ())
            ],
        }
        return told | ({"trouble": self.trouble} if self.trouble else {})


@dataclass(frozen=True)
class Talk:
    """A policy ready for use. `hash` is of all that decides what it decides."""

    policy: Policy
    hash: str
    embedder: Embedder = field(default_factory=HashingEmbedder)

    def decide(self, drafts: Sequence[Draft]) -> tuple[Plan, str]:
        """Return the plan, and what went wrong if the policy could not decide; then nobody talks."""
        if not 1 < len(drafts) <= MOST_AGENTS:
            return Plan.none(len(drafts)), ""
        try:
            return self.policy.plan(features(drafts, self.embedder)), ""
        except (ConfigError, PlanError) as error:
            return Plan.none(len(drafts)), clean(str(error), 300)

    async def hold(
        self,
        drafts: Sequence[Answer],
        told: Callable[[Answer], Draft],
        revise: Revise[Answer],
        rule: Rule,
        *,
        accept: Accept[Answer] = no_evidence_lost,
        gate: asyncio.Semaphore | None = None,
    ) -> Talked[Answer]:
        """Let the policy decide on `drafts`, carry its plan out, and choose by `rule` among the answers that stand.

        `told` says what the policy is told of an answer. Raises what `propagate` raises.
        """
        if not drafts:
            raise PlanError("nobody answered: there is nothing to choose from")
        plan, trouble = self.decide([told(draft) for draft in drafts])
        done = None if plan.empty else await propagate(plan, drafts, revise, accept, gate=gate)
        answers = tuple(drafts) if done is None else done.answers
        chosen = choose(features([told(answer) for answer in answers], self.embedder), rule)
        return Talked(answers, chosen, plan, done, trouble)


def silence() -> Talk:
    """Return the talk in which the drafts stand."""
    return Talk(Parallel(), "parallel")


def find_weights(spec: TalkSpec, folder: Path) -> Path | None:
    """Return the file with the weights that a policy reads, None if it reads none; a run keeps a copy of it.

    Named ones are a file inside of `folder`, else they are those that ship. Raises ConfigError.
    """
    if spec.weights is None:
        name = spec.policy.strip()
        shipped = SHIPPED / f"{name}.safetensors"
        return shipped if name in known_policies() and shipped.is_file() else None
    path = folder / spec.weights
    if not path.resolve().is_relative_to(folder.resolve()):
        raise ConfigError(f"policy {spec.policy}: weights {spec.weights!r} lie outside of {folder}; copy them there")
    if not path.is_file():
        raise ConfigError(f"policy {spec.policy}: no file {spec.weights!r} in {folder}; `rqgm nexa train` makes one")
    return path


def open_talk(spec: TalkSpec, weights: Path | None, where: str) -> Talk:
    """Return the policy that `spec` names, with these weights, ready for use.

    What is wrong is a ConfigError that says `where`: UnknownNameError, WeightsError or another.
    """
    try:
        policy = open_policy(spec.policy, weights)
        digest = sha256(weights.read_bytes()) if weights else None
        if isinstance(policy, Learned):
            policy.weights.check_version(VERSION)
        embedder = open_embedder(spec.embedder)
    except ConfigError as error:
        error.args = (f"{where}: {error}",)  # as it is: whoever reads a run tells a missing plug-in from bad weights
        raise
    except OSError as error:
        raise ConfigError(f"{where}: {weights}: cannot be read: {error.strerror}") from error
    return Talk(policy, hash_json([spec.policy, digest, spec.embedder, VERSION, *_maker(policy)]), embedder)


def _maker(policy: Policy) -> list[str]:
    """Return who made a plug-in's policy: distribution, version and entry point; nothing for ours."""
    if type(policy).__module__.startswith(policies.__name__):
        return []
    found = next((point for point in entry_points(group=GROUP) if point.name == policy.name), None)
    dist = found.dist if found else None
    return [dist.name if dist else "", dist.version if dist else "", found.value if found else ""]
