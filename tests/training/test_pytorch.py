"""Training that needs PyTorch says how to get it where it is missing."""

import importlib
import importlib.util

import pytest


@pytest.mark.skipif(importlib.util.find_spec("torch") is not None, reason="PyTorch is installed here")
@pytest.mark.parametrize(
    "name", ["expression", "expression_export", "expression_network", "expression_run", "face_backbones"]
)
def test_remedy_is_named(name: str) -> None:
    """Without PyTorch the import fails with the command that installs it."""
    with pytest.raises(ImportError, match="uv sync --group train"):
        importlib.import_module(f"agent.training.{name}")
