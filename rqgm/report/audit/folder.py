"""Checks of a run's folder as files: nothing but plain files where they belong, the lock, the copies of the inputs."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rqgm.core.errors import RqgmError
from rqgm.report.audit.findings import Sheet
from rqgm.run.lock import (
    INPUTS,
    hash_inputs,
    load_inputs,
    load_own_panels,
    load_own_profile,
    load_own_talks,
    read_lock,
)

if TYPE_CHECKING:
    from pathlib import Path

    from rqgm.judging.panel import Panel
    from rqgm.orchestration.talk import Talk
    from rqgm.report.audit.findings import Finding
    from rqgm.run.lock import Lock
    from rqgm.sandbox.profile import Profile
    from rqgm.tasks.suite import Suite

KNOWN = frozenset({"run.lock.json", "lineage.git", "blobs", INPUTS, "held"})
DATABASES = ("ledger.sqlite", "calls.sqlite")
MAX_FILE_BYTES = 512 << 20
"""Of any file but the databases, which are read row by row."""
_BESIDE = ("-wal", "-shm", "-journal")


def check_layout(folder: Path) -> Finding:
    """Look for what does not belong: links, devices, pipes and sockets (which nobody must follow), unknown files."""
    sheet = Sheet("layout")
    files = size = 0
    for directory, folders, names in os.walk(folder, followlinks=False):
        for name in [*folders, *names]:
            status = os.lstat(f"{directory}/{name}")
            where = os.path.relpath(f"{directory}/{name}", folder)
            if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
                sheet.fault(where, "neither a plain file nor a folder; nothing of it was read")
            elif stat.S_ISREG(status.st_mode):
                files, size = files + 1, size + status.st_size
                sheet.expect(status.st_nlink == 1, where, "a hard link: something outside may change it")
                large = status.st_size > MAX_FILE_BYTES and not name.startswith(DATABASES)
                sheet.expect(not large, where, f"{status.st_size} bytes: no file of a run is so large")
    for path in sorted(folder.iterdir()):
        known = path.name in KNOWN or path.name in {f"{d}{b}" for d in DATABASES for b in ("", *_BESIDE)}
        if not known:
            sheet.note(f"{path.name}: not a part of a run; nothing reads it")
        elif path.name.endswith(("-wal", "-journal")) and path.stat().st_size:
            sheet.note(f"{path.name}: the run is open, or was killed; what is in it was read")
    return sheet.close(f"{files} files, {size / 2**20:.1f} MiB")


def check_lock(folder: Path) -> tuple[Finding, Lock | None]:
    """Check the lock's own hash; return it where it could be read."""
    sheet = Sheet("lock")
    try:
        lock = read_lock(folder)
    except (RqgmError, OSError, RecursionError, UnicodeDecodeError) as error:
        sheet.fault("run.lock.json", str(error))
        return sheet.close(), None
    if not lock.isolated:
        sheet.note("the sandbox was not isolated: what ran in it could have reached this record")
    return sheet.close(f"{lock.hash[:12]}: {lock.run} on {lock.sandbox}, rqgm {lock.versions.get('rqgm')}"), lock


@dataclass(frozen=True)
class Inputs:
    """A run's own copies of what it reads, as the lock has them."""

    suites: dict[str, Suite]
    panels: dict[str, Panel]
    profile: Profile
    talks: dict[str, Talk]


def check_inputs(folder: Path, lock: Lock) -> tuple[Finding, Inputs | None]:
    """Check the run's own copies of suites, panels, profile and policies against the lock."""
    sheet = Sheet("inputs")
    try:
        suites = load_inputs(folder, lock)
        panels = load_own_panels(folder, lock, asked=False)
        profile = load_own_profile(folder, lock)
        talks = load_own_talks(folder, lock, asked=False)
    except (RqgmError, OSError, UnicodeDecodeError, RecursionError) as error:
        sheet.fault(INPUTS, str(error))
        return sheet.close(), None
    if lock.inputs is None:
        sheet.note("made before the lock kept a hash of every byte: only what decides outcomes is covered")
    elif hash_inputs(folder) != lock.inputs:
        sheet.fault(INPUTS, "a file was added, taken away or altered (none that decides outcomes)")
    figure = f"{len(suites)} suites, {len(panels)} panels, 1 profile"
    return sheet.close(figure), Inputs(suites, panels, profile, talks)
