"""Prompts of seats that a model fills: templates in the panel's folder, read once, with all that they include."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from rqgm.core.errors import ArtifactError, ConfigError, UnknownNameError
from rqgm.core.text import clean
from rqgm.core.trees import check_path
from rqgm.judging.exhibits import PromptError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from jinja2.sandbox import ImmutableSandboxedEnvironment

VARIABLES = ("instruction", "files", "task_files", "diff", "criteria", "heard")
ARTIFACT_VARIABLES = frozenset({"files", "diff"})
MAX_FILES = 64
MAX_FILE_BYTES = 200_000


@dataclass(frozen=True)
class Prompt:
    """A template and the texts of all templates that it may include, by their paths in the panel's folder."""

    name: str
    texts: Mapping[str, str]

    @cached_property
    def _environment(self) -> ImmutableSandboxedEnvironment:
        return environment(self.texts)

    def uses(self, variable: str) -> bool:
        """Tell whether the template, or one that it includes, shows a variable."""
        from jinja2.meta import find_undeclared_variables  # noqa: PLC0415

        return any(variable in find_undeclared_variables(self._environment.parse(text)) for text in self.texts.values())

    def render(self, variables: Mapping[str, object]) -> str:
        """Return the prompt; PromptError says why the template fails on these variables."""
        try:
            return self._environment.get_template(self.name).render(**variables)
        except Exception as error:
            # The named border: an expression of a template may raise anything, and an artifact can bring it about.
            raise PromptError(clean(f"{self.name}: {type(error).__name__}: {error}", 300)) from error


def environment(texts: Mapping[str, str]) -> ImmutableSandboxedEnvironment:
    """Return where templates are rendered: they reach nothing but `texts`, and what is undefined is an error."""
    from jinja2 import DictLoader, StrictUndefined  # noqa: PLC0415  # only panels with such a seat need it
    from jinja2.sandbox import ImmutableSandboxedEnvironment  # noqa: PLC0415

    return ImmutableSandboxedEnvironment(
        loader=DictLoader(texts), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )


def load_prompt(folder: Path, name: str, where: str) -> Prompt:
    """Read a prompt and everything that it includes; ConfigError names `where`, the file and the remedy."""
    from jinja2.meta import find_referenced_templates, find_undeclared_variables  # noqa: PLC0415

    texts: dict[str, str] = {}
    used: set[str] = set()
    waiting = [name]
    while waiting:
        path = waiting.pop()
        if path in texts:
            continue
        if len(texts) == MAX_FILES:
            raise ConfigError(f"{where}: {name} includes more than {MAX_FILES} files")
        texts[path] = _read(folder, path, where)
        tree = _parsed(texts, path, where)
        found = find_undeclared_variables(tree) - set(environment({}).globals)
        if path == name and found - set(VARIABLES):
            raise UnknownNameError("variable", min(found - set(VARIABLES)), VARIABLES, f"{where}: {path}")
        used |= found
        for included in find_referenced_templates(tree):
            if included is None:
                raise ConfigError(f"{where}: {path} includes by a name that is computed; write the file's name out")
            waiting.append(included)
    if not used & ARTIFACT_VARIABLES:
        raise ConfigError(f"{where}: {name} shows nothing of the artifact; put {{{{ files }}}} or {{{{ diff }}}} in it")
    return Prompt(name, texts)


def _read(folder: Path, path: str, where: str) -> str:
    """Return a template's text. No path leads out of the panel's folder, by its parts or by a link."""
    try:
        place = folder / check_path(path)
    except ArtifactError as error:
        raise ConfigError(f"{where}: {path!r} is not a file inside of the panel's folder") from error
    if place.resolve() != folder.resolve() / path:
        raise ConfigError(f"{where}: {path!r} is a link or leads through one; put the file itself into the panel")
    if not place.is_file():
        raise ConfigError(f"{where}: {path!r}: there is no such file in the panel's folder")
    data = place.read_bytes()
    if len(data) > MAX_FILE_BYTES:
        raise ConfigError(f"{where}: {path!r} is larger than {MAX_FILE_BYTES} bytes")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise ConfigError(f"{where}: {path!r} is not UTF-8") from error


def _parsed(texts: Mapping[str, str], path: str, where: str) -> Any:
    from jinja2 import TemplateSyntaxError  # noqa: PLC0415

    try:
        return environment(texts).parse(texts[path])
    except TemplateSyntaxError as error:
        raise ConfigError(f"{where}: {path}, line {error.lineno}: {error.message}") from error
