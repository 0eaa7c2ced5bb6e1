"""DevAI: an agent as a judge against human consensus, requirement by requirement (arXiv 2410.10934).

Source: `requirement_judgments.jsonl`, one line for each requirement and developer agent, derived from
`benchmark/judgment` of https://github.com/metauto-ai/agent-as-a-judge. Each developer agent has a record of its own,
because the paper reports them apart. Requirements of one task share a workspace, so the task is their cluster. Their
prerequisites are read as well; the recorded judge judged each requirement by itself.
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

FILE = "requirement_judgments.jsonl"
JUDGE = "agent-as-a-judge"


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True)  # other keys are the public file's own affair

    task: Name
    developer_agent: Name
    requirement_id: Annotated[int, Field(ge=0)]
    prerequisites: list[Annotated[int, Field(ge=0)]] = []
    human_satisfied: bool
    agent_judge_satisfied: bool | None


def read_devai(path: Path, labels: Path | None = None) -> Recorded:
    """Read the file, or the folder that holds it; ConfigError names file, line and key."""
    if labels is not None:
        raise ConfigError(f"{labels}: --format devai holds its own labels; leave LABELS out")
    file = path / FILE if path.is_dir() else path
    truths: dict[str, Truth] = {}
    said: dict[str, dict[str, Said]] = {}
    requires: dict[str, tuple[str, ...]] = {}
    own = 0
    for where, data in read_rows(file):
        row = parse(data, _Row, where)
        place = f"{row.developer_agent}/{row.task}"
        name = f"{place}/{row.requirement_id}"
        if name in truths:
            raise ConfigError(f"{where}: requirement_id: {name!r} occurs twice; keep one judgment")
        truths[name] = Truth(row.human_satisfied, Provenance.MACHINE, row.task)
        verdict = {True: Verdict.ACCEPT, False: Verdict.REJECT, None: None}[row.agent_judge_satisfied]
        said.setdefault(f"{JUDGE}/{row.developer_agent}", {})[name] = Said(verdict)
        requires[name] = tuple(f"{place}/{other}" for other in row.prerequisites if other != row.requirement_id)
        own += row.requirement_id in row.prerequisites
    if not said:
        raise ConfigError(f"{file}: holds no judgments")
    notes = (f"{own} requirements name themselves as prerequisites, which is left out.",) if own else ()
    return Recorded(truths, said, notes, requires)
