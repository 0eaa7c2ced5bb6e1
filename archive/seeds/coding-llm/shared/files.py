"""Looking at folders of files that others made: paths that stay inside, text only, differences."""

import difflib
import os

MAX_FILE_BYTES = 400_000
MAX_DIFF_LINES = 4_000
SKIPPED = {"__pycache__", ".git"}


class FileTrouble(Exception):
    """A path or a file that cannot be used; the message is for the model."""


def inside(root, path) -> str:
    """Return the absolute path of a plain relative path; FileTrouble if it would lead out of `root`."""
    parts = path.split("/")
    if not path or any(part in ("", ".", "..", ".git") for part in parts) or "\\" in path:
        raise FileTrouble(f"{path!r} is not a plain relative path")
    full = os.path.join(root, *parts)
    if os.path.realpath(full) != os.path.join(os.path.realpath(root), *parts):
        raise FileTrouble(f"{path!r} leads out of the folder")
    return full


def listing(root) -> dict:
    """Return the sizes in bytes of all files below `root` by their relative paths, sorted."""
    found = {}
    for folder, names, files in os.walk(root):
        names[:] = [name for name in names if name not in SKIPPED]
        for name in files:
            full = os.path.join(folder, name)
            if os.path.isfile(full) and not os.path.islink(full):
                found[os.path.relpath(full, root)] = os.path.getsize(full)
    return dict(sorted(found.items()))


def read_text(root, path) -> str:
    """Return a file's text; FileTrouble where there is none that can be shown."""
    full = inside(root, path)
    if not os.path.isfile(full):
        raise FileTrouble(f"there is no file {path!r}")
    if os.path.getsize(full) > MAX_FILE_BYTES:
        raise FileTrouble(f"{path!r} is larger than {MAX_FILE_BYTES} bytes: nobody has seen what it holds")
    try:
        with open(full, encoding="utf-8", newline="") as file:
            return file.read()
    except UnicodeDecodeError:
        raise FileTrouble(f"{path!r} is not text: nobody has seen what it holds") from None
    except OSError as error:
        raise FileTrouble(f"{path!r} cannot be read: {error.strerror}") from None


def numbered(text, first=1, last=None) -> str:
    """Return the lines from `first` to `last` with their numbers."""
    lines = [line.decode() for line in text.encode().splitlines()]  # as the engine counts: no other line ends
    chosen = enumerate(lines[first - 1 : last], start=first)
    return "\n".join(f"{number:4} {line}" for number, line in chosen) or f"(the file has {len(lines)} lines)"


def difference(before, after, names) -> str:
    """Return what differs in the named files of two folders: a unified diff, or a line on what cannot be compared."""
    pieces = [_file_difference(before, after, name) for name in sorted(names)]
    return "\n".join(piece for piece in pieces if piece) or "(no difference)"


def _file_difference(before, after, name):
    try:
        old, new = (_lines(folder, name) for folder in (before, after))
    except FileTrouble as trouble:
        return str(trouble)
    if max(len(old), len(new)) > MAX_DIFF_LINES:
        return f"{name} is too long to be compared"
    return "\n".join(difflib.unified_diff(old, new, f"before/{name}", f"after/{name}", lineterm=""))


def _lines(folder, name):
    """Return a file's lines; a file that is not there has none."""
    return read_text(folder, name).splitlines() if os.path.lexists(inside(folder, name)) else []
