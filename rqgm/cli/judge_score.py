"""`rqgm judge score`: how good recorded verdicts were, with intervals."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rqgm.cli.console import JSON, foreign, make_console, print_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console

    from rqgm.judging.scoring.agreement import PanelScores
    from rqgm.judging.scoring.figures import Figure
    from rqgm.judging.scoring.pairwise import PairScores
    from rqgm.judging.scoring.recorded import Pairs, Recorded
    from rqgm.judging.scoring.scores import JudgeScores

FORMATS = ("devai", "gradingbench", "iclr", "llmbar")
CLOSEST = 10
"""How many pairs of judges the table shows; --json has all."""
PLAIN = ("ratio", "kappa", "mcc", "brier", "phi", "votes", "mean")
"""Beginnings of the names of figures that are no rates."""
BEST_NOTE = "The best member was chosen on these very items, which flatters it."


def register(app: typer.Typer) -> None:
    """Add the command to the group of judges."""
    app.command(name="score")(score)


def score(
    verdicts: Annotated[Path, typer.Argument(help="Recorded verdicts: .jsonl or .csv; a public file with --format.")],
    labels: Annotated[
        Path | None, typer.Argument(help="What is true: .jsonl or .csv. Optional with --format.", show_default=False)
    ] = None,
    form: Annotated[
        str | None,
        typer.Option("--format", metavar="|".join(FORMATS), help="Read a public format.", show_default=False),
    ] = None,
    pairwise: Annotated[
        bool, typer.Option("--pairwise", help="The rows answer which of two is better, in both orders.")
    ] = False,
    judge: Annotated[
        list[str] | None, typer.Option(help="Only this judge, or a pattern as 'gpt-*'; may be repeated.")
    ] = None,
    allow_missing: Annotated[
        bool, typer.Option("--allow-missing", help="Count items without a verdict as abstentions.")
    ] = False,
    propagate: Annotated[
        bool, typer.Option("--propagate", help="A rejected prerequisite rejects what requires it (--format devai).")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the bootstrap.")] = 0,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Score recorded verdicts against labels: accuracy, agreement, calibration, stringency, effective votes."""
    from rqgm.core.errors import ConfigError  # noqa: PLC0415  # commands import what they use
    from rqgm.judging.scoring.recorded import Pairs, propagated  # noqa: PLC0415

    record = _read(verdicts, labels, form, pairwise=pairwise, allow_missing=allow_missing).only(judge or [])
    if propagate:
        if isinstance(record, Pairs):
            raise ConfigError("--propagate: pairs have no prerequisites; leave it out")
        record = propagated(record)
    if isinstance(record, Pairs):
        _score_pairs(record, seed, as_json=as_json)
    else:
        print_scores(record, seed, as_json=as_json)


def _read(
    verdicts: Path, labels: Path | None, form: str | None, *, pairwise: bool, allow_missing: bool
) -> Recorded | Pairs:
    from rqgm.core.errors import ConfigError, UnknownNameError  # noqa: PLC0415
    from rqgm.judging.scoring.readers import READERS  # noqa: PLC0415
    from rqgm.judging.scoring.recorded import Pairs, read_pairs, read_recorded  # noqa: PLC0415

    if form is not None:
        if form not in READERS:
            raise UnknownNameError("format", form, READERS, "--format")
        if allow_missing:
            raise ConfigError("--allow-missing: public formats have no gaps to fill; leave it out with --format")
        record = READERS[form](verdicts, labels)
        if pairwise and not isinstance(record, Pairs):
            raise ConfigError(f"--pairwise: --format {form} holds verdicts on single items; leave --pairwise out")
        return record
    if labels is None:
        raise ConfigError(f"{verdicts}: LABELS is missing; name a file of labels, or a public format with --format")
    return (read_pairs if pairwise else read_recorded)(verdicts, labels, allow_missing=allow_missing)


def _settings(seed: int) -> dict[str, Any]:
    from rqgm.judging.scoring.figures import DRAWS  # noqa: PLC0415
    from rqgm.judging.scoring.probabilities import BINS  # noqa: PLC0415

    return {"confidence": 0.95, "bootstrap_draws": DRAWS, "seed": seed, "calibration_bins": BINS}


def print_scores(
    record: Recorded, seed: int, *, as_json: bool, members: Recorded | None = None, cost_usd: float | None = None
) -> None:
    """Print what the recorded verdicts are worth: tables, or one JSON object; `members` are those of a panel.

    `cost_usd` is what asking cost, for the JSON object.
    """
    from rqgm.judging.scoring.agreement import score_panel  # noqa: PLC0415
    from rqgm.judging.scoring.scores import score_judges  # noqa: PLC0415

    judges = score_judges(record, seed)
    panel = score_panel(members or record, seed)
    if as_json:
        data = {
            "kind": "verdicts",
            "settings": _settings(seed),
            "items": len(record.truths),
            "judges": [scores.to_json() for scores in judges],
            "panel": panel.to_json() if panel else None,
            "notes": list(record.notes),
        }
        print_json(data if cost_usd is None else {**data, "cost_usd": cost_usd})
        return
    console = make_console()
    _print_tables(console, judges)
    if panel:
        _print_panel(console, panel)
    _print_notes(console, record.notes, judges)


def _score_pairs(record: Pairs, seed: int, *, as_json: bool) -> None:
    from rqgm.judging.scoring.pairwise import score_pair_judges, score_pair_majority  # noqa: PLC0415

    judges = score_pair_judges(record, seed)
    majority = score_pair_majority(record, seed)
    if as_json:
        data = {
            "kind": "pairs",
            "settings": _settings(seed),
            "items": len(record.labels),
            "judges": [scores.to_json() for scores in judges],
            "majority": majority.to_json() if majority else None,
            "notes": list(record.notes),
        }
        print_json(data)
        return
    console = make_console()
    columns = {
        "accuracy_first": "first order",
        "accuracy_swapped": "swapped",
        "accuracy_average": "average",
        "accuracy_both": "both orders",
        "agreement": "agreement",
        "kappa_orders": "κ of orders",
        "position_bias": "position bias",
    }
    shown = [*judges, majority] if majority else judges
    rows = [(scores.judge, scores.items, scores.figures) for scores in shown]
    _print_table(console, "Answers in both orders (rates in %)", columns, rows)
    _print_notes(console, record.notes, judges)


def _print_tables(console: Console, judges: list[JudgeScores]) -> None:
    columns = {
        "accuracy": "accuracy",
        "balanced_accuracy": "balanced",
        "kappa": "κ",
        "mcc": "MCC",
        "precision": "precision",
        "recall": "recall",
        "accept_rate": "accepts",
    }
    rows: list[_Row] = [(found.judge, found.items, {**found.every, "abstained": found.abstained}) for found in judges]
    silent = any(found.abstained.value for found in judges)
    first = {**columns, "abstained": "abstains"} if silent else columns
    title = "All items, an abstention is wrong (rates in %)" if silent else "All items (rates in %)"
    _print_table(console, title, first, rows)
    if silent:
        rows = [(found.judge, found.decided["accuracy"].n or 0, found.decided) for found in judges]
        _print_table(console, "Decided items (rates in %)", columns, rows)
    calibrated = [found for found in judges if any(f.value is not None for f in found.probability.values())]
    if calibrated:
        names = ("brier", "ece_equal_width", "ece_equal_mass", "auroc", "auroc_of_score")
        heads = dict(
            zip(names, ("Brier", "ECE, equal width", "ECE, equal mass", "AUROC", "AUROC of score"), strict=True)
        )
        rows = [(f.judge, max(figure.n or 0 for figure in f.probability.values()), f.probability) for f in calibrated]
        _print_table(console, "Probabilities and scores (ECE, AUROC in %)", _used(heads, rows), rows)
    strict = [found for found in judges if any(f.value is not None for f in found.stringency.values())]
    if any(found.stringency["ratio_accept"].value or found.stringency["ratio_reject"].value for found in strict):
        sides = ("machine_accept", "human_accept", "ratio_accept", "machine_reject", "human_reject", "ratio_reject")
        heads = {name: name.replace("_", " of label ") for name in sides}
        rows = [(found.judge, found.items, found.stringency) for found in strict]
        _print_table(console, "Acceptance by maker and label (in %), ratio machine / human", heads, rows)
    rows = [(found.judge, found.items, found.graded) for found in judges if found.graded]
    if rows:
        heads = {"exact": "exact grade", "mean_absolute_error": "mean absolute error"}
        _print_table(console, "Grades (exact in %)", heads, rows)


_Row = tuple[str, int, "Mapping[str, Figure]"]


def _used(heads: dict[str, str], rows: Sequence[_Row]) -> dict[str, str]:
    """Return the columns in which some judge has a value."""
    return {name: head for name, head in heads.items() if any(name in row[2] and _known(row[2][name]) for row in rows)}


def _known(figure: Figure) -> bool:
    return figure.value is not None


def _print_table(console: Console, title: str, columns: Mapping[str, str], rows: Sequence[_Row]) -> None:
    from rich.table import Table  # noqa: PLC0415

    table = Table(title=title, title_justify="left")
    table.add_column("judge", overflow="fold", min_width=min(24, max(len(row[0]) for row in rows)))
    table.add_column("n", justify="right")
    for head in columns.values():
        table.add_column(head, justify="right")
    for judge, items, figures in rows:
        table.add_row(foreign(judge, 200), str(items), *(_text(name, figures.get(name)) for name in columns))
    console.print(table)


def _text(name: str, figure: Figure | None) -> str:
    """Return a figure with its interval below it: rates in per cent, all else as it is."""
    if figure is None or figure.value is None:
        return "-"
    scale, places = (1, 2) if name.startswith(PLAIN) else (100, 1)
    value, low, high = (
        "" if part is None else f"{round(scale * part, places) + 0.0:.{places}f}"
        for part in (figure.value, figure.low, figure.high)
    )
    return f"{value}\n[{low}, {high}]" if low and high else value


def _line(name: str, figure: Figure) -> str:
    return _text(name, figure).replace("\n", " ") if figure.value is not None else f"- ({figure.reason})"


def _print_panel(console: Console, panel: PanelScores) -> None:
    from rich.table import Table  # noqa: PLC0415

    def correlation(at: int) -> float:
        return panel.pairs[at].error_correlation.value or 0.0

    ranked = sorted(range(len(panel.pairs)), key=correlation, reverse=True)
    table = Table(title=f"Pairs of judges on {panel.items} items (same verdict in %)", title_justify="left")
    table.add_column("judges", overflow="fold")
    for head in ("same verdict", "κ", "φ of errors", "φ within labels"):
        table.add_column(head, justify="right")
    for at in ranked[:CLOSEST]:
        pair = panel.pairs[at]
        figures = {
            "agreement": pair.agreement,
            "kappa": pair.kappa,
            "phi": pair.error_correlation,
            "phi_within": pair.within_label,
        }
        table.add_row(
            foreign(f"{pair.first}\n{pair.second}", 402, lines=True),
            *(_text(name, found) for name, found in figures.items()),
        )
    console.print(table)
    if len(ranked) > CLOSEST:
        console.print(
            foreign(f"{CLOSEST} pairs of {len(ranked)}, those whose errors go together most; --json has all.")
        )
    count = len(panel.judges)
    for words, mean, votes in (
        ("errors", panel.mean_error_correlation, panel.effective_votes),
        ("errors within labels", panel.mean_within_label, panel.effective_votes_within_label),
    ):
        line = f"mean φ of {words} {_line('phi', mean)}: {count} judges are worth {_line('votes', votes)} votes"
        console.print(foreign(line))
    accuracy, balanced = (_line("", panel.majority.every[name]) for name in ("accuracy", "balanced_accuracy"))
    lines = [
        f"majority: accuracy {accuracy} %, balanced {balanced} %",
        f"best member: {panel.best}: accuracy {_line('', panel.best_accuracy)} %",
        f"majority minus best member: {_line('', panel.difference)} points"
        + ("" if panel.p_value is None else f", McNemar p = {panel.p_value:.3f}"),
        BEST_NOTE,
    ]
    for line in lines:
        console.print(foreign(line))


def _print_notes(console: Console, notes: Sequence[str], judges: Sequence[JudgeScores | PairScores]) -> None:
    """Print each note once, with the judges that it is about."""
    for note in notes:
        console.print(foreign(f"note: {note}"))
    about: dict[str, list[str]] = {}
    for scores in judges:
        for note in scores.notes:
            about.setdefault(note, []).append(scores.judge)
    for note, names in about.items():
        who = "all judges" if len(names) == len(judges) > 1 else ", ".join(names[:CLOSEST])
        more = f" and {len(names) - CLOSEST} more" if len(names) > CLOSEST and who != "all judges" else ""
        console.print(foreign(f"note: {who}{more}: {note}", 2_000))
