"""Write docs/reference/: every command, every setting, every failure, from the code itself.

``python docs/generate.py`` writes; a test compares, so the reference cannot fall behind.
"""

from __future__ import annotations

from pathlib import Path
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Union, get_args, get_origin

import typer
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from rqgm.cli.app import app
from rqgm.core.failures import TABLE
from rqgm.judging.panel import PanelSpec
from rqgm.orchestration.training.settings import Settings
from rqgm.roles.manifest import WorkspaceManifest
from rqgm.run.experiment import Experiment
from rqgm.run.shelves import ProjectFile, SeedFile
from rqgm.sandbox.profile import Profile
from rqgm.tasks.suite import SuiteFile

if TYPE_CHECKING:
    from collections.abc import Iterator


HERE = Path(__file__).parent / "reference"
FILES: dict[str, type[BaseModel]] = {
    "experiment.toml": Experiment,
    "workspace.toml": WorkspaceManifest,
    "seed.toml": SeedFile,
    "suite.toml": SuiteFile,
    "panel.toml": PanelSpec,
    "profile.toml": Profile,
    "rqgm.toml": ProjectFile,
    "rqgm nexa train -c KEY=VALUE": Settings,
}
HEAD = "<!-- Made by docs/generate.py; do not edit. -->\n\n"


def pages() -> dict[str, str]:
    """Return every reference page by file name."""
    return {"commands.md": commands(), "settings.md": settings(), "failures.md": failures()}


def commands() -> str:
    """Return the page of commands."""
    text = (
        HEAD
        + "# Commands\n\nExit codes: 0 done (also when a budget ended the run) · 1 a check failed · 2 wrong use or "
    )
    text += "configuration · 3 no usable sandbox · 4 stopped on an error, can be resumed · 130 interrupted, can be resumed.\n"
    root = typer.main.get_command(app)
    for path, command in _walk(root, "rqgm"):
        text += f"\n## `{path}`\n\n{(command.help or '').strip()}\n\n"
        rows = [_parameter(p) for p in command.params if p.name != "help"]
        if rows:
            text += "| argument or option | default | what |\n|---|---|---|\n" + "".join(rows)
    return text


def _walk(command: Any, path: str) -> Iterator[tuple[str, Any]]:
    below = getattr(command, "commands", None)
    if below is None:
        yield path, command
        return
    for name in below:
        yield from _walk(below[name], f"{path} {name}")


def _parameter(parameter: Any) -> str:
    names = (
        ", ".join(f"`{name}`" for name in parameter.opts)
        if parameter.opts[0].startswith("-")
        else f"`{parameter.name.upper()}`"
    )
    default = parameter.default
    shown = "" if default is None or default is False or callable(default) else f"`{default}`"
    if getattr(parameter, "required", False):
        shown = "required"
    return f"| {names} | {shown} | {_cell(getattr(parameter, 'help', None) or '')} |\n"


def settings() -> str:
    """Return the page of settings, one table a file and sub-table."""
    text = (
        HEAD
        + "# Settings\n\nEvery key of every file, and of the trainer of policies. Unknown keys are errors that name the nearest known one.\n"
    )
    for name, model in FILES.items():
        text += f"\n## `{name}`\n\n{_first_line(model)}\n"
        for prefix, table in _tables(model, ""):
            text += f"\n### `[{prefix}]`\n\n{_first_line(table)}\n" if prefix else ""
            text += "\n| key | type | default | what |\n|---|---|---|---|\n"
            for key, field in table.model_fields.items():
                default = "required" if field.is_required() else _default(field)
                text += (
                    f"| `{key}` | {_cell(_type(field.annotation))} | {default} | {_cell(field.description or '')} |\n"
                )
    return text


def _tables(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, type[BaseModel]]]:
    yield prefix, model
    for key, field in model.model_fields.items():
        for inner, many in _models(field.annotation):
            suffix = f"{key}.<name>" if many == "dict" else key
            yield from _tables(inner, f"{prefix}.{suffix}" if prefix else suffix)


def _models(annotation: Any, many: str = "") -> Iterator[tuple[type[BaseModel], str]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation, many
    origin = getattr(annotation, "__origin__", None)
    for argument in get_args(annotation):
        yield from _models(argument, "dict" if origin is dict else many)


def _type(annotation: Any) -> str:
    if annotation is type(None):
        return "None"
    if isinstance(annotation, type) and not get_args(annotation):
        return annotation.__name__
    if isinstance(annotation, UnionType) or get_origin(annotation) is Union:
        return " | ".join(_type(one) for one in get_args(annotation))
    if get_origin(annotation) is Annotated:
        return _type(get_args(annotation)[0])
    if get_origin(annotation) in (dict, list, tuple):
        return f"{get_origin(annotation).__name__}[{', '.join(_type(one) for one in get_args(annotation))}]"
    return str(annotation).replace("typing.", "").split("[Annotated", maxsplit=1)[0]


def _default(field: Any) -> str:
    value = field.default if field.default is not PydanticUndefined else field.default_factory()
    if isinstance(value, BaseModel):
        return "see its table"
    return f"`{value!r}`" if value not in ("", None) else "none"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _first_line(model: type[BaseModel]) -> str:
    return (model.__doc__ or "").strip().split("\n\n")[0]


def failures() -> str:
    """Return the page of failures."""
    text = (
        HEAD + "# Failures\n\nThe one table that says what a failure means. An agent's failure is an outcome of 0; the "
    )
    text += "infrastructure's is never a score: the job is tried again, then its cell is reopened.\n\n"
    text += "| failure | cause | tried again | counts as 0 | meaning |\n|---|---|---|---|---|\n"
    for failure, rule in TABLE.items():
        text += f"| `{failure}` | {rule.cause} | {_yes(rule.retry)} | {_yes(rule.counts)} | {rule.meaning} |\n"
    return text


def _yes(value: bool) -> str:
    return "yes" if value else "no"


if __name__ == "__main__":
    HERE.mkdir(exist_ok=True)
    for page, content in pages().items():
        (HERE / page).write_text(content)
