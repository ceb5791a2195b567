"""Error rates count what was misheard, and nothing that only is written in another way."""

import json
import wave
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.errors import DataRejected, NotMedia
from agent.core.settings import HearingSettings, ModelSettings
from agent.core.speech import MIC_RATE_HZ
from agent.inference.registry import Registry
from agent.inference.runtime import Runtime
from agent.media.sound_files import read_sound
from agent.training.speech import evaluate_speech, read_manifest
from agent.training.spelling import edit_distance, units
from tests.perception.sound import open_say

WORDS = st.lists(st.sampled_from("abc"), max_size=8)


@given(WORDS, WORDS, WORDS)
def test_edit_distance_is_a_distance(one: list[str], two: list[str], three: list[str]) -> None:
    """Zero for equals only, the same both ways, never shorter by a detour, at least the difference in length."""
    assert (edit_distance(one, two) == 0) == (one == two)
    assert edit_distance(one, two) == edit_distance(two, one)
    assert edit_distance(one, three) <= edit_distance(one, two) + edit_distance(two, three)
    assert abs(len(one) - len(two)) <= edit_distance(one, two) <= max(len(one), len(two))


def test_spelling_is_not_counted_as_mishearing() -> None:
    """Case, marks, hyphens, contractions and numbers are brought to one form; words are not."""
    assert units("Ten of Clubs!") == units("10 of clubs")
    assert units("I'm sure you won't.") == units("i am sure you will not")
    assert units("The 21st, well-known") == units("the twenty first well known")
    assert units("cats and dogs") != units("cats dogs")
    assert units("广州市，房", "zh") == ["广", "州", "市", "房"]


def write_wav(path: Path, sound: np.ndarray) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(MIC_RATE_HZ)
        file.writeframes((sound * 32_767).astype("<i2").tobytes())


@pytest.mark.timeout(60)
def test_a_manifest_is_evaluated_by_set_and_other_languages_are_left_out(tmp_path: Path) -> None:
    """One line right and one whose text says something else: the rate is the share of wrong words."""
    runtime = Runtime(Registry.load(ModelSettings().folder), "cpu")
    say = open_say(runtime)
    write_wav(tmp_path / "order.wav", say("Where is my order?"))
    rows = [
        {"file": "order.wav", "lang": "en", "text": "where is my order", "set": "right"},
        {"file": "order.wav", "lang": "en", "text": "where is my parcel", "set": "wrong"},
        {"file": "absent.wav", "lang": "xx", "text": "?"},
    ]
    (tmp_path / "manifest.json").write_text(json.dumps(rows), encoding="utf-8")
    report = evaluate_speech(tmp_path / "manifest.json", runtime, HearingSettings())
    assert (report.n, report.skipped, report.utterances) == (2, 1, 2)
    assert report.by_set == {"right": 0.0, "wrong": 0.25}
    assert report.wer == 0.125
    assert report.cer is None
    assert report.cpu_s_per_utterance > 0


@pytest.mark.timeout(120)
def test_spoiled_recordings_are_compared_too(tmp_path: Path) -> None:
    """Each way to spoil has its own rate; what is clean is counted as without them."""
    runtime = Runtime(Registry.load(ModelSettings().folder), "cpu")
    write_wav(tmp_path / "order.wav", open_say(runtime)("Where is my order?"))
    (tmp_path / "manifest.json").write_text('[{"file": "order.wav", "lang": "en", "text": "where is my order"}]')
    told: list[float] = []
    report = evaluate_speech(
        tmp_path / "manifest.json",
        runtime,
        HearingSettings(),
        noise=True,
        progress=lambda stage, share, note="": told.append(share),
    )
    assert (report.n, report.wer, report.conditions["quiet"].wer) == (1, 0.0, 0.0)
    assert len(report.conditions) == 12 and "babble 5 dB" in report.conditions
    assert told == sorted(told) and told[-1] == 1.0


@pytest.mark.parametrize("content", [b"", b"{}", b'[{"file": 1}]', b"\xff"])
def test_a_manifest_that_is_none_is_refused(tmp_path: Path, content: bytes) -> None:
    """The error says which file it is and what belongs there."""
    (tmp_path / "manifest.json").write_bytes(content)
    with pytest.raises(DataRejected, match=r"manifest\.json is no manifest.*lang and text"):
        read_manifest(tmp_path / "manifest.json")


def test_a_file_without_sound_is_named(tmp_path: Path) -> None:
    """The error says which file it was."""
    (tmp_path / "note.txt").write_text("no sound")
    for name in ("note.txt", "absent.flac"):
        with pytest.raises(NotMedia, match=name):
            read_sound(tmp_path / name)
