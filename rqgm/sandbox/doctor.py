"""The doctor: which back-ends work on this machine, why not, what to do, and how quick they are."""

from __future__ import annotations

import asyncio
import platform
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rqgm.core.errors import RqgmError
from rqgm.sandbox.backends import STRONGEST_FIRST, known_backends, make_backend

if TYPE_CHECKING:
    from rqgm.sandbox.profile import Profile
    from rqgm.sandbox.protocol import Backend

KERNEL_FACTS = {
    "user namespaces allowed": "/proc/sys/user/max_user_namespaces",
    "unprivileged user namespaces (Debian)": "/proc/sys/kernel/unprivileged_userns_clone",
    "AppArmor restricts user namespaces": "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
    "ptrace scope (Yama)": "/proc/sys/kernel/yama/ptrace_scope",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """What the doctor says of one back-end; times are of one sandbox, None where it could not be started."""

    name: str
    usable: bool
    isolated: bool
    detail: str
    remedy: str = ""
    start_ms: float | None = None
    run_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All back-ends, what `auto` takes (for code that a model writes), and what the kernel says."""

    backends: list[Finding]
    auto: str | None
    facts: dict[str, str]

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return asdict(self)


async def examine_machine(profile: Profile) -> Diagnosis:
    """Try every back-end with `profile`: start one sandbox, run one command, close it."""
    findings = [await _examine(name, profile) for name in known_backends()]
    usable = {finding.name for finding in findings if finding.usable and finding.isolated}
    auto = next((name for name in STRONGEST_FIRST if name in usable), None)
    return Diagnosis(findings, auto, await asyncio.to_thread(kernel_facts))


async def _examine(name: str, profile: Profile) -> Finding:
    isolated = False
    try:
        backend = make_backend(name)
        isolated = backend.isolated
        probe = await backend.probe()
        if not probe.usable:
            return Finding(name, usable=False, isolated=isolated, detail=probe.detail, remedy=probe.remedy)
        await backend.prepare(profile)
        start_ms, run_ms = await time_one(backend, profile)
    except RqgmError as error:
        return Finding(name, usable=False, isolated=isolated, detail=str(error))
    detail = probe.detail
    return Finding(name, usable=True, isolated=isolated, detail=detail, start_ms=start_ms, run_ms=run_ms)


async def time_one(backend: Backend, profile: Profile) -> tuple[float, float]:
    """Return the milliseconds that one start and one empty Python take."""
    before = time.perf_counter()
    sandbox = await backend.start(profile, "doctor")
    try:
        started = time.perf_counter()
        await sandbox.run(["python3", "-I", "-S", "-c", "pass"], cwd="/")
        ran = time.perf_counter()
    finally:
        await sandbox.close()
    return round(1e3 * (started - before), 1), round(1e3 * (ran - started), 1)


def kernel_facts() -> dict[str, str]:
    """Return what decides which back-ends can work here."""
    facts = {"system": platform.platform()}
    for name, path in KERNEL_FACTS.items():
        try:
            facts[name] = Path(path).read_text(encoding="utf-8").strip()
        except OSError:
            continue
    unified = Path("/sys/fs/cgroup/cgroup.controllers").exists()
    facts["control groups"] = "version 2" if unified else "version 1, mixed, or none"
    return facts
