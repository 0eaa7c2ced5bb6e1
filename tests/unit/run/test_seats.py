"""Seats that a language model fills: what an experiment must say of them, and panels outside of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from rqgm.core.errors import BudgetSpentError, ConfigError, UnknownNameError
from rqgm.judging.panel import load_panel
from rqgm.run.experiment import load_experiment
from rqgm.run.lock import resolve
from rqgm.run.seats import seat_gateway
from rqgm.run.session import make_gateway
from rqgm.run.shelves import Shelves

if TYPE_CHECKING:
    from pathlib import Path

    from rqgm.run.lock import Resolved

SEAT = '\n[[seats]]\nname = "model"\njudge = "model:{model}"\nprompt = "review.md.j2"\n'
MODEL = "openai/gpt-4o-mini"


def seat(project: Path, model: str = MODEL, more: str = "") -> Path:
    """Give the project's panel a seat that a model fills; return the panel's folder."""
    folder = project / "judges" / "review"
    with (folder / "panel.toml").open("a") as file:
        file.write(SEAT.format(model=model) + more)
    (folder / "review.md.j2").write_text("{{ instruction }}{{ files }}")
    return folder


def resolved(project: Path, *overrides: str, models: str = "") -> Resolved:
    """Resolve the project's experiment with a table of models."""
    path = project / "experiments" / "tiny.toml"
    path.write_text(path.read_text() + models)
    return resolve(load_experiment(path, overrides), Shelves(project))


def test_a_panel_with_a_model_needs_a_table_of_models(tiny: Path) -> None:
    """The message names the seat, its model and what to add."""
    seat(tiny)
    with pytest.raises(ConfigError, match=rf"seat review/model is filled by the model {MODEL}.*add that table"):
        resolved(tiny)


def test_the_table_may_stay_empty_where_a_seat_brings_a_model(tiny: Path, tmp_path: Path, monkeypatch: Any) -> None:
    """The gateway grants the seat its model, and the roles none."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-0123456789")
    seat(tiny)
    found = resolved(tiny, models='\n[models]\nlimits = { "review/model" = { usd = 2 } }\n')
    gateway = make_gateway(found.experiment, tmp_path, found.panels.values())
    assert gateway.models == {"review/model": MODEL}


def test_a_table_of_models_that_grants_nobody_anything_is_refused(tiny: Path) -> None:
    """Whoever wrote it meant something."""
    with pytest.raises(ConfigError, match="names no model"):
        resolved(tiny, models="\n[models]\n")


def test_limits_of_a_seat_that_is_not_there_are_refused(tiny: Path) -> None:
    """With those that are."""
    seat(tiny)
    with pytest.raises(UnknownNameError, match="did you mean 'review/model'"):
        resolved(tiny, models='\n[models]\nlimits = { "review/modle" = { usd = 2 } }\n')


def test_answers_longer_than_the_run_allows_are_refused_before_it_starts(tiny: Path) -> None:
    """Else every verdict would be an abstention."""
    seat(tiny)
    with pytest.raises(ConfigError, match=r"8192 tokens.*max_output_tokens is 1000; set max_tokens"):
        resolved(tiny, models="\n[models]\nmax_output_tokens = 1000\n")


def test_the_models_seat_is_part_of_the_utility_id(tiny: Path) -> None:
    """By the panel's hash."""
    folder = seat(tiny)
    before = resolved(tiny, models="\n[models]\n").panels["review"].hash
    (folder / "review.md.j2").write_text("{{ instruction }}{{ files }} Take care.")
    assert load_panel(folder).hash != before


@pytest.mark.parametrize(
    ("model", "message"),
    [("openai/nobody-knows-it", "no price is known for"), (MODEL, "set OPENAI_API_KEY in the environment")],
)
async def test_outside_of_a_run_one_line_says_what_is_missing(
    tiny: Path, monkeypatch: Any, model: str, message: str
) -> None:
    """A price, or a key."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    panel = load_panel(seat(tiny, model))
    with pytest.raises(ConfigError, match=message) as caught:
        async with seat_gateway(panel, 1.0):
            pass
    assert "\n" not in str(caught.value)


async def test_a_local_model_without_a_price_costs_nothing(tiny: Path) -> None:
    """It needs no key either."""
    async with seat_gateway(load_panel(seat(tiny, "ollama/some-model-of-mine")), 1.0) as models:
        assert models is not None
        assert models.lease("review/model", "panel/review/model") is not None
        assert models.lease("reviewer", "panel/review/only") is None


async def test_a_spent_budget_names_the_option(tiny: Path) -> None:
    """It is the user's limit."""
    with pytest.raises(ConfigError, match=r"--budget-usd 0\.5 does not allow"):
        async with seat_gateway(load_panel(seat(tiny, "ollama/some-model-of-mine")), 0.5):
            raise BudgetSpentError("the budget of usd is spent")


async def test_a_panel_without_such_a_seat_opens_no_gateway(tiny: Path) -> None:
    """And needs no key."""
    async with seat_gateway(load_panel(tiny / "judges" / "review"), 1.0) as models:
        assert models is None
