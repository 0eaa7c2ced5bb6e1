"""Which back-end: the strongest that works here, or the one that is named. Tried for real."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from rqgm.core.errors import ConfigError, InfrastructureError, NoSandboxError, UnknownNameError
from rqgm.sandbox.protocol import Probe

if TYPE_CHECKING:
    from collections.abc import Callable

    from rqgm.sandbox.profile import Profile
    from rqgm.sandbox.protocol import Backend, Completed

AUTO = "auto"
STRONGEST_FIRST = ("docker", "bubblewrap", "process")
# What no model writes needs no stronger wall than bubblewrap's, which starts ten times faster than a container.
TRUSTED_FIRST = ("bubblewrap", "docker", "process")
GROUP = "rqgm.sandboxes"
UNSAFE = (
    "`process` is limits only, not isolation: it runs workspaces marked `trusted = true`, or anything with "
    "--allow-unsafe (then what evolves can read and change whatever you can)"
)


def known_backends() -> list[str]:
    """Return the names of all back-ends, ours strongest first, then plug-ins."""
    plugins = sorted(point.name for point in entry_points(group=GROUP) if point.name not in STRONGEST_FIRST)
    return [*STRONGEST_FIRST, *plugins]


def make_backend(name: str) -> Backend:
    """Return a back-end by name; UnknownNameError lists the known ones."""
    if name == "docker":
        from rqgm.sandbox.docker import DockerBackend  # noqa: PLC0415  # imported where it is used

        return DockerBackend()
    if name == "bubblewrap":
        from rqgm.sandbox.bubblewrap import BubblewrapBackend  # noqa: PLC0415

        return BubblewrapBackend()
    if name == "process":
        from rqgm.sandbox.process import ProcessBackend  # noqa: PLC0415

        return ProcessBackend()
    for point in entry_points(group=GROUP):
        if point.name == name:
            backend: Backend = point.load()()
            return backend
    raise UnknownNameError("sandbox back-end", name, [AUTO, *known_backends()])


async def choose(
    name: str = AUTO,
    *,
    trusted: bool,
    allow_unsafe: bool,
    profile: Profile | None = None,
    tell: Callable[[str], None] | None = None,
) -> Backend:
    """Return the back-end to use; with `profile`, one that can make it ready and run a first command in it.

    `auto` is the strongest that works; for a trusted workspace, the fastest that isolates.
    `tell` gets one line for each preferred back-end that was passed over, and one for the one that was taken. Raises
    NoSandboxError (exit 3) with remedies when there is none, UnknownNameError for a name that is not known.
    """
    tell = tell or (lambda _: None)
    refusals = []
    preferred = TRUSTED_FIRST if trusted else STRONGEST_FIRST
    for candidate in preferred if name == AUTO else (name,):
        backend = make_backend(candidate)
        probe = await examine(backend, profile, trusted=trusted, allow_unsafe=allow_unsafe)
        if probe.usable:
            tell(f"sandbox: {candidate} ({probe.detail})")
            return backend
        refusal = f"{candidate}: {probe.detail}" + (f"; {probe.remedy}" if probe.remedy else "")
        refusals.append(refusal)
        tell(f"sandbox: not {refusal}")
    raise NoSandboxError("no usable sandbox\n  " + "\n  ".join(refusals))


async def examine(backend: Backend, profile: Profile | None, *, trusted: bool, allow_unsafe: bool) -> Probe:
    """Tell whether a run may use a back-end, and whether it works."""
    if not backend.isolated and not (trusted or allow_unsafe):
        return Probe(usable=False, detail="not allowed here", remedy=UNSAFE)
    probe = await backend.probe()
    if not probe.usable or profile is None:
        return probe
    try:
        await backend.prepare(profile)
        done = await _first_command(backend, profile)
    except InfrastructureError as error:
        return Probe(usable=False, detail=str(error))
    except ConfigError as error:
        return Probe(usable=False, detail=str(error), remedy="see docs/sandboxes.md, profiles")
    if done.exit_code:
        detail = done.stderr.decode("utf-8", "replace")[-300:]
        return Probe(usable=False, detail=f"a first command failed with exit code {done.exit_code}: {detail}")
    return probe


async def _first_command(backend: Backend, profile: Profile) -> Completed:
    sandbox = await backend.start(profile, "probe")
    try:
        return await sandbox.run(["python3", "-I", "-S", "-c", "pass"], cwd="/")
    finally:
        await sandbox.close()
