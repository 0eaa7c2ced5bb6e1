"""Episodes: drafts whose truth is known, and what a plan makes of them. Policies are trained and measured on these."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Protocol

from rqgm.orchestration.features import features
from rqgm.orchestration.propagation import propagate
from rqgm.orchestration.selection import choose

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rqgm.orchestration.drafts import Draft
    from rqgm.orchestration.embeddings import Embedder
    from rqgm.orchestration.plans import Plan
    from rqgm.orchestration.propagation import Propagated, Revision


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer of one agent. `right` is the truth of it, which no policy is told."""

    key: str
    """Names all that others hear of it: equal keys, equal replies."""
    draft: Draft
    right: bool

    @property
    def evidence(self) -> float | None:
        """The draft's evidence, which a revision must not lose."""
        return self.draft.evidence


@dataclass(frozen=True, slots=True)
class Episode:
    """What N agents answered to one item before any of them heard another. `replies`: (N,), N from 1 to 64."""

    id: str
    group: str
    """Episodes of one group are not independent (variants of a program): intervals are over groups."""
    replies: tuple[Reply, ...]

    def first(self, agents: int) -> Episode:
        """Return the same episode with the first `agents` of its agents only."""
        return replace(self, replies=self.replies[:agents])


class Environment(Protocol):
    """Where agents answer again: deterministic, so that equal plans come out equal."""

    @property
    def name(self) -> str:
        """What it is called in tables and cards."""

    @property
    def rule(self) -> str:
        """The rule by which the team's answer is chosen (`rqgm.orchestration.selection`)."""

    def episodes(self, pool: str) -> Sequence[Episode]:
        """Return the episodes of a pool: train, validation or test; disjoint by group."""

    async def revise(self, episode: Episode, agent: int, own: Reply, heard: Mapping[int, Reply], /) -> Revision[Reply]:
        """Return what an agent answers now that it hears others (see `rqgm.orchestration.propagation.Revise`)."""


@dataclass(frozen=True, slots=True)
class Ending:
    """What came of a plan in an episode; costs are those of the second round, the drafts left out."""

    plan: Plan
    right: bool
    """Whether the answer chosen in the end is right."""
    rescued: int
    """Agents whose answer was wrong and is right now."""
    harmed: int
    """Agents whose answer was right and is wrong now."""
    extra_calls: int
    critical_path: int
    tokens: int
    cpu_s: float


async def play(environment: Environment, episode: Episode, plan: Plan, embedder: Embedder) -> Ending:
    """Carry out a plan in an episode, choose among the answers that stand, and hold them against the truth."""
    done = await carry_out(environment, episode, plan)
    told = features([reply.draft for reply in done.answers], embedder)
    return ending(episode, plan, done, choose(told, environment.rule))


async def carry_out(environment: Environment, episode: Episode, plan: Plan) -> Propagated[Reply]:
    """Return what the agents of an episode say in the end when they follow a plan."""
    return await propagate(plan, episode.replies, partial(environment.revise, episode))


def ending(episode: Episode, plan: Plan, done: Propagated[Reply], chosen: int) -> Ending:
    """Hold what was carried out, and the agent whose answer was `chosen` of it, against the truth."""
    pairs = list(zip(episode.replies, done.answers, strict=True))
    usage = done.usage
    return Ending(
        plan=plan,
        right=done.answers[chosen].right,
        rescued=sum(not before.right and after.right for before, after in pairs),
        harmed=sum(before.right and not after.right for before, after in pairs),
        extra_calls=done.extra_calls,
        critical_path=done.critical_path,
        tokens=usage.input_tokens + usage.output_tokens,
        cpu_s=usage.cpu_s,
    )
