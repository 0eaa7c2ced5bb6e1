"""Calls on record: a ledger of its own beside the run's, chained alike; the texts are blobs.

``calls.sqlite`` has an event `asked` before every call (what it may cost at most) and an event `call` after it (what
came back and what it used). So what was spent is known after any kill; an `asked` without its `call` counts against
the budget at its worst. A job's calls are found again by its scope, by request and by how often it was made:

- in a replay, a run's calls are answered from the calls of the run that was recorded;
- a job that is run again in the same run (killed, its provider gone) is answered what it was answered before, as far as
  it asks the same: nothing that was paid for is lost.
"""

from __future__ import annotations

import difflib
import json
from collections import defaultdict
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from rqgm.archive.blobs import Blobs
from rqgm.archive.ledger import Ledger
from rqgm.core.errors import ConfigError, IntegrityError
from rqgm.core.text import clean
from rqgm.gateway.accounts import Amount
from rqgm.gateway.answers import Answer
from rqgm.gateway.usage import Tokens

if TYPE_CHECKING:
    from pathlib import Path

    from rqgm.gateway.asking import Asked
    from rqgm.gateway.usage import Protocol

CALLS_FILE = "calls.sqlite"
MAX_SHOWN = 1_200


@dataclass(frozen=True, slots=True)
class Call:
    """One call that came to an answer. `scope` is the job's, `number` counts equal requests in one go at the job."""

    scope: str
    role: str
    number: int
    protocol: Protocol
    model: str
    digest: str
    request: str | None
    """Blob of the request, None in mode `live`."""
    response: str | None
    status: int
    content_type: str
    tokens: dict[str, int]
    counted: bool
    cost_usd: float
    version: str
    attempts: int
    wall_s: float
    refused: bool = False
    """The gateway refused it, because of the job's, the role's or the run's limit."""
    spent: str = ""
    """Which limit of the run it was, if it was the run's."""
    replayed: bool = False

    @property
    def amount(self) -> Amount:
        """What it counts against limits; a refusal of the gateway is no call."""
        tokens = Tokens(**self.tokens)
        return Amount(self.cost_usd, tokens.blended, int(not self.refused))


class Calls:
    """The calls of one run. One process writes, any number may read."""

    def __init__(self, folder: Path, *, read_only: bool = False) -> None:
        self.folder = folder
        self._blobs = Blobs(folder / "blobs")
        self._ledger = Ledger(folder / CALLS_FILE, read_only=read_only)
        self._found: dict[tuple[str, str, int], Call] = {}
        self._by_digest: dict[str, list[Call]] = defaultdict(list)
        self._roles: dict[str, list[Call]] = defaultdict(list)
        self._open: dict[int, tuple[str, Amount]] = {}
        self._doubtful: dict[str, Amount] = defaultdict(Amount)
        self._next = 0
        for event in self._ledger.events():
            self._take_in(event.kind, event.body)

    def _take_in(self, kind: str, body: dict[str, Any]) -> None:
        if kind == "asked":
            self._next = max(self._next, body["n"] + 1)
            self._open[body["n"]] = body["role"], Amount(body["usd"], body["tokens"], 1)
            return
        if kind != "call":
            raise IntegrityError(f"{self.folder / CALLS_FILE}: an event of unknown kind {kind!r}")
        self._next = max(self._next, body["n"] + 1)
        self._end(body["n"], Amount(body["doubtful_usd"], body["doubtful_tokens"]))
        if body["call"] is not None:
            self._keep(Call(**body["call"]))

    def _end(self, n: int, doubtful: Amount) -> None:
        role, _ = self._open.pop(n, ("", Amount()))
        self._doubtful[role] += doubtful

    def _keep(self, call: Call) -> None:
        self._found[call.scope, call.digest, call.number] = call  # the last go at a job is the one that counted
        self._by_digest[call.digest].append(call)
        self._roles[call.role].append(call)

    @property
    def head(self) -> str:
        """The hash of the last event: with it the whole record can be checked."""
        return self._ledger.head

    def verify(self) -> str:
        """Check the chain and return its head; IntegrityError names the first event that does not fit."""
        return self._ledger.verify()

    def __iter__(self) -> Any:
        """Yield the calls in the order in which they ended."""
        for event in self._ledger.events():
            if event.kind == "call" and event.body["call"] is not None:
                yield Call(**event.body["call"])

    def all_of(self, role: str) -> list[Call]:
        """Return a role's calls."""
        return self._roles[role]

    @property
    def roles(self) -> list[str]:
        """The roles that have called."""
        return [role for role, calls in self._roles.items() if calls]

    def doubtful(self, role: str | None = None) -> Amount:
        """Return the worst case of what may have been charged without an answer, calls cut off by a kill included.

        Of all roles, or of one.
        """
        known = [*self._doubtful.items(), *self._open.values()]
        return sum((amount for name, amount in known if role in {None, name}), start=Amount())

    # ------------------------------------------------------------------ writing

    def announce(self, role: str, most: Amount, n: int | None = None) -> int:
        """Note that a call is about to be made that may cost at most so much; return its number.

        With `n`: that a call may cost more than it was announced to, because it is tried again.
        """
        if n is None:
            n, self._next = self._next, self._next + 1
        self._ledger.append([("asked", {"n": n, "role": role, "usd": most.usd, "tokens": most.tokens})])
        self._open[n] = role, most
        return n

    def settle(self, n: int | None, call: Call | None, doubtful: Amount = Amount()) -> None:  # noqa: B008  # frozen
        """Note what came of an announced call, or of one that needed no announcement (n = None)."""
        if n is None:
            n, self._next = self._next, self._next + 1
        said = {"n": n, "call": asdict(call) if call else None}
        doubt = {"doubtful_usd": doubtful.usd, "doubtful_tokens": doubtful.tokens}
        self._ledger.append([("call", said | doubt)])
        self._end(n, doubtful)
        if call is not None:
            self._keep(call)

    def put(self, data: bytes) -> str:
        """Keep a text and return its blob."""
        return self._blobs.put(data)

    # ------------------------------------------------------------------ replay

    def find(self, scope: str, digest: str, number: int) -> Call | None:
        """Return what the job `scope` was answered when it made this request for the `number`-th time (from 0)."""
        call = self._found.get((scope, digest, number))
        return call if call is not None and call.response is not None else None

    def answer(self, call: Call) -> Answer:
        """Return a recorded call's answer; IntegrityError if its text is gone or altered."""
        assert call.response is not None
        body = self._blobs.get(call.response)
        return Answer(call.status, call.content_type, body, Tokens(**call.tokens), call.counted, call.version)

    def texts(self, call: Call) -> tuple[str | None, str | None]:
        """Return the texts of a call's request and answer, indented where they are JSON; None if they are not kept."""
        found = []
        for blob in (call.request, call.response):
            text = self._blobs.get(blob).decode("utf-8", "replace") if blob else None
            with suppress(ValueError):  # a stream of events is no JSON
                text = json.dumps(json.loads(text), indent=1, ensure_ascii=False) if text else text
            found.append(text)
        return found[0], found[1]

    def nearest(self, asked: Asked, role: str) -> str:
        """Return, in words, the recorded request of the role that is most like this one, and where they part."""
        same = [call for call in self._roles[role] if call.request is not None]
        if not same:
            return f"nothing is recorded of role {role!r}"
        wanted = json.dumps(asked.body, indent=1, sort_keys=True, ensure_ascii=False)
        texts = {call.scope: self._text(call) for call in same[-64:]}
        matcher = difflib.SequenceMatcher(autojunk=False)
        matcher.set_seq2(wanted[-4_000:])

        def likeness(text: str) -> float:
            matcher.set_seq1(text[-4_000:])
            return matcher.quick_ratio()

        scope, text = max(texts.items(), key=lambda item: likeness(item[1]))
        lines = difflib.unified_diff(text.splitlines(), wanted.splitlines(), "recorded", "asked", n=0, lineterm="")
        shown = clean("\n".join(list(lines)[2:14]), MAX_SHOWN, lines=True)
        return f"the nearest recorded request is of job {scope!r}; they differ in:\n{shown or '(its number only)'}"

    def _text(self, call: Call) -> str:
        assert call.request is not None
        return json.dumps(json.loads(self._blobs.get(call.request)), indent=1, sort_keys=True, ensure_ascii=False)

    def close(self) -> None:
        """Close the ledger; may be called twice."""
        self._ledger.close()


def open_cassette(folder: Path) -> Calls:
    """Open the recorded calls of another run, for reading; ConfigError if there are none."""
    if not (folder / CALLS_FILE).exists():
        raise ConfigError(f"models.cassette: {folder}: no recorded calls here ({CALLS_FILE}); name a run's folder")
    calls = Calls(folder, read_only=True)
    if not any(call.response for call in calls):
        calls.close()
        raise ConfigError(
            f'models.cassette: {folder}: its calls were made with mode = "live", their texts were not kept'
        )
    return calls
