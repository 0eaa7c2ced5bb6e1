"""Rehearsals: teams and panels that answer for real, with the truth beside every answer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rqgm.core.errors import ConfigError, UnknownNameError
from rqgm.orchestration.embeddings import HashingEmbedder
from rqgm.orchestration.episodes import Reply, play
from rqgm.orchestration.features import features
from rqgm.orchestration.plans import Plan
from rqgm.orchestration.policy import open_policy
from rqgm.orchestration.recordings import MissingTurnError, Recording
from rqgm.run.rehearsals import RehearsalRequest, rehearsal

TEAM = RehearsalRequest(("repair",), agents=3, steps=60_000, limit=1, pools=("train",), sandbox="process")
PANEL = RehearsalRequest(("repair-reviews",), agents=3, steps=60_000, limit=2, pools=("train",), sandbox="process")
EMBEDDER = HashingEmbedder(64)


@pytest.mark.parametrize("request_", [TEAM, PANEL], ids=["team", "panel"])
async def test_equal_rehearsals_answer_equally_and_a_recording_answers_for_them(request_: RehearsalRequest) -> None:
    """Drafts, second answers and truth; the recording needs nobody for what was asked, and knows nothing else."""
    told = []
    for _ in range(2):
        async with rehearsal(request_) as live:
            recording = Recording.record(live, live.made_of)
            endings = []
            for episode in recording.episodes("train"):
                plan = open_policy("full").plan(features([reply.draft for reply in episode.replies], EMBEDDER))
                endings.append(await play(recording, episode, plan, EMBEDDER))
            told.append([(ending.right, ending.rescued, ending.harmed, ending.extra_calls) for ending in endings])
            drafts = [[(reply.key, reply.right) for reply in one.replies] for one in recording.episodes("train")]
            told.append(drafts)
    assert told[0] == told[2]
    assert told[1] == told[3]
    assert all(calls == 2 for *_, calls in told[0])
    kept = Recording(recording.header, {"train": recording.episodes("train")})
    with pytest.raises(MissingTurnError):
        await play(kept, kept.episodes("train")[0], Plan.hearing(3, {2: [0]}), EMBEDDER)


async def test_an_empty_plan_is_the_drafts() -> None:
    """Nobody is asked; what is right is what was right before."""
    async with rehearsal(TEAM) as live:
        for episode in live.episodes("train"):
            ending = await play(live, episode, Plan.none(3), EMBEDDER)
            assert (ending.rescued, ending.harmed, ending.extra_calls, ending.cpu_s) == (0, 0, 0, 0)
        with pytest.raises(UnknownNameError, match="tset"):
            live.episodes("tset")
        stranger = replace(live.episodes("train")[0].replies[0], key="of somebody else")
        with pytest.raises(ConfigError, match="record it anew"):
            await live.revise(live.episodes("train")[0], 0, stranger, {1: live.episodes("train")[0].replies[1]})
        assert all(isinstance(reply, Reply) for reply in live.episodes("train")[0].replies)
        assert live.made_of["agents"] == 3


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"agents": 17}, "takes 1 to 16"),
        ({"suites": ()}, "one kind"),
        ({"suites": ("repair", "repair-reviews")}, "one kind"),
        ({"suites": ("repiar",)}, "did you mean 'repair'"),
        ({"role": "reviewer"}, "unknown solver role 'reviewer'"),
        ({"pools": ()}, "have nothing in"),
    ],
)
async def test_a_wrong_request_is_told(changes: dict[str, object], message: str) -> None:
    """Before anything is started."""
    with pytest.raises(ConfigError, match=message):
        async with rehearsal(replace(TEAM, **changes)):  # type: ignore[arg-type]
            pass
