"""Sound becomes the words that were said, and no words where none were."""

from pathlib import Path

import numpy as np
import pytest

from agent.core.speech import MIC_RATE_HZ
from agent.inference.runtime import Runtime
from agent.media.sound_files import read_sound
from agent.perception.transcript import LONGEST_S, SpeechToText
from agent.perception.whisper import open_english
from agent.perception.wished import Decoding
from agent.training.spelling import units
from tests.perception.sound import Say, noises, silence


@pytest.fixture(scope="module")
def speech_to_text(runtime: Runtime) -> SpeechToText:
    return SpeechToText(open_english(runtime), short_windows=True)


@pytest.mark.parametrize(
    "line", ["Where is my order?", "I would like to return my headphones.", "Can I speak to a person please?"]
)
def test_a_spoken_line_is_read_word_for_word(speech_to_text: SpeechToText, say: Say, line: str) -> None:
    """The words, apart from case and marks, are those that were spoken; where the time went is told."""
    words = speech_to_text.read(np.concatenate([silence(0.2), say(line)]))
    assert units(words.text) in (units(line), units(line.replace("Where is", "Where's")))
    assert words.no_speech_prob < 0.5
    assert words.mean_token_logprob > -1.0
    assert set(words.stage_ms) == {"features", "encode", "decode"}


@pytest.mark.parametrize("line", ["Yes.", "No.", "Okay.", "Stop.", "Hello?"])
def test_a_single_word_is_neither_lost_nor_multiplied(speech_to_text: SpeechToText, say: Say, line: str) -> None:
    """A one-word answer comes out once."""
    words = speech_to_text.read(np.concatenate([silence(0.2), say(line), silence(0.1)]))
    assert units(words.text) == units(line)


# A bare gliding tone reads as "Yeah.", as surely as a voice does: only the voice gate keeps it out.
@pytest.mark.parametrize("name", [name for name, _ in noises(0.1) if name != "glide"])
def test_noise_that_got_past_the_gate_has_no_words(speech_to_text: SpeechToText, name: str) -> None:
    """Even without voice activity in front, Whisper's inventions over noise are not passed on."""
    for seconds in (0.5, 3.0):
        assert speech_to_text.read(dict(noises(3.0))[name][: round(seconds * MIC_RATE_HZ)]).text == ""


def test_sound_without_length_has_no_words(speech_to_text: SpeechToText) -> None:
    """Silence of a few samples is no error."""
    assert speech_to_text.read(np.zeros(10, np.float32)).text == ""


def test_sound_that_whisper_cannot_hold_is_refused(speech_to_text: SpeechToText) -> None:
    """More than its 30 s would be lost without a word."""
    with pytest.raises(ValueError, match="cut it"):
        speech_to_text.read(silence(LONGEST_S + 1))


def test_a_quiet_voice_is_read_like_a_loud_one(speech_to_text: SpeechToText, say: Say) -> None:
    """Far from the microphone: a twentieth of the level, the same words."""
    loud = say("I would like to return my headphones.")
    loud = loud * np.float32(0.5 / np.abs(loud).max())
    near, far = (speech_to_text.read(sound) for sound in (loud, loud / np.float32(20.0)))
    assert units(far.text) == units(near.text)
    assert far.mean_token_logprob == pytest.approx(near.mean_token_logprob, abs=0.1)


def test_what_is_read_surely_is_left_alone_by_a_vocabulary(speech_to_text: SpeechToText, say: Say) -> None:
    """Names are expected, none is said: the words are the same."""
    expecting = Decoding(vocabulary="I bought the kettle, the toaster and the desk lamp. Northway will deliver it.")
    for line in ("Where is my order?", "Can I speak to a person please?", "I like to sing."):
        assert speech_to_text.read(say(line), decoding=expecting).text == speech_to_text.read(say(line)).text


@pytest.mark.timeout(60)
def test_real_recordings_are_understood(speech_to_text: SpeechToText, shared_data: Path) -> None:
    """A read sentence and a short one, from people, come out with at most one word wrong."""
    for name, text in {
        "libri_1995.flac": "it was the first great sorrow of his life it was not so much the loss of the cotton itself "
        "but the fantasy the hopes the dreams built around it",
        "sb_spk1_snt1.flac": "the child almost hurt the small dog",
    }.items():
        heard = units(speech_to_text.read(read_sound(shared_data / "speech" / name)).text)
        assert sum(a != b for a, b in zip(heard, units(text), strict=True)) <= 1
