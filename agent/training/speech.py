"""Measures how well speech is understood: word and character error rates of recordings heard as calls are.

python -m agent.training.speech manifest.json

The manifest is a JSON list of objects with `file` (beside the manifest; anything FFmpeg reads), `lang`, `text`, and if
you like `set`, a name under which results are also given apart.
"""

import argparse
import json
import re
import time
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path

import av
import inflect
import numpy as np
from numpy.typing import NDArray

from agent.core.clock import NS_PER_MS, NS_PER_S
from agent.core.errors import NotMedia
from agent.core.settings import HearingSettings, ModelSettings
from agent.core.types import MIC_RATE_HZ, CaptureOrigin, MicWindow, Stamp, Transcript, read_only
from agent.inference.registry import Registry
from agent.inference.runtime import Runtime
from agent.perception.recorded import RecordedHearing

WINDOW_SAMPLES = MIC_RATE_HZ // 50
_LEAD_S = 0.3
_TAIL_S = 1.5
"""Silence around a recording, as there is in a call before and after somebody speaks."""

_CONTRACTIONS = (
    (re.compile(r"\bwon't\b"), "will not"),
    (re.compile(r"\bcan't\b"), "can not"),
    (re.compile(r"n't\b"), " not"),
    (re.compile(r"'re\b"), " are"),
    (re.compile(r"'m\b"), " am"),
    (re.compile(r"'ll\b"), " will"),
    (re.compile(r"'ve\b"), " have"),
)
_ORDINAL = re.compile(r"(\d+)(?:st|nd|rd|th)\b")
_NUMBER = re.compile(r"\d+")


@dataclass(slots=True)
class ErrorCount:
    """Substitutions, insertions and deletions against what was said."""

    errors: int = 0
    units: int = 0

    @property
    def rate(self) -> float | None:
        """None when nothing was compared."""
        return self.errors / self.units if self.units else None

    def add(self, said: Sequence[str], heard: Sequence[str]) -> None:
        self.errors += edit_distance(said, heard)
        self.units += len(said)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechReport:
    """What `agent evaluate speech` prints."""

    n: int
    """Recordings in a language that the model knows."""
    skipped: int
    wer: float | None
    """Word error rate, all languages written with spaces."""
    cer: float | None
    """Character error rate, for Chinese."""
    cpu_s_per_utterance: float
    """Processor time of everything from voice activity to words, partial transcripts left out."""
    utterances: int
    by_set: dict[str, float] = field(default_factory=dict)


def evaluate_speech(manifest: Path, runtime: Runtime, settings: HearingSettings) -> SpeechReport:
    """Hears every recording of `manifest` in `settings.language` and compares.

    Raises `NotMedia` for one that cannot be read.
    """
    rows = json.loads(manifest.read_text(encoding="utf-8"))
    chosen = [row for row in rows if row["lang"] == settings.language]
    hearing = RecordedHearing(runtime, settings)
    words, characters = ErrorCount(), ErrorCount()
    by_set: defaultdict[str, ErrorCount] = defaultdict(ErrorCount)
    cpu_s, utterances = 0.0, 0
    for row in chosen:
        sound = read_sound(manifest.parent / row["file"])
        started_s = time.process_time()
        finals = [event for event in hearing.hear(as_windows(sound)) if isinstance(event, Transcript) and event.final]
        cpu_s += time.process_time() - started_s
        utterances += len(finals)
        heard = " ".join(event.text for event in finals)
        spaced = row["lang"] != "zh"
        said_units, heard_units = (units(text, spaced=spaced) for text in (row["text"], heard))
        for count in (words if spaced else characters, by_set[row.get("set", "all")]):
            count.add(said_units, heard_units)
    return SpeechReport(
        n=len(chosen),
        skipped=len(rows) - len(chosen),
        wer=words.rate,
        cer=characters.rate,
        cpu_s_per_utterance=cpu_s / max(1, utterances),
        utterances=utterances,
        by_set={name: count.rate for name, count in by_set.items() if count.rate is not None},
    )


def units(text: str, *, spaced: bool = True) -> list[str]:
    """Words of `text` for comparison, or its characters.

    Lower case, no marks but the apostrophe, hyphens apart, contractions of verbs written out, numbers as words.
    """
    plain = unicodedata.normalize("NFKC", text).lower().replace("’", "'")
    if not spaced:
        return [letter for letter in plain if letter.isalnum()]
    for pattern, written in _CONTRACTIONS:
        plain = pattern.sub(written, plain)
    plain = _ORDINAL.sub(lambda match: _in_words(match[0]), plain)
    plain = _NUMBER.sub(lambda match: f" {_in_words(match[0])} ", plain)
    return re.sub(r"[^\w' ]+", " ", plain).split()


def edit_distance(said: Sequence[str], heard: Sequence[str]) -> int:
    """Fewest substitutions, insertions and deletions that make `heard` of `said` (Levenshtein)."""
    row = list(range(len(heard) + 1))
    for i, expected in enumerate(said, start=1):
        diagonal, row[0] = row[0], i
        for j, found in enumerate(heard, start=1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (expected != found))
    return row[-1]


def read_sound(path: Path) -> NDArray[np.float32]:
    """(n,) float32 mono at 16 kHz. Raises `NotMedia` when the file holds no sound."""
    resampler = av.AudioResampler(format="flt", layout="mono", rate=MIC_RATE_HZ)
    parts: list[av.AudioFrame] = []
    try:
        with av.open(str(path)) as container:
            for frame in container.decode(container.streams.audio[0]):
                frame.pts = None
                parts += resampler.resample(frame)
        parts += resampler.resample(None)
    except (av.FFmpegError, OSError, IndexError) as error:
        raise NotMedia(f"{path} holds no sound that can be decoded ({type(error).__name__})") from None
    return np.concatenate([part.to_ndarray().reshape(-1) for part in parts]).astype(np.float32)


def as_windows(sound: NDArray[np.float32]) -> Iterator[MicWindow]:
    """The windows of 20 ms that a call would bring of `sound`, with silence around it."""
    padded = read_only(np.pad(sound, (int(_LEAD_S * MIC_RATE_HZ), int(_TAIL_S * MIC_RATE_HZ))))
    for number, start in enumerate(range(0, len(padded), WINDOW_SAMPLES)):
        captured_ns = start * NS_PER_S // MIC_RATE_HZ
        yield MicWindow(
            call_id="recording",
            stamp=Stamp(
                frame_id=number,
                rtp_timestamp=start,
                arrived_ns=captured_ns,
                captured_ns=captured_ns,
                captured_error_ns=0,
                captured_from=CaptureOrigin.FILE,
                media_ms=captured_ns / NS_PER_MS,
            ),
            samples=padded[start : start + WINDOW_SAMPLES],
            start_sample=start,
        )


@lru_cache(maxsize=1024)
def _in_words(number: str) -> str:
    return str(_ENGINE.number_to_words(number, andword="")).replace("-", " ").replace(",", "")


_ENGINE = inflect.engine()


def main() -> None:
    """Prints the report as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("manifest", type=Path)
    runtime = Runtime(Registry.load(ModelSettings().folder), "cpu")
    report = evaluate_speech(parser.parse_args().manifest, runtime, HearingSettings())
    print(json.dumps(asdict(report), indent=2))


if __name__ == "__main__":
    main()
