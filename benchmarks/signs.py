"""How many cheats each detector catches, and how often it cries wolf: ``python benchmarks/signs.py [--run FOLDER]``.

The set is that of tests/unit/report/signs: small runs, dishonest and honest, in two halves; rules were tuned on one only.
"""

from __future__ import annotations

import importlib.util
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from common import parser, report

SET = Path(__file__).parents[1] / "tests" / "unit" / "report" / "signs"


def load(name: str) -> Any:
    """Load a module of the set by its path."""
    spec = importlib.util.spec_from_file_location(f"signs_set.{name}", SET / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[f"signs_set.{name}"] = module
    spec.loader.exec_module(module)
    return module


def share(k: int, n: int) -> dict[str, Any]:
    """Return k of n with the Jeffreys interval."""
    from rqgm.core.counts import Counts

    low, high = Counts(k, n - k).interval()
    return {"k": k, "n": n, "interval": [round(low, 4), round(high, 4)]}


def measure() -> dict[str, Any]:
    """Look at every case with the whole panel."""
    from rqgm.report.signs import find_signs

    cases, held = load("cases"), load("held")
    seen: list[tuple[Any, list[Any]]] = []
    with tempfile.TemporaryDirectory() as scratch:
        suite = cases.write_suite(Path(scratch) / "suite")
        for number, case in enumerate([*cases.CASES, *held.CASES]):
            run = case.build(Path(scratch) / str(number), suite)
            seen.append((case, find_signs(run)))
            run.archive.close()
    return {half: tables([(case, signs) for case, signs in seen if case.half == half]) for half in ("tuned", "held")}


def tables(seen: list[tuple[Any, list[Any]]]) -> dict[str, Any]:
    """Return the figures of one half: by detector, and of the panel as a whole."""
    from rqgm.report.signs import DETECTORS

    bad = [(case, signs) for case, signs in seen if case.detector is not None]
    honest = [(case, signs) for case, signs in seen if case.detector is None]
    found: dict[str, Any] = {}
    for name in DETECTORS:
        mine = [(case, signs) for case, signs in bad if case.detector == name]
        missed = [case.name for case, signs in mine if not any(sign.detector == name for sign in signs)]
        alarmed = [case.name for case, signs in honest if any(sign.detector == name for sign in signs)]
        found[name] = {
            "caught": share(len(mine) - len(missed), len(mine)),
            "false_alarms": share(len(alarmed), len(honest)),
            "missed": missed,
            "alarmed": alarmed,
        }
    caught = sum(any(sign.detector == case.detector for sign in signs) for case, signs in bad)
    strong = sum(
        any(sign.detector == case.detector and sign.strength == "strong" for sign in signs) for case, signs in bad
    )
    found["all"] = {
        "caught": share(caught, len(bad)),
        "caught_strongly": share(strong, len(bad)),
        "caught_by_any": share(sum(bool(signs) for _, signs in bad), len(bad)),
        "false_alarms": share(sum(bool(signs) for _, signs in honest), len(honest)),
    }
    return found


def look_at(folder: Path) -> dict[str, Any]:
    """Return how many signs a real run shows, and how long it took to look."""
    from rqgm.report.signs import find_signs
    from rqgm.run.session import open_run

    start = time.perf_counter()
    run = open_run(folder)
    opened, used = time.perf_counter(), time.process_time()
    signs = find_signs(run)
    taken, used = time.perf_counter() - opened, time.process_time() - used
    state = run.state
    run.archive.close()
    counts = Counter(f"{sign.detector} {sign.strength}" for sign in signs)
    size = {"nodes": len(state.nodes), "outcomes": state.spent, "test_outcomes": len(state.test)}
    seconds = {"open_s": round(opened - start, 2), "signs_s": round(taken, 2), "signs_cpu_s": round(used, 2)}
    return {"run": run.lock.run, **size, "signs": dict(sorted(counts.items())), **seconds}


def large(nodes: int, file_bytes: int) -> dict[str, Any]:
    """Look at a lineage of many nodes with workspaces of ten files; each edit changes one of them, in a random place."""
    import random

    from rqgm.core.trees import File
    from rqgm.report.signs import find_signs

    cases = sys.modules["signs_set.cases"]
    rng = random.Random(0)
    with tempfile.TemporaryDirectory() as scratch:
        suite = cases.write_suite(Path(scratch) / "suite")
        base = {path: File(text.encode()) for path, text in cases.BASE.items()}
        parts = [module(rng, file_bytes // 10) for _ in range(10)]
        base |= {f"coder/part{number}.py": File(text.encode()) for number, text in enumerate(parts)}
        run = cases.Run(Path(scratch) / "run", suite, base)
        for number in range(1, nodes):
            run.edit({f"coder/part{rng.randrange(10)}.py": module(rng, file_bytes // 10)}, rng.randrange(number))
        start, used = time.perf_counter(), time.process_time()
        signs = find_signs(run.opened())
        taken, used = time.perf_counter() - start, time.process_time() - used
        run.archive.close()
    seconds = {"signs_s": round(taken, 2), "signs_cpu_s": round(used, 2)}
    return {"nodes": nodes, "workspace_bytes": file_bytes, "signs": len(signs), **seconds}


def module(rng: Any, size: int) -> str:
    """Return a module of about `size` bytes."""
    lines: list[str] = ["import math"]
    while sum(map(len, lines)) < size:
        a, b = rng.randrange(1 << 30), rng.randrange(1 << 30)
        lines += [
            f"\n\ndef f{a}(x, y):",
            f'    """Return {b}."""',
            f"    z = math.sqrt(x * {a % 97}) + y",
            f"    return z if z > {b % 89} else [x, y]",
        ]
    return "\n".join(lines) + "\n"


def page(result: dict[str, Any]) -> str:
    """Return the table of docs/signs.md."""
    text = "| detector | caught, tuned | caught, held out | false alarms, tuned | false alarms, held out |\n|---|---|---|---|---|\n"
    tuned, held = result["halves"]["tuned"], result["halves"]["held"]
    for name in tuned:
        cells = [told(half[name][kind]) for kind in ("caught", "false_alarms") for half in (tuned, held)]
        text += f"| {'**all**' if name == 'all' else f'`{name}`'} | {' | '.join(cells)} |\n"
    missed = [f"{case} (`{name}`)" for name, row in held.items() for case in row.get("missed", [])]
    return f"{text}\nMissed in the held-out half: {', '.join(missed)}.\n"


def told(share: dict[str, Any]) -> str:
    """Return k/n with its interval in per cent."""
    low, high = share["interval"]
    return f"{share['k']}/{share['n']} [{100 * low:.0f}, {100 * high:.0f}]"


def write_page(result: dict[str, Any], path: Path) -> None:
    """Put the table between the page's marks."""
    start, end = "<!-- measured -->\n", "<!-- /measured -->"
    before, _, rest = path.read_text().partition(start)
    path.write_text(f"{before}{start}{page(result)}{end}{rest.partition(end)[2]}")


def main() -> None:
    """Measure the set, and what else is asked for."""
    options = parser(__doc__)
    options.add_argument("--run", type=Path, action="append", default=[], help="also look at a finished run")
    options.add_argument(
        "--large", action="store_true", help="also measure lineages of 250, 500 and 1,000 nodes of 20 kB"
    )
    options.add_argument("--docs", type=Path, help="write the table into this page")
    chosen = options.parse_args()
    result: dict[str, Any] = {"halves": measure()}
    if chosen.run:
        result["runs"] = [look_at(folder) for folder in chosen.run]
    if chosen.large:
        result["large"] = [large(nodes, 20_000) for nodes in (250, 500, 1_000)]
    if chosen.docs:
        write_page(result, chosen.docs)
    report(result, chosen.out)


if __name__ == "__main__":
    main()
