"""From labelled items to a rubric: gathered in real sandboxes, refined, held out by task."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from rqgm.core.errors import ConfigError
from rqgm.judging.rubrics import study
from rqgm.judging.rubrics.observations import Probe
from rqgm.judging.rubrics.references import Exhibit, label_pairs, make_sample
from rqgm.judging.rubrics.refinement import RRD, SHRUNK
from rqgm.judging.rubrics.rubric import Source, dump_rubric, votes
from rqgm.sandbox.pool import Sandboxes
from rqgm.sandbox.process import ProcessBackend
from rqgm.sandbox.profile import Profile

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rqgm.judging.judge import JudgeCase
    from rqgm.judging.rubrics.facts import Facts

SOURCE = Source(suite="clamps", hash="0" * 64, pool="train", items=24, tasks=6, seed=0)


async def test_items_are_observed_and_mutants_of_right_ones_become_weak_references(
    tmp_path: Path, case: Callable[..., JudgeCase], texts: dict[str, str]
) -> None:
    """The engine never runs an artifact: a hostile one is refused by its syntax or runs in the sandbox."""
    items = [
        study.Labelled("right", case(texts["right"].replace("x > high", "x > 10")), True),
        study.Labelled("cheat", case(texts["cheat"]), False),
        study.Labelled("hostile", case("x = " + "(" * 9_000), False),
    ]
    told: list[tuple[str, int, int]] = []
    async with Sandboxes(ProcessBackend(tmp_path), "study", spare=0) as sandboxes:
        probe = Probe(sandboxes, Profile(name="test", wall_s=60))
        right, cheat, hostile = await study.gather(probe, items, 2, 0, lambda *what: told.append(what))
        seen = await study.look(probe, items[1].case, 0)
    assert seen.runs == cheat.facts.runs
    assert right.facts.runs is not None
    assert right.facts.scene.passes(right.facts.runs)
    assert right.facts.runs.answers() != cheat.facts.runs.answers()
    assert right.mutants
    assert all(right.facts.scene.passes(mutant.runs) for mutant in right.mutants)
    assert all(mutant.runs.answers() != right.facts.runs.answers() for mutant in right.mutants)
    assert cheat.mutants == ()
    assert (hostile.facts.patched, hostile.facts.runs) == (None, None)
    assert told[-1] == ("artifacts", 2, 2)


class CountingBackend(ProcessBackend):
    """The process back-end, which counts the sandboxes it starts."""

    starts = 0

    async def start(self, *arguments: Any) -> Any:
        self.starts += 1
        return await super().start(*arguments)


async def test_a_task_is_observed_once_for_all_its_artifacts(
    tmp_path: Path, case: Callable[..., JudgeCase], texts: dict[str, str]
) -> None:
    """Also when they are asked about at once; what fails is not kept, and another task is another scene."""
    backend = CountingBackend(tmp_path)
    async with Sandboxes(backend, "study", spare=0) as sandboxes:
        probe = Probe(sandboxes, Profile(name="test", wall_s=60))
        right, cheat = await asyncio.gather(*(study.look(probe, case(texts[name]), 0) for name in ("right", "cheat")))
        assert backend.starts == 1 + 2
        assert right.scene is cheat.scene
        other = await study.look(probe, case(texts["right"], task="another"), 0)
        assert other.scene is not right.scene
        kept = dict(sandboxes.kept)
        with pytest.raises(ConfigError):
            await study.look(probe, replace(case(texts["right"]), environment={}), 0)
        await asyncio.sleep(0)
        assert sandboxes.kept == kept


@pytest.fixture
def exhibits(facts: Callable[..., Facts], texts: dict[str, str]) -> list[Exhibit]:
    """Six tasks of four items: right ones clamp, wrong ones name a visible input; one more line tells items apart."""
    found = []
    for task in range(6):
        for number in range(4):
            right = number % 2 == 0
            text = (
                texts["right" if right else "cheat"]
                + "\n" * number
                + f"spare = {'low' if number > 1 else 'high'}\n" * (task % 2)
            )
            answers = (10, 0, 4, 10, 7) if right else (10, 0, 4, 20, 7)
            found.append(Exhibit(f"{task}-{number}", facts(text, *answers, task=f"task-{task}"), right))
    return found


def test_a_rubric_is_refined_written_and_reported(exhibits: list[Exhibit]) -> None:
    """What separates perfectly is found, on held-out tasks too; the same seed gives the same bytes."""
    fitted = study.fit(exhibits, SHRUNK)
    held = study.hold_out(exhibits, SHRUNK)
    assert {"uniform", "whitened", "shrunk", "correlated", "shrunk - uniform"} <= set(held)
    assert held["uniform"].value == 1.0
    assert (held["uniform"].items, held["uniform"].tasks) == (24, 6)
    rubric = study.write_up(fitted, "clamps", SOURCE)
    assert dump_rubric(rubric) == dump_rubric(study.write_up(study.fit(exhibits, SHRUNK), "clamps", SOURCE))
    assert all(predicate.edge > 0.5 for predicate in rubric.predicates)
    assert votes(rubric, exhibits[0].facts) != votes(rubric, exhibits[1].facts)
    assert study.summary(fitted)["accepted"] == len(rubric.predicates)


def test_held_out_tasks_take_no_part(exhibits: list[Exhibit], monkeypatch: pytest.MonkeyPatch) -> None:
    """Every fold is fitted without any item of the tasks that it is tried on, and each item is tried once."""
    fitted: list[set[str]] = []
    judged: list[list[str]] = []
    fit, judge = study.fit, study.judge

    def watched_fit(items: Any, *rest: Any) -> Any:
        fitted.append({item.task for item in items})
        return fit(items, *rest)

    def watched_judge(found: Any, items: Any) -> Any:
        judged.append([item.name for item in items])
        assert not {item.task for item in items} & fitted[-1]
        return judge(found, items)

    monkeypatch.setattr(study, "fit", watched_fit)
    monkeypatch.setattr(study, "judge", watched_judge)
    study.hold_out(exhibits, RRD)
    assert sorted(name for names in judged for name in names) == sorted(item.name for item in exhibits)


def test_labels_that_mean_nothing_are_worth_nothing(exhibits: list[Exhibit]) -> None:
    """With labels drawn at random, held-out tasks show about a half, whatever fits on the others."""
    values = []
    for seed in range(4):
        draw = random.Random(seed)
        shuffled = [Exhibit(e.name, e.facts, draw.random() < 0.5) for e in exhibits]
        values.append(study.hold_out(shuffled, SHRUNK, "labels")["shrunk"].value)
    assert 0.35 < sum(values) / len(values) < 0.6


def test_nothing_is_accepted_where_right_and_wrong_are_alike(exhibits: list[Exhibit]) -> None:
    """An error says so; held out, nothing is accepted, which is worth a half."""
    alike = [
        Exhibit(e.name, exhibits[0].facts if n % 2 else exhibits[2].facts, e.right) for n, e in enumerate(exhibits)
    ]
    with pytest.raises(ConfigError, match="no predicate was accepted"):
        study.fit(alike, SHRUNK, "labels")
    scenes = [replace(alike[0].facts.scene, task=str(number)) for number in range(6)]
    spread = [Exhibit(e.name, replace(e.facts, scene=scenes[n // 4]), e.right) for n, e in enumerate(alike)]
    assert study.hold_out(spread, SHRUNK, "labels")["uniform"].value == 0.5


def test_pairs_stay_within_a_task_and_use_every_row_of_the_larger_side() -> None:
    """A task with one side only gives none."""
    tasks = ["a"] * 5 + ["b"] * 2 + ["c"]
    right = [True, True, True, False, False, True, True, False]
    pairs = label_pairs(tasks, right, 0)
    assert sorted(strong for strong, _ in pairs.tolist()) == [0, 1, 2]
    assert {weak for _, weak in pairs.tolist()} == {3, 4}
    assert label_pairs(["a", "b"], [True, False], 0).shape == (0, 2)


def test_references_are_labels_mutants_or_both(facts: Callable[..., Facts], texts: dict[str, str]) -> None:
    """Mutants come after the items, and their rows count for no rate."""
    weak = facts(texts["cheat"])
    items = [Exhibit("r", facts(texts["right"]), True, (weak,)), Exhibit("w", facts(texts["cheat"]), False)]
    shapes = {name: make_sample(items, name, 0).pairs.tolist() for name in ("labels", "mutants", "both")}
    assert shapes == {"labels": [[0, 1]], "mutants": [[0, 2]], "both": [[0, 1], [0, 2]]}
    sample = make_sample(items, "both", 0)
    assert (len(sample.cases), list(sample.rows)) == (3, [0, 1])
    with pytest.raises(ConfigError, match="nothing can be learnt"):
        study.fit(items[1:], SHRUNK)
