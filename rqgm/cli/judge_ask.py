"""`rqgm judge ask`: what a panel says of an item, seat by seat, with what it points at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from rqgm.cli.console import JSON, foreign, make_console, print_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console

    from rqgm.core.usage import Usage
    from rqgm.judging.judge import Opinion
    from rqgm.judging.panel import Hearing
    from rqgm.run.panels import Asked

BUDGET = typer.Option("--budget-usd", min=0.0, help="What seats that a language model fills may cost, in US dollars.")


def register(app: typer.Typer) -> None:
    """Add the command to the group of judges."""
    app.command(name="ask")(ask)


def ask(
    panel: Annotated[str, typer.Argument(metavar="PANEL", help="A panel: its name or folder.")],
    items: Annotated[
        list[str] | None, typer.Argument(metavar="[ITEM]...", help="Items by id. Default: one of the pool.")
    ] = None,
    suite: Annotated[str, typer.Option(help="A judging suite: its name or folder.")] = "repair-reviews",
    pool: Annotated[str | None, typer.Option(help="Only this pool of the suite.")] = "train",
    limit: Annotated[int, typer.Option(min=1, help="Without ITEM: how many, drawn once and for all.")] = 1,
    workspace: Annotated[str, typer.Option(help="The workspace whose roles fill evolvable seats.")] = "seeds/repair",
    sandbox: Annotated[str, typer.Option(help="auto, docker, bubblewrap, process, or a plug-in.")] = "auto",
    workers: Annotated[int | None, typer.Option(min=1, help="Judges at a time. Default: one a processor.")] = None,
    allow_unsafe: Annotated[
        bool, typer.Option("--allow-unsafe", help="Let `process` run judges of a workspace that is not trusted.")
    ] = False,
    budget_usd: Annotated[float, BUDGET] = 1.0,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Ask a panel about items: each seat's verdict, what it points at and whether that holds, and the criteria."""
    import asyncio  # noqa: PLC0415  # commands import what they use

    from rqgm.run.panels import PanelRequest, ask_items  # noqa: PLC0415

    request = PanelRequest(
        panel,
        suite,
        pool,
        limit,
        workspace,
        sandbox=sandbox,
        workers=workers,
        allow_unsafe=allow_unsafe,
        items=tuple(items or ()),
        decides=True,
        budget_usd=budget_usd,
    )
    asked = asyncio.run(ask_items(request))
    if as_json:
        items_said = [_item(asked, name) for name in asked.heard]
        print_json({"panel": asked.panel.name, "items": items_said, "cost_usd": asked.usage.cost_usd})
        return
    console = make_console()
    for name in asked.heard:
        _print(console, _item(asked, name), asked.panel.spec.threshold)
    print_cost(console, asked.usage)


def print_cost(console: Console, usage: Usage) -> None:
    """Print what models were asked and what it cost, if any were."""
    if usage.model_calls:
        tokens = f"{usage.input_tokens} + {usage.output_tokens} tokens"
        console.print(f"models: {usage.model_calls} calls, {tokens}, ${usage.cost_usd:.6f}")


def _item(asked: Asked, name: str) -> dict[str, Any]:
    heard: Hearing = asked.heard[name]
    verdict = asked.panel.decide(heard)
    return {
        "id": name,
        "accepted": verdict.accepted,
        "score": verdict.score,
        "seats": {seat: _opinion(opinion) for seat, opinion in heard.opinions.items()},
        "criteria": [found.to_json() for found in heard.criteria],
    }


def _opinion(opinion: Opinion) -> dict[str, Any]:
    from rqgm.core.text import clean  # noqa: PLC0415

    why = opinion.detail or (opinion.notes.get("why", "") if isinstance(opinion.notes, dict) else "")
    return {
        "verdict": opinion.verdict.value,
        "score": opinion.score,
        "failure": opinion.failure.value if opinion.failure else None,
        "why": clean(str(why), 400),
        "evidence": [entry.to_json() for entry in opinion.evidence],
    }


def _print(console: Console, item: Mapping[str, Any], threshold: float) -> None:
    word = "accepted" if item["accepted"] else "rejected"
    console.print(foreign(f"{item['id']}: {word}, score {item['score']:.2f}, wanted {threshold:g}"))
    for seat, said in item["seats"].items():
        failure = f" ({said['failure']})" if said["failure"] else ""
        console.print(foreign(f"  {seat}: {said['verdict']}{failure} {said['score']:.2f}  {said['why']}"))
        for entry in said["evidence"]:
            console.print(foreign(f"    {evidence_text(entry)}", 1_000))
    for found in item["criteria"]:
        said = ", ".join(f"{seat} {answer}" for seat, answer in found.get("said", {}).items())
        console.print(foreign(f"  {found['id']}: {found['result']} by {found['by']}  {found['reason'] or said}"))


def evidence_text(entry: Mapping[str, Any]) -> str:
    """Return one checked pointer as a line: what became of it, the claim, and where it points."""
    place = f"{entry['place']}/" if entry.get("place") else ""
    line = f":{entry['line']}" if "line" in entry else ""
    quote = f" “{entry['quote']}”" if "quote" in entry else ""
    where = entry.get("command") or (f"{place}{entry['file']}{line}{quote}" if "file" in entry else "nowhere")
    reason = f" ({entry['reason']})" if entry["reason"] else ""
    return f"{entry['standing']}{reason}: {entry['claim']}: {where}"
