"""Experiments: what is read, what is refused and how, and overrides from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from rqgm.core.errors import ConfigError
from rqgm.run.experiment import Experiment, change_experiment, load_experiment

ROOT = Path(__file__).parents[3]


@pytest.fixture
def path(tiny: Path) -> Path:
    """Return the tiny experiment's file."""
    return tiny / "experiments" / "tiny.toml"


def refusal(path: Path, *overrides: str) -> str:
    """Return the message with which an experiment is refused."""
    with pytest.raises(ConfigError) as caught:
        load_experiment(path, overrides)
    return str(caught.value)


def test_an_experiment_is_read_with_its_defaults(path: Path) -> None:
    """What the file leaves out is the documented default."""
    experiment = load_experiment(path)
    assert (experiment.name, experiment.seed, experiment.budget.outcomes) == ("tiny", 3, 40)
    assert experiment.roles["coder"].measures[1].panel == "review"
    assert experiment.epochs.replacement == Experiment.model_fields["epochs"].default.replacement


@pytest.mark.parametrize(
    ("override", "key", "value"),
    [
        ("seed=7", "seed", 7),
        ("budget.outcomes = 12", "budget.outcomes", 12),
        ("epochs.race.share=0.5", "epochs.race.share", 0.5),
        ("search.cooling=true", "search.cooling", True),
        ("epochs.replacement=paired", "epochs.replacement", "paired"),
        ('epochs.replacement="margin"', "epochs.replacement", "margin"),
        ("description=a = b", "description", "a = b"),
        ("description=", "description", ""),
        ("roles.coder.steps=9", "roles.coder.steps", 9),
        ('roles.coder.measures=[{kind="tests"}]', "roles.coder.measures.0.kind", "tests"),
    ],
)
def test_an_override_replaces_one_value(path: Path, override: str, key: str, value: object) -> None:
    """TOML where it is TOML, else text; tables that are not in the file are made."""
    found: object = load_experiment(path, [override])
    for part in key.split("."):
        if isinstance(found, (dict, list)):
            found = found[int(part)] if isinstance(found, list) else found[part]
        else:
            found = getattr(found, part)
    assert found == value


def test_the_last_override_wins(path: Path) -> None:
    """They are applied in order."""
    assert load_experiment(path, ["seed=1", "seed=2"]).seed == 2


@pytest.mark.parametrize(
    ("override", "parts"),
    [
        (
            "budget.outcoms=3",
            [
                "budget.outcoms: unknown key; did you mean 'outcomes'?",
                "Allowed: cpu_s, outcomes, test_share, tokens, usd, wall_s",
            ],
        ),
        (
            "serach.lag=3",
            ["serach: unknown key; did you mean 'search'?", "Allowed: adversarial, budget, description, endpoints"],
        ),
        (
            "epochs.race.shares=1",
            ["epochs.race.shares: unknown key; did you mean 'share'?", "Allowed: candidates, share, target"],
        ),
        (
            'roles.coder.measures=[{kind="tests",wieght=1}]',
            ["roles.coder.measures.0.wieght: unknown key; did you mean 'weight'?"],
        ),
        (
            "roles.coder.kinds=1",
            ["roles.coder.kinds: unknown key; did you mean 'kind'?", "Allowed: kind, measures, policy, steps, suite"],
        ),
        ("seed=-1", ["seed: Input should be greater than or equal to 0 (found -1)"]),
        ("seed=x", ["seed: Input should be a valid integer", "(found 'x')"]),
        ("seed=2147483648", ["seed: Input should be less than"]),
        ("budget.outcomes=0", ["budget.outcomes: Input should be greater than or equal to 1 (found 0)"]),
        ("budget=5", ["budget: Input should be a valid dictionary", "(found 5)"]),
        ("search.alpha=1.5", ["search.alpha: Input should be less than or equal to 1 (found 1.5)"]),
        ("epochs.replacement=best", ["'best-belief', 'margin', 'paired' or 'off' (found 'best')"]),
        ("epochs.ratio=1", ["epochs.ratio: Input should be greater than or equal to 1.05 (found 1)"]),
        ("schema_version=2", ["schema_version: Input should be 1 (found 2)"]),
        ("name=Tiny Run", ["name: String should match pattern"]),
        ("roles.coder.kind=slover", ["roles.coder.kind", "(found 'slover')"]),
        ("roles.Bad={}", ["roles.Bad"]),
        ("roles={}", ["roles"]),
        ('roles.coder.measures=[{kind="panel"}]', ['names a panel exactly when its kind is "panel"']),
        ('roles.coder.measures=[{kind="tests",panel="review"}]', ['names a panel exactly when its kind is "panel"']),
        ('roles.coder.measures=[{kind="tests",weight=0}]', ["weight: Input should be greater than 0 (found 0)"]),
        ('roles.coder.measures=[{kind="anchor"}]', ["a solver cannot be measured by 'anchor'; allowed: panel, tests"]),
        ('roles.reviewer.measures=[{kind="tests"}]', ["a judge cannot be measured by 'tests'; allowed: anchor"]),
        ("roles.coder.measures=[]", ["a solver needs a suite and at least one measure"]),
        ("roles.editor.suite=sums", ["an editor has no suite and no measures"]),
        ("roles.second.kind=editor", ["roles must have exactly one editor, found 2"]),
        ("search.train_samples={codr = 3}", ["train_samples names codr", "measured roles are coder"]),
    ],
)
def test_a_bad_value_is_refused_with_file_key_found_and_allowed(path: Path, override: str, parts: list[str]) -> None:
    """The message alone is enough to mend it, and says that an override was involved."""
    message = refusal(path, override)
    assert message.startswith(f"{path} (with -c {override}): ")
    for part in parts:
        assert part in message


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("seed", "-c 'seed': write it as key=value"),
        ("=5", "-c '=5': write it as key=value"),
        ("name.first=5", "name.first leads through a value that is not a table"),
        ("roles.coder.measures.0.weight=2", "leads through a value that is not a table"),
    ],
)
def test_an_override_that_is_none_is_refused(path: Path, override: str, message: str) -> None:
    """Before anything is read into it."""
    assert message in refusal(path, override)


def test_a_missing_key_is_named(path: Path) -> None:
    """With its whole path."""
    path.write_text(path.read_text().replace("outcomes = 40", "cpu_s = 3.0"))
    assert refusal(path) == f"{path}: budget.outcomes: is missing"


def test_an_experiment_needs_an_editor_and_something_else(path: Path) -> None:
    """Neither nobody who edits, nor nothing to measure."""
    text = path.read_text()
    path.write_text(text.replace('[roles.editor]\nkind = "editor"\n', ""))
    assert "exactly one editor, found 0" in refusal(path)
    start, end = text.index("[roles.coder]"), text.index("[roles.editor]")
    path.write_text(text[:start] + text[end:])
    assert "nothing would be measured" in refusal(path)


def test_a_file_that_is_not_there_or_not_toml_is_named(path: Path) -> None:
    """The path comes first."""
    assert refusal(path.with_name("absent.toml")).startswith(str(path.with_name("absent.toml")))
    path.write_text("name = ")
    assert refusal(path).startswith(f"{path}: is not TOML")


def test_a_measure_listed_twice_is_refused(path: Path) -> None:
    """Two cells of one name cannot be told apart."""
    assert "twice" in refusal(path, 'roles.coder.measures=[{kind="tests"},{kind="tests"}]')


@pytest.mark.parametrize("override", ["budget.usd=inf", 'roles.coder.measures=[{kind="tests",weight=inf}]'])
def test_infinity_is_refused(path: Path, override: str) -> None:
    """It cannot be written to the lock."""
    assert "finite" in refusal(path, override)


def test_an_override_of_several_lines_is_not_cut_in_silence(path: Path) -> None:
    """Refused, or taken as text; never half of it."""
    try:
        found = load_experiment(path, ["budget.outcomes=1\nseed=9"])
    except ConfigError:
        return
    assert found.budget.outcomes != 1


@pytest.mark.parametrize("name", ["repair", "repair-blind", "coding-llm"])
def test_an_experiment_survives_being_stored_and_changed(name: str) -> None:
    """What a run's lock holds is the experiment; overrides go on top of it, and errors name where it is from."""
    loaded = load_experiment(ROOT / "experiments" / f"{name}.toml")
    assert change_experiment(loaded, [], "here") == loaded
    assert change_experiment(loaded, ["budget.outcomes=7"], "here").budget.outcomes == 7
    with pytest.raises(ConfigError, match=r"^here \(with -c budget.outcoms=3\): budget.outcoms: unknown key"):
        change_experiment(loaded, ["budget.outcoms=3"], "here")
