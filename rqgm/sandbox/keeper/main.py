"""The loop: answer requests until the engine goes."""

from __future__ import annotations

from rqgm.sandbox.keeper.line import EngineGoneError, LostError, RefusedError, receive, send
from rqgm.sandbox.keeper.place import Keeper
from rqgm.sandbox.keeper.processes import kill_everyone


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
