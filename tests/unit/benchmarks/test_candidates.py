"""Pools of candidate patches: drawn by a hash, the same each time, plausible ones and failed ones."""

from __future__ import annotations

import json
from pathlib import Path

import candidates

from rqgm.tasks import verify_cases

TASK = Path(__file__).parents[3] / "tasks" / "repair" / "days-until-warmer"
"""A train task."""


def test_a_pool_has_plausible_and_failed_candidates(tmp_path):
    pool = candidates.find_pool(TASK)
    cases = json.loads((TASK / "environment" / "visible.json").read_text())["cases"]
    passed = []
    for text in pool.texts:
        (tmp_path / "program.py").write_text(text)
        answers = verify_cases.observe(tmp_path / "program.py", [case["input"] for case in cases])
        passed.append(len(answers) == len(cases) and all(
            verify_cases.same(answer, case["expected"]) for answer, case in zip(answers, cases, strict=True)
        ))  # fmt: skip
    half = candidates.PLACES // 2
    assert passed == [True] * min(half, pool.plausible) + [False] * min(half, pool.failed)
    assert len(set(pool.texts)) == len(pool.texts)
    assert candidates.find_pool(TASK) == pool
