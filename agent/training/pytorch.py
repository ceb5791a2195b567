"""PyTorch, or a plain word on how to get it: nothing but the training of expressions needs it."""

try:
    import torch
    from torch import Tensor, nn
    from torch.nn import functional
except ImportError as error:
    raise ImportError("training expressions needs PyTorch; install it with `uv sync --group train`") from error

__all__ = ["Tensor", "functional", "nn", "torch"]
