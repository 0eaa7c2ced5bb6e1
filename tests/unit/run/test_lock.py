"""The lock: resolved once, frozen, hashed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rqgm.core.errors import ConfigError, IntegrityError, RunBusyError, UnknownNameError
from rqgm.core.words import Pool
from rqgm.evolution.criterion import MeasuredRole
from rqgm.run.experiment import load_experiment
from rqgm.run.lock import read_lock, resolve
from rqgm.run.session import open_run
from rqgm.run.shelves import Shelves


def test_a_run_reads_its_own_copies(tiny: Path, tmp_path: Path, make_run: Any, spoil: Any) -> None:
    """Changing the project afterwards changes nothing of the run."""
    folder = make_run(tiny, tmp_path / "run", finish=False)
    before = open_run(folder)
    before.archive.close()
    spoil(tiny / "tasks" / "sums" / "validation-0" / "instruction.md", "Sum up.", "Subtract.")
    spoil(tiny / "judges" / "review" / "panel.toml", '"only"', '"other"')
    after = open_run(folder)
    after.archive.close()
    assert after.criterion == before.criterion
    assert after.suites["sums"].task("validation-0").instruction == "Sum up.\n"


def test_the_criterion_is_what_the_experiment_says(finished: Path) -> None:
    """Pools, weights, slots."""
    run = open_run(finished)
    run.archive.close()
    coder, reviewer = run.criterion.roles
    assert [coder.weight(measure) for measure in coder.measures] == [1.5, 0.5]
    assert len(coder.tasks[Pool.VALIDATION]) == 5
    assert len(reviewer.tasks[Pool.ANCHOR]) == 8
    assert run.criterion.slots == {"review/only": "reviewer"}
    assert run.criterion.editor == "editor"


@pytest.mark.parametrize("key", ["run", "profile_digest", "sandbox", "hash"])
def test_an_altered_lock_is_found(tiny: Path, tmp_path: Path, make_run: Any, key: str) -> None:
    """Every value is covered by the hash."""
    folder = make_run(tiny, tmp_path / "run", finish=False)
    path = folder / "run.lock.json"
    data = json.loads(path.read_text())
    data[key] = "x" + data[key][1:]
    path.write_text(json.dumps(data))
    with pytest.raises(IntegrityError, match="it was altered"):
        read_lock(folder)


def test_an_altered_suite_is_found(tiny: Path, tmp_path: Path, make_run: Any, spoil: Any) -> None:
    """Tasks and labels are checked against the lock whenever a run is opened."""
    folder = make_run(tiny, tmp_path / "run", finish=False)
    spoil(folder / "inputs" / "suites" / "sum-reviews" / "labels.jsonl", '"accept"', '"reject"')
    with pytest.raises(IntegrityError, match="suite 'sum-reviews' is not the one in the lock"):
        open_run(folder)
    with pytest.raises(IntegrityError):
        open_run(folder, writer=True)
    spoil(folder / "inputs" / "suites" / "sum-reviews" / "labels.jsonl", '"reject"', '"accept"')
    open_run(folder, writer=True).archive.close()  # the failed opening has let go of it


@pytest.mark.parametrize("content", ["", "[]", "{", '{"hash": "x"}'])
def test_a_lock_that_is_none_is_an_error_of_ours(tmp_path: Path, content: str) -> None:
    """Whatever lies there."""
    (tmp_path / "run.lock.json").write_text(content)
    with pytest.raises((IntegrityError, ConfigError), match=r"run\.lock\.json"):
        read_lock(tmp_path)


def test_a_folder_that_is_no_run_is_named(tmp_path: Path) -> None:
    """With where runs lie."""
    with pytest.raises(ConfigError, match=r"not a run \(no run\.lock\.json\); runs lie in archive/runs/"):
        read_lock(tmp_path)


def test_a_held_run_can_be_read_and_not_written(finished: Path) -> None:
    """One writer."""
    holder = open_run(finished, writer=True)
    try:
        open_run(finished).archive.close()
        with pytest.raises(RunBusyError):
            open_run(finished, writer=True)
    finally:
        holder.archive.close()


def refuse(project: Path, kind: type[Exception], *overrides: str) -> str:
    """Return the message with which an experiment is not resolved."""
    experiment = load_experiment(project / "experiments" / "tiny.toml", overrides)
    with pytest.raises(kind) as caught:
        resolve(experiment, Shelves(project))
    return str(caught.value)


def test_names_that_are_not_on_a_shelf_are_answered_with_the_nearest(tiny: Path) -> None:
    """Workspace, suite, panel, profile."""
    assert "did you mean 'seeds/tiny'?" in refuse(tiny, UnknownNameError, "workspace=seeds/tyny")
    assert "did you mean 'sums'?" in refuse(tiny, UnknownNameError, "roles.coder.suite=sumz")
    assert "did you mean 'plain'?" in refuse(tiny, UnknownNameError, "profile=plane")
    assert "unknown panel" in refuse(tiny, UnknownNameError, 'roles.coder.measures=[{kind="panel",panel="revew"}]')


def test_a_suite_must_fit_its_role(tiny: Path) -> None:
    """Kind and pool."""
    assert "'sum-reviews' is a judging suite; a solver needs a solving one" in refuse(
        tiny, ConfigError, "roles.coder.suite=sum-reviews"
    )
    assert "a judge needs a judging one" in refuse(tiny, ConfigError, "roles.reviewer.suite=sums")


def test_a_suite_without_the_scored_pool_is_refused(tiny: Path) -> None:
    """Nothing could be measured."""
    for task in (tiny / "tasks" / "sums").glob("*/task.toml"):
        task.write_text(task.read_text().replace('"validation"', '"train"'))
    assert "roles.coder.suite: 'sums' has no validation pool" in refuse(tiny, ConfigError)


def test_a_seat_needs_a_judge_role_of_the_experiment(tiny: Path, spoil: Any) -> None:
    """A panel names roles that the run must have."""
    spoil(tiny / "judges" / "review" / "panel.toml", "role:reviewer", "role:reviwer")
    message = refuse(tiny, UnknownNameError)
    assert "panel review, measured of coder: unknown judge role 'reviwer'; did you mean 'reviewer'?" in message


def test_a_workspace_must_have_the_experiments_roles(tiny: Path, spoil: Any) -> None:
    """No fewer and no others."""
    spoil(tiny / "archive" / "seeds" / "tiny" / "workspace.toml", "[roles.editor]", "[roles.writer]")
    assert "roles.editor: found None, must be of kind editor" in refuse(tiny, ConfigError)


def test_two_panels_of_one_name_are_refused(tiny: Path) -> None:
    """Their seats could not be told apart in the records."""
    twin = tiny / "judges" / "second"
    twin.mkdir()
    (twin / "panel.toml").write_text(
        (tiny / "judges" / "review" / "panel.toml").read_text().replace("schema", "threshold = 0.9\nschema")
    )
    both = 'roles.coder.measures=[{kind="panel",panel="review"},{kind="panel",panel="second"}]'
    assert "review" in refuse(tiny, ConfigError, both)


def test_an_altered_ledger_is_found_when_a_run_is_gone_on_with(tiny: Path, tmp_path: Path, make_run: Any) -> None:
    """Going on would build on forged outcomes, and seal them with new hashes."""
    import sqlite3

    folder = make_run(tiny, tmp_path / "run")
    with sqlite3.connect(folder / "ledger.sqlite") as db:
        db.execute("DROP TRIGGER events_are_never_changed")
        db.execute("""UPDATE events SET body = replace(body, '"y":0', '"y":1') WHERE kind = 'outcome'""")
    db.close()
    with pytest.raises(IntegrityError):
        open_run(folder, writer=True).archive.close()


def reviewer_of(folder: Path) -> MeasuredRole:
    """Return the reviewer in a run's criterion."""
    run = open_run(folder)
    run.archive.close()
    return run.criterion.role("reviewer")


def test_a_judge_that_sits_in_a_panel_has_the_adversarial_measure(tiny: Path, tmp_path: Path, make_run: Any) -> None:
    """With the share that the experiment gives it."""
    folder = make_run(tiny, tmp_path / "run", "adversarial.share=0.25", finish=False)
    measure = reviewer_of(folder).adversarial
    assert measure is not None
    assert measure.share == 0.25


@pytest.mark.parametrize(
    "override", ["adversarial.enabled=false", 'roles.coder.measures=[{kind="tests"}]'], ids=["off", "no panel"]
)
def test_without_the_objective_or_a_seat_there_is_no_adversarial_measure(
    tiny: Path, tmp_path: Path, make_run: Any, override: str
) -> None:
    """Nobody who never sits can be displaced."""
    assert reviewer_of(make_run(tiny, tmp_path / "run", override, finish=False)).adversarial is None


def test_the_criterion_knows_what_is_true_of_the_anchor_and_of_nothing_else(finished: Path) -> None:
    """For reports: the test pool's labels stay where they are until the end."""
    reviewer = reviewer_of(finished)
    assert tuple(reviewer.truths) == reviewer.tasks[Pool.ANCHOR]
    assert all(truth.accept for truth in reviewer.truths.values())
