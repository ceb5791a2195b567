"""Faces, voices and lines of words that show the same emotion, put together by chance: each from people of its own.

Nobody smiled while saying these lines. Given the emotion, face, voice and words are independent here, which in a real
person they are not: what is measured on such triples flatters whatever combines them.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from agent.core.errors import DataRejected
from agent.core.speech import VOICE_EMOTIONS
from agent.core.types import EXPRESSIONS
from agent.fusion.text_emotion import NAMES
from agent.inference.runtime import Runtime
from agent.perception.text import SentenceEmbedder
from agent.perception.text_emotion import TextEmotion
from agent.training.evaluate_expression import face_probabilities
from agent.training.faces import load_faces, majority
from agent.training.goemotions import load_comments
from agent.training.progress import Progress
from agent.training.softmax import softmax
from agent.training.speech_emotion import fit_head
from agent.training.speech_emotions import CORPORA, Recordings, find_recordings, hear

VOICE_TEMPERATURE = 0.57
"""That of the shipped model, as its card says."""


class Read(NamedTuple):
    """What a model reads from n items of one kind, none of which it learnt from."""

    prob: NDArray[np.floating]
    """(n, classes of the model)."""
    emotion: NDArray[np.str_]
    """(n,) what each shows, as `EXPRESSIONS` names it."""


def read_faces(data: Path, runtime: Runtime, progress: Progress) -> Read:
    """The faces of an npz, by the shipped model. Raises `DataRejected` for other data, or without votes."""
    faces = load_faces(data, None)
    if faces.votes is None:
        raise DataRejected(f"{data} has no ferplus_votes, by which faces are judged here")
    label = majority(faces.votes)
    prob, _, _ = face_probabilities(faces.pixels[label >= 0], runtime, progress)
    return Read(prob, np.array(EXPRESSIONS)[label[label >= 0]])


def read_voices(data: Path, runtime: Runtime, work: Path, progress: Progress) -> Read:
    """Recordings of two corpora, each by a head that heard the other alone: as strange to it as calls are."""
    found, _ = find_recordings(data)
    heard, _ = hear(found, runtime, work, progress=progress)
    parts = [_by_the_other(heard, corpus) for corpus in CORPORA]
    return Read(np.concatenate([part.prob for part in parts]), np.concatenate([part.emotion for part in parts]))


def _by_the_other(heard: Recordings, corpus: str) -> Read:
    others = heard.take(heard.corpus != corpus)
    ours = heard.take((heard.corpus == corpus) & np.isin(heard.emotion, others.emotion))
    if not len(others) or not len(ours):
        raise DataRejected(
            "two corpora are needed, RAVDESS and EmoDB, as each is judged by a head that heard the other"
        )
    prob = softmax(fit_head(others).logits(ours.features) / VOICE_TEMPERATURE)
    return Read(prob, np.array(VOICE_EMOTIONS)[ours.emotion])


def read_lines(data: Path, runtime: Runtime, progress: Progress) -> Read:
    """The lines of a table of GoEmotions that have one emotion, by the shipped model. Raises `DataRejected` for a file
    of another form."""
    comments = load_comments(data)
    comments = comments.take(comments.plain)
    embedder, reader = SentenceEmbedder(runtime), TextEmotion(runtime)
    prob = []
    for done, text in enumerate(comments.texts):
        progress("lines", done / len(comments), f"{done} of {len(comments)}")
        prob.append(reader.probabilities(embedder.features([text])))
    progress("lines", 1.0)
    return Read(np.concatenate(prob), np.array(NAMES)[comments.groups.argmax(axis=1)])


class Triples(NamedTuple):
    """Rows of the three sets that belong together; -1 where there is none."""

    face: NDArray[np.int64]
    voice: NDArray[np.int64]
    words: NDArray[np.int64]


def together(faces: Read, voices: Read, lines: Read, seed: int) -> Triples:
    """Each face whose emotion lines show too, with a voice and a line of the same emotion by chance. No voice is drawn
    for surprise, of which EmoDB knows nothing."""
    rng = np.random.default_rng(seed)
    kept = np.flatnonzero(np.isin(faces.emotion, lines.emotion))
    drawn = [[_one_of(read, faces.emotion[row], rng) for read in (voices, lines)] for row in kept]
    pairs = np.array(drawn, np.int64).reshape(-1, 2)
    return Triples(kept, pairs[:, 0], pairs[:, 1])


def _one_of(read: Read, emotion: str, rng: np.random.Generator) -> int:
    rows = np.flatnonzero(read.emotion == emotion)
    return int(rng.choice(rows)) if len(rows) else -1
