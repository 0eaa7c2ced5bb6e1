"""Cards of what was trained: on what, how, and what it scored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rqgm.core.errors import ConfigError
from rqgm.core.hashes import hash_json
from rqgm.orchestration.weights import Card

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pydantic import JsonValue

    from rqgm.orchestration.evaluation import Estimate, Table
    from rqgm.orchestration.recordings import Recording
    from rqgm.orchestration.training.trainer import Trained


def make_card(
    trained: Trained, recordings: Sequence[Recording], tables: Iterable[Table], told: Mapping[str, JsonValue]
) -> Card:
    """Return the card of a policy trained on recordings.

    `tables` are evaluations of which it tells the row that bears the policy's name: `<pool>.<figure>`, or with several
    recordings `<environment>.<pool>.<figure>`. `told` joins the settings: the embedder, how many agents.
    """
    names = check_apart(recordings)
    hashes = [recording.sha256 for recording in recordings]
    missing = sum(step.missing for step in trained.history)
    metrics: dict[str, float] = {"best.update": trained.update}
    if missing:
        metrics["plans.missing"] = missing
    for table in tables:
        where = table.pool if len(names) == 1 else f"{table.environment}.{table.pool}"
        for row in table.rows:
            if row.policy == trained.policy.name:
                metrics |= _figures(f"{where}.accuracy", row.accuracy)
                metrics |= _figures(f"{where}.gain_over_parallel", row.against_parallel.difference)
                metrics |= _figures(f"{where}.gain_over_full", row.against_full.difference)
                metrics |= {f"{where}.items": row.items, f"{where}.extra_calls": row.extra_calls}
                if row.unknown:
                    metrics[f"{where}.unknown"] = row.unknown
    settings: dict[str, JsonValue] = {**trained.settings.model_dump(mode="json"), **told}
    return Card(
        policy=trained.policy.kind,
        features=trained.policy.weights.features,
        seed=trained.seed,
        data="; ".join(map(_described, recordings))[:2_000],
        data_sha256=hashes[0] if len(hashes) == 1 else hash_json(sorted(hashes)),
        settings=settings,
        metrics=metrics,
    )


def check_apart(recordings: Sequence[Recording]) -> list[str]:
    """Return the recordings' names; ConfigError where two are of one environment: figures could not be told apart."""
    names = [recording.name for recording in recordings]
    if len(set(names)) < len(names):
        raise ConfigError(f"two recordings of one environment: {', '.join(names)}; record their episodes as one")
    return names


def _figures(name: str, estimate: Estimate) -> dict[str, float]:
    return {name: estimate.value, f"{name}.low": estimate.low, f"{name}.high": estimate.high}


def _described(recording: Recording) -> str:
    counts = ", ".join(f"{count} {pool}" for pool, count in recording.header.episodes.items())
    return f"{recording.name} ({counts} episodes; answer by {recording.rule})"
