"""Scales: perceptrons are trained on inputs of mean 0 and deviation 1, and used on inputs as they are (LeCun 1998).

Adam moves all weights of a layer equally far, so on inputs that are all positive its first steps move every output
alike. In these coordinates what is common to all inputs is the bias's part. What comes out are ordinary weights.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rqgm.orchestration.policies.gated import Gated, gate_rows, parent_rows, update_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from rqgm.orchestration.policies.learned import Learned, Reading

    Reals = NDArray[np.float64]

LEAST_DEVIATION = 0.1
"""Inputs that vary less are not stretched further: on other items they may vary more."""


class Scale:
    """The mean and deviation of what each perceptron of `policy` reads; other policies than `Gated` stay as they are.

    An input that is the same in all `readings` gets no weight: nothing can be learned of it.
    """

    def __init__(self, policy: Learned, readings: Sequence[Reading]) -> None:
        self._policy = policy
        rows: dict[str, Reals] = {}
        if isinstance(policy, Gated):
            known = [reading.known for reading in readings]
            pairs = [parent_rows(one)[np.tril_indices(one.agents, -1)] for one in known]
            rows["gate"] = np.array([gate_rows(one) for one in known])
            rows["update"] = np.concatenate([update_rows(one) for one in known])
            rows["parent"] = np.concatenate(pairs)
        self._means = {part: found.mean(axis=0) if len(found) else 0.0 for part, found in rows.items()}
        self._factors = {part: _factors(found) for part, found in rows.items()}

    def weights_of(self, own: Reals) -> Reals:
        """Return the parameters on inputs as they are, for those on scaled ones; (P,) by the policy's layout."""
        tensors = dict(self._policy.weights.with_vector(own).tensors)
        for part, factors in self._factors.items():
            tensors[f"{part}.0.weight"] = tensors[f"{part}.0.weight"] * factors
            tensors[f"{part}.0.bias"] = tensors[f"{part}.0.bias"] - tensors[f"{part}.0.weight"] @ self._means[part]
        return self._flat(tensors)

    def gradient_of(self, gradient: Reals) -> Reals:
        """Return the gradient by the parameters on scaled inputs, for that by those on inputs as they are."""
        tensors = dict(self._policy.weights.with_vector(gradient).tensors)
        for part, factors in self._factors.items():
            common = np.outer(tensors[f"{part}.0.bias"], self._means[part])
            tensors[f"{part}.0.weight"] = (tensors[f"{part}.0.weight"] - common) * factors
        return self._flat(tensors)

    def _flat(self, tensors: dict[str, Reals]) -> Reals:
        return np.concatenate([np.ravel(tensors[slot.name]) for slot in self._policy.weights.layout])


def _factors(rows: Reals) -> Reals:
    """Return by what each input is multiplied."""
    deviation = rows.std(axis=0) if len(rows) else np.zeros(rows.shape[1])
    return np.where(np.ptp(rows, axis=0) > 0 if len(rows) else False, 1 / np.maximum(deviation, LEAST_DEVIATION), 0.0)
