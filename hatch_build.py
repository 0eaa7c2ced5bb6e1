"""Build hook: put the shelves into real wheels as ``rqgm/_shelves``, but never into editable installs."""

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SHELVES = ("judges", "tasks", "sandboxes", "experiments", "archive/seeds", "archive/redteam", "archive/example")


class ShelvesHook(BuildHookInterface):  # type: ignore[type-arg]
    """Map every shelf of the checkout into the wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the mapping; an editable install reads the checkout itself."""
        if version != "editable":
            build_data["force_include"].update({shelf: f"rqgm/_shelves/{shelf}" for shelf in SHELVES})
