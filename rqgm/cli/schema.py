"""`rqgm schema`: the JSON Schemas of what roles are asked and what they answer."""

from __future__ import annotations

from typing import Annotated

import typer

from rqgm.cli.console import print_json


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="schema")(command)


def command(
    name: Annotated[str | None, typer.Argument(help="One message, e.g. SolverRequest. Default: all.")] = None,
) -> None:
    """Print the JSON Schemas of role requests and responses, for workspaces in any language."""
    from rqgm.core.errors import UnknownNameError  # noqa: PLC0415
    from rqgm.roles.messages import schemas  # noqa: PLC0415

    known = schemas()
    if name is not None and name not in known:
        raise UnknownNameError("message", name, known)
    print_json(known[name] if name else known)
