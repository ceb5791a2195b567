"""Disturbs training faces the way webcams, lighting, codecs and loose crops do."""

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.training.faces import FACE_SIDE_PX

_CENTRE_PX = (FACE_SIDE_PX - 1) / 2


def augment(faces: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """A disturbed copy of (n, 48, 48) grey faces: moved, mirrored, blurred, compressed, relit, covered."""
    return np.stack([_cover(_relight(_degrade(_move(face, rng), rng), rng), rng) for face in faces])


def _move(face: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    angle = np.deg2rad(rng.normal(0, 8))
    scale = np.exp(rng.normal(0, 0.08))
    stretch = np.exp(rng.normal(0, 0.04))
    mirror = -1.0 if rng.random() < 0.5 else 1.0
    linear = scale * np.array([[np.cos(angle) * stretch, -np.sin(angle)], [np.sin(angle), np.cos(angle) / stretch]])
    linear[:, 0] *= mirror
    shift = rng.uniform(-4, 4, size=2) + _CENTRE_PX - linear @ np.array([_CENTRE_PX, _CENTRE_PX])
    matrix = np.column_stack([linear, shift])
    moved = cv2.warpAffine(face, matrix, face.shape[::-1], flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, dtype=np.uint8)


def _degrade(face: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    if rng.random() < 0.15:
        side = int(rng.integers(26, FACE_SIDE_PX))
        small = cv2.resize(face, (side, side), interpolation=cv2.INTER_AREA)
        face = np.asarray(cv2.resize(small, face.shape[::-1], interpolation=cv2.INTER_LINEAR), dtype=np.uint8)
    if rng.random() < 0.15:
        quality = int(rng.integers(25, 85))
        _, coded = cv2.imencode(".jpg", face, [cv2.IMWRITE_JPEG_QUALITY, quality])
        face = np.asarray(cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE), dtype=np.uint8)
    return face


def _relight(face: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    if rng.random() < 0.2:
        return face
    lit = face.astype(np.float32) / 255
    lit = lit ** np.exp(rng.normal(0, 0.25))
    if rng.random() < 0.3:
        ramp = np.linspace(-1, 1, FACE_SIDE_PX, dtype=np.float32) * rng.uniform(-0.25, 0.25)
        lit = lit * (1 + (ramp[None, :] if rng.random() < 0.7 else ramp[:, None]))
    lit = lit * rng.uniform(0.8, 1.2) + rng.uniform(-0.1, 0.1)
    if rng.random() < 0.3:
        lit = lit + rng.normal(0, rng.uniform(0.01, 0.03), size=lit.shape)
    return np.asarray(np.clip(lit * 255, 0, 255), dtype=np.uint8)


def _cover(face: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    if rng.random() < 0.3:
        height, width = rng.integers(6, 18, size=2)
        top, left = rng.integers(0, FACE_SIDE_PX - height), rng.integers(0, FACE_SIDE_PX - width)
        face = face.copy()
        face[top : top + height, left : left + width] = rng.integers(0, 256)
    return face
