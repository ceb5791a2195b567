"""Measures the gesture model on labelled hands, as landmarks or as pictures, as the program runs it."""

from collections import Counter
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from agent.core.errors import DataRejected
from agent.core.types import GESTURES
from agent.inference.runtime import Runtime
from agent.perception.gesture import GestureModel, name_sign
from agent.training.evaluation import Evaluation, Stopwatch, evaluated, folder_counts, readable_pictures
from agent.training.hand_pictures import PictureHandReader
from agent.training.hands import NONE, SIGN_OF, load_hands, sign_of
from agent.training.progress import Progress, unheard
from agent.training.scores import Answers

NO_HAND = np.eye(len(GESTURES))[NONE]
"""Probabilities for a picture in which no hand is found: none for certain."""
SIDES: tuple[Literal["left"], Literal["right"]] = ("left", "right")
SMALL_PX, LARGE_PX = 100, 300
"""Shorter side under which a picture counts as small, and from which it counts as large."""

UNNAMED = frozenset({
    "four", "grabbing", "grip", "hand_heart", "hand_heart2", "holy", "little_finger", "middle_finger", "no_gesture",
    "peace_inverted", "pinkie", "rock", "stop_inverted", "take_picture", "three", "three2", "three3", "three_gun",
    "thumb_index", "thumb_index2", "timeout", "two_up", "two_up_inverted", "xsign",
})  # fmt: skip
"""HaGRID's classes that show none of our signs (github.com/hukenovs/hagrid, both versions)."""


def evaluate_gesture(data: Path, runtime: Runtime, *, progress: Progress = unheard) -> Evaluation:
    """Names every hand of an npz of landmarks, or of a folder of class folders of pictures, where hands are looked for
    first; a picture without one is answered "none", and of several hands the surest sign counts.

    Classes in HaGRID's words or ours; those that show none of our signs count as none. The time is that of landmarks to
    answer, or of picture to answer. Raises `DataRejected` for data of another form.
    """
    if data.is_dir():
        return _of_pictures(data, runtime, progress)
    return _of_landmarks(data, runtime, progress)


def _of_landmarks(data: Path, runtime: Runtime, progress: Progress) -> Evaluation:
    """Hands of unknown side are read as both, and the mean is taken."""
    hands, model, stopwatch = load_hands(data), GestureModel(runtime), Stopwatch()
    prob = np.zeros((len(hands), len(GESTURES)))
    for row in range(len(hands)):
        if row % 100 == 0:
            progress("hands", row / len(hands), f"{row} of {len(hands)}")
        sides = SIDES if hands.left is None else SIDES[:1] if hands.left[row] else SIDES[1:]
        with stopwatch.item():
            prob[row] = np.mean([model.probabilities(hands.points[row], side) for side in sides], axis=0)
    progress("hands", 1.0)
    slices = {} if hands.left is None else {"left hands": hands.left, "right hands": ~hands.left}
    return evaluated(_answers(prob, hands.sign, runtime), ms_per_item=stopwatch.median_ms, slices=slices)


def _of_pictures(root: Path, runtime: Runtime, progress: Progress) -> Evaluation:
    counts = folder_counts(root)
    if not {name.lower() for name in counts} & (set(SIGN_OF) | UNNAMED):
        raise DataRejected(
            f"the folders in {root} are called {', '.join(sorted(counts)[:12])}; wanted are HaGRID's classes, such as "
            f"{', '.join(list(SIGN_OF)[:8])}, or {', '.join(GESTURES)}"
        )
    reader, stopwatch, left_out = PictureHandReader(runtime), Stopwatch(), Counter[str]()
    seen, label, side_px = [], [], []
    for name, picture in readable_pictures(root, lambda name: True, left_out, progress):
        with stopwatch.item():
            seen.append(reader.read(picture))
        label.append(sign_of(name))
        side_px.append(min(picture.shape[:2]))
    prob = np.array([NO_HAND if one is None else one for one in seen]).reshape(-1, len(GESTURES))
    found, side = np.array([one is not None for one in seen], dtype=bool), np.array(side_px)
    slices = {
        "a hand was found": found,
        "no hand was found": ~found,
        f"shorter side under {SMALL_PX} pixels": side < SMALL_PX,
        f"from {SMALL_PX} to {LARGE_PX} pixels": (side >= SMALL_PX) & (side < LARGE_PX),
        f"{LARGE_PX} pixels or more": side >= LARGE_PX,
    }
    answers = _answers(prob, np.array(label, dtype=np.int64), runtime)
    strange = sorted(name for name in counts if name.lower() not in {*SIGN_OF, *UNNAMED})
    remarks = [f"counted as none, as neither HaGRID nor we know the class: {name}" for name in strange]
    whole = evaluated(answers, ms_per_item=stopwatch.median_ms, slices=slices, left_out=left_out)
    return msgspec.structs.replace(whole, remarks=remarks)


def _answers(prob: NDArray[np.floating], label: NDArray[np.int64], runtime: Runtime) -> Answers:
    confident_prob = runtime.registry.entry("gesture").confident_prob or 0.0
    said = np.array([GESTURES.index(name_sign(row, confident_prob)[0]) for row in prob], dtype=np.int64)
    return Answers(prob=prob, label=label, names=GESTURES, confident_prob=confident_prob, said=said)
