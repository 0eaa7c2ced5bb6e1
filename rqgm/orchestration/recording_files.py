"""Recordings as files: JSON lines packed with zstd, a header and then a line for each episode. Nothing is trusted."""

from __future__ import annotations

import io
import json
import os
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, JsonValue, NonNegativeInt, ValidationError

from rqgm.core.errors import ConfigError, RunStoppedError
from rqgm.core.failures import Failure
from rqgm.core.text import clean
from rqgm.core.toml import explain
from rqgm.core.usage import Usage
from rqgm.orchestration.drafts import Draft
from rqgm.orchestration.episodes import Episode, Reply
from rqgm.orchestration.propagation import Revision
from rqgm.orchestration.selection import Rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

SUFFIX: Final = ".jsonl.zst"
MAX_PACKED_BYTES: Final = 256 << 20
MAX_UNPACKED_BYTES: Final = 1 << 30
MAX_LINE_BYTES: Final = 64 << 20
_WINDOW: Final = 1 << 27  # bytes of memory that unpacking may take
_LEVEL: Final = 12

PoolName = Literal["train", "validation", "test"]
POOLS: Final[tuple[str, ...]] = get_args(PoolName)

Asked = tuple[str, int, str, tuple[str, ...]]
"""A turn: episode, agent, the key of its own reply, the keys of what it hears, in order."""
Model = TypeVar("Model", bound=BaseModel)


class RecordingError(ConfigError, RunStoppedError):
    """A recording cannot be read, kept or asked: the message names what is wrong with it.

    Also a RunStoppedError, so that propagation does not take it for the failure of an agent.
    """

    exit_code = 2


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Header(_Model):
    """What a recording is of."""

    schema_version: Literal[1] = 1
    kind: Literal["nexa-recording"] = "nexa-recording"
    environment: str = Field(min_length=1, max_length=200)
    rule: Rule
    """By which the team's answer is chosen."""
    made_of: dict[str, JsonValue] = {}
    """What it was recorded from, in its maker's words: hashes, settings, counts."""
    episodes: dict[PoolName, NonNegativeInt] = {}
    turns: NonNegativeInt = 0


_Place = NonNegativeInt
_NonNegative = Annotated[FiniteFloat, Field(ge=0)]
_Costed = tuple[_Place, NonNegativeInt, _NonNegative]  # a reply's place in `said`; tokens, CPU-s
_Said = tuple[str, str, str | None, FiniteFloat | None, bool, bool]  # key, text, answer, evidence, failed, right


class _Usage(_Model):
    input_tokens: NonNegativeInt = 0
    output_tokens: NonNegativeInt = 0
    cost_usd: _NonNegative = 0.0
    cpu_s: _NonNegative = 0.0
    wall_s: _NonNegative = 0.0
    agent_runs: NonNegativeInt = 0
    cached_tokens: NonNegativeInt = 0
    reasoning_tokens: NonNegativeInt = 0
    model_calls: NonNegativeInt = 0


class Line(_Model):
    """One episode's line."""

    pool: PoolName
    id: str
    group: str
    said: list[_Said]
    drafts: list[_Costed]
    turns: list[tuple[NonNegativeInt, _Place, list[_Place], _Costed | None, _Usage, Failure | None, str]]

    @classmethod
    def told(
        cls,
        pool: str,
        episode: Episode,
        turns: Mapping[Asked, Revision[Reply]],
        said: Mapping[tuple[str, str], Reply],
    ) -> dict[str, Any]:
        """Return an episode's line as plain data; `said` holds every reply by episode and key."""
        places: dict[str, int] = {}

        def place(key: str) -> int:
            return places.setdefault(key, len(places))

        def costed(reply: Reply) -> list[float]:
            return [place(reply.key), reply.draft.tokens, reply.draft.cpu_s]

        drafts = [costed(reply) for reply in episode.replies]
        rows = []
        for (_, agent, own, heard), done in turns.items():
            usage = {name: value for name, value in asdict(done.usage).items() if value}
            answer = None if done.answer is None else costed(done.answer)
            rows.append([agent, place(own), [place(key) for key in heard], answer, usage, done.failure, done.detail])
        texts = []
        for key in places:
            reply = said[episode.id, key]
            draft = reply.draft
            texts.append([key, draft.text, draft.answer, draft.evidence, draft.failed, reply.right])
        return {"pool": pool, "id": episode.id, "group": episode.group, "said": texts, "drafts": drafts, "turns": rows}

    def episode(self) -> Episode:
        """Return the episode; IndexError for a reply that is not there, DraftError for one that cannot be."""
        return Episode(self.id, self.group, tuple(self._reply(told) for told in self.drafts))

    def replies(self) -> list[Reply]:
        """Return all that was said, without what it cost; errors as of `episode`."""
        return [self._reply((place, 0, 0.0)) for place in range(len(self.said))]

    def revisions(self) -> Iterator[tuple[Asked, Revision[Reply]]]:
        """Yield what was asked in this episode, with what came of it; errors as of `episode`."""
        for agent, own, heard, answer, usage, failure, detail in self.turns:
            asked = (self.id, agent, self.said[own][0], tuple(self.said[place][0] for place in heard))
            found = None if answer is None else self._reply(answer)
            yield asked, Revision(found, Usage(**dict(usage)), failure, clean(detail, 300))

    def _reply(self, told: _Costed) -> Reply:
        place, tokens, cpu_s = told
        key, text, answer, evidence, failed, right = self.said[place]
        return Reply(key, Draft(text, answer, evidence, tokens, cpu_s, failed), right)


def make_header(environment: str, rule: str, made_of: Mapping[str, JsonValue]) -> Header:
    """Return a header without counts; RecordingError names what cannot be in one."""
    try:
        return Header.model_validate({"environment": environment, "rule": rule, "made_of": dict(made_of)})
    except ValidationError as error:
        raise RecordingError(f"a recording's header: {explain(error, Header)}") from error


def parse_line(model: type[Model], line: bytes, where: str) -> Model:
    """Return a line as `model`; RecordingError names where and the key."""
    try:
        return model.model_validate_json(line)
    except ValidationError as error:
        raise RecordingError(f"{where}: is no recording's: {explain(error, model)}") from error


def content(header: Header, lines: Iterable[Mapping[str, Any]]) -> bytes:
    """Return what is hashed and packed: one line of JSON each."""
    return b"".join(map(_line, (header.model_dump(mode="json"), *lines)))


def write_packed(path: Path, data: bytes) -> None:
    """Write a file in one piece: whoever reads it sees the old one or the new."""
    import zstandard  # noqa: PLC0415  # imported where it is used

    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch.write_bytes(zstandard.ZstdCompressor(level=_LEVEL).compress(data))
        scratch.replace(path)
    except OSError as error:
        raise RecordingError(f"{path}: cannot be written: {error.strerror}") from error
    finally:
        scratch.unlink(missing_ok=True)


def read_lines(path: Path) -> Iterator[bytes]:
    """Yield the lines of a packed file; RecordingError where it is too large or not what it should be."""
    import zstandard  # noqa: PLC0415  # imported where it is used

    total = 0
    try:
        if not path.is_file():  # a pipe or a device would make the reader wait
            raise RecordingError(f"{path}: there is no such recording; it is a file, mostly …{SUFFIX}")
        if path.stat().st_size > MAX_PACKED_BYTES:
            raise RecordingError(f"{path}: is larger than {MAX_PACKED_BYTES >> 20} MiB")
        unpacker = zstandard.ZstdDecompressor(max_window_size=_WINDOW)
        with path.open("rb") as file, io.BufferedReader(unpacker.stream_reader(file)) as lines:
            while line := lines.readline(MAX_LINE_BYTES + 1):
                total += len(line)
                if len(line) > MAX_LINE_BYTES or total > MAX_UNPACKED_BYTES:
                    raise RecordingError(f"{path}: unpacks to too much ({MAX_UNPACKED_BYTES >> 20} MiB are read)")
                yield line
    except zstandard.ZstdError as error:
        raise RecordingError(f"{path}: is no recording: not packed with zstd ({error})") from error
    except OSError as error:
        raise RecordingError(f"{path}: cannot be read: {error.strerror}") from error


def _line(data: Mapping[str, Any]) -> bytes:
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8", "replace") + b"\n"  # half a character of an agent's becomes a question mark
