"""Reads the customer's face from one picture: where it is, its mesh, which way it is turned, how open the mouth is."""

import math
from dataclasses import dataclass, field

import numpy as np

from agent.core.settings import VisionSettings
from agent.core.types import Box, HeadPose
from agent.inference.runtime import Runtime
from agent.perception.detection import Detector
from agent.perception.face_measures import eyes_open, mouth_open
from agent.perception.face_tracks import FaceTracks, detected_region, face_region
from agent.perception.head_pose import CanonicalFace
from agent.perception.regions import Picture, Points, Region, box_around
from agent.perception.trace import FrameTrace

KEEP_PROB = 0.5
"""A face that is followed is lost when the mesh model's presence falls below this (MediaPipe's default)."""
BEGIN_PROB = 0.8
"""A face that was just detected is believed from this presence on: real ones have 0.9 and more, and letters on a poster
had 0.79 once in 95 pictures without a face."""
CERTAIN_PROB = 1 - 1e-5
"""A face just detected of which the mesh is less certain may be upside down, which the detector does not see and the
mesh half believes: it is read the other way round if the mesh is this certain of that. Of 25 upright pictures none was
turned, with a hand at the face the wrong way had up to 0.9989; of 23 upside down 21 were turned, and 2 not read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """The customer's face in one frame, before its expression is read."""

    track_id: int
    box: Box
    presence_prob: float | None
    """None where the backend keeps it to itself."""
    landmarks_px: Points = field(repr=False)
    """(468, 3) in pixels of the picture."""
    pose: HeadPose
    eyes_open: float | None
    mouth_open: float
    blendshapes: dict[str, float] | None = field(default=None, repr=False)


class FaceReader:
    """One thread's face models: BlazeFace to find a face, MediaPipe's 468-point mesh to follow it."""

    def __init__(self, runtime: Runtime, settings: VisionSettings) -> None:
        self._max_faces = settings.max_faces
        self._detector = Detector(runtime.open("face_detection"))
        self._mesh = runtime.open("face_landmark")
        self._canonical = CanonicalFace.load(runtime.registry.path("canonical_face"))
        self._crop = self._mesh.blank_input()

    def read(self, picture: Picture, tracks: FaceTracks, at_ms: float, trace: FrameTrace) -> Face | None:
        """The customer's face, or None when it is not in view. Takes what was seen into `tracks`.

        The detector runs when the customer is not followed, and now and then to find others.
        """
        face = self._follow(picture, tracks, at_ms, trace)
        if face is None or tracks.search_due(at_ms):
            height, width = picture.shape[:2]
            with trace.stage("face_detection"):
                middle = tracks.look_closer and face is None
                found = self._detector.detect(picture, trace, only_middle=middle)
            was = tracks.customer
            mine = tracks.searched(found, width_px=width, height_px=height, at_ms=at_ms, max_faces=self._max_faces)
            changed = tracks.customer is not was
            if mine is not None and tracks.customer is not None and (face is None or changed):
                tracks.customer.region = detected_region(mine)
                face = self._follow(picture, tracks, at_ms, trace, just_found=True)
        return face

    def _follow(
        self, picture: Picture, tracks: FaceTracks, at_ms: float, trace: FrameTrace, *, just_found: bool = False
    ) -> Face | None:
        """Reads the customer's face where it is expected; forgets the place when it is not there."""
        customer = tracks.customer
        if customer is None or customer.region is None:
            return None
        with trace.stage("face_mesh"):
            landmarks, presence_prob = self._landmarks(picture, customer.region, trace)
            if just_found and presence_prob < CERTAIN_PROB:
                upside_down = self._landmarks(picture, customer.region.turned(math.pi), trace)
                if upside_down[1] >= CERTAIN_PROB:
                    landmarks, presence_prob = upside_down
            if presence_prob < (BEGIN_PROB if just_found else KEEP_PROB) or not np.isfinite(landmarks).all():
                tracks.lost()
                return None
            face = face_from(
                landmarks, track_id=customer.track_id, presence_prob=presence_prob, canonical=self._canonical
            )
            if tracks.leaps(face.box, at_ms):
                tracks.lost()
                return None
            tracks.followed(face.box, face_region(landmarks), at_ms)
            return face

    def _landmarks(self, picture: Picture, region: Region, trace: FrameTrace) -> tuple[Points, float]:
        region.cut(picture, self._crop[0])
        landmarks, presence = trace.run(self._mesh, self._crop)
        points = region.to_picture(landmarks[0], self._crop.shape[1])
        points.setflags(write=False)
        return points, float(presence[0, 0])


def face_from(
    landmarks_px: Points,
    *,
    track_id: int,
    presence_prob: float | None,
    canonical: CanonicalFace,
    blendshapes: dict[str, float] | None = None,
) -> Face:
    """What a (468, 3) mesh says, whichever model it is from."""
    pose = canonical.pose_of(landmarks_px)
    return Face(
        track_id=track_id,
        box=box_around(landmarks_px),
        presence_prob=presence_prob,
        landmarks_px=landmarks_px,
        pose=pose,
        eyes_open=eyes_open(landmarks_px, pose),
        mouth_open=mouth_open(landmarks_px),
        blendshapes=blendshapes,
    )
