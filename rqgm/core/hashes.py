"""Hashes: one canonical JSON, one sha256."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def canonical_json(value: Any) -> str:
    """Return one text for equal JSON data: keys sorted, no spaces, non-finite numbers refused with ValueError."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def sha256(data: bytes) -> str:
    """Return the hash of `data` as 64 hex digits."""
    return hashlib.sha256(data).hexdigest()


def hash_json(value: Any) -> str:
    """Return the hash of the canonical JSON of `value` as 64 hex digits."""
    return sha256(canonical_json(value).encode("utf-8", "surrogatepass"))
