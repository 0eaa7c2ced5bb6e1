"""Gradients: autograd on the policies' own maths, and Adam to follow them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from rqgm.core.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from rqgm.orchestration.training.likelihood import Likelihood
    from rqgm.orchestration.weights import Weights

    Reals = NDArray[np.float64]


class Gradient:
    """Differentiates with autograd; ConfigError when the extra `[train]` is not installed."""

    def __init__(self) -> None:
        try:
            self._xp: Any = import_module("autograd.numpy")
            self._grad: Callable[..., Any] = import_module("autograd").grad
        except ImportError as missing:
            raise ConfigError(
                f"training needs {missing.name}: install rqgm-toolkit[train]; using trained weights does not"
            ) from missing

    def of(
        self, weights: Weights, drawn: Likelihood, worth: Reals, entropy: float, gate_worth: Reals | None = None
    ) -> Reals:
        """Return, by the layout of `weights`, how a batch of B plans would have them changed.

        It is the gradient of the mean over plans of worth · ln p + `entropy` · entropy. `worth`: (B,), of all decisions
        of a plan, or of those but the one on its gate, where there is a `gate_worth`: (B,).
        """

        def objective(tensors: dict[str, Reals]) -> Any:
            found = drawn.decisions(tensors, self._xp)
            weight = worth[found.plan]
            if gate_worth is not None:
                weight[: found.gates] = gate_worth[: found.gates]
            return (self._xp.sum(found.log_prob * weight) + entropy * self._xp.sum(found.entropy)) / len(worth)

        found = self._grad(objective)(dict(weights.tensors))
        return np.concatenate([np.ravel(found[slot.name]) for slot in weights.layout])


class Adam:
    """Adam (Kingma and Ba 2015) uphill, its gradient's norm cut to `clip`.

    Parameters fade by `decay`, (P,) or one number for all: a step takes off that share times the rate, whatever the
    gradient (AdamW, Loshchilov and Hutter 2019).
    """

    def __init__(self, rate: float, clip: float, decay: Reals | float = 0.0) -> None:
        self._rate, self._clip, self._decay = rate, clip, decay
        self._mean: Reals | float = 0.0
        self._square: Reals | float = 0.0
        self._steps = 0

    def step(self, vector: Reals, gradient: Reals) -> Reals:
        """Return the parameters after a step up the gradient; both (P,)."""
        norm = float(np.linalg.norm(gradient))
        if norm > self._clip:
            gradient = gradient * (self._clip / norm)
        self._steps += 1
        self._mean = 0.9 * self._mean + 0.1 * gradient
        self._square = 0.999 * self._square + 0.001 * gradient**2
        mean = self._mean / (1 - 0.9**self._steps)
        square = self._square / (1 - 0.999**self._steps)
        kept = vector * (1 - self._rate * self._decay)
        return np.asarray(kept + self._rate * mean / (np.sqrt(square) + 1e-8))
