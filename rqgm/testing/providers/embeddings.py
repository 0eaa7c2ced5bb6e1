"""OpenAI's embeddings: vectors that a script tells, or that are made from the words of the texts."""

from __future__ import annotations

import base64
import hashlib
import math
import re
import struct
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rqgm.testing.providers.answers import Answer

DIMENSIONS = 64


def body(answer: Answer) -> dict[str, Any]:
    """Return the list of vectors, as numbers or in base64, as asked."""
    asked = answer.asked
    size = asked.body.get("dimensions") or DIMENSIONS
    vectors = answer.reply.vectors or [embed(message.text, size) for message in asked.messages]
    coded = asked.body.get("encoding_format") == "base64"
    data = [
        {"object": "embedding", "index": index, "embedding": _base64(vector) if coded else list(vector)}
        for index, vector in enumerate(vectors)
    ]
    made: dict[str, Any] = {"object": "list", "data": data, "model": answer.model}
    if answer.usage is not None:
        tokens = answer.usage.input_tokens
        made["usage"] = {"prompt_tokens": tokens, "total_tokens": tokens}
    return made


def embed(text: str, dimensions: int = DIMENSIONS) -> list[float]:
    """Return a unit vector: texts that share words are near each other, in every process."""
    vector = [0.0] * dimensions
    for word in re.findall(r"\w+", text.lower()) or [""]:
        digest = hashlib.blake2b(word.encode(), digest_size=8).digest()
        vector[int.from_bytes(digest[:4]) % dimensions] += 1.0 if digest[4] % 2 else -1.0
    length = math.hypot(*vector)
    return [value / length for value in vector] if length else [1.0, *vector[1:]]


def _base64(vector: Sequence[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
