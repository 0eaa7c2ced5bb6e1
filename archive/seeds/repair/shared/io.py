"""Reading the request and writing the response of a role (``rqgm/io`` under ``$RQGM_ROOT``)."""

import json
import os
import sys
from pathlib import Path


def folder() -> Path:
    """Return the message folder; a back-end that cannot mount sets RQGM_ROOT to the folder that stands for ``/``."""
    return Path(os.environ.get("RQGM_ROOT") or "/") / "rqgm" / "io"


def read_request() -> dict:
    """Return the request as plain data."""
    return json.loads((folder() / "request.json").read_text())


def write_response(**fields: object) -> None:
    """Write the response; `fields` are those of the role's kind (see `rqgm schema`)."""
    text = json.dumps({"schema_version": 1, **fields}, sort_keys=True, allow_nan=False)
    scratch = folder() / "response.json.part"
    scratch.write_text(text)
    os.replace(scratch, folder() / "response.json")


def fail(message: str) -> None:
    """End the role with a message for the run's log; no response means that the role failed."""
    print(message, file=sys.stderr)
    sys.exit(1)
