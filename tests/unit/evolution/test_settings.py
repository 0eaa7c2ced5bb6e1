"""The settings' bounds."""

from __future__ import annotations

import pytest
from pydantic import BaseModel, ValidationError

from rqgm.evolution.settings import (
    AdversarialSettings,
    BudgetSettings,
    EndpointSettings,
    EpochSettings,
    RaceSettings,
    SearchSettings,
)


def test_defaults_are_the_papers_where_it_says() -> None:
    """Alpha 0.6, rho 2, at least 5 anchor outcomes, epsilon 0.05; cooling is off."""
    search, epochs = SearchSettings(), EpochSettings()
    assert (search.alpha, search.tau, search.cooling, search.train_samples) == (0.6, 1.0, False, 3)
    assert (search.parent_counts, search.validation_counts) == ("clade", "own")
    assert (epochs.ratio, epochs.min_anchor, epochs.epsilon, epochs.erasure) == (2.0, 5, 0.05, True)


@pytest.mark.parametrize(
    ("model", "data"),
    [
        (SearchSettings, {"alpha": 0}),
        (SearchSettings, {"alpha": 1.1}),
        (SearchSettings, {"tau": 0}),
        (SearchSettings, {"lag": 0}),
        (SearchSettings, {"commit": "whenever"}),
        (SearchSettings, {"lagg": 1}),
        (EpochSettings, {"first": 0}),
        (EpochSettings, {"ratio": 1.0}),
        (EpochSettings, {"epsilon": 1}),
        (EpochSettings, {"delta": 0}),
        (EpochSettings, {"replacement": "best"}),
        (EpochSettings, {"race": {"share": 1.5}}),
        (RaceSettings, {"candidates": -1}),
        (EndpointSettings, {"min_outcomes": 0}),
        (AdversarialSettings, {"share": 0}),
        (AdversarialSettings, {"share": 1}),
        (AdversarialSettings, {"max_items": 0}),
        (AdversarialSettings, {"reserve_per_epoch": -1}),
        (AdversarialSettings, {"max_items": 4, "reserve_per_epoch": 5}),
        (AdversarialSettings, {"enable": False}),
        (BudgetSettings, {}),
        (BudgetSettings, {"outcomes": 0}),
        (BudgetSettings, {"outcomes": 1, "usd": 0}),
    ],
)
def test_settings_out_of_bounds_are_refused(model: type[BaseModel], data: dict[str, object]) -> None:
    """A run that could not work is not started."""
    with pytest.raises(ValidationError):
        model.model_validate(data)


@pytest.mark.parametrize(
    ("model", "data"), [(EpochSettings, {"ratio": float("inf")}), (SearchSettings, {"tau": float("inf")})]
)
def test_infinity_is_refused(model: type[BaseModel], data: dict[str, object]) -> None:
    """It is no number to compute with."""
    with pytest.raises(ValidationError):
        model.model_validate(data)
