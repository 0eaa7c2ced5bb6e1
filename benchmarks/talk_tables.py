"""Tables of talking and of aggregation, for README and docs; `tables.py` puts them there."""

from __future__ import annotations

from typing import Any


def talking(found: dict[str, Any] | None) -> str:
    """Return README's table of talking: `gated` against nobody and everybody talking."""
    if found is None or "live" not in found:
        return "Not measured yet.\n"
    text = "| environment | parallel, % | full, % | gated, % | gated over parallel | gated over full | calls: full, gated |\n"
    text += "|---|---|---|---|---|---|---|\n"
    for table in [*found["live"], *found.get("answers", [])]:
        rows = {row["policy"]: row for row in table["rows"]}
        if "gated" not in rows:
            continue
        cells = [estimate(rows[name]["accuracy"]) for name in ("parallel", "full", "gated")]
        cells += [gain(rows["gated"][key]["difference"]) for key in ("against_parallel", "against_full")]
        text += f"| {environment(table)} | {' | '.join(cells)} | {rows['full']['extra_calls']:.2f}, {rows['gated']['extra_calls']:.2f} |\n"
    return text


def nexa(found: dict[str, Any] | None) -> str:
    """Return every table of policies on identical drafts."""
    if found is None:
        return "Not measured yet.\n"
    text = ""
    for table in [*found.get("live", []), *found.get("sizes", []), *found.get("answers", [])]:
        first = table["rows"][0]
        text += f"\n**{environment(table)}**: {first['items']} items in {first['groups']} groups\n\n"
        text += "| policy | right, % | over parallel | p | over full | rescued, harmed | calls | path | CPU-s | tokens | silent, % |\n"
        text += "|---|---|---|---|---|---|---|---|---|---|---|\n"
        for row in table["rows"]:
            over, name = row["against_parallel"], row["policy"]
            cells = [gain(over["difference"]), f"{over['p_value']:.2g}"] if name != "parallel" else ["", ""]
            cells.append(gain(row["against_full"]["difference"]) if name != "full" else "")
            text += f"| {name} | {estimate(row['accuracy'])} | {' | '.join(cells)} | {over['gained']}, {over['lost']} | {row['extra_calls']:.2f} "
            text += f"| {row['critical_path']:.1f} | {row['cpu_s']:.2f} | {row['tokens']:.0f} | {100 * row['empty']:.0f} |\n"
        if "asked_again" in table:
            again = table["asked_again"]
            over = again["against_parallel"]
            text += (
                f"| *control: all again, hearing nobody* | {estimate(again['accuracy'])} | {gain(over['difference'])} "
            )
            text += f"| {over['p_value']:.2g} | | {over['gained']}, {over['lost']} | {again['extra_calls']:.2f} | 1.0 | | | |\n"
    if "control" in found:
        row = found["control"]["rows"][0]
        text += f"\nControl: a team of coders in which nobody talks and every member may do twice the work from the start is right in {estimate(row['accuracy'])} %.\n"
    return text.lstrip("\n")


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
