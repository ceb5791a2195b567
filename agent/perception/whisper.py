"""Opens Whisper models: the ones of the manifest, and any other that faster-whisper knows, on the GPU where one is."""

import logging
from pathlib import Path

import ctranslate2
import numpy as np
from faster_whisper import WhisperModel

from agent.core.errors import ModelError, ModelMissing
from agent.inference.runtime import Runtime

logger = logging.getLogger(__name__)

ENGLISH = "speech_to_text"
MULTILINGUAL = "speech_to_text_multilingual"
"""Names in the manifest."""

_WEIGHTS = "model.bin"


def open_english(runtime: Runtime) -> WhisperModel:
    """The small English model, always on the processor. Raises `ModelError`s."""
    runtime.note(ENGLISH, "cpu", "int8")
    return _on_processor(str(runtime.registry.directory(ENGLISH)), None)


def open_multilingual(runtime: Runtime) -> WhisperModel:
    """The multilingual model, whose weights lie in two packages. Raises `ModelError`s."""
    contents: dict[str, bytes] = {}
    for path in runtime.registry.paths(MULTILINGUAL):
        # The weights come in parts, model.bin.part1 and so on, in the manifest's order.
        name = _WEIGHTS if path.name.startswith(_WEIGHTS) else path.name
        contents[name] = contents.get(name, b"") + path.read_bytes()
    return _opened(runtime, MULTILINGUAL, MULTILINGUAL, contents)


def open_named(runtime: Runtime, model: str) -> WhisperModel:
    """A model by its name at faster-whisper, which may fetch it, or by its folder. Raises `ModelError`s."""
    return _opened(runtime, f"{ENGLISH} ({Path(model).name})", model, None)


def _opened(runtime: Runtime, label: str, model: str, contents: dict[str, bytes] | None) -> WhisperModel:
    """On the GPU in float16 where the runtime wants CUDA; what keeps it from there is said, never passed over."""
    if runtime.on_cuda:
        try:
            whisper = WhisperModel(model, device="cuda", compute_type="float16", files=_copy(contents))
            _try_out(whisper)
            runtime.note(label, "cuda", "float16")
            return whisper
        except (RuntimeError, ValueError) as error:
            fault = f"{label} does not run on CUDA ({error}); CTranslate2 needs cuBLAS of CUDA 12, see docs/gpu.md"
            if runtime.demands_cuda:
                raise ModelError(fault) from None
            logger.warning("%s, so it runs on the processor", fault)
    whisper = _on_processor(model, contents)
    runtime.note(label, "cpu", "int8")
    return whisper


def _on_processor(model: str, contents: dict[str, bytes] | None) -> WhisperModel:
    try:
        return WhisperModel(model, device="cpu", compute_type="int8", cpu_threads=1, files=_copy(contents))
    except Exception as error:
        # Whatever faster-whisper, its downloader or CTranslate2 raise, it is this model that cannot be had.
        raise ModelMissing(
            f"the speech model {model!r} cannot be opened ({type(error).__name__}: {error}); `hearing.model` is a "
            "folder with a CTranslate2 Whisper model, or a name that faster-whisper can fetch"
        ) from None


def _try_out(whisper: WhisperModel) -> None:
    """Runs the encoder once: CUDA's libraries are looked for only then."""
    silence = np.zeros((1, whisper.model.n_mels, 3_000), np.float32)
    whisper.model.encode(ctranslate2.StorageView.from_array(silence), to_cpu=True)


def _copy(contents: dict[str, bytes] | None) -> dict[str, bytes] | None:
    """faster-whisper takes files out of the mapping that it is given."""
    return None if contents is None else dict(contents)
