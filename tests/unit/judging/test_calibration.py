"""What a panel knows of its seats."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rqgm.core.errors import ConfigError
from rqgm.core.words import Pool, Verdict
from rqgm.judging.calibration import Calibration, SeatCounts, load_calibration


def counts(a: int, b: int, c: int, d: int) -> SeatCounts:
    """Return (right accepted, right rejected, wrong accepted, wrong rejected)."""
    return SeatCounts(right_accepted=a, right_rejected=b, wrong_accepted=c, wrong_rejected=d)


def test_rates_are_posterior_means() -> None:
    """No seat is ever believed to be perfect."""
    seat = counts(8, 0, 2, 6)
    assert (seat.sensitivity, seat.specificity) == (0.9, 0.7)
    assert seat.balanced_accuracy == pytest.approx(0.8)
    assert seat.edge == pytest.approx(0.6)
    assert counts(0, 8, 8, 0).edge == 0.0


@given(st.tuples(*[st.integers(0, 10**6)] * 4))
def test_odds_are_finite_and_their_signs_follow_the_rates(cells: tuple[int, int, int, int]) -> None:
    """Accepting speaks for the artifact exactly when the seat is better than chance."""
    seat = counts(*cells)
    accept, reject = seat.log_odds(Verdict.ACCEPT), seat.log_odds(Verdict.REJECT)
    assert math.isfinite(accept)
    assert math.isfinite(reject)
    assert accept * reject <= 1e-12


def test_a_calibration_is_read_and_checked(tmp_path: Path) -> None:
    """None without a file; malformed, or of other seats: a message with the remedy."""
    assert load_calibration(tmp_path, ["one"]) is None
    known = Calibration(suite="s", suite_hash="h", pool=Pool.ANCHOR, items=3, seats={"one": counts(1, 1, 1, 0)})
    place = tmp_path / "calibration.json"
    place.write_text(known.model_dump_json())
    assert load_calibration(tmp_path, ["one"]) == known
    with pytest.raises(ConfigError, match=r"seats\.two: missing.*rqgm judge calibrate"):
        load_calibration(tmp_path, ["one", "two"])
    for text in ("{", '{"schema_version": 1}', "[]", '{"seats": NaN}'):
        place.write_text(text)
        with pytest.raises(ConfigError, match="calibration"):
            load_calibration(tmp_path, ["one"])
