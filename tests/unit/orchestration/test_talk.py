"""Talk: specs that are read, policies that are opened, and what comes of drafts, whatever the second round brings."""

from __future__ import annotations

import asyncio
import os
import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from rqgm.core.errors import ConfigError, UnknownNameError
from rqgm.core.failures import Failure
from rqgm.core.usage import Usage
from rqgm.orchestration.drafts import Draft
from rqgm.orchestration.features import MOST_AGENTS, VERSION
from rqgm.orchestration.plans import Plan, PlanError, Turn
from rqgm.orchestration.policies.edge_logits import EdgeLogits
from rqgm.orchestration.policy import SHIPPED
from rqgm.orchestration.propagation import Revision
from rqgm.orchestration.talk import Talk, TalkSpec, find_weights, open_talk, silence, spelled_out
from rqgm.orchestration.weights import Card, WeightsError, WeightsVersionError, save_weights

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rqgm.orchestration.features import Features
    from rqgm.orchestration.selection import Rule

RULES = ("majority", "evidence", "centroid")
LEARNED = "edge-logits"
CARD = Card(policy=LEARNED, features=VERSION, seed=0, data="drawn", data_sha256="ab" * 32)


def write_weights(path: Path, *, version: str = VERSION, value: float = 0.0) -> Path:
    """Write weights of a learned policy for teams of three, and their card."""
    policy = EdgeLogits.initial(3, version)
    weights = policy.weights.with_vector(np.full_like(policy.vector, value))
    save_weights(path, weights, CARD.model_copy(update={"features": version}))
    return path


# ------------------------------------------------------------------ what is written in files


@pytest.mark.parametrize("weights", ["mine.safetensors", "deep/er/mine.safetensors", "./a_b-c.1.safetensors"])
def test_weights_are_a_safetensors_file(weights: str) -> None:
    """Beside which its card lies."""
    assert TalkSpec(policy="gated", weights=weights).weights == weights


@pytest.mark.parametrize("weights", ["", "mine", "mine.json", "mine.safetensors\n", "a b.safetensors", "x" * 190, "é.safetensors", "\0.safetensors"])  # fmt: skip
def test_other_weights_are_refused(weights: str) -> None:
    """The hash in the lock is that of the tensors' file, so no other name may lead to it."""
    with pytest.raises(ValidationError):
        TalkSpec(policy="gated", weights=weights)


def test_a_name_alone_is_short_for_a_table() -> None:
    """Anything else is left for pydantic to judge."""
    assert TalkSpec.model_validate(spelled_out("full")) == TalkSpec(policy="full")
    assert spelled_out({"policy": "star"}) == {"policy": "star"}
    for wrong in (3, None, ["full"], {"polcy": "full"}, {"policy": "full", "embedder": "bert"}, "x" * 301):
        with pytest.raises(ValidationError):
            TalkSpec.model_validate(spelled_out(wrong))


# ------------------------------------------------------------------ weights


def test_named_weights_are_looked_up_in_their_folder(tmp_path: Path) -> None:
    """Nowhere else, by no path and by no link."""
    (tmp_path / "home").mkdir()
    write_weights(tmp_path / "home" / "in.safetensors")
    outside = write_weights(tmp_path / "out.safetensors")
    (tmp_path / "home" / "link.safetensors").symlink_to(outside)

    def find(name: str) -> Path | None:
        return find_weights(TalkSpec(policy=LEARNED, weights=name), tmp_path / "home")

    assert find("in.safetensors") == tmp_path / "home" / "in.safetensors"
    for name in ("../out.safetensors", str(outside), "link.safetensors"):
        with pytest.raises(ConfigError, match=r"lie outside of .*; copy them there"):
            find(name)
    with pytest.raises(ConfigError, match=r"no file 'no.safetensors' in .*`rqgm nexa train` makes one"):
        find("no.safetensors")


@pytest.mark.parametrize("policy", ["full", "random(0.5)", "a" * 300, "../policies", "", ".", "no\0name", "ünbekannt"])
def test_without_a_name_only_a_known_policy_has_weights_that_ship(tmp_path: Path, policy: str) -> None:
    """No text leads to a file."""
    assert find_weights(TalkSpec(policy=policy), tmp_path) is None
    if policy not in ("full", "random(0.5)"):
        with pytest.raises(ConfigError, match=r"^here: "):
            open_talk(TalkSpec(policy=policy), None, "here")


def test_what_ships_is_found() -> None:
    """Each file beside the policies is that of one of them."""
    for file in SHIPPED.glob("*.safetensors"):
        spec = TalkSpec(policy=file.stem)
        assert find_weights(spec, Path("/nowhere")) == file
        assert open_talk(spec, file, "here").policy.name == file.stem


@pytest.mark.skipif((SHIPPED / f"{LEARNED}.safetensors").exists(), reason="weights of it ship")
def test_a_learned_policy_needs_weights() -> None:
    """The remedy is told."""
    with pytest.raises(ConfigError, match=r"^here: .*is learned, and none ships; .*`rqgm nexa train` makes them"):
        open_talk(TalkSpec(policy=LEARNED), None, "here")


def test_wrong_weights_are_refused_by_kind(tmp_path: Path) -> None:
    """Of another version of the features, altered, of another policy, unreadable, or where none are wanted."""
    old = write_weights(tmp_path / "old.safetensors", version="features-0")
    good = write_weights(tmp_path / "good.safetensors")
    with pytest.raises(WeightsVersionError, match=rf"^here: .*'features-0'.*{VERSION}.*rqgm nexa train"):
        open_talk(TalkSpec(policy=LEARNED), old, "here")
    with pytest.raises(ConfigError, match=r"^here: .*takes no weights"):
        open_talk(TalkSpec(policy="full"), good, "here")
    with pytest.raises(WeightsError, match=r"^here: "):
        open_talk(TalkSpec(policy="nexa-paper"), good, "here")
    good.write_bytes(good.read_bytes()[:-1] + b"\1")
    with pytest.raises(WeightsError, match=r"^here: .*good.safetensors.*not the file that its card tells of"):
        open_talk(TalkSpec(policy=LEARNED), good, "here")
    good.unlink()
    os.mkfifo(good)
    with pytest.raises(WeightsError, match=r"^here: "):
        open_talk(TalkSpec(policy=LEARNED), good, "here")


def test_the_hash_is_of_all_that_decides(tmp_path: Path) -> None:
    """Name, argument, weights and embedder; not of where the weights lie."""
    first = write_weights(tmp_path / "first.safetensors")
    other = write_weights(tmp_path / "other.safetensors", value=0.5)
    (tmp_path / "moved").mkdir()
    for file in tmp_path.glob("first.*"):
        shutil.copy(file, tmp_path / "moved")
    hashes = [open_talk(TalkSpec(policy=name), None, "here").hash for name in ("full", "star", "random(0.1)", "random(0.2)")]  # fmt: skip
    hashes += [open_talk(TalkSpec(policy=LEARNED), weights, "here").hash for weights in (first, other)]
    assert len({*hashes, silence().hash}) == 7
    moved = TalkSpec(policy=LEARNED, weights="moved/first.safetensors")
    assert open_talk(moved, find_weights(moved, tmp_path), "here").hash == hashes[4]


# ------------------------------------------------------------------ plug-ins


PLUGIN = """
class Breaks:
    name = "breaks"
    def __init__(self, argument, weights): self.argument = argument
    def plan(self, features, rng=None):
        if self.argument == "circle":
            from rqgm.orchestration.plans import Plan
            return Plan.hearing(features.agents, {0: [1], 1: [0]})
        raise KeyError("\\x1b[31mnobody thought of this")
"""


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installed package with a policy, as pip leaves one behind; return its METADATA."""
    (tmp_path / "breaking_policies.py").write_text(PLUGIN)
    info = tmp_path / "breaking_policies-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: breaking-policies\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[rqgm.policies]\nbreaks = breaking_policies:Breaks\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    return info / "METADATA"


def test_a_plug_in_is_known_by_its_version(plugin: Path) -> None:
    """A run that began with one is not gone on with by another."""
    before = open_talk(TalkSpec(policy="breaks"), None, "here").hash
    assert open_talk(TalkSpec(policy="breaks"), None, "here").hash == before
    plugin.write_text(plugin.read_text().replace("Version: 1.0", "Version: 1.1"))
    assert open_talk(TalkSpec(policy="breaks"), None, "here").hash != before


@pytest.mark.usefixtures("plugin")
@pytest.mark.parametrize(
    ("policy", "trouble"), [("breaks", "nobody thought of this"), ("breaks(circle)", "in a circle")]
)
async def test_a_policy_that_breaks_leaves_the_parallel_answer(policy: str, trouble: str) -> None:
    """The record says why."""
    talk = open_talk(TalkSpec(policy=policy), None, "here")
    drafts = [Draft("a", "1"), Draft("b", "2"), Draft("c", "2")]

    async def never(*_: Any) -> Revision[Draft]:
        raise AssertionError("nobody is asked")

    broken = await talk.hold(drafts, lambda draft: draft, never, "majority")
    plain = await silence().hold(drafts, lambda draft: draft, never, "majority")
    assert (broken.answers, broken.chosen, broken.usage) == (plain.answers, plain.chosen, Usage())
    assert trouble in broken.to_json()["trouble"]
    assert "\x1b" not in broken.to_json()["trouble"]
    assert broken.to_json() | {"trouble": ""} == plain.to_json() | {"trouble": ""}
    assert "trouble" not in plain.to_json()


def test_an_unknown_policy_is_answered_with_the_nearest() -> None:
    """As all names are."""
    with pytest.raises(UnknownNameError, match=r"^here: unknown policy 'fall'; did you mean 'full'\?"):
        open_talk(TalkSpec(policy="fall"), None, "here")


# ------------------------------------------------------------------ what comes of drafts


@dataclass(frozen=True)
class Answer:
    """An answer of a test: what a policy is told, and what it cost."""

    draft: Draft
    usage: Usage = field(default_factory=Usage)

    @property
    def evidence(self) -> float | None:
        """What `no_evidence_lost` looks at."""
        return self.draft.evidence


@dataclass(frozen=True)
class Given:
    """A policy that has its plan from a test."""

    planned: Plan
    name: str = "given"

    def plan(self, _: Features, rng: Any = None) -> Plan:
        """Return it."""
        return self.planned


evidences = st.one_of(st.none(), st.sampled_from([0.0, 0.25, 0.5, 1.0]))
answers = st.builds(
    Draft,
    text=st.text(max_size=8),
    answer=st.one_of(st.none(), st.sampled_from("abc")),
    evidence=evidences,
)
failed = st.builds(Draft, failed=st.just(True))
FATES = ("answers", "fails", "raises", "nothing")


@st.composite
def plans(draw: st.DrawFn, count: int) -> Plan:
    """Draw any acyclic plan, or a debate."""
    order = list(draw(st.permutations(range(count))))
    if draw(st.booleans()):
        return Plan.debate(order, draw(st.integers(0, 3)))
    entries = draw(st.lists(st.integers(0, 2), min_size=count * count, max_size=count * count))
    return Plan.in_order(order, np.array(entries, dtype=int).reshape(count, count))


@st.composite
def rounds(draw: st.DrawFn) -> tuple[list[Answer], Plan, dict[Turn, tuple[str, Draft]], str]:
    """Draw drafts (some failed), a plan, what becomes of each of its turns, and a rule."""
    count = draw(st.integers(1, 6))
    drafts = [Answer(draw(st.one_of(answers, failed))) for _ in range(count)]
    plan = draw(plans(count))
    fates = {turn: (draw(st.sampled_from(FATES)), draw(answers)) for turn in plan.turns}
    return drafts, plan, fates, draw(st.sampled_from(RULES))


def proof(answer: Answer) -> float:
    """Return evidence as a number; none is less than 0."""
    return -1.0 if answer.evidence is None else answer.evidence


@given(rounds())
def test_whatever_happens_in_the_second_round_nothing_is_lost(
    world: tuple[list[Answer], Plan, dict[Turn, tuple[str, Draft]], Rule],
) -> None:
    """The chosen answer stands, evidence never falls, every call is charged and on record; `parallel` is not touched."""
    drafts, plan, fates, rule = world
    calls: dict[Turn, Answer | None] = {}

    async def again(agent: int, own: Answer, heard: Mapping[int, Answer]) -> Revision[Answer]:
        turn = Turn(agent, 1 + sum(told.agent == agent for told in calls))
        fate, draft = fates[turn]
        assert list(heard) == [other.agent for other in plan.turns[turn]]
        assert own in ([drafts[agent], *(said for told, said in calls.items() if told.agent == agent)])
        usage = Usage(input_tokens=1 + agent, model_calls=1)
        calls[turn] = Answer(draft, usage) if fate == "answers" else None
        await asyncio.sleep(0)
        if fate == "raises":
            raise KeyError(agent)
        failure = Failure.TIMEOUT if fate == "fails" else None
        return Revision(calls[turn], usage, failure)

    talk = Talk(Given(plan), "given")
    talked = asyncio.run(talk.hold(drafts, lambda answer: answer.draft, again, rule))
    if len(drafts) == 1:
        assert (talked.chosen, calls) == (0, {})
        return
    assert calls.keys() == plan.turns.keys()
    assert talked.plan == plan
    assert 0 <= talked.chosen < len(drafts)
    for agent, stands in enumerate(talked.answers):
        said = [calls[turn] for turn in plan.turns if turn.agent == agent]
        assert stands is drafts[agent] or any(stands is one for one in said)
        assert proof(stands) >= proof(drafts[agent])
    if any(answer.draft.answer is not None for answer in talked.answers):
        assert talked.answers[talked.chosen].draft.answer is not None
    charged = sum((Usage(input_tokens=1 + turn.agent, model_calls=1) for turn in plan.turns if fates[turn][0] != "raises"), Usage())  # fmt: skip
    assert talked.usage == charged
    record = talked.to_json()
    assert Plan.from_json(record["plan"]) == plan
    assert (record["extra_calls"], record["critical_path"]) == (plan.extra_calls, plan.critical_path)
    assert {Turn(*entry[:2]) for entry in record["turns"]} == set(plan.turns)
    for agent, number, standing, *failure in record["turns"]:
        told = {"answers": [], "fails": ["timeout"], "raises": ["crash"], "nothing": ["no-response"]}
        assert failure == told[fates[Turn(agent, number)][0]]
        assert (standing == "failed") == bool(failure)
    if plan.empty:
        quiet = asyncio.run(silence().hold(drafts, lambda answer: answer.draft, again, rule))
        assert all(one is other for one, other in zip(talked.answers, drafts, strict=True))
        assert quiet == replace(talked, plan=quiet.plan)


@pytest.mark.parametrize("count", [1, MOST_AGENTS, MOST_AGENTS + 1])
def test_a_policy_is_not_asked_about_one_or_too_many(count: int) -> None:
    """Beyond what it takes, the drafts stand."""
    talk = open_talk(TalkSpec(policy="full"), None, "here")
    plan, trouble = talk.decide([Draft(str(k), str(k)) for k in range(count)])
    assert (plan.extra_calls, trouble) == (MOST_AGENTS - 1 if count == MOST_AGENTS else 0, "")


async def test_nobody_is_nothing_to_choose_from() -> None:
    """A typed error."""

    async def never(*_: Any) -> Revision[Draft]:
        raise AssertionError("nobody is asked")

    with pytest.raises(PlanError, match="nobody answered"):
        await silence().hold([], lambda draft: draft, never, "majority")
