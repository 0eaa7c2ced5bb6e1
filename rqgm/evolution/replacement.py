"""Who takes a seat: the three rules (spec §5), as pure functions of verdicts on labelled items.

A candidate is a frozen judge instance: one content hash of a judge role, whichever nodes carry it. Its verdicts are
right or wrong by item, of the anchor and of the adversarial pool; all of them count alike.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rqgm.core.counts import Counts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rqgm.evolution.settings import EpochSettings


@dataclass(frozen=True, slots=True)
class Candidate:
    """One judge instance: its content hash, the first node that carries it, and which items it got right.

    `verdicts` are on the anchor, `adversarial` on the pool of its role; their items differ.
    """

    role_hash: str
    node: int
    verdicts: Mapping[str, int]
    adversarial: Mapping[str, int] = field(default_factory=dict)

    @property
    def all_verdicts(self) -> dict[str, int]:
        """The verdicts on both."""
        return {**self.verdicts, **self.adversarial}

    @property
    def counts(self) -> Counts:
        """Right and wrong verdicts on both."""
        return count(self.all_verdicts)


def count(verdicts: Mapping[str, int]) -> Counts:
    """Return how many verdicts are right and wrong."""
    right = sum(verdicts.values())
    return Counts(right, len(verdicts) - right)


@dataclass(frozen=True, slots=True)
class Choice:
    """What a rule came to for one slot: the winner, or None when the incumbent stays; and why, in words and figures."""

    winner: Candidate | None
    reason: str
    incumbent_score: float
    best_score: float


def choose(
    rule: EpochSettings,
    incumbent: Candidate,
    candidates: Sequence[Candidate],
    checkpoint: int,
    slots: int = 1,
    pool_size: int = 0,
) -> Choice:
    """Decide one slot of `slots`. `candidates` are challengers; `checkpoint` counts from 1. A tie changes nothing.

    Where there is an adversarial pool, of `pool_size` items, a challenger must have faced it as well: who has only
    judged the anchor would be compared on the easier half of the criterion.
    """
    faced = min(rule.min_anchor, pool_size)
    eligible = [
        c
        for c in candidates
        if len(c.verdicts) >= rule.min_anchor and len(c.adversarial) >= faced and c.role_hash != incumbent.role_hash
    ]
    held = incumbent.counts.best_belief(rule.epsilon)
    if rule.replacement == "off":
        return Choice(None, "replacement is off", held, held)
    if not eligible:
        both = f" and {faced} adversarial ones" if faced else ""
        return Choice(None, f"no challenger has {rule.min_anchor} anchor outcomes{both}", held, held)
    if rule.replacement == "paired":
        return _paired(rule, incumbent, eligible, checkpoint * checkpoint * slots, held)
    margin = rule.margin if rule.replacement == "margin" else 0.0
    best = max(eligible, key=lambda c: (c.counts.best_belief(rule.epsilon), -c.node))
    score = best.counts.best_belief(rule.epsilon)
    needed = f"{held:.3f}" + (f" + {margin:.3f}" if margin else "")
    if score > held + margin:
        return Choice(best, f"best belief {score:.3f} > {needed}", held, score)
    return Choice(None, f"best belief {score:.3f} <= {needed}", held, score)


def _paired(
    rule: EpochSettings, incumbent: Candidate, eligible: Sequence[Candidate], divisor: int, held: float
) -> Choice:
    level = rule.delta * 6 / (math.pi**2 * divisor) / len(eligible)
    tested = [(sign_test(*discordant(c, incumbent)), -c.counts.best_belief(rule.epsilon), c.node, c) for c in eligible]
    p_value, minus_score, _, best = min(tested, key=lambda entry: entry[:3])
    won, lost = discordant(best, incumbent)
    text = f"{won} items won, {lost} lost to the incumbent, p = {p_value:.2g}, level {level:.2g}"
    return Choice(best if p_value <= level else None, text, held, -minus_score)


def discordant(challenger: Candidate, incumbent: Candidate) -> tuple[int, int]:
    """Return how many common items only the challenger got right, and how many only the incumbent."""
    mine, theirs = challenger.all_verdicts, incumbent.all_verdicts
    common = mine.keys() & theirs.keys()
    won = sum(mine[item] > theirs[item] for item in common)
    lost = sum(mine[item] < theirs[item] for item in common)
    return won, lost


def sign_test(won: int, lost: int) -> float:
    """Return the one-sided exact p-value that `won` of won + lost fair coins or more come up heads."""
    n = won + lost
    return float(sum(math.comb(n, k) for k in range(won, n + 1)) / 2**n)
