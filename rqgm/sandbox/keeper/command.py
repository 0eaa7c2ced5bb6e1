"""One command: started, watched, ended, answered for."""

# ruff: noqa: SIM105  # pathlib and contextlib cost too much of a start

from __future__ import annotations

import os
import resource
import select
import time
from itertools import islice

from rqgm.sandbox.keeper.line import CHUNK, CONTROL, EngineGoneError, LostError, send
from rqgm.sandbox.keeper.processes import (
    cpu_of,
    cpu_seconds,
    everyone,
    exit_code_of,
    kill_everyone,
    memory_over,
    oom_kills,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
    from typing import Any

    from rqgm.sandbox.keeper.place import Keeper
else:
    import _signal as signal

TICK_S = 0.02
NOT_STARTED = 127
KILLED = 128 + signal.SIGKILL


class Command:
    """One command: its process, its pipes, its limits and what it came to."""

    def __init__(self, keeper: Keeper, request: dict[str, Any], stdin: bytes) -> None:
        self.keeper = keeper
        self.request = request
        self.stdin = memoryview(stdin)
        self.output: dict[int, bytearray] = {}
        self.left = int(request["output_bytes"])
        self.flags = {"timed_out": False, "out_of_memory": False, "truncated": False}
        self.status: int | None = None
        self.cpu_s = 0.0
        self.told = b""
        self.cpu_before = cpu_seconds()
        self.oom_before = oom_kills()
        self.started = time.monotonic()

    def run(self) -> None:
        """Start, watch, kill what is left, answer."""
        self._start()
        try:
            self._watch()
            if self.status is None and any(self.flags.values()):
                self._measure(set(everyone()))
        finally:
            kill_everyone()
        self._drain()
        self._measure(set())
        wall_s, cpu_s = time.monotonic() - self.started, self.cpu_s
        self.flags["out_of_memory"] |= oom_kills() > self.oom_before
        self.flags["timed_out"] |= cpu_s > self.request["cpu_s"]
        exit_code = KILLED if self.status is None else exit_code_of(self.status)
        out, err = (bytes(self.output[fd]) for fd in (self.out_fd, self.err_fd))
        message = self._not_started(err) if exit_code and exit_code != KILLED else ""
        if message:
            exit_code, out, err = NOT_STARTED, b"", message.encode("utf-8", "replace")
        for fd in {self.in_fd, self.out_fd, self.err_fd, self.problem} - {-1}:
            os.close(fd)
        send({"exit": exit_code, "wall_s": wall_s, "cpu_s": cpu_s, "out": len(out), **self.flags}, out + err)

    def _start(self) -> None:
        """Fork; `problem` will tell whether the command could be started."""
        child_in, self.in_fd = os.pipe()
        self.out_fd, child_out = os.pipe()
        self.err_fd, child_err = os.pipe()
        self.output = {self.out_fd: bytearray(), self.err_fd: bytearray()}
        self.problem, child_problem = os.pipe()
        block, unblock = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                self._become(child_in, child_out, child_err, child_problem, block)
            except BaseException as error:  # noqa: BLE001  # border: a forked child must end here
                os.write(child_problem, str(error).encode("utf-8", "replace"))
            os._exit(NOT_STARTED)
        for fd in (child_in, child_out, child_err, child_problem, block):
            os.close(fd)
        for fd in (self.in_fd, self.out_fd, self.err_fd):
            os.set_blocking(fd, False)
        if self.keeper.cage:
            self._limit_processes()
        os.close(unblock)

    def _limit_processes(self) -> None:
        """Set the limit on processes when bubblewrap stands in a user namespace of its own, so that it counts there."""
        self.told = os.read(self.problem, CHUNK)
        if b'"child-pid": ' not in self.told:
            return
        pid = int(self.told.partition(b'"child-pid": ')[2].split()[0].strip(b",}"))
        limit = self.request["pids"] + 2
        try:
            # As the user: whoever has the same one may, and root in a container often lacks CAP_SYS_RESOURCE.
            self.keeper.as_user(lambda: resource.prlimit(pid, resource.RLIMIT_NPROC, (limit, limit)))
        except (OSError, LostError):
            pass  # the watcher counts as well

    def _become(self, child_in: int, child_out: int, child_err: int, problem: int, block: int) -> None:
        """Child: take on the limits and the user, and turn into the command."""
        os.setsid()
        for target, source in enumerate((child_in, child_out, child_err)):
            os.dup2(source, target)
        for number in (signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(number, signal.SIG_DFL)
        self.keeper.limit(self.request)
        argv, env = self.request["argv"], self.request["env"]
        cwd = env["PWD"] = self.keeper.base + self.request["cwd"]
        if self.keeper.cage:
            argv = [*self.keeper.inner(problem, block), "--chdir", cwd, "--", *argv]
        self.keeper.drop()
        if not self.keeper.cage:
            os.chdir(cwd)
        execute(argv, env)

    def _not_started(self, err: bytes) -> str:
        """Return why the command could not be started, '' if it was."""
        text = self.told + os.read(self.problem, CHUNK)
        if not self.keeper.cage:
            return text.decode("utf-8", "replace")
        if b'"exit-code"' in text or self.flags["timed_out"]:
            return ""
        if err.startswith((b"bwrap: execvp ", b"bwrap: Can't chdir")):
            return err.decode("utf-8", "replace").removeprefix("bwrap: ")
        raise LostError(f"bubblewrap could not set up the command: {(err or text)[:500]!r}")

    def _watch(self) -> None:
        """Move bytes until the command ends or breaks a limit."""
        poller = select.poll()
        poller.register(CONTROL, select.POLLIN)
        poller.register(self.keeper.wakeup, select.POLLIN)
        poller.register(self.in_fd, select.POLLOUT)
        for fd in self.output:
            poller.register(fd, select.POLLIN)
        deadline = self.started + self.request["wall_s"]
        next_look = self.started + TICK_S
        while self.status is None and not any(self.flags.values()):
            now = time.monotonic()
            if now >= deadline:
                self.flags["timed_out"] = True
            elif now >= next_look:
                if self._over():
                    return
                next_look = time.monotonic() + self.keeper.tick_s
            for fd, _ in poller.poll(max(0.0, min(deadline, next_look) - time.monotonic()) * 1000):
                self._serve(poller, fd)

    def _serve(self, poller: select.poll, fd: int) -> None:
        if fd == CONTROL:
            raise EngineGoneError  # nothing is sent during a run, so this is the end of the connection
        if fd == self.keeper.wakeup:
            os.read(fd, CHUNK)
            self._collect()
        elif fd == self.in_fd and not self._feed():
            poller.unregister(fd)
            os.close(fd)
            self.in_fd = -1
        elif fd in self.output and not self._take(fd):
            poller.unregister(fd)

    def _collect(self) -> None:
        """Reap; note our command's status if it is among the dead."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            if pid == self.pid:
                self.status = status

    def _feed(self) -> bool:
        """Write standard input; False when there is no more to write."""
        try:
            self.stdin = self.stdin[os.write(self.in_fd, self.stdin[:CHUNK]) :]
        except BlockingIOError:
            return True
        except BrokenPipeError:
            return False
        return bool(self.stdin)

    def _take(self, fd: int) -> bool:
        """Read output, no more than is allowed; False at the end."""
        try:
            chunk = os.read(fd, CHUNK)
        except BlockingIOError:
            return True
        self.output[fd] += chunk[: self.left]
        if len(chunk) > self.left:
            self.flags["truncated"] = True
        self.left = max(0, self.left - len(chunk))
        return bool(chunk)

    def _drain(self) -> None:
        """Read what the pipes still hold; all writers are dead."""
        for fd in self.output:
            while not self.flags["truncated"] and self._take(fd):
                pass

    def _over(self) -> bool:
        """Look at what the command uses; note a broken limit and tell whether there is one."""
        pids = set(islice(everyone(), self.request["pids"] + 17))
        if len(pids) > self.request["pids"] + 16:
            return True  # first of all: the rest takes the longer, the more there are
        self._measure(pids)
        self.flags["timed_out"] = self.cpu_s > self.request["cpu_s"]
        if self.keeper.watches_memory:
            self.flags["out_of_memory"] = memory_over(pids, self.request["memory_bytes"])
        else:
            self.flags["out_of_memory"] = oom_kills() > self.oom_before
        return any(self.flags.values()) or self.keeper.disk_over(self.request["disk_bytes"])

    def _measure(self, pids: set[int]) -> None:
        """Note the CPU time so far: of processes that are killed later the kernel may not tell."""
        self.cpu_s = max(self.cpu_s, cpu_of(pids) + cpu_seconds() - self.cpu_before)


def execute(argv: list[str], env: dict[str, str]) -> None:
    """Become a command, looked up on its own PATH."""
    folders = [""] if "/" in argv[0] else [folder + "/" for folder in env["PATH"].split(":")]
    problem: OSError = FileNotFoundError(2, "No such file or directory")
    for folder in folders:
        try:
            os.execve(folder + argv[0], argv, env)  # noqa: S606  # no shell is the point
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            problem = error
    raise OSError(problem.errno, f"{argv[0]}: {problem.strerror}")
