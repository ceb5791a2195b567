"""Say how far half precision moves what the models for pictures say, on the processor and on what they see in a clip.

    python models_onnx/export/half.py CLIP [CLIP ...]

Run it with the program's own environment. It prints a line a model that a GPU runs in batches: pictures, the largest
difference of each output relative to that output's largest value, and the worst of them, which the manifest's
`half_error` must not be below. The processor rounds to float16 after every node and adds up in float32, as cuDNN does.
"""

import argparse
from pathlib import Path

import numpy as np
from parity import open_session
from quantize_hands import frames

from agent.core.settings import ModelSettings, VisionSettings
from agent.inference.half import half_precision
from agent.inference.registry import ModelEntry, Registry
from agent.inference.runtime import Model, Runtime
from agent.perception.expression import ExpressionModel
from agent.perception.face import FaceReader
from agent.perception.face_tracks import FaceTracks
from agent.perception.hands import HandReader, HandTracks
from agent.perception.trace import FrameTrace

FRAME_MS = 40
MOST_PICTURES = 64
IN_FULL = {"hand_landmark_int8": "hand_landmark"}
"""The processor runs the int8 twin, which sees the same."""


def main() -> None:
    """Watch what each model is given, then run it in both precisions."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clips", type=Path, nargs="+", metavar="CLIP")
    registry = Registry.load(ModelSettings().folder)
    runtime = Runtime(registry, "cpu")
    seen = Seen()
    for clip in parser.parse_args().clips:
        look_at(clip, runtime)
    for entry in registry.entries:
        if entry.gpu == "batches":
            compare(entry, registry, np.concatenate(seen.pictures[entry.name]))


def look_at(clip: Path, runtime: Runtime) -> None:
    """Read the clip's faces and hands as a call's would be."""
    face_reader, hand_reader = (reader(runtime, VisionSettings()) for reader in (FaceReader, HandReader))
    expression = ExpressionModel(runtime)
    faces, hands, trace = FaceTracks(), HandTracks(), FrameTrace()
    for index, picture in enumerate(frames(clip)):
        face = face_reader.read(picture, faces, index * FRAME_MS, trace)
        if face is not None:
            expression.read(picture, face.landmarks_px, face.pose)
        hand_reader.search(picture, hands, index * FRAME_MS, trace)
        hand_reader.read(picture, hands, trace)


class Seen:
    """Keeps the first pictures that each model is given from here on."""

    def __init__(self) -> None:
        self.pictures: dict[str, list[np.ndarray]] = {}
        run = Model.run

        def watched(model: Model, *arrays: np.ndarray) -> list[np.ndarray]:
            kept = self.pictures.setdefault(IN_FULL.get(model.name, model.name), [])
            if len(kept) < MOST_PICTURES:
                kept.append(arrays[0].copy())
            return run(model, *arrays)

        Model.run = watched  # type: ignore[method-assign]


def compare(entry: ModelEntry, registry: Registry, pictures: np.ndarray) -> None:
    """Print the line of one model; fail when it differs by more than the manifest says."""
    path = registry.path(entry.name)
    half = half_precision(path, entry.files[0].sha256)
    feeds = {entry.inputs[0].name: pictures}
    pairs = zip(open_session(path).run(None, feeds), open_session(half).run(None, feeds), strict=True)
    errors = [float(np.abs(full - other).max() / np.abs(full).max()) for full, other in pairs]
    named = ", ".join(f"{tensor.name} {error:.1e}" for tensor, error in zip(entry.outputs, errors, strict=True))
    print(f"{entry.name:16} {len(pictures)} pictures: {named}; worst {max(errors):.1e}")
    if entry.half_error is not None and max(errors) > entry.half_error:
        raise SystemExit(f"{entry.name}: {max(errors):.1e} is more than the {entry.half_error:.1e} of the manifest")


if __name__ == "__main__":
    main()
