"""Python packages that a profile lends to sandboxes which run the engine's own Python: those beside the engine.

An image brings its own; `bubblewrap` and `process` have none. Everything that the named packages require comes along.
"""

from __future__ import annotations

import importlib.metadata
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from rqgm.core.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

PACKAGES = "/opt/rqgm/packages"
"""Where a sandbox has them; on PYTHONPATH."""


def versions(names: Iterable[str]) -> dict[str, str]:
    """Return every package that `names` need, themselves included, with its version; ConfigError if one is missing."""
    return {name: found.version for name, found in sorted(_closure(names).items())}


def entries(names: Iterable[str]) -> dict[str, Path]:
    """Return the files and folders to lend: {name in the packages' folder: where it lies}."""
    found: dict[str, Path] = {}
    for distribution in _closure(names).values():
        for file in distribution.files or ():
            top = file.parts[0]
            if top not in {"..", "__pycache__"}:  # no scripts of its own
                found.setdefault(top, distribution.locate_file(top))  # type: ignore[arg-type]  # a real folder's path
    return found


def _closure(names: Iterable[str]) -> dict[str, importlib.metadata.Distribution]:
    found: dict[str, importlib.metadata.Distribution] = {}
    wanted = [canonicalize_name(name) for name in names]
    while wanted:
        name = wanted.pop()
        if name in found:
            continue
        try:
            found[name] = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError as error:
            raise ConfigError(
                f"profile: packages: {name!r} is not installed; `pip install {name}` beside rqgm"
            ) from error
        for text in found[name].requires or ():
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                wanted.append(canonicalize_name(requirement.name))
    return found
