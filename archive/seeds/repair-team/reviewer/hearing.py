"""What a seat hears: messages of others, which may hold anything. Whatever breaks a rule is left out.

Nobody's values or verdicts are taken over: inputs and programs are run again here, within this review's own steps.
"""

import ast
import json

from shared.cases import is_input
from shared.values import canonical, decode

MAX_SAID = 64  # seats that are listened to
MAX_ITEMS = 24  # inputs, and programs, of one message
MOST = 200  # inputs, and programs, of all messages
MAX_NAMES = 100  # of features, in one message
MAX_INPUT = 1_500  # characters
MAX_PATCH = 3_000
MAX_MESSAGE = 28_000


class Heard:
    """What a seat was told, by others and by itself before.

    `inputs`; whole `programs` as texts; `features`, the names of those that say something; `own`: whether its own first
    message was among what it was told.
    """

    def __init__(self):
        self.inputs, self.programs, self.features, self.own = [], [], set(), False


def listen(place, faulty, visible):
    """Return what a panel's place lets a seat hear; `faulty` is the faulty program's tree, `visible` the tests' inputs."""
    heard, texts = Heard(), set()
    known, forms = {canonical(item) for item in visible}, forms_of(visible)
    lines, allowed = ast.unparse(faulty).splitlines(), hidden_names(faulty)
    for message in messages(place):
        for item in listed(message.get("inputs"), MAX_ITEMS):
            key = key_of(item, forms)
            if key is not None and key not in known and len(heard.inputs) < MOST:
                known.add(key)
                heard.inputs.append(item)
        for patch in listed(message.get("rivals"), MAX_ITEMS):
            text = patched(lines, patch)
            if text is not None and text not in texts and len(texts) < MOST:
                texts.add(text)
                if is_bounded(text, allowed):
                    heard.programs.append(text)
        features = message.get("features") if isinstance(message.get("features"), dict) else {}
        heard.features.update(name for name, value in list(features.items())[:MAX_NAMES] if value)
    own = place.get("own")
    heard.own = isinstance(own, dict) and isinstance(own.get("message"), dict)
    return heard


def messages(place):
    """Return the messages that a place's own and heard opinions hold, those that are objects."""
    said = [place.get("own"), *listed(place.get("heard"), MAX_SAID)]
    found = [entry.get("message") for entry in said if isinstance(entry, dict)]
    return [message for message in found if isinstance(message, dict)]


def listed(value, most):
    """Return the first items of a list, none of anything else."""
    return value[:most] if isinstance(value, list) else []


def key_of(item, forms):
    """Return an input's canonical text, or None for one that the visible tests could not have asked."""
    try:
        if not is_input(item) or not item.keys() <= {"call", "new", "args", "ops", "observe"}:
            return None
        if len(key := canonical(item)) > MAX_INPUT or not forms_of([item]) <= forms:
            return None
        decode(item.get("args", []))
        for _, *rest in item.get("ops", []):
            decode(rest[0] if rest else [])
    except Exception:  # border: whatever others sent
        return None
    return key


def forms_of(inputs):
    """Return (name, number of arguments) of the functions, classes and operations that inputs use."""
    forms = {(item.get("call", item.get("new")), len(item.get("args", []))) for item in inputs}
    used = [operation for item in inputs for operation in item.get("ops", [])]
    return forms | {(name, len(rest[0]) if rest else 0) for name, *rest in used}


def patch_of(before, after):
    """Return [first line, line after the last, new lines' text] that turns one list of lines into another."""
    start = next((i for i, pair in enumerate(zip(before, after)) if pair[0] != pair[1]), min(len(before), len(after)))
    most = min(len(before), len(after)) - start
    end = next((i for i in range(most) if before[-1 - i] != after[-1 - i]), most)
    return [start, len(before) - end, "\n".join(after[start : len(after) - end])]


def patched(lines, patch):
    """Return the program's text with a heard patch, or None where the patch is malformed."""
    try:
        start, end, text = patch
        if type(start) is not int or type(end) is not int or not isinstance(text, str):
            return None
    except (ValueError, TypeError):
        return None
    if not 0 <= start <= end <= len(lines) or len(text) > MAX_PATCH:
        return None
    return "\n".join([*lines[:start], *text.splitlines(), *lines[end:]])


def is_bounded(text, allowed):
    """Tell whether a heard program parses and has no hidden name beyond those allowed."""
    try:
        return hidden_names(ast.parse(text)) <= allowed
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return False


def hidden_names(tree):
    """Return the names and attributes of a program with two underscores: with them a program leaves its bounds."""
    words = {getattr(node, "attr", getattr(node, "id", "")) for node in ast.walk(tree)}
    return {word for word in words if "__" in word}


def shortened(message):
    """Return a message with as many of its inputs and rivals as fit into MAX_MESSAGE characters of JSON."""
    while len(json.dumps(message)) > MAX_MESSAGE and (message["inputs"] or message["rivals"]):
        longest = max(("inputs", "rivals"), key=lambda name: len(json.dumps(message[name])))
        message = {**message, longest: message[longest][:-1]}
    return message
