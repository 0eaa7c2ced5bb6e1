"""The set of cases, loaded by path: test modules are no packages here."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


def _load(name: str) -> ModuleType:
    qualified = f"signs_set.{name}"
    if qualified not in sys.modules:
        spec = importlib.util.spec_from_file_location(qualified, Path(__file__).parent / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        sys.modules[qualified] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[qualified])
    return sys.modules[qualified]


@pytest.fixture(scope="session")
def cases() -> ModuleType:
    """What the set is made with, and its tuned half."""
    return _load("cases")


@pytest.fixture(scope="session")
def every_case(cases: ModuleType) -> list:
    """All cases, of both halves."""
    return [*cases.CASES, *_load("held").CASES]


@pytest.fixture(scope="session")
def suite(cases: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small suite that all cases share."""
    return cases.write_suite(tmp_path_factory.mktemp("signs") / "suite")
