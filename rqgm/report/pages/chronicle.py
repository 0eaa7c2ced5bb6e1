"""The chronicle of a run: its ledger read from the beginning, with what the state alone forgets.

The state keeps what is true now; pages also show how it came to be: the best belief after so many outcomes, what had
been spent by then, what each judge said. It can be read on from where it stands, while another process writes.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from rqgm.archive.state import State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rqgm.archive.ledger import Event
    from rqgm.run.session import OpenedRun

SAMPLES = 240
"""About how many points a curve over a run's outcomes has."""


@dataclass(frozen=True, slots=True)
class Best:
    """The node that would be the endpoint if the run ended now, with its best belief."""

    node: int
    belief: float


@dataclass(frozen=True, slots=True)
class Sample:
    """How a run stood after so many outcomes.

    `generalist` is over all roles, `specialists` by role. `cpu_s`, `cost_usd`, `tokens` are what had been charged by
    kind of usage. `running_s` leaves pauses out. `closing` tells that it was taken just before an epoch closed.
    """

    outcomes: int
    epoch: int
    nodes: int
    generalist: Best
    specialists: dict[str, Best]
    cpu_s: dict[str, float]
    cost_usd: dict[str, float]
    tokens: dict[str, int]
    running_s: float
    closing: bool = False


@dataclass(frozen=True, slots=True)
class Made:
    """How a node was made: after so many outcomes, by which job, from what evidence, at what cost."""

    outcomes: int
    job: int | None
    mate: int | None
    train: list[dict[str, Any]]
    usage: dict[str, Any]
    train_usage: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Heard:
    """What is on record of an outcome beside the outcome: what was said, and the node of each seat's judge then."""

    opinions: list[dict[str, Any]]
    criteria: list[dict[str, Any]]
    detail: str
    judges: dict[str, int]
    outcomes: int


class Chronicle:
    """A run's events, read as far as they go. `catch_up` reads on; `run.archive.state` then is the state there."""

    def __init__(self, run: OpenedRun) -> None:
        self.run = run
        self.state = State()
        self.samples: list[Sample] = []
        self.made: dict[int, Made] = {}
        self.heard: dict[int, Heard] = {}
        self.by_node: dict[int, list[int]] = defaultdict(list)
        """Outcomes, by the node that they were measured on."""
        self.rejected: list[dict[str, Any]] = []
        self.checkpoints: dict[int, int] = {}
        """Outcome count at which each epoch began."""
        self.seq = 0
        self._head = ""
        self._running_s = 0.0
        self._last_at: float | None = None
        self._step = max(1, run.lock.experiment.budget.outcomes // SAMPLES)

    def catch_up(self) -> bool:
        """Read what has been appended since; tell whether there was anything."""
        archive = self.run.archive
        before = self.seq
        for event in archive.ledger.events(after=self.seq):
            self._take(event)
        archive.state = self.state
        if self.seq > before:
            archive.ledger.seq, archive.ledger.head = self.seq, self._head
        return self.seq > before

    @property
    def now(self) -> Sample:
        """How the run stands."""
        return self._sample()

    @property
    def running_s(self) -> float:
        """For how long the run was being carried out; pauses are left out."""
        return self._running_s

    # ------------------------------------------------------------------ events

    def _take(self, event: Event) -> None:
        self.seq, self._head = event.seq, event.hash
        if self._last_at is not None and event.kind != "run_resumed":
            self._running_s += event.at - self._last_at
        self._last_at = event.at
        if event.kind == "epoch_closed":
            self.samples.append(self._sample(closing=True))
        self.state.apply(event.kind, event.body)
        if event.kind == "outcome":
            self._outcome(event.body)
        elif event.kind == "node_added":
            self._node(event.body)
        elif event.kind == "edit_rejected":
            self.rejected.append(event.body | {"outcomes": self.state.spent})
        elif event.kind == "epoch_closed":
            self.checkpoints[self.state.epoch] = self.state.spent
            self.samples.append(self._sample())

    def _outcome(self, body: dict[str, Any]) -> None:
        seats = self.state.seats
        self.by_node[body["node"]].append(body["n"])
        self.heard[body["n"]] = Heard(
            opinions=body.get("opinions", []),
            criteria=body.get("criteria", []),
            detail=body.get("detail", ""),
            judges={slot: seats[slot].node for slot in body["deps"]},
            outcomes=self.state.spent,
        )
        if self.state.spent % self._step == 0:
            self.samples.append(self._sample())

    def _node(self, body: dict[str, Any]) -> None:
        self.made[len(self.state.nodes) - 1] = Made(
            outcomes=self.state.spent,
            job=body["n"],
            mate=body.get("mate"),
            train=body["train"],
            usage=body["usage"],
            train_usage=body["train_usage"],
        )

    # ------------------------------------------------------------------ samples

    def _sample(self, *, closing: bool = False) -> Sample:
        state = self.state
        roles = state.measured
        measured = {role: self._measured(role) for role in roles}
        usage = state.usage
        return Sample(
            outcomes=state.spent,
            epoch=state.epoch,
            nodes=len(state.nodes),
            generalist=self._best(roles, measured),
            specialists={role: self._best([role], measured) for role in roles},
            cpu_s={kind: round(used.cpu_s, 3) for kind, used in usage.items()},
            cost_usd={kind: round(used.cost_usd, 6) for kind, used in usage.items()},
            tokens={kind: used.blended_tokens for kind, used in usage.items()},
            running_s=round(self._running_s, 1),
            closing=closing,
        )

    def _measured(self, role: str) -> np.ndarray:
        """Return how many cells of a role each node has live outcomes on."""
        state = self.state
        found = np.zeros(len(state.nodes), dtype=int)
        contents = state.evidence[role].contents if role in state.evidence else {}
        for (name, content), cells in state.closed.items():
            if name == role and cells:
                found[contents[content].carriers] = len(cells)
        return found

    def _best(self, roles: Sequence[str], measured: dict[str, np.ndarray]) -> Best:
        """Return what `rqgm.evolution.endpoints` would choose, for all nodes at once."""
        state, settings = self.state, self.run.lock.experiment.endpoints
        if not roles or not state.nodes:
            return Best(0, 0.0)
        able = np.flatnonzero(sum(measured[role] for role in roles) >= settings.min_outcomes)
        able = able if len(able) else np.arange(len(state.nodes))
        counts = np.stack([state.evidence[role].own[:, able] for role in roles])
        beliefs = beliefs_of(counts, settings.epsilon)
        best = int(np.argmax(beliefs))  # the first of equals: a tie goes to the older node
        return Best(int(able[best]), round(float(beliefs[best]), 6))


def beliefs_of(counts: np.ndarray, epsilon: float) -> np.ndarray:
    """Return `rqgm.core.counts.mean_belief` of many nodes at once: counts of shape (roles, 2, nodes) → (nodes,)."""
    from scipy.special import betaincinv  # noqa: PLC0415  # 0.3 s to import

    flat = counts.reshape(-1, counts.shape[-1])
    distinct, places = np.unique(flat, axis=1, return_inverse=True)  # nodes share contents, and so their counts
    a, b = 1 + distinct[0::2], 1 + distinct[1::2]
    mean = (a / (a + b)).mean(axis=0)
    variance = (a * b / ((a + b) ** 2 * (a + b + 1))).sum(axis=0) / len(a) ** 2
    size = mean * (1 - mean) / variance - 1
    found: np.ndarray = betaincinv(mean * size, (1 - mean) * size, epsilon)
    return found[np.ravel(places)]
