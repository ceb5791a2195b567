"""What calls cost is really measured: by the real models, on a drawn face that they take for one, and on speech."""

import numpy as np
import pytest
from numpy.typing import NDArray

from agent.app.calibration import measure_parts
from agent.app.drawn_face import drawn_face
from agent.core.clock import SystemClock
from agent.core.consent import Choice, consent_for
from agent.core.settings import Settings
from agent.core.types import CameraFrame, CaptureOrigin, Stamp
from agent.inference.registry import Registry
from agent.inference.runtime import Runtime
from agent.perception import whisper
from agent.perception.transcript import SpeechToText
from agent.perception.vision import VisionAnalyser, VisionState
from agent.synthesis.voice import PiperVoice

pytestmark = pytest.mark.timeout(120)


class Drawn:
    def __init__(self, index: int) -> None:
        self._index = index

    def rgb(self) -> NDArray[np.uint8]:
        return drawn_face(self._index)


def test_the_models_take_the_drawn_face_for_one() -> None:
    """It is found, followed under one id, and its expression is read: the work that a customer's face makes."""
    settings = Settings()
    runtime = Runtime(Registry.load(settings.models.folder), "cpu")
    analyser = VisionAnalyser(runtime, settings.vision, SystemClock(), perception=settings.perception)
    state = VisionState(consent_for(Choice.AGREE, locale="en", given_at=0.0))
    tracks = set()
    for index in range(6):
        stamp = Stamp(
            frame_id=index,
            rtp_timestamp=0,
            arrived_ns=0,
            captured_ns=0,
            captured_error_ns=0,
            captured_from=CaptureOrigin.FILE,
            media_ms=index * 80,
        )
        frame = CameraFrame(call_id="c", stamp=stamp, width_px=640, height_px=480, pixels=Drawn(index))
        reading = analyser.analyse(frame, state)
        assert reading.valid, reading.reason
        expression = reading.faces[0].expression
        assert expression is not None and expression.valid
        tracks.add(reading.faces[0].track_id)
    assert len(tracks) == 1


def test_every_part_of_a_call_is_measured() -> None:
    """All parts take time, reading a face more than decoding its picture, and the words come out as they went in."""
    settings = Settings()
    registry = Registry.load(settings.models.folder)
    runtime = Runtime(registry, "cpu")
    speech_to_text = SpeechToText(whisper.open_english(runtime), short_windows=True)
    heard: list[str] = []
    costs = measure_parts(
        registry,
        settings,
        PiperVoice(runtime, settings.voice),
        lambda sound: heard.append(speech_to_text.read(sound).text),
    )
    parts = [getattr(costs, name) for name in costs.__struct_fields__ if name != "frame_on_gpu_ms"]
    assert all(ms > 0 for ms in parts)
    assert costs.frame_read_ms > costs.frame_decode_ms > costs.packet_ms
    assert "order" in heard[0].lower()
