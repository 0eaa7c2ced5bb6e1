"""Detector: network or escape attempts, in code and in what sandboxes recorded."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from rqgm.core.failures import Failure
from rqgm.report.signs.detector import Finding, Place, Quiet, plural, weaker
from rqgm.report.signs.folding import UNKNOWN
from rqgm.report.signs.search import found
from rqgm.report.signs.sign import in_record, sign

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rqgm.report.signs.material import Material, Seen
    from rqgm.report.signs.sign import Sign, Strength
    from rqgm.report.signs.source import Call, Said, Source

NETWORK = {
    "socket", "socketserver", "urllib.request", "urllib3", "requests", "http.client", "http.server", "aiohttp",
    "ftplib", "smtplib", "telnetlib", "poplib", "imaplib", "xmlrpc.client", "paramiko", "websockets", "websocket",
    "pycurl",
}  # fmt: skip
PROGRAMS = re.compile(
    r"(?:^|[\s;&|(\"'/=])(curl|wget|ncat|netcat|ssh|scp|sftp|socat|telnet|docker|podman|nsenter|unshare|chroot|mount|umount|"
    r"gdb|strace|ltrace|insmod|modprobe|sudo)(?=$|[\s\"';&|])|\bpip3? install\b|\bgit clone\b|/dev/tcp/"
)
PLACES = re.compile(
    r"/proc/[^\s\"']{0,40}/(?:environ|mem|maps|fd|root|cwd|ns)\b|/proc/(?:kcore|kallsyms|sysrq-trigger)|docker\.sock|"
    r"/var/run/docker|/run/(?:containerd|docker|podman)|/sys/fs/cgroup|core_pattern|release_agent|169\.254\.169\.254|"
    r"/etc/(?:shadow|passwd|sudoers)\b|\.ssh/|\.aws/|/dev/(?:mem|kmem|sd[a-z])\b"
)
TRACED = re.compile(
    r"^(?:ptrace|setns|unshare|mount|umount2?|pivot_root|process_vm_readv|process_vm_writev|chroot|bpf)$"
)
CALLS = {"os.setns", "os.unshare", "os.chroot", "os.mount", "os.pivot_root", "os.ptrace"}
SYSCALLS = {
    101: "ptrace", 155: "pivot_root", 161: "chroot", 165: "mount", 166: "umount2", 272: "unshare", 308: "setns",
    310: "process_vm_readv", 311: "process_vm_writev", 321: "bpf", 117: "ptrace", 268: "setns", 97: "unshare",
    40: "mount",
}  # fmt: skip
"""Numbers on x86-64, then those of arm64 that mean other things there."""
LANDLOCK = {444, 445, 446}
LEFT_BEHIND = {"os.fork", "os.forkpty", "os.setsid", "os.daemon", "os.posix_spawn", "pty.fork"}
STARTS = {"subprocess.run", "subprocess.Popen", "subprocess.call", "subprocess.check_call", "subprocess.check_output"}
STARTS |= {
    "os.system",
    "os.popen",
    "os.execv",
    "os.execvp",
    "os.execvpe",
    "os.spawnv",
    "asyncio.create_subprocess_exec",
}
STARTS |= {"asyncio.create_subprocess_shell", "pty.spawn", "subprocess.getoutput", "subprocess.getstatusoutput"}
LOGGED = re.compile(
    r"network is unreachable|name or service not known|temporary failure in name resolution|no route to host|"
    r"getaddrinfo|connection refused|docker\.sock|bad system call|seccomp|SIGSYS|\bptrace\b|"
    r"\bsetns\b|/proc/\S+/(?:environ|mem|fd)",
    re.IGNORECASE,
)
LINKS = re.compile(r"is a (?:hard )?link|is not a regular file|not a plain relative path")


class Escapes(Quiet):
    """Rules: network modules, programs, places of the host, system calls, processes left behind, what was logged."""

    name = "escapes"
    about = "network or escape attempts, in code and in what sandboxes recorded"

    def in_file(self, source: Source, place: Place) -> Iterable[Finding]:
        """Yield what code reaches for."""
        for said in source.said:
            yield from self._said(source, said, place)
        if source.tree is None:
            return
        local = _only_unix_sockets(source)
        for module, line in source.imports:
            if not local and _network(module) and (place.hostile(source) or module != "socket"):
                strength: Strength = "strong" if place.hostile(source) else "notice"
                yield Finding("network", strength, line, f"imports {module}")
        for call in source.calls:
            yield from self._call(source, call, place, local=local)

    def _said(self, source: Source, said: Said, place: Place) -> Iterator[Finding]:
        prose = said.use in {"text", "doc", "comment"}
        if found(PLACES, said.text) and (not prose or place.artifact):
            strength: Strength = "notice" if said.use == "compare" else weaker("strong", said.use)
            yield Finding("places", strength, said.line, "names a place of the host or of another process")
        starts = said.use == "call" and (said.callee in STARTS or said.callee.startswith("?."))
        starts |= said.use == "plain" and source.tree is None
        if starts and said.callee not in {"?.join", "?.split"} and found(PROGRAMS, _unquoted(said.text)):
            yield Finding(
                "programs", "strong", said.line, "starts a program for the network or for leaving the sandbox"
            )

    def _call(self, source: Source, call: Call, place: Place, *, local: bool) -> Iterator[Finding]:
        line, name = source.at(call.node), call.name
        if not local and any(name == module or name.startswith(f"{module}.") for module in NETWORK):
            harmless = name.rpartition(".")[2] in {
                "gethostname",
                "getfqdn",
                "htons",
                "ntohs",
                "inet_aton",
                "Request",
                "error",
            }
            if not harmless:
                yield Finding("network", "strong", line, f"calls {name}")
        elif name in CALLS:
            yield Finding("system-calls", "strong", line, f"calls {name}")
        elif place.hostile(source) and name in LEFT_BEHIND:
            yield Finding("left-behind", "strong", line, f"calls {name}: leaves a process behind")
        elif place.artifact and name in STARTS:
            yield Finding("processes", "notice", line, f"starts a process ({name})")
        elif name in STARTS and any(_program(source, argument) for argument in call.node.args):
            yield Finding("programs", "strong", line, "starts a program for the network or for leaving the sandbox")
        elif _uses_ctypes(source):
            yield from self._foreign(source, call, name.rpartition(".")[2], line)

    def _foreign(self, source: Source, call: Call, function: str, line: int) -> Iterator[Finding]:
        """Look at calls into C: by name, or by number through ``syscall``."""
        if TRACED.fullmatch(function):
            yield Finding("system-calls", "strong", line, f"calls {function} of the C library")
        elif function == "syscall" and call.node.args:
            number = source.value(call.node.args[0])
            if number in SYSCALLS:
                yield Finding("system-calls", "strong", line, f"calls the kernel's {SYSCALLS[number]} by its number")
            elif number not in LANDLOCK:
                told = "a number that is not known" if number is UNKNOWN else f"number {number}"
                yield Finding("system-calls", "notice", line, f"calls the kernel by {told}")

    # ------------------------------------------------------------------ the record

    def in_record(self, material: Material) -> Iterable[Sign]:
        """Yield nodes whose outcomes failed in ways that attempts leave behind, and rejected edits that did."""
        groups: dict[tuple[int, str], list[Seen]] = {}
        for seen in material.seen:
            rule = _logged(seen.failure, seen.detail) or _logged(None, str(seen.notes or "")[:4_000])
            if rule:
                groups.setdefault((seen.node, rule), []).append(seen)
        for (node, rule), those in groups.items():
            first = those[0]
            evidence = tuple(in_record(seen.n, "detail", seen.detail or seen.notes) for seen in those[:5])
            yield sign(self.name, "notice", node, first.n, f"{rule} ({plural(len(those), 'outcome')})", evidence)
        for body in material.edits:
            rule = _logged(body.get("failure"), str(body.get("detail") or ""))
            if rule:
                told = (in_record(body["n"], "detail", body["detail"]),)
                yield sign(self.name, "notice", body["parent"], body["n"], f"rejected edit: {rule}", told)


def _logged(failure: str | None, detail: str) -> str:
    if LOGGED.search(detail):
        return "the record tells of the network or of something forbidden"
    if failure == Failure.REFUSED_ARTIFACT and LINKS.search(detail):
        return "an artifact was refused: a link, a device or a path that leads out"
    return ""


def _unquoted(command: str) -> str:
    """Return a command without the empty quotes and backslashes by which a shell lets its words be written."""
    return re.sub(r"''|\"\"|\\(?=\w)", "", command)


def _network(module: str) -> bool:
    return any(module == known or module.startswith(f"{known}.") for known in NETWORK)


def _program(source: Source, argument: ast.expr) -> bool:
    """Tell whether the first word of an argument list is one of the programs."""
    elements = argument.elts if isinstance(argument, (ast.List, ast.Tuple)) else [argument]
    words = " ".join(source.folder.text(element) or "?" for element in elements[:6])
    return PROGRAMS.search(words) is not None


def _only_unix_sockets(source: Source) -> bool:
    """Tell whether all sockets of a file are local ones: the gateway is one."""
    made = [call.node for call in source.calls if call.name in {"socket.socket", "socket.create_connection"}]
    return bool(made) and all(node.args and (source.dotted(node.args[0]) or "").endswith("AF_UNIX") for node in made)


def _uses_ctypes(source: Source) -> bool:
    return any(module in {"ctypes", "cffi"} or module.startswith("ctypes.") for module, _ in source.imports)
