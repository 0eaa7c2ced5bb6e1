"""The `docker` back-end: one container per sandbox, started ahead, with our keeper as its first process.

The keeper is root in the container, with the five capabilities that it needs to give a command another user and to kill
what the command left; commands run as `USER` with none. Trees are placed over the line into memory disks of limited
size, because the root file system is read-only and nothing of the host is mounted. A line to the keeper makes a command
cost what a fork costs; `docker exec` costs 65 ms and more.
"""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

from rqgm.core.errors import ConfigError, InfrastructureError, RqgmError, SandboxLostError
from rqgm.core.grants import GATEWAY
from rqgm.core.hashes import hash_json
from rqgm.sandbox.connection import BOOT, Connection, SocketStream, keeper_program
from rqgm.sandbox.images import Image, inspect, make_ready
from rqgm.sandbox.kept import KeptSandbox
from rqgm.sandbox.protocol import Probe

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rqgm.sandbox.profile import Profile

USER = 64_321
LABEL = "rqgm.run"
CAPABILITIES = ["CHOWN", "KILL", "SETGID", "SETPCAP", "SETUID"]
KEEPER_MB = 32
START_S = 30.0
OLDEST_API = (1, 41)
BASE_VARIABLE = "RQGM_DOCKER_BASE"
REMEDY = "start a Docker engine (20.10 or newer), or use --sandbox bubblewrap"
STDERR = 2
T = TypeVar("T")


class DockerBackend:
    """Sandboxes in containers of a local Docker engine. `base` is the BASE of profiles' Dockerfiles."""

    name = "docker"
    isolated = True

    def __init__(self, base: str | None = None) -> None:
        self._base = base or os.environ.get(BASE_VARIABLE) or None
        self._client: Any = None
        self._images: dict[str, Image] = {}
        self._program = keeper_program(compiled=False)

    async def probe(self) -> Probe:
        """Tell whether an engine answers that is new enough and can limit memory and processes."""
        try:
            version, info = await asyncio.to_thread(self._ask)
        except Exception as error:  # noqa: BLE001  # border: the SDK lets errors of requests, urllib3 and http through
            return Probe(usable=False, detail=f"no engine answers: {str(error)[:200]}", remedy=REMEDY)
        detail = f"engine {version.get('Version')}, API {version.get('ApiVersion')}"
        if tuple(int(part) for part in str(version.get("ApiVersion", "0")).split(".")) < OLDEST_API:
            return Probe(usable=False, detail=f"{detail} is too old", remedy=REMEDY)
        if info.get("OSType") != "linux" or not info.get("MemoryLimit") or not info.get("PidsLimit"):
            return Probe(usable=False, detail=f"{detail} cannot limit memory and processes", remedy=REMEDY)
        return Probe(usable=True, detail=detail)

    def _ask(self) -> tuple[dict[str, Any], dict[str, Any]]:
        client = self._connect()
        return client.version(api_version=False), client.info()

    def _connect(self) -> Any:
        if self._client is None:
            import docker  # noqa: PLC0415  # 0.1 s to import

            _knock(os.environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock")
            self._client = docker.from_env(timeout=60, max_pool_size=32).api
        return self._client

    async def prepare(self, profile: Profile) -> str:
        """Find, pull or build the profile's image and return a digest of it and the profile."""
        image = await asyncio.to_thread(self._image, profile)
        return hash_json([image.id, profile.model_dump(mode="json")])

    def _image(self, profile: Profile) -> Image:
        key = f"{profile.folder}{profile.model_dump_json()}"
        if key not in self._images:
            self._images[key] = _guarded(lambda: make_ready(self._connect(), profile, self._base))
        return self._images[key]

    async def start(self, profile: Profile, label: str, gateway: Path | None = None) -> KeptSandbox:
        """Start one container, whose keeper answers."""
        name = f"rqgm-{uuid4().hex[:16]}"
        launch = asyncio.create_task(asyncio.to_thread(self._launch, profile, label, name, gateway))

        async def end() -> None:
            await asyncio.to_thread(self._remove, name)

        try:
            connection = await self._greet(await asyncio.shield(launch), profile)
        except BaseException:
            # Cancelled while a thread makes the container: wait for it, then undo what it did.
            (line,) = await asyncio.gather(launch, return_exceptions=True)
            if isinstance(line, socket.socket):
                line.close()
            await end()
            raise
        seen = GATEWAY if gateway else ""
        return KeptSandbox(connection, profile, end, path=self._image(profile).path, gateway=seen)

    async def _greet(self, line: socket.socket, profile: Profile) -> Connection:
        """Make the first process of a container our keeper."""
        stream = _Demultiplexed(await SocketStream.open(line))
        connection = Connection(stream)
        mounts = [*_mounts(profile, self._image(profile)), "/dev/shm"]  # noqa: S108  # inside
        try:
            async with asyncio.timeout(START_S):
                await connection.hello({"kind": "container", "uid": USER, "mounts": mounts}, self._program)
        except BaseException as error:
            connection.close()
            if isinstance(error, (SandboxLostError, TimeoutError)):
                detail = stream.complaints.decode("utf-8", "replace").strip()[-400:]
                raise InfrastructureError(f"a container did not start: {detail or error}") from error
            raise
        return connection

    def _launch(self, profile: Profile, label: str, name: str, gateway: Path | None) -> socket.socket:
        """Create, attach to and start a container; return the line to its first process. Blocks."""
        image = self._image(profile)
        client = self._connect()

        def launch() -> socket.socket:
            client.create_container(
                image.id,
                name=name,
                entrypoint=["python3", "-I", "-S", "-c", BOOT],
                command=[],
                user="0:0",
                working_dir="/",
                hostname="sandbox",
                stdin_open=True,
                labels={LABEL: label},
                healthcheck={"test": ["NONE"]},
                host_config=client.create_host_config(**host_options(profile, image), **_bound(gateway)),
            )
            # Attached before the start, and the engine's end of life closes the line: then the keeper ends, and with
            # `auto_remove` the container goes. Closed with the line is standard input, as "once" says.
            line = _attach(client, name)
            client.start(name)
            return line

        return _guarded(launch)

    def _remove(self, name: str) -> bool:
        from docker.errors import APIError  # noqa: PLC0415

        try:
            self._connect().remove_container(name, force=True, v=True)
        except APIError:
            return False  # gone, or going
        except OSError:
            return False  # the engine is gone; `reap` sees to it at the next start
        return True

    async def reap(self, label: str) -> int:
        """Remove the containers of this run that a killed engine left behind."""
        return await asyncio.to_thread(_guarded, lambda: self._reap(label))

    def _reap(self, label: str) -> int:
        left = self._connect().containers(all=True, filters={"label": f"{LABEL}={label}"})
        return sum(self._remove(container["Id"]) for container in left)

    async def image_id(self, name: str) -> str | None:
        """Return the id of an image, None if the engine has none of that name."""
        found = await asyncio.to_thread(lambda: inspect(self._connect(), name))
        return found["Id"] if found else None


def _mounts(profile: Profile, image: Image) -> list[str]:
    return [*dict.fromkeys(("/tmp", *profile.places, *image.volumes))]  # noqa: S108  # inside


def host_options(profile: Profile, image: Image) -> dict[str, Any]:
    """Return the container's limits and everything that is taken from it."""
    disk = f"size={profile.disk_mb}m,nr_inodes={max(4_096, profile.disk_mb * 512)},exec,nosuid,nodev"
    modes = {path: "1777" if path == "/tmp" else "0755" for path in _mounts(profile, image)}  # noqa: S108
    memory = (profile.memory_mb + profile.disk_mb + KEEPER_MB) << 20  # what lies on memory disks counts as memory
    return {
        "read_only": True,
        "network_mode": "none" if profile.network == "none" else "bridge",
        "cap_drop": ["ALL"],
        "cap_add": CAPABILITIES,
        "security_opt": ["no-new-privileges:true", *_seccomp(profile)],
        "mem_limit": memory,
        "memswap_limit": memory,
        "pids_limit": profile.pids + 4,
        "nano_cpus": int(profile.cpus * 1e9),
        "tmpfs": {path: f"{disk},mode={mode}" for path, mode in modes.items()},
        "shm_size": profile.disk_mb << 20,
        "ipc_mode": "private",
        "log_config": {"Type": "none"},
        "auto_remove": True,
        **({"runtime": profile.runtime} if profile.runtime != "runc" else {}),
    }


def _bound(gateway: Path | None) -> dict[str, Any]:
    """Return the one thing of the host that a container may be given: the folder with the gateway's socket."""
    return {"binds": {str(gateway): {"bind": GATEWAY, "mode": "ro"}}} if gateway else {}


def _seccomp(profile: Profile) -> list[str]:
    if profile.seccomp is None:
        return []
    if profile.folder is None:
        raise ConfigError(f"profile {profile.name!r}: seccomp = {profile.seccomp!r} needs a profile folder")
    path = profile.folder / profile.seccomp
    try:
        return [f"seccomp={path.read_text(encoding='utf-8')}"]
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error


def _knock(host: str) -> None:
    """Raise OSError if nobody listens on a unix socket: the SDK would leak its own socket in finding that out."""
    if host.startswith("unix://"):
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(host.removeprefix("unix://"))


def _attach(client: Any, name: str) -> socket.socket:
    params = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
    raw = client.attach_socket(name, params)
    held = getattr(raw, "_sock", None)
    if not isinstance(held, socket.socket) or type(held).__module__ == "ssl":
        raise InfrastructureError("docker over TLS or ssh cannot carry sandboxes: use a local engine")
    line = socket.socket(fileno=os.dup(held.fileno()))
    raw.close()
    held.close()
    return line


class _Demultiplexed:
    """The line of an attached container: output and errors come in one stream of chunks with 8 bytes in front."""

    def __init__(self, stream: SocketStream) -> None:
        self._stream = stream
        self._buffer = bytearray()
        self.complaints = b""

    async def read(self, count: int) -> bytes:
        while len(self._buffer) < count:
            kind, size = struct.unpack(">BxxxI", await self._stream.read(8))
            chunk = await self._stream.read(size)
            if kind == STDERR:
                self.complaints = (self.complaints + chunk)[-2_000:]
            else:
                self._buffer += chunk
        data = bytes(self._buffer[:count])
        del self._buffer[:count]
        return data

    async def write(self, data: bytes) -> None:
        await self._stream.write(data)

    def close(self) -> None:
        self._stream.close()


def _guarded(action: Callable[[], T]) -> T:
    """Do something with the engine; whatever the SDK lets through becomes InfrastructureError."""
    try:
        return action()
    except RqgmError:
        raise
    except Exception as error:  # border: the SDK lets errors of requests, urllib3 and http through
        raise InfrastructureError(f"docker: {str(error)[:400]}") from error
