"""How well reviewers tell right patches from wrong ones: the seed a little better than a coin, the parts much better.

Measured on the authored right and wrong repairs of the suite's train and validation programs, never on test programs.
The composition below stays here: the seed has to find its own.
"""

import importlib
import importlib.util
import json
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).resolve().parents[3]
SEED = ROOT / "archive" / "seeds" / "repair"
SUITE = ROOT / "tasks" / "repair"

HANDMADE = {
    "rival_mass": 1.5,
    "slack": 1.0,
    "rival_crowd": 0.7,
    "rival_simpler": 0.6,
    "tests_turned": 0.5,
    "test_literal": 1.0,
    "input_equality": 0.7,
    "symmetry": 0.7,
    "branches": 0.3,
}
THRESHOLD = 0.2


@pytest.fixture
def seed_path():
    sys.path.insert(0, str(SEED))
    yield
    sys.path.remove(str(SEED))
    for name in [name for name in sys.modules if name.partition(".")[0] in ("reviewer", "shared", "parts")]:
        del sys.modules[name]


def load(path, name):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def items():
    """Yield (task folder, patched source, is it right) of the authored repairs."""
    build = load(SUITE / "build.py", "repair_build")
    pools = tomllib.loads((SUITE / "suite.toml").read_text())["pools"]
    for task in [*pools["train"], *pools["validation"]]:
        program = load(SUITE / "programs" / f"{task.replace('-', '_')}.py", "authored")
        rights = [program.SOLUTION, *build.variants(program, "RIGHT", task)]
        for source, right in [
            *((s, True) for s in rights),
            *((s, False) for s in build.variants(program, "WRONG", task)),
        ]:
            yield SUITE / task, source, right


def balanced_accuracy(plan):
    """Return the mean of the shares of right patches accepted and of wrong ones rejected."""
    case_module, review = importlib.import_module("reviewer.case"), importlib.import_module("reviewer.review")
    hits = {True: [], False: []}
    for folder, source, right in items():
        cases = json.loads((folder / "environment" / "visible.json").read_text())["cases"]
        samples = [case_module.Sample(case["input"], case["expected"]) for case in cases]
        faulty = (folder / "environment" / "program.py").read_bytes()
        text = (folder / "instruction.md").read_text()
        case = case_module.Case(faulty, source.encode(), samples, text, plan.MAX_STEPS)
        hits[right].append((review.review(plan, case)["verdict"] == "accept") == right)
    return sum(sum(marks) / len(marks) for marks in hits.values()) / 2


@pytest.mark.slow
@pytest.mark.skipif(not (SUITE / "suite.toml").is_file(), reason="the suite repair has not been built")
def test_the_seed_has_room_and_the_parts_can_fill_it(seed_path):
    plan = importlib.import_module("reviewer.plan")
    features = {}
    for name, weight in HANDMADE.items():
        where = "reviewer" if (SEED / "reviewer" / "features" / f"{name}.py").is_file() else "parts"
        features[importlib.import_module(f"{where}.features.{name}")] = weight
    handmade = SimpleNamespace(FEATURES=features, COMBINER=plan.COMBINER, THRESHOLD=THRESHOLD, MAX_STEPS=plan.MAX_STEPS)
    seed, best = balanced_accuracy(plan), balanced_accuracy(handmade)
    assert 0.5 < seed < 0.63
    assert best > 0.67
    assert best > seed + 0.08
