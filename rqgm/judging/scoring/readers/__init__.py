"""Readers: public files of recorded verdicts, turned into our records. One module a format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rqgm.judging.scoring.readers.devai import read_devai
from rqgm.judging.scoring.readers.gradingbench import read_gradingbench
from rqgm.judging.scoring.readers.iclr import read_iclr
from rqgm.judging.scoring.readers.llmbar import read_llmbar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from rqgm.judging.scoring.recorded import Pairs, Recorded

READERS: Mapping[str, Callable[[Path, Path | None], Recorded | Pairs]] = {
    "devai": read_devai,
    "gradingbench": read_gradingbench,
    "iclr": read_iclr,
    "llmbar": read_llmbar,
}
"""Format to reader: given the public file or folder, and labels if they lie elsewhere. Errors are ConfigErrors."""
