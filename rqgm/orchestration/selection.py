"""Selection: which of the answers is the team's; a choice among them, never a synthesis."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from rqgm.core.errors import UnknownNameError
from rqgm.orchestration.ranking import arranged, cluster_sizes, contributions, cosines, ranked, rounded

if TYPE_CHECKING:
    from collections.abc import Callable

    from rqgm.orchestration.features import Features

Rule = Literal["majority", "evidence", "centroid"]


def choose(features: Features, rule: Rule | str) -> int:
    """Return the number of the agent whose answer is chosen.

    ``majority``: the largest cluster, told by its first member; of equally large ones that with the most evidence in
    sum, then that of the agent who ranks first. ``evidence``: the majority among those with the most evidence, or among
    all where there is none. ``centroid`` (the paper): the answer nearest to the mean of the vectors weighted by ψ. Who
    has no answer is chosen only if nobody has one. Which agent that is follows a permutation of the agents; it depends
    on their numbers only between drafts that are equal in all that is known of them (see `rqgm.orchestration.ranking`).
    Raises UnknownNameError for another rule.
    """
    rules: dict[str, Callable[[Features], int]] = {"majority": _majority, "evidence": _evidence, "centroid": _centroid}
    if rule not in rules:
        raise UnknownNameError("rule of selection", rule, get_args(Rule))
    order = ranked(features)
    return order[rules[rule](arranged(features, order))]


def _majority(known: Features) -> int:
    return _largest(known, list(range(known.agents)))


def _evidence(known: Features) -> int:
    best = np.nanmax(known.evidence, initial=-1.0)
    # Who has no answer may have the most evidence only by mistake of who measured it: never before an answer.
    among = [n for n in range(known.agents) if known.evidence[n] == best and known.cluster[n] >= 0]
    return _largest(known, among or list(range(known.agents)))


def _largest(known: Features, among: list[int]) -> int:
    """Return the first of the largest cluster of `among`, which are places in the order, rising."""
    answered = [n for n in among if known.cluster[n] >= 0]
    if not answered:
        return among[0]
    sizes = Counter(int(known.cluster[n]) for n in answered)
    proof = {name: sum(_proof(known, n) for n in answered if known.cluster[n] == name) for name in sizes}
    return max(answered, key=lambda n: (sizes[int(known.cluster[n])], proof[int(known.cluster[n])], -n))


def _proof(known: Features, n: int) -> float:
    return 0.0 if np.isnan(known.evidence[n]) else float(known.evidence[n])


def _centroid(known: Features) -> int:
    nearness = rounded(cosines(known) @ contributions(known))
    nearness = np.where((cluster_sizes(known) > 0) | (known.cluster < 0).all(), nearness, -np.inf)
    return int(np.argmax(nearness))  # the first of equals in the order
