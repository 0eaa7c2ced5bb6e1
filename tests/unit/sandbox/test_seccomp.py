"""The filter's program, run by a tiny interpreter of classic BPF."""

from __future__ import annotations

import struct

import pytest

from rqgm.sandbox.seccomp import ALLOW, AUDIT_ARCH, ERRNO, KILL, REFUSED, bpf_filter

EPERM, ENOSYS = ERRNO | 1, ERRNO | 38


def judge(machine: str, number: int, argument: int = 0, arch: int | None = None) -> int:
    """Return what the filter says of a system call."""
    data = struct.pack("<IIQ6Q", number, AUDIT_ARCH[machine] if arch is None else arch, 0, argument, 0, 0, 0, 0, 0)
    program = list(struct.iter_unpack("<HBBI", bpf_filter(machine)))
    at = value = 0
    while True:
        code, if_true, if_false, operand = program[at]
        at += 1
        if code == 0x06:
            return operand
        if code == 0x20:
            (value,) = struct.unpack_from("<I", data, operand)
        elif code == 0x15:
            at += if_true if value == operand else if_false
        elif code == 0x45:
            at += if_true if value & operand else if_false


@pytest.mark.parametrize(("machine", "column"), [("x86_64", 0), ("aarch64", 1)])
def test_refused_calls_are_refused(machine: str, column: int) -> None:
    """Every call of the list is refused, and its neighbours that are not on it are allowed."""
    refused = {numbers[column] for numbers in REFUSED.values()}
    for number in refused:
        assert judge(machine, number) == EPERM
    clones = {435, {"x86_64": 56, "aarch64": 220}[machine]}
    for number in set(range(440)) - refused - clones:
        assert judge(machine, number) == ALLOW


@pytest.mark.parametrize(("machine", "clone"), [("x86_64", 56), ("aarch64", 220)])
def test_clone_is_allowed_without_new_namespaces(machine: str, clone: int) -> None:
    """Threads and processes are allowed, new namespaces are not, and clone3 says that it does not exist."""
    assert judge(machine, clone, 0x3D0F00) == ALLOW
    assert judge(machine, clone, 0x01200011) == ALLOW
    assert judge(machine, clone, 0x10000000 | 17) == EPERM
    assert judge(machine, 435) == ENOSYS


def test_other_call_tables_are_closed() -> None:
    """Calls by another architecture's numbers are killed, x32 ones do not exist."""
    assert judge("x86_64", 0, arch=0x40000003) == KILL
    assert judge("x86_64", 0x40000000 | 165) == ENOSYS


def test_unknown_machine_has_no_filter() -> None:
    """Where the numbers are not known there is no filter, and no wrong one."""
    assert bpf_filter("riscv64") == b""
