"""Directed graphs as mappings from a name to the names that it needs."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from rqgm.core.errors import ConfigError, UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


def ordered(needs: Mapping[str, Collection[str]], where: str) -> list[str]:
    """Return the names, each after those that it needs.

    Raises, with `where` in the message, UnknownNameError when a name is needed that there is not, and ConfigError when
    names need each other in a circle.
    """
    for name, wanted in needs.items():
        for other in wanted:
            if other not in needs:
                raise UnknownNameError("name", other, needs, f"{where}.{name}")
    try:
        return list(TopologicalSorter(needs).static_order())
    except CycleError as error:
        circle = " → ".join(reversed(error.args[1]))
        raise ConfigError(f"{where}: {circle}: each needs the next, in a circle; take one need out") from error
