"""Measures the expression, gesture and intent models on labelled data, as the program runs them."""

import time
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from agent.core.errors import DataRejected
from agent.core.settings import VisionSettings
from agent.core.types import EXPRESSIONS, GESTURES
from agent.inference.runtime import Model, Runtime
from agent.perception.expression import aligned_crop
from agent.perception.face import FaceReader
from agent.perception.face_tracks import FaceTracks
from agent.perception.gesture import gesture_features, name_sign
from agent.perception.hands import HandReader, HandTracks
from agent.perception.text import INTENTS, SentenceEmbedder
from agent.perception.trace import FrameTrace
from agent.training.faces import FER7, load_faces, majority, whole_picture
from agent.training.hands import NONE, load_hands, sign_of
from agent.training.intent_head import OUTSIDE, fit_head
from agent.training.lines import Lines, load_lines
from agent.training.pictures import Picture, labelled_pictures
from agent.training.scores import Report, score, separation

_CROP_ALREADY_PX = 64
"""Pictures up to this side are taken for faces that someone has cut out; in larger ones the face is looked for."""


def evaluate_expression(data: Path, runtime: Runtime, *, part: str = "") -> Report:
    """Reads every face of an npz (arrays prefixed by `part`) or of a folder of class folders. The time is the model's.

    Raises `DataRejected` for data of another form.
    """
    model = runtime.open("expression")
    confident_prob = runtime.registry.entry("expression").confident_prob or 0.0
    faces = load_faces(data, part, crop=_FaceCutter(runtime))
    began = time.process_time()
    outputs = [model.run(pixels[None, None]) for pixels in faces.pixels]
    ms = _ms_each(began, len(faces))
    ferplus, fer7 = (np.concatenate([output[head] for output in outputs]) for head in range(2))
    reports = []
    if faces.votes is not None:
        label = majority(faces.votes)
        kept = label >= 0
        reports.append(score(ferplus[kept], label[kept], EXPRESSIONS, confident_prob=confident_prob, ms_per_item=ms))
    if faces.fer7 is not None:
        reports.append(score(fer7, faces.fer7, FER7, confident_prob=confident_prob, ms_per_item=ms))
    return reports[0] if len(reports) == 1 else msgspec.structs.replace(reports[0], fer7=reports[1])


def evaluate_gesture(data: Path, runtime: Runtime) -> Report:
    """Names every hand of an npz of landmarks, or of a folder of class folders of pictures, where hands are looked for
    first; a picture without one is answered "none", and of several hands the surest sign counts.

    Raises `DataRejected` for data of another form.
    """
    confident_prob = runtime.registry.entry("gesture").confident_prob or 0.0
    model = runtime.open("gesture")
    began = time.process_time()
    prob, label = _signs_in_pictures(data, runtime, model) if data.is_dir() else _signs_of_landmarks(data, model)
    said = np.array([GESTURES.index(name_sign(row, confident_prob)[0]) for row in prob])
    ms = _ms_each(began, len(label))
    return score(prob, label, GESTURES, confident_prob=confident_prob, ms_per_item=ms, said=said)


def evaluate_intent(data: Path, runtime: Runtime, *, train: Path | None = None) -> Report:
    """Reads every line of a CSV, JSON or YAML file with the shop's head, or with one that is fitted on `train` first.

    Of a file with several splits "test" is read, else "val"; of `train`, "train". Raises `DataRejected` for data of
    another form, or with intents that the head does not know.
    """
    lines = _held_out(data)
    if not lines.names:
        raise DataRejected(f"{data} holds no line that belongs to an intent, so there is no accuracy to measure")
    embedder = SentenceEmbedder(runtime)
    if train is None:
        names: tuple[str, ...] = INTENTS
        shipped = runtime.open("intent")
    else:
        examples = load_lines(train, "train")
        names = examples.names
        head = fit_head(embedder.embed(examples.texts), _labels(examples, names))
    label = _labels(lines, names)
    began = time.process_time()
    embeddings = embedder.embed(lines.texts)
    if train is None:
        prob, in_scope = shipped.run(embeddings)
        in_scope = in_scope[:, 0]
    else:
        prob, in_scope = head.intent_prob(embeddings), head.in_scope_prob(embeddings)
    ms = _ms_each(began, len(lines))
    known = label != OUTSIDE
    report = score(prob[known], label[known], names, confident_prob=0.5, ms_per_item=ms)
    auroc = separation(in_scope[known], in_scope[~known]) if not known.all() else None
    return msgspec.structs.replace(report, oos_auroc=auroc)


class _FaceCutter:
    """Cuts the face out of a picture as the program does; a small picture, or one without a face, is taken whole."""

    def __init__(self, runtime: Runtime) -> None:
        self._reader = FaceReader(runtime, VisionSettings())

    def __call__(self, picture: Picture) -> NDArray[np.uint8]:
        face = None
        if min(picture.shape[:2]) > _CROP_ALREADY_PX:
            face = self._reader.read(picture, FaceTracks(), 0.0, FrameTrace())
        if face is not None:
            return aligned_crop(picture, face.landmarks_px)
        return whole_picture(picture)


def _signs_of_landmarks(data: Path, model: Model) -> tuple[NDArray[np.floating], NDArray[np.int64]]:
    """(n, 9) probabilities and (n,) right answers. Hands of unknown side are read as both, and the mean is taken."""
    hands = load_hands(data)
    sides = [hands.left] if hands.left is not None else [np.zeros(len(hands), bool), np.ones(len(hands), bool)]
    prob = np.zeros((len(hands), len(GESTURES)))
    for row in range(len(hands)):
        points = hands.points[row : row + 1, :, :2]
        for side in sides:
            prob[row] += model.run(gesture_features(points, side[row : row + 1]))[0][0] / len(sides)
    return prob, hands.sign


def _signs_in_pictures(root: Path, runtime: Runtime, model: Model) -> tuple[NDArray[np.floating], NDArray[np.int64]]:
    reader = HandReader(runtime, VisionSettings())
    nothing = np.eye(len(GESTURES))[NONE]
    probs, label = [], []
    for name, picture in labelled_pictures(root):
        tracks, trace = HandTracks(), FrameTrace()
        reader.search(picture, tracks, 0.0, trace)
        hands = reader.read(picture, tracks, trace)
        features = [gesture_features(hand.landmarks_px[None, :, :2], np.array([hand.side == "left"])) for hand in hands]
        seen = [model.run(each)[0][0] for each in features]
        probs.append(max(seen, key=lambda prob: float(prob[:NONE].max()), default=nothing))
        label.append(sign_of(name))
    return np.stack(probs), np.array(label, dtype=np.int64)


def _held_out(data: Path) -> Lines:
    try:
        return load_lines(data, "test")
    except DataRejected:
        return load_lines(data, "val")


def _labels(lines: Lines, names: tuple[str, ...]) -> NDArray[np.int64]:
    unknown = sorted({intent for intent in lines.intents if intent is not None and intent not in names})
    if unknown:
        raise DataRejected(
            f"intents that the model does not know: {', '.join(unknown[:5])}; give --train with a file that has them"
        )
    return np.array([OUTSIDE if intent is None else names.index(intent) for intent in lines.intents], dtype=np.int64)


def _ms_each(began_s: float, count: int) -> float:
    return (time.process_time() - began_s) * 1_000 / max(count, 1)
