"""The policy that ships: its weights fit, its card is of the recordings beside it, and training it again comes to the same."""

from __future__ import annotations

import pytest

from rqgm.core.hashes import hash_json
from rqgm.orchestration.embeddings import HashingEmbedder
from rqgm.orchestration.evaluation import evaluate
from rqgm.orchestration.features import VERSION
from rqgm.orchestration.plays import Plays
from rqgm.orchestration.policy import SHIPPED, open_policy
from rqgm.orchestration.recording_files import SUFFIX
from rqgm.orchestration.recordings import Recording
from rqgm.orchestration.training.settings import Settings
from rqgm.orchestration.training.trainer import train
from rqgm.orchestration.weights import load_weights
from rqgm.testing.policy_kit import run_kit

RECORDINGS = sorted(SHIPPED.glob(f"*{SUFFIX}"))
WEIGHTS = SHIPPED / "gated.safetensors"
OURS = ("preset", "embedder", "agents")  # of the card's settings: not the trainer's


def test_the_shipped_policy_keeps_what_policies_promise() -> None:
    """Every check of the kit, with the weights that ship."""
    assert [result for result in run_kit(open_policy("gated")) if not result.passed] == []


def test_its_card_is_of_the_recordings_beside_it() -> None:
    """By their hashes; they hold no test pool, and no episode in two pools (which opening them checks)."""
    _, card = load_weights(WEIGHTS)
    recordings = [Recording.open(path) for path in RECORDINGS]
    assert card.features == VERSION
    assert card.data_sha256 == hash_json(sorted(recording.sha256 for recording in recordings))
    for recording in recordings:
        assert recording.episodes("train")
        assert recording.episodes("validation")
        assert not recording.episodes("test")


@pytest.mark.slow
async def test_training_it_again_comes_to_the_same_within_the_cards_intervals() -> None:
    """From the card's seed and settings, on the recordings beside it; equal weights are promised on one machine only."""
    weights, card = load_weights(WEIGHTS)
    told = {name: value for name, value in card.settings.items() if name not in OURS}
    settings = Settings.model_validate(told | {"restarts": 1})  # the card's seed is that of the best restart
    plays = [Plays(Recording.open(path), HashingEmbedder()) for path in RECORDINGS]
    trained = await train(plays, weights.policy, settings, card.seed)
    for one in plays:
        table = await evaluate(one, {"gated": trained.policy}, "validation", unknown_changes_nothing=True)
        where = f"{one.name}.validation.accuracy"
        assert card.metrics[f"{where}.low"] <= table.rows[0].accuracy.value <= card.metrics[f"{where}.high"]
