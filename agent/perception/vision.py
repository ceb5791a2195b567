"""Reads one camera frame: face, expression, hands and signs, and of these only what the customer agreed to."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import cv2
import numpy as np

from agent.core.budget import RateGate, Rates
from agent.core.clock import NS_PER_MS, Clock, SystemClock
from agent.core.consent import Consent, Purpose
from agent.core.frames import FrameOutcome
from agent.core.settings import PerceptionSettings, VisionSettings
from agent.core.types import CameraFrame, FaceReading, HandReading, VisionReading
from agent.inference.runtime import Runtime
from agent.perception.expression import ExpressionModel
from agent.perception.face import Face, FaceReader
from agent.perception.face_tracks import FaceTracks
from agent.perception.gesture import GestureModel
from agent.perception.hands import Hand, HandReader, HandTracks
from agent.perception.mediapipe_faces import MediaPipeFaceReader
from agent.perception.regions import Picture
from agent.perception.trace import FrameTrace

PREVIEW_WIDTH_PX = 640
PREVIEW_QUALITY = 70

SLOW_SEARCH_MS = 2_000
"""While hands are not read in every frame, they are not searched for more often than this either."""

NO_FACE = "no face"
FACE_NOT_READABLE = "face not readable"


@dataclass(slots=True)
class VisionState:
    """What is kept of one call from frame to frame. Whoever analyses its current frame owns it."""

    consent: Consent
    """May be replaced at any time; each frame is read under the consent that stands when its analysis begins."""
    faces: FaceTracks = field(default_factory=FaceTracks)
    hands: HandTracks = field(default_factory=HandTracks)
    model_runs: Counter[str] = field(default_factory=Counter)
    """How often each model has run for this call."""
    unsearched: tuple[Picture, float] | None = None
    """The last picture and its time in milliseconds, while hands have not been searched for in it."""
    rates: Rates = Rates()
    """May be replaced at any time, too."""
    hands_gate: RateGate = field(default_factory=RateGate)
    expression_gate: RateGate = field(default_factory=RateGate)

    def forget(self) -> None:
        """Stops following faces and hands; the next frame starts anew."""
        self.faces = self.faces.anew()
        self.hands = HandTracks(given_ids=self.hands.given_ids)

    def close(self) -> None:
        """Frees what a backend holds for this call; to be called when no frame of it will be analysed any more."""
        self.faces.close()


@dataclass(frozen=True, slots=True)
class _FaceModels:
    """What faces are read with; not there where none may ever be."""

    reader: FaceReader | MediaPipeFaceReader
    expression: ExpressionModel

    @classmethod
    def open(cls, runtime: Runtime, settings: VisionSettings, perception: PerceptionSettings | None) -> "_FaceModels":
        if perception is not None and perception.backend == "mediapipe":
            reader: FaceReader | MediaPipeFaceReader = MediaPipeFaceReader(
                runtime, settings, perception.face_landmarker
            )
        else:
            reader = FaceReader(runtime, settings)
        return cls(reader, ExpressionModel(runtime))

    def read(self, picture: Picture, frame: CameraFrame, state: VisionState, trace: FrameTrace) -> FaceReading | None:
        """The customer's face and no other; None where it is not to be seen."""
        face: Face | None = self.reader.read(picture, state.faces, frame.stamp.media_ms, trace)
        if face is None:
            return None
        expression = None
        if _due(state.expression_gate, frame, state.rates.expression_hz):
            with trace.stage("expression"):
                expression = self.expression.read(picture, face.landmarks_px, face.pose)
            # A face that cannot be read is refused before the model runs.
            trace.model_runs["expression"] += expression.valid
        return FaceReading(
            track_id=face.track_id,
            box=face.box,
            presence_prob=face.presence_prob,
            landmarks_px=face.landmarks_px,
            pose=face.pose,
            eyes_open=face.eyes_open,
            mouth_open=face.mouth_open,
            expression=expression,
            blendshapes=face.blendshapes,
        )


class FrameAnalyser(Protocol):
    """What a perception thread needs; `VisionAnalyser` is it."""

    def analyse(
        self, frame: CameraFrame, state: VisionState, *, preview: bool = False, search: bool = True
    ) -> VisionReading: ...

    def search(self, state: VisionState) -> None: ...


class VisionAnalyser:
    """One thread's models for pictures, loaded and warmed up by the constructor."""

    def __init__(
        self,
        runtime: Runtime,
        settings: VisionSettings,
        clock: Clock | None = None,
        *,
        perception: PerceptionSettings | None = None,
        stage_clock_ns: Callable[[], int] = time.perf_counter_ns,
    ) -> None:
        """`perception` names the backend, `onnx` by default; `stage_clock_ns` measures the readings' `stage_ms`.
        Without `max_faces` in the settings, no model of faces is opened, and none is read whatever is agreed to.

        Raises what `Runtime.open` and, with the other backend, `MediaPipeFaceReader` raise.
        """
        cv2.setNumThreads(1)
        self._clock = clock or SystemClock()
        self._stage_clock_ns = stage_clock_ns
        self._faces = _FaceModels.open(runtime, settings, perception) if settings.max_faces else None
        self._hands = HandReader(runtime, settings)
        self._gesture = GestureModel(runtime)

    def analyse(
        self, frame: CameraFrame, state: VisionState, *, preview: bool = False, search: bool = True
    ) -> VisionReading:
        """Everything read from the frame. Faces are looked for only under `Purpose.EXPRESSION`, hands only under
        `Purpose.GESTURE`; under neither, the picture is not even converted.

        Without `search`, new hands are not looked for in this frame; `self.search` does it once nobody waits.

        Raises whatever a broken picture or model raises; `state` is then still usable, best after `forget`.
        """
        consent = state.consent
        trace = FrameTrace(self._stage_clock_ns)
        try:
            return self._read(frame, state, consent, trace, preview=preview, search=search)
        finally:
            state.model_runs.update(trace.model_runs)

    def search(self, state: VisionState) -> None:
        """Searches the last picture for hands if that is due; the next frame's analysis reads those found.

        Searching takes longer than all else that a frame needs, so a frame's reading should not wait for it.
        """
        unsearched, state.unsearched = state.unsearched, None
        if unsearched is not None and state.consent.allows(Purpose.GESTURE):
            trace = FrameTrace(self._stage_clock_ns)
            picture, at_ms = unsearched
            if state.rates.hands_hz is not None and abs(at_ms - state.hands.searched_ms) < SLOW_SEARCH_MS:
                return
            try:
                self._hands.search(picture, state.hands, at_ms, trace)
            finally:
                state.model_runs.update(trace.model_runs)

    def _read(
        self,
        frame: CameraFrame,
        state: VisionState,
        consent: Consent,
        trace: FrameTrace,
        *,
        preview: bool,
        search: bool,
    ) -> VisionReading:
        faces = self._faces if consent.allows(Purpose.EXPRESSION) else None
        reads_face, reads_hands = faces is not None, consent.allows(Purpose.GESTURE)
        if not reads_face:
            state.faces = state.faces.anew()
        if not reads_hands:
            state.hands = HandTracks(given_ids=state.hands.given_ids)
        if not (reads_face or reads_hands):
            return unread(frame, FrameOutcome.NOT_CONSENTED, now_ns=self._clock.now_ns())
        with trace.stage("convert"):
            picture = np.ascontiguousarray(frame.pixels.rgb())
        height_px, width_px = picture.shape[:2]
        state.faces.in_picture(width_px, height_px)
        state.hands.in_picture(width_px, height_px)
        face = None if faces is None else faces.read(picture, frame, state, trace)
        hands: tuple[HandReading, ...] = ()
        state.unsearched = None
        hands_due = reads_hands and _due(state.hands_gate, frame, state.rates.hands_hz)
        if hands_due:
            if search:
                self._hands.search(picture, state.hands, frame.stamp.media_ms, trace)
            else:
                state.unsearched = (picture, frame.stamp.media_ms)
            hands = tuple(self._with_gesture(hand, trace) for hand in self._hands.read(picture, state.hands, trace))
        jpeg = _preview(picture, trace) if preview else None
        return VisionReading(
            call_id=frame.call_id,
            stamp=frame.stamp,
            width_px=width_px,
            height_px=height_px,
            valid=face is not None or not reads_face,
            reason=None if face is not None or not reads_face else _why_no_face(state.faces, frame.stamp.media_ms),
            faces=() if face is None else (face,),
            bystanders=state.faces.bystanders(),
            hands=hands,
            hands_read=hands_due or not reads_hands,
            stage_ms=trace.stage_ms,
            finished_ns=self._clock.now_ns(),
            preview_jpeg=jpeg,
        )

    def _with_gesture(self, hand: Hand, trace: FrameTrace) -> HandReading:
        with trace.stage("gesture"):
            trace.model_runs["gesture"] += 1
            gesture, gesture_prob = self._gesture.classify(hand.landmarks_px, hand.side)
        return HandReading(
            track_id=hand.track_id,
            side=hand.side,
            presence_prob=hand.presence_prob,
            landmarks_px=hand.landmarks_px,
            world_m=hand.world_m,
            gesture=gesture,
            gesture_prob=gesture_prob,
        )


def unread(frame: CameraFrame, reason: str, *, now_ns: int) -> VisionReading:
    """The reading of a frame from which nothing was read, and why."""
    return VisionReading(
        call_id=frame.call_id,
        stamp=frame.stamp,
        width_px=frame.width_px,
        height_px=frame.height_px,
        valid=False,
        reason=reason,
        faces=(),
        hands=(),
        stage_ms={},
        finished_ns=now_ns,
    )


def _due(gate: RateGate, frame: CameraFrame, rate_hz: float | None) -> bool:
    """Whether what is read at `rate_hz`, or of every frame where that is None, is to be read of this one."""
    return rate_hz is None or gate.admits(round(frame.stamp.media_ms * NS_PER_MS), rate_hz)


def _why_no_face(tracks: FaceTracks, at_ms: float) -> str:
    """A face that was found in this very frame but has no mesh is turned away or covered."""
    customer = tracks.customer
    in_sight = customer is not None and customer.certain and customer.seen_ms == at_ms
    return FACE_NOT_READABLE if in_sight else NO_FACE


def _preview(picture: Picture, trace: FrameTrace) -> bytes:
    """The picture as JPEG, no wider than `PREVIEW_WIDTH_PX`."""
    with trace.stage("preview"):
        height, width = picture.shape[:2]
        if width > PREVIEW_WIDTH_PX:
            size = (PREVIEW_WIDTH_PX, max(1, round(height * PREVIEW_WIDTH_PX / width)))
            picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
        bgr = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
        _, jpeg = cv2.imencode(".jpg", bgr, (cv2.IMWRITE_JPEG_QUALITY, PREVIEW_QUALITY))
        return jpeg.tobytes()
