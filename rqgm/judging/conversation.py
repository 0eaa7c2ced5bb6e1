"""A panel's second round: its policy decides who judges again, and whose opinion and evidence they hear."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from rqgm.core.failures import Failure
from rqgm.core.hashes import canonical_json
from rqgm.core.words import Fulfilment, Verdict
from rqgm.judging.evidence import Standing
from rqgm.orchestration.drafts import Draft
from rqgm.orchestration.propagation import Revision
from rqgm.roles.messages import CheckedPointer, PanelPlace, SaidJudge, passable

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable, Iterable, Mapping

    from rqgm.judging.judge import JudgeCase, Opinion
    from rqgm.orchestration.talk import Talk

    Ask = Callable[[str, JudgeCase], Awaitable[Opinion]]

MAX_TEXT_CHARS = 16_384
"""How much of an opinion's words a policy is told of."""


def place(case: JudgeCase, seat: int, seats: int) -> JudgeCase:
    """Return the case as a seat of a panel that may talk is shown it first: with where it sits, and nothing heard."""
    return replace(case, place=PanelPlace(seat=seat, seats=seats))


def held(opinion: Opinion) -> float | None:
    """Return the share of an opinion's checked pointers that hold, None if none could be checked."""
    standings = [entry.standing for entry in opinion.evidence if entry.standing is not Standing.UNCHECKED]
    return standings.count(Standing.HELD) / len(standings) if standings else None


def draft(opinion: Opinion, asked: Iterable[str] = ()) -> Draft:
    """Return what a policy is told of an opinion: the verdict, with the answers to criteria that were `asked`."""
    told = {name: opinion.criteria.get(name, Fulfilment.ABSTAIN) for name in asked}
    silent = _silent(opinion, told)
    claims = [entry.pointer.claim for entry in opinion.evidence]
    text = "\n".join([opinion.verdict.value, *claims, canonical_json(passable(opinion.message))])
    return Draft(
        text="" if silent else text[:MAX_TEXT_CHARS],
        answer=None if silent else canonical_json([opinion.verdict.value, told]),
        evidence=held(opinion),
        tokens=opinion.usage.input_tokens + opinion.usage.output_tokens,
        cpu_s=opinion.usage.cpu_s,
        failed=opinion.failure not in (None, Failure.ABSTAINED),
    )


def keeps_evidence(old: Opinion, new: Opinion) -> bool:
    """Return whether of the new opinion's evidence no smaller share holds than of the old one's."""
    before, after = held(old), held(new)
    return before is None or (after is not None and after >= before)


async def converse(
    talk: Talk,
    case: JudgeCase,
    opinions: Mapping[str, Opinion],
    ask: Ask,
    gate: asyncio.Semaphore | None,
) -> tuple[dict[str, Opinion], dict[str, Any]]:
    """Return the opinions that stand after the second round, each with all that its seat cost, and the record of it.

    `ask` asks one seat, by name, about a case that says what it hears. A seat that fails or abstains when it is asked
    again keeps what it said. Raises InfrastructureError.
    """
    names, asked = list(opinions), [criterion.id for criterion in case.criteria]
    costs = {name: opinion.usage for name, opinion in opinions.items()}
    turns = [0] * len(names)

    async def again(seat: int, own: Opinion, heard: Mapping[int, Opinion]) -> Revision[Opinion]:
        turns[seat] += 1
        told = PanelPlace(
            seat=seat,
            seats=len(names),
            turn=turns[seat],
            own=said(seat, own, asked),
            heard=[said(other, opinion, asked) for other, opinion in heard.items()],
        )
        new = await ask(names[seat], replace(case, place=told))
        costs[names[seat]] += new.usage
        if new.failure in (None, Failure.ABSTAINED) and not _silent(new, asked):
            return Revision(new, new.usage)
        return Revision(None, new.usage, new.failure or Failure.ABSTAINED, new.detail)

    talked = await talk.hold(
        list(opinions.values()), partial(draft, asked=asked), again, "majority", accept=keeps_evidence, gate=gate
    )
    stand = {name: replace(opinion, usage=costs[name]) for name, opinion in zip(names, talked.answers, strict=True)}
    return stand, talked.to_json()


def _silent(opinion: Opinion, asked: Iterable[str]) -> bool:
    """Tell whether an opinion abstains from all that was asked."""
    answers = (opinion.criteria.get(name, Fulfilment.ABSTAIN) for name in asked)
    return opinion.verdict is Verdict.ABSTAIN and all(answer is Fulfilment.ABSTAIN for answer in answers)


def said(seat: int, opinion: Opinion, asked: Iterable[str] = ()) -> SaidJudge:
    """Return an opinion as other seats hear it, with the answers to criteria that were `asked`."""
    checked = [CheckedPointer(pointer=entry.pointer, standing=entry.standing.value) for entry in opinion.evidence]
    return SaidJudge(
        seat=seat,
        verdict=opinion.verdict,
        score=opinion.score,
        evidence=checked,
        criteria={name: opinion.criteria[name] for name in asked if name in opinion.criteria},
        message=passable(opinion.message),
    )
