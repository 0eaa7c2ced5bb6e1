"""The probe: runs programs on inputs inside a sandbox and writes down what they answered. Standard library only.

    python3 probe.py REQUEST OBSERVATIONS

REQUEST is JSON ``{"programs": [TEXT, ...], "inputs": [INPUT, ...], "lines": N, "cpu_s": N}``. OBSERVATIONS gets one
object a program: ``{"loads": bool, "runs": [[ANSWER, AGAIN, LINES, CHANGED], ...]}``: the answer, whether a second run,
in another order, gave the same one, how many lines the run took, whether the arguments were changed. A run that did not
come back is null.

The programs are hostile. Each runs in a child process; no expected value, label or other program's answer is here, so
that a program that takes over its child, or this parent, can only lie about itself. All is counted, no clock is read
for an answer; the CPU limit only ends what counting cannot see.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import math
import os
import pathlib
import resource
import signal
import sys
import types
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

ANSWER_CHARS = 4_000
MAX_DEPTH = 40
MAX_ITEMS = 2_000
MAX_BITS = 4_096
DIGITS = 9
MEMORY_BYTES = 512 << 20
REPLY_BYTES = 4 << 20
FRAMES = 400
SWALLOWED_S = 0.5  # processor time
EXACT = 1e15  # whole floats below it are exact integers
HUGE = {"$huge": True}


class LineLimit(BaseException):
    """A run used up its lines."""


def encode(value: Any, depth: int = 0) -> Any:
    """Return a value as tagged JSON data, floats to nine digits, whole ones as integers."""
    kind = type(value)
    if value is None or kind in (bool, str):
        return value if kind is not str or len(value) <= ANSWER_CHARS else HUGE
    if kind is int:
        return value if value.bit_length() <= MAX_BITS else HUGE
    if kind is float:
        if not math.isfinite(value):
            return {"$float": repr(value)}
        short = float(f"{value:.{DIGITS}g}")
        return int(short) if short.is_integer() and abs(short) < EXACT else short
    return HUGE if depth > MAX_DEPTH else encode_container(value, depth + 1)


def encode_container(value: Any, depth: int) -> Any:  # noqa: PLR0911  # a table of kinds
    """Return a container, or what has no JSON form, as tagged data."""
    if isinstance(value, (list, tuple, set, frozenset, dict, bytes, bytearray)) and len(value) > MAX_ITEMS:
        return HUGE
    if isinstance(value, (bytes, bytearray)):
        return {"$bytes": bytes(value).hex()}
    if isinstance(value, list):
        return [encode(item, depth) for item in value]
    if isinstance(value, tuple):
        return {"$tuple": [encode(item, depth) for item in value]}
    if isinstance(value, (set, frozenset)):
        return {"$set": sorted((encode(item, depth) for item in value), key=text_of)}
    if isinstance(value, dict):
        pairs = [[encode(key, depth), encode(item, depth)] for key, item in value.items()]
        if all(type(key) is str and not key.startswith("$") for key, _ in pairs):
            return dict(pairs)
        return {"$dict": sorted(pairs, key=lambda pair: text_of(pair[0]))}
    if hasattr(value, "__next__") or isinstance(value, (range, map, filter, zip)):
        return [encode(item, depth) for item in itertools.islice(value, 1_000)]
    if isinstance(value, BaseException):
        return {"$error": type(value).__name__}
    return {"$type": value.__name__} if isinstance(value, type) else {"$object": type(value).__name__}


def text_of(data: Any) -> str:
    """Return one text for equal data."""
    return json.dumps(data, sort_keys=True)


def decode(data: Any) -> Any:
    """Return a fresh Python value of tagged JSON data."""
    if isinstance(data, list):
        return [decode(item) for item in data]
    if not isinstance(data, dict):
        return data
    if len(data) == 1:
        ((tag, body),) = data.items()
        made: dict[str, Callable[[], Any]] = {
            "$tuple": lambda: tuple(decode(item) for item in body),
            "$set": lambda: {decode(item) for item in body},
            "$dict": lambda: {decode(key): decode(item) for key, item in body},
            "$bytes": lambda: bytes.fromhex(body),
            "$float": lambda: float(body),
        }
        if tag in made:
            return made[tag]()
    return {key: decode(item) for key, item in data.items()}


class Counter:
    """Counts the lines that a program runs, and ends it beyond its limit."""

    def __init__(self, limit: int) -> None:
        self.limit, self.lines = limit, 0

    def trace(self, frame: types.FrameType, event: str, _arg: object) -> Any:
        """Count one line of any Python code but this file's."""
        if frame.f_code.co_filename == __file__:
            return None
        if event in ("line", "call"):
            self.lines += 1
            if self.lines > self.limit:
                # Python stops tracing when a tracer raises; a program that swallows the limit gets no more than this.
                signal.setitimer(signal.ITIMER_PROF, SWALLOWED_S)
                raise LineLimit
        return self.trace


def run_input(namespace: dict[str, Any], item: dict[str, Any], limit: int) -> list[Any]:
    """Return [answer, lines, whether the arguments were changed] of one input."""
    counter = Counter(limit)
    args = decode(item.get("args", []))
    before = text_of(encode(args))
    sys.settrace(counter.trace)
    try:
        answer = call(namespace, item, args)
    except LineLimit:
        answer = {"$error": "LineLimit"}
    except BaseException as error:  # noqa: BLE001  # whatever a program raises is its answer
        answer = {"$error": type(error).__name__}
    finally:
        sys.settrace(None)
        signal.setitimer(signal.ITIMER_PROF, 0)
    changed = text_of(encode(args)) != before
    return [answer if len(text_of(answer)) <= ANSWER_CHARS else HUGE, counter.lines, changed]


def call(namespace: dict[str, Any], item: dict[str, Any], args: list[Any]) -> Any:
    """Call a function, or a class and its operations; return the answer as tagged data, as a task's verifier does."""
    if "new" not in item:
        answer = encode(namespace[item["call"]](*args))
        return {"$tuple": [answer, encode(args)]} if item.get("observe") == "args" else answer
    made = namespace[item["new"]](*args)
    answers = []
    for name, *rest in item["ops"]:
        try:
            found = getattr(made, name.lstrip("@"))
            answers.append(encode(found if name.startswith("@") else found(*decode(rest[0] if rest else []))))
        except Exception as error:  # noqa: BLE001  # as the verifier: an operation's error is its answer
            answers.append({"$error": type(error).__name__})
    return answers


def observe(source: str, inputs: list[Any], order: list[int], limit: int) -> list[Any] | None:
    """Return the runs of one program in `order`, None if it does not load."""
    module = types.ModuleType("program")
    sys.modules["program"] = module
    counter = Counter(limit)
    sys.settrace(counter.trace)
    try:
        exec(compile(source, "program.py", "exec"), module.__dict__)  # noqa: S102  # in a child, in a sandbox
    except BaseException:  # noqa: BLE001  # it does not load, for whatever reason
        return None
    finally:
        sys.settrace(None)
        signal.setitimer(signal.ITIMER_PROF, 0)
    runs: list[Any] = [None] * len(inputs)
    for index in order:
        runs[index] = run_input(module.__dict__, inputs[index], limit)
    return runs


def in_child(source: str, inputs: list[Any], order: list[int], request: dict[str, Any]) -> Any:
    """Let a child observe one program; return its runs, None if it does not load, False if it did not come back."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            os.setpgid(0, 0)
            quiet()
            cpu = int(request["cpu_s"])
            resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 1))
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
            sys.setrecursionlimit(FRAMES)
            found = observe(source, inputs, order, int(request["lines"]))
            sys.setrecursionlimit(4 * FRAMES)
            send(writing, json.dumps(found).encode())
        finally:
            os._exit(0)
    os.close(writing)
    data = receive(reading)
    os.close(reading)
    with contextlib.suppress(OSError):
        os.killpg(child, 9)
    os.waitpid(child, 0)
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return False


def quiet() -> None:
    """Give a child no standard streams."""
    null = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(null, number)


def send(descriptor: int, data: bytes) -> None:
    """Write all of `data`."""
    while data:
        data = data[os.write(descriptor, data) :]


def receive(descriptor: int) -> bytes:
    """Read to the end, at most `REPLY_BYTES`."""
    parts, size = [], 0
    while size <= REPLY_BYTES:
        part = os.read(descriptor, 1 << 16)
        if not part:
            break
        parts.append(part)
        size += len(part)
    return b"".join(parts)


def join(first: Any, second: Any, count: int) -> dict[str, Any]:
    """Put two observations of one program together."""
    if not isinstance(first, list) or len(first) != count:
        return {"loads": first is not None, "runs": [None] * count}
    again = second if isinstance(second, list) and len(second) == count else [None] * count
    runs = [
        run and [run[0], bool(other) and other[0] == run[0], *run[1:]] for run, other in zip(first, again, strict=True)
    ]
    return {"loads": True, "runs": runs}


def main(request_path: str, out_path: str) -> None:
    """Observe every program of the request."""
    request = json.loads(pathlib.Path(request_path).read_text(encoding="utf-8"))
    inputs = request["inputs"]
    order = list(range(len(inputs)))
    found = []
    for number, source in enumerate(request["programs"]):
        first = in_child(source, inputs, order, request)
        # Only the first program is asked twice: the others are its mutants, of which determinism is not judged.
        second = in_child(source, inputs, order[::-1], request) if number == 0 and first else first
        found.append(join(first, second, len(inputs)))
    part = pathlib.Path(f"{out_path}.part")
    part.write_text(json.dumps(found), encoding="utf-8")
    part.replace(out_path)


if __name__ == "__main__":
    main(*sys.argv[1:])
