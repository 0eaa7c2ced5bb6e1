"""The policies that ship: weights fit, each card is of a recording that ships, and training it again comes to the same."""

from __future__ import annotations

from pathlib import Path

import pytest

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

PANEL = Path(__file__).parents[3] / "judges" / "review-team"
SHIPS = {"coders": SHIPPED / "gated.safetensors", "reviewers": PANEL / "gated.safetensors"}
"""Recording → weights that were trained on it."""
OURS = ("preset", "embedder", "agents")  # of the card's settings: not the trainer's


@pytest.mark.parametrize("recording", SHIPS)
def test_the_shipped_policies_keep_what_policies_promise(recording: str) -> None:
    """Every check of the kit, with the weights that ship."""
    assert [result for result in run_kit(open_policy("gated", SHIPS[recording])) if not result.passed] == []


@pytest.mark.parametrize("name", SHIPS)
def test_a_card_is_of_the_recording_that_ships(name: str) -> None:
    """By its hash; it holds no test pool, and no episode in two pools (which opening it checks)."""
    _, card = load_weights(SHIPS[name])
    recording = Recording.open(SHIPPED / f"{name}{SUFFIX}")
    assert card.features == VERSION
    assert card.data_sha256 == recording.sha256
    assert recording.episodes("train")
    assert recording.episodes("validation")
    assert not recording.episodes("test")


@pytest.mark.slow
@pytest.mark.parametrize("name", SHIPS)
async def test_training_it_again_comes_to_the_same_within_the_cards_intervals(name: str) -> None:
    """From the card's seed and settings, on its recording; equal weights are promised on one machine only."""
    weights, card = load_weights(SHIPS[name])
    told = {key: value for key, value in card.settings.items() if key not in OURS}
    end = int(card.metrics["best.update"])  # what came after it was not kept; its seed is that of the best restart
    settings = Settings.model_validate(told | {"restarts": 1, "updates": end})
    plays = Plays(Recording.open(SHIPPED / f"{name}{SUFFIX}"), HashingEmbedder())
    trained = await train([plays], weights.policy, settings, card.seed)
    table = await evaluate(plays, {"gated": trained.policy}, "validation", unknown_changes_nothing=True)
    assert card.metrics["validation.accuracy.low"] <= table.rows[0].accuracy.value
    assert table.rows[0].accuracy.value <= card.metrics["validation.accuracy.high"]
