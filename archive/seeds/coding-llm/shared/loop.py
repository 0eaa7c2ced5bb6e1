"""The loop of every role: the model calls tools until it calls the closing one, or until turns, time or budget end."""

import time
from dataclasses import dataclass

from shared.model import ModelStopped
from shared.tools import Finished, Malformed

WALL_SHARE = 0.9  # of the wall time; the rest is for writing the answer
REMINDER = "You called no tool. Go on with a tool, or call `{closing}` if you are done."
LAST = "This is your last turn: call `{closing}` now."


@dataclass
class Ending:
    """How a conversation ended: `reason` is done, silent, turns, time, malformed, budget, unavailable or refused."""

    reason: str
    result: object = None
    detail: str = ""
    turns: int = 0


def deadline(request) -> float:
    """Return the moment of `time.monotonic` at which a role should be ready."""
    return time.monotonic() + WALL_SHARE * request["limits"]["wall_s"]


def converse(model, system, opening, tools, max_turns, until) -> Ending:
    """Let the model work with the tools; never raises for what the model, the budget or the provider do."""
    messages = [{"role": "user", "text": opening}]
    turns = silent = 0
    while turns < max_turns + tools.refused:  # the turn that mends a wrong closing call is on the house
        turns += 1
        last = turns == max_turns + tools.refused
        if last and max_turns > 1:
            messages.append({"role": "user", "text": LAST.format(closing=tools.closing)})
        left_s = until - time.monotonic()
        if left_s <= 0:
            return Ending("time", turns=turns - 1)
        try:
            turn = model.ask(system, messages, tools.offered(last), left_s)
            messages.append({"role": "model", "turn": turn})
            results = [{"id": call.id, "text": tools.call(call)} for call in turn.calls]
        except ModelStopped as stop:
            return Ending(stop.reason, detail=str(stop)[:500], turns=turns - 1)
        except Finished as finished:
            return Ending("done", finished.result, turns=turns)
        except Malformed as error:
            return Ending("malformed", detail=str(error)[:500], turns=turns)
        if results:
            messages.append({"role": "tools", "results": results})
            silent = 0
        elif silent:
            return Ending("silent", detail=turn.text[:500], turns=turns)
        else:
            silent = 1
            messages.append({"role": "user", "text": REMINDER.format(closing=tools.closing)})
    return Ending("turns", turns=turns)
