"""Confining a process before it runs a program that nobody trusts.

From then on it reads Python's library and the folders that it needs, writes and starts nothing: the program under
review must not read the reviewer's request, whose token it could spend, nor write its answer. Reads are confined where
the kernel has Landlock (Linux 5.13); limits hold everywhere. The sandbox around the role is what keeps all of it from
the host.
"""

import ctypes
import os
import resource
import struct
import sys

CPU_S = 10
MEMORY_BYTES = 1 << 30
READ = 0b1101  # execute, read files, list folders


def confine(readable):
    """Confine this process; `readable` are folders that it may read beside Python's library."""
    limits = {"CPU": CPU_S, "FSIZE": 0, "CORE": 0, "NPROC": 0}  # no process and no thread more, except for root
    if sys.platform == "linux":
        limits["AS"] = MEMORY_BYTES
    for name, value in limits.items():
        _, most = resource.getrlimit(getattr(resource, f"RLIMIT_{name}"))
        value = value if most == resource.RLIM_INFINITY else min(value, most)
        resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (value, value))
    if landlock() > 0:
        _lock({sys.prefix, sys.base_prefix, sys.exec_prefix, "/usr", "/lib", "/lib64", "/etc", "/dev", *readable})


def landlock() -> int:
    """Return the version of the kernel's Landlock, 0 or less where there is none."""
    if sys.platform != "linux":
        return 0
    return ctypes.CDLL(None).syscall(444, None, ctypes.c_size_t(0), 1)


def _lock(readable):
    libc, version = ctypes.CDLL(None), landlock()
    libc.prctl(38, 1, 0, 0, 0)  # PR_SET_NO_NEW_PRIVS, which Landlock asks for
    files = (1 << (13 + (version >= 2) + (version >= 3) + (version >= 5))) - 1
    ports, scopes = (3 if version >= 4 else 0), (3 if version >= 6 else 0)  # no TCP; no signal, no abstract socket
    size = ctypes.c_size_t(8 + 8 * (version >= 4) + 8 * (version >= 6))
    rules = libc.syscall(444, struct.pack("QQQ", files, ports, scopes), size, 0)
    if rules < 0:
        return
    for path in readable:
        try:
            folder = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            continue
        libc.syscall(445, rules, 1, struct.pack("=Qi", READ, folder), 0)
        os.close(folder)
    libc.syscall(446, rules, 0)
    os.close(rules)
