"""Random streams: each decision draws from a stream of its own, named by the run's seed and the decision.

So no generator state is ever stored: a resumed run draws what the undisturbed run would have drawn.
"""

from __future__ import annotations

import hashlib
import random
from typing import TYPE_CHECKING

from rqgm.core.hashes import canonical_json

if TYPE_CHECKING:
    import numpy as np


def stream_seed(seed: int, *name: str | int) -> int:
    """Return a 63-bit seed for the stream `name` of a run's seed."""
    digest = hashlib.sha256(canonical_json([seed, *name]).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def python_stream(seed: int, *name: str | int) -> random.Random:
    """Return a standard-library generator for a stream."""
    return random.Random(stream_seed(seed, *name))


def array_stream(seed: int, *name: str | int) -> np.random.RandomState:
    """Return numpy's legacy generator for a stream: its distributions are frozen, so equal across numpy's versions."""
    import numpy as np  # noqa: PLC0415  # imported where decisions are drawn

    return np.random.RandomState(stream_seed(seed, *name) & 0xFFFFFFFF)
