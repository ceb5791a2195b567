"""The runtime opens models that match the manifest, counts what runs, and says where."""

from pathlib import Path

import numpy as np
import pytest

from agent.core.errors import ModelError, ModelMismatch
from agent.core.settings import ModelSettings
from agent.inference.registry import Registry
from agent.inference.runtime import Runtime
from agent.inference.sessions import cuda_fault

MODELS = ModelSettings().folder


def registry_with(folder: Path, *replacements: tuple[str, str]) -> Registry:
    """The real manifest with some words replaced, over the real files."""
    text = (MODELS / "manifest.toml").read_text()
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new, 1)
    (folder / "manifest.toml").write_text(text)
    for entry in MODELS.iterdir():
        if entry.is_dir():
            (folder / entry.name).symlink_to(entry)
    return Registry.load(folder)


def test_runs_a_model_and_reports_it() -> None:
    """Outputs come in the manifest's order and shape; the report has a line with provider and milliseconds."""
    runtime = Runtime(Registry.load(MODELS), "cpu")
    model = runtime.open("face_landmark")
    landmarks, presence = model.run(model.blank_input())
    assert landmarks.shape == (1, 468, 3) and presence.shape == (1, 1)
    assert presence[0, 0] < 0.5, "a black crop holds no face"
    (opened,) = runtime.report()
    assert (opened.name, opened.provider) == ("face_landmark", "cpu")
    assert opened.ms is not None and opened.ms > 0


def test_counts_runs_over_all_sessions() -> None:
    """Every run of every session on a model is counted; warming up counts too, as the model does run."""
    runtime = Runtime(Registry.load(MODELS), "cpu")
    first, second = (runtime.open("face_landmark", warm_up=False) for _ in range(2))
    assert runtime.runs() == {"face_landmark": 0}
    first.run(first.blank_input())
    second.run(second.blank_input())
    assert runtime.runs() == {"face_landmark": 2}
    assert [opened.ms for opened in runtime.report()] == [None]


def test_refuses_another_shape_than_the_manifest_says(tmp_path: Path) -> None:
    """A file whose input differs from its entry does not open, and the message shows both."""
    registry = registry_with(tmp_path, ('shape = ["n", 192, 192, 3]', 'shape = ["n", 256, 256, 3]'))
    with pytest.raises(ModelMismatch, match=r"image uint8\[\?, 192, 192, 3\].*image uint8\[\?, 256, 256, 3\]"):
        Runtime(registry, "cpu").open("face_landmark")


def test_refuses_another_dtype_than_the_manifest_says(tmp_path: Path) -> None:
    """The dtype of an input is part of the contract."""
    said = 'name = "image", shape = ["n", 192, 192, 3], dtype = "uint8"'
    registry = registry_with(tmp_path, (said, said.replace("uint8", "float32")))
    with pytest.raises(ModelMismatch, match=r"image uint8.*manifest says image float32"):
        Runtime(registry, "cpu").open("face_landmark")


def test_refuses_a_file_that_is_no_model(tmp_path: Path) -> None:
    """Bytes that ONNX Runtime cannot read fail by name, not with its traceback alone."""
    registry = registry_with(
        tmp_path, ('name = "canonical_face"\nformat = "data"', 'name = "canonical_face"\nformat = "onnx"')
    )
    with pytest.raises(ModelError, match="'canonical_face': ONNX Runtime cannot open"):
        Runtime(registry, "cpu").open("canonical_face")


def test_does_not_open_what_is_not_onnx() -> None:
    """A model of another format is opened by whoever knows it."""
    with pytest.raises(ModelError, match="'speech_to_text' is ctranslate2"):
        Runtime(Registry.load(MODELS), "cpu").open("speech_to_text")


def test_wants_the_right_number_of_inputs() -> None:
    """A forgotten input is an error of the caller, not a run on something else."""
    model = Runtime(Registry.load(MODELS), "cpu").open("face_landmark", warm_up=False)
    with pytest.raises(ValueError):
        model.run()


def test_gives_the_same_answer_in_every_session() -> None:
    """Two sessions on one model agree to the last bit, so threads can take each other's frames."""
    runtime = Runtime(Registry.load(MODELS), "cpu")
    first, second = (runtime.open("face_landmark", warm_up=False) for _ in range(2))
    crop = np.random.default_rng(7).integers(0, 256, first.blank_input().shape, dtype=np.uint8)
    for a, b in zip(first.run(crop), second.run(crop), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.skipif(cuda_fault() is None, reason="this machine has a GPU")
def test_never_falls_back_from_cuda_without_a_word() -> None:
    """Asking for CUDA where there is none is an error that says why; `auto` takes the processor and reports it."""
    registry = Registry.load(MODELS)
    with pytest.raises(ModelError, match=r"CUDA was asked for, but .*models\.provider"):
        Runtime(registry, "cuda")
    runtime = Runtime(registry, "auto")
    runtime.open("face_landmark")
    assert [opened.provider for opened in runtime.report()] == ["cpu"]


@pytest.mark.skipif(cuda_fault() is not None, reason="no GPU on this machine")
def test_runs_on_cuda_where_there_is_one() -> None:
    """`cuda` runs on the GPU and agrees with the processor."""
    registry = Registry.load(MODELS)
    runtime = Runtime(registry, "cuda")
    on_gpu, on_cpu = runtime.open("face_landmark"), Runtime(registry, "cpu").open("face_landmark")
    assert [opened.provider for opened in runtime.report()] == ["cuda"]
    crop = np.random.default_rng(7).integers(0, 256, on_cpu.blank_input().shape, dtype=np.uint8)
    np.testing.assert_allclose(on_gpu.run(crop)[0], on_cpu.run(crop)[0], atol=1.0)
