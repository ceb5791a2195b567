"""Measures the expression model on labelled faces, as the program runs it."""

from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from agent.core.settings import VisionSettings
from agent.core.types import EXPRESSIONS
from agent.inference.runtime import Runtime
from agent.perception.expression import aligned_crop
from agent.perception.face import FaceReader
from agent.perception.face_tracks import FaceTracks
from agent.perception.trace import FrameTrace
from agent.training.evaluation import Evaluation, Stopwatch, evaluated
from agent.training.face_pictures import face_pictures
from agent.training.faces import FER7, Faces, load_faces, majority, whole_picture
from agent.training.pictures import Picture
from agent.training.progress import Progress, unheard
from agent.training.scores import Answers, score

CROP_ALREADY_PX = 64
"""Pictures up to this side are taken for faces that someone has cut out; in larger ones the face is looked for."""
DARK, BRIGHT = 90, 170
"""Mean grey below and above which a face counts as dark and as bright: about a tenth of FER2013 each."""


def evaluate_expression(
    data: Path, runtime: Runtime, *, part: str | None = None, progress: Progress = unheard
) -> Evaluation:
    """Reads every face of an npz, whose arrays `load_faces` describes, or of a folder of class folders.

    A face's right answer by FER+ is the column with the most of all ten votes, the lowest on ties; faces whose answer
    is unknown or no face are left out. Folders are FER2013's seven unless one of them is called contempt. The time is
    the model's alone. Raises `DataRejected` for data of another form.
    """
    if data.is_dir():
        return _of_pictures(data, runtime, progress)
    return _of_arrays(load_faces(data, part), runtime, progress)


def _of_arrays(faces: Faces, runtime: Runtime, progress: Progress) -> Evaluation:
    ferplus_prob, fer7_prob, ms = face_probabilities(faces.pixels, runtime, progress)
    confident_prob = runtime.registry.entry("expression").confident_prob or 0.0
    fer7 = None
    if faces.fer7 is not None:
        fer7 = Answers(prob=fer7_prob, label=faces.fer7, names=FER7, confident_prob=confident_prob)
    if faces.votes is None:
        assert fer7 is not None
        whole = evaluated(fer7, ms_per_item=ms, slices=_slices(faces.pixels))
        return msgspec.structs.replace(whole, fer7=score(fer7))
    label = majority(faces.votes)
    kept = label >= 0
    answers = Answers(prob=ferplus_prob[kept], label=label[kept], names=EXPRESSIONS, confident_prob=confident_prob)
    agreed = faces.votes.max(axis=1) * 2 > faces.votes.sum(axis=1)
    slices = {
        "over half of the voters agree": agreed[kept],
        "half of them or fewer agree": ~agreed[kept],
        **_slices(faces.pixels[kept]),
    }
    left_out = {"unknown or not a face, by their votes": int((~kept).sum())} if not kept.all() else {}
    whole = evaluated(answers, ms_per_item=ms, slices=slices, left_out=left_out)
    return msgspec.structs.replace(whole, ferplus=score(answers), fer7=None if fer7 is None else score(fer7))


def _of_pictures(root: Path, runtime: Runtime, progress: Progress) -> Evaluation:
    cutter = _FaceCutter(runtime)
    pictures = face_pictures(root, cutter, progress)
    by_ferplus = pictures.names == EXPRESSIONS
    ferplus_prob, fer7_prob, ms = face_probabilities(pictures.pixels, runtime, progress)
    answers = Answers(
        prob=ferplus_prob if by_ferplus else fer7_prob,
        label=pictures.label,
        names=pictures.names,
        confident_prob=runtime.registry.entry("expression").confident_prob or 0.0,
    )
    how = np.array(cutter.how)
    slices = {name: how == name for name in _FaceCutter.WAYS} | _slices(pictures.pixels)
    whole = evaluated(answers, ms_per_item=ms, slices=slices, left_out=pictures.left_out)
    scores = score(answers)
    return msgspec.structs.replace(whole, ferplus=scores if by_ferplus else None, fer7=None if by_ferplus else scores)


def face_probabilities(
    pixels: NDArray[np.uint8], runtime: Runtime, progress: Progress
) -> tuple[NDArray[np.floating], NDArray[np.floating], float]:
    """(n, 8) and (n, 7) of faces read one by one, and the median CPU milliseconds of one."""
    model, stopwatch, outputs = runtime.open("expression"), Stopwatch(), []
    for done, face in enumerate(pixels):
        if done % 100 == 0:
            progress("faces", done / len(pixels), f"{done} of {len(pixels)}")
        with stopwatch.item():
            outputs.append(model.run(face[None, None]))
    progress("faces", 1.0)
    ferplus, fer7 = (np.concatenate([output[head] for output in outputs]) for head in range(2))
    return ferplus, fer7, stopwatch.median_ms


def _slices(pixels: NDArray[np.uint8]) -> dict[str, NDArray[np.bool_]]:
    grey = pixels.mean(axis=(1, 2))
    return {f"dark (mean grey < {DARK})": grey < DARK, f"bright (mean grey > {BRIGHT})": grey > BRIGHT}


class _FaceCutter:
    """Cuts the face out of a picture as the program does; a small picture, or one without a face, is taken whole."""

    WAYS = ("face found and aligned", "no face found, taken whole", "small picture, taken for a face")

    def __init__(self, runtime: Runtime) -> None:
        self._reader = FaceReader(runtime, VisionSettings())
        self.how: list[str] = []
        """One of `WAYS` for each picture so far."""

    def __call__(self, picture: Picture) -> NDArray[np.uint8]:
        if min(picture.shape[:2]) <= CROP_ALREADY_PX:
            self.how.append(self.WAYS[2])
            return whole_picture(picture)
        face = self._reader.read(picture, FaceTracks(), 0.0, FrameTrace())
        self.how.append(self.WAYS[1] if face is None else self.WAYS[0])
        return whole_picture(picture) if face is None else aligned_crop(picture, face.landmarks_px)
