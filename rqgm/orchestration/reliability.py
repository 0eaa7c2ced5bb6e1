"""Reliability: what agents' answers are worth, learned over many items, and the team's answer by it.

The model is Dawid and Skene's ("Maximum likelihood estimation of observer error-rates using the EM algorithm", 1979):
an agent is right with a chance of its own, the truth of each item is not known, and EM finds both. Two things are
added, since agents' errors are not independent:

- *Items are not equally hard* (Rasch 1960; with unknown truth Whitehill et al. 2009). Agent i is right on an item of
  difficulty b with the chance σ(ability_i - spread · b), where b ~ N(0, 1) is integrated out. Where agents disagree,
  the item is likely a hard one, and there what weak agents agree on says little. With a spread of 0 each agent is one
  coin, and agents vote by their log-odds.
- *Wrong answers repeat* (Ewens 1972), whatever number of answers is possible. After n wrong answers to an item the next
  one repeats an answer that was given s times with the chance s / (n + repeats), else it is a new one.

What may be true of an item is that one of the given answers is right, or none. Without labels an ability is told from
agreement: two able agents among others that have nothing in common cannot be told apart (three can), and where most
agents are wrong in the same way on most items, they are taken for the able ones.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import numpy as np

from rqgm.core.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from rqgm.orchestration.drafts import Draft

    Floats = NDArray[np.float64]

# What likelihood chooses from; settled on the train and validation pools of recorded answers (docs/aggregation.md).
SPREADS: Final = (0.0, 2.0)
REPEATS: Final = (1.0, 3.0, 10.0)
MOST_ABLE: Final = 50.0  # logits
_WIDTH: Final = 2.0  # standard deviation of abilities about 0, in logits, before anything is known
_DRIFT: Final = 1.0  # likewise about what was learned before
_DIFFICULTIES: Final = np.linspace(-4.0, 4.0, 25)
_LIKELY: Final = -(_DIFFICULTIES**2) / 2 - np.log(np.exp(-(_DIFFICULTIES**2) / 2).sum())
_STEPS: Final = 300
_NEAR: Final = 0.005  # logits that no ability moves by in a step any more: near enough to choose settings
_SETTLED: Final = 1e-3  # and at rest
_SURE: Final = 0.98  # evidence counts as no surer than this, nor as its contrary
_DIGITS: Final = 9


class ReliabilityError(ConfigError):
    """Drafts, authors and labels do not fit together, or a setting is out of range."""


@dataclass(frozen=True, slots=True)
class Signed:
    """The drafts of one item, and who wrote each; one author may have written several (samples of one model).

    `right` is the truth of each, where it is known. Raises ReliabilityError unless all are equally many, at least one.
    """

    authors: Sequence[str]
    drafts: Sequence[Draft]
    right: Sequence[bool] | None = None

    def __post_init__(self) -> None:
        count = len(self.drafts)
        labels = count if self.right is None else len(self.right)
        if not count or len(self.authors) != count or labels != count:
            told = "" if self.right is None else f", {labels} labels"
            raise ReliabilityError(f"{count} drafts, {len(self.authors)} authors{told}: one of each for every draft")


@dataclass(frozen=True)
class Reliability:
    """What authors are worth: `abilities` in logits, 0 = right on half of the items of mean difficulty.

    Raises ReliabilityError when an ability is beyond ±`MOST_ABLE`, `spread` negative or `repeats` not positive.
    """

    abilities: Mapping[str, float]
    spread: float = 2.0
    repeats: float = 3.0

    def __post_init__(self) -> None:
        if not 0 <= self.spread <= MOST_ABLE:
            raise ReliabilityError(f"spread: {self.spread}; give logits from 0 to {MOST_ABLE:g}")
        if not 0 < self.repeats < math.inf:
            raise ReliabilityError(f"repeats: {self.repeats}; give a finite number above 0")
        for author, ability in self.abilities.items():
            if not -MOST_ABLE <= ability <= MOST_ABLE:
                raise ReliabilityError(f"abilities: {author!r} has {ability}; give logits in ±{MOST_ABLE:g}")
        object.__setattr__(self, "abilities", MappingProxyType(dict(self.abilities)))

    def ability(self, author: str) -> float:
        """Return an author's ability; of one that is not known, the mean of those that are."""
        if author in self.abilities:
            return self.abilities[author]
        return sum(self.abilities.values()) / max(1, len(self.abilities))

    def accuracy(self, author: str) -> float:
        """Return the share of items, in [0, 1], on which the author is expected to be right."""
        chances = _chance(np.array([self.ability(author)]), self.spread)
        return float((chances @ np.exp(_LIKELY))[0])

    def posterior(self, signed: Signed) -> dict[str, float]:
        """Return each answer's chance to be the right one, given that one is; they sum to 1, or there are none.

        A draft without an answer is taken for a wrong one. Evidence is read as the chance that the answer is right, as
        the verifier alone sees it: 0.5 says nothing; of drafts with the same answer it is averaged, as they are checked
        by the same tests.
        """
        given = _given(signed)
        if not given:
            return {}
        authors = sorted(set(signed.authors))
        cases = _Cases.of([signed], {author: n for n, author in enumerate(authors)}, labels=False)
        abilities = np.array([self.ability(author) for author in authors])
        logs = cases.logs(abilities, self.spread, cases.clustered(self.repeats))
        proof = np.array([_proof(signed, answer) for answer in given])
        logs = logs[: len(given)] + proof[:, None]
        chances = np.exp(logs - logs.max()).sum(axis=1)
        return dict(zip(given, (chances / chances.sum()).tolist(), strict=True))

    def choose(self, signed: Signed) -> int:
        """Return the number of the draft whose answer is the team's: the likeliest answer, by its ablest author.

        Ties go to the answer that was given more often, then to its text's order: never by place. Where nobody has an
        answer, the ablest author's draft is returned.
        """
        sizes = Counter(draft.answer for draft in signed.drafts)
        chances = self.posterior(signed)
        best = min(chances, key=lambda one: (-round(chances[one], _DIGITS), -sizes[one], one), default=None)
        among = [n for n, draft in enumerate(signed.drafts) if draft.answer == best]
        return min(among, key=lambda n: (-self.ability(signed.authors[n]), signed.authors[n], n))


def learn(
    items: Sequence[Signed],
    *,
    labels: bool = False,
    before: Reliability | None = None,
    spreads: Sequence[float] = SPREADS,
    repeats: Sequence[float] = REPEATS,
) -> Reliability:
    """Return what the authors of `items` are worth, by EM.

    Without `labels`, from their agreement alone: `right` is not looked at. With them, from `right`, which every item
    must have. Of `spreads` and `repeats` those are taken under which the items are likeliest; nothing else is tuned.
    Any author may be missing in any item. `before` is what was known of them: they are expected to be near it (±1
    logit), so that items may come in parts, or from another task; who is not in it is expected near its mean, and who
    is only in it is kept. Raises ReliabilityError for settings out of range and for labels that are missing.
    """
    kept = dict(before.abilities) if before is not None else {}
    choices = [Reliability(kept, spread, repeat) for spread in spreads for repeat in repeats]
    if not choices:
        raise ReliabilityError("spreads, repeats: there are none; give at least one of each")
    if labels and any(item.right is None for item in items):
        raise ReliabilityError("labels: an item has no `right`; give it, or learn without labels")
    authors = sorted({author for item in items for author in item.authors})
    if not authors:
        return choices[0] if before is None else before
    cases = _Cases.of(items, {author: n for n, author in enumerate(authors)}, labels=labels)
    if before is None:
        start, prior = cases.agreement(), _Prior(np.zeros(len(authors)), _WIDTH)
    else:
        start = np.array([before.ability(author) for author in authors])
        prior = _Prior(start, _DRIFT)
    found = [_settled(cases, start, prior, choice, _NEAR) for choice in choices]
    best = max(range(len(choices)), key=lambda n: (round(found[n][1], _DIGITS), -n))
    abilities, _ = _settled(cases, found[best][0], prior, choices[best], _SETTLED)
    return replace(choices[best], abilities=kept | dict(zip(authors, abilities.tolist(), strict=True)))


@dataclass(frozen=True)
class _Prior:
    """What is expected of abilities: normal about `mean` (authors,), `width` wide, in logits."""

    mean: Floats
    width: float


@dataclass(frozen=True)
class _Cases:
    """What may be true of items: T cases, one for each answer that may be right, and that none is; or as labelled."""

    first: NDArray[np.intp]  # (items,): an item's cases stand together; the number of its first
    item: NDArray[np.intp]  # (T,): whose case it is
    right: Floats  # (T, authors): how many drafts of an author are right then
    written: Floats  # (items, authors): how many there are
    wrong: tuple[tuple[int, ...], ...]  # (T,): how often each wrong answer was given

    @classmethod
    def of(cls, items: Sequence[Signed], place: Mapping[str, int], *, labels: bool) -> _Cases:
        """Return the cases of items, answers in order; `place` is each author's column."""
        first: list[int] = []
        rows: list[Floats] = []
        whose: list[int] = []
        wrong: list[tuple[int, ...]] = []
        written = np.zeros((len(items), len(place)))
        for number, item in enumerate(items):
            columns = [place[author] for author in item.authors]
            np.add.at(written[number], columns, 1)
            first.append(len(rows))
            answers = [draft.answer for draft in item.drafts]
            truths = [[said == answer for said in answers] for answer in _given(item)] + [[False] * len(answers)]
            for truth in [list(item.right or ())] if labels else truths:
                row = np.zeros(len(place))
                np.add.at(row, [column for column, right in zip(columns, truth, strict=True) if right], 1)
                rows.append(row)
                whose.append(number)
                said = Counter(
                    said for said, right in zip(answers, truth, strict=True) if said is not None and not right
                )
                wrong.append(tuple(said.values()))
        return cls(np.array(first), np.array(whose), np.array(rows), written, tuple(wrong))

    def clustered(self, repeats: float) -> Floats:
        """Return (T,): ln of the chance that the wrong answers repeat as they do."""
        return np.array([_clustered(sizes, repeats) for sizes in self.wrong])

    def logs(self, abilities: Floats, spread: float, clustered: Floats) -> Floats:
        """Return (T, difficulties): ln of the chance of a case and a difficulty together with all that was answered."""
        odds = abilities[:, None] - spread * _DIFFICULTIES
        all_wrong = self.written @ -np.logaddexp(0.0, odds)
        logs: Floats = self.right @ odds + all_wrong[self.item] + clustered[:, None] + _LIKELY
        return logs

    def agreement(self) -> Floats:
        """Return (authors,) logits: what share of an item's drafts say as the author, in the mean; or its labels."""
        shares = self.right.sum(axis=1) / self.written.sum(axis=1)[self.item]
        labelled = len(self.item) == len(self.first)
        agreed = (self.right if labelled else self.right * shares[:, None]).sum(axis=0)
        share = (1 + agreed) / (2 + self.written.sum(axis=0))
        logits: Floats = np.log(share / (1 - share))
        return logits


def _settled(cases: _Cases, start: Floats, prior: _Prior, choice: Reliability, within: float) -> tuple[Floats, float]:
    """Return the abilities at which EM comes to rest, and ln of how likely they and the items are.

    Each step finds the chances of the cases, then goes one step of Newton's towards the abilities that fit them best.
    """
    abilities, clustered = start, cases.clustered(choice.repeats)
    for _ in range(_STEPS):
        logs = cases.logs(abilities, choice.spread, clustered)
        top = logs.max(axis=1)
        each = np.logaddexp.reduceat(top + np.log(np.exp(logs - top[:, None]).sum(axis=1)), cases.first)
        weights = np.exp(logs - each[cases.item][:, None])
        right = cases.right.T @ weights
        written = cases.written.T @ np.add.reduceat(weights, cases.first)
        chance = _chance(abilities, choice.spread)
        slope = (right - written * chance).sum(axis=1) - (abilities - prior.mean) / prior.width**2
        curve = (written * chance * (1 - chance)).sum(axis=1) + 1 / prior.width**2
        step = np.clip(slope / curve, -1.0, 1.0)
        if np.abs(step).max() < within:
            break
        abilities = np.clip(abilities + step, -MOST_ABLE, MOST_ABLE)
    away = (abilities - prior.mean) / prior.width
    return abilities, float(each.sum() - (away**2).sum() / 2)


def _chance(abilities: Floats, spread: float) -> Floats:
    """Return (authors, difficulties): the chance of each to be right."""
    chance: Floats = np.exp(-np.logaddexp(0.0, spread * _DIFFICULTIES - abilities[:, None]))
    return chance


def _clustered(sizes: Sequence[int], repeats: float) -> float:
    """Return ln of the chance that wrong answers form clusters of these sizes."""
    new = len(sizes) * math.log(repeats) + sum(map(math.lgamma, sizes))
    return new + math.lgamma(repeats) - math.lgamma(repeats + sum(sizes))


def _given(signed: Signed) -> list[str]:
    return sorted({draft.answer for draft in signed.drafts if draft.answer is not None})


def _proof(signed: Signed, answer: str) -> float:
    """Return the logit of the mean evidence for an answer; 0 without any."""
    known = [draft.evidence for draft in signed.drafts if draft.answer == answer and draft.evidence is not None]
    if not known:
        return 0.0
    mean = min(_SURE, max(1 - _SURE, sum(known) / len(known)))
    return math.log(mean / (1 - mean))
