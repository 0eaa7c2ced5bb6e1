"""Processes: who is there, what they use, and how to end them all."""

# ruff: noqa: PTH123, PTH208, SIM105  # pathlib and contextlib cost too much of a start

from __future__ import annotations

import os
import resource
import time

from rqgm.sandbox.keeper.line import EngineGoneError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
    from collections.abc import Iterator
else:
    import _signal as signal

PAGE = os.sysconf("SC_PAGE_SIZE")
CLOCK = os.sysconf("SC_CLK_TCK")


def numbers(path: str) -> list[str]:
    """Return the fields of a /proc file (of `stat`, those after the name); none when the process is gone."""
    try:
        with open(path, "rb") as file:
            return file.read().rpartition(b")")[2].decode().split()
    except OSError:
        return []


def descendants() -> Iterator[int]:
    """Yield all processes below this one, parents first."""
    seen: set[int] = set()
    parents = [os.getpid()]
    while parents:
        parent = parents.pop()
        try:
            tasks = os.listdir(f"/proc/{parent}/task")
        except OSError:
            continue
        for task in tasks:
            for child in map(int, numbers(f"/proc/{parent}/task/{task}/children")):
                if child not in seen:
                    seen.add(child)
                    parents.append(child)
                    yield child


def everyone() -> Iterator[int]:
    """Yield all processes that a command started: as process 1, all others; else our descendants."""
    if os.getpid() == 1:
        return (int(name) for name in os.listdir("/proc") if name.isdigit() and name != "1")
    return descendants()


def kill_everyone(give_up_s: float = 20.0) -> None:
    """Kill whatever is left of a command, and do not return before it is gone."""
    deadline = time.monotonic() + give_up_s
    while time.monotonic() < deadline:
        if os.getpid() == 1:
            # One call, atomic against forks: nothing that is being born escapes.
            _signal(-1, signal.SIGKILL)
        else:
            _kill_groups()
        if not _reap() and next(everyone(), None) is None:
            return
        time.sleep(0.001)
    raise EngineGoneError


def _kill_groups() -> None:
    """Kill the descendants by process groups: for each group that is one call, atomic against forks."""
    own = os.getpgrp()
    for pid in everyone():
        try:
            group = os.getpgid(pid)
            if group == own:
                os.kill(pid, signal.SIGKILL)
            else:
                os.killpg(group, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            continue


def _signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        pass


def _reap() -> bool:
    """Collect dead children; tell whether any child is left."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return False
    return True


def cpu_seconds() -> float:
    """Return the CPU time of all dead children so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def oom_kills() -> int:
    """Return how often the kernel killed in this control group for memory (version 2, then version 1)."""
    for path in ("/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control"):
        fields = numbers(path)
        if "oom_kill" in fields:
            return int(fields[fields.index("oom_kill") + 1])
    return 0


def cpu_of(pids: set[int]) -> float:
    """Return the CPU time of living processes and of the children that they collected."""
    return sum(sum(map(int, numbers(f"/proc/{pid}/stat")[11:15])) for pid in pids) / CLOCK


def memory_over(pids: set[int], limit: int) -> bool:
    """Tell whether processes use more memory together; pages that they share are counted once."""
    if sum(int(fields[1]) * PAGE for pid in pids if (fields := numbers(f"/proc/{pid}/statm"))) <= limit:
        return False
    total = 0
    for pid in pids:
        fields = numbers(f"/proc/{pid}/smaps_rollup")
        total += int(fields[fields.index("Pss:") + 1]) * 1024 if "Pss:" in fields else 0
    return total > limit


def exit_code_of(status: int) -> int:
    """Return a wait status as 0-255, 128 + signal when killed."""
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code
