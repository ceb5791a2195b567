"""Translators of text: an endpoint that is good, slow, broken or talks back, and models on disk."""

import json
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from agent.core.errors import ModelMissing, TranslationFailed
from agent.core.settings import TranslationSettings
from agent.perception.translation import open_translator
from agent.perception.translation_endpoint import MOST_BYTES, EndpointTranslator
from agent.perception.translation_models import ModelTranslator
from tests.perception.translators import Answer, completion, endpoint, slowly, write_package

QUESTION = "Wo ist meine Bestellung?"


def asking(url: str, **more: object) -> EndpointTranslator:
    settings = {"backend": "openai", "url": url, "model": "m", "answer_within_s": 0.5, **more}
    return EndpointTranslator(TranslationSettings.model_validate(settings))


def test_an_endpoint_translates() -> None:
    """It is told both languages and the line, and shown the key; what it answers is the translation."""
    with endpoint(lambda asked: completion(" Where is my order? ")) as fake:
        translator = asking(fake.url, key=SecretStr("sesame"))
        assert translator.translate(QUESTION, source="de") == "Where is my order?"
        translator.close()
    [asked] = fake.asked
    instruction, line = asked["messages"]
    assert (asked["model"], line) == ("m", {"role": "user", "content": QUESTION})
    assert "code de to the one with code en" in instruction["content"]
    assert fake.keys == ["Bearer sesame"]


def test_its_own_language_is_left() -> None:
    """Nobody is asked to put English into English."""
    translator = asking("http://127.0.0.1:9/v1")
    assert [translator.translates(language) for language in ("de", "zh", "en")] == [True, True, False]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (slowly(1.5, "Where is my order?"), "ReadTimeout"),
        (lambda asked: None, "RemoteProtocolError"),
        (lambda asked: b"not JSON", "DecodeError"),
        (lambda asked: b'{"choices":[]}', "something else than a translation"),
        (lambda asked: completion("   "), "something else than a translation"),
        (lambda asked: completion("As an assistant I cannot say. " * 40), "something else than a translation"),
        (lambda asked: b" " * (MOST_BYTES + 1), "more than 256 KiB"),
    ],
    ids=["slow", "hangs up", "no JSON", "no choice", "empty", "talks on", "huge"],
)
def test_an_endpoint_that_fails_says_how(answer: Answer, why: str) -> None:
    """Without the line itself, which may stand in a log."""
    with endpoint(answer) as fake:
        translator = asking(fake.url)
        with pytest.raises(TranslationFailed, match=why) as fault:
            translator.translate(QUESTION, source="de")
        translator.close()
    assert "Bestellung" not in str(fault.value)


def test_a_refusal_and_an_absence_are_named() -> None:
    """By its status, or by the kind of the fault."""
    with endpoint(lambda asked: b"{}") as fake:
        fake.status = 401
        translator = asking(fake.url)
        with pytest.raises(TranslationFailed, match="status 401"):
            translator.translate(QUESTION, source="de")
        translator.close()
    with pytest.raises(TranslationFailed, match="ConnectError"):
        asking(fake.url).translate(QUESTION, source="de")


def models(path: Path, language: str = "en") -> ModelTranslator:
    return ModelTranslator(TranslationSettings(backend="ctranslate2", path=path, language=language))


def test_models_on_disk_are_found_and_run(tmp_path: Path) -> None:
    """A package of Argos's form is read; which words its weights make is its own affair, but the same each time."""
    write_package(tmp_path, source="de", target="en")
    translator = models(tmp_path)
    assert [translator.translates(language) for language in ("de", "en", "fr")] == [True, False, False]
    first = translator.translate("w1 w2 w3", source="de")
    assert first and "▁" not in first
    assert translator.translate("w1 w2 w3", source="de") == first
    assert models(tmp_path / "de_en").translate("w1 w2 w3", source="de") == first


def test_english_is_the_way_between_two_other_languages(tmp_path: Path) -> None:
    """Where no model leads there, two do, as Argos Translate does it; a language that nothing leads from is refused."""
    write_package(tmp_path, source="de", target="en", seed=1)
    write_package(tmp_path, source="en", target="fr", seed=2)
    translator = models(tmp_path, "fr")
    assert [translator.translates(language) for language in ("de", "en", "zh")] == [True, True, False]
    by_hand = translator.translate(models(tmp_path).translate("w1 w2", source="de"), source="en")
    assert translator.translate("w1 w2", source="de") == by_hand
    with pytest.raises(TranslationFailed, match="no model leads from 'zh' to 'fr'"):
        translator.translate("w1", source="zh")


def test_a_folder_without_models_is_named(tmp_path: Path) -> None:
    """What is missing is an error at start-up, and what is damaged one of the line that met it."""
    with pytest.raises(ModelMissing, match="holds no model into 'en'"):
        models(tmp_path)
    place = write_package(tmp_path, source="de", target="en")
    (place / "model" / "model.bin").write_bytes(b"damaged")
    with pytest.raises(TranslationFailed, match="cannot be opened"):
        models(tmp_path).translate("w1", source="de")
    (place / "sentencepiece.model").unlink()
    with pytest.raises(ModelMissing, match=r"no sentencepiece\.model"):
        models(tmp_path)
    (place / "metadata.json").write_text(json.dumps({"from_code": "de"}))
    with pytest.raises(ModelMissing, match="names no from_code and to_code"):
        models(tmp_path)


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"backend": "openai", "model": "m"}, "url and model"),
        ({"backend": "ctranslate2"}, "path must name"),
        ({"backend": "whisper", "language": "de"}, "into English only"),
    ],
)
def test_settings_that_cannot_work_are_refused(given: dict[str, str], fault: str) -> None:
    """Before the first call, naming what is missing."""
    with pytest.raises(ValidationError, match=fault):
        TranslationSettings.model_validate(given)


def test_text_is_not_translated_unless_that_is_set() -> None:
    """By default nobody is asked; Whisper hears speech in English and translates no text."""
    assert open_translator(TranslationSettings()) is None
    assert open_translator(TranslationSettings(backend="whisper")) is None
