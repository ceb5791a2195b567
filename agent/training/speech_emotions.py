"""Reads folders of acted emotions by the file names of RAVDESS and EmoDB, and describes each as a call would."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agent.core.errors import DataRejected, NotMedia
from agent.core.speech import MIC_RATE_HZ, VOICE_EMOTIONS
from agent.inference.runtime import Runtime
from agent.media.sound_files import read_sound
from agent.perception import log_mel, prosody, voice_emotion, whisper
from agent.perception.transcript import LONGEST_S, SpeechToText
from agent.perception.voice_emotion import FEATURES, voice_features
from agent.training.progress import Progress, unheard

SUFFIXES = frozenset({".wav", ".flac"})
TOO_LITTLE = "recordings with too little speech"

# RAVDESS: modality, vocal channel (01 is speech), emotion, intensity, statement, repetition, actor.
_RAVDESS = re.compile(r"(?:rav_)?\d\d-01-(?P<emotion>0[1-8])-\d\d-\d\d-\d\d-(?P<speaker>\d\d)")
_RAVDESS_EMOTIONS = ("neutral", "calm", "happiness", "sadness", "anger", "fear", "disgust", "surprise")
# EmoDB: speaker, text, emotion by its German initial, version.
_EMODB = re.compile(r"(?:emo_)?(?P<speaker>\d\d)[a-z]\d\d(?P<emotion>[WLEAFTN])[a-z]?")
_EMODB_EMOTIONS = {
    "W": "anger", "L": "boredom", "E": "disgust", "A": "fear", "F": "happiness", "T": "sadness", "N": "neutral",
}  # fmt: skip

CORPORA = {"RAVDESS": _RAVDESS_EMOTIONS, "EmoDB": tuple(_EMODB_EMOTIONS.values())}
"""The emotions that each of them knows: an answer to one of its recordings is one of these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One acted line."""

    file: Path
    corpus: str
    speaker: str
    """Told apart from all others, those of other corpora too."""
    emotion: int
    """Index in `VOICE_EMOTIONS`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recordings:
    """Recordings by what was heard in them; all arrays have n rows."""

    features: NDArray[np.float32]
    """(n, `FEATURES`)."""
    emotion: NDArray[np.int64]
    """Index in `VOICE_EMOTIONS`."""
    corpus: NDArray[np.str_]
    speaker: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.emotion)

    def take(self, rows: NDArray[np.bool_]) -> "Recordings":
        """Some of them."""
        return Recordings(
            features=self.features[rows],
            emotion=self.emotion[rows],
            corpus=self.corpus[rows],
            speaker=self.speaker[rows],
        )


def open_ears(runtime: Runtime) -> SpeechToText:
    """What hears a file as the words of a call are heard. Raises `ModelError`s."""
    return SpeechToText(whisper.open_english(runtime), short_windows=True)


def find_recordings(folder: Path) -> tuple[list[Recording], Counter[str]]:
    """The recordings in `folder` and below, by name, and how many files were left out, by the reason.

    Raises `DataRejected` when no file has a name of RAVDESS's speech or of EmoDB.
    """
    found, left_out = [], Counter[str]()
    for file in sorted(folder.rglob("*")):
        if file.suffix.lower() not in SUFFIXES:
            continue
        if named := _RAVDESS.fullmatch(file.stem):
            emotion = _RAVDESS_EMOTIONS[int(named["emotion"]) - 1]
            found.append(_recording(file, "RAVDESS", named["speaker"], emotion))
        elif named := _EMODB.fullmatch(file.stem):
            found.append(_recording(file, "EmoDB", named["speaker"], _EMODB_EMOTIONS[named["emotion"]]))
        else:
            left_out["files with other names"] += 1
    if not found:
        raise DataRejected(
            f"{folder} holds no sound named like RAVDESS's speech (03-01-05-01-02-01-12.wav) or EmoDB's (03a01Wa.wav)"
        )
    return found, left_out


def sounds(
    recordings: Sequence[Recording], left_out: Counter[str], progress: Progress
) -> Iterator[tuple[Recording, NDArray[np.float32]]]:
    """Each recording with its sound, or the end of it where Whisper cannot hold all; those that cannot be read are
    counted in `left_out`."""
    for done, one in enumerate(recordings):
        progress("recordings", done / len(recordings), f"{done} of {len(recordings)}")
        try:
            sound = read_sound(one.file)
        except NotMedia:
            left_out["files that cannot be read"] += 1
            continue
        yield one, sound[-int(LONGEST_S * MIC_RATE_HZ) :]
    progress("recordings", 1.0)


def hear(
    recordings: Sequence[Recording], runtime: Runtime, work: Path, *, progress: Progress = unheard
) -> tuple[Recordings, Counter[str]]:
    """Describes every recording, and says how many could not be described. What was heard before is taken from `work`,
    unless sound, model or code have changed since."""
    ears, key, left_out = open_ears(runtime), _key(runtime), Counter[str]()
    work.mkdir(parents=True, exist_ok=True)
    kept, features = [], []
    for one, sound in sounds(recordings, left_out, progress):
        heard = _kept_features(sound, ears, key, work)
        if heard is None:
            left_out[TOO_LITTLE] += 1
        else:
            kept.append(one)
            features.append(heard)
    return Recordings(
        features=np.array(features, np.float32).reshape(-1, FEATURES),
        emotion=np.array([one.emotion for one in kept], np.int64),
        corpus=np.array([one.corpus for one in kept], np.str_),
        speaker=np.array([one.speaker for one in kept], np.str_),
    ), left_out


def within(prob: NDArray[np.floating], corpus: str) -> NDArray[np.float64]:
    """(…, 9) probabilities of the emotions that `corpus` knows, summing to one; 0 for the others."""
    known = np.isin(VOICE_EMOTIONS, CORPORA[corpus])
    shared = np.where(known, prob, 0.0)
    return np.asarray(shared / shared.sum(axis=-1, keepdims=True))


def _recording(file: Path, corpus: str, speaker: str, emotion: str) -> Recording:
    return Recording(file=file, corpus=corpus, speaker=f"{corpus} {speaker}", emotion=VOICE_EMOTIONS.index(emotion))


def _key(runtime: Runtime) -> bytes:
    code = [Path(module.__file__ or "").read_bytes() for module in (log_mel, prosody, voice_emotion)]
    weights = [file.sha256.encode() for file in runtime.registry.entry(whisper.ENGLISH).files]
    return hashlib.sha256(b"".join(code + weights)).digest()


def _kept_features(
    sound: NDArray[np.float32], ears: SpeechToText, key: bytes, work: Path
) -> NDArray[np.float32] | None:
    target = work / f"{hashlib.sha256(key + sound.tobytes()).hexdigest()[:24]}.npy"
    if target.exists():
        known: NDArray[np.float32] = np.load(target)
        return known if len(known) else None
    features = voice_features(sound, ears.states(sound))
    scratch = target.with_suffix(".part.npy")
    np.save(scratch, np.zeros(0, np.float32) if features is None else features)
    scratch.replace(target)
    return features
