"""What is done to synthesized samples before anyone hears them: silence cut, level set, ends faded, a pause added."""

import numpy as np
from numpy.typing import NDArray

_FRAME_S = 0.01
_QUIET_DB = -40.0
"""Frames this far below the loudest one are taken for silence."""
_MARGIN_S = 0.025
"""Kept around the speech, so that soft consonants survive."""
_FADE_S = 0.005
_PEAK = 0.89
"""-1 dB of full scale: no sample goes beyond, whatever level is asked for."""

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


def finished(samples: NDArray[np.float32], rate_hz: int, *, level_db: float, pause_s: float) -> NDArray[np.float32]:
    """(n,) float32 speech cut to what is audible, at `level_db` RMS unless peaks forbid it, faded at both ends.

    `pause_s` of silence follows. The level is measured over frames that hold speech (as ITU-T P.56 does, simplified).
    """
    frame = max(1, round(_FRAME_S * rate_hz))
    count = len(samples) // frame
    if count == 0:
        return np.zeros(round(pause_s * rate_hz), np.float32)
    power = np.square(samples[: count * frame].reshape(count, frame)).mean(axis=1)
    audible = np.flatnonzero(power > power.max() * 10 ** (_QUIET_DB / 10))
    if audible.size == 0:
        return np.zeros(round(pause_s * rate_hz), np.float32)
    margin = round(_MARGIN_S * rate_hz)
    start = max(0, int(audible[0]) * frame - margin)
    stop = min(len(samples), (int(audible[-1]) + 1) * frame + margin)
    gain = 10 ** (level_db / 20) / np.sqrt(power[audible].mean())
    speech = samples[start:stop] * np.float32(min(gain, _PEAK / np.abs(samples[start:stop]).max()))
    fade = min(round(_FADE_S * rate_hz), len(speech) // 2)
    ramp = np.linspace(0.0, 1.0, fade, dtype=np.float32)
    speech[:fade] *= ramp
    speech[len(speech) - fade :] *= ramp[::-1]
    return np.concatenate([speech, np.zeros(round(pause_s * rate_hz), np.float32)])
