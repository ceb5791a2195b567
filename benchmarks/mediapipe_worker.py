"""MediaPipe's own pipelines over the frames of a benchmark, in its own process and environment.

    python -m benchmarks.mediapipe_worker solutions FRAMES OUT
    python -m benchmarks.mediapipe_worker tasks FRAMES OUT FACE_TASK [HAND_TASK]

`solutions` is FaceMesh and Hands of MediaPipe up to 0.10.21; `tasks` is FaceLandmarker, and HandLandmarker where its
bundle is given. Both follow what they found from frame to frame, with their own default settings.
"""

import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import cv2
import mediapipe as mp
import numpy as np
from numpy.typing import NDArray

from benchmarks.frame_passes import MAX_HANDS, WARM_UP_FRAMES, Frames, Seen, finish, keep_to_one_core, walk

MESH_POINTS = 468


def main() -> None:
    pipeline, frames_path, out, *bundles = sys.argv[1:]
    keep_to_one_core()
    cv2.setNumThreads(1)
    frames = Frames.load(Path(frames_path))
    with ExitStack() as stack:
        if pipeline == "solutions":
            look = _solutions(stack)
        else:
            look = _tasks(stack, bundles, frames)
        count = len(frames.i420)
        for number in range(min(WARM_UP_FRAMES, count)):
            look(_rgb(frames, number))
        done = walk(count, lambda number: look(_rgb(frames, number)))
    finish(done, Path(out), version=mp.__version__)


def _rgb(frames: Frames, number: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(frames.i420[number], cv2.COLOR_YUV2RGB_I420), np.uint8)


def _solutions(stack: ExitStack) -> Callable[[NDArray[np.uint8]], Seen]:
    mesh = stack.enter_context(mp.solutions.face_mesh.FaceMesh())
    hands = stack.enter_context(mp.solutions.hands.Hands(max_num_hands=MAX_HANDS))

    def look(rgb: NDArray[np.uint8]) -> Seen:
        faces = mesh.process(rgb).multi_face_landmarks or []
        found = hands.process(rgb).multi_hand_landmarks or []
        return Seen(
            _points(faces[0].landmark, rgb)[:MESH_POINTS] if faces else None,
            [_points(hand.landmark, rgb) for hand in found],
        )

    return look


def _tasks(stack: ExitStack, bundles: list[str], frames: Frames) -> Callable[[NDArray[np.uint8]], Seen]:
    vision, options = mp.tasks.vision, mp.tasks.BaseOptions
    video = vision.RunningMode.VIDEO
    face = vision.FaceLandmarker.create_from_options(
        vision.FaceLandmarkerOptions(base_options=options(model_asset_path=bundles[0]), running_mode=video)
    )
    stack.callback(face.close)
    hand = None
    if len(bundles) > 1:
        hand = vision.HandLandmarker.create_from_options(
            vision.HandLandmarkerOptions(
                base_options=options(model_asset_path=bundles[1]), running_mode=video, num_hands=MAX_HANDS
            )
        )
        stack.callback(hand.close)
    step_ms = max(1, round(float(np.median(np.diff(frames.at_ms))))) if len(frames.at_ms) > 1 else 33
    at_ms = 0

    def look(rgb: NDArray[np.uint8]) -> Seen:
        nonlocal at_ms
        at_ms += step_ms
        image = mp.Image(image_format=mp.ImageFormat.SRGB, data=rgb)
        faces = face.detect_for_video(image, at_ms).face_landmarks
        found = hand.detect_for_video(image, at_ms).hand_landmarks if hand is not None else []
        return Seen(
            _points(faces[0], rgb)[:MESH_POINTS] if faces else None,
            [_points(landmarks, rgb) for landmarks in found],
        )

    return look


def _points(landmarks: Any, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(n, 2) in pixels of landmarks that are fractions of the picture's sides."""
    height, width = rgb.shape[:2]
    return np.array([(point.x * width, point.y * height) for point in landmarks], np.float32)


if __name__ == "__main__":
    main()
