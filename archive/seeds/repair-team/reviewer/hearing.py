"""What a seat hears: messages of others, which may hold anything. Whatever breaks a rule is left out.

Nobody's values are taken over: inputs and programs are run again here, within this review's own steps.
"""

import ast
import json
import math

from shared.cases import is_input
from shared.values import canonical, decode

MAX_SAID = 64  # seats that are listened to
MAX_ITEMS = 24  # inputs, and programs, of one message
MAX_INPUT = 1_500  # characters
MAX_PATCH = 3_000
MAX_MESSAGE = 28_000
VERDICTS = {"accept": 1, "reject": -1}


class Heard:
    """What a seat was told: `inputs`, whole `programs` as texts, and `opinions` as (leaning from -1 to 1, held or not)."""

    def __init__(self):
        self.inputs, self.programs, self.opinions = [], [], []


def listen(place, faulty, visible):
    """Return what a panel's place lets a seat hear; `faulty` is the faulty program's tree, `visible` the tests' inputs."""
    heard = Heard()
    known, names = {canonical(item) for item in visible}, names_of(visible)
    lines, allowed = ast.unparse(faulty).splitlines(), hidden_names(faulty)
    for said in [place.get("own"), *listed(place.get("heard"), MAX_SAID)]:
        if not isinstance(said, dict):
            continue
        message = said.get("message") if isinstance(said.get("message"), dict) else {}
        for item in listed(message.get("inputs"), MAX_ITEMS):
            key = key_of(item, names)
            if key is not None and key not in known:
                known.add(key)
                heard.inputs.append(item)
        for patch in listed(message.get("rivals"), MAX_ITEMS):
            text = patched(lines, patch, allowed)
            if text is not None and text not in heard.programs:
                heard.programs.append(text)
    heard.opinions = [opinion for opinion in map(opinion_of, listed(place.get("heard"), MAX_SAID)) if opinion]
    return heard


def listed(value, most):
    """Return the first items of a list, none of anything else."""
    return value[:most] if isinstance(value, list) else []


def key_of(item, names):
    """Return an input's canonical text, or None for one that the visible tests could not have asked."""
    try:
        if not is_input(item) or not item.keys() <= {"call", "new", "args", "ops", "observe"}:
            return None
        if len(key := canonical(item)) > MAX_INPUT or not names_of([item]) <= names:
            return None
        decode(item.get("args", []))
        for _, *rest in item.get("ops", []):
            decode(rest[0] if rest else [])
    except Exception:  # border: whatever others sent
        return None
    return key


def names_of(inputs):
    """Return the functions, classes and operations that inputs use."""
    names = {item.get("call", item.get("new")) for item in inputs}
    return names | {operation[0] for item in inputs for operation in item.get("ops", [])}


def patch_of(before, after):
    """Return [first line, line after the last, new lines' text] that turns one list of lines into another."""
    start = next((i for i, pair in enumerate(zip(before, after)) if pair[0] != pair[1]), min(len(before), len(after)))
    most = min(len(before), len(after)) - start
    end = next((i for i in range(most) if before[-1 - i] != after[-1 - i]), most)
    return [start, len(before) - end, "\n".join(after[start : len(after) - end])]


def patched(lines, patch, allowed):
    """Return the program's text with a heard patch, or None where it is malformed or uses names that it should not."""
    try:
        start, end, text = patch
        if type(start) is not int or type(end) is not int or not isinstance(text, str):
            return None
        if not 0 <= start <= end <= len(lines) or len(text) > MAX_PATCH:
            return None
        made = "\n".join([*lines[:start], *text.splitlines(), *lines[end:]])
        return made if hidden_names(ast.parse(made)) <= allowed else None
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return None


def hidden_names(tree):
    """Return the names and attributes of a program with two underscores: with them a program leaves its bounds."""
    words = {getattr(node, "attr", getattr(node, "id", "")) for node in ast.walk(tree)}
    return {word for word in words if "__" in word}


def opinion_of(said):
    """Return (leaning from -1, reject, to 1, accept; whether its evidence held), or None without a verdict."""
    try:
        sign, score = VERDICTS[said["verdict"]], float(said["score"])
        standings = {entry["standing"] for entry in listed(said.get("evidence"), 100)}
    except (TypeError, KeyError, ValueError):
        return None
    if not math.isfinite(score):
        return None
    return sign * min(1.0, abs(2.0 * score - 1.0)), "held" in standings and "not-held" not in standings


def shortened(message):
    """Return a message with as many of its inputs and rivals as fit into MAX_MESSAGE characters of JSON."""
    while len(json.dumps(message)) > MAX_MESSAGE and (message["inputs"] or message["rivals"]):
        longest = max(("inputs", "rivals"), key=lambda name: len(json.dumps(message[name])))
        message = {**message, longest: message[longest][:-1]}
    return message
