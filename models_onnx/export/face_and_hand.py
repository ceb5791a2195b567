"""Convert MediaPipe's face and hand models from the .tflite files of the mediapipe wheel to ONNX.

Four models come out: face_detection_short_range, face_landmark, palm_detection_full and hand_landmark_full. Each takes
uint8 RGB pictures (n, height, width, 3) and does all its arithmetic inside: pictures are normalised, detector offsets
are added to their anchors, scores and presences are probabilities, landmarks are (n, points, 3). Each is compared with
TensorFlow Lite on the same pictures, and the script fails when an output is off by more than `TOLERANCE`.

    python models_onnx/export/face_and_hand.py --wheel mediapipe-0.10.21-….whl --out models_onnx/vision
"""

import argparse
import os
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import onnx
import tensorflow as tf
import tf2onnx
from onnx import TensorProto, helper, numpy_helper
from parity import cpu_ms, open_session, worst_difference
from prelu import replace_channel_pad, replace_prelu

TOLERANCE = 1e-5
"""Largest accepted difference from TensorFlow Lite, relative to the largest value of the output."""

PICTURES = 4
"""Random pictures on which each model is compared."""

ANCHOR_STRIDES = (8, 16, 16, 16)
"""Pixels between anchor cells, one entry a layer, two anchors a cell (mediapipe/modules/*_detection/*.pbtxt)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """What becomes of one output of the original graph."""

    name: str
    kind: str
    """"boxes" adds anchors, "logit" becomes a probability, "points" is shaped (n, points, 3), "as is" stays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One model inside the wheel, how a pixel is normalised for it, and its outputs in their original order."""

    name: str
    tflite: str
    offset: float
    """Subtracted from a pixel of 0…255 before scaling."""
    scale: float
    outputs: tuple[Output, ...]


DETECTION = (Output(name="boxes", kind="boxes"), Output(name="score_prob", kind="logit"))

SOURCES = (
    Source(
        name="face_detection_short_range",
        tflite="mediapipe/modules/face_detection/face_detection_short_range.tflite",
        offset=127.5,
        scale=1 / 127.5,
        outputs=DETECTION,
    ),
    Source(
        name="face_landmark",
        tflite="mediapipe/modules/face_landmark/face_landmark.tflite",
        offset=0.0,
        scale=1 / 255,
        outputs=(Output(name="landmarks", kind="points"), Output(name="presence_prob", kind="logit")),
    ),
    Source(
        name="palm_detection_full",
        tflite="mediapipe/modules/palm_detection/palm_detection_full.tflite",
        offset=0.0,
        scale=1 / 255,
        outputs=DETECTION,
    ),
    Source(
        name="hand_landmark_full",
        tflite="mediapipe/modules/hand_landmark/hand_landmark_full.tflite",
        offset=0.0,
        scale=1 / 255,
        outputs=(
            Output(name="landmarks", kind="points"),
            Output(name="presence_prob", kind="as is"),
            Output(name="right_prob", kind="as is"),
            Output(name="world_landmarks", kind="points"),
        ),
    ),
)


def main() -> None:
    """Convert, compare and write every model."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--wheel", type=Path, required=True, help="mediapipe 0.10.21 wheel, as pip downloads it")
    parser.add_argument("--out", type=Path, required=True, help="folder for the .onnx files")
    parser.add_argument("--plain", type=Path, help="folder for the same models before any rewriting, to compare speed")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(arguments.wheel) as wheel, tempfile.TemporaryDirectory() as scratch:
        for source in SOURCES:
            tflite = Path(wheel.extract(source.tflite, scratch))
            convert(source, tflite, arguments.out / f"{source.name}.onnx", arguments.plain)


def convert(source: Source, tflite: Path, target: Path, plain_folder: Path | None) -> None:
    """Write `target` from `tflite` and print its difference and cost; raises SystemExit when it differs too much."""
    model, _ = tf2onnx.convert.from_tflite(str(tflite), opset=13)
    plain = model.SerializeToString()
    plain_input = model.graph.input[0].name
    if plain_folder:
        plain_folder.mkdir(parents=True, exist_ok=True)
        (plain_folder / target.name).write_bytes(plain)
    prelus, pads = replace_prelu(model), replace_channel_pad(model)
    take_bytes(model, source)
    free_the_batch(model)
    finish_outputs(model, source)
    final = onnx.shape_inference.infer_shapes(model)
    onnx.checker.check_model(final, full_check=True)
    onnx.save(final, target)

    pictures = np.random.default_rng(0).integers(0, 256, (PICTURES, *picture_shape(final)), dtype=np.uint8)
    session = open_session(target)
    difference = worst_difference(session.run(None, {"image": pictures}), run_tflite(tflite, source, pictures))
    before_ms = cpu_ms(open_session(plain), {plain_input: normalised(source, pictures[:1])})
    after_ms = cpu_ms(session, {"image": pictures[:1]})
    print(
        f"{source.name}: {prelus} PRelu and {pads} Pad rewritten, largest relative difference from TensorFlow Lite "
        f"{difference:.1e}, {before_ms:.2f} -> {after_ms:.2f} ms CPU, {target.stat().st_size / 1e6:.2f} MB"
    )
    if difference > TOLERANCE:
        raise SystemExit(f"{target} differs from {source.tflite} by {difference:.1e}, more than {TOLERANCE:.0e}")


def take_bytes(model: onnx.ModelProto, source: Source) -> None:
    """Let the graph take uint8 RGB (n, h, w, 3): transpose, cast, subtract; the scale goes into the first kernel."""
    graph = model.graph
    old_input = graph.input[0].name
    transpose = next(node for node in graph.node if old_input in node.input)
    first = next(node for node in graph.node if transpose.output[0] in node.input)
    if (transpose.op_type, first.op_type) != ("Transpose", "Conv"):
        raise ValueError(f"{source.name} begins with {transpose.op_type}, {first.op_type}; expected Transpose, Conv")
    kernel = next(tensor for tensor in graph.initializer if tensor.name == first.input[1])
    scaled = (numpy_helper.to_array(kernel).astype(np.float64) * source.scale).astype(np.float32)
    kernel.CopyFrom(numpy_helper.from_array(scaled, kernel.name))

    image = helper.make_tensor_value_info("image", TensorProto.UINT8, ["n", *picture_shape(model)])
    graph.input[0].CopyFrom(image)
    transpose.input[0], transpose.output[0] = "image", "image/planes"
    nodes = [helper.make_node("Cast", ["image/planes"], ["image/float"], to=TensorProto.FLOAT)]
    if source.offset:
        graph.initializer.append(numpy_helper.from_array(np.float32(source.offset), "image/offset"))
        nodes.append(helper.make_node("Sub", ["image/float", "image/offset"], ["image/centred"]))
    first.input[0] = nodes[-1].output[0]
    position = list(graph.node).index(transpose) + 1
    for node in reversed(nodes):
        graph.node.insert(position, node)


def free_the_batch(model: onnx.ModelProto) -> None:
    """Make every Reshape copy the batch dimension of its input, and forget the shapes inferred for a batch of one."""
    graph = model.graph
    targets = {node.input[1] for node in graph.node if node.op_type == "Reshape"}
    for tensor in graph.initializer:
        if tensor.name in targets:
            shape = numpy_helper.to_array(tensor).copy()
            shape[0] = 0  # ONNX: 0 copies the dimension of the input
            tensor.CopyFrom(numpy_helper.from_array(shape, tensor.name))
    del graph.value_info[:]


def finish_outputs(model: onnx.ModelProto, source: Source) -> None:
    """Append what each output's kind says, under the output's new name."""
    graph = model.graph
    side_px = picture_shape(model)[0]
    originals = list(graph.output)
    del graph.output[:]
    for original, output in zip(originals, source.outputs, strict=True):
        raw, shape = original.name, [dim.dim_value for dim in original.type.tensor_type.shape.dim[1:]]
        if output.kind == "boxes":
            graph.initializer.append(numpy_helper.from_array(np.float32(1 / side_px), "boxes/scale"))
            graph.initializer.append(numpy_helper.from_array(anchors(side_px, shape[-1])[None], "boxes/anchors"))
            graph.node.append(helper.make_node("Mul", [raw, "boxes/scale"], ["boxes/offsets"]))
            graph.node.append(helper.make_node("Add", ["boxes/offsets", "boxes/anchors"], [output.name]))
        elif output.kind == "logit":
            shape = shape[:1]
            graph.initializer.append(numpy_helper.from_array(np.array([0, shape[0]]), f"{output.name}/shape"))
            graph.node.append(helper.make_node("Reshape", [raw, f"{output.name}/shape"], [f"{output.name}/logit"]))
            graph.node.append(helper.make_node("Sigmoid", [f"{output.name}/logit"], [output.name]))
        elif output.kind == "points":
            shape = [shape[-1] // 3, 3]
            graph.initializer.append(numpy_helper.from_array(np.array([0, *shape]), f"{output.name}/shape"))
            graph.node.append(helper.make_node("Reshape", [raw, f"{output.name}/shape"], [output.name]))
        else:
            graph.node.append(helper.make_node("Identity", [raw], [output.name]))
        graph.output.append(helper.make_tensor_value_info(output.name, TensorProto.FLOAT, ["n", *shape]))


def anchors(side_px: int, columns: int) -> np.ndarray:
    """What a detector's scaled output is relative to, (anchors, columns) float32, as fractions of the picture.

    Columns are centre x, centre y, width, height, then x, y of each key point; sizes have no anchor. The layout is
    MediaPipe's SsdAnchorsCalculator with two anchors a cell, layers of equal stride interleaved, cell centres at 0.5.
    """
    rows = []
    for stride in sorted(set(ANCHOR_STRIDES)):
        cells = -(-side_px // stride)
        y, x = np.mgrid[:cells, :cells]
        centres = (np.stack([x, y], axis=-1).reshape(-1, 2) + 0.5) / cells
        rows.append(centres.repeat(2 * ANCHOR_STRIDES.count(stride), axis=0))
    centre = np.concatenate(rows).astype(np.float32)
    table = np.tile(centre, (1, columns // 2))
    table[:, 2:4] = 0.0
    return table


def picture_shape(model: onnx.ModelProto) -> tuple[int, int, int]:
    """Height, width and channels of the input."""
    height, width, channels = (dim.dim_value for dim in model.graph.input[0].type.tensor_type.shape.dim[1:])
    return height, width, channels


def normalised(source: Source, pictures: np.ndarray) -> np.ndarray:
    """The pictures as the original model takes them, float32."""
    return ((pictures.astype(np.float32) - source.offset) * source.scale).astype(np.float32)


def run_tflite(tflite: Path, source: Source, pictures: np.ndarray) -> list[np.ndarray]:
    """What our outputs should be: TensorFlow Lite's, one picture at a time, finished as `source` says."""
    interpreter = tf.lite.Interpreter(str(tflite), num_threads=1)
    interpreter.allocate_tensors()
    columns: list[list[np.ndarray]] = [[] for _ in source.outputs]
    for picture in normalised(source, pictures)[:, None]:
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], picture)
        interpreter.invoke()
        for column, output, detail in zip(columns, source.outputs, interpreter.get_output_details(), strict=True):
            raw = interpreter.get_tensor(detail["index"])
            if output.kind == "boxes":
                raw = raw / pictures.shape[1] + anchors(pictures.shape[1], raw.shape[-1])
            elif output.kind == "logit":
                raw = 1 / (1 + np.exp(-raw.astype(np.float64)))
            column.append(raw)
    return [np.concatenate(column) for column in columns]


if __name__ == "__main__":
    main()
