"""The keeper: our one program inside every sandbox. It places trees, runs commands under limits, hands files out.

The engine sends this file's text to a Python (3.9 or newer, standard library only) inside the sandbox and then talks
with it over its standard input and output in frames: 4 bytes of length, a header, then `size` bytes. It is the parent
of whatever runs, so that nothing can outlive a command. Three kinds of place, told apart by the hello message:

* ``container``: process 1 of a container, root with five capabilities; commands run as `uid` with none;
* ``cage``: process 1 of an outer bubblewrap; each command runs in an inner bubblewrap with namespaces of its own, so
  that it cannot see or signal the keeper although (rootless) both have the same user;
* ``host``: a plain process on the host, which stands in front of a scratch folder (`base`); limits only.
"""

# ruff: noqa: PTH, SIM105  # pathlib and contextlib are not imported: see below

from __future__ import annotations

import marshal
import os
import resource
import select
import stat
import struct
import time
from _json import encode_basestring_ascii
from itertools import islice

# A sandbox is as quick to start as this file: what would import `re`, `enum` or `typing` costs more than all the rest.
TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
    from collections.abc import Callable, Iterator
    from typing import Any
else:
    import _signal as signal

CONTROL = 0
CHUNK = 1 << 16
TICK_S = 0.02
BYTES_PER_INODE = 2_048
FEWEST_INODES = 4_096
NOT_STARTED = 127
KILLED = 128 + signal.SIGKILL
RW = "/.box/rw"
EMPTY = "/.box/empty"
PAGE = os.sysconf("SC_PAGE_SIZE")
CLOCK = os.sysconf("SC_CLK_TCK")


class RefusedError(Exception):
    """A file may not be handed out."""


class EngineGoneError(Exception):
    """The engine closed the connection: everything here ends."""


# ------------------------------------------------------------------------------------------------ frames


def read_exactly(count: int) -> bytes:
    """Read `count` bytes from the engine."""
    data = bytearray()
    while len(data) < count:
        chunk = os.read(CONTROL, min(CHUNK, count - len(data)))
        if not chunk:
            raise EngineGoneError
        data += chunk
    return bytes(data)


def receive() -> tuple[dict[str, Any], bytes]:
    """Read one frame. The engine is trusted, so its headers are marshalled; ours are JSON, which is safe to read."""
    (length,) = struct.unpack(">I", read_exactly(4))
    header = marshal.loads(read_exactly(length))  # noqa: S302
    return header, read_exactly(header.get("size", 0))


def send(header: dict[str, str | int | float | bool], body: bytes = b"") -> None:
    """Write one frame."""
    text = to_json({**header, "size": len(body)}).encode()
    data = memoryview(struct.pack(">I", len(text)) + text + body)
    while data:
        data = data[os.write(1, data) :]


def to_json(values: dict[str, str | int | float | bool]) -> str:
    """Return a flat object as JSON."""
    parts = []
    for key, value in values.items():
        text = encode_basestring_ascii(value) if isinstance(value, str) else repr(value).lower()
        parts.append(f'"{key}":{text}')
    return "{" + ",".join(parts) + "}"


# ------------------------------------------------------------------------------------------------ processes


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


# ------------------------------------------------------------------------------------------------ one command


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
        alive = sum(sum(map(int, numbers(f"/proc/{pid}/stat")[11:15])) for pid in pids) / CLOCK
        self.cpu_s = max(self.cpu_s, alive + cpu_seconds() - self.cpu_before)


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


class LostError(Exception):
    """The sandbox itself failed, not what ran in it."""


# ------------------------------------------------------------------------------------------------ the keeper


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
            nice = max(10 if self.kind == "host" else 5, os.getpriority(os.PRIO_PROCESS, 0))
            os.setpriority(os.PRIO_PROCESS, 0, nice)  # the watcher comes first, and so does the engine
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
            return folder_over(self.base, limit)
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


# ------------------------------------------------------------------------------------------------ files


def within(path: str, top: str) -> bool:
    """Tell whether `path` is `top` or lies below it."""
    return path == top or path.startswith(top.rstrip("/") + "/")


def cut(files: list[list[Any]], body: bytes) -> Iterator[tuple[str, bytes, bool]]:
    """Split the body of a put into its files."""
    start = 0
    for name, size, executable in files:
        yield name, body[start : start + size], executable
        start += size


def write_files(top: str, files: list[tuple[str, bytes, bool]], mask: int = 0o777) -> None:
    """Write files below `top`; `mask` is what of their mode is kept."""
    os.makedirs(top, exist_ok=True)
    for name, data, executable in files:
        path = f"{top}/{name}"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data)
        os.chmod(path, (0o755 if executable else 0o644) & mask)


def most_files(limit: int) -> int:
    """Return how many files may be stored where `limit` bytes may: empty ones take the host's memory as well."""
    return max(FEWEST_INODES, limit // BYTES_PER_INODE)


def folder_over(folder: str, limit: int) -> bool:
    """Tell whether a folder holds more than `limit` bytes or too many files."""
    total = count = 0
    for base, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(base, name)).st_blocks * 512
            except OSError:
                continue
            count += 1
            if total > limit or count > most_files(limit):
                return True
    return False


class Walk:
    """A walk over a folder that may be hostile: no link is followed, limits are kept while reading."""

    def __init__(self, keeper: Keeper, request: dict[str, Any]) -> None:
        self.binds = keeper.binds
        self.top: str = request["path"]
        self.names: list[str] | None = request["names"]
        self.skipped = set(request["skipped"])
        self.left_files: int = request["files"]
        self.file_bytes: int = request["file_bytes"]
        self.left_bytes: int = request["total_bytes"]

    def files(self, base: str, rest: str) -> Iterator[tuple[str, bytes, bool]]:
        """Yield (name, data, executable) of each regular file in `rest` below `base`; RefusedError on anything else."""
        root = self._descend(open_folder(None, base), rest.strip("/"))
        if root is None:
            return
        if self.names is None:
            yield from self._folder(root, "")
            return
        for name in self.names:
            parent, _, last = name.rpartition("/")
            folder = self._descend(os.dup(root), parent)
            if folder is not None and last in os.listdir(folder):
                yield from self._entry(folder, last, name)

    def _descend(self, folder: int | None, path: str) -> int | None:
        for part in path.split("/") if path else ():
            if folder is None:
                return None
            following = open_folder(folder, part)
            os.close(folder)
            folder = following
        return folder

    def _folder(self, folder: int, prefix: str) -> Iterator[tuple[str, bytes, bool]]:
        for name in sorted(os.listdir(folder)):
            yield from self._entry(folder, name, prefix + name)
        os.close(folder)

    def _entry(self, folder: int, name: str, path: str) -> Iterator[tuple[str, bytes, bool]]:
        status = os.stat(name, dir_fd=folder, follow_symlinks=False)
        if stat.S_ISDIR(status.st_mode):
            bound = self.binds.get(f"{self.top}/{path}")
            below = open_folder(None, bound) if bound else open_folder(folder, name)
            if below is not None and name not in self.skipped:
                yield from self._folder(below, path + "/")
            return
        yield path, self._read(folder, name, path), bool(status.st_mode & 0o111)

    def _read(self, folder: int, name: str, path: str) -> bytes:
        self.left_files -= 1
        if self.left_files < 0:
            raise RefusedError("more files than allowed")
        try:
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            descriptor = os.open(name, flags, dir_fd=folder)
        except OSError as error:
            raise RefusedError(f"{path!r:.200} cannot be read: {error.strerror}") from error
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise RefusedError(f"{path!r:.200} is not a regular file")
            if status.st_nlink > 1:
                raise RefusedError(f"{path!r:.200} is a hard link")
            data = file.read(min(self.file_bytes, self.left_bytes) + 1)
        if len(data) > min(self.file_bytes, self.left_bytes):
            raise RefusedError(f"{path!r:.200} is larger than allowed, alone or with the others")
        self.left_bytes -= len(data)
        return data


def open_folder(parent: int | None, name: str) -> int | None:
    """Open a folder without following a link; None if there is none, RefusedError if something stands in its place."""
    try:
        return os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
    except FileNotFoundError:
        return None
    except OSError as error:
        if stat.S_ISREG(os.lstat(name, dir_fd=parent).st_mode):
            return None
        raise RefusedError(f"{name!r:.200} cannot be opened as a folder: {error.strerror}") from error


def main() -> None:
    """Answer requests until the engine goes."""
    keeper = Keeper(receive()[0])
    send({"ready": True})
    try:
        while True:
            request, body = receive()
            try:
                keeper.answer(request, body)
            except RefusedError as error:
                send({"refused": str(error)})
            except (LostError, OSError) as error:
                send({"lost": str(error)})
    except (EngineGoneError, BrokenPipeError, ConnectionError):
        pass
    finally:
        kill_everyone()
        keeper.clean()


if __name__ == "__main__":
    main()
