"""`rqgm nexa train` and `rqgm nexa eval` on a recording: what they write and print, and how they refuse."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from rqgm.cli.app import app
from rqgm.cli.console import report_error
from rqgm.cli.nexa_text import TrainingProgress
from rqgm.core.hashes import hash_json
from rqgm.orchestration.embeddings import HashingEmbedder
from rqgm.orchestration.evaluation import evaluate
from rqgm.orchestration.features import VERSION
from rqgm.orchestration.plays import Plays
from rqgm.orchestration.policy import open_policy
from rqgm.orchestration.recordings import Recording
from rqgm.orchestration.training.settings import make_settings
from rqgm.orchestration.training.trainer import Step, train
from rqgm.orchestration.weights import load_weights
from rqgm.testing.drawn_team import DrawnTeam

if TYPE_CHECKING:
    from typer.testing import Result

UPDATES = 12
SIZES = {"train": 24, "validation": 12, "test": 12}
POLICIES = ("full", "star", "chain", "debate(1)")


async def record(*paths: Path) -> None:
    """Record what a training on environments together asks for, and the usual policies; each is named by its file."""
    teams = [DrawnTeam(agents=4, rescue=0.9, harm=0.0, name=path.name.partition(".")[0], sizes=SIZES) for path in paths]
    plays = [Plays(Recording.record(team), HashingEmbedder()) for team in teams]
    trained = await train(plays, "gated", make_settings(updates=UPDATES), 0)
    policies = {one: open_policy(one) for one in POLICIES} | {"gated": trained.policy}
    for one, path in zip(plays, paths, strict=True):
        for pool in SIZES:
            await evaluate(one, policies, pool)
        assert isinstance(one.environment, Recording)
        one.environment.save(path)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a recording."""
    path = tmp_path_factory.mktemp("recorded") / "team.jsonl.zst"
    asyncio.run(record(path))
    return path


@pytest.fixture(scope="module")
def weights(recorded: Path) -> Path:
    """Return weights that the command trained."""
    path = recorded.with_name("mine.safetensors")
    result = run("train", recorded, "--updates", UPDATES, "--out", path, "--test", "--json")
    assert result.exit_code == 0, result.output
    return path


def run(*words: object) -> Result:
    """Run `rqgm nexa`."""
    return CliRunner().invoke(app, ["nexa", *map(str, words)])


def told(result: Result) -> Any:
    """Return the JSON that a command printed, and nothing else."""
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_training_writes_weights_that_open_and_a_card_that_tells_all(recorded: Path, weights: Path) -> None:
    """The card is of this data, with intervals; the weights are the policy's."""
    found, card = load_weights(weights)
    assert found.policy == "gated"
    assert card.data_sha256 == Recording.open(recorded).sha256
    assert card.data.startswith("team (24 train, 12 validation, 12 test episodes")
    assert (card.seed, card.settings["updates"], card.settings["preset"]) == (0, UPDATES, "default")
    assert card.settings["embedder"] == "hashing"
    for pool in ("validation", "test"):
        low, value, high = (card.metrics[f"{pool}.accuracy{end}"] for end in (".low", "", ".high"))
        assert 0 <= low < value < high <= 1
        assert card.metrics[f"{pool}.gain_over_full.low"] < card.metrics[f"{pool}.gain_over_full.high"]
    assert open_policy("gated", weights).name == "gated"


def test_training_again_gives_the_same_weights_and_plain_lines(recorded: Path, weights: Path, tmp_path: Path) -> None:
    """From the recording alone: every plan that is drawn is in it. Without --test the test pool is not looked at."""
    result = run("train", recorded, "--updates", UPDATES, "--out", tmp_path / "again")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "again.safetensors").read_bytes() == weights.read_bytes()
    assert f"gated: {UPDATES} updates, best after update" in result.output
    assert "team, validation: 12 items" in result.output
    assert "\x1b" not in result.output
    metrics = load_weights(tmp_path / "again")[1].metrics
    assert not [name for name in metrics if name.startswith("test")]


def test_eval_prints_a_row_for_each_policy(recorded: Path, weights: Path) -> None:
    """The usual ones, the weights' own, and the random one as dense as that; in JSON and as text."""
    rows = told(run("eval", recorded, "--weights", weights, "--json"))["tables"][0]
    names = [row["policy"] for row in rows["rows"]] + rows["left_out"]
    assert sorted(names) == sorted(["parallel", "again", *POLICIES, "self-org(0.8)", "gated", "random-like(gated)"])
    assert (rows["environment"], rows["pool"]) == ("team", "test")
    result = run("eval", recorded, "--policies", "parallel,full", "--pool", "validation")
    assert result.exit_code == 0
    assert "team, validation: 12 items; 95 % intervals" in result.output
    text = result.output.splitlines()
    assert [line.split()[0] for line in text[1:]] == ["policy", "parallel", "full"] * 2
    assert text[3].split()[1] == f"{100 * named(recorded, 'full')['accuracy']['value']:.1f}"


def named(recorded: Path, policy: str) -> Any:
    """Return a policy's row on validation."""
    return told(run("eval", recorded, "--policies", policy, "--pool", "validation", "--json"))["tables"][0]["rows"][0]


def test_a_larger_team_than_was_recorded_is_refused(recorded: Path) -> None:
    """By how many there are."""
    result = run("eval", recorded, "--policies", "parallel", "--agents", 5)
    assert "has 4 agents, not 5; ask fewer" in str(result.exception)


def test_several_recordings_are_trained_on_together_and_measured_apart(recorded: Path, tmp_path: Path) -> None:
    """Their hashes are hashed together, and the card's figures name the environment."""
    both = [tmp_path / "one.jsonl.zst", tmp_path / "two.jsonl.zst"]
    asyncio.run(record(*both))
    card = told(run("train", *both, "--updates", UPDATES, "--out", tmp_path / "w", "--json"))["card"]
    assert card["data_sha256"] == hash_json(sorted(Recording.open(path).sha256 for path in both))
    assert {"one.validation.accuracy", "two.validation.accuracy"} < card["metrics"].keys()
    tables = told(run("eval", *both, "--policies", "full", "--json"))["tables"]
    assert [table["environment"] for table in tables] == ["one", "two"]
    result = run("train", recorded, recorded)
    assert "two recordings of one environment: team, team" in str(result.exception)


def test_another_seed_draws_plans_that_are_not_on_record_anew_and_says_so(recorded: Path, tmp_path: Path) -> None:
    """In the card, which says how often; unknown greedy plans count as calls that change nothing."""
    result = run("train", recorded, "--seed", 7, "--updates", 4, "--out", tmp_path / "seven", "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["card"]["metrics"]["plans.missing"] > 0


def test_any_setting_of_the_trainer_can_be_set(recorded: Path, tmp_path: Path) -> None:
    """As a key, also of a table; the card tells what was used."""
    words = ("-c", "decay=1", "-c", "prices.path=0.01", "--updates", 1, "--out", tmp_path / "mine", "--json")
    settings = told(run("train", recorded, *words))["card"]["settings"]
    assert (settings["decay"], settings["prices"]["path"], settings["prices"]["call"]) == (1.0, 0.01, 0.002)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("train", "RECORDING", "--policy", "gatd"), "did you mean 'gated'"),
        (("train", "RECORDING", "--preset", "papr"), "did you mean 'paper'"),
        (("train", "RECORDING", "--updates", 0), "updates"),
        (("train", "RECORDING", "-c", "dcay=1"), "did you mean 'decay'"),
        (("train", "RECORDING", "-c", "prices.call=-1"), "prices.call: Input should be greater than or equal to 0"),
        (("train", "RECORDING", "-c", "decay"), "write it as key=value, for example -c decay=1"),
        (("train", "RECORDING", "--embedder", "hash"), "did you mean 'hashing'"),
        (("train", "none.zst"), "there is no such recording"),
        (("train", "PLAIN"), "not packed with zstd"),
        (("eval", "RECORDING", "--policies", "ful"), "did you mean 'full'"),
        (("eval", "RECORDING", "--policies", "random-like(ful)"), "did you mean 'full'"),
        (("eval", "RECORDING", "--policies", "full,full"), "named twice"),
        (("eval", "RECORDING", "--policies", "debate(9)"), "was never asked"),
        (("eval", "RECORDING", "--pool", "anchor"), "unknown pool 'anchor'"),
        (("eval", "RECORDING", "--weights", "none.safetensors"), "there is no such file"),
        (("train", "RECORDING", "coder"), "or one that ships: coders, reviewers"),
        (("eval", "RECORDING", "--weights", "OLD"), "were trained on features 'features-0'"),
    ],
)
def test_wrong_use_ends_with_2_and_a_remedy(
    recorded: Path, weights: Path, tmp_path: Path, words: tuple[object, ...], message: str, capsys: Any
) -> None:
    """Each by what is wrong."""
    (tmp_path / "plain").write_text("no recording")
    for end in (".safetensors", ".json"):
        data = weights.with_suffix(end).read_bytes()
        (tmp_path / f"old{end}").write_bytes(data.replace(VERSION.encode(), b"features-0"))
    named = {"RECORDING": recorded, "PLAIN": tmp_path / "plain", "OLD": tmp_path / "old.safetensors"}
    result = run(*(named.get(str(word), word) for word in words))
    assert isinstance(result.exception, Exception)
    assert report_error(result.exception) == 2
    assert message in capsys.readouterr().err


def test_without_the_extra_it_says_what_to_install(recorded: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One clear error; measuring needs no extra."""
    monkeypatch.setitem(sys.modules, "autograd", None)
    monkeypatch.setitem(sys.modules, "autograd.numpy", None)
    result = run("train", recorded)
    assert "install rqgm-toolkit[train]" in str(result.exception)
    assert run("eval", recorded, "--policies", "full").exit_code == 0


def test_a_training_tells_now_and_then_how_it_goes(capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    """Without a terminal: rate, reward on validation, time left; on one a bar, that is gone afterwards."""
    monkeypatch.setattr("rqgm.cli.nexa_text.PLAIN_EVERY_S", 0.0)
    for terminal in (False, True):
        monkeypatch.setenv("FORCE_COLOR" if terminal else "NO_COLOR", "1")
        with TrainingProgress(4) as progress:
            for update, looked in ((0, 0.5), (1, None), (2, 0.625)):
                progress.tell(Step(0, update, 0.5, 1.0, 0.5, 0.0, looked))
        shown = capsys.readouterr().err
        assert ("2 of 4 updates" in shown) is not terminal
        assert "validation 0.625" in shown
