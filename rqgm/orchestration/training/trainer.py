"""The trainer: REINFORCE with a paired advantage, stopped and chosen by the validation pool."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from rqgm.core.errors import ConfigError, UnknownNameError
from rqgm.core.streams import stream_seed
from rqgm.orchestration.calls import all_of
from rqgm.orchestration.plans import Plan
from rqgm.orchestration.policies.edge_logits import EdgeLogits
from rqgm.orchestration.policies.gated import Gated
from rqgm.orchestration.policies.learned import probability
from rqgm.orchestration.policies.nexa_paper import NexaPaper
from rqgm.orchestration.recording_files import RecordingError
from rqgm.orchestration.training.gradient import Adam, Gradient
from rqgm.orchestration.training.likelihood import likelihood
from rqgm.orchestration.training.scale import Scale
from rqgm.orchestration.training.threshold import Opening, best_threshold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from rqgm.orchestration.episodes import Ending, Episode
    from rqgm.orchestration.features import Features
    from rqgm.orchestration.plays import Plays
    from rqgm.orchestration.policies.learned import Learned, Reading
    from rqgm.orchestration.training.settings import Settings

DAMPING = 40.0
"""Of dual ascent: how much of a multiplier's last step is added for one update, so that it does not swing."""
REDRAWN = 16
"""Tries to draw a plan that a recording knows."""
MOST_MISSING = 0.75
"""Plans that a recording does not know, of all that were drawn, with which a training goes on."""
TRAINED = (Gated.kind, NexaPaper.kind, EdgeLogits.kind)


@dataclass(frozen=True, slots=True)
class Step:
    """What was seen of one update."""

    seed: int
    update: int
    """From 1; 0 is the fresh policy, of which nothing was drawn."""
    reward: float
    """Mean of the drawn plans, net of prices and of the multiplier."""
    calls: float
    """Mean extra calls of the drawn plans."""
    empty: float
    """Share of the drawn plans in which nobody answers again."""
    multipliers: tuple[float, ...]
    """What a call costs beyond its price, to keep to the target; by environment."""
    validation: float | None = None
    """Where the validation pool was looked at: mean reward of the greedy plans there, net of prices."""
    missing: int = 0
    """How many of the drawn plans a recording did not know; others were drawn in their place."""


@dataclass(frozen=True)
class Trained:
    """The policy that was best on the validation pool, and how it came about."""

    policy: Learned
    settings: Settings
    seed: int
    """The seed of the training that it came from."""
    update: int
    """The update after which it was."""
    validation: float
    """Mean reward of its greedy plans on the validation pool, net of prices; environments weigh alike."""
    validation_calls: tuple[float, ...]
    """Mean extra calls there, by environment."""
    history: tuple[Step, ...]
    """Of all restarts, one after the other."""


class Tell(Protocol):
    """Is told of every update."""

    def __call__(self, step: Step, /) -> None:
        """Take in an update."""


def reward(ending: Ending, settings: Settings, multiplier: float = 0.0) -> float:
    """Return what an ending is worth: 1 if it is right, less what its second round costs."""
    prices, agents = settings.prices, ending.plan.agents
    pairs = max(1, agents * (agents - 1) // 2)
    cost = (prices.call + multiplier) * ending.extra_calls + prices.path * ending.critical_path
    return ending.right - cost - prices.kilotoken * ending.tokens / 1_000 - prices.edges * ending.plan.edges / pairs


async def train(
    plays: Sequence[Plays], kind: str, settings: Settings, seed: int = 0, tell: Tell | None = None
) -> Trained:
    """Train a policy of a `kind` in `TRAINED` on the train pools of one or several environments.

    Items are drawn evenly over the environments. Looks at train and validation, never at test. Equal seeds give equal
    weights on one machine. Raises ConfigError when a pool is empty, when teams do not suit the policy, or when the
    extra `[train]` is missing, UnknownNameError for another policy.
    """
    if kind not in TRAINED:
        raise UnknownNameError("policy to train", kind, TRAINED)
    gradient = Gradient()
    for one in plays:
        for pool in ("train", "validation"):
            if not one.episodes(pool):
                raise ConfigError(
                    f"{one.name}: has no {pool} episodes; a policy is trained on train, chosen on validation"
                )
    best: Trained | None = None
    history: list[Step] = []
    for restart in range(settings.restarts):
        attempt = _Attempt(plays, kind, settings, seed + restart, gradient)
        found = await attempt.run(history, tell)
        if best is None or _rank(found, settings) > _rank(best, settings):
            best = found
    if best is None:
        raise ConfigError("a training of no restarts")
    return Trained(
        best.policy, settings, best.seed, best.update, best.validation, best.validation_calls, tuple(history)
    )


def _rank(found: Trained, settings: Settings) -> tuple[float, float]:
    """Return what makes one better: to keep to the target, then the reward."""
    most = np.inf if settings.target_calls is None else settings.target_calls
    return -sum(max(0.0, calls - most) for calls in found.validation_calls), found.validation


@dataclass(frozen=True)
class _Batch:
    """Plans that were drawn, B of them, and what they are worth to the decisions behind them."""

    drawn: list[tuple[Reading, Plan]]
    worth: NDArray[np.float64]  # (B,)
    gate_worth: NDArray[np.float64] | None  # (B,)
    reward: float
    calls: NDArray[np.float64]  # (E,), by environment; NaN where nothing was drawn
    empty: float
    missing: int


class _Attempt:
    """One training from one seed."""

    def __init__(self, plays: Sequence[Plays], kind: str, settings: Settings, seed: int, gradient: Gradient) -> None:
        self._plays = plays
        self._settings = settings
        self._seed = seed
        self._gradient = gradient
        self._draw = np.random.default_rng(stream_seed(seed, "nexa", "train"))
        self._policy = _fresh(plays, kind, settings, np.random.default_rng(stream_seed(seed, "nexa", "weights")))
        self._readings: dict[tuple[int, str], Reading] = {}
        known = [self._read(number, episode) for number, one in enumerate(plays) for episode in one.episodes("train")]
        self._scale = Scale(self._policy, known)
        self._waiting: list[deque[Episode]] = [deque() for _ in plays]
        self._turn = 0

    async def run(self, history: list[Step], tell: Tell | None) -> Trained:
        settings = self._settings
        adam = Adam(settings.rate, settings.clip, settings.decay * _matrices(self._policy))
        own = mean = self._policy.vector
        self._policy = self._policy.with_vector(self._scale.weights_of(own))
        multipliers = held = np.zeros(len(self._plays))
        missing = 0
        best = await self._look(0, self._policy)
        self._note(history, tell, Step(self._seed, 0, 0.0, 0.0, 1.0, tuple(multipliers.tolist()), best.validation))
        last_better = 0
        for update in range(1, settings.updates + 1):
            batch = await self._drawn(multipliers)
            plans = likelihood(self._policy.kind, batch.drawn)
            slope = self._gradient.of(self._policy.weights, plans, batch.worth, settings.entropy, batch.gate_worth)
            own = adam.step(own, self._scale.gradient_of(slope))
            mean = settings.averaging * mean + (1 - settings.averaging) * own
            self._policy = self._policy.with_vector(self._scale.weights_of(own))
            if settings.target_calls is not None:
                step = settings.multiplier_step * np.nan_to_num(batch.calls - settings.target_calls)
                held = np.maximum(0.0, held + step)
                multipliers = np.maximum(0.0, held + DAMPING * step)
            looked = None
            if update % settings.check_every == 0 or update == settings.updates:
                found = await self._look(update, self._policy.with_vector(self._scale.weights_of(mean)))
                looked = found.validation
                if _rank(found, settings) > _rank(best, settings):
                    best, last_better = found, update
            told = float(np.nanmean(batch.calls)), batch.empty, tuple(multipliers.tolist()), looked, batch.missing
            self._note(history, tell, Step(self._seed, update, batch.reward, *told))
            missing += batch.missing
            if missing > MOST_MISSING * update * settings.batch * settings.plans:
                raise RecordingError(
                    f"after {update} updates {missing} plans were drawn that the recording does not know, too many to "
                    "learn from what it does; record with the trainer's own settings and seed (rqgm nexa record), or "
                    "train with those that it was recorded with"
                )
            waited = update - last_better >= settings.patience * settings.check_every
            if waited and settings.target_calls is None:  # a multiplier has to find its place first
                break
        return best

    @staticmethod
    def _note(history: list[Step], tell: Tell | None, step: Step) -> None:
        history.append(step)
        if tell is not None:
            tell(step)

    async def _drawn(self, multipliers: NDArray[np.float64]) -> _Batch:
        settings = self._settings
        held = settings.gate == "held" and isinstance(self._policy, Gated)
        chosen = [self._next() for _ in range(settings.batch)]
        drawn, asked, chances = [], [], []
        for number, episode in chosen:
            reading = self._read(number, episode)
            plans, opens = self._plans(reading, held=held)
            drawn += [(reading, plan) for plan in plans]
            chances += [opens] * len(plans)
            asked += [self._plays[number].known_ending(episode, plan) for plan in plans]
        items = [one for one in chosen for _ in range(settings.plans)]
        endings, missing = await self._known(await all_of(asked), drawn, items, held=held)
        silent = await all_of(self._plays[number].parallel(episode) for number, episode in chosen)
        number_of = np.array([number for number, _ in items])
        added = multipliers[number_of].tolist()
        gained = np.array([reward(ending, settings, more) for ending, more in zip(endings, added, strict=True)])
        quiet = np.repeat([reward(one, settings) for one in silent], settings.plans)
        chance = np.array(chances)
        calls = np.array([ending.extra_calls for ending in endings])
        talks = np.array([not plan.empty for _, plan in drawn])
        gate_worth = None
        if held:
            gain = gained - quiet
            groups = gain.reshape(settings.batch, settings.plans)
            others = (groups.sum(axis=1, keepdims=True) - groups) / max(1, settings.plans - 1)
            base = others.ravel() if settings.plans > 1 else np.full(gain.shape, gain.mean())
            worth = np.maximum(chance, settings.floor) * (gain - base)
            gate_worth = chance * gain
        else:
            worth = gained - quiet if settings.baseline == "paired" else gained
            worth = worth - worth.mean()
        return _Batch(
            drawn=drawn,
            worth=worth,
            gate_worth=gate_worth,
            reward=float((quiet + chance * (gained - quiet)).mean()),
            calls=np.array([_mean((chance * calls)[number_of == number]) for number in range(len(self._plays))]),
            empty=float(1 - (chance * talks).mean()),
            missing=missing,
        )

    async def _known(
        self,
        endings: list[Ending | None],
        drawn: list[tuple[Reading, Plan]],
        items: list[tuple[int, Episode]],
        *,
        held: bool,
    ) -> tuple[list[Ending], int]:
        """Return an ending for each plan, and how many a recording did not know: for these `drawn` gets others.

        What is drawn in their place is drawn among the plans that are known, which is another distribution; where
        REDRAWN tries find none, the last is taken to help nobody and to cost its calls.
        """
        found: list[Ending] = []
        missing = 0
        for place, ending in enumerate(endings):
            number, episode = items[place]
            plays, (reading, plan), known = self._plays[number], drawn[place], ending
            missing += known is None
            for _ in range(REDRAWN if known is None else 0):
                plan = self._plans(reading, held=held)[0][0]
                known = await plays.known_ending(episode, plan)
                if known is not None:
                    break
            drawn[place] = (reading, plan)
            found.append(await plays.fruitless(episode, plan) if known is None else known)
        return found, missing

    def _plans(self, reading: Reading, *, held: bool) -> tuple[list[Plan], float]:
        """Draw plans for one item; with the gate held open, return the chance that it is too."""
        count, policy = self._settings.plans, self._policy
        if not held or not isinstance(policy, Gated):
            return [policy.plan_of(reading, self._draw) for _ in range(count)], 1.0
        scores = policy.scores_of(reading)
        return [policy.opened(scores, self._draw) for _ in range(count)], float(probability(np.array(scores.gate)))

    async def _look(self, update: int, policy: Learned) -> Trained:
        """Return how a policy does on the validation pools, greedily.

        A gate that was held open has never had to decide: its threshold is set first, on train and validation pools.
        """
        if update and self._settings.gate == "held" and isinstance(policy, Gated):
            policy = policy.with_threshold(best_threshold(await self._openings(policy), self._settings.target_calls))
        rewards, calls = [], []
        for number, plays in enumerate(self._plays):
            episodes = plays.episodes("validation")
            plans = [policy.plan_of(self._read(number, episode)) for episode in episodes]
            rewards.append(np.mean(await self._worth(plays, episodes, plans)))
            calls.append(np.mean([plan.extra_calls for plan in plans]))
        worth, each = float(np.mean(rewards)), tuple(map(float, calls))
        return Trained(policy, self._settings, self._seed, update, worth, each, history=())

    async def _openings(self, policy: Gated) -> list[Opening]:
        """Return what every item of the train and validation pools comes to with its gate open.

        The pools of an environment count as one by what is gained; each keeps to the budget by itself.
        """
        found = []
        for number, plays in enumerate(self._plays):
            pools = [plays.episodes(pool) for pool in ("train", "validation")]
            for place, episodes in enumerate(pools):
                scores = [policy.scores_of(self._read(number, episode)) for episode in episodes]
                plans = list(map(policy.opened, scores))
                worth = await self._worth(plays, episodes, plans)
                silent = await self._worth(plays, episodes, [Plan.none(plan.agents) for plan in plans])
                for one, plan, open_, shut in zip(scores, plans, worth, silent, strict=True):
                    gain = (open_ - shut) / sum(map(len, pools))
                    found.append(Opening(one.gate, 2 * number + place, gain, plan.extra_calls / len(episodes)))
        return found

    async def _worth(self, plays: Plays, episodes: Sequence[Episode], plans: Sequence[Plan]) -> list[float]:
        """Return the reward of plans; one that a recording does not know helps nobody and costs its calls."""
        known = await all_of(map(plays.known_ending, episodes, plans))
        fruitless = await all_of(map(plays.fruitless, episodes, plans))
        return [reward(ending or other, self._settings) for ending, other in zip(known, fruitless, strict=True)]

    def _next(self) -> tuple[int, Episode]:
        """Return the next item to train on, by the number of its environment; none comes again before all have come."""
        number = self._turn % len(self._plays)
        self._turn += 1
        waiting = self._waiting[number]
        if not waiting:
            episodes = self._plays[number].episodes("train")
            waiting.extend(episodes[k] for k in self._draw.permutation(len(episodes)))
        return number, waiting.popleft()

    def _read(self, number: int, episode: Episode) -> Reading:
        known = (number, episode.id)
        if known not in self._readings:
            self._readings[known] = self._policy.read(self._plays[number].features(episode))
        return self._readings[known]


def _matrices(policy: Learned) -> NDArray[np.float64]:
    """Return (P,): 1 for a parameter of a matrix, 0 for one of a bias."""
    weights = policy.weights
    parts = [np.full(weights.tensors[slot.name].size, weights.tensors[slot.name].ndim > 1) for slot in weights.layout]
    return np.concatenate(parts).astype(np.float64)


def _mean(values: NDArray[np.float64]) -> float:
    return float(values.mean()) if len(values) else np.nan


def _fresh(plays: Sequence[Plays], kind: str, settings: Settings, draw: np.random.Generator) -> Learned:
    """Return untrained weights that fit the episodes."""
    known: Features = plays[0].features(plays[0].episodes("train")[0])
    if kind == Gated.kind:
        return Gated.initial(known, draw, start=settings.start)
    if kind == NexaPaper.kind:
        return NexaPaper.initial(known.vectors.shape[1], known.version, draw)
    sizes = {
        len(episode.replies) for one in plays for pool in ("train", "validation") for episode in one.episodes(pool)
    }
    if len(sizes) > 1:
        raise ConfigError(f"{kind} has a logit for each edge and wants teams of one size; these are of {sorted(sizes)}")
    return EdgeLogits.initial(known.agents, known.version, settings.start)
