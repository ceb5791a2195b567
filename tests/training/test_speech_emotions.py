"""Recordings of acted emotions, by their names."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from agent.core.errors import DataRejected
from agent.core.speech import VOICE_EMOTIONS
from agent.training.progress import unheard
from agent.training.speech_emotions import find_recordings, sounds, within


@pytest.mark.parametrize(
    ("name", "corpus", "speaker", "emotion"),
    [
        ("03-01-05-01-02-01-12.wav", "RAVDESS", "12", "anger"),
        ("rav_03-01-01-01-02-02-01.flac", "RAVDESS", "01", "neutral"),
        ("03a01Wa.wav", "EmoDB", "03", "anger"),
        ("emo_16b10Lb.flac", "EmoDB", "16", "boredom"),
        ("16b10T.WAV", "EmoDB", "16", "sadness"),
    ],
)
def test_names_say_who_and_what(tmp_path: Path, name: str, corpus: str, speaker: str, emotion: str) -> None:
    """Corpus, speaker and emotion stand in the name, with or without a prefix, in any folder."""
    (tmp_path / "Actor_12").mkdir()
    (tmp_path / "Actor_12" / name).touch()
    ((one,), left_out) = find_recordings(tmp_path)
    assert (one.corpus, one.speaker, VOICE_EMOTIONS[one.emotion]) == (corpus, f"{corpus} {speaker}", emotion)
    assert not left_out


@pytest.mark.parametrize("name", ["03-02-05-01-02-01-12.wav", "hello.wav", "03a01Xa.wav", "03-01-09-01-02-01-12.wav"])
def test_songs_and_strangers_are_counted_not_judged(tmp_path: Path, name: str) -> None:
    """A song of RAVDESS, another name and unknown emotions are left out, and alone they are no data."""
    (tmp_path / name).touch()
    with pytest.raises(DataRejected, match="holds no sound named like"):
        find_recordings(tmp_path)
    (tmp_path / "03a01Wa.wav").touch()
    found, left_out = find_recordings(tmp_path)
    assert len(found) == 1 and left_out == {"files with other names": 1}


def test_a_torn_file_is_counted(tmp_path: Path) -> None:
    """What cannot be decoded is counted, and nothing is heard in its place."""
    (tmp_path / "03a01Wa.wav").write_bytes(b"RIFF torn")
    found, _ = find_recordings(tmp_path)
    left_out = Counter[str]()
    assert list(sounds(found, left_out, unheard)) == []
    assert left_out == {"files that cannot be read": 1}


def test_an_answer_is_one_of_the_emotions_that_the_corpus_knows() -> None:
    """EmoDB knows no surprise and RAVDESS no boredom: what they are given goes to the others."""
    prob = np.full((2, len(VOICE_EMOTIONS)), 1 / len(VOICE_EMOTIONS))
    for corpus, unknown in (("EmoDB", {"surprise", "calm"}), ("RAVDESS", {"boredom"})):
        shared = within(prob, corpus)
        assert {name for name, share in zip(VOICE_EMOTIONS, shared[0], strict=True) if share == 0} == unknown
        np.testing.assert_allclose(shared.sum(axis=1), 1)
