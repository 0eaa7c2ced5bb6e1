"""What a model is shown when its panel talks: its own opinion and those that it hears, their words behind fences."""

from __future__ import annotations

import shlex
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from rqgm.core.hashes import canonical_json
from rqgm.judging.exhibits import visible
from rqgm.judging.prompt import environment

if TYPE_CHECKING:
    from collections.abc import Callable

    from rqgm.judging.exhibits import Exhibits
    from rqgm.roles.messages import EvidencePointer, PanelPlace, SaidJudge

TEMPLATE = "prompts/heard.md.j2"
STANDINGS = {"held": "holds", "not-held": "does not hold", "unchecked": "nobody could look up"}


@cache
def heard_words() -> str:
    """Return the template of what models in a panel that talks are told."""
    return files("rqgm.judging").joinpath(TEMPLATE).read_text(encoding="utf-8")


def heard_text(place: PanelPlace | None, exhibits: Exhibits, shown_bytes: int) -> str:
    """Return what a seat is told of the opinions that it hears, with stand-ins for all words of judges.

    Empty where it hears nothing: in a panel that does not talk, and in the first round. `shown_bytes` bounds the words,
    the seat's own first; verdicts and scores are always told.
    """
    if place is None or place.own is None:
        return ""
    left = shown_bytes

    def show(text: str) -> str:
        nonlocal left
        left -= len(visible(text))
        return exhibits.put(text) if left >= 0 else ""

    told = [{"who": "You", "whose": "yours"} | _told(place.own, show)]
    told += [{"who": f"Seat {said.seat}", "whose": f"seat {said.seat}"} | _told(said, show) for said in place.heard]
    template = environment({TEMPLATE: heard_words()}).get_template(TEMPLATE)
    return template.render(seat=place.seat, seats=place.seats, opinions=told)


def _told(said: SaidJudge, show: Callable[[str], str]) -> dict[str, Any]:
    shown = [(STANDINGS[entry.standing], show(_pointer_text(entry.pointer))) for entry in said.evidence]
    message = show(canonical_json(said.message)) if said.message is not None else ""
    return {
        "verdict": said.verdict.value,
        "score": said.score,
        "criteria": {name: answer.value for name, answer in said.criteria.items()},
        "evidence": [{"standing": standing, "text": text} for standing, text in shown if text],
        "message": message,
        "unshown": sum(not text for _, text in shown) + (said.message is not None and not message),
    }


def _pointer_text(pointer: EvidencePointer) -> str:
    """Return a pointer in lines; all of it is a judge's words."""
    line = f", line {pointer.line}" if pointer.line else ""
    parts = {
        "claim": pointer.claim,
        "criterion": pointer.criterion,
        f"{pointer.place} file": f"{pointer.file}{line}" if pointer.file is not None else None,
        "quote": pointer.quote,
        "command": shlex.join(pointer.command) if pointer.command else None,
    }
    return "\n".join(f"{name}: {text}" for name, text in parts.items() if text is not None)
