"""A team that is drawn: answers, rescue and harm by stated chances, for tests of what trains and measures policies.

It says something about the mathematics of a policy, nothing about models.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from rqgm.core.streams import python_stream
from rqgm.core.usage import Usage
from rqgm.orchestration.drafts import Draft
from rqgm.orchestration.episodes import Episode, Reply
from rqgm.orchestration.propagation import Revision

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

RIGHT = "right"
_WORDS = tuple(f"{first}{second}" for first in "bdfgklmnprst" for second in ("ale", "ino", "urs", "eck", "oom"))


@dataclass(frozen=True)
class DrawnTeam:
    """An environment of N agents whose chance to be right is an item's own: Beta(ease, difficulty).

    Who is wrong gives one of `wrong` other answers, the first most often: mistakes are alike. Who is wrong and hears
    somebody that is right is right afterwards with the chance `rescue`; who is right and hears somebody that is wrong
    takes that over with the chance `harm`; all others repeat themselves. Equal turns come out equal.
    """

    agents: int = 10
    rescue: float = 0.2
    harm: float = 0.025
    ease: float = 1.5
    difficulty: float = 1.05
    wrong: int = 4
    sizes: Mapping[str, int] = field(default_factory=lambda: {"train": 300, "validation": 150, "test": 600})
    seed: int = 0
    name: str = "drawn-team"
    rule: str = "majority"

    def episodes(self, pool: str) -> Sequence[Episode]:
        """Return the episodes of a pool, each its own group."""
        return self._pools.get(pool, ())

    async def revise(self, episode: Episode, agent: int, own: Reply, heard: Mapping[int, Reply], /) -> Revision[Reply]:
        """Draw what the agent answers now, by the names of what it hears."""
        draw = python_stream(self.seed, "turn", episode.id, agent, own.key, *(reply.key for reply in heard.values()))
        wrong = [reply for reply in heard.values() if not reply.right]
        answer = own.draft.answer or ""
        if not own.right and len(wrong) < len(heard) and draw.random() < self.rescue:
            answer = RIGHT
        elif own.right and wrong and draw.random() < self.harm:
            answer = draw.choice(wrong).draft.answer or ""
        tokens = 50 * (1 + len(heard))
        said = own if answer == own.draft.answer else self._reply(episode.id, answer, f"{own.key}>{answer}")
        return Revision(said, Usage(input_tokens=tokens, output_tokens=20, model_calls=1))

    @cached_property
    def _pools(self) -> dict[str, tuple[Episode, ...]]:
        return {pool: tuple(self._episode(pool, k) for k in range(size)) for pool, size in self.sizes.items()}

    def _episode(self, pool: str, number: int) -> Episode:
        draw = python_stream(self.seed, "item", pool, number)
        chance = draw.betavariate(self.ease, self.difficulty)
        others = [f"wrong{k}" for k in range(self.wrong)]
        replies = []
        for agent in range(self.agents):
            right = draw.random() < chance
            answer = RIGHT if right else draw.choices(others, [0.5**k for k in range(self.wrong)])[0]
            replies.append(self._reply(f"{pool}-{number}", answer, f"{agent}:{answer}"))
        return Episode(f"{pool}-{number}", f"{pool}-{number}", tuple(replies))

    def _reply(self, episode: str, answer: str, key: str) -> Reply:
        words = python_stream(self.seed, "words", episode, key).choices(_WORDS, k=12)
        text = " ".join([*words, f"the answer is {answer}"])
        return Reply(key, Draft(text, answer, tokens=20), answer == RIGHT)
