"""Measures how well speech is understood: error rates of recordings heard as calls are, clean and spoiled.

The manifest is a JSON list of objects with `file` (beside the manifest; anything FFmpeg reads), `lang`, `text`, and if
you like `set`, a name under which results are also given apart.
"""

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from agent.core.errors import DataRejected
from agent.core.settings import HearingSettings
from agent.core.speech import MIC_RATE_HZ, UNSPACED_LANGUAGES, MicWindow, Transcript
from agent.inference.runtime import Runtime
from agent.media.sound_files import read_sound
from agent.perception.recorded import RecordedHearing, windows_of
from agent.training.progress import Progress, unheard
from agent.training.spelling import ErrorCount, units
from agent.training.spoiled_sound import Spoil, conditions

CLEAN = "clean"
_LEAD_S = 0.3
_TAIL_S = 1.5
"""Silence around a recording, as there is in a call before and after somebody speaks."""


class Recording(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of a manifest."""

    file: str
    lang: str
    text: str
    set: str = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """How much of what was said was misheard. None where nothing was said in such a language."""

    wer: float | None
    """Word error rate, all languages written with spaces."""
    cer: float | None
    """Character error rate, of those without."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechReport(Rates):
    """What `agent evaluate speech` prints."""

    n: int
    """Recordings in a language that the models know."""
    skipped: int
    cpu_s_per_utterance: float
    """Processor time of everything from voice activity to words, partial transcripts left out."""
    utterances: int
    by_set: dict[str, float] = field(default_factory=dict)
    conditions: dict[str, Rates] = field(default_factory=dict)
    """Of the same recordings spoiled, by how; only when asked for."""


@dataclass(slots=True)
class _Tally:
    words: ErrorCount = field(default_factory=ErrorCount)
    characters: ErrorCount = field(default_factory=ErrorCount)
    by_set: defaultdict[str, ErrorCount] = field(default_factory=lambda: defaultdict(ErrorCount))
    utterances: int = 0
    cpu_s: float = 0.0

    def add(self, recording: Recording, heard: str) -> None:
        unspaced = recording.lang in UNSPACED_LANGUAGES
        for count in (self.characters if unspaced else self.words, self.by_set[recording.set]):
            count.add(units(recording.text, recording.lang), units(heard, recording.lang))


def evaluate_speech(
    manifest: Path,
    runtime: Runtime,
    settings: HearingSettings,
    *,
    noise: bool = False,
    progress: Progress = unheard,
) -> SpeechReport:
    """Hears every recording of `manifest` in its language and compares; with `noise` also spoiled in every way.

    Raises `DataRejected` for a manifest that is none, and `NotMedia` for a recording that cannot be read.
    """
    rows = read_manifest(manifest)
    hearing = RecordedHearing(runtime, settings)
    chosen = [(row, read_sound(manifest.parent / row.file)) for row in rows if hearing.understands(row.lang)]
    spoiled = conditions([sound for _, sound in chosen]) if noise and chosen else {}
    ways: dict[str, Spoil] = {CLEAN: lambda sound, seed: sound, **spoiled}
    tallies = {name: _Tally() for name in ways}
    for number, (name, spoil) in enumerate(ways.items()):
        for seed, (row, sound) in enumerate(chosen):
            progress("hearing", (number + seed / len(chosen)) / len(ways), name)
            _hear(hearing, row, spoil(sound, seed), tallies[name])
    progress("hearing", 1.0)
    clean = tallies[CLEAN]
    return SpeechReport(
        n=len(chosen),
        skipped=len(rows) - len(chosen),
        wer=clean.words.rate,
        cer=clean.characters.rate,
        cpu_s_per_utterance=clean.cpu_s / max(1, clean.utterances),
        utterances=clean.utterances,
        by_set={name: count.rate for name, count in clean.by_set.items() if count.rate is not None},
        conditions={name: Rates(wer=tallies[name].words.rate, cer=tallies[name].characters.rate) for name in spoiled},
    )


def read_manifest(manifest: Path) -> Sequence[Recording]:
    """The recordings that `manifest` lists; keys that are not known are passed over. Raises `DataRejected`."""
    try:
        return msgspec.json.decode(manifest.read_bytes(), type=list[Recording])
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DataRejected(
            f"{manifest} is no manifest of recordings ({error}); it is a JSON list of objects with file, lang and text"
        ) from None


def _hear(hearing: RecordedHearing, row: Recording, sound: NDArray[np.float32], tally: _Tally) -> None:
    started_s = time.process_time()
    events = list(hearing.hear(as_windows(sound), language=row.lang))
    tally.cpu_s += time.process_time() - started_s
    finals = [event for event in events if isinstance(event, Transcript) and event.final]
    tally.utterances += len(finals)
    tally.add(row, " ".join(event.text for event in finals))


def as_windows(sound: NDArray[np.float32]) -> Iterator[MicWindow]:
    """The windows that a call would bring of `sound`, with silence around it."""
    return windows_of(np.pad(sound, (int(_LEAD_S * MIC_RATE_HZ), int(_TAIL_S * MIC_RATE_HZ))))
