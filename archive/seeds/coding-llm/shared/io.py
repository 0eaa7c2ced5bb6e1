"""Reading the request and writing the response of a role (``rqgm/io`` under ``$RQGM_ROOT``)."""

import json
import os
import sys


def folder() -> str:
    """Return the message folder; a back-end that cannot mount sets RQGM_ROOT to the folder that stands for ``/``."""
    return os.environ.get("RQGM_ROOT", "") + "/rqgm/io"  # no pathlib here: it takes a fifth of a short role's time


def read_request() -> dict:
    """Return the request as plain data."""
    with open(f"{folder()}/request.json", encoding="utf-8") as file:
        return json.load(file)


def write_response(**fields: object) -> None:
    """Write the response; `fields` are those of the role's kind (see `rqgm schema`)."""
    text = json.dumps({"schema_version": 1, **fields}, sort_keys=True, allow_nan=False)
    scratch = f"{folder()}/response.json.part"
    with open(scratch, "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(scratch, f"{folder()}/response.json")


def fail(message: str) -> None:
    """End the role with a message for the run's log; no response means that the role failed."""
    print(message, file=sys.stderr)
    sys.exit(1)
