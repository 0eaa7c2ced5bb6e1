"""Tables of talking and of aggregation, for README and docs; `tables.py` puts them there."""

from __future__ import annotations

from typing import Any

LEAST_PAIRS = 5
"""Seeds from which on a mean over them is told."""


def talking(found: dict[str, Any] | None) -> str:
    """Return README's table of talking: `gated`, trained on its own kind, against nobody and everybody talking."""
    if found is None or "live" not in found:
        return "Not measured yet.\n"
    text = "| environment | parallel, % | again, % | full, % | gated, % | gated over parallel | gated over full | calls: full, gated |\n"
    text += "|---|---|---|---|---|---|---|---|\n"
    for table in [*found["live"], *found.get("answers", [])]:
        rows = {row["policy"]: row for row in table["rows"]}
        own = "gated-panel" if table["environment"].startswith("panel") else "gated"
        if own not in rows:
            continue
        cells = [estimate(rows[name]["accuracy"]) for name in ("parallel", "again", "full", own)]
        cells += [gain(rows[own][key]["difference"]) for key in ("against_parallel", "against_full")]
        text += f"| {environment(table)} | {' | '.join(cells)} | {rows['full']['extra_calls']:.2f}, {rows[own]['extra_calls']:.2f} |\n"
    return text


def nexa(found: dict[str, Any] | None) -> str:
    """Return the tables of all policies on identical drafts."""
    if found is None:
        return "Not measured yet.\n"
    text = ""
    for table in [*found.get("live", []), *found.get("answers", [])]:
        text += f"\n**{environment(table)}**: {items(table)}\n\n"
        text += "| policy | right, % | over parallel | p | over full | rescued, harmed | calls | path | CPU-s | tokens | silent, % |\n"
        text += "|---|---|---|---|---|---|---|---|---|---|---|\n"
        for row in table["rows"]:
            over, name = row["against_parallel"], row["policy"]
            cells = [gain(over["difference"]), f"{over['p_value']:.2g}"] if name != "parallel" else ["", ""]
            full = row["against_full"]
            cells.append(f"{gain(full['difference'])} (p {full['p_value']:.2g})" if name != "full" else "")
            text += f"| {name} | {estimate(row['accuracy'])} | {' | '.join(cells)} | {over['gained']}, {over['lost']} | {row['extra_calls']:.2f} "
            text += f"| {row['critical_path']:.1f} | {row['cpu_s']:.2f} | {row['tokens']:.0f} | {100 * row['empty']:.0f} |\n"
    if "control" in found:
        row = found["control"]["rows"][0]
        text += "\nControl: a team of coders in which nobody talks and every member may do twice the work from the start is right in "
        text += f"{estimate(row['accuracy'])} %.\n"
    return text.lstrip("\n")


def transfer(found: dict[str, Any] | None) -> str:
    """Return how `gated` does where it was not trained: other sizes, the other environment, another embedder."""
    if found is None or "live" not in found:
        return "Not measured yet.\n"
    text = "| environment | items | trained on | over parallel | over full | calls: full, gated |\n"
    text += "|---|---|---|---|---|---|\n"
    tables = [*found["live"], *found.get("sizes", [])]
    for table in sorted(tables, key=lambda one: (one["environment"][:4], one["agents"])):
        text += "".join(_carried_over(table))
    return text


def _carried_over(table: dict[str, Any]) -> list[str]:
    """Return the rows of one environment."""
    rows = {row["policy"]: row for row in table["rows"]}
    known = {"gated": "teams", "gated-panel": "panels", "gated-both": "both"}
    shown = [(of, rows[name]) for name, of in known.items() if name in rows]
    other = table.get("minilm", {"rows": [], "hashing": []})
    shown += [(f"{known[row['policy']]}; by hashing, the items below", row) for row in other["hashing"]]
    shown += [(f"{known[row['policy']]}; MiniLM in place of hashing", row) for row in other["rows"]]
    told = []
    for of, row in shown:
        cells = [gain(row[key]["difference"]) for key in ("against_parallel", "against_full")]
        calls = f"{rows['full']['extra_calls']:.2f}, {row['extra_calls']:.2f}"
        told.append(f"| {environment(table)} | {items({'rows': [row]})} | {of} | {' | '.join(cells)} | {calls} |\n")
    return told


def folds(found: dict[str, Any] | None) -> str:
    """Return what trainings gained on programs that were left out of them."""
    if found is None or "folds" not in found:
        return "Not measured yet.\n"
    text = "| environment | items | over parallel | rescued, harmed | calls |\n|---|---|---|---|---|\n"
    for table in found["folds"]:
        over = table["over_parallel"]
        cells = [f"{table['items']} items in {table['groups']} groups", gain(over["difference"])]
        cells += [f"{over['gained']}, {over['lost']}", f"{table['extra_calls']:.2f}"]
        text += f"| {environment(table | {'agents': 5})} | {' | '.join(cells)} |\n"
    return text


def searches(found: dict[str, Any] | None) -> str:
    """Return the table of runs with policies on and off."""
    if found is None:
        return "Not measured yet.\n"
    text = "| seed | arm | generation zero | generalist | outcomes | nodes | calls of roles | extra calls of coders, reviewers | CPU-s |\n"
    text += "|---|---|---|---|---|---|---|---|---|\n"
    for arm, runs in found["runs"].items():
        for run in runs:
            zero, best = (f"{one['passed']}/{one['total']}" for one in (run["seed_test"], run["generalist"]["test"]))
            extra = ", ".join(
                str(run["talk"].get(name, {}).get("extra_calls", 0)) for name in ("coder", "panel:review-team")
            )
            text += f"| {run['seed']} | {arm} | {zero} | {best} | {run['outcomes']} | {run['nodes']} | {run['agent_runs']} | {extra} | {run['cpu_s']:.0f} |\n"
    by_seed = (f"{100 * one['difference']:+.1f} {ends(one)}" for one in found["by_seed"])
    text += f"\nTalking minus silent, generalists on the test pool, points by seed: {'; '.join(by_seed)}. "
    if len(found["by_seed"]) < LEAST_PAIRS:
        return text + f"{len(found['by_seed'])} of 5 seeds so far, which say little.\n"
    pooled = found["pooled"]
    return text + f"Mean: {100 * pooled['difference']:+.1f} {ends(pooled)}, t interval over seeds.\n"


def ends(found: dict[str, Any]) -> str:
    """Return the interval of a difference, in points."""
    low, high = (100 * end for end in found["interval"])
    return f"[{low:+.1f}, {high:+.1f}]"


def items(table: dict[str, Any]) -> str:
    """Return what a table was measured on."""
    first = table["rows"][0]
    return f"{first['items']} items in {first['groups']} groups"


def environment(table: dict[str, Any]) -> str:
    """Return what a table of policies is called."""
    if "task" in table:
        return f"recorded answers, {table['task']}, N = {table['agents']} (second round modelled)"
    kind = "teams of coders" if table["environment"].startswith("team") else "panels of reviewers"
    return f"{kind}, N = {table['agents']}"


def estimate(found: dict[str, float]) -> str:
    """Return a share with its interval, in per cent."""
    return f"{100 * found['value']:.1f} [{100 * found['low']:.1f}, {100 * found['high']:.1f}]"


def gain(found: dict[str, float]) -> str:
    """Return a difference of shares with its interval, in points."""
    return f"{100 * found['value']:+.1f} [{100 * found['low']:+.1f}, {100 * found['high']:+.1f}]"


def aggregation(found: dict[str, Any] | None) -> str:
    """Return README's sentence on MATH level 5."""
    if found is None:
        return "Not measured yet.\n"
    closed = share(found["all_agents"]["math-l5"]["rows"]["agreement on other items"]["share_of_gap_closed"], 1, 2)
    text = f"Where it is known who answered over many questions, reliability learned from agreement alone, without labels, closes {closed}\n"
    return (
        text
        + "of the gap from majority vote to the best single model on MATH level 5 ([docs/aggregation.md](docs/aggregation.md)).\n"
    )


def aggregations(found: dict[str, Any] | None, part: str) -> str:
    """Return the rows of all sets of recorded answers side by side, in per cent, and shares of the gap where there is one."""
    if found is None or part not in found:
        return "Not measured yet.\n"
    text = "| | GSM8K | MATH level 5 | share of the gap closed | MMLU-Pro | share of the gap closed |\n|---|---|---|---|---|---|\n"
    for row in found[part]["math-l5"]["rows"]:
        cells = []
        for name in ("gsm", "math-l5", "mmlu-pro"):
            known = found[part][name]["rows"][row]
            cells.append(share(known["accuracy"], 100, 1))
            if name != "gsm":
                cells.append(share(known.get("share_of_gap_closed"), 1, 2))
        text += f"| {row} | {' | '.join(cells)} |\n"
    return text


def share(figure: dict[str, Any] | None, times: int, digits: int) -> str:
    """Return a figure with its interval, empty where there is none."""
    if figure is None or figure["value"] is None or figure["low"] is None:
        return ""
    value, low, high = (times * figure[key] for key in ("value", "low", "high"))
    return f"{value:.{digits}f} [{low:.{2 - 2 * (times > 1)}f}, {high:.{2 - 2 * (times > 1)}f}]"
