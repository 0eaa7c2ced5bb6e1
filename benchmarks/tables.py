"""Write the tables of README and docs from the committed results: ``python benchmarks/tables.py``. A test checks it."""

from __future__ import annotations

import json
import re
import statistics
from pathlib import Path
from typing import TYPE_CHECKING, Any

import talk_tables
from scipy.stats import t

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[1]
RESULTS = Path(__file__).parent / "results"
PAGES = (
    ROOT / "README.md",
    ROOT / "docs" / "judges-measured.md",
    ROOT / "docs" / "audit.md",
    ROOT / "docs" / "orchestration.md",
    ROOT / "docs" / "aggregation.md",
)


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
    text = "| arm | accepted, first → last eighth, % | truly right, % | wrong ones accepted, % | test, gain in points "
    text += "| seats replaced | rank correlation, replaced / kept |\n|---|---|---|---|---|---|---|\n"
    for arm, name in (("rqgm", "RQGM"), ("control", "no replacement"), ("no-erasure", "no erasure")):
        runs = arms[arm]["runs"]
        bins = [run["over_time"]["bins"] for run in runs]
        cells = [f"{_mean(bins, 0, key)} → {_mean(bins, -1, key)}" for key in ("accepted", "right", "wrong_accepted")]
        gain = over_seeds([run["gain"]["difference"] for run in runs], "+.1f")
        changed = [c["rho"] for run in runs for c in run["over_time"]["rank_correlation"] if c["replaced"]]
        kept = [c["rho"] for run in runs for c in run["over_time"]["rank_correlation"] if not c["replaced"]]
        replaced = sum(run["replacements"] for run in runs) / len(runs)
        text += f"| {name} | {' | '.join(cells)} | {gain} | {replaced:.1f} | {_average(changed)} / {_average(kept)} |\n"
    seeds = len(arms["rqgm"]["runs"])
    if seeds == 1:
        return text + "\nOne seed, which says little.\n"
    minus = over_seeds([one["difference"] for one in arms["rqgm_minus_control"]["by_seed"]], "+.1f")
    return (
        text
        + f"\nMeans over {seeds} seeds, t intervals over seeds. RQGM minus no replacement, on test: {minus} points.\n"
    )


def _mean(bins: list[list[dict[str, Any]]], position: int, key: str) -> str:
    values = [run[position][key] for run in bins if run and run[position][key] is not None]
    return over_seeds(values, ".0f") if values else "-"


def over_seeds(values: list[float], form: str) -> str:
    """Return the mean of shares in per cent, of several with its t interval over seeds."""
    mean = statistics.fmean(values)
    if len(values) == 1:
        return f"{100 * mean:{form}}"
    half = float(t.ppf(0.975, len(values) - 1)) * statistics.stdev(values) / len(values) ** 0.5
    return f"{100 * mean:{form}} [{100 * (mean - half):{form}}, {100 * (mean + half):{form}}]"


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
    gateway = load("gateway")
    if gateway:
        rows += _gateway(gateway)
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


def judges() -> str:
    """Return the README's table of the panel: in short, docs/judges-measured.md has all."""
    found = load("judges")
    if found is None:
        return "Not measured yet.\n"
    held = found["held"]
    best = held["best_seat"]
    panel, seat = (percent(held["judges"][name]["balanced_accuracy"]) for name in ("panel", best))
    rows = [
        (
            f"{held['items']} labelled patches of {held['tasks']} held programs: balanced accuracy, %",
            f"panel {panel}, its best seat ({best}) {seat}",
        ),
        ("panel minus best seat, points", change(held["differences"]["panel - best seat"])),
        ("effective votes of its seats", number(held["errors"]["effective_votes"])),
    ]
    for name in ("validation", "held"):
        every = found["ranking"][name]["all_tasks"]
        first = ", ".join(f"{by} {percent(every['first'][by])}" for by in ("tests", "panel", "both"))
        rows.append((f"first of up to 16 candidate patches right, {every['tasks']} {name} programs, %", first))
        rows.append(
            (f"both minus visible tests alone, {name} programs, points", change(every["differences"]["both - tests"]))
        )
    return "| what | measured |\n|---|---|\n" + "".join(f"| {what} | {figure} |\n" for what, figure in rows)


def judges_held() -> str:
    """Return the figures on the anchor's held part."""
    found = load("judges")
    if found is None:
        return "Not measured yet.\n"
    held = found["held"]
    text = "| judge | balanced accuracy, % | accuracy, % | accepts, % | abstains, % | AUROC of its score, % | on the anchor: balanced accuracy, % |\n"
    text += "|---|---|---|---|---|---|---|\n"
    weighted = {f"rubric, {name} weights": row for name, row in held["rubric"]["weightings"].items()}
    for name, row in {**held["judges"], **weighted}.items():
        known = held["anchor"]["judges"].get(name)
        cells = [
            percent(row[key]) for key in ("balanced_accuracy", "accuracy", "accepts", "abstains", "auroc_of_score")
        ]
        text += f"| {name} | {' | '.join(cells)} | {percent(known['balanced_accuracy']) if known else ''} |\n"
    return (
        text + "\n" + _differences({**held["differences"], **held["rubric"]["differences"]}) + _errors(held["errors"])
    )


def judges_ranking() -> str:
    """Return how often a ranking's first is right, and the paired differences of rankings."""
    found = load("judges")
    if found is None:
        return "Not measured yet.\n"
    ranking = found["ranking"]
    return f"Validation tasks of `repair`:\n\n{_ranking(ranking['validation'])}\nPrograms of the held part:\n\n{_ranking(ranking['held'])}"


def judges_samples() -> str:
    """Return the figures on CodeGen's programs."""
    found = load("judges")
    if found is None:
        return "Not measured yet.\n"
    samples = found["samples"]
    passing, every, bare = (samples[key] for key in ("pass_base_items", "all_items", "without_the_prompt_as_original"))
    text = f"| judge | {passing['items']} that pass the base tests ({passing['right']} right): balanced accuracy, % | accepts, % "
    text += f"| {every['items']} drawn from all ({every['right']} right): balanced accuracy, % | accepts, % "
    text += "| without an original: accepts, % | abstains, % |\n|---|---|---|---|---|---|---|\n"
    for name, row in passing["judges"].items():
        cells = [part[key] for part in (row, every["judges"][name]) for key in ("balanced_accuracy", "accepts")]
        cells += [bare["judges"][name][key] for key in ("accepts", "abstains")]
        text += f"| {name} | {' | '.join(map(percent, cells))} |\n"
    text += "\nThose that pass the base tests: " + _differences(passing["differences"]) + _errors(passing["errors"])
    text += "All: " + _differences(every["differences"]) + _errors(every["errors"])
    return text + "\n" + _ranking(samples["ranking"])


def _ranking(found: dict[str, Any]) -> str:
    every, some = found["all_tasks"], found["tasks_with_a_choice"]
    drawn = list(every["any of k"])
    text = f"| first one right, % | {' | '.join(f'of {k}' for k in drawn)} | of all | of all, tasks with a choice |\n"
    text += "|---|" + "---|" * (len(drawn) + 2) + "\n"
    curves = {**every["first of k"], "(any right one)": every["any of k"]}
    whole, chosen = ({**part["first"], "(any right one)": part["any"]} if part else {} for part in (every, some))
    for name, curve in curves.items():
        cells = [*(curve[k] for k in drawn), whole[name], *([chosen[name]] if chosen else [])]
        text += f"| {name} | {' | '.join(map(percent, cells))} |\n"
    text += f"\n| of all, difference in points | all {every['tasks']} tasks | tasks better, worse, equal "
    text += f"| {some['tasks'] if some else 0} tasks with a choice |\n|---|---|---|---|\n"
    for name, row in every["differences"].items():
        counts = f"{row['better']}, {row['worse']}, {row['equal']}"
        text += f"| {name} | {change(row)} | {counts} | {change(some['differences'][name]) if some else ''} |\n"
    failing = found.get("accepts_what_fails_a_visible_test", {})
    accepts = ", ".join(f"{name} {percent(row)}" for name, row in failing.items())
    return text + (f"\nCandidates that fail a visible test are accepted by, %: {accepts}.\n" if failing else "")


def _differences(found: dict[str, Any]) -> str:
    return "; ".join(f"{name}: {change(row)} points" for name, row in found.items()) + ". "


def _errors(found: dict[str, Any]) -> str:
    text = f"Mean correlation of the seats' errors {number(found['mean_error_correlation'])}, "
    text += f"within labels {number(found['mean_error_correlation_within_label'])}; "
    text += f"effective votes {number(found['effective_votes'])}, "
    return text + f"within labels {number(found['effective_votes_within_label'])}.\n"


def percent(figure: dict[str, Any]) -> str:
    """Return a figure with its interval, in per cent; `-` where it is undefined."""
    return _with_interval(figure, lambda value: f"{100 * value:.0f}")


def change(figure: dict[str, Any]) -> str:
    """Return a difference with its interval, in percentage points."""
    return _with_interval(figure, lambda value: f"{100 * value:+.1f}")


def number(figure: dict[str, Any]) -> str:
    """Return a figure with its interval as it is."""
    return _with_interval(figure, lambda value: f"{value:.2f}")


def _with_interval(figure: dict[str, Any], show: Callable[[float], str]) -> str:
    if figure["value"] is None:
        return "-"
    bounds = "" if figure["low"] is None else f" [{show(figure['low'])}, {show(figure['high'])}]"
    return show(figure["value"]) + bounds


def adversarial() -> str:
    """Return the table of the adversarial objective: the judges that sit at the end, with it and without."""
    found = load("adversarial")
    if found is None:
        return "Not measured yet.\n"
    text = "| seed | judges at the end | adversarial outcomes | items | balanced accuracy, with → without, % | machine-made and wrong ones accepted, with → without, % | stringency ratio on right ones, with → without |\n"
    text += "|---|---|---|---|---|---|---|\n"
    for row in found["seeds"]:
        arms = row["arms"]
        told = "the same" if row["same_judge"] else f"#{arms['adversarial']['node']}, #{arms['anchor-only']['node']}"
        for name, items in (("held patches", "anchor_held"), ("test tasks' patches", "machine_test")):
            both = [row[items].get(arm, {}) for arm in ("adversarial", "anchor-only")]
            cells = [
                " → ".join(show(side[figure]) if figure in side else "-" for side in both)
                for figure, show in (
                    ("balanced_accuracy", percent),
                    ("machine_reject", percent),
                    ("ratio_accept", number),
                )
            ]
            text += f"| {row['seed']} | {told} | {arms['adversarial']['adversarial_outcomes']} | {name} | {' | '.join(cells)} |\n"
    over = found["difference_over_seeds"]["anchor_held"]
    accuracy, ratio = over["balanced_accuracy"]["mean"], over["ratio_accept"]["mean"]
    if accuracy and ratio:
        text += f"\nWith minus without, on held patches: balanced accuracy {100 * accuracy['difference']:+.1f} points "
        text += f"{points(accuracy['interval'])}, stringency ratio on right ones {ratio['difference']:+.2f} "
        text += f"[{ratio['interval'][0]:+.2f}, {ratio['interval'][1]:+.2f}] (means over {accuracy['pairs']} seeds, t intervals).\n"
    return text


def _gateway(found: dict[str, Any]) -> list[tuple[str, str]]:
    calls = found["calls"]
    own = " · ".join(
        f"{figures['own_ms']['p50']} ms, p99 {figures['own_ms']['p99']} ({name})"
        for name, figures in calls.items()
        if "own_ms" in figures
    )
    rates = " · ".join(
        f"{figures['calls_per_s']['gateway']:.0f} of {figures['calls_per_s']['direct']:.0f} ({name})"
        for name, figures in calls.items()
        if "calls_per_s" in figures
    )
    return [
        (f"gateway's own time per call, p50 (load {found['load_before']} on {found['machine']['cores']} cores)", own),
        ("calls a second by the gateway, of directly, 16 callers", rates),
    ]


def tampering() -> str:
    """Return the table of what became of random changes of a run."""
    found = load("tampering")
    if found is None:
        return "Not measured yet.\n"
    text = "| changed | changes | named | harmless | silent | first named by |\n|---|---|---|---|---|---|\n"
    for part, row in found["parts"].items():
        by = ", ".join(f"{check} {count}" for check, count in row["first_named_by"].items())
        text += f"| `{part}` | {row['changes']} | {row['named']} | {row['harmless']} | {row['silent']} | {by} |\n"
    return text


def audits() -> str:
    """Return the table of how long audits take."""
    found = load("audit")
    if found is None:
        return "Not measured yet.\n"
    synthetic = found["synthetic"]
    text = "| audit | takes |\n|---|---|\n"
    text += f"| a synthetic run of {found['records']:,} records, no replay | {synthetic['wall_s']} s, {synthetic['peak_mib']:.0f} MiB |\n"
    if "real" in found:
        text += (
            f"| a finished run of `repair` (500 outcomes), all decisions made again | {found['real']['wall_s']} s |\n"
        )
    pages = load("report")
    if pages is not None:
        made, opened = pages["report"], pages["open_s"]
        text += f"| the report of {pages['nodes']:,} nodes: made | {made['make_s']} s, {made['mb']} MB |\n"
        shown = ", ".join(f"{opened[part]['median']} s ({part})" for part in ("summary", "tree", "node"))
        text += f"| opened in Chromium, median, until it answers | {shown} |\n"
    return text


def fill(text: str) -> str:
    """Return a page with every table that it has renewed."""
    tables: dict[str, Callable[[], str]] = {
        "improvement": improvement,
        "blind": blind,
        "transfer": transfer,
        "overhead": overhead,
        "judges": judges,
        "judges-held": judges_held,
        "judges-ranking": judges_ranking,
        "judges-samples": judges_samples,
        "adversarial": adversarial,
        "tampering": tampering,
        "audits": audits,
        "nexa": lambda: talk_tables.nexa(load("nexa")),
        "nexa-transfer": lambda: talk_tables.transfer(load("nexa")),
        "nexa-folds": lambda: talk_tables.folds(load("nexa")),
        "nexa-searches": lambda: talk_tables.searches(load("teams")),
        "talking": lambda: talk_tables.talking(load("nexa")),
        "aggregation": lambda: talk_tables.aggregation(load("aggregation")),
        "aggregation-all": lambda: talk_tables.aggregations(load("aggregation"), "all_agents"),
        "aggregation-few": lambda: talk_tables.aggregations(load("aggregation"), "random_5_agents"),
    }
    for name, make in tables.items():
        text = _between(text, f"table: {name}", make())
    return _between(text, "demo", demo())


def _between(text: str, name: str, content: str) -> str:
    pattern = re.compile(rf"(<!-- {re.escape(name)} -->\n).*?(<!-- /{re.escape(name)} -->)", re.DOTALL)
    return pattern.sub(lambda match: match.group(1) + content + match.group(2), text)


if __name__ == "__main__":
    for page in PAGES:
        page.write_text(fill(page.read_text()))
