"""Comparison: runs side by side, paired with their matched controls by seed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from rqgm.core.errors import ConfigError
from rqgm.core.intervals import paired_difference
from rqgm.run.session import open_run
from rqgm.run.summary import headline_role, summarise, test_outcomes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def compare(folders: Sequence[Path]) -> dict[str, Any]:
    """Return {runs: summaries, pairs, pooled}. A pair = a run and a control of the same experiment, suite and seed."""
    summaries: list[dict[str, Any]] = []
    tests: list[list[bool] | None] = []
    suites: list[str] = []
    for folder in folders:
        run = open_run(folder)
        try:
            role = headline_role(run.criterion)
            summaries.append(summarise(run))
            endpoints = run.state.endpoints
            tests.append(test_outcomes(run.state, role, endpoints["generalist"]["node"]) if endpoints else None)
            suites.append(role.suite_hash)
        finally:
            run.archive.close()
    if len(set(suites)) > 1:
        raise ConfigError(
            "the runs were tested on different suites, so their rates cannot be compared; compare them apart"
        )
    pairs = list(_pairs(summaries, tests))
    return {"schema_version": 1, "runs": summaries, "pairs": pairs, "pooled": pool(pairs)}


def _pairs(summaries: Sequence[dict[str, Any]], tests: Sequence[list[bool] | None]) -> list[dict[str, Any]]:
    pairs = []
    for i, run in enumerate(summaries):
        for k, control in enumerate(summaries):
            matched = run["matched"] == control["matched"]
            first, second = tests[k], tests[i]
            if matched and run["replacement"] != "off" and control["replacement"] == "off" and first and second:
                found = paired_difference(first, second)
                pairs.append(
                    {
                        "seed": run["seed"],
                        "run": run["run"],
                        "control": control["run"],
                        "difference": found.difference,
                        "interval": [found.low, found.high],
                        "p_value": found.p_value,
                    }
                )
    return pairs


def pool(pairs: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """Return the mean difference over pairs with its 95 % t interval over seeds; None for fewer than two."""
    if len(pairs) < 2:  # noqa: PLR2004
        return None
    from scipy.special import stdtrit  # noqa: PLC0415  # 0.3 s to import

    values = [pair["difference"] for pair in pairs]
    mean = sum(values) / len(values)
    spread = math.sqrt(sum((value - mean) ** 2 for value in values) / (len(values) - 1) / len(values))
    reach = float(stdtrit(len(values) - 1, 0.975)) * spread
    return {"pairs": len(values), "difference": mean, "interval": [mean - reach, mean + reach]}
