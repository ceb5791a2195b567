"""With `models.commercial_only` the agent does without what is not free, and says so, or does not start."""

from pathlib import Path

import pytest

from agent.app.licences import EMOTION_MODELS, VOICE_MODELS, within_licences
from agent.core.errors import ModelWithheld, SynthesisError
from agent.core.settings import ModelSettings, Settings
from agent.inference.registry import MANIFEST, Registry, commercially_free
from agent.inference.runtime import Runtime
from agent.synthesis.voice import Style, Unvoiced

FREE = ModelSettings(commercial_only=True)


def test_the_manifest_tells_what_each_model_was_made_from() -> None:
    """And calls none commercial of which an ancestor is not, nor one that is free all the way back not so."""
    for entry in Registry.load(FREE.folder).entries:
        assert entry.ancestry, f"{entry.name} comes from nowhere"
        assert entry.commercial == commercially_free(entry), entry.name


@pytest.mark.parametrize("name", sorted(EMOTION_MODELS | VOICE_MODELS))
def test_a_model_that_is_not_free_is_handed_out_to_nobody(name: str) -> None:
    """Neither its file, nor a session of it, in no process."""
    registry = Registry.of(FREE)
    assert name in registry.withheld
    for withholding in (registry, registry.__reduce__()[0](*registry.__reduce__()[1])):
        with pytest.raises(ModelWithheld, match=name):
            Runtime(withholding, "cpu").open(name)


def test_emotion_goes_and_the_rest_stays(caplog: pytest.LogCaptureFixture) -> None:
    """No face is looked for, no voice is read for its mood, nobody is asked; the log says so, and who speaks."""
    settings = within_licences(Settings(models=FREE))
    assert (settings.privacy.emotion, settings.vision.max_faces, settings.hearing.emotion) == (False, 0, False)
    assert settings.vision.max_hands == Settings().vision.max_hands
    assert "emotion is not analysed" in caplog.text and "the customer's browser speaks" in caplog.text


def test_without_the_setting_nothing_changes(caplog: pytest.LogCaptureFixture) -> None:
    """What the agent may do with is the operator's to decide."""
    settings = Settings()
    assert within_licences(settings) == settings and not caplog.records


def test_what_nothing_works_without_is_refused_by_name(tmp_path: Path) -> None:
    """A manifest whose speech model is not free stops the start."""
    manifest = (FREE.folder / MANIFEST).read_text("utf-8")
    before, name, after = manifest.partition('name = "speech_to_text"\n')
    (tmp_path / MANIFEST).write_text(before + name + after.replace("commercial = true", "commercial = false", 1))
    with pytest.raises(ModelWithheld, match="speech_to_text"):
        within_licences(Settings(models=ModelSettings(folder=tmp_path, commercial_only=True)))


def test_without_a_voice_nothing_is_spoken() -> None:
    """So that the browser is asked to, as for any language that the agent has no voice for."""
    voice = Unvoiced()
    assert not voice.speaks("en")
    with pytest.raises(SynthesisError):
        next(voice.stream("Hello.", Style()))
