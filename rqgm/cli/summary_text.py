"""The words at the end of a run, for someone who has never seen one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from rqgm.cli.console import duration_text, foreign, rate_text

if TYPE_CHECKING:
    from rich.console import Console

    from rqgm.archive.state import State
    from rqgm.run.session import OpenedRun

SHOWN_EDITS = 12
CENT = 0.01
LABELS = {"accept": "right", "reject": "wrong"}


def print_summary(console: Console, summary: dict[str, Any], run: OpenedRun) -> None:
    """Print before and after, the winning edits, the replaced judges, the cost, and what to type next."""
    console.print()
    console.print(_title(summary), style="bold")
    if summary["endpoints"]:
        _print_tests(console, summary)
        _print_edits(console, run.state)
    _print_seats(console, summary)
    _print_talks(console, summary)
    _print_cost(console, summary)
    _print_next(console, summary)


def _title(summary: dict[str, Any]) -> str:
    state = f"ended: {summary['reason']}" if summary["finished"] else "not finished"
    size = f"{summary['outcomes']} outcomes, {summary['nodes']} nodes, {len(summary['epochs']) + 1} epochs"
    return f"{summary['run']} {state}. {size}"


def _print_tests(console: Console, summary: dict[str, Any]) -> None:
    from rich.table import Table  # noqa: PLC0415

    table = Table(title="Test pool (run once, now; 95 % intervals)", title_justify="left")
    for column in ("role", "generation zero", "generalist", "specialist"):
        table.add_column(column)
    endpoints = summary["endpoints"]
    for role, before in summary["seed_tests"].items():
        specialist = endpoints["specialists"][role]
        table.add_row(
            role,
            rate_text(before),
            f"{rate_text(endpoints['generalist']['tests'][role])}  #{endpoints['generalist']['index']}",
            f"{rate_text(specialist['test'])}  #{specialist['index']}",
        )
    console.print(table)
    gain = summary["gain"]
    if gain:
        low, high = (100 * value for value in gain["interval"])
        clear = "clear of zero" if low > 0 else "not clear of zero"
        console.print(
            f"{gain['role']}, generalist against generation zero on the same tasks: "
            f"{100 * gain['difference']:+.0f} points [{low:+.0f}, {high:+.0f}] ({gain['gained']} gained, "
            f"{gain['lost']} lost): {clear}."
        )


def _print_edits(console: Console, state: State) -> None:
    path = state.path(state.endpoints["generalist"]["node"])[1:]
    console.print(
        f"\nThe generalist's {len(path)} edits, first to last:"
        if path
        else "\nThe generalist is generation zero: no edit won."
    )
    if len(path) > SHOWN_EDITS:
        console.print(f"  … {len(path) - SHOWN_EDITS} earlier ones: `rqgm lineage` with the node shows all")
    for index in path[-SHOWN_EDITS:]:
        node = state.nodes[index]
        console.print(foreign(f"  #{index}  {node.tried}", 160))


def _print_seats(console: Console, summary: dict[str, Any]) -> None:
    if not summary["epochs"]:
        return
    console.print("\nJudges' seats at each checkpoint:")
    for event in summary["epochs"]:
        for decision in event["decisions"]:
            old, new = decision["incumbent"], decision["challenger"]
            if new:
                text = (
                    f"{decision['slot']}: node #{old['node']} ({old['right']:g}/{old['judged']:g} items right) "
                    f"replaced by #{new['node']} ({new['right']:g}/{new['judged']:g}): {decision['reason']}; "
                    f"{event['erased']} verdicts erased"
                )
            else:
                text = f"{decision['slot']}: node #{old['node']} stays: {decision['reason']}"
            console.print(f"  after {event['outcomes']} outcomes  {text}")
            for side in [old, *([new] if new else [])]:
                console.print(f"    #{side['node']}: {quality_text(side['quality'])}")
        for role, pool in event["adversarial"].items():
            if "entered" in pool:
                console.print(f"    {role} is judged on {pool_text(pool)}")
    console.print("  now")
    for slot, seat in summary["seats"].items():
        console.print(f"    {slot}: #{seat['index']}: {quality_text(seat['quality'])}")


def _print_talks(console: Console, summary: dict[str, Any]) -> None:
    """Print how often teams and panels talked, and what came of it."""
    asked = {name: found for name, found in summary["talk"].items() if found["asked"]}
    if asked:
        console.print("\nWho talked after answering in parallel, as the policy decided:")
    for name, found in asked.items():
        console.print(f"  {name}: {talk_text(found)}")


def talk_text(found: dict[str, Any]) -> str:
    """Return the figures of a team's or a panel's second round in one line."""
    text = f"in {found['asked'] - found['empty']} of {found['asked']} cases; {found['extra_calls']} calls more"
    if found["extra_calls"]:
        text += (
            f", in chains of {found['critical_path_mean']:.2f} in the mean: {found['accepted']} accepted, "
            f"{found['refused']} refused (less evidence), {found['failed']} failed"
        )
    return text + (f"; {found['troubled']} times the policy could not decide" if found["troubled"] else "")


def quality_text(quality: dict[str, Any]) -> str:
    """Return how right and how strict a judge is, in one line; rates in per cent with their 95 % intervals."""
    parts = []
    for pool in ("anchor", "adversarial"):
        found = quality[pool]
        if found is not None:
            parts.append(f"{found['items']} {pool} items, balanced accuracy {figure_text(found['balanced_accuracy'])}")
            parts += [f"{words} ones accepted: {accepted_text(found, label)}" for label, words in LABELS.items()]
    return "; ".join(parts) or "has judged nothing"


def accepted_text(found: dict[str, Any], label: str) -> str:
    """Return how often items of a label were accepted, machine-made and human-made, and the ratio of the two."""
    text = f"machine-made {figure_text(found[f'machine_{label}'])}"
    if f"human_{label}" in found:
        text += f", human-made {figure_text(found[f'human_{label}'])}"
        text += f", ratio {figure_text(found[f'ratio_{label}'], scale=1)}"
    return text


def figure_text(figure: dict[str, Any], scale: int = 100) -> str:
    """Return a figure with its interval, as `57 % [48, 65]` or, of `scale` 1, `1.06 [0.80, 1.41]`; `-` without one."""
    if figure["value"] is None:
        return "-"
    digits, unit = (2, "") if scale == 1 else (0, " %")
    text = f"{scale * figure['value']:.{digits}f}{unit}"
    if figure["low"] is None:
        return text
    return f"{text} [{scale * figure['low']:.{digits}f}, {scale * figure['high']:.{digits}f}]"


def pool_text(pool: dict[str, Any]) -> str:
    """Return the size of an adversarial pool, how it is labelled and what came and went."""
    labels, sources = pool["labels"], pool["sources"]
    kept_out = ", ".join(f"{count} kept out: {reason}" for reason, count in pool["kept_out"].items())
    return (
        f"{pool['size']} adversarial items ({labels['accept']} to accept, {labels['reject']} to reject; "
        f"{sources['verifier']} labels by the verifier, {sources['presumed']} presumed): {pool['entered']} entered, "
        f"{pool['left']} left" + (f", {kept_out}" if kept_out else "")
    )


def _print_cost(console: Console, summary: dict[str, Any]) -> None:
    total, split = summary["usage"]["total"], summary["usage"]["split"]
    parts = ", ".join(f"{kind} {usage['cpu_s']:.0f}" for kind, usage in split.items())
    money = f", {total['blended_tokens']} blended tokens, ${total['cost_usd']:.2f}" if total["blended_tokens"] else ""
    console.print(
        f"\nCost: {total['cpu_s']:.0f} CPU-s ({parts}), {total['agent_runs']} agent runs{money}; "
        f"{summary['shared']} outcomes shared by equal content at no cost; {duration_text(summary['wall_s'])} in all."
    )
    _print_cost_to_best(console, summary)
    _print_models(console, summary)
    console.print(f"lineage head {summary['lineage_head'][:16]}  ledger head {summary['ledger_head'][:16]}")


def _print_cost_to_best(console: Console, summary: dict[str, Any]) -> None:
    best = summary["cost_to_best"]
    if best is None or not best["index"]:
        return
    money = f", {best['blended_tokens']} blended tokens, ${best['cost_usd']:.2f}" if best["blended_tokens"] else ""
    console.print(f"Until the generalist was made: {best['cpu_s']:.0f} CPU-s{money}.")


def _print_models(console: Console, summary: dict[str, Any]) -> None:
    """Print what was paid to providers, and what of it is not in any outcome."""
    found = summary["models"]
    if found is None:
        return
    cap = f" of ${found['budget_usd']:g}" if found["budget_usd"] else ""
    text = f"Models: {found['calls']} calls, ${found['cost_usd']:.4f}{cap}"
    if found["replayed"]:
        text = f"Models: {found['calls']} calls, {found['replayed']} replayed (recorded at ${found['cost_usd']:.4f})"
    notes = (
        (
            found["uncounted_usd"] >= CENT,
            f"${found['uncounted_usd']:.4f} of it for the check and for jobs that came to nothing",
        ),
        (found["doubtful_usd"] > 0, f"up to ${found['doubtful_usd']:.4f} more for attempts that broke off"),
        (found["estimated"] > 0, f"{found['estimated']} answers without usage, counted at their most"),
        (found["refused"] > 0, f"{found['refused']} calls refused over a limit"),
    )
    console.print("; ".join([text, *(note for holds, note in notes if holds)]))
    if summary["forecast"]:
        ahead = summary["forecast"]
        console.print(f"forecast for the whole run: ${ahead['usd']:.2f}, from {ahead['from_outcomes']} outcomes")


def _print_next(console: Console, summary: dict[str, Any]) -> None:
    run = summary["run"]
    folder = Path(summary["folder"])
    shown = folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder
    console.print(f"\nEverything lies in {shown}. Next:")
    if not summary["finished"]:
        console.print(f"  rqgm resume {run}                  go on")
        return
    console.print(f"  rqgm diff {run} seed generalist    what the winning edits changed, as code")
    console.print(f"  rqgm lineage {run}                 the tree of nodes, with scores")
    console.print(f"  rqgm evaluate {run} generalist SUITE   run the winner on any suite (`rqgm task list`)")
    console.print("  rqgm run -c epochs.replacement=off   the matched control; then `rqgm compare` the two")
