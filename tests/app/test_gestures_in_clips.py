"""What hands and heads do in recorded clips becomes the events that a supervisor would expect."""

from pathlib import Path

import pytest

from agent.core.consent import Purpose
from agent.core.settings import ModelSettings, VisionSettings
from agent.core.signals import GestureValue
from agent.fusion.gestures import GestureState, step
from agent.inference.registry import Registry
from agent.inference.runtime import Runtime
from agent.perception.vision import VisionAnalyser, VisionState
from tests.perception.pictures import clip_frames, consent


def gestures(clip: Path) -> list[str]:
    """Names of all gestures in a clip, of which every second frame is read."""
    analyser = VisionAnalyser(Runtime(Registry.load(ModelSettings().folder), "cpu"), VisionSettings())
    seen, state, names = VisionState(consent=consent(Purpose.EXPRESSION, Purpose.GESTURE)), GestureState(), []
    for frame in clip_frames(clip, every=2):
        state, findings = step(state, analyser.analyse(frame, seen))
        names += [finding.value.name for finding in findings if isinstance(finding.value, GestureValue)]
    return names


@pytest.mark.shared_data
@pytest.mark.timeout(90)
def test_a_hand_that_wipes_tears_is_over_the_face_and_points_at_nothing(shared_data: Path) -> None:
    """For some seconds a hand lies on mouth and eyes, its index finger stretched: one event, and no sign."""
    assert gestures(shared_data / "video" / "strong_emotion.mp4") == ["hand_over_face"]


@pytest.mark.shared_data
@pytest.mark.timeout(60)
def test_somebody_who_sits_still_does_nothing(shared_data: Path) -> None:
    """A person who looks at the camera neither nods nor shows anything."""
    assert gestures(shared_data / "video" / "single_face.mp4") == []
