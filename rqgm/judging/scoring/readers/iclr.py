"""ICLR 2022: recorded language-model reviews against the conference's decisions.

Source: `review_iclr_bench` of https://github.com/SakanaAI/AI-Scientist: `llm_reviews/*.csv` (one file a reviewer) and
decisions in `papers.jsonl(.gz)` or `ratings_subset.tsv`. Only these columns are read, so that the decision that leaked
into the papers' headers plays no part.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field

from rqgm.core.errors import ConfigError
from rqgm.core.toml import parse
from rqgm.core.words import Provenance, Verdict
from rqgm.judging.scoring.recorded import Name, Recorded, Said, Truth, read_rows

if TYPE_CHECKING:
    from pathlib import Path

REVIEWS = "llm_reviews"
LABELS = ("papers.jsonl.gz", "papers.jsonl", "ratings_subset.tsv")
VERDICTS = {"accept": Verdict.ACCEPT, "reject": Verdict.REJECT}
LOWEST, HIGHEST = 1, 10
"""The scale of a review's overall mark."""


class _Paper(BaseModel):
    model_config = ConfigDict(frozen=True)

    paper_id: Name
    decision: Annotated[str, Field(pattern=r"^(Accept|Reject)")]


class _Review(BaseModel):
    model_config = ConfigDict(frozen=True)

    paper_id: Name
    decision: str | None = Field(alias="Decision")
    overall: str | None = Field(default=None, alias="Overall")


def read_iclr(path: Path, labels: Path | None = None) -> Recorded:
    """Read one file of reviews, or the folder that holds reviews and decisions; ConfigError names file, line, key."""
    folder = path if path.is_dir() else path.parent.parent
    files = sorted((path / REVIEWS).glob("*.csv")) if path.is_dir() else [path]
    if not files:
        raise ConfigError(f"{path / REVIEWS}: holds no reviews (*.csv)")
    source = labels or next((folder / name for name in LABELS if (folder / name).is_file()), None)
    if source is None:
        raise ConfigError(f"{folder}: holds no decisions ({', '.join(LABELS)}); name their file as LABELS")
    truths: dict[str, Truth] = {}
    for where, data in read_rows(source):
        paper = parse(data, _Paper, where)
        if paper.paper_id in truths:
            raise ConfigError(f"{where}: paper_id: {paper.paper_id!r} occurs twice; keep one decision")
        truths[paper.paper_id] = Truth(paper.decision.startswith("Accept"), Provenance.HUMAN)
    said: dict[str, dict[str, Said]] = {}
    notes = []
    for file in files:
        said[file.stem], unknown = _reviews(file, truths)
        if unknown:
            notes.append(f"{file.stem}: {unknown} reviews of papers without a decision are left out.")
        if not said[file.stem]:
            raise ConfigError(f"{file}: no review is of a paper with a decision in {source}")
    return Recorded(truths, said, tuple(notes))


def _reviews(file: Path, truths: dict[str, Truth]) -> tuple[dict[str, Said], int]:
    own: dict[str, Said] = {}
    unknown = 0
    for where, data in read_rows(file):
        review = parse(data, _Review, where)
        if review.paper_id in own:
            raise ConfigError(f"{where}: paper_id: {review.paper_id!r} is reviewed twice; keep one review")
        if review.paper_id in truths:
            own[review.paper_id] = Said(VERDICTS.get((review.decision or "").strip().lower()), _score(review.overall))
        else:
            unknown += 1
    return own, unknown


def _score(overall: str | None) -> float | None:
    """Return the overall mark, 1 to 10, on [0, 1]; None where a model wrote something else."""
    try:
        mark = float(overall or "")
    except ValueError:
        return None
    return (mark - LOWEST) / (HIGHEST - LOWEST) if LOWEST <= mark <= HIGHEST else None
