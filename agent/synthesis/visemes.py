"""Which shape a drawn mouth has at each moment of a clause, from how long the voice itself takes for each phoneme."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from agent.core.speech import MouthShape, Viseme

_PHONEMES: dict[MouthShape, str] = {
    "closed": "pbm",
    "teeth": "fv",
    "narrow": "tdnszlkɡgŋhθðɾʔxɬç",
    "round": "wuʊoɔɹʃʒɚɝʍyøœ",
    "wide": "iɪeɛəɜj",
    "open": "aæɑʌɐɒ",
    "rest": "^$.!?,;:…—",
}
"""IPA as espeak writes it, by what is seen of it: few groups, as lips do not tell more (Fisher, 1968)."""
_SHAPE_OF = {phoneme: shape for shape, phonemes in _PHONEMES.items() for phoneme in phonemes}
"""Anything else, such as a mark of stress, a blank between phonemes or a space, belongs to the shape after it: the
voice falls silent for a p, and sounds a vowel, before the frames that it counts as theirs (measured on its sound)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MouthTrack:
    """The shapes of one clause and the samples at which they begin, in order; no shape follows itself."""

    shapes: tuple[MouthShape, ...]
    starts: tuple[int, ...]

    @classmethod
    def of(cls, symbols: Sequence[str], frames: Sequence[float], *, frame_samples: float) -> "MouthTrack":
        """Of a clause whose symbols take so many frames each."""
        shapes: list[MouthShape] = ["rest"]
        starts, at, reached = [0], 0.0, 0.0
        for symbol, taken in zip(symbols, frames, strict=True):
            shape = _SHAPE_OF.get(symbol)
            at += taken * frame_samples
            if shape is not None and shape != shapes[-1]:
                shapes.append(shape)
                starts.append(round(reached))
            if shape is not None:
                reached = at
        return cls(shapes=tuple(shapes), starts=tuple(starts))

    def between(self, start: int, stop: int, *, rate_hz: int) -> tuple[Viseme, ...]:
        """The shapes of the samples from `start` to before `stop`, timed from `start`; the first is the one that the
        mouth has then."""
        first = max(0, bisect_right(self.starts, start) - 1)
        last = bisect_right(self.starts, stop - 1)
        return tuple(
            Viseme(at_ms=max(0, round((at - start) * 1_000 / rate_hz)), shape=shape)
            for at, shape in zip(self.starts[first:last], self.shapes[first:last], strict=True)
        )
