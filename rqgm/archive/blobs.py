"""Blobs: content-addressed bytes in files, compressed with zstd."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import zstandard

from rqgm.core.errors import ArtifactError, IntegrityError
from rqgm.core.hashes import canonical_json, sha256
from rqgm.core.trees import File, check_path

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rqgm.core.trees import Tree

MAX_BLOB_BYTES = 256 << 20


class Blobs:
    """A folder of blobs, ``<first two digits>/<rest>``, each named by the sha256 of its content."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, data: bytes) -> str:
        """Store `data` and return its hash; storing it again is free. Atomic: a reader never sees half a blob."""
        digest = sha256(data)
        path = self.path(digest)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            scratch = path.with_suffix(f".{os.getpid()}.part")
            scratch.write_bytes(zstandard.compress(data, 3))
            scratch.replace(path)
        return digest

    def get(self, digest: str) -> bytes:
        """Return a blob's content; IntegrityError if it is missing or altered."""
        try:
            packed = self.path(digest).read_bytes()
            data = zstandard.ZstdDecompressor().decompress(packed, max_output_size=MAX_BLOB_BYTES)
        except FileNotFoundError as error:
            raise IntegrityError(f"blob {digest} is missing from {self.folder}") from error
        except zstandard.ZstdError as error:
            raise IntegrityError(f"blob {digest} in {self.folder} cannot be read: {error}") from error
        if sha256(data) != digest:
            raise IntegrityError(f"blob {digest} in {self.folder} does not match its name")
        return data

    def put_tree(self, tree: Tree) -> str:
        """Store a tree (each file, and a listing of them) and return the listing's hash."""
        listing = [[path, self.put(file.data), file.executable] for path, file in sorted(tree.items())]
        return self.put(canonical_json({"tree": listing}).encode())

    def get_tree(self, digest: str) -> dict[str, File]:
        """Return a tree that `put_tree` stored; IntegrityError if it is none, ArtifactError if a path in it is bad."""
        try:
            listing = json.loads(self.get(digest))["tree"]
            return {check_path(path): File(self.get(blob), bool(executable)) for path, blob, executable in listing}
        except ArtifactError:
            raise
        except (ValueError, KeyError, TypeError) as error:
            raise IntegrityError(f"blob {digest} in {self.folder} is not a tree: {error}") from error

    def path(self, digest: str) -> Path:
        """Return where a blob lies."""
        return self.folder / digest[:2] / digest[2:]

    def __iter__(self) -> Iterator[str]:
        for path in sorted(self.folder.glob("??/*")):
            if not path.suffix:
                yield path.parent.name + path.name
