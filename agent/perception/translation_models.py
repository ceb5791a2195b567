"""Translation by CTranslate2 models in a folder, as Argos Translate's packages unpack: no network, no key."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import ctranslate2

from agent.core.errors import ModelMissing, SettingsError, TranslationFailed
from agent.core.settings import TranslationSettings

PIVOT = "en"
"""Languages without a model of their own are translated by way of English, as Argos Translate does it."""
SPLITTERS = ("sentencepiece.model", "spm.model", "source.spm")
"""File of a model's SentencePiece vocabulary: Argos's own, and two other usual names."""
BEAM = 2
LONGEST_TOKENS = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """One model on disk, from one language into another."""

    source: str
    target: str
    weights: Path
    """CTranslate2's folder."""
    splitter: Path
    prefix: str = ""
    """Token that the target begins with, of models of many languages."""


class _Model:
    """Opened by the first line."""

    def __init__(self, package: Package) -> None:
        self._package = package
        self._opened: tuple[Any, Any] | None = None

    def translate(self, text: str) -> str:
        splitter, translator = self._open()
        tokens: list[str] = splitter.encode(text, out_type=str)
        prefix = [self._package.prefix] if self._package.prefix else None
        (result,) = translator.translate_batch(
            [tokens],
            target_prefix=[prefix] if prefix else None,
            beam_size=BEAM,
            max_input_length=LONGEST_TOKENS,
            max_decoding_length=LONGEST_TOKENS,
        )
        said = result.hypotheses[0][len(prefix or []) :]
        decoded: str = splitter.decode(said)
        return decoded.replace("▁", " ").strip()

    def _open(self) -> tuple[Any, Any]:
        if self._opened is None:
            weights = str(self._package.weights)
            try:
                splitter = import_module("sentencepiece").SentencePieceProcessor(model_file=str(self._package.splitter))
                translator = ctranslate2.Translator(weights, device="cpu", compute_type="int8", intra_threads=1)
            except (RuntimeError, ValueError, OSError) as fault:
                raise TranslationFailed(f"the translation model {weights} cannot be opened ({fault})") from None
            self._opened = splitter, translator
        return self._opened


class ModelTranslator:
    """Models by path, one processor thread each."""

    def __init__(self, settings: TranslationSettings) -> None:
        """Raises `SettingsError` for a missing library and `ModelMissing` for a folder without a model that leads to
        the language that is wanted."""
        try:
            import_module("sentencepiece")
        except ModuleNotFoundError:
            raise SettingsError(
                "translation.backend is ctranslate2, whose models need SentencePiece; run `uv sync --extra translation`"
            ) from None
        folder = Path(settings.path or ".")
        self._target = settings.language
        self._models = {(one.source, one.target): _Model(one) for one in packages_in(folder)}
        if not any(target == self._target for _, target in self._models):
            found = ", ".join(f"{source} to {target}" for source, target in self._models) or "none"
            raise ModelMissing(
                f"translation.path {folder} holds no model into {self._target!r} (found: {found}); it wants folders "
                "with metadata.json, model/ and sentencepiece.model, as Argos Translate's packages have them"
            )

    def translates(self, source: str) -> bool:
        return source != self._target and self._way(source) is not None

    def translate(self, text: str, *, source: str) -> str:
        """Raises `TranslationFailed` for a model that is damaged, and for a language that none leads from."""
        way = self._way(source)
        if way is None:
            raise TranslationFailed(f"no model leads from {source!r} to {self._target!r}")
        for model in way:
            text = model.translate(text)
        if not text:
            raise TranslationFailed("the translation model found no words")
        return text

    def close(self) -> None:
        self._models.clear()

    def _way(self, source: str) -> list[_Model] | None:
        direct = self._models.get((source, self._target))
        if direct is not None:
            return [direct]
        first, second = self._models.get((source, PIVOT)), self._models.get((PIVOT, self._target))
        return [first, second] if first is not None and second is not None else None


def packages_in(folder: Path) -> Iterator[Package]:
    """The models in `folder` itself and in the folders in it. Raises `ModelMissing` for a description that is none."""
    for place in (folder, *sorted(path for path in folder.glob("*") if path.is_dir())):
        description = place / "metadata.json"
        if description.is_file():
            yield _described(place, description)


def _described(place: Path, description: Path) -> Package:
    weights = place / "model" if (place / "model").is_dir() else place
    splitter = next((place / name for name in SPLITTERS if (place / name).is_file()), None)
    try:
        said = json.loads(description.read_text(encoding="utf-8"))
        source, target = str(said["from_code"]), str(said["to_code"])
    except (OSError, ValueError, KeyError, TypeError):
        raise ModelMissing(f"{description} names no from_code and to_code") from None
    if splitter is None:
        raise ModelMissing(f"{place} has no {SPLITTERS[0]}; models with other tokenizers are not read")
    prefix = str(said.get("target_prefix", ""))
    return Package(source=source, target=target, weights=weights, splitter=splitter, prefix=prefix)
