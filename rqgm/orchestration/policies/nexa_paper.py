"""`nexa-paper`: the policy of arXiv 2605.15573, on the embeddings themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from rqgm.orchestration.policies.learned import EdgeWise, Reading, size, uniform
from rqgm.orchestration.weights import Weights, WeightsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

EPSILON = 1e-5  # of the layer norms, torch's default


class NexaPaper(EdgeWise):
    """H = Enc(X), a transformer encoder of one layer and one head without positions; the edges' logits are of H Hᵀ.

    Agents are ordered by ψ alone. Taken literally, H Hᵀ is far above 0 at the start: every edge is sure and there is
    no gradient. So the logits are H Hᵀ/√d, less their mean over pairs of different agents, plus a learned bias.
    Tensors are named as in torch: `input` (Linear), `encoder` (TransformerEncoderLayer with its defaults: ReLU, norms
    after), `bias`. The paper tells no width of the feed-forward part; here it is four times the encoder's.
    """

    kind: ClassVar[str] = "nexa-paper"
    evidence_first: ClassVar[bool] = False

    @classmethod
    def initial(cls, dimensions: int, version: str, rng: np.random.Generator, width: int = 128) -> Self:
        """Return untrained weights for embeddings of `dimensions`; edges start at p ≈ .1."""
        tensors = uniform(_shapes(dimensions, width, 4 * width), rng)
        for name in ("encoder.norm1.weight", "encoder.norm2.weight"):
            tensors[name] = np.ones(width)
        return cls(Weights(cls.kind, version, tensors | {"bias": np.array([np.log(0.1 / 0.9)])}))

    def logits(self, reading: Reading) -> NDArray[np.float64]:
        """Return (N, N) by places in the order; WeightsError for embeddings of another width."""
        rows = np.asarray(reading.known.vectors, dtype=np.float64)
        wanted = self.weights.tensors["input.weight"].shape[1]
        if rows.shape[1] != wanted:
            raise WeightsError(
                f"weights of {self.kind} are for embeddings of {wanted} numbers, these have {rows.shape[1]}; "
                "take the embedder that it was trained with"
            )
        return edge_logits(rows, self.weights.tensors)

    def _check(self) -> None:
        width, dimensions = (size(self.weights, "input.weight", axis) for axis in (0, 1))
        self.weights.check_shapes(_shapes(dimensions, width, size(self.weights, "encoder.linear1.bias", 0)))


def _shapes(dimensions: int, width: int, inner: int) -> dict[str, tuple[int, ...]]:
    return {
        "input.weight": (width, dimensions),
        "input.bias": (width,),
        "encoder.self_attn.in_proj_weight": (3 * width, width),
        "encoder.self_attn.in_proj_bias": (3 * width,),
        "encoder.self_attn.out_proj.weight": (width, width),
        "encoder.self_attn.out_proj.bias": (width,),
        "encoder.linear1.weight": (inner, width),
        "encoder.linear1.bias": (inner,),
        "encoder.linear2.weight": (width, inner),
        "encoder.linear2.bias": (width,),
        "encoder.norm1.weight": (width,),
        "encoder.norm1.bias": (width,),
        "encoder.norm2.weight": (width,),
        "encoder.norm2.bias": (width,),
        "bias": (1,),
    }


def edge_logits(
    rows: NDArray[np.float64], tensors: Mapping[str, NDArray[np.float64]], xp: Any = np
) -> NDArray[np.float64]:
    """Return (…, N, N), the logits of the edges, of (…, N, d) embeddings; `xp` is numpy, or autograd's numpy."""
    hidden = _encoded(rows, tensors, xp)
    scores = xp.matmul(hidden, xp.swapaxes(hidden, -1, -2)) / np.sqrt(hidden.shape[-1])
    count = rows.shape[-2]
    others = ~np.eye(count, dtype=bool)
    sums = xp.sum(xp.where(others, scores, 0.0), axis=(-1, -2), keepdims=True)
    result: NDArray[np.float64] = scores - sums / max(1, count * (count - 1)) + tensors["bias"][0]
    return result


def _encoded(rows: NDArray[np.float64], tensors: Mapping[str, NDArray[np.float64]], xp: Any) -> NDArray[np.float64]:
    """Return (…, N, width): one encoder layer over (…, N, d), dropout off."""

    def linear(values: NDArray[np.float64], name: str) -> NDArray[np.float64]:
        joint = "_" if name.endswith("in_proj") else "."
        result: NDArray[np.float64] = xp.dot(values, tensors[f"{name}{joint}weight"].T) + tensors[f"{name}{joint}bias"]
        return result

    def normed(values: NDArray[np.float64], name: str) -> NDArray[np.float64]:
        centred = values - xp.mean(values, axis=-1, keepdims=True)
        scale = xp.sqrt(xp.mean(centred**2, axis=-1, keepdims=True) + EPSILON)
        result: NDArray[np.float64] = centred / scale * tensors[f"{name}.weight"] + tensors[f"{name}.bias"]
        return result

    x = linear(rows, "input")
    width = x.shape[-1]
    joint = linear(x, "encoder.self_attn.in_proj")
    query, key, value = (joint[..., at : at + width] for at in (0, width, 2 * width))
    scores = xp.matmul(query, xp.swapaxes(key, -1, -2)) / np.sqrt(width)
    shares = xp.exp(scores - xp.max(scores, axis=-1, keepdims=True))
    heard = xp.matmul(shares / xp.sum(shares, axis=-1, keepdims=True), value)
    x = normed(x + linear(heard, "encoder.self_attn.out_proj"), "encoder.norm1")
    inner = xp.maximum(linear(x, "encoder.linear1"), 0)
    return normed(x + linear(inner, "encoder.linear2"), "encoder.norm2")
