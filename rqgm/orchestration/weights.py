"""Weights: what a learned policy was trained to, a safetensors file with a JSON card beside it.

`gated.safetensors` holds the tensors, float32; `gated.json` is the card: policy, version of the features, seed,
training data, scores, hash of the tensors.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, JsonValue, ValidationError

from rqgm.core.errors import ConfigError
from rqgm.core.hashes import sha256
from rqgm.core.toml import explain

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import ArrayLike, NDArray

MAX_WEIGHT_BYTES = 32 << 20
MAX_CARD_BYTES = 1 << 20
MAX_TENSORS = 256


class WeightsError(ConfigError):
    """Weights cannot be used: not a weights file, not finite, of another policy or shape."""


class WeightsVersionError(WeightsError):
    """Weights were trained on another version of the features than there is; the message names both."""


class Slot(NamedTuple):
    """Where one tensor lies in the flat vector of parameters: ``vector[start:stop].reshape(shape)``."""

    name: str
    shape: tuple[int, ...]
    start: int
    stop: int


@dataclass(frozen=True)
class Weights:
    """The parameters of one learned policy, and the features that they were trained on.

    Tensors are float64 in memory, in the order of their names. WeightsError when one is not finite.
    """

    policy: str
    features: str
    """The version of the features (`Features.version`)."""
    tensors: Mapping[str, NDArray[np.float64]]

    def __post_init__(self) -> None:
        tensors = {name: np.array(self.tensors[name], dtype=np.float64) for name in sorted(self.tensors)}
        for name, tensor in tensors.items():
            if not np.isfinite(tensor).all():
                raise WeightsError(f"weights of {self.policy}: {name} holds NaN or infinity; train again")
            tensor.setflags(write=False)
        object.__setattr__(self, "tensors", tensors)

    @property
    def layout(self) -> tuple[Slot, ...]:
        """Where each tensor lies in `vector`."""
        slots: list[Slot] = []
        for name, tensor in self.tensors.items():
            start = slots[-1].stop if slots else 0
            slots.append(Slot(name, tensor.shape, start, start + tensor.size))
        return tuple(slots)

    @property
    def vector(self) -> NDArray[np.float64]:
        """All parameters as one vector, by `layout`."""
        return np.concatenate([tensor.ravel() for tensor in self.tensors.values()] or [np.zeros(0)])

    def with_vector(self, vector: ArrayLike) -> Weights:
        """Return weights of the same layout with other parameters."""
        flat = np.asarray(vector, dtype=np.float64)
        size = sum(tensor.size for tensor in self.tensors.values())
        if flat.shape != (size,):
            raise WeightsError(f"weights of {self.policy}: {flat.shape} parameters, not ({size},)")
        return replace(self, tensors={s.name: flat[s.start : s.stop].reshape(s.shape) for s in self.layout})

    def check_shapes(self, shapes: Mapping[str, tuple[int, ...]]) -> None:
        """Raise WeightsError unless there are exactly these tensors, in these shapes."""
        found = {name: tensor.shape for name, tensor in self.tensors.items()}
        for name in sorted(found.keys() | shapes.keys()):
            if found.get(name) != shapes.get(name):
                told = f"{found.get(name, 'nothing')}, not {shapes.get(name, 'nothing')}"
                raise WeightsError(
                    f"weights of {self.policy}: {name} is {told}; they are of another policy or version, train again "
                    "(rqgm nexa train)"
                )

    def check_version(self, version: str) -> None:
        """Raise WeightsVersionError unless the weights were trained on this version of the features."""
        if version != self.features:
            raise WeightsVersionError(
                f"weights of {self.policy} were trained on features {self.features!r}, these are {version!r}; "
                "train on these (rqgm nexa train), or take weights that were"
            )


class Card(BaseModel):
    """The card: on what weights were trained, and what they scored. Strict: an unknown key is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_version: Literal[1] = 1
    policy: str = Field(pattern=r"^[a-z][a-z0-9-]{0,62}$")
    features: str = Field(min_length=1, max_length=200, description="version of the features")
    weights_sha256: str = Field(default="", pattern=r"^([0-9a-f]{64})?$", description="hash of the tensors' file")
    seed: int
    data: str = Field(max_length=2_000, description="what the training data are, in words")
    data_sha256: str = Field(pattern=r"^[0-9a-f]{64}$", description="hash of the training data")
    settings: dict[str, JsonValue] = Field(default={}, description="the trainer's settings")
    metrics: dict[str, FiniteFloat] = Field(default={}, description="scores on held-out items")


def save_weights(path: Path, weights: Weights, card: Card) -> Card:
    """Write ``<path>.safetensors`` and ``<path>.json`` (any suffix of `path` is replaced); return the card as written.

    Tensors are stored as float32; WeightsError when one does not fit into that.
    """
    from safetensors.numpy import save  # noqa: PLC0415  # imported where it is used

    if (card.policy, card.features) != (weights.policy, weights.features):
        raise WeightsError(f"the card is of {card.policy} on {card.features}, not {weights.policy}, {weights.features}")
    with np.errstate(over="ignore"):
        tensors = {name: tensor.astype(np.float32) for name, tensor in weights.tensors.items()}
    replace(weights, tensors={name: tensor.astype(np.float64) for name, tensor in tensors.items()})  # finite also now
    data = save(tensors)
    full = card.model_copy(update={"weights_sha256": sha256(data)})
    path.parent.mkdir(parents=True, exist_ok=True)
    path.with_suffix(".safetensors").write_bytes(data)
    path.with_suffix(".json").write_text(full.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return full


def copy_weights(source: Path, target: Path) -> None:
    """Copy a weights file and its card as they are; WeightsError for one that cannot be read."""
    target.parent.mkdir(parents=True, exist_ok=True)
    for suffix, most in ((".safetensors", MAX_WEIGHT_BYTES), (".json", MAX_CARD_BYTES)):
        target.with_suffix(suffix).write_bytes(_read(source.with_suffix(suffix), most))


def load_weights(path: Path) -> tuple[Weights, Card]:
    """Read a weights file (``….safetensors``) and its card; neither is trusted.

    Sizes are capped, nothing is unpickled, the tensors' hash must be the card's. Raises WeightsError that names the
    file and what is wrong with it.
    """
    file = path.with_suffix(".safetensors")
    card = _read_card(path.with_suffix(".json"))
    data = _read(file, MAX_WEIGHT_BYTES)
    if sha256(data) != card.weights_sha256:
        raise WeightsError(f"{file}: is not the file that its card tells of (weights_sha256 differs)")
    tensors = _tensors(data, file)
    try:
        return Weights(card.policy, card.features, tensors), card
    except WeightsError as error:
        raise WeightsError(f"{file}: {error}") from error


def _read_card(path: Path) -> Card:
    try:
        return Card.model_validate_json(_read(path, MAX_CARD_BYTES))
    except ValidationError as error:
        raise WeightsError(f"{path}: {explain(error, Card)}") from error


def _read(path: Path, most: int) -> bytes:
    try:
        if not path.is_file():  # a pipe or a device would make the reader wait
            raise WeightsError(f"{path}: there is no such file; `rqgm nexa train` makes weights and their card")
        with path.open("rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        raise WeightsError(f"{path}: cannot be read: {error.strerror}") from error
    if len(data) > most:
        raise WeightsError(f"{path}: is larger than {most} bytes")
    return data


def _tensors(data: bytes, where: Path) -> dict[str, NDArray[np.float64]]:
    from safetensors import SafetensorError, deserialize  # noqa: PLC0415  # imported where it is used

    try:
        found = deserialize(data)  # type: ignore[no-untyped-call]
    except SafetensorError as error:
        raise WeightsError(f"{where}: is no safetensors file: {error}") from error
    if len(found) > MAX_TENSORS:
        raise WeightsError(f"{where}: holds {len(found)} tensors, allowed {MAX_TENSORS}")
    kinds = {"F16": "<f2", "F32": "<f4", "F64": "<f8"}
    tensors = {}
    for name, told in found:
        if told["dtype"] not in kinds:
            raise WeightsError(f"{where}: {name!r:.80} holds {told['dtype']}, allowed {', '.join(kinds)}")
        if prod(told["shape"]) * int(kinds[told["dtype"]][-1]) != len(told["data"]):
            raise WeightsError(f"{where}: {name!r:.80} does not fill its shape")
        flat = np.frombuffer(told["data"], dtype=kinds[told["dtype"]])
        try:
            tensors[name] = flat.reshape(told["shape"]).astype(np.float64)
        except ValueError as error:  # more dimensions than numpy knows
            raise WeightsError(f"{where}: {name!r:.80}: {error}") from error
    return tensors
