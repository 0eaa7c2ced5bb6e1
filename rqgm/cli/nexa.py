"""`rqgm nexa`: train policies of who talks with whom, and measure them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rqgm.cli import nexa_record
from rqgm.cli.console import JSON, foreign, make_console, print_json

if TYPE_CHECKING:
    from pydantic import JsonValue

    from rqgm.orchestration.evaluation import Table
    from rqgm.orchestration.plays import Plays
    from rqgm.orchestration.policy import Policy
    from rqgm.orchestration.recordings import Recording
    from rqgm.orchestration.weights import Card, Weights

app = typer.Typer(
    help="Policies of who talks with whom: record, train, eval.", no_args_is_help=True, rich_markup_mode=None
)
nexa_record.register(app)

RECORDINGS = typer.Argument(
    metavar="RECORDING...",
    help="Recorded environments: files, or coders, reviewers, which ship.",
    show_default="coders",
)
AGENTS = typer.Option(min=1, max=64, help="Take the first N agents of every episode.", show_default=False)
EMBEDDER = typer.Option(help="hashing or minilm. Default: that of the weights, else hashing.", show_default=False)
USUAL = ("parallel", "again", "full", "star", "chain", "debate(1)", "self-org(0.8)")
RANDOM_LIKE = "random-like("
DEFAULT_EMBEDDER = "hashing"
DEFAULT_RECORDING = "coders"
"""What the shipped `gated` was trained on."""


@app.command(name="train")
def train_policy(
    recordings: Annotated[list[Path] | None, RECORDINGS] = None,
    policy: Annotated[str, typer.Option(help="gated, nexa-paper or edge-logits.")] = "gated",
    preset: Annotated[str, typer.Option(help="default, or paper: the trainer of arXiv 2605.15573.")] = "default",
    seed: Annotated[int, typer.Option(min=0, help="Seed of weights and draws.")] = 0,
    agents: Annotated[int | None, AGENTS] = None,
    updates: Annotated[int | None, typer.Option(help="At most so many. Default: the preset's.")] = None,
    restarts: Annotated[int | None, typer.Option(help="Train from N seeds, keep the best on validation.")] = None,
    target_calls: Annotated[float | None, typer.Option(help="Mean extra calls per item to keep to.")] = None,
    override: Annotated[
        list[str] | None,
        typer.Option("-c", "--config", metavar="KEY=VALUE", help="Set one of the trainer's settings, as decay=1."),
    ] = None,
    embedder: Annotated[str, typer.Option(help="hashing or minilm.")] = DEFAULT_EMBEDDER,
    test: Annotated[bool, typer.Option("--test", help="Score the test pool too, for the card.")] = False,
    out: Annotated[Path | None, typer.Option(help="Weights to write. Default: <policy>.safetensors.")] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Train a policy on the train pools of recordings, chosen on their validation pools; write weights and card.

    Of several recordings, items are drawn evenly. Equal seeds give equal weights on one machine.
    """
    import asyncio  # noqa: PLC0415  # commands import what they use
    from dataclasses import asdict  # noqa: PLC0415

    from rqgm.cli.nexa_text import TrainingProgress, print_table, print_trained  # noqa: PLC0415
    from rqgm.orchestration.evaluation import evaluate  # noqa: PLC0415
    from rqgm.orchestration.training.card import check_apart, make_card  # noqa: PLC0415
    from rqgm.orchestration.training.settings import make_settings  # noqa: PLC0415
    from rqgm.orchestration.training.trainer import train  # noqa: PLC0415

    settings = make_settings(preset, override or [], updates=updates, restarts=restarts, target_calls=target_calls)
    opened = _opened(recordings)
    check_apart(opened)
    plays = _plays(opened, embedder, agents)
    with TrainingProgress(settings.updates * settings.restarts) as progress:
        trained = asyncio.run(train(plays, policy, settings, seed, progress.tell))
    pools = ("validation", "test") if test else ("validation",)
    rows: dict[str, Policy] = {trained.policy.name: trained.policy}
    tables = [asyncio.run(evaluate(one, rows, pool, unknown_changes_nothing=True)) for one in plays for pool in pools]
    told: dict[str, JsonValue] = {"preset": preset, "embedder": embedder, "agents": agents}
    path = (out or Path(policy)).with_suffix(".safetensors")
    card = _saved(path, trained.policy.weights, make_card(trained, opened, tables, told))
    if as_json:
        history = [asdict(step) for step in trained.history]
        print_json({"weights": str(path), "card": card.model_dump(mode="json"), "history": history})
        return
    console = make_console()
    print_trained(console, trained)
    for table in tables:
        print_table(console, table)
    console.print(foreign(f"wrote {path} and its card, {card.weights_sha256[:12]}"))


@app.command(name="eval")
def evaluate_policies(
    recordings: Annotated[list[Path] | None, RECORDINGS] = None,
    policies: Annotated[
        str | None,
        typer.Option(help="As full,random(0.3),random-like(gated). Default: the usual ones that were recorded."),
    ] = None,
    weights: Annotated[Path | None, typer.Option(help="Of a learned policy. Default: those that ship.")] = None,
    pool: Annotated[str, typer.Option(help="train, validation or test.")] = "test",
    agents: Annotated[int | None, AGENTS] = None,
    embedder: Annotated[str | None, EMBEDDER] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Play policies on the same drafts: how often they are right, what talking gains, what it costs.

    One table a recording; intervals are 95 %, over groups. A policy named here that asks for a turn which was not
    recorded ends the command.
    """
    import asyncio  # noqa: PLC0415

    from rqgm.cli.nexa_text import print_table  # noqa: PLC0415
    from rqgm.orchestration.evaluation import evaluate  # noqa: PLC0415

    card = _card(weights)
    used = embedder or str((card.settings if card else {}).get("embedder", DEFAULT_EMBEDDER))
    tables: list[Table] = []
    for one in _plays(_opened(recordings), used, agents):
        chosen = _policies(policies, weights, card, one)
        tables.append(asyncio.run(evaluate(one, chosen, pool, leave_out=policies is None)))
    if as_json:
        print_json({"tables": [table.to_json() for table in tables]})
        return
    for table in tables:
        print_table(make_console(), table)


def _opened(paths: list[Path] | None) -> list[Recording]:
    from rqgm.orchestration.policy import SHIPPED  # noqa: PLC0415
    from rqgm.orchestration.recording_files import SUFFIX, RecordingError  # noqa: PLC0415
    from rqgm.orchestration.recordings import Recording  # noqa: PLC0415

    shipped = {path.name.removesuffix(SUFFIX): path for path in SHIPPED.glob(f"*{SUFFIX}")}
    found = [path if path.exists() else shipped.get(str(path)) for path in paths or [Path(DEFAULT_RECORDING)]]
    if None in found:
        missing = (paths or [])[found.index(None)]
        raise RecordingError(
            f"{missing}: there is no such recording; name a file (mostly …{SUFFIX}), or one that ships: "
            f"{', '.join(sorted(shipped))}"
        )
    return [Recording.open(path) for path in found if path is not None]


def _plays(recordings: list[Recording], embedder: str, agents: int | None) -> list[Plays]:
    from rqgm.orchestration.embeddings import open_embedder  # noqa: PLC0415
    from rqgm.orchestration.plays import Plays  # noqa: PLC0415

    reader = open_embedder(embedder)
    return [Plays(recording, reader, agents) for recording in recordings]


def _card(weights: Path | None) -> Card | None:
    from rqgm.orchestration.weights import load_weights  # noqa: PLC0415

    return None if weights is None else load_weights(weights)[1]


def _policies(names: str | None, weights: Path | None, card: Card | None, plays: Plays) -> dict[str, Policy]:
    """Return the policies to play by the names of their rows; the one that `weights` are of is always among them."""
    from rqgm.core.errors import ConfigError  # noqa: PLC0415
    from rqgm.orchestration.evaluation import random_like  # noqa: PLC0415
    from rqgm.orchestration.policy import SHIPPED, open_policy  # noqa: PLC0415

    wanted = [name.strip() for name in names.split(",")] if names is not None else list(USUAL)
    if names is None and card is None and (SHIPPED / "gated.safetensors").is_file():
        wanted.append("gated")
    if card is not None and card.policy not in wanted:
        wanted.append(card.policy)
    if names is None and not set(wanted) <= set(USUAL):
        wanted.append(f"{RANDOM_LIKE}{wanted[-1]})")

    def opened(name: str) -> Policy:
        return open_policy(name, weights if card is not None and name == card.policy else None)

    found: dict[str, Policy] = {}
    for name in wanted:
        if name.startswith(RANDOM_LIKE) and name.endswith(")"):
            found[name] = random_like(opened(name[len(RANDOM_LIKE) : -1]), [plays])
        else:
            found[name] = opened(name)
    if len(found) < len(wanted):
        raise ConfigError(f"--policies {names}: a policy is named twice")
    return found


def _saved(path: Path, weights: Weights, card: Card) -> Card:
    from rqgm.core.errors import ConfigError  # noqa: PLC0415
    from rqgm.orchestration.weights import save_weights  # noqa: PLC0415

    try:
        return save_weights(path, weights, card)
    except OSError as error:
        raise ConfigError(f"--out {path}: cannot be written ({error.strerror}); name another file") from error
