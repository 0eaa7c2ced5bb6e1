"""Write the README's tables from the committed results: ``python benchmarks/tables.py``. A test checks that it was done."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
RESULTS = Path(__file__).parent / "results"


def load(name: str) -> dict[str, Any] | None:
    """Return a committed result, or None."""
    path = RESULTS / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else None


def rate(result: dict[str, Any]) -> str:
    """Return a rate as `12/30 (40 %)`."""
    return f"{result['passed']}/{result['total']} ({100 * result['rate']:.0f} %)"


def points(interval: list[float]) -> str:
    """Return an interval in percentage points."""
    return f"[{100 * interval[0]:+.0f}, {100 * interval[1]:+.0f}]"


def share(value: float, interval: list[float]) -> str:
    """Return a share with its interval, in per cent."""
    return f"{100 * value:.0f} [{100 * interval[0]:.0f}, {100 * interval[1]:.0f}]"


def improvement() -> str:
    """Return the table of `repair`."""
    found = load("improvement")
    if found is None or "repair" not in found:
        return "Not measured yet.\n"
    text = "| seed | arm | generation zero | generalist | gain, points | seats replaced | reviewer, held part: before → after, % |\n"
    text += "|---|---|---|---|---|---|---|\n"
    for arm, name in (("rqgm", "RQGM"), ("control", "control")):
        for run in found["repair"][arm]["runs"]:
            gain = run["gain"]
            before, after = run["seat_before"], run["seat_after"]
            text += f"| {run['seed']} | {name} | {rate(run['seed_test'])} | {rate(run['generalist']['test'])} "
            text += f"| {100 * gain['difference']:+.0f} {points(gain['interval'])} | {run['replacements']} "
            text += f"| {share(before['balanced_accuracy'], before['interval'])} → {share(after['balanced_accuracy'], after['interval'])} |\n"
    runs = found["repair"]["rqgm"]["runs"]
    clear = sum(run["gain"]["interval"][0] > 0 for run in runs)
    pooled = found["repair"]["rqgm_minus_control"]["pooled"]
    text += f"\nThe gain over generation zero is clear of zero in {clear} of {len(runs)} seeds. "
    if pooled:
        text += f"RQGM minus its control: {100 * pooled['difference']:+.1f} points {points(pooled['interval'])} "
        text += f"(mean over {pooled['pairs']} pairs of seeds, t interval).\n"
    return text


def blind() -> str:
    """Return the table of `repair-blind`."""
    found = load("improvement")
    if found is None or "repair-blind" not in found:
        return "Not measured yet.\n"
    arms = found["repair-blind"]
    text = "| arm | accepted, first → last eighth, % | truly right, % | wrong ones accepted, % | test, gain in points (mean) "
    text += "| seats replaced | rank correlation, replaced / kept |\n|---|---|---|---|---|---|---|\n"
    for arm, name in (("rqgm", "RQGM"), ("control", "no replacement"), ("no-erasure", "no erasure")):
        runs = arms[arm]["runs"]
        bins = [run["over_time"]["bins"] for run in runs]
        cells = [f"{_mean(bins, 0, key)} → {_mean(bins, -1, key)}" for key in ("accepted", "right", "wrong_accepted")]
        gain = sum(run["gain"]["difference"] for run in runs) / len(runs)
        changed = [c["rho"] for run in runs for c in run["over_time"]["rank_correlation"] if c["replaced"]]
        kept = [c["rho"] for run in runs for c in run["over_time"]["rank_correlation"] if not c["replaced"]]
        replaced = sum(run["replacements"] for run in runs) / len(runs)
        text += f"| {name} | {' | '.join(cells)} | {100 * gain:+.1f} | {replaced:.1f} | {_average(changed)} / {_average(kept)} |\n"
    return text + f"\nMeans over {len(arms['rqgm']['runs'])} seeds.\n"


def _mean(bins: list[list[dict[str, Any]]], position: int, key: str) -> str:
    values = [run[position][key] for run in bins if run and run[position][key] is not None]
    return f"{100 * sum(values) / len(values):.0f}" if values else "-"


def _average(values: list[float]) -> str:
    return f"{sum(values) / len(values):.2f}" if values else "-"


def transfer() -> str:
    """Return the table of programs from elsewhere."""
    found = load("transfer")
    if found is None:
        return "Not measured yet.\n"
    text = "| suite | generation zero | evolved generalist, by seed | gain, points, by seed |\n|---|---|---|---|\n"
    for suite, result in found["suites"].items():
        evolved = ", ".join(f"{run['passed']}" for run in result["evolved"])
        gains = ", ".join(
            f"{100 * run['difference']:+.0f} {points(run['difference_interval'])}" for run in result["evolved"]
        )
        text += f"| {suite} | {rate(result['seed'])} | {evolved} of {result['seed']['total']} | {gains} |\n"
    return text


def overhead() -> str:
    """Return the table of the engine's own cost."""
    found = load("overhead")
    if found is None:
        return "Not measured yet.\n"
    outcome, start = found["per_outcome"], found["start_up"]
    small, large, records = found["1000_nodes"], found["10000_nodes"], found["100000_records"]
    window = outcome["mean_ms_around_outcome"]
    rows = [
        (
            "engine time per outcome (decide, record, persist)",
            f"{window['100']} ms at 100, {window['1000']} at 1,000, {window['10000']} at 10,000 outcomes",
        ),
        (
            f"{outcome['outcomes']:,} outcomes, {outcome['nodes']} nodes, {outcome['epochs']} epochs",
            f"{outcome['total_s']} s",
        ),
        ("a job at 10,000 nodes", f"{large['mean_ms_per_job_at_the_end']} ms"),
        (
            "resume: 1,000 nodes · 10,000 nodes · 100,000 records",
            f"{small['resume_s']} s · {large['resume_s']} s · {records['resume_s']} s",
        ),
        (
            "memory per 1,000 nodes of 20 kB · whole process at 100,000 records",
            f"{large['memory_mib_per_1000_nodes']} MiB · {records['memory_mib']} MiB",
        ),
        ("`rqgm --help`", f"{start['rqgm --help']['median']} s"),
    ]
    sandboxes = load("sandbox")
    if sandboxes:
        rows += [(f"clean sandbox handed out by the pool, p50: {name}", text) for name, text in _sandboxes(sandboxes)]
    panels = load("panels")
    if panels:
        rows += _panels(panels)
    return "| what | measured |\n|---|---|\n" + "".join(f"| {what} | {figure} |\n" for what, figure in rows)


def _panels(found: dict[str, Any]) -> list[tuple[str, str]]:
    seats, graphs = found["five_seats_of_200_ms"]["ms"], found["graphs_of_32_calls"]
    usable = [
        f"{seats[name]['median']} ms ({name})"
        for name in seats
        if not name.startswith("one") and "median" in seats[name]
    ]
    load = f"load {found['load_average']} on {found['machine']['cores']} cores"
    ratio, levels = graphs["wall_by_critical_path"]["median"], graphs["levels_by_critical_path"]["median"]
    return [
        (f"a panel of five judges that take 200 ms each, per item ({load})", " · ".join(usable)),
        ("32 calls that need each other, by their longest chain", f"× {ratio} (level by level: × {levels})"),
    ]


def _sandboxes(found: dict[str, Any]) -> list[tuple[str, str]]:
    usable = {name: back for name, back in found["back_ends"].items() if back["usable"]}
    return [(name, f"{back['handout_ms']} ms (a plain start: {back['start_ms']} ms)") for name, back in usable.items()]


def demo() -> str:
    """Return the recorded end of a demonstration run."""
    path = RESULTS / "demo.txt"
    return f"```text\n{path.read_text().rstrip()}\n```\n" if path.exists() else "Not recorded yet.\n"


def fill(text: str) -> str:
    """Return the README with every table renewed."""
    tables = {"improvement": improvement, "blind": blind, "transfer": transfer, "overhead": overhead}
    for name, make in tables.items():
        text = _between(text, f"table: {name}", make())
    return _between(text, "demo", demo())


def _between(text: str, name: str, content: str) -> str:
    pattern = re.compile(rf"(<!-- {re.escape(name)} -->\n).*?(<!-- /{re.escape(name)} -->)", re.DOTALL)
    return pattern.sub(lambda match: match.group(1) + content + match.group(2), text)


if __name__ == "__main__":
    readme = ROOT / "README.md"
    readme.write_text(fill(readme.read_text()))
