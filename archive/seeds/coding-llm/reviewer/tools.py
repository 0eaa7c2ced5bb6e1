"""What the reviewer can do with an artifact: read it, search it, run the visible cases, probe it, give its verdict."""

import json
import os
import sys

from reviewer.values import canonical, same
from shared.files import FileTrouble, listing, numbered, read_text
from shared.process import run
from shared.prompts import fenced, shortened
from shared.tools import Finished, ToolError

ROLE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
OUTPUT_BYTES = 8_000
VISIBLE_TIMEOUT_S = 20.0
PROBE_TIMEOUT_S = 10.0
SEARCH_TIMEOUT_S = 5.0
SHOWN_FAILURES = 5
SHOWN_CHARS = 400
MAX_COMMANDS = 4  # of one opinion that the engine runs again


class Bench:
    """The reviewer's tools. All that comes from the artifact is fenced: it is data."""

    def __init__(self, request):
        self.folders = {"artifact": request["artifact"], "task": request["task_dir"]}
        self.asked = [criterion["id"] for criterion in request.get("criteria", [])]
        self.probes = []  # pointers to those that ended, None for the others
        self.refused = 0  # verdicts whose evidence did not hold
        self.dropped = 0

    def functions(self):
        """Return the tools' functions by name."""
        return {name: getattr(self, name) for name in ("read", "search", "run_visible", "probe", "verdict")}

    def read(self, file, place="artifact", first=1, last=None):
        """Return numbered lines of a file."""
        try:
            text = read_text(self.folders[place], file)
        except FileTrouble as trouble:
            raise ToolError(str(trouble)) from None
        return fenced(shortened(numbered(text, first, last), OUTPUT_BYTES))

    def search(self, pattern, place="artifact"):
        """Return the lines that an extended regular expression matches; grep needs linear time for any of them."""
        argv = ["grep", "-rnIE", "-e", pattern, "--", "."]
        return fenced(run(argv, self.folders[place], SEARCH_TIMEOUT_S, OUTPUT_BYTES).told())

    def run_visible(self, shown=SHOWN_FAILURES):
        """Run the task's visible cases on the artifact and say which fail."""
        cases = self._cases()
        lines = "".join(json.dumps(case["input"]) + "\n" for case in cases).encode()
        ran = run([sys.executable, "-m", "reviewer.child", "visible"], ROLE, VISIBLE_TIMEOUT_S, 4_000_000, lines)
        results = self._results(ran.output)
        told = [self._told(case, got) for case, got in zip(cases, results, strict=False) if not _passes(case, got)]
        passed = sum(_passes(case, got) for case, got in zip(cases, results, strict=False))
        missing = len(cases) - len(results)
        tail = [f"{missing} cases without an answer: it crashed or ran out of time"] if missing > 0 else []
        return fenced("\n".join([f"{passed} of {len(cases)} visible cases pass", *told[:shown], *tail]))

    def _cases(self):
        try:
            cases = json.loads(read_text(self.folders["task"], "visible.json"))["cases"]
            known = [case for case in cases if "expected" in case and {"call", "new"} & case["input"].keys()]
        except (FileTrouble, ValueError, KeyError, TypeError) as error:
            raise ToolError(f"the task has no visible cases that can be run: {error}") from None
        if len(known) != len(cases):
            raise ToolError("the task's visible cases are of a kind that cannot be run here; use probe")
        return known

    def _results(self, output):
        results = []
        for line in output.splitlines():
            try:
                results.append(json.loads(line))
            except ValueError:
                break
        return results

    def _told(self, case, got):
        shown = {"input": case["input"], "expected": case["expected"], "got": got}
        return " ".join(f"{name}={shortened(canonical(value), SHOWN_CHARS)}" for name, value in shown.items())

    def probe(self, code):
        """Run a snippet with `program` and `original`; one that ends can be cited as evidence."""
        argv = ["-m", "reviewer.child", "probe", code]
        ran = run([sys.executable, *argv], ROLE, PROBE_TIMEOUT_S, OUTPUT_BYTES)
        cited = {"command": ["python3", *argv], "output_sha256": ran.sha256}
        self.probes.append(cited if ran.exit_code == 0 else None)
        return f"probe {len(self.probes)}:\n{fenced(ran.told())}"

    def verdict(self, verdict, score, probability, reason, evidence=(), criteria=()):
        """Check the verdict and end the work with it."""
        answers = {answer["id"]: answer["answer"] for answer in criteria}
        wrong = [f"no criterion {name!r} was asked" for name in answers if name not in self.asked]
        wrong += [f"criterion {name!r} has no answer" for name in self.asked if name not in answers]
        pointers = []
        for number, entry in enumerate(evidence):
            pointer, trouble = self._pointer(entry)
            if trouble and not self.refused:
                wrong.append(f"evidence[{number}]: {trouble}")
            elif trouble:
                self.dropped += 1  # what was shown once and still does not hold is left out
            else:
                pointers.append(pointer)
        if sum("command" in pointer for pointer in pointers) > MAX_COMMANDS:
            wrong.append(f"evidence cites more than {MAX_COMMANDS} probes")
        if wrong:
            self.refused += 1
            raise ToolError("; ".join(wrong[:10]))
        fields = {"verdict": verdict, "score": score, "probability": probability, "evidence": pointers}
        raise Finished({"fields": {**fields, "criteria": answers}, "reason": reason})

    def _pointer(self, entry):
        """Return the pointer for the engine, and what is wrong with it, if anything is."""
        entry = {name: value for name, value in entry.items() if value is not None}
        pointer = {name: entry[name] for name in ("claim", "criterion") if name in entry}
        if "probe" in entry:
            number = entry["probe"]
            cited = self.probes[number - 1] if number <= len(self.probes) else None
            return {**pointer, **(cited or {})}, "" if cited else f"probe {number} cannot be cited: it did not end well"
        if "file" not in entry or "quote" not in entry:
            return pointer, "names neither a file with a quote nor a probe"
        pointer |= {name: entry[name] for name in ("place", "file", "line", "quote") if name in entry}
        return pointer, self._misquoted(entry)

    def _misquoted(self, entry):
        try:
            lines = read_text(self.folders[entry.get("place", "artifact")], entry["file"]).encode().splitlines()
        except FileTrouble as trouble:
            return str(trouble)
        chosen = lines if "line" not in entry else lines[entry["line"] - 1 : entry["line"]]
        found = any(entry["quote"].encode() in line for line in chosen)
        return "" if found else f"the quote is not in that line of {entry['file']!r}"


def files_of(request):
    """Return the artifact's files with their sizes, as text."""
    return "\n".join(f"{path} ({size} bytes)" for path, size in listing(request["artifact"]).items()) or "(no file)"


def _passes(case, got):
    return same(got, case["expected"])
