"""Reads faces with MediaPipe's own FaceLandmarker instead of our ONNX models: slower, but with blendshapes."""

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from agent.core.errors import ModelMismatch, ModelMissing
from agent.core.settings import VisionSettings
from agent.inference.runtime import Runtime
from agent.perception.detection import Detection
from agent.perception.face import Face, face_from
from agent.perception.face_tracks import FaceTracks, face_region
from agent.perception.head_pose import CanonicalFace
from agent.perception.regions import Picture, Points, box_around
from agent.perception.trace import FrameTrace

MODEL = "mediapipe_face_landmarker"
"""Under which its runs are counted."""
MESH_POINTS = 468
"""Of MediaPipe's 478; the last ten are the irises, which our mesh does not have."""
_SOURCE = "https://ai.google.dev/edge/mediapipe/solutions/vision/face_landmarker"
_KEY_POINTS = np.array([468, 473, 1, 13, 234, 454])
"""Right eye, left eye, nose tip, mouth, right ear, left ear, as a detection has them."""


class MediaPipeFaceReader:
    """One thread's reader of faces, with the contract of `face.FaceReader`.

    MediaPipe's VIDEO mode follows faces by itself, so each call has a landmarker of its own, kept in its `FaceTracks`.
    It goes from thread to thread with them, as one thread at a time may use it. Who drops the tracks closes it: left to
    the garbage collector, a landmarker's finaliser waits for a thread of its own and may never come back.
    """

    def __init__(self, runtime: Runtime, settings: VisionSettings, bundle: Path | None) -> None:
        """`bundle` is a face_landmarker.task with blendshapes.

        Raises `ModelMissing` when the bundle or the package is not there, `ModelMismatch` when it is another file.
        """
        self._canonical = CanonicalFace.load(runtime.registry.path("canonical_face"))
        self._max_faces = settings.max_faces
        self._bundle = _existing(bundle)
        Landmarker(self._bundle, self._max_faces).close()

    def read(self, picture: Picture, tracks: FaceTracks, at_ms: float, trace: FrameTrace) -> Face | None:
        """The customer's face, or None when it is not in view. Takes what was seen into `tracks`."""
        if not isinstance(tracks.follower, Landmarker):
            tracks.follower = Landmarker(self._bundle, self._max_faces)
        height, width = picture.shape[:2]
        with trace.stage("face_mesh"):
            trace.model_runs[MODEL] += 1
            meshes, blendshapes = tracks.follower.find(picture, at_ms)
            found = [_detection(mesh) for mesh in meshes]
            mine = tracks.searched(found, width_px=width, height_px=height, at_ms=at_ms, max_faces=self._max_faces)
            if mine is None or tracks.customer is None:
                tracks.lost()
                return None
            place = next(place for place, one in enumerate(found) if one is mine)
            landmarks = np.ascontiguousarray(meshes[place][:MESH_POINTS])
            landmarks.setflags(write=False)
            tracks.followed(mine.box, face_region(landmarks), at_ms)
            return face_from(
                landmarks,
                track_id=tracks.customer.track_id,
                presence_prob=None,  # FaceLandmarker compares it with its threshold and keeps it to itself
                canonical=self._canonical,
                blendshapes=blendshapes[place],
            )


class Landmarker:
    """MediaPipe's FaceLandmarker on the frames of one call. To be closed; any thread may, when no other uses it."""

    def __init__(self, bundle: Path, max_faces: int) -> None:
        """Raises `ModelMissing` without the package, `ModelMismatch` for a file that MediaPipe does not take."""
        try:
            self._mediapipe: Any = import_module("mediapipe")
        except ImportError as error:
            raise ModelMissing(
                f"perception.backend is mediapipe, but its package cannot be imported ({error}); install "
                "mediapipe 1.2 or set perception.backend to onnx"
            ) from None
        vision = self._mediapipe.tasks.vision
        options = vision.FaceLandmarkerOptions(
            base_options=self._mediapipe.tasks.BaseOptions(model_asset_path=str(bundle)),
            running_mode=vision.RunningMode.VIDEO,
            num_faces=max_faces,
            output_face_blendshapes=True,
        )
        try:
            self._landmarker = vision.FaceLandmarker.create_from_options(options)
        except (ValueError, RuntimeError, OSError) as error:
            raise ModelMismatch(
                f"perception.face_landmarker: {bundle} is no face_landmarker.task with blendshapes ({error}); get it "
                f"from {_SOURCE}"
            ) from None
        self._last_ms = -1
        self._ahead_ms = 0
        """Added to the frames' times, which may go back when a track begins anew; MediaPipe's must rise."""

    def find(self, picture: Picture, at_ms: float) -> tuple[list[Points], list[dict[str, float]]]:
        """Meshes (478, 3) in pixels of all faces, and of each the blendshapes by name, 0 to 1."""
        stamp_ms = round(at_ms) + self._ahead_ms
        if stamp_ms <= self._last_ms:
            self._ahead_ms += self._last_ms + 1 - stamp_ms
            stamp_ms = self._last_ms + 1
        self._last_ms = stamp_ms
        image = self._mediapipe.Image(image_format=self._mediapipe.ImageFormat.SRGB, data=picture)
        result = self._landmarker.detect_for_video(image, stamp_ms)
        height, width = picture.shape[:2]
        sides = np.array((width, height, width), np.float32)
        meshes = [
            np.array([(point.x, point.y, point.z) for point in face], np.float32) * sides
            for face in result.face_landmarks
        ]
        shapes = [{shape.category_name: float(shape.score) for shape in face} for face in result.face_blendshapes]
        return meshes, shapes

    def close(self) -> None:
        """Frees the models; a second time does nothing."""
        self._landmarker.close()


def _detection(mesh: Points) -> Detection:
    """A mesh as the tracks take what a detector has found."""
    return Detection(score_prob=1.0, box=box_around(mesh[:MESH_POINTS]), points_px=mesh[_KEY_POINTS, :2])


def _existing(bundle: Path | None) -> Path:
    if bundle is None or not bundle.is_file():
        what = "perception.face_landmarker is not set" if bundle is None else f"{bundle} is not there"
        raise ModelMissing(
            f"perception.backend is mediapipe, which needs Google's face_landmarker.task, but {what}. Get it from "
            f"{_SOURCE} and set perception.face_landmarker to its path, or set perception.backend to onnx"
        )
    return bundle
