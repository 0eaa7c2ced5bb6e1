"""Running a command within a time and with bounded output; nothing that it started is left behind."""

import contextlib
import hashlib
import os
import select
import signal
import subprocess
import time
from dataclasses import dataclass

CHUNK_BYTES = 1 << 16


@dataclass
class Ran:
    """What came of a command: `exit_code` is None at a time-out; `output` is what it printed, head and tail."""

    exit_code: int | None
    output: str
    sha256: str  # of all that it printed

    def told(self) -> str:
        """Return it as text for a model."""
        end = "stopped at the time-out" if self.exit_code is None else f"exit code {self.exit_code}"
        return f"{self.output}\n[{end}]".lstrip()


class _Kept:
    """The head and the tail of a stream of bytes."""

    def __init__(self, limit):
        self.half = limit // 2
        self.head, self.tail = b"", b""
        self.total = 0
        self.hash = hashlib.sha256()

    def add(self, data):
        self.hash.update(data)
        self.total += len(data)
        room = self.half - len(self.head)
        self.head += data[:room]
        self.tail = (self.tail + data[room:])[-self.half :]

    def text(self):
        left_out = self.total - len(self.head) - len(self.tail)
        middle = f"\n[... {left_out} bytes left out ...]\n" if left_out else ""
        return self.head.decode("utf-8", "replace") + middle + self.tail.decode("utf-8", "replace")


def run(argv, cwd, timeout_s, limit, stdin=b"") -> Ran:
    """Run argv in `cwd`; standard output and error come as one, of which at most `limit` bytes are kept.

    The command has ended when its process has, or at the time-out; whatever it left in its session is killed then.
    """
    kept = _Kept(limit)
    until = time.monotonic() + timeout_s
    with subprocess.Popen(
        argv,
        cwd=cwd,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    ) as process:
        try:
            _feed(process, stdin)
            _collect(process, kept, until)
            process.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            pass
        finally:
            stopped = process.poll() is None
            _kill(process.pid)
    return Ran(None if stopped else process.returncode, kept.text(), kept.hash.hexdigest())


def _feed(process, data):
    with contextlib.suppress(BrokenPipeError):
        process.stdin.write(data)
        process.stdin.close()


def _collect(process, kept, until):
    pipe = process.stdout.fileno()
    while (left_s := until - time.monotonic()) > 0:
        ended = process.poll() is not None
        ready, _, _ = select.select([pipe], [], [], 0 if ended else min(left_s, 0.05))
        if ready:
            data = os.read(pipe, CHUNK_BYTES)
            if not data:
                return
            kept.add(data)
        elif ended:  # something in the background still holds the pipe
            return


def _kill(group):
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)
