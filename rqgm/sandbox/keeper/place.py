"""The place: what the keeper knows about where it is, and what it does on request."""

# ruff: noqa: PTH101, PTH103, PTH123, SIM105  # pathlib and contextlib cost too much of a start

from __future__ import annotations

import os
import resource
import time

from rqgm.sandbox.keeper.command import KILLED, TICK_S, Command
from rqgm.sandbox.keeper.files import Walk, cut, folder_over, most_files, within, write_files
from rqgm.sandbox.keeper.line import LostError, RefusedError, send
from rqgm.sandbox.keeper.processes import exit_code_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
    from collections.abc import Callable
    from typing import Any
else:
    import _signal as signal

RW = "/.box/rw"
EMPTY = "/.box/empty"


class Keeper:
    """What is known about the place, and the three requests."""

    def __init__(self, hello: dict[str, Any]) -> None:
        self.kind: str = hello["kind"]
        self.cage: list[str] = hello.get("cage", [])
        self.seccomp = bytes.fromhex(hello.get("seccomp", ""))
        self.base: str = hello.get("base", "")
        self.uid: int | None = hello.get("uid")
        self.mounts: list[str] = hello.get("mounts", [])
        self.binds: dict[str, str] = {}
        self.writable: list[str] = []
        self.ran = False
        self.next_count = 0.0
        self.watches_memory = self.kind != "container"
        self.tick_s = TICK_S if self.watches_memory else 5 * TICK_S
        self.wakeup, wake = os.pipe()
        os.set_blocking(wake, False)
        os.set_blocking(self.wakeup, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self.libc = None if self.kind == "cage" and self.uid is None else load_libc()
        self._furnish()

    def _furnish(self) -> None:
        """Make the folders that are always there."""
        os.umask(0o022)
        if self.kind == "cage":
            if self.uid is not None and self.libc:
                self.libc.mount(b"proc", b"/proc", b"proc", 14, None)  # nosuid, nodev, noexec
            self.mounts = [RW]
            for path in ("/tmp", "/dev/shm"):  # noqa: S108  # inside
                self._add_writable(path)
            os.makedirs(EMPTY)
            user = os.getuid() if self.uid is None else self.uid
            with open("/etc/passwd", "w") as file:
                file.write(f"sandbox:x:{user}:{user}::/tmp:/bin/sh\n")
            with open("/etc/group", "w") as file:
                file.write(f"sandbox:x:{user}:\n")
        elif self.kind == "host":
            if self.libc:
                self.libc.prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER: daemonised grandchildren come back to us
            try:
                os.nice(-5)  # nothing else keeps a fork bomb in check, when we may
            except OSError:
                pass
            self._add_writable("/tmp")  # noqa: S108  # inside `base`
        else:
            self.writable = ["/tmp"]  # noqa: S108  # inside

    # ---- requests

    def answer(self, request: dict[str, Any], body: bytes) -> None:
        """Do what is asked, and answer."""
        if request["do"] == "put":
            self.put(request, body)
            send({"done": True})
        elif request["do"] == "run":
            self.run(request, body)
        else:
            self.get(request)

    def put(self, request: dict[str, Any], body: bytes) -> None:
        """Write files, as the role's user where it may write."""
        path: str = request["path"]
        inside_writable = any(within(path, top) for top in self.writable)
        if inside_writable and (self.ran or not request["writable"]):
            raise RefusedError(f"{path}: cannot be placed inside a folder that what runs here may write")
        if request["writable"] and not inside_writable:
            self._add_writable(path)
        files = list(cut(request["files"], body))
        target = self.locate(path)
        if request["writable"]:
            self.as_user(lambda: write_files(target, files))
        else:
            write_files(target, files, mask=0o555 if self.kind == "host" else 0o777)

    def run(self, request: dict[str, Any], stdin: bytes) -> None:
        """Run one command and answer."""
        self.ran = True
        Command(self, request, stdin).run()

    def get(self, request: dict[str, Any]) -> None:
        """Send files one by one, as the role's user, then the end."""
        self.as_user(lambda: self._send_files(request))

    def _send_files(self, request: dict[str, Any]) -> None:
        try:
            for name, data, executable in Walk(self, request).files(*self.trusted(request["path"])):
                send({"file": name, "executable": executable}, data)
            send({"done": True})
        except RefusedError as error:
            send({"refused": str(error)})

    # ---- places

    def locate(self, path: str) -> str:
        """Return where an inside path lies for the keeper."""
        for top in sorted(self.binds, key=len, reverse=True):
            if within(path, top):
                return self.binds[top] + path[len(top) :]
        return self.base + path

    def trusted(self, path: str) -> tuple[str, str]:
        """Split an inside path into a place that nothing hostile can have replaced by a link, and the rest."""
        for top in self.writable:
            if within(path, top):
                return self.locate(top), path[len(top) :]
        return self.locate(path), ""

    def _add_writable(self, path: str) -> None:
        where = self.base + path
        if self.kind == "cage":
            os.makedirs(path, exist_ok=True)  # what the inner bubblewrap mounts over
            where = self.binds[path] = f"{RW}/{len(self.binds)}"
        os.makedirs(where, exist_ok=True)
        if self.uid is not None:
            os.chown(where, self.uid, self.uid)
        self.writable.append(path)

    def inner(self, problem: int, block: int) -> list[str]:
        """Return the inner bubblewrap's command line up to the command."""
        argv = [*self.cage]
        for path, where in self.binds.items():
            argv += ["--bind", where, path]
        argv += ["--remount-ro", "/dev", "--ro-bind", EMPTY, "/.box"]
        for fd in (problem, block):
            os.set_inheritable(fd, True)
        argv += ["--json-status-fd", str(problem), "--block-fd", str(block)]
        if self.seccomp:
            read_end, write_end = os.pipe()
            os.write(write_end, self.seccomp)
            os.close(write_end)
            os.set_inheritable(read_end, True)
            argv += ["--seccomp", str(read_end)]
        return argv

    # ---- limits

    def limit(self, request: dict[str, Any]) -> None:
        """Child: take on the limits that the kernel keeps for each process."""
        cpu_s = int(request["cpu_s"]) + 2  # behind the watcher, who counts all processes together
        pairs = [
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_CPU, cpu_s),
            (resource.RLIMIT_FSIZE, request["disk_bytes"]),
        ]
        pairs.append((resource.RLIMIT_NOFILE, 1024))
        if self.watches_memory:
            # A second line behind the watcher: how far one process can get between two looks.
            pairs.append((resource.RLIMIT_DATA, 2 * request["memory_bytes"] + (256 << 20)))
        if self.kind == "host":
            nice = max(5, os.getpriority(os.PRIO_PROCESS, 0))
            os.setpriority(os.PRIO_PROCESS, 0, nice)  # the watcher comes first
        for kind, value in pairs:
            hard = resource.getrlimit(kind)[1]
            bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(kind, (bound, bound))
        try:
            with open("/proc/self/oom_score_adj", "w") as file:
                file.write("1000")  # the kernel shall take this one, not the keeper or the engine
        except OSError:
            pass

    def drop(self) -> None:
        """Child: give up every privilege."""
        if self.uid is not None:
            if self.kind == "container" and self.libc:
                for capability in range(64):
                    self.libc.prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP
            os.setgroups([])
            os.setresgid(self.uid, self.uid, self.uid)
            os.setresuid(self.uid, self.uid, self.uid)
        if self.libc:
            self.libc.prctl(38, 1, 0, 0, 0)  # PR_SET_NO_NEW_PRIVS
            if self.kind == "host":
                self.libc.prctl(1, signal.SIGKILL, 0, 0, 0)  # PR_SET_PDEATHSIG

    def disk_over(self, limit: int) -> bool:
        """Tell whether more is stored than allowed; where no mount keeps the limit, the scratch folder is counted."""
        if self.kind == "host":
            started = time.monotonic()
            if started < self.next_count:
                return False
            over = folder_over(self.base, limit)
            now = time.monotonic()
            self.next_count = now + max(0.08, 10 * (now - started))  # counting may take a tenth of the time
            return over
        used = files = 0
        for mount in self.mounts:
            status = os.statvfs(mount)
            used += (status.f_blocks - status.f_bfree) * status.f_frsize
            files += status.f_files - status.f_ffree
        return used > limit or files > most_files(limit)

    def as_user(self, action: Callable[[], object]) -> None:
        """Do `action` with the role's rights: whatever it is tricked into, the role could have done itself."""
        if self.uid is None:
            action()
            return
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                self.drop()
                action()
                code = 0
            except OSError as error:
                code = error.errno or 1
            finally:
                os._exit(code)
        code = exit_code_of(os.waitpid(pid, 0)[1])
        if code:
            raise LostError(f"files: {os.strerror(code) if code < KILLED else 'killed'}")

    def clean(self) -> None:
        """Remove the scratch folder, whatever was left in it."""
        if self.kind != "host":
            return
        for folder, _, _ in os.walk(self.base):
            try:
                os.chmod(folder, 0o700)
            except OSError:
                pass
        import shutil  # noqa: PLC0415  # 3 ms

        shutil.rmtree(self.base, ignore_errors=True)


def load_libc() -> Any:
    """Return the C library, None where Python lacks ctypes."""
    try:
        import ctypes  # noqa: PLC0415  # 2 ms, and a rootless cage needs none

        return ctypes.CDLL(None)
    except (ImportError, OSError):
        return None
