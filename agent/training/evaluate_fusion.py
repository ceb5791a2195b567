"""Measures what affect gains by face, voice and words together over the best of them alone, on triples put together."""

from itertools import combinations, product
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from agent.core.speech import VOICE_EMOTIONS
from agent.core.types import EXPRESSIONS
from agent.fusion import text_emotion, voice_emotion
from agent.fusion.affect import CLEAR_PROB, USUAL_IN_WORDS, clear, opposed, pooled
from agent.fusion.witness import Evidence
from agent.inference.runtime import Runtime
from agent.training.aligned_emotions import Read, Triples, read_faces, read_lines, read_voices, together
from agent.training.progress import Progress, unheard
from agent.training.scores import Answers, Scores, score
from agent.training.softmax import softmax

EXPONENTS = tuple(step / 20 for step in range(27))
LEAST_PROB = 1e-6
WITNESSES = ("face", "voice", "words")
UNPLEASANT = ("anger", "disgust", "sadness", "fear")


class Conflicts(msgspec.Struct, frozen=True, kw_only=True):
    """How often face and words are told to contradict each other."""

    told_of_contradicting: float
    """Share of the happy faces with words of an unpleasant emotion, or the other way round, where both are clear."""
    told_of_agreeing: float
    """The same where both were of one emotion: false alarms."""
    n: int
    """Contradicting ones."""


class FusionReport(msgspec.Struct, frozen=True, kw_only=True):
    """What `agent evaluate fusion` prints."""

    n: int
    witnesses: dict[str, Scores]
    """By who was asked, such as "face" or "face and words"; the last asked everybody."""
    gain: float
    """Accuracy of all of them less that of the best alone."""
    conflicts: Conflicts
    best_exponents: dict[str, float]
    """With which voice and words, beside the face as it is, are the least surprised by what is right; calls take
    smaller ones, as they are not like these data."""
    remarks: list[str]


def evaluate_fusion(
    faces: Path, voices: Path, lines: Path, runtime: Runtime, *, work: Path, seed: int = 0, progress: Progress = unheard
) -> FusionReport:
    """Puts together faces of an npz, recordings and lines, as `agent.training.aligned_emotions` says, and asks every
    set of witnesses with the weights that calls take. Raises `DataRejected` as its readers do."""
    seen = read_faces(faces, runtime, progress)
    heard = read_voices(voices, runtime, work, progress)
    said = read_lines(lines, runtime, progress)
    triples = together(seen, heard, said, seed)
    sure_of = {
        name: runtime.registry.entry(name).confident_prob or CLEAR_PROB for name in ("voice_emotion", "text_emotion")
    }
    evidence = {
        "face": seen.prob[triples.face],
        "voice": np.array(
            [_of_voice(heard.prob[row], sure_of["voice_emotion"]) if row >= 0 else _NOTHING for row in triples.voice]
        ),
        "words": np.array([text_emotion.ratios_of(said.prob[row]) for row in triples.words]),
    }
    right = np.array([EXPRESSIONS.index(name) for name in seen.emotion[triples.face]])
    scores = {
        " and ".join(asked): score(_asked(evidence, asked, right))
        for count in (1, 2, 3)
        for asked in combinations(WITNESSES, count)
    }
    everybody = " and ".join(WITNESSES)
    return FusionReport(
        n=len(right),
        witnesses=scores,
        gain=scores[everybody].accuracy - max(scores[name].accuracy for name in WITNESSES),
        conflicts=_conflicts(seen, said, triples, sure_of["text_emotion"], seed),
        best_exponents=_best_exponents(evidence, right),
        remarks=[
            "faces, voices and words are of different people and put together by chance: no real person was measured",
            "voices are judged by heads that heard nothing of their corpus; of surprise there is no voice",
        ],
    )


_NOTHING = np.ones(len(EXPRESSIONS), np.float32)


def _of_voice(prob: NDArray[np.floating], sure: float) -> NDArray[np.float32]:
    """What a voice counts in calls: nothing when it is unsure or of an emotion that was not measured."""
    label = VOICE_EMOTIONS[int(prob.argmax())]
    counts = prob.max() >= sure and label in voice_emotion.COUNTED
    return voice_emotion.ratios_of(prob) if counts else _NOTHING


def _asked(evidence: dict[str, NDArray[np.floating]], asked: tuple[str, ...], right: NDArray[np.int64]) -> Answers:
    """The answers of some witnesses; without the face they start from what lines usually tell."""
    prior = evidence["face"] if "face" in asked else np.broadcast_to(USUAL_IN_WORDS, evidence["face"].shape)
    witnesses = [Evidence(label="", ratios=evidence[name].astype(np.float32)) for name in asked if name != "face"]
    return Answers(prob=pooled(prior, *witnesses), label=right, names=EXPRESSIONS, confident_prob=CLEAR_PROB)


def _best_exponents(evidence: dict[str, NDArray[np.floating]], right: NDArray[np.int64]) -> dict[str, float]:
    """By trying them all, a twentieth apart. Where nothing was counted, nothing is made of it."""
    face = np.log(np.maximum(evidence["face"], LEAST_PROB))
    voice = np.log(evidence["voice"]) / voice_emotion.TEMPER
    words = np.log(evidence["words"]) / text_emotion.TEMPER
    rows = np.arange(len(right))

    def surprise(exponents: tuple[float, float]) -> float:
        prob = softmax(face + exponents[0] * voice + exponents[1] * words)
        return -float(np.log(prob[rows, right]).mean())

    best = min(product(EXPONENTS, EXPONENTS), key=surprise)
    return {"voice": round(best[0], 2), "words": round(best[1], 2)}


def _conflicts(seen: Read, said: Read, triples: Triples, sure: float, seed: int) -> Conflicts:
    pairs = zip(triples.face, triples.words, strict=True)
    agreeing = [_contradict(seen.prob[face], said.prob[words], sure) for face, words in pairs]
    rng = np.random.default_rng(seed)
    crossed = []
    for face in triples.face:
        other = {"happiness": UNPLEASANT}.get(seen.emotion[face], ("happiness",) * (seen.emotion[face] in UNPLEASANT))
        rows = np.flatnonzero(np.isin(said.emotion, other))
        if len(rows):
            crossed.append(_contradict(seen.prob[face], said.prob[rng.choice(rows)], sure))
    return Conflicts(
        told_of_contradicting=float(np.mean(crossed)), told_of_agreeing=float(np.mean(agreeing)), n=len(crossed)
    )


def _contradict(face: NDArray[np.floating], words: NDArray[np.floating], sure: float) -> bool:
    """Whether a call with this face and these words, of which the model must be sure, is told to be a conflict."""
    label = text_emotion.NAMES[int(words.argmax())] if words.max() >= sure else "unknown"
    return opposed(clear(face), label)
