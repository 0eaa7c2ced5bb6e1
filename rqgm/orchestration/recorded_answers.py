"""Recorded answers: many models' answers to the same questions, replayed as episodes whose truth is known.

The files are JSON lines, gzipped, one question a line, as ``multi_model_answers`` of the public data holds them:
``{"id", "task", "question", "gold", "responses": [{"agent", "text", "parsed", "correct"}], "options"?, "category"?}``.
The second round is not in such data: it is modelled by two stated rates (see `RecordedAnswers.revise`).
"""

from __future__ import annotations

import gzip
import json
import zlib
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from rqgm.core.errors import ConfigError, UnknownNameError
from rqgm.core.hashes import hash_json
from rqgm.core.text import clean
from rqgm.core.toml import parse
from rqgm.core.usage import Usage
from rqgm.core.words import Pool
from rqgm.orchestration.answers import canonical
from rqgm.orchestration.drafts import Draft
from rqgm.orchestration.episodes import Episode, Reply
from rqgm.orchestration.features import MOST_AGENTS
from rqgm.orchestration.propagation import Revision

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

MAX_FILES: Final = 64
MAX_LINE_BYTES: Final = 64 << 20
MAX_BYTES: Final = 512 << 20  # of a file, unpacked
CHARS_PER_TOKEN: Final = 4
KIND_OF_TASK: Final[Mapping[str, str]] = {"gsm": "number", "math-l5": "number", "mmlu-pro": "option", "crux": "text"}
SHARES: Final[Mapping[Pool, float]] = {Pool.TRAIN: 0.4, Pool.VALIDATION: 0.2, Pool.TEST: 0.4}
RESCUE: Final = 0.20
HARM: Final = 0.025


def _printable(value: object) -> object:
    """Return a text without halves of surrogate pairs, which JSON can spell and UTF-8 cannot."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


_Text = Annotated[str, BeforeValidator(_printable)]
_Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class _Response(_Line):
    agent: _Name
    text: _Text
    parsed: _Text | None = None  # by the data set's own reader; ours reads the text
    correct: bool


class _Question(_Line):
    id: _Name
    task: _Name
    question: _Text
    gold: _Text
    responses: Annotated[list[_Response], Field(min_length=1, max_length=MOST_AGENTS)]
    options: list[_Text] = []
    category: _Text | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """One question and who answered it: `authors` are the agents of ``episode.replies``, in their order.

    Authors are for bookkeeping (what an agent is worth, learned over many questions); no policy is told them.
    """

    task: str
    pool: Pool
    question_tokens: int
    authors: tuple[str, ...]
    episode: Episode


@dataclass(frozen=True)
class RecordedAnswers:
    """An environment (`rqgm.orchestration.episodes`) of recorded answers; build it by `read_recorded`."""

    answered: Mapping[str, Answered]
    """By episode id, in the order of the files."""
    name: str
    seed: int = 0
    rescue: float = RESCUE
    harm: float = HARM
    rule: str = "majority"

    def __post_init__(self) -> None:
        for name in ("rescue", "harm"):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError(f"{name}: {getattr(self, name)} is no rate; give one in [0, 1]")

    def episodes(self, pool: str) -> Sequence[Episode]:
        """Return the episodes of train, validation or test. Raises UnknownNameError for another pool."""
        return [one.episode for one in self.of_pool(pool)]

    def of_pool(self, pool: str) -> Sequence[Answered]:
        """Return the same with their authors."""
        if pool not in SHARES:
            raise UnknownNameError("pool", pool, SHARES)
        return [one for one in self.answered.values() if one.pool == pool]

    async def revise(self, episode: Episode, agent: int, own: Reply, heard: Mapping[int, Reply], /) -> Revision[Reply]:
        """Return what an agent is *modelled* to answer now: the data has no second round.

        Who is wrong and hears a right reply takes it over with the chance `rescue`; who is right and hears a wrong one
        takes that over with the chance `harm`; otherwise its own reply stands. Both draws are hashes of seed, question,
        agent, its own and the heard replies, so equal plans come out equal, whatever the agents' places. The cost is
        that of a call which reads the question, its own and the heard replies and writes a reply.
        """
        known = self.answered[episode.id]
        spoken = {reply.key: reply for reply in heard.values()}
        others = sorted(key for key, reply in spoken.items() if reply.right != own.right)
        told = [self.seed, "revise", episode.id, known.authors[agent], own.key, sorted(spoken)]
        taken = own
        if others and _draw([*told, "whether"]) < (self.harm if own.right else self.rescue):
            taken = spoken[others[int(_draw([*told, "which"]) * len(others))]]
        read = known.question_tokens + sum(_tokens(reply.draft.text) for reply in (own, *heard.values()))
        usage = Usage(input_tokens=read, output_tokens=_tokens(taken.draft.text), agent_runs=1, model_calls=1)
        return Revision(taken, usage)


def read_recorded(
    folder: Path,
    *,
    tasks: Sequence[str] = (),
    agents: int | None = None,
    seed: int = 0,
    split_seed: int = 0,
    rescue: float = RESCUE,
    harm: float = HARM,
    rule: str = "majority",
    kinds: Mapping[str, str] = KIND_OF_TASK,
) -> RecordedAnswers:
    """Read every ``*.jsonl.gz`` of `folder` as one environment, all of `tasks` or those named.

    A question's pool depends on its task, its id and `split_seed` alone: 40 % train, 20 % validation, 40 % test; it is
    a group of its own. Its agents are put into an order by a hash of `seed`, question and agent, so that a place tells
    nothing of who is there; `agents` = N keeps the first N, a random subset for each question (all where it has fewer).
    `kinds` names each task's kind of answer (`rqgm.orchestration.answers`). A draft's tokens are an estimate: the
    characters of question, options and reply over 4. Raises ConfigError, naming file, line and key, for what cannot be
    read, is too large or not as told here, and for tasks or numbers of agents that the folder does not have.
    """
    answered: dict[str, Answered] = {}
    found: set[str] = set()
    for path in _files(folder):
        for where, question in _questions(path):
            found.add(question.task)
            if tasks and question.task not in tasks:
                continue
            made = _answered(question, where, agents, (seed, split_seed), kinds)
            if made.episode.id in answered:
                raise ConfigError(f"{where}: id: {question.id!r} of {question.task!r} occurs twice; keep one")
            answered[made.episode.id] = made
    for task in tasks:
        if task not in found:
            raise UnknownNameError("task", task, found, str(folder))
    most = max((len(one.authors) for one in answered.values()), default=0)
    if agents is not None and not 1 <= agents <= most:
        raise ConfigError(f"{folder}: {agents} agents: its questions have up to {most}; take 1 to {most}")
    kept = "+".join(sorted({one.task for one in answered.values()}))
    name = f"recorded({kept}, N={agents or most}, seed={seed}, split={split_seed}, rescue={rescue:g}, harm={harm:g})"
    return RecordedAnswers(answered, name, seed, rescue, harm, rule)


def _answered(
    question: _Question, where: str, agents: int | None, seeds: tuple[int, int], kinds: Mapping[str, str]
) -> Answered:
    if question.task not in kinds:
        raise UnknownNameError("task", question.task, kinds, f"{where}: task: name its kind of answer in `kinds`")
    by_agent = {one.agent: one for one in question.responses}
    if len(by_agent) < len(question.responses):
        raise ConfigError(f"{where}: responses: an agent answers twice; keep one response of each")
    seed, split_seed = seeds
    place = f"{question.task}/{question.id}"
    authors = sorted(by_agent, key=lambda agent: hash_json([seed, "place", place, agent]))[:agents]
    asked = _tokens(question.question, *question.options)
    replies = tuple(_reply(by_agent[agent], kinds[question.task], asked) for agent in authors)
    pool = _pool(_draw([split_seed, "pool", place]))
    return Answered(question.task, pool, asked, tuple(authors), Episode(place, place, replies))


def _reply(response: _Response, kind: str, asked: int) -> Reply:
    text = response.text
    key = blake2b(text.encode() + (b"\1" if response.correct else b"\0"), digest_size=16).hexdigest()
    return Reply(key, Draft(text, canonical(text, kind), tokens=asked + _tokens(text)), response.correct)


def _tokens(*texts: str) -> int:
    return -(-sum(map(len, texts)) // CHARS_PER_TOKEN)


def _pool(point: float) -> Pool:
    reached = 0.0
    for pool, share in SHARES.items():
        reached += share
        if point < reached:
            return pool
    return Pool.TEST  # the shares' sum may miss 1 by a rounding


def _draw(name: list[Any]) -> float:
    """Return a number in [0, 1) that depends on `name` alone."""
    return int(hash_json(name)[:13], 16) / 16**13


def _files(folder: Path) -> list[Path]:
    try:
        paths = sorted(path for path in folder.iterdir() if path.name.endswith(".jsonl.gz") and path.is_file())
    except OSError as error:
        raise ConfigError(f"{folder}: cannot be read: {error.strerror}; give a folder with .jsonl.gz files") from error
    if not 1 <= len(paths) <= MAX_FILES:
        raise ConfigError(f"{folder}: holds {len(paths)} .jsonl.gz files; give a folder with 1 to {MAX_FILES}")
    return paths


def _questions(path: Path) -> Iterator[tuple[str, _Question]]:
    for number, line in enumerate(_lines(path), start=1):
        where = f"{path}:{number}"
        if line.isspace():
            continue
        try:
            data = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise ConfigError(f"{where}: is not JSON: {clean(str(error), 200)}") from error
        yield where, parse(data, _Question, where)


def _lines(path: Path) -> Iterator[bytes]:
    """Yield the lines of a file that may unpack to anything: no more is unpacked than is asked for."""
    total = 0
    try:
        with gzip.open(path) as file:
            while line := file.readline(MAX_LINE_BYTES + 1):
                total += len(line)
                if len(line) > MAX_LINE_BYTES or total > MAX_BYTES:
                    limits = f"{MAX_LINE_BYTES >> 20} MiB a line, {MAX_BYTES >> 20} MiB a file"
                    raise ConfigError(f"{path}: is too large: at most {limits}; split it")
                yield line
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigError(f"{path}: cannot be read: {clean(reason, 200)}") from error
