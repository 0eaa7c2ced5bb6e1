"""What a member hears: messages and files of others, which may hold anything. What breaks a rule is left out."""

import base64
import json
import os
import stat

from shared.candidates import Edit
from shared.cases import PROGRAM, is_input
from shared.values import canonical, decode

MAX_SAID = 32  # members that are listened to
MAX_PROGRAMS = 12  # programs of one message
MAX_PROBES = 16  # inputs of one message
MAX_PROBE = 2_000  # characters of an input
MAX_EDITS = 8
MAX_TRIED = 40_000  # characters that say what one member tried
MARK_BYTES = 3
MAX_SIZE = 1_000
GROWTH, ROOM = 4, 2_000  # a program may be so many times as long as the faulty one, and so many characters


class Told:
    """A program that a member told of: its text, the edits that made it, who told it."""

    def __init__(self, text: str, edits: list, member: int):
        self.text, self.edits, self.member = text, edits, member


class Heard:
    """All that a member heard: programs (its own first, then in the order heard), inputs to compare patches on, and
    marks of the candidates that were tried."""

    def __init__(self):
        self.programs, self.probes, self.marks = [], [], set()


def listen(place: dict, source: str, cases: list) -> Heard:
    """Return what a place in a team lets a member hear; `source` is the faulty program, `cases` the visible ones."""
    heard, longest = Heard(), GROWTH * len(source) + ROOM
    known, names = {canonical(case["input"]) for case in cases}, _names([case["input"] for case in cases])
    for said in [place.get("own"), *_list(place.get("heard"), MAX_SAID)]:
        if not isinstance(said, dict) or type(said.get("member")) is not int:
            continue
        message = said.get("message") if isinstance(said.get("message"), dict) else {}
        for item in _list(message.get("programs"), MAX_PROGRAMS):
            told = _told(item, said["member"], longest)
            if told is not None:
                heard.programs.append(told)
        made = _made(said.get("artifact"), longest)
        if made is not None and made != source:
            heard.programs.append(Told(made, [], said["member"]))
        heard.marks |= _marks(message.get("tried"))
        for item in _list(message.get("probes"), MAX_PROBES):
            key = _probe_key(item, names)
            if key is not None and key not in known:
                known.add(key)
                heard.probes.append(item)
    return heard


def _list(value, most: int) -> list:
    return value[:most] if isinstance(value, list) else []


def _told(item, member, longest):
    if not isinstance(item, dict) or not isinstance(item.get("source"), str) or len(item["source"]) > longest:
        return None
    edits = [_edit(entry) for entry in _list(item.get("edits"), MAX_EDITS)]
    return Told(item["source"], [edit for edit in edits if edit is not None], member)


def _marks(text) -> set:
    """Return the marks of tried candidates in a message."""
    if not isinstance(text, str) or len(text) > MAX_TRIED:
        return set()
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        return set()
    return {data[at : at + MARK_BYTES] for at in range(0, len(data) - MARK_BYTES + 1, MARK_BYTES)}


def _edit(entry):
    """Return an edit that is known by operator, line and size only."""
    if not isinstance(entry, list) or len(entry) != 3:
        return None
    operator, line, size = entry
    if not isinstance(operator, str) or type(line) is not int or type(size) is not int or not 0 < size < MAX_SIZE:
        return None
    edit = Edit((), line, size)
    edit.operator = operator[:MAX_SIZE]
    return edit


def _names(inputs: list) -> set:
    """Return the functions, classes and operations that inputs use."""
    names = {item.get("call", item.get("new")) for item in inputs}
    return names | {operation[0] for item in inputs for operation in item.get("ops", [])}


def _probe_key(item, names):
    """Return an input's canonical text, or None for one that the task's programs could not be asked."""
    try:
        if not is_input(item) or len(key := canonical(item)) > MAX_PROBE or not _names([item]) <= names:
            return None
        decode(item.get("args", []))
    except Exception:  # border: whatever others sent
        return None
    return key


def _made(folder, longest):
    """Return the text of the program in a folder; None where there is none that can be read within bounds."""
    if not isinstance(folder, str):
        return None
    try:
        handle = os.open(os.path.join(folder, PROGRAM), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            data = os.read(handle, 4 * longest + 1) if stat.S_ISREG(os.fstat(handle).st_mode) else b"\0"
        finally:
            os.close(handle)
    except (OSError, ValueError):
        return None
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    return text if len(text) <= longest else None


def shortened(message: dict, most: int) -> dict:
    """Return the message with as many of its programs and probes as fit into `most` characters of JSON."""
    while len(json.dumps(message)) > most:
        longest = max(("programs", "probes"), key=lambda name: len(json.dumps(message[name])))
        if not message[longest]:
            return {**message, "lines": [], "tried": ""}
        message = {**message, longest: message[longest][:-1]}
    return message
