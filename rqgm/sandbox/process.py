"""The `process` back-end: limits only, *not* isolation. For workspaces that no model writes, and for tests."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from rqgm.core.errors import InfrastructureError
from rqgm.core.hashes import hash_json, sha256
from rqgm.sandbox.connection import BOOT
from rqgm.sandbox.kept import KeptSandbox
from rqgm.sandbox.local import LocalKeeper, interpreter
from rqgm.sandbox.packages import PACKAGES, entries, versions
from rqgm.sandbox.protocol import Probe

if TYPE_CHECKING:
    from rqgm.sandbox.profile import Profile


TOOLS = "opt/rqgm/bin"


def runtime_digest(profile: Profile) -> str:
    """Return a digest of the engine's interpreter, the platform and the profile: what runs without an image."""
    lent = versions(profile.packages)
    return hash_json([sys.version, platform.platform(), profile.model_dump(mode="json"), *([lent] if lent else [])])


class ProcessBackend:
    """Commands are plain processes over a scratch folder, which stands for "/"."""

    name = "process"
    isolated = False

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or Path(tempfile.gettempdir())

    async def probe(self) -> Probe:
        """Tell that it works: on Linux and macOS it does."""
        if os.name != "posix":
            return Probe(usable=False, detail="needs a POSIX system", remedy="use Linux, macOS or WSL")
        return Probe(usable=True, detail="limits only, not isolation")

    async def prepare(self, profile: Profile) -> str:
        """Return the digest of the engine's own interpreter."""
        return runtime_digest(profile)

    async def start(self, profile: Profile, label: str, gateway: Path | None = None) -> KeptSandbox:
        """Start one in a new scratch folder, which the keeper removes at its end, also when the engine was killed."""
        python = interpreter()
        base = self._make_scratch(label, python, profile)
        hello = {"kind": "host", "base": str(base)}
        try:
            keeper = await LocalKeeper.start([str(python), "-I", "-S", "-c", BOOT], hello)
        except BaseException:
            shutil.rmtree(base, ignore_errors=True)
            raise

        async def end() -> None:
            await keeper.end()
            shutil.rmtree(base, ignore_errors=True)

        path = f"{base}/{TOOLS}:/usr/local/bin:/usr/bin:/bin"
        seen = str(gateway) if gateway else ""
        env = {"PYTHONPATH": f"{base}{PACKAGES}"} if profile.packages else {}
        return KeptSandbox(keeper.connection, profile, end, root=str(base), path=path, gateway=seen, env=env)

    def _make_scratch(self, label: str, python: Path, profile: Profile) -> Path:
        try:
            base = Path(tempfile.mkdtemp(prefix=f"{_prefix(label)}{os.getpid()}-", dir=self._folder)).resolve()
            (base / TOOLS).mkdir(parents=True)
            for name in ("python3", "python"):
                (base / TOOLS / name).symlink_to(python)
            if profile.packages:
                (base / PACKAGES[1:]).mkdir()
                for name, place in entries(profile.packages).items():
                    (base / PACKAGES[1:] / name).symlink_to(place)
        except OSError as error:
            raise InfrastructureError(f"{self._folder}: no scratch folder can be made: {error.strerror}") from error
        return base

    async def reap(self, label: str) -> int:
        """Remove scratch folders of this run whose engine and keeper are gone."""
        left = [path for path in self._folder.glob(f"{_prefix(label)}*") if not _alive(path)]
        for path in left:
            shutil.rmtree(path, ignore_errors=True)
        return len(left)


def _prefix(label: str) -> str:
    return f"rqgm-{sha256(label.encode())[:12]}-"


def _alive(path: Path) -> bool:
    """Tell whether the engine that made a scratch folder still runs; its process id is in the name."""
    try:
        os.kill(int(path.name.split("-")[2]), 0)
    except (ProcessLookupError, ValueError, IndexError):
        return False
    except PermissionError:
        pass
    return True
