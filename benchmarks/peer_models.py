"""What every peer of `benchmarks.peers` reads in a picture: MediaPipe's mesh and hands, and an expression.

MediaPipe 0.10.21 with its default settings follows face and hands from frame to frame; the expression model is opened
by ONNX Runtime with its default settings. It is the agent's own, so that the same work is compared.
"""

import time
from pathlib import Path
from typing import Any

import cv2
import mediapipe as mp
import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from agent.media.barcode import read_barcode

EXPRESSION_SIDE_PX = 48
PICTURE_PX = (640, 480)


class Models:
    """One call's models."""

    def __init__(self, expression: Path) -> None:
        """Opens and warms them, so that the first picture of a call finds them ready."""
        self._mesh = mp.solutions.face_mesh.FaceMesh()
        self._hands = mp.solutions.hands.Hands()
        self._expression = ort.InferenceSession(expression, providers=["CPUExecutionProvider"])
        self._input = self._expression.get_inputs()[0].name
        self.look(np.zeros((PICTURE_PX[1], PICTURE_PX[0], 3), np.uint8))

    def look(self, rgb: NDArray[np.uint8]) -> dict[str, Any]:
        """What is to be sent of a (height, width, 3) picture: its number, what was seen, and when that was known."""
        faces = self._mesh.process(rgb).multi_face_landmarks or []
        hands = self._hands.process(rgb).multi_hand_landmarks or []
        return {
            "frame": read_barcode(rgb[:, :, 1]),
            "expression": self._expression_of(rgb, faces[0].landmark) if faces else None,
            "hands": [[(point.x, point.y) for point in hand.landmark] for hand in hands],
            "finished_ns": time.monotonic_ns(),
        }

    def _expression_of(self, rgb: NDArray[np.uint8], mesh: Any) -> list[float] | None:
        """Probabilities of the expressions; None when the face lies outside of the picture."""
        height, width = rgb.shape[:2]
        points = np.array([(point.x * width, point.y * height) for point in mesh])
        left, top = np.maximum(points.min(axis=0), 0).astype(int)
        right, bottom = np.maximum(points.max(axis=0), 0).astype(int)
        face = rgb[top:bottom, left:right]
        if face.size == 0:
            return None
        crop = cv2.resize(cv2.cvtColor(face, cv2.COLOR_RGB2GRAY), (EXPRESSION_SIDE_PX, EXPRESSION_SIDE_PX))
        probabilities: NDArray[np.float32] = self._expression.run(None, {self._input: crop[None, None]})[0]
        return [round(float(probability), 4) for probability in probabilities[0]]
