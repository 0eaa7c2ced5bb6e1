"""Recordings: an environment in one file, every second answer that was ever asked for among it.

Whoever trains on a recording or measures on it needs nobody who answers: equal turns are answered from memory.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rqgm.core.errors import ConfigError, InfrastructureError, RunStoppedError, UnknownNameError
from rqgm.core.failures import TABLE, Cause, Failure
from rqgm.core.hashes import sha256
from rqgm.core.text import clean
from rqgm.orchestration.features import MOST_AGENTS
from rqgm.orchestration.propagation import Revision
from rqgm.orchestration.recording_files import (
    POOLS,
    Asked,
    Header,
    Line,
    RecordingError,
    content,
    make_header,
    parse_line,
    read_lines,
    write_packed,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pydantic import JsonValue

    from rqgm.orchestration.episodes import Environment, Episode, Reply


class MissingTurnError(RecordingError):
    """A plan asks for a second answer that was never recorded, and there is nobody who could be asked."""


class Recording:
    """An environment read from a file, or one that is being recorded.

    With `live` behind it, what is not remembered is asked there and remembered; without, MissingTurnError. Keys name
    replies within an episode: RecordingError for two replies of one key that differ in more than their cost, for
    groups in two pools, and for episodes of one id.
    """

    def __init__(
        self,
        header: Header,
        pools: Mapping[str, Sequence[Episode]],
        turns: Mapping[Asked, Revision[Reply]] | None = None,
        live: Environment | None = None,
    ) -> None:
        if live is not None and (live.name, live.rule) != (header.environment, header.rule):
            found = f"{live.name!r} by {live.rule}"
            raise RecordingError(f"a recording of {header.environment!r} by {header.rule} cannot go on with {found}")
        self._header = header
        self._pools = {pool: tuple(pools.get(pool, ())) for pool in POOLS}
        self._turns = dict(turns or {})
        self._live = live
        self._said: dict[tuple[str, str], Reply] = {}
        self._check()

    @classmethod
    def record(cls, live: Environment, made_of: Mapping[str, JsonValue] | None = None) -> Recording:
        """Return a recording of `live` with all of its episodes and as yet no turn; what is asked from now on is kept.

        `made_of` tells what the environment itself was made of: hashes, settings, counts.
        """
        header = make_header(live.name, live.rule, made_of or {})
        return cls(header, {pool: live.episodes(pool) for pool in POOLS}, live=live)

    @classmethod
    def open(cls, path: Path, live: Environment | None = None) -> Recording:
        """Read a recording, which may be hostile: sizes are capped, unknown keys refused. RecordingError says where."""
        lines = read_lines(path)
        header = parse_line(Header, next(lines, b""), f"{path}: line 1")
        pools: dict[str, list[Episode]] = {}
        turns: dict[Asked, Revision[Reply]] = {}
        said: list[tuple[str, Reply]] = []
        for number, line in enumerate(lines, 2):
            told = parse_line(Line, line, f"{path}: line {number}")
            try:
                pools.setdefault(told.pool, []).append(told.episode())
                turns.update(told.revisions())
                said += [(told.id, reply) for reply in told.replies()]
            except (ConfigError, IndexError) as error:
                why = error if isinstance(error, ConfigError) else "names a reply that is not in it"
                raise RecordingError(f"{path}: line {number}: {why}") from error
        counts = {pool: len(episodes) for pool, episodes in pools.items()}
        if counts != {pool: n for pool, n in header.episodes.items() if n} or len(turns) != header.turns:
            raise RecordingError(f"{path}: its header tells of other counts; it was cut short or changed: record again")
        try:
            recording = cls(header, pools, turns, live)
            for episode, reply in said:
                recording._admit(episode, reply)
        except RecordingError as error:
            raise RecordingError(f"{path}: {error}") from error
        return recording

    def divided(self, pool_of: Mapping[str, str]) -> Recording:
        """Return what is on record with each group in the pool that is named for it, and no other groups.

        For cross-validation. UnknownNameError for another pool than train, validation and test.
        """
        for pool in pool_of.values():
            if pool not in POOLS:
                raise UnknownNameError("pool", pool, POOLS)
        found = [episode for episodes in self._pools.values() for episode in episodes]
        pools = {pool: [one for one in found if pool_of.get(one.group) == pool] for pool in POOLS}
        kept = {episode.id for episodes in pools.values() for episode in episodes}
        turns = {asked: revision for asked, revision in self._turns.items() if asked[0] in kept}
        return Recording(self._header, pools, turns)

    @property
    def header(self) -> Header:
        """What it is of, with the counts of now."""
        counts = {pool: len(self._pools[pool]) for pool in POOLS}
        return self._header.model_copy(update={"episodes": counts, "turns": len(self._turns)})

    @property
    def name(self) -> str:
        """The environment's name."""
        return self._header.environment

    @property
    def rule(self) -> str:
        """The rule by which the team's answer is chosen."""
        return self._header.rule

    @property
    def sha256(self) -> str:
        """The hash of all that it holds: the same before it is saved and after it was read."""
        return sha256(self._content())

    def episodes(self, pool: str) -> Sequence[Episode]:
        """Return the episodes of a pool: train, validation or test."""
        if pool not in self._pools:
            raise UnknownNameError("pool", pool, POOLS)
        return self._pools[pool]

    async def revise(self, episode: Episode, agent: int, own: Reply, heard: Mapping[int, Reply], /) -> Revision[Reply]:
        """Return what was answered to these texts in this order; MissingTurnError if that was never asked."""
        keys = tuple(reply.key for reply in heard.values())
        asked = (episode.id, agent, own.key, keys)
        if asked not in self._turns:
            if self._live is None:
                raise MissingTurnError(
                    f"recording of {self.name!r}: episode {episode.id!r:.80}, agent {agent} was never asked with "
                    f"these {len(keys)} answers heard; record this plan as well, or open it with the live environment"
                )
            revision = await self._ask(self._live, episode, agent, own, heard)
            for reply in (own, *heard.values()):
                self._admit(episode.id, reply)
            self._remember(asked, revision)
        return self._turns[asked]

    def save(self, path: Path) -> str:
        """Write everything that was ever asked, in one piece; return the hash of the content."""
        data = self._content()
        write_packed(path, data)
        return sha256(data)

    async def _ask(
        self, live: Environment, episode: Episode, agent: int, own: Reply, heard: Mapping[int, Reply]
    ) -> Revision[Reply]:
        try:
            revision = await live.revise(episode, agent, own, heard)
        except (InfrastructureError, RunStoppedError):
            raise
        except Exception as error:  # noqa: BLE001  # as in propagation: an agent may raise anything
            return Revision(None, failure=Failure.CRASH, detail=clean(f"{type(error).__name__}: {error}", 300))
        if revision.failure is not None and TABLE[revision.failure].cause is Cause.INFRASTRUCTURE:
            raise InfrastructureError(f"episode {episode.id!r:.80}, agent {agent}: {revision.failure}; not recorded")
        return replace(revision, detail=clean(revision.detail, 300))

    def _remember(self, asked: Asked, revision: Revision[Reply]) -> None:
        if revision.answer is not None:
            self._admit(asked[0], revision.answer)
        self._turns.setdefault(asked, revision)  # asked twice at a time: the first answer is the one

    def _admit(self, episode: str, reply: Reply) -> None:
        known = self._said.setdefault((episode, reply.key), reply)
        if known is not reply and _costless(known) != _costless(reply):
            raise RecordingError(
                f"episode {episode!r:.80}: two replies have the key {reply.key!r:.80} and differ; a key names all that "
                "others hear"
            )

    def _check(self) -> None:
        pool_of: dict[str, str] = {}
        ids: set[str] = set()
        for pool, episodes in self._pools.items():
            for episode in episodes:
                if not 1 <= len(episode.replies) <= MOST_AGENTS:
                    raise RecordingError(f"episode {episode.id!r:.80}: {len(episode.replies)} replies, not 1 to 64")
                if episode.id in ids:
                    raise RecordingError(f"two episodes are called {episode.id!r:.80}")
                if pool_of.setdefault(episode.group, pool) != pool:
                    raise RecordingError(
                        f"group {episode.group!r:.80} is in the pools {pool_of[episode.group]} and {pool}"
                    )
                ids.add(episode.id)
                for reply in episode.replies:
                    self._admit(episode.id, reply)
        for asked, revision in self._turns.items():
            if revision.answer is not None:
                self._admit(asked[0], revision.answer)

    def _content(self) -> bytes:
        turns: dict[str, dict[Asked, Revision[Reply]]] = {}
        for asked in sorted(self._turns):  # equal contents, equal bytes, in whatever order it was asked
            turns.setdefault(asked[0], {})[asked] = self._turns[asked]
        lines = [
            Line.told(pool, episode, turns.get(episode.id, {}), self._said)
            for pool, episodes in self._pools.items()
            for episode in episodes
        ]
        return content(self.header, lines)


def _costless(reply: Reply) -> Reply:
    return replace(reply, draft=replace(reply.draft, tokens=0, cpu_s=0.0))
