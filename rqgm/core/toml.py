"""TOML files at the border: read, checked against a strict model, refused with file, key, found and allowed."""

from __future__ import annotations

import difflib
import tomllib
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError

from rqgm.core.errors import ArtifactError, ConfigError
from rqgm.core.text import clean
from rqgm.core.trees import read_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_TOML_BYTES = 1 << 20
Model = TypeVar("Model", bound=BaseModel)


def read_toml(path: Path) -> dict[str, Any]:
    """Return the content of a TOML file that may be hostile; ConfigError if it is missing, a link, or not TOML."""
    try:
        return tomllib.loads(read_file(path, path.name, MAX_TOML_BYTES).data.decode())
    except ArtifactError as error:
        raise ConfigError(f"{path}: {error}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(f"{path}: is not TOML: {error}") from error


def parse(data: Any, model: type[Model], where: object) -> Model:
    """Return `data` as `model`, or raise a ConfigError that names `where` and the key."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise ConfigError(f"{where}: {explain(error, model)}") from error


def explain(error: ValidationError, model: type[BaseModel]) -> str:
    """Return one line for the first thing that is wrong: key, what was found, what is allowed, the nearest name."""
    # An unknown key comes first: a key that is missing is most often the one that was misspelt.
    first = min(error.errors(include_url=False), key=lambda found: found["type"] != "extra_forbidden")
    key = ".".join(str(part) for part in first["loc"]) or "the whole"
    if first["type"] == "extra_forbidden":
        return _unknown(str(first["loc"][-1]), key, _fields_at(model, first["loc"][:-1]))
    if first["type"] == "missing":
        return f"{key}: is missing"
    found = clean(repr(first["input"]), 80)
    return f"{key}: {first['msg'].removeprefix('Value error, ')} (found {found})"


def _unknown(name: str, key: str, allowed: list[str]) -> str:
    near = difflib.get_close_matches(name, allowed, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return f"{key}: unknown key{hint} Allowed: {', '.join(allowed) or 'none'}"


def _fields_at(model: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    """Return the keys that the table at `loc` may have."""
    current = model
    branches: list[type[BaseModel]] = []  # of the union that the last field holds
    named = False  # whether `part` is a key of a dictionary, which may look like a field's name
    for part in loc:
        branch = next((one for one in branches if _tag(one) == part), None)
        field = None if named or branch else current.model_fields.get(str(part))
        named = False
        if branch:
            current, branches = branch, []
        if field is None:
            continue  # an index of a list, a dictionary's key, or the name of a union's branch
        named = get_origin(field.annotation) is dict
        found = list(_models_in(field.annotation))
        branches = found if len(found) > 1 else []
        current = found[0] if found else current
    return sorted(current.model_fields)


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models_in(inner)


def _tag(model: type[BaseModel]) -> object:
    """Return the `kind` by which a union knows this model."""
    field = model.model_fields.get("kind")
    return get_args(field.annotation)[0] if field and get_args(field.annotation) else None
