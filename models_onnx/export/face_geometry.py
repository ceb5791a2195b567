"""Extract MediaPipe's canonical face (468 points in centimetres) and its Procrustes weights, for head pose.

The PyPI wheels do not carry this file; the npm package @mediapipe/face_mesh (Apache-2.0) does, in its packed assets.

    npm pack @mediapipe/face_mesh@0.4.1657299874
    python models_onnx/export/face_geometry.py --package mediapipe-face_mesh-0.4.1657299874.tgz --out models_onnx/vision
"""

import argparse
import json
import re
import struct
import tarfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

METADATA = "geometry_pipeline_metadata_landmarks.binarypb"
ASSETS = "package/face_mesh_solution_packed_assets"
POINTS = 468
FLOATS_PER_VERTEX = 5
"""x, y, z, u, v: the vertex type VERTEX_PT of mediapipe/modules/face_geometry/protos/mesh_3d.proto."""


def main() -> None:
    """Write canonical_face.npz."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--package", type=Path, required=True, help=".tgz of @mediapipe/face_mesh, from npm pack")
    parser.add_argument("--out", type=Path, required=True, help="folder for canonical_face.npz")
    arguments = parser.parse_args()
    points_cm, point_ids, weights = parse(read_asset(arguments.package, METADATA))
    if points_cm.shape != (POINTS, 3) or not point_ids.size == weights.size > 0:
        raise SystemExit(f"{METADATA} holds {points_cm.shape} points and {point_ids.size} weights; expected 468 points")
    target = arguments.out / "canonical_face.npz"
    np.savez(target, points_cm=points_cm, basis_ids=point_ids, basis_weights=weights)
    extent_cm = np.ptp(points_cm, axis=0)
    print(f"{target.name}: {len(points_cm)} points, extent {extent_cm.round(2)} cm, {len(point_ids)} in the basis")


def read_asset(package: Path, name: str) -> bytes:
    """One file out of the assets that the package's loader script indexes by byte offsets."""
    with tarfile.open(package) as archive:
        loader = archive.extractfile(f"{ASSETS}_loader.js").read().decode()
        data = archive.extractfile(f"{ASSETS}.data").read()
    index = json.loads(re.search(r'"files":\s*(\[.*?\])', loader).group(1))
    entry = next(entry for entry in index if entry["filename"].endswith(name))
    return data[entry["start"] : entry["end"]]


def parse(message: bytes) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Points (468, 3) float32 in cm, and the ids and weights of the points that a pose is fitted to.

    Field numbers: GeometryPipelineMetadata has canonical_mesh = 1 and procrustes_landmark_basis = 2; Mesh3d has
    vertex_buffer = 3; a basis entry has landmark_id = 1 and weight = 2.
    """
    vertices: list[float] = []
    point_ids, weights = [], []
    for field, value in fields(message):
        if field == 1:
            vertices = [x for number, x in fields(value) if number == 3 for x in floats(x)]
        elif field == 2:
            entry = dict(fields(value))
            point_ids.append(entry.get(1, 0))
            weights.append(floats(entry[2])[0])
    table = np.array(vertices, np.float32).reshape(-1, FLOATS_PER_VERTEX)
    return np.ascontiguousarray(table[:, :3]), np.array(point_ids, np.int32), np.array(weights, np.float32)


def fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Field numbers and raw values of one protocol-buffer message (wire types 0, 2 and 5)."""
    position = 0
    while position < len(message):
        key, position = varint(message, position)
        if key & 7 == 0:
            value, position = varint(message, position)
            yield key >> 3, value
            continue
        length, position = varint(message, position) if key & 7 == 2 else (4, position)
        yield key >> 3, message[position : position + length]
        position += length


def varint(message: bytes, position: int) -> tuple[int, int]:
    """A base-128 integer and the position after it."""
    value, shift = 0, 0
    while True:
        byte = message[position]
        value |= (byte & 0x7F) << shift
        position, shift = position + 1, shift + 7
        if byte < 0x80:
            return value, position


def floats(raw: bytes) -> tuple[float, ...]:
    """Little-endian 32-bit floats, one or a packed run."""
    return struct.unpack(f"<{len(raw) // 4}f", raw)


if __name__ == "__main__":
    main()
