"""The `rqgm` command. Imports nothing heavy: commands import what they use when they are called."""

from __future__ import annotations

import sys

import typer

from rqgm.cli import (
    audit,
    blame,
    calls,
    compare,
    diff,
    doctor,
    evaluate,
    export,
    init,
    judge,
    lineage,
    log,
    nexa,
    report,
    resume,
    run,
    sandbox,
    schema,
    show,
    status,
    task,
    validate,
    view,
)
from rqgm.cli.console import report_error

app = typer.Typer(
    name="rqgm",
    help="Evolve agents together with their evaluators: the Red Queen Gödel Machine.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for module in (
    init,
    validate,
    run,
    resume,
    status,
    compare,
    lineage,
    log,
    show,
    diff,
    blame,
    evaluate,
    audit,
    report,
    view,
):
    module.register(app)
for module in (export, calls, schema, doctor):
    module.register(app)
app.add_typer(judge.app, name="judge")
app.add_typer(task.app, name="task")
app.add_typer(sandbox.app, name="sandbox")
app.add_typer(nexa.app, name="nexa")


@app.callback(invoke_without_command=True)
def _root(version: bool = typer.Option(default=False, help="Print the version and leave.")) -> None:
    if version:
        from importlib.metadata import version as installed  # noqa: PLC0415

        typer.echo(f"rqgm {installed('rqgm-toolkit')}")
        raise typer.Exit


def main() -> None:
    """Run the command line; errors become one message and an exit code (DESIGN: exit codes)."""
    try:
        sys.exit(app(standalone_mode=False) or 0)  # typer returns the code of an Exit
    except Exception as error:  # noqa: BLE001  # the named border: every error ends as a message
        sys.exit(report_error(error))
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        sys.exit(130)


if __name__ == "__main__":
    main()
