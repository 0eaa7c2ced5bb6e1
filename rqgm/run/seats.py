"""Seats that a language model fills: what a run grants them, and the gateway for panels outside of a run."""

from __future__ import annotations

import tempfile
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rqgm.core.errors import BudgetSpentError, ConfigError, UnknownNameError
from rqgm.gateway.prices import known_model, price_of
from rqgm.gateway.settings import LOCAL_PROVIDERS, ModelsSettings, PriceTable
from rqgm.judging.model_seat import ModelSeat

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from rqgm.core.grants import Models
    from rqgm.evolution.criterion import Criterion
    from rqgm.judging.panel import Panel
    from rqgm.run.experiment import Experiment

FREE = PriceTable(input_usd_per_mtok=0.0, output_usd_per_mtok=0.0)


def panels_of(criterion: Criterion) -> list[Panel]:
    """Return the panels that a criterion's roles are measured by."""
    return [measure.panel for role in criterion.roles for measure in role.measures if measure.panel]


def seat_models(panels: Iterable[Panel]) -> dict[str, str]:
    """Return ``panel/seat`` → model of all seats that a model fills."""
    return {slot: model for panel in panels for slot, model in panel.models.items()}


def check_seats(experiment: Experiment, panels: Iterable[Panel]) -> None:
    """Refuse what an experiment's `[models]` and its panels' seats do not agree about; ConfigError says what to do."""
    panels, settings = list(panels), experiment.models
    seats = seat_models(panels)
    if settings is None:
        for slot, model in seats.items():
            raise ConfigError(
                f"seat {slot} is filled by the model {model}, and the experiment has no [models]; "
                "add that table (it may stay empty: seats bring their models)"
            )
        return
    granted = settings.all_granted(list(experiment.roles), seats)
    unknown = sorted(set(settings.limits) - set(experiment.roles) - set(seats))
    if unknown:
        raise UnknownNameError("role or seat", unknown[0], {*experiment.roles, *granted}, "models.limits")
    for panel in panels:
        _check_answers(panel, settings.max_output_tokens)


def _check_answers(panel: Panel, most: int) -> None:
    for name, seat in panel.fixed.items():
        if isinstance(seat, ModelSeat) and seat.parameters.max_tokens > most:
            raise ConfigError(
                f"seat {panel.name}/{name}: its answers may have {seat.parameters.max_tokens} tokens, and "
                f"models.max_output_tokens is {most}; set max_tokens in the seat's config, or raise the setting"
            )


@asynccontextmanager
async def seat_gateway(panel: Panel, budget_usd: float) -> AsyncIterator[Models | None]:
    """Open the way to the models of a panel's seats outside of a run; None if no model fills one.

    Nothing is recorded. Raises ConfigError, in one line, for a key or a price that is missing and for a spent budget.
    """
    if not panel.models:
        yield None
        return
    from rqgm.gateway.gateway import Gateway, RunLimits  # noqa: PLC0415  # uvicorn and starlette

    settings = _settings(panel)
    with tempfile.TemporaryDirectory(prefix="rqgm-") as scratch:
        try:
            async with Gateway(Path(scratch), settings, [], RunLimits(usd=budget_usd), seats=panel.models) as gateway:
                yield gateway
        except BudgetSpentError as error:
            raise ConfigError(
                f"--budget-usd {budget_usd:g} does not allow all that was to be asked; raise it, or ask about less"
            ) from error


def _settings(panel: Panel) -> ModelsSettings:
    """Return the terms of seats outside of a run; models of this machine without a known price cost nothing."""
    names = set(panel.models.values())
    free = {name: FREE for name in names if name.partition("/")[0] in LOCAL_PROVIDERS and known_model(name) is None}
    most = max(seat.parameters.max_tokens for seat in panel.fixed.values() if isinstance(seat, ModelSeat))
    settings = ModelsSettings.model_validate({"mode": "live", "prices": free, "max_output_tokens": most, "job": {}})
    for name in sorted(names):
        try:
            price_of(name, settings)
        except ConfigError as error:
            raise ConfigError(
                f"models: no price is known for {name!r}, so --budget-usd could not be kept; take a model that "
                "LiteLLM's table of prices has, or ask the panel in a run, whose models.prices can set it"
            ) from error
    return settings
