"""Foreign lineages, for reading: what other systems kept of their own evolution, as the nodes that all views share.

A file of another system is hostile input. What it does not record is not made up: an ADAS archive has no parents.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, TypeAdapter, ValidationError

from rqgm.core.errors import ConfigError, UnknownNameError
from rqgm.core.text import clean
from rqgm.report.tree import TreeNode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

MAX_FILE_BYTES = 64 << 20
MAX_NODES = 100_000
_MEDIAN = re.compile(r"Median:\s*(\d{1,3}(?:\.\d{1,9})?)\s*%")
_INTERVAL = re.compile(r"\d+% Bootstrap Confidence Interval: (\([^()]{1,40}\))")


@dataclass(frozen=True, slots=True)
class ForeignNode:
    """What a foreign lineage has of a node beside its place in it; all of it foreign text."""

    facts: Mapping[str, str]
    """What the file says of it, by the file's own keys."""
    code: str


@dataclass(frozen=True, slots=True)
class ForeignLineage:
    """A lineage that was read from another system's file."""

    format: str
    file: str
    note: str
    """What the format does not record, for whoever looks at it."""
    nodes: tuple[TreeNode, ...]
    details: tuple[ForeignNode, ...]


class _AdasAgent(BaseModel):
    """One entry of an ADAS archive. Other keys are the searcher's own, and let pass: the format has no schema."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)

    name: str
    code: str
    generation: Literal["initial"] | Annotated[int, Field(ge=0)]
    fitness: str | None = None
    test_fitness: str | None = None
    thought: JsonValue = ""
    """Meant to be text; models have put objects there."""


_ADAS = TypeAdapter(Annotated[list[_AdasAgent], Field(min_length=1, max_length=MAX_NODES)])
_ADAS_NOTE = (
    "An ADAS archive records no parents: this is its list by generation, in the file's order, not a tree. "
    "Scores are medians of the fitness, with its bootstrap interval."
)


def load_foreign(kind: str, path: Path) -> ForeignLineage:
    """Read a foreign lineage of a known format (`FORMATS`); ConfigError names file, key and remedy."""
    if kind not in FORMATS:
        raise UnknownNameError("foreign format", kind, FORMATS, "--foreign")
    return FORMATS[kind](path)


def load_adas(path: Path) -> ForeignLineage:
    """Read the archive that ADAS's search writes (``*_run_archive.json``): a list of agents with their fitness.

    The score is the fitness's median, where it has one; the interval is the bootstrap's, as the file words it.
    """
    agents = _validated(path)
    nodes = tuple(
        TreeNode(
            index=index,
            id="",
            parent=None,
            label=agent.name,
            epoch=str(agent.generation),
            score=_median(agent.fitness),
            score_text=agent.fitness or "no fitness",
            interval=interval[1] if (interval := _INTERVAL.match(agent.fitness or "")) else "",
        )
        for index, agent in enumerate(agents)
    )
    details = tuple(ForeignNode(_facts(agent), agent.code) for agent in agents)
    return ForeignLineage("adas", str(path), _ADAS_NOTE, nodes, details)


FORMATS: dict[str, Callable[[Path], ForeignLineage]] = {"adas": load_adas}


def find_foreign(lineage: ForeignLineage, name: str) -> int:
    """Return a node's index by ``#<number>`` or by its name, if only one has it."""
    if name.startswith("#") and name[1:].isdecimal() and int(name[1:]) < len(lineage.nodes):
        return int(name[1:])
    matches = [node.index for node in lineage.nodes if node.label == name]
    if len(matches) == 1:
        return matches[0]
    if matches:
        numbers = ", ".join(f"#{index}" for index in matches[:10])
        raise ConfigError(f"{lineage.file}: {len(matches)} nodes are named {name!r} ({numbers}); give the number")
    raise ConfigError(
        f"{lineage.file}: node {name!r}: not found. A node is `#<number>`, up to #{len(lineage.nodes) - 1}, or its "
        "whole name; `rqgm lineage --foreign` lists them"
    )


def _validated(path: Path) -> list[_AdasAgent]:
    remedy = "give an archive that ADAS's search wrote: a JSON list of objects with name, code and generation"
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise ConfigError(f"{path}: larger than {MAX_FILE_BYTES >> 20} MiB, too large to be read; {remedy}")
        data: Any = json.loads(path.read_bytes())
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); {remedy}") from error
    except (ValueError, RecursionError) as error:
        if isinstance(error, ConfigError):
            raise
        raise ConfigError(f"{path}: not JSON ({str(error) or 'nested too deeply'}); {remedy}") from error
    try:
        return _ADAS.validate_python(data)
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False)
        place = found[0]["loc"][:2]
        wrong = " or ".join(dict.fromkeys(entry["msg"] for entry in found if entry["loc"][:2] == place))
        key = ".".join(str(part) for part in place) or "the whole"
        raise ConfigError(f"{path}: {key}: {clean(wrong, 300)}; {remedy}") from error


def _median(fitness: str | None) -> float | None:
    found = _MEDIAN.search(fitness or "")
    return float(found[1]) / 100 if found else None


def _facts(agent: _AdasAgent) -> dict[str, str]:
    facts = {
        "name": agent.name,
        "generation": str(agent.generation),
        "fitness": agent.fitness,
        "test_fitness": agent.test_fitness,
        "thought": agent.thought if isinstance(agent.thought, str) else json.dumps(agent.thought, ensure_ascii=False),
    }
    return {key: value for key, value in facts.items() if value}
