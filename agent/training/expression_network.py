"""The network that reads an expression from a small grey face, and the graph that it is shipped as."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agent.core.types import EXPRESSIONS
from agent.training.faces import FACE_SIDE_PX, FER7
from agent.training.pytorch import Tensor, functional, nn, torch

WIDTHS = (32, 64, 128, 256)
"""Channels of each stage; every stage after the first halves the side, starting at 24 pixels."""
DEPTHS = (1, 2, 2, 1)
"""Residual blocks of each stage."""
OPSET = 17


class Residual(nn.Module):
    """Two 3x3 convolutions around a shortcut (He et al., Deep Residual Learning, 2016)."""

    def __init__(self, inside: int, outside: int, stride: int) -> None:
        super().__init__()
        self.path = nn.Sequential(
            nn.Conv2d(inside, outside, 3, stride, 1, bias=False),
            nn.BatchNorm2d(outside),
            nn.ReLU(),
            nn.Conv2d(outside, outside, 3, 1, 1, bias=False),
            nn.BatchNorm2d(outside),
        )
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or inside != outside:
            self.shortcut = nn.Sequential(nn.Conv2d(inside, outside, 1, stride, bias=False), nn.BatchNorm2d(outside))

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(self.path(x) + self.shortcut(x))


class ExpressionNetwork(nn.Module):
    """(n, 1, 48, 48) grey in 0..255 → logits (n, 8) over `EXPRESSIONS` and (n, 7) over `FER7`."""

    def __init__(self) -> None:
        super().__init__()
        # Folding 2x2 pixels into channels first keeps every convolution at half the side, in half the time.
        layers: list[nn.Module] = [
            nn.PixelUnshuffle(2),
            nn.Conv2d(4, WIDTHS[0], 3, 1, 1, bias=False),
            nn.BatchNorm2d(WIDTHS[0]),
            nn.ReLU(),
        ]
        width = WIDTHS[0]
        for stage, (outside, depth) in enumerate(zip(WIDTHS, DEPTHS, strict=True)):
            for block in range(depth):
                layers.append(Residual(width, outside, 2 if stage and not block else 1))
                width = outside
        self.features = nn.Sequential(*layers)
        self.dropout = nn.Dropout(0.3)
        self.ferplus = nn.Linear(width, len(EXPRESSIONS))
        self.fer7 = nn.Linear(width, len(FER7))

    def forward(self, grey: Tensor) -> tuple[Tensor, Tensor]:
        pooled = self.dropout(self.features(standardised(grey)).mean((2, 3)))
        return self.ferplus(pooled), self.fer7(pooled)


def standardised(grey: Tensor) -> Tensor:
    """Each picture at zero mean and unit contrast, so that exposure does not matter; flat pictures are not blown up."""
    mean = grey.mean((2, 3), keepdim=True)
    centred = grey - mean
    deviation = (centred * centred).mean((2, 3), keepdim=True).sqrt()
    return centred / (deviation + 8.0)


def mirrored_logits(network: ExpressionNetwork, grey: Tensor) -> tuple[Tensor, Tensor]:
    """Mean logits of each picture and its mirror image: right more often than either alone."""
    ferplus, fer7 = network(torch.cat([grey, grey.flip(3)]))
    return ferplus.reshape(2, -1, len(EXPRESSIONS)).mean(0), fer7.reshape(2, -1, len(FER7)).mean(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What turns a head's logits into probabilities that mean what they say: `softmax(factor * logits + offsets)`."""

    factor: float
    offsets: NDArray[np.float64]
    """(classes,)."""


class _Shipped(nn.Module):
    """The network as the program runs it: from bytes to calibrated probabilities."""

    def __init__(self, network: ExpressionNetwork, heads: tuple[Calibration, Calibration]) -> None:
        super().__init__()
        self.network = network
        self.factors = [head.factor for head in heads]
        self.offsets = [torch.from_numpy(head.offsets).float() for head in heads]

    def forward(self, face: Tensor) -> tuple[Tensor, Tensor]:
        heads = mirrored_logits(self.network, face.float())
        ferplus, fer7 = (
            (logits * factor + offsets).softmax(1)
            for logits, factor, offsets in zip(heads, self.factors, self.offsets, strict=True)
        )
        return ferplus, fer7


def export_network(network: ExpressionNetwork, heads: tuple[Calibration, Calibration], target: Path) -> None:
    """Writes an ONNX file: `face` uint8 (n, 1, 48, 48) → `ferplus_prob` (n, 8), `fer7_prob` (n, 7), calibrated by
    `heads` (the FER+ head's and the FER2013 head's)."""
    shipped = _Shipped(network.cpu().float(), heads).eval()
    example = torch.zeros((2, 1, FACE_SIDE_PX, FACE_SIDE_PX), dtype=torch.uint8)
    torch.onnx.export(
        shipped,
        (example,),
        str(target),
        input_names=["face"],
        output_names=["ferplus_prob", "fer7_prob"],
        dynamic_axes={"face": {0: "n"}, "ferplus_prob": {0: "n"}, "fer7_prob": {0: "n"}},
        opset_version=OPSET,
        dynamo=False,
    )
