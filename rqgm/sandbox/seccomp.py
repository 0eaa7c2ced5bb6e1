"""The system-call filter of the `bubblewrap` back-end: a small classic-BPF program, made here, no library needed.

It takes away what programs in a sandbox never need and what kernel bugs were found behind; bubblewrap's namespaces do
the rest. Memory that no process maps (memfd, System V shared memory) is refused as well: the watcher could not see it.
"""

from __future__ import annotations

import errno
import platform
import struct

LOAD, JUMP_EQUAL, JUMP_SET, RETURN = 0x20, 0x15, 0x45, 0x06
ALLOW = 0x7FFF0000
KILL = 0x80000000
ERRNO = 0x00050000
NEW_NAMESPACES = 0x7E020080  # CLONE_NEW{NS,CGROUP,UTS,IPC,USER,PID,NET,TIME}
X32_BIT = 0x40000000

AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
# Numbers of system calls, on x86_64 and on aarch64.
CLONE = (56, 220)
CLONE3 = (435, 435)
REFUSED = {
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "unshare": (272, 97),
    "setns": (308, 268),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "msgget": (68, 186),
    "semget": (64, 190),
    "open_by_handle_at": (304, 265),
    "name_to_handle_at": (303, 264),
    "quotactl": (179, 60),
    "acct": (163, 89),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "reboot": (169, 142),
    "personality": (135, 92),
    "syslog": (103, 116),
    "setdomainname": (171, 162),
    "sethostname": (170, 161),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
}


def _op(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("<HBBI", code, if_true, if_false, value)


def bpf_filter(machine: str | None = None) -> bytes:
    """Return the filter for this kind of machine, empty where its system-call numbers are not known here."""
    machine = machine or platform.machine()
    if machine not in AUDIT_ARCH:
        return b""
    column = list(AUDIT_ARCH).index(machine)
    refuse, absent = _op(RETURN, ERRNO | errno.EPERM), _op(RETURN, ERRNO | errno.ENOSYS)
    program = [_op(LOAD, 4), _op(JUMP_EQUAL, AUDIT_ARCH[machine], 1, 0), _op(RETURN, KILL), _op(LOAD, 0)]
    program += [_op(JUMP_SET, X32_BIT, 0, 1), absent] if machine == "x86_64" else []
    # C libraries fall back from clone3 to clone, whose flags a filter can read.
    program += [_op(JUMP_EQUAL, CLONE3[column], 0, 1), absent]
    program += [_op(JUMP_EQUAL, CLONE[column], 0, 4), _op(LOAD, 16), _op(JUMP_SET, NEW_NAMESPACES, 0, 1), refuse]
    program += [_op(RETURN, ALLOW)]
    for numbers in REFUSED.values():
        program += [_op(JUMP_EQUAL, numbers[column], 0, 1), refuse]
    return b"".join([*program, _op(RETURN, ALLOW)])
