"""Gateways: the one socket that leads out is there when it is given, only then, and is all that is given."""

# ruff: noqa: D401  # a check's docstring states a promise

from __future__ import annotations

import socket
import tempfile
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from rqgm.core.grants import GATEWAY, SOCKET
from rqgm.testing.sandbox_checks import check, expect, output_of, sandbox_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rqgm.sandbox.profile import Profile
    from rqgm.sandbox.protocol import Backend

CALL = "import socket\nline = socket.socket(socket.AF_UNIX)\nline.connect(ARGS[0])\nprint(line.recv(16).decode())"


@contextmanager
def _gateway() -> Iterator[Path]:
    """Yield a folder with a socket that greets whoever connects, open to every user."""
    with tempfile.TemporaryDirectory(prefix="rqgm-kit-") as name, socket.socket(socket.AF_UNIX) as listener:
        folder = Path(name)
        folder.chmod(0o711)
        listener.bind(str(folder / SOCKET))
        (folder / SOCKET).chmod(0o666)
        listener.listen()
        thread = Thread(target=_greet, args=(listener,), daemon=True)
        thread.start()
        yield folder
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def _greet(listener: socket.socket) -> None:
    while True:
        try:
            line, _ = listener.accept()
        except OSError:  # closed: the check is over
            return
        with line:
            line.sendall(b"hello")


@check
async def gateways_socket_answers(backend: Backend, profile: Profile) -> None:
    """A command reaches the gateway's socket in the folder that the sandbox says."""
    with _gateway() as folder:
        sandbox = await backend.start(profile, "kit", folder)
        try:
            said = await output_of(sandbox, CALL, f"{sandbox.gateway}/{SOCKET}")
        finally:
            await sandbox.close()
    expect(said == "hello", "the gateway should answer", said)


@check
async def gateways_folder_cannot_change(backend: Backend, profile: Profile) -> None:
    """A command can neither remove the socket nor put anything beside it."""
    code = "import os\nfor action in (lambda: os.unlink(ARGS[0] + '/' + ARGS[1]), lambda: open(ARGS[0] + '/x', 'w')):\n"
    code += "    try:\n        action()\n        print('done')\n    except OSError:\n        print('refused')"
    with _gateway() as folder:
        sandbox = await backend.start(profile, "kit", folder)
        try:
            said = await output_of(sandbox, code, sandbox.gateway, SOCKET)
        finally:
            await sandbox.close()
        expect((folder / SOCKET).exists(), "the socket should still be there")
    expect(said.split() == ["refused", "refused"], "the folder should be read-only", said)


@check
async def no_gateway_unless_given(backend: Backend, profile: Profile) -> None:
    """A sandbox that was given no gateway says so and has none."""
    async with sandbox_of(backend, profile) as sandbox:
        expect(sandbox.gateway == "", "it should say that it has none", sandbox.gateway)
        seen = await output_of(sandbox, "print(os.path.exists(ARGS[0]))", f"{sandbox.root}{GATEWAY}/{SOCKET}")
    expect(seen == "False", "there should be no gateway", seen)
