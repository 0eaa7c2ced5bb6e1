"""Weights files: what is written comes back, and a hostile file is an error, never a crash, never code that runs."""

from __future__ import annotations

import json
import os
import pickle
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rqgm.core.hashes import sha256
from rqgm.orchestration.weights import (
    MAX_CARD_BYTES,
    MAX_WEIGHT_BYTES,
    Card,
    Weights,
    WeightsError,
    WeightsVersionError,
    load_weights,
    save_weights,
)

CARD = Card(
    policy="gated",
    features="features-1",
    seed=7,
    data="drawn",
    data_sha256="ab" * 32,
    settings={"lr": 0.003, "price": [0.01, 0.02]},
    metrics={"accuracy": 0.75},
)


def weights(**tensors: Any) -> Weights:
    """Return weights with two tensors, unless told otherwise."""
    return Weights("gated", "features-1", tensors or {"b": np.array([0.5, -1.25]), "a": np.ones((2, 3))})


def write(folder: Path, data: bytes, **changes: Any) -> Path:
    """Write any bytes as weights, with a card that vouches for them unless told otherwise."""
    path = folder / "gated.safetensors"
    path.write_bytes(data)
    card = CARD.model_dump() | {"weights_sha256": sha256(data)} | changes
    path.with_suffix(".json").write_text(json.dumps(card))
    return path


def tensors_file(header: dict[str, Any], body: bytes) -> bytes:
    """Return a safetensors file, written by hand."""
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + body


def test_weights_and_card_come_back(tmp_path: Path) -> None:
    """The card as written names the file's hash; tensors are as they were, in float32."""
    path = tmp_path / "deep" / "gated.safetensors"
    written = save_weights(path, weights(), CARD)
    found, card = load_weights(path)
    assert card == written
    assert card.weights_sha256 == sha256(path.read_bytes())
    assert card.model_copy(update={"weights_sha256": ""}) == CARD
    assert (found.policy, found.features) == ("gated", "features-1")
    assert {name: tensor.tolist() for name, tensor in found.tensors.items()} == {
        "a": [[1.0] * 3] * 2,
        "b": [0.5, -1.25],
    }


def test_other_libraries_read_the_file_and_theirs_is_read(tmp_path: Path) -> None:
    """It is the format of the safetensors package, also in half and double precision."""
    from safetensors.numpy import load_file, save

    path = tmp_path / "gated.safetensors"
    save_weights(path, weights(), CARD)
    assert np.array_equal(load_file(path)["a"], np.ones((2, 3)))
    data = save({"h": np.ones(2, np.float16), "d": np.array([[0.1]], np.float64), "none": np.zeros((0, 3), np.float32)})
    found, _ = load_weights(write(tmp_path, data))
    assert found.tensors["d"].tolist() == [[0.1]]
    assert found.tensors["none"].shape == (0, 3)


def test_the_layout_is_in_the_order_of_names() -> None:
    """Whatever order they were given in."""
    assert [(slot.name, slot.start, slot.stop) for slot in weights().layout] == [("a", 0, 6), ("b", 6, 8)]
    assert weights().vector.tolist() == [1.0] * 6 + [0.5, -1.25]
    assert weights().with_vector(range(8)).tensors["a"].tolist() == [[0, 1, 2], [3, 4, 5]]


def test_weights_cannot_be_changed_in_place() -> None:
    """Two policies may share them; what was handed in stays its owner's."""
    own = np.ones(2)
    made = weights(a=own)
    own[0] = 5
    assert made.tensors["a"].tolist() == [1, 1]
    with pytest.raises(ValueError, match="read-only"):
        made.tensors["a"][0] = 2


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_refused_in_memory_and_on_disk(tmp_path: Path, bad: float) -> None:
    """The tensor is named, and the file."""
    with pytest.raises(WeightsError, match="a holds NaN or infinity"):
        weights(a=np.array([0, bad]))
    data = tensors_file({"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}, struct.pack("<f", bad))
    with pytest.raises(WeightsError, match=r"gated\.safetensors.*a holds NaN"):
        load_weights(write(tmp_path, data))
    with pytest.raises(WeightsError, match="a holds NaN or infinity"):
        save_weights(tmp_path / "x", weights(a=np.array([1e300])), CARD)  # not finite as float32


def test_versions_are_told_both() -> None:
    """That of the weights and that of the features."""
    weights().check_version("features-1")
    with pytest.raises(WeightsVersionError, match=r"'features-1'.*'features-2'"):
        weights().check_version("features-2")


@pytest.mark.parametrize("shapes", [{}, {"a": (2, 3)}, {"a": (2, 3), "b": (3,)}, {"a": (2, 3), "b": (2,), "c": (1,)}])
def test_shapes_must_be_exactly_those(shapes: dict[str, tuple[int, ...]]) -> None:
    """None missing, none beside."""
    weights().check_shapes({"a": (2, 3), "b": (2,)})
    with pytest.raises(WeightsError, match="another policy or version"):
        weights().check_shapes(shapes)


def header(dtype: str = "F32", shape: Any = (1,), offsets: Any = (0, 4)) -> dict[str, Any]:
    """Return the header of one tensor."""
    return {"a": {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}}


class Exploit:
    """Unpickled, it would leave a file behind."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return (os.mkdir, (str(self.path),))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00",
        b"{}",
        struct.pack("<Q", 1 << 62) + b"{}",
        struct.pack("<Q", 2) + b"[]",
        struct.pack("<Q", 4) + b"\xff\xfe\x00\x01",
        tensors_file(header(), b""),
        tensors_file(header(shape=[1 << 62]), b"1234"),
        tensors_file(header(shape=[-1]), b"1234"),
        tensors_file(header(offsets=[0, 400]), b"1234"),
        tensors_file(header(dtype="I32"), b"1234"),
        tensors_file(header(dtype="BF16", offsets=[0, 2]), b"12"),
        tensors_file(header(shape=[1] * 80), b"1234"),
        tensors_file({f"t{k}": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]} for k in range(300)}, b""),
    ],
)
def test_a_hostile_file_is_refused(tmp_path: Path, data: bytes) -> None:
    """By the one error, that names the file."""
    with pytest.raises(WeightsError, match=r"gated\.safetensors"):
        load_weights(write(tmp_path, data))


@given(st.binary(max_size=200), st.integers(0, 300), st.integers(0, 255))
def test_any_bytes_are_weights_or_an_error(noise: bytes, place: int, byte: int) -> None:
    """Random ones, and a sound file with one byte changed."""
    import tempfile

    sound = bytearray(tensors_file(header(shape=[2], offsets=[0, 8]), struct.pack("<2f", 1, 2)))
    sound[place % len(sound)] = byte
    with tempfile.TemporaryDirectory() as folder:
        for data in (noise, bytes(sound)):
            try:
                found, _ = load_weights(write(Path(folder), data))
            except WeightsError:
                continue
            assert all(np.isfinite(tensor).all() for tensor in found.tensors.values())


def test_pickles_are_not_unpickled(tmp_path: Path) -> None:
    """Neither by the name of a weights file nor as numpy's own format."""
    mark = tmp_path / "ran"
    with pytest.raises(WeightsError):
        load_weights(write(tmp_path, pickle.dumps(Exploit(mark))))
    np.save(tmp_path / "evil.npy", np.array([Exploit(mark)], dtype=object), allow_pickle=True)
    with pytest.raises(WeightsError):
        load_weights(write(tmp_path, (tmp_path / "evil.npy").read_bytes()))
    assert not mark.exists()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"weights_sha256": "0" * 64}, "weights_sha256 differs"),
        ({"weights_sha256": ""}, "weights_sha256 differs"),
        ({"schema_version": 2}, "schema_version"),
        ({"polcy": "gated"}, "polcy: unknown key; did you mean 'policy'"),
        ({"policy": "../x"}, "policy"),
        ({"data_sha256": "short"}, "data_sha256"),
        ({"metrics": {"accuracy": "NaN"}}, "metrics.accuracy"),
    ],
)
def test_a_card_that_does_not_fit_is_refused(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    """The card's file, the key, and what is wrong with it."""
    save_weights(tmp_path / "sound", weights(), CARD)
    with pytest.raises(WeightsError, match=message):
        load_weights(write(tmp_path, (tmp_path / "sound.safetensors").read_bytes(), **changes))


def test_files_that_are_missing_endless_or_too_large_are_refused(tmp_path: Path) -> None:
    """Without reading them to their end, or waiting for a writer."""
    with pytest.raises(WeightsError, match="no such file"):
        load_weights(tmp_path / "none.safetensors")
    path = write(tmp_path, b"")
    with path.open("wb") as file:
        file.truncate(MAX_WEIGHT_BYTES + 1)
    with pytest.raises(WeightsError, match="larger than"):
        load_weights(path)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(WeightsError, match="no such file"):
        load_weights(path)
    path.with_suffix(".json").write_text(" " * (MAX_CARD_BYTES + 1))
    with pytest.raises(WeightsError, match="larger than"):
        load_weights(path)
    path.with_suffix(".json").write_text("[" * 100_000)
    with pytest.raises(WeightsError, match=r"gated\.json"):
        load_weights(path)


def test_a_card_must_be_of_its_weights(tmp_path: Path) -> None:
    """Else a policy would be opened under another's name."""
    with pytest.raises(WeightsError, match="the card is of chain"):
        save_weights(tmp_path / "x", weights(), CARD.model_copy(update={"policy": "chain"}))
