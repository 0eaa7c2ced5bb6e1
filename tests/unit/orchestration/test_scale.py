"""Scales: weights on scaled inputs and on inputs as they are come to the same, and so do their gradients."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rqgm.orchestration.policies.edge_logits import EdgeLogits
from rqgm.orchestration.policies.gated import Gated, gate_rows
from rqgm.orchestration.policies.learned import perceptron
from rqgm.orchestration.training.gradient import Gradient
from rqgm.orchestration.training.likelihood import likelihood
from rqgm.orchestration.training.scale import LEAST_DEVIATION, Scale
from rqgm.testing.policy_kit import draw_features

RNG = np.random.default_rng(0)
DRAWN = [draw_features(5, np.random.default_rng(seed)) for seed in range(8)]
FEATURES = [
    replace(one, whole=np.append(0.5, one.whole[1:])) for one in DRAWN
]  # teams of one size: one input is constant
POLICY = Gated.initial(FEATURES[0], np.random.default_rng(1), hidden=4)
READINGS = [POLICY.read(features) for features in FEATURES]
SCALE = Scale(POLICY, READINGS)


def test_what_a_perceptron_says_of_scaled_inputs_it_says_of_them_as_they_are() -> None:
    """The gate's, on every item: mean 0, deviation 1 (or less, where it is small), constant inputs unread."""
    own = RNG.normal(size=POLICY.vector.shape)
    rows = np.array([gate_rows(reading.known) for reading in READINGS])
    varies = np.ptp(rows, axis=0) > 0
    scaled = np.where(varies, (rows - rows.mean(axis=0)) / np.maximum(rows.std(axis=0), LEAST_DEVIATION), 0.0)
    wanted = perceptron(POLICY.with_vector(own).weights.tensors, "gate", scaled)
    found = perceptron(POLICY.with_vector(SCALE.weights_of(own)).weights.tensors, "gate", rows)
    assert found == pytest.approx(wanted, abs=1e-9)
    assert not varies.all()  # or the last promise is not tried


def test_gradients_are_those_of_the_scaled_weights() -> None:
    """Against differences of the objective itself."""
    own = RNG.normal(size=POLICY.vector.shape) / 2
    policy = POLICY.with_vector(SCALE.weights_of(own))
    drawn = [(reading, policy.opened(policy.scores_of(reading), np.random.default_rng(3))) for reading in READINGS]
    decisions, worth = likelihood("gated", drawn), RNG.normal(size=len(drawn))

    def objective(vector: np.ndarray) -> float:
        found = decisions.decisions(POLICY.with_vector(SCALE.weights_of(vector)).weights.tensors)
        return float((found.log_prob * worth[found.plan]).sum() / len(worth))

    slope = SCALE.gradient_of(Gradient().of(policy.weights, decisions, worth, 0.0))
    for place in RNG.choice(len(own), 40, replace=False):
        step = np.zeros_like(own)
        step[place] = 1e-5
        difference = (objective(own + step) - objective(own - step)) / 2e-5
        assert slope[place] == pytest.approx(difference, abs=1e-6)


def test_other_policies_stay_as_they_are() -> None:
    """Their tensors are no perceptrons."""
    policy = EdgeLogits.initial(5, FEATURES[0].version)
    scale = Scale(policy, [policy.read(features) for features in FEATURES])
    assert (
        scale.weights_of(policy.vector).tolist() == scale.gradient_of(policy.vector).tolist() == policy.vector.tolist()
    )
