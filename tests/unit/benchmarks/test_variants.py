"""Variants of repair programs: faulty by construction, in their program's pool, equal from equal seeds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import variants

from rqgm.core.errors import UnknownNameError
from rqgm.tasks import verify_cases
from rqgm.tasks.suite import load_suite

PROGRAMS = ("days-until-warmer", "camel-to-snake")
"""One of train, one of validation."""


def passed(program: Path, cases: Path, scratch: Path) -> list[bool]:
    scratch.joinpath("program.py").write_text(program.read_text())
    wanted = json.loads(cases.read_text())["cases"]
    answers = verify_cases.observe(scratch / "program.py", [case["input"] for case in wanted])
    answers += [None] * (len(wanted) - len(answers))
    return [verify_cases.same(got, case["expected"]) for got, case in zip(answers, wanted, strict=True)]


@pytest.fixture(scope="module", params=[1, 2])
def suite(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("variants") / "suite"
    return request.param, load_suite(variants.variants(PROGRAMS, 2, request.param, 3, folder))


def test_each_variant_is_in_its_programs_pool_and_names_it(suite):
    faults, made = suite
    assert made.counts() == {"train": 2, "validation": 2}
    for name, pool in made.pool_of.items():
        task = made.task(name)
        assert name.startswith(task.metadata["variant_of"])
        assert task.metadata["faults"] == faults
        assert (pool.value == "train") == (task.metadata["variant_of"] == PROGRAMS[0])


def test_untouched_fails_shown_and_hidden_tests_and_the_solution_passes_all(suite, tmp_path):
    for name in suite[1].pool_of:
        folder = suite[1].task(name).folder
        shown, hidden = folder / "environment" / "visible.json", folder / "tests" / "cases.json"
        seen = passed(folder / "environment" / "program.py", shown, tmp_path)
        assert not all(seen)
        assert any(seen)
        assert not all(passed(folder / "environment" / "program.py", hidden, tmp_path))
        assert all(passed(folder / "solution" / "program.py", shown, tmp_path))
        assert all(passed(folder / "solution" / "program.py", hidden, tmp_path))


def test_hidden_tests_and_solution_are_the_programs_own(suite):
    for name in suite[1].pool_of:
        task = suite[1].task(name)
        original = variants.SUITE / task.metadata["variant_of"]
        for path in ("tests/cases.json", "tests/verify.py", "solution/program.py", "instruction.md"):
            assert (task.folder / path).read_bytes() == (original / path).read_bytes()
        assert (
            task.folder.joinpath("environment/program.py").read_text()
            != (original / "environment/program.py").read_text()
        )


def test_equal_arguments_write_equal_folders_and_another_seed_others(tmp_path):
    def made(name: str, seed: int) -> str:
        return variants.digest(variants.variants(PROGRAMS[:1], 2, 1, seed, tmp_path / name))

    assert made("a", 1) == made("b", 1)
    assert made("c", 2) != made("a-again", 1)


def test_wrong_arguments_are_named_before_anything_is_written(tmp_path):
    out = tmp_path / "suite"
    with pytest.raises(ValueError, match="one fault or two, not 3"):
        variants.variants(PROGRAMS, 1, 3, 0, out)
    assert not out.exists()
    with pytest.raises(UnknownNameError):
        variants.variants(["no-such-task"], 1, 1, 0, out)
    assert not out.exists()
    out.mkdir()
    with pytest.raises(FileExistsError):
        variants.variants(PROGRAMS, 1, 1, 0, out)
