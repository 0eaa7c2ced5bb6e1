"""The command, on a small suite in the `process` back-end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import typer

from rqgm.cli import judge_refine
from rqgm.core.errors import ConfigError, NoSandboxError, UnknownNameError
from rqgm.judging.rubrics.rubric import load_rubric

if TYPE_CHECKING:
    from collections.abc import Callable

    from rqgm.judging.judge import JudgeCase

ROOT = Path(__file__).parents[4]
HERE = ("--sandbox", "process", "--allow-unsafe", "--workers", "2")


@pytest.fixture
def suite(tmp_path: Path, case: Callable[..., JudgeCase], texts: dict[str, str]) -> Path:
    """Write a suite of two train tasks and a test task, with as many right items as wrong ones."""
    folder = tmp_path / "clamps"
    folder.mkdir()
    items, labels = [], []
    for task in range(3):
        for number, text in enumerate(
            [texts["right"], texts["cheat"], texts["right"] + "y = 1\n", texts["cheat"] + "y = 1\n"]
        ):
            if task == 2 and number > 1:
                continue
            shown = case(text, f"clamp-{task}")
            public = {"name": shown.task, "instruction": shown.instruction}
            public["files"] = {path: file.data.decode() for path, file in shown.environment.items()}
            pool = "test" if task == 2 else "train"
            name = f"clamp-{task}-{number}"
            items.append(
                {"id": name, "task": public, "artifact": {"program.py": text}, "provenance": "human", "pool": pool}
            )
            labels.append({"id": name, "label": "reject" if number % 2 else "accept"})
    (folder / "suite.toml").write_text(
        'schema_version = 1\nname = "clamps"\nkind = "judging"\nlicence = "CC0-1.0"\nsource = "here"\n'
    )
    for name, rows in (("items", items), ("labels", labels)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def refine(*argv: object) -> Any:
    """Run the command as a group would."""
    app = typer.Typer()
    app.callback()(lambda: None)
    judge_refine.register(app)
    return app(["refine", *map(str, argv)], standalone_mode=False)


def test_it_writes_a_rubric_and_reports_uniform_weights_beside_the_others(
    suite: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same seed gives the same bytes, whether or not another pool is reported."""
    first, second = tmp_path / "a" / "rubric.toml", tmp_path / "b.toml"
    refine(suite, "--out", first, "--evaluate-on", "test", "--json", *HERE)
    said = json.loads(capsys.readouterr().out)
    refine(suite, "--out", second, *HERE)
    words = capsys.readouterr().out
    assert first.read_bytes() == second.read_bytes()
    rubric = load_rubric(first)
    assert said["rubric"]["version"] == rubric.version
    assert rubric.version[:12] in words
    assert (rubric.source.pool, rubric.source.items, rubric.source.tasks) == ("train", 8, 2)
    assert {"uniform", "whitened", "shrunk"} <= set(said["held_out"])
    assert said["evaluated"]["pool"] == "test"
    assert said["evaluated"]["figures"]["uniform"]["items"] == 2
    assert said["evaluated"]["figures"]["shrunk"]["value"] == 1.0
    assert "uniform" in words


@pytest.mark.parametrize(
    ("argv", "error", "complaint"),
    [
        (("--pool", "test"), ConfigError, "--evaluate-on test"),
        (("--pool", "anchor"), ConfigError, "train items only"),
        (("--evaluate-on", "train"), ConfigError, "was refined there"),
        (("--evaluate-on", "tset"), UnknownNameError, "did you mean 'test'"),
        (("--preset", "rdd"), UnknownNameError, "did you mean 'rrd'"),
        (("--references", "label"), UnknownNameError, "did you mean 'labels'"),
        (("--sandbox", "process"), NoSandboxError, "--allow-unsafe"),
    ],
)
def test_wrong_use_is_refused_before_anything_runs(
    suite: Path, tmp_path: Path, argv: tuple[str, ...], error: type[Exception], complaint: str
) -> None:
    """Nothing is written."""
    with pytest.raises(error, match=complaint):
        refine(suite, "--out", tmp_path / "r.toml", *argv)
    assert not (tmp_path / "r.toml").exists()


def test_a_solving_suite_is_refused(tmp_path: Path) -> None:
    """With the kind that is wanted."""
    with pytest.raises(ConfigError, match="judging suite"):
        refine(ROOT / "tasks" / "repair", "--out", tmp_path / "r.toml")
