"""Usage."""

from __future__ import annotations

import pytest

from rqgm.core.usage import Usage


def test_usage_adds_up_field_by_field() -> None:
    """Nothing is lost in a sum."""
    total = Usage(1, 2, 0.5, 1.0, 2.0, 1) + Usage(10, 20, 0.25, 1.5, 3.0, 2)
    assert total == Usage(11, 22, 0.75, 2.5, 5.0, 3)


def test_blended_tokens_weigh_output_five_times() -> None:
    """Input + 5 × output (paper)."""
    assert Usage(input_tokens=100, output_tokens=10).blended_tokens == 150


def test_plain_data_makes_the_same_usage_again() -> None:
    """What is written to the ledger can be read back."""
    usage = Usage(3, 4, 0.1, 1.23456789, 2.0, 5)
    assert usage.to_json()["cpu_s"] == 1.234568
    assert Usage(**usage.to_json()).to_json() == usage.to_json()


def test_unknown_fields_are_refused() -> None:
    """A misspelt key is an error, not a silent zero."""
    with pytest.raises(TypeError):
        Usage(tokens=3)
