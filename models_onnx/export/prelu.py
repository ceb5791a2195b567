"""Rewrite two operators of the converted MediaPipe graphs into ones that ONNX Runtime keeps in its blocked layout.

ONNX Runtime's CPU kernels run convolutions in a blocked channel layout (NCHWc) and pass activations between them in it.
PRelu and a channel-wise Pad are not implemented in that layout: each one forces two reorderings and stops fusion.
Both have exact equivalents made of convolutions:

    PRelu(x; a)  =  x + (1 - a) * relu(-x)     two depthwise 1x1 convolutions; the second takes the sum with it
    Pad channels =  a 1x1 convolution with an identity matrix, followed by rows of zeros

Slopes must be constant per channel, which holds for the face mesh and palm graphs (not for the attention mesh).
"""

import numpy as np
import onnx
from onnx import helper, numpy_helper


def replace_prelu(model: onnx.ModelProto) -> int:
    """Replace every PRelu of `model` in place; returns how many.

    Raises ValueError when slopes are not one a channel.
    """
    constants = _constants(model)
    nodes: list[onnx.NodeProto] = []
    replaced = 0
    for node in model.graph.node:
        if node.op_type != "PRelu":
            nodes.append(node)
            continue
        slope = constants[node.input[1]].astype(np.float32)
        channels = slope.size
        if slope.shape[-3:] != (channels, 1, 1):
            raise ValueError(
                f"PRelu {node.name!r} has slopes of shape {slope.shape}; expected one a channel, (C, 1, 1)"
            )
        x, y = node.input[0], node.output[0]
        name = f"{y}/prelu"
        negate = _constant(model, f"{name}/negate", np.full((channels, 1, 1, 1), -1.0, np.float32))
        weight = _constant(model, f"{name}/weight", (1.0 - slope).reshape(channels, 1, 1, 1))
        nodes += [
            _depthwise(x, negate, f"{name}/negated", channels),
            helper.make_node("Relu", [f"{name}/negated"], [f"{name}/negative_part"]),
            _depthwise(f"{name}/negative_part", weight, f"{name}/correction", channels),
            helper.make_node("Add", [f"{name}/correction", x], [y]),
        ]
        replaced += 1
    _set_nodes(model, nodes)
    return replaced


def replace_channel_pad(model: onnx.ModelProto) -> int:
    """Replace every Pad that only appends zero channels to an NCHW tensor, in place; returns how many."""
    constants = _constants(model)
    channels_of = _channels(model)
    nodes: list[onnx.NodeProto] = []
    replaced = 0
    for node in model.graph.node:
        pads = constants[node.input[1]] if node.op_type == "Pad" else np.zeros(8, np.int64)
        appended = int(pads[5]) if pads.size == 8 else 0
        if appended == 0 or np.count_nonzero(pads) != 1:
            nodes.append(node)
            continue
        channels = channels_of[node.input[0]]
        identity = np.eye(channels + appended, channels, dtype=np.float32)[:, :, None, None]
        weight = _constant(model, f"{node.output[0]}/identity", identity)
        nodes.append(helper.make_node("Conv", [node.input[0], weight], [node.output[0]], kernel_shape=[1, 1]))
        replaced += 1
    _set_nodes(model, nodes)
    return replaced


def _depthwise(x: str, weight: str, y: str, channels: int) -> onnx.NodeProto:
    return helper.make_node("Conv", [x, weight], [y], name=y, group=channels, kernel_shape=[1, 1])


def _constants(model: onnx.ModelProto) -> dict[str, np.ndarray]:
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}


def _constant(model: onnx.ModelProto, name: str, value: np.ndarray) -> str:
    model.graph.initializer.append(numpy_helper.from_array(value.astype(np.float32), name))
    return name


def _channels(model: onnx.ModelProto) -> dict[str, int]:
    inferred = onnx.shape_inference.infer_shapes(model)
    shapes = {value.name: value.type.tensor_type.shape.dim for value in inferred.graph.value_info}
    return {name: dims[1].dim_value for name, dims in shapes.items() if len(dims) == 4}


def _set_nodes(model: onnx.ModelProto, nodes: list[onnx.NodeProto]) -> None:
    del model.graph.node[:]
    model.graph.node.extend(nodes)
