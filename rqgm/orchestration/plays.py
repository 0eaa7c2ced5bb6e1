"""Plays: plans carried out in the episodes of one environment, nothing of it done twice."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from rqgm.core.errors import ConfigError
from rqgm.orchestration.episodes import carry_out, ending
from rqgm.orchestration.features import features
from rqgm.orchestration.plans import Plan
from rqgm.orchestration.recordings import MissingTurnError
from rqgm.orchestration.selection import choose

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from rqgm.orchestration.embeddings import Embedder
    from rqgm.orchestration.episodes import Ending, Environment, Episode, Reply
    from rqgm.orchestration.features import Features


class RememberingEmbedder:
    """An embedder that reads each text once. It keeps the rows as they came: for a bounded number of texts."""

    def __init__(self, embedder: Embedder) -> None:
        self.name = embedder.name
        self._embedder = embedder
        self._rows: dict[str, NDArray[np.float32]] = {}

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the rows of the embedder behind it."""
        new = [text for text in dict.fromkeys(texts) if text not in self._rows]
        if new:
            self._rows.update(zip(new, self._embedder.embed(new), strict=True))
        return np.stack([self._rows[text] for text in texts])


class Plays:
    """The episodes of an environment, with their features and the endings that plans came to, each made once.

    `agents` takes the first so many of every episode's; ConfigError where an episode has fewer.
    """

    def __init__(self, environment: Environment, embedder: Embedder, agents: int | None = None) -> None:
        self.environment = environment
        self._embedder = RememberingEmbedder(embedder)
        self._agents = agents
        self._pools: dict[str, tuple[Episode, ...]] = {}
        self._features: dict[str, Features] = {}
        self._endings: dict[tuple[object, ...], Ending] = {}
        self._choices: dict[tuple[str, ...], int] = {}

    @property
    def name(self) -> str:
        """The environment's name."""
        return self.environment.name

    def episodes(self, pool: str) -> tuple[Episode, ...]:
        """Return the episodes of a pool."""
        if pool not in self._pools:
            self._pools[pool] = tuple(map(self._cut, self.environment.episodes(pool)))
        return self._pools[pool]

    def features(self, episode: Episode) -> Features:
        """Return what a policy is told of an episode's drafts."""
        if episode.id not in self._features:
            self._features[episode.id] = features([reply.draft for reply in episode.replies], self._embedder)
        return self._features[episode.id]

    async def ending(self, episode: Episode, plan: Plan) -> Ending:
        """Return what comes of a plan in an episode."""
        asked = (episode.id, plan.gate, *plan.turns.items())
        if asked not in self._endings:
            done = await carry_out(self.environment, episode, plan)
            self._endings[asked] = ending(episode, plan, done, self._choice(episode, done.answers))
        return self._endings[asked]

    async def known_ending(self, episode: Episode, plan: Plan) -> Ending | None:
        """Return what comes of a plan, None where a recording does not know."""
        try:
            return await self.ending(episode, plan)
        except MissingTurnError:
            return None

    async def fruitless(self, episode: Episode, plan: Plan) -> Ending:
        """Return what would come of a plan if its calls changed nothing: the parallel answer, at the plan's costs."""
        quiet = await self.parallel(episode)
        return replace(quiet, plan=plan, extra_calls=plan.extra_calls, critical_path=plan.critical_path)

    async def parallel(self, episode: Episode) -> Ending:
        """Return what comes of an episode when nobody talks."""
        return await self.ending(episode, Plan.none(len(episode.replies)))

    def _choice(self, episode: Episode, answers: tuple[Reply, ...]) -> int:
        """Return the agent whose answer is chosen; equal keys are equal answers, and most plans change few."""
        said = (episode.id, *(reply.key for reply in answers))
        if said not in self._choices:
            told = features([reply.draft for reply in answers], self._embedder)
            self._choices[said] = choose(told, self.environment.rule)
        return self._choices[said]

    def _cut(self, episode: Episode) -> Episode:
        if self._agents is None:
            return episode
        if len(episode.replies) < self._agents:
            have = len(episode.replies)
            raise ConfigError(
                f"{self.name}: episode {episode.id!r:.80} has {have} agents, not {self._agents}; ask fewer"
            )
        return episode.first(self._agents)
