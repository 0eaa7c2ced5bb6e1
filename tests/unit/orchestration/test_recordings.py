"""Recordings: what was asked is answered again from a file, and nothing else; a hostile file is refused by name."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import zstandard

from rqgm.core.errors import ConfigError, InfrastructureError, UnknownNameError
from rqgm.core.failures import Failure
from rqgm.core.usage import Usage
from rqgm.orchestration import recording_files
from rqgm.orchestration.drafts import Draft
from rqgm.orchestration.embeddings import HashingEmbedder
from rqgm.orchestration.episodes import Episode, Reply, play
from rqgm.orchestration.plans import Plan
from rqgm.orchestration.propagation import Revision
from rqgm.orchestration.recordings import MissingTurnError, Recording, RecordingError
from rqgm.testing.drawn_team import DrawnTeam

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rqgm.orchestration.episodes import Ending, Environment

TEAM = DrawnTeam(agents=4, rescue=0.6, harm=0.3, sizes={"train": 6, "validation": 3, "test": 2})
PLANS = (Plan.hearing(4, {1: (0,), 2: (0, 1), 3: (2,)}), Plan.debate([3, 1, 0, 2], 2), Plan.none(4))


async def played(environment: Environment, plans: tuple[Plan, ...] = PLANS) -> list[Ending]:
    """Return the endings of all plans in all train episodes."""
    embedder = HashingEmbedder(16)
    return [
        await play(environment, episode, plan, embedder) for episode in environment.episodes("train") for plan in plans
    ]


async def saved(path: Path, environment: Environment = TEAM) -> Recording:
    """Return a recording of every plan above, saved."""
    recording = Recording.record(environment, {"seed": 0})
    await played(recording)
    recording.save(path)
    return recording


def lines(path: Path) -> list[dict[str, Any]]:
    """Return what a recording's file holds."""
    return [json.loads(line) for line in zstandard.decompress(path.read_bytes()).splitlines()]


def write(path: Path, content: list[dict[str, Any]]) -> None:
    """Write lines as a recording's file."""
    path.write_bytes(zstandard.compress(b"".join(json.dumps(line).encode() + b"\n" for line in content)))


async def test_a_recording_answers_as_the_environment_did(tmp_path: Path) -> None:
    """To the last bit: endings, drafts, usage, pools, hash."""
    live = await played(TEAM)
    assert any(one.rescued for one in live)
    assert any(one.harmed for one in live)
    recording = await saved(tmp_path / "team.jsonl.zst")
    read = Recording.open(tmp_path / "team.jsonl.zst")
    assert await played(read) == live
    assert [read.episodes(pool) for pool in TEAM.sizes] == [TEAM.episodes(pool) for pool in TEAM.sizes]
    assert (read.name, read.rule, read.sha256) == ("drawn-team", "majority", recording.sha256)
    assert read.header.made_of == {"seed": 0}
    assert read.header.episodes == {"train": 6, "validation": 3, "test": 2}
    with pytest.raises(UnknownNameError, match="pool"):
        read.episodes("all")


async def test_a_smaller_team_is_answered_from_the_same_turns(tmp_path: Path) -> None:
    """The first agents of an episode have the turns of the whole one."""
    await saved(tmp_path / "a")
    read = Recording.open(tmp_path / "a")
    plan = Plan.hearing(3, {1: (0,), 2: (0, 1)})
    for episode in TEAM.episodes("train"):
        wanted = await play(TEAM, episode.first(3), plan, HashingEmbedder(16))
        assert await play(read, episode.first(3), plan, HashingEmbedder(16)) == wanted


async def test_groups_may_stand_in_other_pools(tmp_path: Path) -> None:
    """With all that was asked about them, and without the groups that are not named."""
    recording = await saved(tmp_path / "team.jsonl.zst")
    first, second, *_ = (episode.group for episode in recording.episodes("train"))
    divided = recording.divided({first: "test", second: "train"})
    assert [episode.group for pool in ("train", "validation", "test") for episode in divided.episodes(pool)] == [
        second,
        first,
    ]
    assert 0 < divided.header.turns < recording.header.turns
    episode = divided.episodes("test")[0]
    assert await play(divided, episode, PLANS[0], HashingEmbedder(16)) == await play(
        recording, episode, PLANS[0], HashingEmbedder(16)
    )
    with pytest.raises(UnknownNameError, match="tset"):
        recording.divided({first: "tset"})


async def test_what_was_never_asked_is_missing_and_no_agents_failure(tmp_path: Path) -> None:
    """It is not taken for a failed turn; with the environment behind it, it is asked and remembered."""
    await saved(tmp_path / "a")
    other = (Plan.hearing(4, {0: (3,)}),)
    with pytest.raises(MissingTurnError, match=r"episode 'train-0', agent 0 was never asked.*record") as missing:
        await played(Recording.open(tmp_path / "a"), other)
    assert isinstance(missing.value, ConfigError)
    assert missing.value.exit_code == 2
    more = Recording.open(tmp_path / "a", live=TEAM)
    before = more.header.turns
    assert await played(more, other) == await played(TEAM, other)
    assert more.header.turns == before + 6
    more.save(tmp_path / "b")
    assert await played(Recording.open(tmp_path / "b"), (*PLANS, *other)) == await played(TEAM, (*PLANS, *other))


async def test_equal_contents_have_equal_bytes_in_whatever_order_they_were_asked(tmp_path: Path) -> None:
    """So the hash names the data."""
    one, two = Recording.record(TEAM), Recording.record(TEAM)
    await played(one, PLANS)
    await played(two, PLANS[::-1])
    assert one.sha256 == two.sha256 == one.save(tmp_path / "one") == two.save(tmp_path / "two")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    await played(two, (Plan.hearing(4, {0: (3,)}),))
    assert two.sha256 != one.sha256


def reply(key: str, text: str, *, right: bool = False, **more: Any) -> Reply:
    """Return a reply that says `text`."""
    return Reply(key, Draft(text, text, **more), right)


@dataclass
class Scripted:
    """An environment of one episode, whose agents answer what they are told to."""

    answer: Callable[[], Revision[Reply]]
    drafts: tuple[Reply, ...] = (reply("a", "1"), reply("b", "2"))
    name: str = "scripted"
    rule: str = "majority"
    asked: int = 0

    def episodes(self, pool: str) -> list[Episode]:
        return [Episode("only", "only", self.drafts)] if pool == "train" else []

    async def revise(self, episode: Episode, agent: int, own: Reply, heard: Mapping[int, Reply], /) -> Revision[Reply]:
        self.asked += 1
        return self.answer()


TALK = (Plan.hearing(2, {1: (0,)}),)


def raising(error: Exception) -> Callable[[], Revision[Reply]]:
    """Return what raises an error."""

    def fail() -> Revision[Reply]:
        raise error

    return fail


@pytest.mark.parametrize(
    "answer",
    [
        lambda: Revision(None, Usage(1, 2, 0.5, 0.25), Failure.TIMEOUT, "too\x1b[31m late"),
        raising(ValueError("half a character: \ud800")),
        lambda: Revision(reply("c", "half a character: \ud800", evidence=0.5, tokens=3, cpu_s=0.1, failed=True)),
    ],
)
async def test_failures_and_broken_texts_are_kept(tmp_path: Path, answer: Callable[[], Revision[Reply]]) -> None:
    """A failed turn fails again, at its cost; what is no text becomes one."""
    recording = Recording.record(Scripted(answer))
    live = await played(recording, TALK)
    recording.save(tmp_path / "a")
    assert await played(Recording.open(tmp_path / "a"), TALK) == live
    assert Recording.open(tmp_path / "a").sha256 == recording.sha256


async def test_what_the_infrastructure_failed_at_is_not_recorded() -> None:
    """It says nothing about the agent: whoever records must ask again."""
    lost = Scripted(lambda: Revision(None, failure=Failure.SANDBOX_LOST))
    recording = Recording.record(lost)
    for _ in range(2):
        with pytest.raises(InfrastructureError):
            await played(recording, TALK)
    assert (lost.asked, recording.header.turns) == (2, 0)


async def test_a_turn_asked_twice_at_a_time_has_one_answer() -> None:
    """The first one that came back."""
    numbers = iter(range(9))
    recording = Recording.record(Scripted(lambda: Revision(reply(f"c{next(numbers)}", "3"))))
    episode = recording.episodes("train")[0]
    heard = {0: episode.replies[0]}
    first, second = await asyncio.gather(*(recording.revise(episode, 1, episode.replies[1], heard) for _ in range(2)))
    assert first == second


@pytest.mark.parametrize("change", [{"right": True}, {"draft": Draft("3")}, {"draft": Draft("1", "1", evidence=0.5)}])
async def test_one_key_for_two_replies_is_refused(change: dict[str, Any]) -> None:
    """Among drafts and in turns; a difference in cost only is none."""
    first = reply("a", "1")
    other = replace(first, **change)
    with pytest.raises(RecordingError, match="'a'"):
        Recording.record(Scripted(lambda: Revision(None), (first, other)))
    recording = Recording.record(Scripted(lambda: Revision(other), (first, reply("b", "2"))))
    with pytest.raises(RecordingError, match="'a'"):
        await played(recording, TALK)
    cheap = reply("a", "1", tokens=7, cpu_s=1.0)
    same = Recording.record(Scripted(lambda: Revision(None), (first, cheap)))
    assert [one.draft.tokens for one in same.episodes("train")[0].replies] == [0, 7]


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda told: told[0].update(schema_version=2), r"line 1.*schema_version"),
        (lambda told: told[0].update(extra=1), r"line 1.*unknown key"),
        (lambda told: told[0].update(rule="loudest"), r"line 1.*rule"),
        (lambda told: told[0].update(turns=1), "counts"),
        (lambda told: told.pop(), "counts"),
        (lambda told: told.clear(), "line 1"),
        (lambda told: told[3].update(pool="anchor"), r"line 4.*pool"),
        (lambda told: told[3]["drafts"].append([99, 0, 0.0]), r"line 4.*not in it"),
        (lambda told: told[3]["drafts"].append([-1, 0, 0.0]), r"line 4.*drafts"),
        (lambda told: told[3]["drafts"].clear(), "0 replies"),
        (lambda told: told[3]["said"][0].__setitem__(3, 1.5), r"line 4.*evidence"),
        (lambda told: told[3]["said"][0].__setitem__(5, "yes"), r"line 4.*said"),
        (lambda told: told[3]["said"].append([told[3]["said"][0][0], "other", None, None, False, False]), "differ"),
        (lambda told: told[3]["turns"][0].__setitem__(4, {"cpu_s": -1}), r"line 4.*cpu_s"),
        (lambda told: told[3].update(id=told[2]["id"]), "two episodes are called"),
        (lambda told: told[-1].update(group=told[1]["group"]), "is in the pools train and test"),
    ],
)
async def test_a_file_that_was_changed_is_refused(
    tmp_path: Path, spoil: Callable[[list[dict[str, Any]]], Any], message: str
) -> None:
    """The message names the file and what is wrong with it."""
    await saved(tmp_path / "a")
    told = lines(tmp_path / "a")
    spoil(told)
    write(tmp_path / "b", told)
    with pytest.raises(RecordingError, match=message) as refused:
        Recording.open(tmp_path / "b")
    assert str(tmp_path / "b") in str(refused.value)


def test_what_is_no_recording_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing there, a folder, other bytes, other text, more than is read."""
    (tmp_path / "plain").write_text("hello")
    (tmp_path / "text").write_bytes(zstandard.compress(b"hello\n"))
    (tmp_path / "bomb").write_bytes(zstandard.compress(b" " * (recording_files.MAX_LINE_BYTES + 2)))
    for name, message in {
        "none": "no such",
        ".": "no such",
        "plain": "zstd",
        "text": "line 1",
        "bomb": "too much",
    }.items():
        with pytest.raises(RecordingError, match=message):
            Recording.open(tmp_path / name)
    monkeypatch.setattr(recording_files, "MAX_PACKED_BYTES", 3)
    with pytest.raises(RecordingError, match="larger"):
        Recording.open(tmp_path / "plain")


async def test_a_recording_goes_on_only_with_its_own_environment(tmp_path: Path) -> None:
    """Name and rule."""
    await saved(tmp_path / "a")
    for other in (replace(TEAM, name="other"), replace(TEAM, rule="centroid")):
        with pytest.raises(RecordingError, match="cannot go on"):
            Recording.open(tmp_path / "a", live=other)


async def test_texts_are_stored_once(tmp_path: Path) -> None:
    """Thousands of turns are small: a reply is named by its place."""
    await saved(tmp_path / "a")
    for line in lines(tmp_path / "a")[1:]:
        keys = [said[0] for said in line["said"]]
        assert len(set(keys)) == len(keys)
    assert sum(len(line["turns"]) for line in lines(tmp_path / "a")[1:]) == lines(tmp_path / "a")[0]["turns"] > 50
