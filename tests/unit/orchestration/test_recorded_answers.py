"""Recorded answers: strangers' files become episodes; the second round is modelled, and drawn by hash."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
from collections import Counter
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from rqgm.core.errors import ConfigError, UnknownNameError
from rqgm.orchestration import recorded_answers
from rqgm.orchestration.embeddings import HashingEmbedder
from rqgm.orchestration.episodes import Environment, Reply, play
from rqgm.orchestration.plans import Plan
from rqgm.orchestration.recorded_answers import SHARES, RecordedAnswers, read_recorded

AGENTS = ("ant", "bee", "cat", "dog")


def response(agent: str, answer: object, correct: bool = False, **changed: Any) -> dict[str, Any]:
    return {"agent": agent, "text": f"By {agent}.\nThe answer is {answer}.", "parsed": str(answer), "correct": correct} | changed  # fmt: skip


def question(number: int, task: str = "gsm", **changed: Any) -> dict[str, Any]:
    """Ant and bee are right, cat and dog are wrong."""
    replies = [response(agent, 7 if place < 2 else place, place < 2) for place, agent in enumerate(AGENTS)]
    return {"id": f"q{number}", "task": task, "question": "How much is 3 + 4?", "gold": "7", "responses": replies} | changed  # fmt: skip


def write(folder: Path, rows: list[Any], name: str = "set.jsonl.gz") -> Path:
    text = "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows)
    (folder / name).write_bytes(gzip.compress(text.encode()))
    return folder


@pytest.fixture
def many(tmp_path: Path) -> Path:
    return write(tmp_path, [question(number) for number in range(400)])


def every(recorded: RecordedAnswers) -> dict[str, Any]:
    return {name: (one.pool, one.authors, one.episode) for name, one in recorded.answered.items()}


def test_questions_become_episodes_with_canonical_answers_and_their_truth(tmp_path: Path) -> None:
    recorded = read_recorded(write(tmp_path, [question(1)]))
    (one,) = recorded.answered.values()
    assert sorted(one.authors) == list(AGENTS)
    told = {author: (reply.draft.answer, reply.right) for author, reply in zip(one.authors, one.episode.replies, strict=True)}  # fmt: skip
    assert told == {"ant": ("7", True), "bee": ("7", True), "cat": ("2", False), "dog": ("3", False)}
    assert one.episode.id == one.episode.group == "gsm/q1"
    text = one.episode.replies[0].draft.text
    assert one.episode.replies[0].draft.tokens == -(-len("How much is 3 + 4?") // 4) - (-len(text) // 4)


def test_pools_are_disjoint_hold_all_and_have_the_stated_shares(many: Path) -> None:
    recorded = read_recorded(many)
    pools = {str(pool): {episode.id for episode in recorded.episodes(pool)} for pool in SHARES}
    assert sum(map(len, pools.values())) == len(set().union(*pools.values())) == 400
    for pool, share in SHARES.items():
        assert abs(len(pools[pool]) / 400 - share) < 0.08  # three standard deviations
    with pytest.raises(UnknownNameError, match="anchor"):
        recorded.episodes("anchor")


def test_pools_hang_on_the_split_alone_and_places_on_the_seed_alone(many: Path) -> None:
    plain, other, split = (read_recorded(many, **seeds) for seeds in ({}, {"seed": 1}, {"split_seed": 1}))
    assert every(plain) == every(read_recorded(many))
    assert {n: one.pool for n, one in plain.answered.items()} == {n: one.pool for n, one in other.answered.items()}
    assert {n: one.pool for n, one in plain.answered.items()} != {n: one.pool for n, one in split.answered.items()}
    assert {n: one.authors for n, one in plain.answered.items()} == {n: one.authors for n, one in split.answered.items()}  # fmt: skip
    assert {n: one.authors for n, one in plain.answered.items()} != {n: one.authors for n, one in other.answered.items()}  # fmt: skip


def test_a_place_tells_nothing_of_who_is_there(many: Path) -> None:
    recorded = read_recorded(many)
    for place in range(4):
        seen = Counter(one.authors[place] for one in recorded.answered.values())
        assert all(70 < seen[agent] < 130 for agent in AGENTS), seen


@pytest.mark.parametrize("agents", [1, 2, 3, 4])
def test_fewer_agents_are_the_first_of_the_same_order(many: Path, agents: int) -> None:
    recorded, whole = read_recorded(many, agents=agents), read_recorded(many)
    for name, one in recorded.answered.items():
        assert one.authors == whole.answered[name].authors[:agents]
        assert one.episode == whole.answered[name].episode.first(agents)
    assert len({one.authors for one in recorded.answered.values()}) > 1
    assert f"N={agents}," in recorded.name


def test_agents_that_are_missing_in_a_question_make_a_smaller_episode(tmp_path: Path) -> None:
    short = question(1, responses=[response("ant", 7, correct=True)])
    recorded = read_recorded(write(tmp_path, [short, question(2)]), agents=3)
    assert [len(one.episode.replies) for one in recorded.answered.values()] == [1, 3]


def test_sets_of_a_folder_are_read_together_or_by_name(tmp_path: Path) -> None:
    write(tmp_path, [question(1), question(2)], "a.jsonl.gz")
    chosen = question(1, "mmlu-pro", options=["6", "7"], category="math", responses=[response("ant", "(B)", correct=True)])  # fmt: skip
    write(tmp_path, [chosen], "b.jsonl.gz")
    write(tmp_path, [{"anything": 1}], "notes.jsonl")
    assert set(read_recorded(tmp_path).answered) == {"gsm/q1", "gsm/q2", "mmlu-pro/q1"}
    recorded = read_recorded(tmp_path, tasks=("mmlu-pro",))
    assert [one.episode.replies[0].draft.answer for one in recorded.answered.values()] == ["B"]
    with pytest.raises(UnknownNameError, match="mmlu-pro"):
        read_recorded(tmp_path, tasks=("mmlu",))


# The second round.


def asked(recorded: RecordedAnswers, wanted: bool, heard: tuple[bool, ...]) -> list[tuple[Reply, Any, list[Reply]]]:
    """Ask, in each episode, an agent that is right (or not) again, and let it hear others that are right or not."""
    found = []
    for one in recorded.answered.values():
        by_truth = {truth: [n for n, reply in enumerate(one.episode.replies) if reply.right is truth] for truth in (True, False)}  # fmt: skip
        agent = by_truth[wanted].pop()
        others = {n: one.episode.replies[n] for n in (by_truth[truth].pop() for truth in heard)}
        own = one.episode.replies[agent]
        found.append((own, asyncio.run(recorded.revise(one.episode, agent, own, others)), list(others.values())))
    return found


@pytest.mark.parametrize(("wanted", "rate"), [(False, 0.3), (True, 0.1)])
def test_rescue_and_harm_come_at_the_stated_rates(many: Path, wanted: bool, rate: float) -> None:
    recorded = read_recorded(many, rescue=0.3, harm=0.1)
    rows = asked(recorded, wanted, (not wanted,))
    changed = [revision.answer is heard[0] for own, revision, heard in rows]
    assert all(revision.answer in (own, heard[0]) for own, revision, heard in rows)
    assert abs(sum(changed) / len(changed) - rate) < 3 * (rate * (1 - rate) / 400) ** 0.5
    assert "rescue=0.3, harm=0.1" in recorded.name


@pytest.mark.parametrize("wanted", [True, False])
def test_who_hears_only_its_like_keeps_its_reply(many: Path, wanted: bool) -> None:
    rows = asked(read_recorded(many, rescue=1, harm=1), wanted, (wanted,))
    assert all(revision.answer is own for own, revision, _ in rows)


def test_sure_rescue_takes_a_right_reply_out_of_several(many: Path) -> None:
    rows = asked(read_recorded(many, rescue=1, harm=0), False, (False, True, True))
    assert all(revision.answer.right for _, revision, _ in rows)
    assert len({revision.answer.draft.text for _, revision, _ in rows}) == 2


def test_draws_do_not_hang_on_the_order_in_which_replies_are_heard(many: Path) -> None:
    recorded = read_recorded(many, rescue=0.5)
    for one in list(recorded.answered.values())[:50]:
        agent = next(n for n, reply in enumerate(one.episode.replies) if not reply.right)
        others = [(n, reply) for n, reply in enumerate(one.episode.replies) if n != agent]
        own = one.episode.replies[agent]
        said = {asyncio.run(recorded.revise(one.episode, agent, own, dict(order))).answer for order in permutations(others)}  # fmt: skip
        assert len(said) == 1


def test_a_call_costs_what_it_reads_and_writes(tmp_path: Path) -> None:
    recorded = read_recorded(write(tmp_path, [question(1)]), rescue=0, harm=0)
    (one,) = recorded.answered.values()
    own, other = one.episode.replies[:2]
    usage = asyncio.run(recorded.revise(one.episode, 0, own, {1: other})).usage
    lengths = [-(-len(text) // 4) for text in ("How much is 3 + 4?", own.draft.text, other.draft.text)]
    assert (usage.input_tokens, usage.output_tokens, usage.model_calls) == (sum(lengths), lengths[1], 1)


def test_plans_are_played_on_it(many: Path) -> None:
    recorded: Environment = read_recorded(many, rescue=1, harm=0)
    embedder = HashingEmbedder(64)
    for episode in recorded.episodes("validation")[:10]:
        silent = asyncio.run(play(recorded, episode, Plan.none(4), embedder))
        assert (silent.right, silent.rescued, silent.harmed, silent.tokens) == (True, 0, 0, 0)
        wrong = [n for n, reply in enumerate(episode.replies) if not reply.right]
        right = next(n for n, reply in enumerate(episode.replies) if reply.right)
        ending = asyncio.run(play(recorded, episode, Plan.hearing(4, dict.fromkeys(wrong, (right,))), embedder))
        assert (ending.rescued, ending.harmed, ending.extra_calls) == (2, 0, 2)
        assert ending.tokens > 0


# Files from strangers.


def test_texts_may_be_empty_or_a_megabyte_or_hold_half_a_character(tmp_path: Path) -> None:
    texts = {
        "ant": "",
        "bee": "x" * (1 << 20) + "\nThe answer is 7.",
        "cat": "\ud800 the answer is 7",
        "dog": "\0" * 999,
    }
    rows = [question(1, responses=[response(agent, 0, text=text) for agent, text in texts.items()]), "", question(2)]
    recorded = read_recorded(write(tmp_path, rows))
    one = recorded.answered["gsm/q1"]
    answers = dict(zip(one.authors, (reply.draft.answer for reply in one.episode.replies), strict=True))
    assert answers == {"ant": None, "bee": "7", "cat": "7", "dog": None}
    assert max(reply.draft.tokens for reply in one.episode.replies) > 1 << 18
    asyncio.run(play(recorded, one.episode, Plan.none(4), HashingEmbedder(64)))


def without(row: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != key}


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (without(question(1), "gold"), ":1: gold: is missing"),
        (question(1, responses=[without(response("ant", 7), "correct")]), "correct: is missing"),
        (question(1, responses=[response("ant", 7, correct="yes")]), "correct: Input should be a valid boolean"),
        (question(1, responses=[response("ant", 7, text=None)]), "text: Input should be a valid string"),
        (question(1, responses=[]), "responses: List should have at least 1 item"),
        (question(1, responses=[response(f"a{n}", 7) for n in range(65)]), "at most 64 items"),
        (question(1, responses=[response("ant", 7), response("ant", 8)]), "an agent answers twice"),
        (question(1, id=7), "id: Input should be a valid string"),
        (question(1, extra=1), "extra: unknown key"),
        (question(1, task="riddle"), "unknown task 'riddle'"),
        ('{"id": "q1", ', "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[]", "valid dictionary"),
    ],
)  # fmt: skip
def test_rows_that_are_not_as_told_are_refused_with_line_and_key(tmp_path: Path, row: Any, told: str) -> None:
    write(tmp_path, [row])
    with pytest.raises(ConfigError) as refused:
        read_recorded(tmp_path)
    assert told in str(refused.value)
    assert "set.jsonl.gz:1: " in str(refused.value)


def test_folders_and_files_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_recorded(tmp_path / "none")
    with pytest.raises(ConfigError, match=r"holds 0 \.jsonl\.gz files"):
        read_recorded(tmp_path)
    for data in (b"no gzip", gzip.compress(json.dumps(question(1)).encode())[:-20]):
        (tmp_path / "set.jsonl.gz").write_bytes(data)
        with pytest.raises(ConfigError, match=r"set\.jsonl\.gz: cannot be read"):
            read_recorded(tmp_path)


def test_what_unpacks_to_too_much_is_refused_before_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "bomb.jsonl.gz").write_bytes(gzip.compress(b" " * (recorded_answers.MAX_LINE_BYTES + 2), 1))
    with pytest.raises(ConfigError, match="too large: at most 64 MiB a line"):
        read_recorded(tmp_path)


def test_a_question_that_occurs_twice_is_refused(tmp_path: Path) -> None:
    write(tmp_path, [question(1)], "a.jsonl.gz")
    write(tmp_path, [question(1)], "b.jsonl.gz")
    with pytest.raises(ConfigError, match=r"b\.jsonl\.gz:1: id: 'q1' of 'gsm' occurs twice"):
        read_recorded(tmp_path)


@pytest.mark.parametrize("wrong", [{"agents": 0}, {"agents": 5}, {"rescue": 1.5}, {"harm": -0.1}, {"rescue": float("nan")}])  # fmt: skip
def test_settings_out_of_range_are_refused(tmp_path: Path, wrong: dict[str, Any]) -> None:
    write(tmp_path, [question(1)])
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        read_recorded(tmp_path, **wrong)


@pytest.mark.parametrize(("task", "agents"), [("gsm", 14), ("math-l5", 14), ("mmlu-pro", 11)])
def test_real_answers_are_read(task: str, agents: int) -> None:
    data = os.environ.get("RQGM_DATA")
    if data is None:
        pytest.skip("RQGM_DATA is not set: it names the folder of public data sets")
    recorded = read_recorded(Path(data) / "multi_model_answers", tasks=(task,))
    assert len(recorded.answered) >= 200
    assert all(len(one.authors) == agents for one in recorded.answered.values())
    assert all(recorded.episodes(pool) for pool in SHARES)
    unanswered_and_right = [
        reply for one in recorded.answered.values() for reply in one.episode.replies
        if reply.right and reply.draft.answer is None
    ]  # fmt: skip
    assert len(unanswered_and_right) <= 1
