"""Real clips through perception and fusion as in a call: what is said of the faces in them is what can be seen."""

from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import pytest

from agent.app.analysis import analyse_clip
from agent.core.settings import Settings
from agent.core.signals import ExpressionSignal, FaceSignal

pytestmark = [pytest.mark.shared_data, pytest.mark.timeout(300)]

Seen = list[tuple[FaceSignal, ExpressionSignal]]


@pytest.fixture(scope="module")
def seen(shared_data: Path) -> Callable[[str], Seen]:
    """The face and expression signals of each frame of a clip, by its name."""

    @lru_cache
    def analysed(name: str) -> Seen:
        frames = []
        for step in analyse_clip(shared_data / "video" / f"{name}.mp4", Settings()):
            face = next((signal for signal in step.signals if isinstance(signal, FaceSignal)), None)
            expression = next((signal for signal in step.signals if isinstance(signal, ExpressionSignal)), None)
            if face is not None and expression is not None:
                frames.append((face, expression))
        return frames

    return analysed


def labels(frames: Seen, *, from_ms: float, to_ms: float) -> Counter[str]:
    return Counter(one.value.label for _, one in frames if from_ms <= one.media_ms < to_ms)


def eyes_closed(frames: Seen, *, from_ms: float, to_ms: float) -> set[bool | None]:
    return {face.value.eyes_closed for face, _ in frames if from_ms <= face.media_ms < to_ms}


def test_a_smile_with_one_blink(seen: Callable[[str], Seen]) -> None:
    """A man is neutral for half a second, then smiles, and blinks once while doing so."""
    frames = seen("single_face")
    assert {face.value.faces[0].track_id for face, _ in frames} == {1}
    assert labels(frames, from_ms=0, to_ms=550).keys() == {"neutral"}
    assert labels(frames, from_ms=1_200, to_ms=2_500).keys() == {"happiness"}
    assert frames[-1][0].value.blinks == 1
    assert {face.value.attention for face, _ in frames} == {"screen"}
    closed = [face.media_ms for face, _ in frames if face.value.eyes_closed]
    assert closed and 750 < closed[0] and closed[-1] < 1_050


def test_tears_and_laughter(seen: Callable[[str], Seen]) -> None:
    """A woman cries with closed eyes, covers her face, looks up, laughs, blinks some times and closes her eyes."""
    frames = seen("strong_emotion")
    assert {face.value.faces[0].track_id for face, _ in frames} == {1}
    assert labels(frames, from_ms=900, to_ms=2_400).keys() == {"sadness"}
    assert labels(frames, from_ms=10_500, to_ms=19_600).keys() == {"happiness"}
    assert labels(frames, from_ms=0, to_ms=20_000)["neutral"] < 0.1 * len(frames)
    hidden = [one for _, one in frames if 4_300 < one.media_ms < 5_400]
    assert sum(one.reason == "covered by a hand" for one in hidden) > len(hidden) / 2
    assert {one.value.label for one in hidden} <= {"unknown", "sadness"}
    assert eyes_closed(frames, from_ms=1_000, to_ms=2_400) == {True}
    assert eyes_closed(frames, from_ms=6_700, to_ms=8_200) == {False}
    assert eyes_closed(frames, from_ms=18_500, to_ms=20_000) == {True}
    blinks = frames[-1][0].value.blinks
    assert blinks is not None and 4 <= blinks <= 7
    assert {face.value.liveness for face, _ in frames if face.media_ms > 2_000} == {"moving"}


def test_confidence_is_the_probability_of_the_label(seen: Callable[[str], Seen]) -> None:
    """Every expression says how probable its label is, or nothing where it has none."""
    for name in ("single_face", "strong_emotion"):
        for _, one in seen(name):
            probability = one.value.probabilities.get(one.value.label)
            assert (one.confidence is None) == (probability is None)
            assert one.confidence is None or one.confidence == pytest.approx(probability, abs=1e-4)
            assert one.valid or one.value.label == "unknown"


def test_letters_and_clouds_have_no_feelings(seen: Callable[[str], Seen]) -> None:
    """In a clip without a face every signal is invalid, with the reason, and nothing is claimed."""
    for face, expression in seen("no_face"):
        assert not face.valid and face.reason == "no face" and face.value.faces == ()
        assert not expression.valid and expression.value.label == "unknown" and not expression.value.probabilities
