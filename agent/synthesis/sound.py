"""Sound as a curve: silences between clauses, other sample rates."""

import numpy as np
from av import AudioFrame, AudioResampler
from numpy.typing import NDArray

RATE_HZ = 48_000
"""Of all speech that leaves this room; what Opus takes."""

_PAUSES_S = {".": 0.35, "!": 0.35, "?": 0.35, ";": 0.25, ":": 0.2, ",": 0.12}
_UNMARKED_PAUSE_S = 0.06
_FULL_WIDTH = str.maketrans("。！？；：，、", ".!?;:,,")


def pause_after(mark: str) -> float:
    """Seconds of silence, at a speaking rate of 1, after a clause whose last character is `mark`."""
    return _PAUSES_S.get(mark.translate(_FULL_WIDTH), _UNMARKED_PAUSE_S)


def resampled(samples: NDArray[np.float32], length: int) -> NDArray[np.float32]:
    """The same (n,) curve in `length` samples, band-limited, by cutting or padding its spectrum."""
    spectrum = np.fft.rfft(samples)[: length // 2 + 1]
    return (np.fft.irfft(spectrum, length) * (length / len(samples))).astype(np.float32)


class Resampler:
    """Sound that arrives in pieces, at 48 kHz: together they are what the whole would have given."""

    def __init__(self, rate_hz: int) -> None:
        """`rate_hz` is that of what arrives. Naming another one than the true one moves pitch and pace alike."""
        self._rate_hz = rate_hz
        self._resampler = AudioResampler(format="flt", layout="mono", rate=RATE_HZ)
        self._empty = True

    def push(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """(m,) float32 samples for (n,) more of them; the last millisecond is kept until more is known."""
        if self._rate_hz == RATE_HZ or not len(samples):
            return samples
        frame = AudioFrame.from_ndarray(np.ascontiguousarray(samples).reshape(1, -1), format="flt", layout="mono")
        frame.sample_rate = self._rate_hz
        self._empty = False
        return joined(self._resampler.resample(frame))

    def end(self) -> NDArray[np.float32]:
        """What was kept."""
        return joined([] if self._empty else self._resampler.resample(None))


def joined(frames: list[AudioFrame]) -> NDArray[np.float32]:
    """(n,) float32 samples of mono frames in a row."""
    blocks = [np.asarray(frame.to_ndarray(), np.float32).reshape(-1) for frame in frames]
    return np.concatenate(blocks) if blocks else np.zeros(0, np.float32)
