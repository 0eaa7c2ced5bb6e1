"""Intervals for differences: paired comparisons on the same items."""

from __future__ import annotations

import math
from dataclasses import dataclass

Z95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """A difference of two rates on the same items, with its 95 % interval and the exact McNemar p-value (two-sided)."""

    difference: float
    low: float
    high: float
    only_first: int
    only_second: int
    items: int
    p_value: float


def paired_difference(first: list[bool], second: list[bool]) -> PairedDifference:
    """Compare `second` with `first`, item by item. Interval: Agresti and Min (2005): Wald, ½ added to each cell."""
    if len(first) != len(second) or not first:
        raise ValueError(f"paired comparison needs equally many items, at least one: {len(first)} and {len(second)}")
    items = len(first)
    gained = sum(b and not a for a, b in zip(first, second, strict=True))
    lost = sum(a and not b for a, b in zip(first, second, strict=True))
    total, up, down = items + 2, gained + 0.5, lost + 0.5
    centre = (up - down) / total
    spread = Z95 * math.sqrt(max(0.0, up + down - (up - down) ** 2 / total)) / total
    low, high = max(-1.0, centre - spread), min(1.0, centre + spread)
    return PairedDifference((gained - lost) / items, low, high, lost, gained, items, mcnemar(gained, lost))


def mcnemar(gained: int, lost: int) -> float:
    """Return the exact two-sided p-value that discordant pairs fall as unevenly as this by chance."""
    n = gained + lost
    tail = sum(math.comb(n, k) for k in range(max(gained, lost), n + 1)) / 2**n
    return min(1.0, 2.0 * float(tail))
