"""The `bubblewrap` back-end: rootless isolation by Linux namespaces, no daemon, no image.

Two bubblewraps, one in the other. The outer one lives as long as the sandbox: it sees the engine's own Python and /usr,
read-only, and holds our keeper and a size-limited memory disk with all that may be written. For each command the keeper
starts an inner one: namespaces, a user and a system-call filter of its own. So a command can neither see nor signal the
keeper, whatever it placed is mounted read-only, and when the command ends the kernel kills all that it left.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rqgm.core.errors import ConfigError, InfrastructureError, SandboxLostError
from rqgm.core.grants import GATEWAY
from rqgm.sandbox.connection import BOOT
from rqgm.sandbox.kept import KeptSandbox
from rqgm.sandbox.local import LocalKeeper, interpreter
from rqgm.sandbox.packages import PACKAGES, entries
from rqgm.sandbox.process import runtime_digest
from rqgm.sandbox.profile import Profile
from rqgm.sandbox.protocol import Probe
from rqgm.sandbox.seccomp import bpf_filter

if TYPE_CHECKING:
    from typing import Any

USER = 64_321
"""The user of commands when the engine is root; else it is the engine's own, in a user namespace."""
TOOLS = "/opt/rqgm/bin"
ETC = ("/etc/alternatives", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d")
PROBE = Profile(name="probe", memory_mb=64, wall_s=20, cpu_s=10)
REMEDY = "install bubblewrap (0.8 or newer) and allow unprivileged user namespaces (see docs/sandboxes.md)"


class BubblewrapBackend:
    """Sandboxes in two nested bubblewraps; needs Linux, bwrap and user namespaces."""

    name = "bubblewrap"
    isolated = True

    def __init__(self, program: str = "bwrap") -> None:
        self._program = program

    async def probe(self) -> Probe:
        """Tell whether it works, by running a command in a sandbox."""
        program = shutil.which(self._program)
        if not sys.platform.startswith("linux") or program is None:
            return Probe(usable=False, detail=f"{self._program} is not installed", remedy=REMEDY)
        try:
            sandbox = await self.start(PROBE, "probe")
            try:
                code = "import sys; print(sys.version)"
                completed = await sandbox.run(["python3", "-I", "-S", "-c", code], cwd="/")
            finally:
                await sandbox.close()
        except (InfrastructureError, SandboxLostError) as error:
            return Probe(usable=False, detail=str(error)[:400], remedy=REMEDY)
        if completed.stdout.decode("utf-8", "replace").strip() != sys.version:
            detail = (completed.stderr or completed.stdout).decode("utf-8", "replace")[-400:]
            return Probe(usable=False, detail=f"the engine's Python does not run in it: {detail}", remedy=REMEDY)
        return Probe(usable=True, detail=f"{await _version(program)}, {_user()}")

    async def prepare(self, profile: Profile) -> str:
        """Return the digest of the engine's own interpreter; an image, a runtime and a network are docker's."""
        if profile.network != "none":
            raise ConfigError(f"profile {profile.name!r}: network = {profile.network!r} needs the docker back-end")
        return runtime_digest(profile)

    async def start(
        self,
        profile: Profile,
        label: str,  # noqa: ARG002  # the kernel reaps
        gateway: Path | None = None,
    ) -> KeptSandbox:
        """Start one; the kernel ends all of it when the engine dies, so that no label is needed."""
        as_root = os.geteuid() == 0
        hello: dict[str, Any] = {
            "kind": "cage",
            "cage": _inner(self._program),
            "seccomp": bpf_filter().hex(),
            "uid": USER if as_root else None,
        }
        command = [f"{TOOLS}/python3", "-I", "-S", "-c", BOOT]
        outer = _outer(self._program, profile, as_root=as_root, gateway=gateway)
        keeper = await LocalKeeper.start([*outer, "--", *command], hello)

        async def end() -> None:
            await keeper.end()

        path = f"{TOOLS}:/usr/local/bin:/usr/bin:/bin"
        seen, env = GATEWAY if gateway else "", {"PYTHONPATH": PACKAGES} if profile.packages else {}
        return KeptSandbox(keeper.connection, profile, end, path=path, gateway=seen, env=env)

    async def reap(self, label: str) -> int:  # noqa: ARG002
        """Nothing is ever left: everything dies with the engine."""
        return 0


def _outer(program: str, profile: Profile, *, as_root: bool, gateway: Path | None) -> list[str]:
    argv = [program, "--unshare-pid", "--unshare-ipc", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"]
    argv += ["--die-with-parent", "--new-session", "--as-pid-1", "--hostname", "sandbox"]
    # Root keeps its rights in here so that it can give each command another user; it mounts /proc itself, because the
    # one that bubblewrap mounts for root has parts covered, and then the kernel refuses another one further in.
    argv += ["--cap-add", "ALL", "--dir", "/proc"] if as_root else ["--unshare-user", "--proc", "/proc"]
    argv += ["--dev", "/dev", *_runtime(interpreter())]
    if profile.packages:
        argv += _open_folders(Path(PACKAGES))
        for name, place in entries(profile.packages).items():
            argv += ["--ro-bind", str(place), f"{PACKAGES}/{name}"]
    if gateway is not None:  # a socket can be connected to on a read-only mount
        argv += [*_open_folders(Path(GATEWAY)), "--ro-bind", str(gateway), GATEWAY]
    return [*argv, "--size", str(profile.disk_mb << 20), "--perms", "0755", "--tmpfs", "/.box/rw"]


def _runtime(python: Path) -> list[str]:
    """Return the read-only binds of a minimal system and of the engine's Python, without installed packages."""
    argv = ["--ro-bind", "/usr", "/usr"]
    for name in ("bin", "sbin", "lib", "lib32", "lib64"):
        path = Path("/", name)
        if path.is_symlink():
            argv += ["--symlink", str(path.readlink()), str(path)]
        elif path.is_dir():
            argv += ["--ro-bind", str(path), str(path)]
    argv += _open_folders(Path("/etc"), Path(TOOLS))
    for name in ETC:
        argv += ["--ro-bind-try", name, name]
    prefix = Path(sys.base_prefix).resolve()
    store = Path("/nix/store")
    for folder in {prefix, store if python.is_relative_to(store) else prefix}:
        if not folder.is_relative_to("/usr"):
            argv += [*_open_folders(folder.parent), "--ro-bind", str(folder), str(folder)]
    for packages in _packages(prefix):
        argv += ["--perms", "0755", "--tmpfs", str(packages), "--remount-ro", str(packages)]
    for name in ("python3", "python"):
        argv += ["--symlink", str(python), f"{TOOLS}/{name}"]
    return argv


def _open_folders(*folders: Path) -> list[str]:
    """Return the options that make folders and their parents, open to all: on the host they may be closed (a home)."""
    argv: list[str] = []
    for folder in folders:
        for part in [*list(folder.parents)[-2::-1], folder]:
            argv += ["--perms", "0755", "--dir", str(part)]
    return argv


def _packages(prefix: Path) -> list[Path]:
    """Return the folders with what the host installed for Python: covered, so that outcomes do not hang on it."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    folders = [prefix / "lib" / version / "site-packages", Path("/usr/lib/python3/dist-packages")]
    folders.append(Path("/usr/local/lib") / version / "dist-packages")
    return [folder for folder in dict.fromkeys(folders) if folder.is_dir()]


def _inner(program: str) -> list[str]:
    argv = [program, "--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
    argv += ["--die-with-parent", "--new-session", "--cap-drop", "ALL", "--hostname", "sandbox"]
    return [*argv, "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev"]


def _user() -> str:
    return f"commands run as user {USER}" if os.geteuid() == 0 else "rootless"


async def _version(program: str) -> str:
    process = await asyncio.create_subprocess_exec(program, "--version", stdout=asyncio.subprocess.PIPE)
    text = (await process.communicate())[0].decode("utf-8", "replace")
    found = re.search(r"\d+(\.\d+)+", text)
    return f"bubblewrap {found.group()}" if found else "bubblewrap"
