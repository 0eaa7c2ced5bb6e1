"""Borders: hostile code reaches nothing of the host, of the engine, of another sandbox, or of its keeper."""

# ruff: noqa: D401, ASYNC240  # a check's docstring states a promise; its numbers are the promise

from __future__ import annotations

import asyncio
import socket
import sys
import tempfile
from contextlib import ExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from rqgm.core.trees import File
from rqgm.sandbox.protocol import inside
from rqgm.testing.sandbox_checks import check, expect, output_of, python, sandbox_of, still_works

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from rqgm.sandbox.profile import Profile
    from rqgm.sandbox.protocol import Backend

CONTROL_SOCKETS = (
    "/var/run/docker.sock",
    "/run/docker.sock",
    "/run/containerd/containerd.sock",
    "/run/podman/podman.sock",
)
TRY = (
    "def attempt(action):\n    try:\n        action()\n        print('done')\n"
    "    except OSError:\n        print('refused')\n"
)
PROCESSES = (
    "found = []\nfor pid in os.listdir('/proc'):\n    try:\n"
    "        if pid.isdigit() and int(pid) not in (os.getpid(), os.getppid()):\n"
    "            line = open(f'/proc/{pid}/cmdline', 'rb').read().decode('utf-8', 'replace')\n"
    "            if ARGS[0] in line:\n                found.append(int(pid))\n"
    "    except OSError:\n        pass\n"
)


async def _status(backend: Backend, profile: Profile) -> dict[str, str]:
    """Return a command's own /proc/self/status."""
    async with sandbox_of(backend, profile) as sandbox:
        text = await output_of(sandbox, "print(open('/proc/self/status').read())")
    return {key: value.strip() for key, _, value in (line.partition(":") for line in text.splitlines())}


@check
async def commands_are_not_root(backend: Backend, profile: Profile) -> None:
    """Commands run as a user that is not root, alone in its group."""
    async with sandbox_of(backend, profile) as sandbox:
        seen = await output_of(sandbox, "print(*os.getresuid(), *os.getresgid(), 0 in os.getgroups())")
        *ids, root_group = seen.split()
        expect("0" not in ids and root_group == "False", "commands should not be root", seen)


@check
async def commands_cannot_become_root(backend: Backend, profile: Profile) -> None:
    """Setting the user or group to root is refused."""
    code = TRY + "attempt(lambda: os.setuid(0))\nattempt(lambda: os.setgid(0))\nattempt(lambda: os.setgroups([0]))"
    async with sandbox_of(backend, profile) as sandbox:
        seen = await output_of(sandbox, code)
        expect(seen.split() == ["refused"] * 3, "root should be out of reach", seen)


@check
async def commands_have_no_capabilities(backend: Backend, profile: Profile) -> None:
    """No capability is held, inheritable, or left in the bounding set."""
    status = await _status(backend, profile)
    for field in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        expect(int(status[field], 16) == 0, f"{field} should be empty", status[field])


@check
async def setuid_programs_gain_nothing(backend: Backend, profile: Profile) -> None:
    """No-new-privileges is set: set-user-id programs and file capabilities have no effect."""
    expect((await _status(backend, profile))["NoNewPrivs"] == "1", "no-new-privileges should be set")


@check
async def system_calls_are_filtered(backend: Backend, profile: Profile) -> None:
    """A seccomp filter is in force, and new user namespaces, mounts and kernel keys are refused."""
    code = (
        "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\nos.mkdir('here')\n"
        "print(libc.mount(b'x', b'here', b'tmpfs', 0, None), libc.unshare(0x10000000), libc.syscall(250, 0, -3, 1))\n"
        "libc.umount2(b'here', 2)\n"
    )
    expect((await _status(backend, profile))["Seccomp"] == "2", "a system-call filter should be in force")
    async with sandbox_of(backend, profile) as sandbox:
        seen = await output_of(sandbox, code)
        expect(seen == "-1 -1 -1", "namespaces, mounts and keys should be refused", seen)


@check
async def root_is_read_only(backend: Backend, profile: Profile) -> None:
    """Nothing can be written outside of the writable places."""
    code = TRY + "for top in ('', '/etc', '/usr', '/usr/bin', '/opt', '/dev', '/proc', '/rqgm', '/var', '/home'):\n"
    code += "    if os.path.isdir(top + '/'):\n        attempt(lambda: open(f'{top}/rqgm-kit', 'w').close())\n"
    code += "        if os.path.exists(f'{top}/rqgm-kit'):\n            os.unlink(f'{top}/rqgm-kit')\n"
    async with sandbox_of(backend, profile) as sandbox:
        await sandbox.put("/rqgm/role", {"x": File(b"")})
        seen = await output_of(sandbox, code)
        expect(set(seen.split()) == {"refused"}, "the root should be read-only", seen)


@check
async def kernel_settings_are_read_only(backend: Backend, profile: Profile) -> None:
    """Kernel settings under /proc/sys cannot be opened for writing."""
    names = ("kernel/core_pattern", "kernel/hostname", "vm/overcommit_memory")
    code = TRY + "for name in ARGS:\n    attempt(lambda: os.close(os.open('/proc/sys/' + name, os.O_WRONLY)))"
    async with sandbox_of(backend, profile) as sandbox:
        seen = await output_of(sandbox, code, *names)
        expect(set(seen.split()) == {"refused"}, "kernel settings should be read-only", seen)


@check
async def devices_cannot_be_made(backend: Backend, profile: Profile) -> None:
    """Device files cannot be made."""
    code = TRY + "attempt(lambda: os.mknod('zero', 0o20666, os.makedev(1, 5)))\n"
    async with sandbox_of(backend, profile) as sandbox:
        expect(await output_of(sandbox, code) == "refused", "devices should be refused")


@check
async def network_is_not_the_hosts(backend: Backend, profile: Profile) -> None:
    """The network is another one than the host's, with nothing but a loopback."""
    code = (
        "print(os.readlink('/proc/self/ns/net'))\nprint(*[l.split(':')[0].strip() for l in open('/proc/net/dev')][2:])"
    )
    async with sandbox_of(backend, profile) as sandbox:
        namespace, *interfaces = (await output_of(sandbox, code)).split()
        expect(namespace != str(Path("/proc/self/ns/net").readlink()), "the network should not be the host's")
        expect(interfaces == ["lo"], "there should be no way out", interfaces)


@check
async def hosts_loopback_is_out_of_reach(backend: Backend, profile: Profile) -> None:
    """A service on the host's loopback cannot be reached, by TCP or UDP."""
    code = (
        "import socket\ntry:\n    socket.create_connection(('127.0.0.1', int(ARGS[0])), 1)\n    print('reached')\n"
        "except OSError:\n    print('refused')\n"
        "try:\n    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', int(ARGS[1])))\n"
        "except OSError:\n    pass\n"
    )
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        async with sandbox_of(backend, profile) as sandbox:
            ports = [str(tcp.getsockname()[1]), str(udp.getsockname()[1])]
            expect(await output_of(sandbox, code, *ports) == "refused", "the host's ports should be out of reach")
        udp.setblocking(False)
        with suppress(BlockingIOError):
            expect(not udp.recv(10), "no datagram should arrive")


@check
async def names_do_not_resolve(backend: Backend, profile: Profile) -> None:
    """No name is resolved, and the resolver gives up soon."""
    code = (
        "import socket\ntry:\n    print(socket.getaddrinfo('example.org', 80))\nexcept OSError:\n    print('refused')\n"
    )
    async with sandbox_of(backend, profile) as sandbox:
        done = await python(sandbox, code)
        expect(done.stdout.strip() == b"refused", "names should not resolve", done)


@check
async def hosts_sockets_are_out_of_reach(backend: Backend, profile: Profile) -> None:
    """Unix sockets of the host, by path or abstract name, cannot be reached."""
    code = (
        "import socket\nfor name in (ARGS[0], '\\0' + ARGS[1]):\n    try:\n"
        "        socket.socket(socket.AF_UNIX).connect(name)\n        print('reached')\n"
        "    except OSError:\n        print('refused')\n"
    )
    abstract = f"rqgm-kit-{uuid4().hex}"
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        by_path = stack.enter_context(socket.socket(socket.AF_UNIX))
        by_name = stack.enter_context(socket.socket(socket.AF_UNIX))
        by_path.bind(f"{folder}/socket")
        by_name.bind(f"\0{abstract}")
        for listener in (by_path, by_name):
            listener.listen()
        async with sandbox_of(backend, profile) as sandbox:
            seen = await output_of(sandbox, code, f"{folder}/socket", abstract)
    expect(seen.split() == ["refused", "refused"], "the host's sockets should be out of reach", seen)


@check
async def no_docker_socket(backend: Backend, profile: Profile) -> None:
    """No engine's control socket is there."""
    code = "print([p for p in ARGS if os.path.exists(p)])"
    async with sandbox_of(backend, profile) as sandbox:
        seen = await output_of(sandbox, code, *CONTROL_SOCKETS)
        expect(seen == "[]", "no control socket should be there", seen)


@check
async def hosts_files_are_out_of_reach(backend: Backend, profile: Profile) -> None:
    """Files of the host, such as hidden tests, cannot be read, wherever they lie."""
    code = TRY + "for path in ARGS:\n    attempt(lambda: open(path).read())"
    home = Path.home()
    with tempfile.TemporaryDirectory() as folder:
        secrets = [Path(folder) / "tests" / "secret", Path(__file__), Path("/etc/shadow"), Path("/etc/hostname-host")]
        secrets[0].parent.mkdir()
        secrets[0].write_text("secret")
        async with sandbox_of(backend, profile) as sandbox:
            seen = await output_of(sandbox, code, *map(str, secrets))
            listing = await output_of(
                sandbox, "print(*os.listdir(ARGS[0]) if os.access(ARGS[0], 4) else [])", str(home)
            )
    expect(set(seen.split()) == {"refused"}, "the host's files should be out of reach", seen)
    allowed = {part for path in (Path(sys.base_prefix),) for part in path.parts}
    expect(set(listing.split()) <= allowed | {".bashrc", ".profile"}, "a home should show nothing", listing)


@asynccontextmanager
async def _bystander() -> AsyncIterator[tuple[str, asyncio.subprocess.Process]]:
    """Run a process of the host that no sandbox should see; give its mark, which is in its environment too."""
    mark = f"rqgm-bystander-{uuid4().hex}"
    code = "import time; time.sleep(60)"
    process = await asyncio.create_subprocess_exec(sys.executable, "-I", "-S", "-c", code, mark, env={"MARK": mark})
    try:
        yield mark, process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@check
async def hosts_processes_are_invisible(backend: Backend, profile: Profile) -> None:
    """/proc shows no process of the host."""
    async with _bystander() as (mark, _), sandbox_of(backend, profile) as sandbox:
        seen = await output_of(sandbox, PROCESSES + "print(found)", mark)
        expect(seen == "[]", "the host's processes should be invisible", seen)


@check
async def hosts_processes_cannot_be_signalled(backend: Backend, profile: Profile) -> None:
    """A process of the host cannot be killed or traced by its number."""
    code = PROCESSES + "for pid in found:\n    os.kill(pid, 9)\n"
    async with _bystander() as (mark, process), sandbox_of(backend, profile) as sandbox:
        await output_of(sandbox, code, mark)
        await asyncio.sleep(0.1)
        expect(process.returncode is None, "a process of the host was killed from inside")


@check
async def keeper_survives_its_commands(backend: Backend, profile: Profile) -> None:
    """A command that kills its parent harms only itself: the sandbox answers, and the next command runs."""
    async with sandbox_of(backend, profile) as sandbox:
        await python(sandbox, "try:\n    os.kill(os.getppid(), 9)\nexcept OSError:\n    pass\n")
        await still_works(sandbox)


@check
async def keeper_cannot_be_read(backend: Backend, profile: Profile) -> None:
    """No process with rights of the engine's can be read or traced from inside."""
    code = (
        "found = []\nfor pid in os.listdir('/proc'):\n    if not pid.isdigit() or int(pid) == os.getpid():\n"
        "        continue\n    try:\n        line = open(f'/proc/{pid}/cmdline', 'rb').read()\n"
        "        if b'def' + b' r(n)' in line:\n"
        "            open(f'/proc/{pid}/mem', 'rb').close()\n            found.append(pid)\n"
        "    except OSError:\n        pass\nprint(found)\n"
    )
    async with sandbox_of(backend, profile) as sandbox:
        seen = await output_of(sandbox, code)
        expect(seen == "[]", "the keeper's memory should be closed", seen)


@check
async def sandboxes_do_not_share_files(backend: Backend, profile: Profile) -> None:
    """What is placed or written in one sandbox is not there in another."""
    code = "print([p for p in ARGS if os.path.exists(p)])"
    async with sandbox_of(backend, profile) as one, sandbox_of(backend, profile) as other:
        await one.put("/tests", {"secret": File(b"secret")})
        await output_of(one, "open(ROOT + '/tmp/secret', 'w').write('secret')")
        paths = [inside(one, "/tests/secret"), inside(one, "/tmp/secret")]  # noqa: S108
        seen = await output_of(other, code, *paths)
        expect(seen == "[]", "sandboxes should not share files", seen)


@check
async def sandboxes_do_not_share_processes(backend: Backend, profile: Profile) -> None:
    """A process of one sandbox is not visible in another."""
    mark = f"rqgm-neighbour-{uuid4().hex}"
    async with sandbox_of(backend, profile) as one, sandbox_of(backend, profile) as other:
        running = asyncio.create_task(python(one, "time.sleep(1)", mark))
        await asyncio.sleep(0.3)
        seen = await output_of(other, PROCESSES + "print(found)", mark)
        await running
    expect(seen == "[]", "sandboxes should not see each other's processes", seen)


@check
async def hosts_environments_cannot_be_read(backend: Backend, profile: Profile) -> None:
    """No process that can be seen from inside shows an environment of the host."""
    code = (
        "found = []\nfor pid in os.listdir('/proc'):\n    try:\n"
        "        if pid.isdigit() and ARGS[0].encode() in open(f'/proc/{pid}/environ', 'rb').read():\n"
        "            found.append(pid)\n    except OSError:\n        pass\nprint(found)\n"
    )
    async with _bystander() as (mark, _), sandbox_of(backend, profile) as sandbox:
        seen = await output_of(sandbox, code, mark)
    expect(seen == "[]", "the host's environments should be out of reach", seen)
