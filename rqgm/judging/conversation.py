"""A panel's second round: its policy decides who judges again, and whose opinion and evidence they hear."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rqgm.core.failures import Failure
from rqgm.core.hashes import canonical_json
from rqgm.core.words import Verdict
from rqgm.judging.evidence import Standing
from rqgm.orchestration.drafts import Draft
from rqgm.orchestration.propagation import Revision
from rqgm.roles.messages import CheckedPointer, PanelPlace, SaidJudge

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable, Mapping

    from rqgm.judging.judge import JudgeCase, Opinion
    from rqgm.orchestration.talk import Talk

    Ask = Callable[[str, JudgeCase], Awaitable[Opinion]]

MAX_MESSAGE_BYTES = 64 * 1024
"""What one seat may tell the others beside its verdict; of a larger message they hear nothing."""
MAX_TEXT_CHARS = 16_384
"""How much of an opinion's words a policy is told of."""


def place(case: JudgeCase, seat: int, seats: int) -> JudgeCase:
    """Return the case as a seat of a panel that may talk is shown it first: with where it sits, and nothing heard."""
    return replace(case, place=PanelPlace(seat=seat, seats=seats))


def held(opinion: Opinion) -> float | None:
    """Return the share of an opinion's checked pointers that hold, None if none could be checked."""
    standings = [entry.standing for entry in opinion.evidence if entry.standing is not Standing.UNCHECKED]
    return standings.count(Standing.HELD) / len(standings) if standings else None


def draft(opinion: Opinion) -> Draft:
    """Return what a policy is told of an opinion: the verdict (with its answers to criteria) is the answer."""
    told = {name: answer.value for name, answer in opinion.criteria.items()}
    silent = opinion.verdict is Verdict.ABSTAIN and not told
    claims = [entry.pointer.claim for entry in opinion.evidence]
    text = "\n".join([opinion.verdict.value, *claims, canonical_json(message(opinion))])
    return Draft(
        text="" if silent else text[:MAX_TEXT_CHARS],
        answer=None if silent else canonical_json([opinion.verdict.value, told]),
        evidence=held(opinion),
        tokens=opinion.usage.input_tokens + opinion.usage.output_tokens,
        cpu_s=opinion.usage.cpu_s,
        failed=opinion.failure not in (None, Failure.ABSTAINED),
    )


def message(opinion: Opinion) -> Any:
    """Return what an opinion tells other seats beside verdict and evidence, None if it is too large."""
    try:
        fits = len(canonical_json(opinion.message).encode()) <= MAX_MESSAGE_BYTES
    except (TypeError, ValueError):  # an installed judge may leave anything there
        return None
    return opinion.message if fits else None


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
    names = list(opinions)
    costs = {name: opinion.usage for name, opinion in opinions.items()}
    turns = [0] * len(names)

    async def again(seat: int, own: Opinion, heard: Mapping[int, Opinion]) -> Revision[Opinion]:
        turns[seat] += 1
        told = PanelPlace(
            seat=seat,
            seats=len(names),
            turn=turns[seat],
            own=said(seat, own),
            heard=[said(other, opinion) for other, opinion in heard.items()],
        )
        new = await ask(names[seat], replace(case, place=told))
        costs[names[seat]] += new.usage
        return Revision(None if new.failure else new, new.usage, new.failure, new.detail)

    talked = await talk.hold(list(opinions.values()), draft, again, "majority", accept=keeps_evidence, gate=gate)
    stand = {name: replace(opinion, usage=costs[name]) for name, opinion in zip(names, talked.answers, strict=True)}
    return stand, talked.to_json()


def said(seat: int, opinion: Opinion) -> SaidJudge:
    """Return an opinion as other seats hear it."""
    checked = [CheckedPointer(pointer=entry.pointer, standing=entry.standing.value) for entry in opinion.evidence]
    return SaidJudge(
        seat=seat, verdict=opinion.verdict, score=opinion.score, evidence=checked, message=message(opinion)
    )
