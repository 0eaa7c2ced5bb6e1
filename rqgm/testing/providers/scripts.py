"""Ready-made scripts. A script answers an `Asked` with a `Reply` or a `Fault`.

It is called in the order of arrival, in the provider's thread, and must not block: waits are the reply's.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from rqgm.core.errors import RqgmError
from rqgm.testing.providers.asked import Asked, Reply
from rqgm.testing.providers.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Script = Callable[[Asked], Reply | Fault]
Predicate = Callable[[Asked], bool]
Answering = Reply | Fault | Script


class ScriptError(RqgmError, AssertionError):
    """A script has no answer, or failed: a test asked for something that its script does not know."""


def echo() -> Script:
    """Answer with the last text of the user."""
    return lambda asked: Reply(asked.last_user_text)


def rules(table: Sequence[tuple[Predicate | str, Answering]], otherwise: Answering | None = None) -> Script:
    """Answer by the first rule that holds: a predicate, or a regular expression found in the last text of the user.

    Embeddings are asked of predicates only; where no rule holds, vectors are made from the texts.
    """

    def script(asked: Asked) -> Reply | Fault:
        for condition, answering in table:
            if _holds(condition, asked):
                return answer(answering, asked)
        if otherwise is None and asked.protocol == "embeddings":
            return Reply()
        if otherwise is None:
            known = ", ".join(repr(condition) for condition, _ in table) or "none"
            raise ScriptError(f"no rule for {asked.last_user_text!r:.200}; rules: {known}. Pass otherwise=…")
        return answer(otherwise, asked)

    return script


def in_turn(answers: Sequence[Answering]) -> Script:
    """Give the answers one after the other. Embeddings take no turn: their vectors are made from the texts."""
    left = iter(answers)

    def script(asked: Asked) -> Reply | Fault:
        if asked.protocol == "embeddings":
            return Reply()
        answering = next(left, None)
        if answering is None:
            raise ScriptError(f"call {asked.number}: all {len(answers)} answers of in_turn were given")
        return answer(answering, asked)

    return script


def with_faults(script: Script, faults: Mapping[int | Predicate, Fault]) -> Script:
    """Let calls fail, by their number or by a predicate.

    A call that fails takes no turn from `script`, so that a retry gets what the first try would have got.
    """

    def faulty(asked: Asked) -> Reply | Fault:
        for condition, fault in faults.items():
            if asked.number == condition if isinstance(condition, int) else condition(asked):
                return fault
        return script(asked)

    return faulty


def answer(answering: Answering, asked: Asked) -> Reply | Fault:
    """Return an answer, or what a script answers."""
    return answering if isinstance(answering, Reply | Fault) else answering(asked)


def _holds(condition: Predicate | str, asked: Asked) -> bool:
    if not isinstance(condition, str):
        return condition(asked)
    return asked.protocol != "embeddings" and re.search(condition, asked.last_user_text) is not None
