"""Recordings are heard without waiting, and a minute of noise says nothing."""

import numpy as np
import pytest

from agent.core.settings import HearingSettings
from agent.core.speech import Transcript, VoiceStarted
from agent.inference.runtime import Runtime
from agent.perception.recorded import RecordedHearing
from agent.training.spelling import units
from tests.perception import noise
from tests.perception.sound import Say, noises, silence, windows

VOCABULARY = "Hello. My order number is A1042. I bought the kettle and the headphones. Northway will deliver it."
"""Whisper is shown it where it is unsure; it must not say it by itself."""


@pytest.fixture(scope="module")
def hearing(runtime: Runtime) -> RecordedHearing:
    return RecordedHearing(runtime, HearingSettings(vocabulary=VOCABULARY))


def finals(hearing: RecordedHearing, sound: np.ndarray) -> list[Transcript]:
    return [event for event in hearing.hear(windows(sound)) if isinstance(event, Transcript) and event.final]


def test_two_lines_are_two_turns(hearing: RecordedHearing, say: Say) -> None:
    """A second of silence parts the turns; ids count up and the times are those of the recording."""
    lines = ["Where is my order?", "I would like to return my headphones."]
    sound = np.concatenate([silence(0.5), say(lines[0]), silence(1.2), say(lines[1]), silence(0.5)])
    told = finals(hearing, sound)
    assert [units(one.text) for one in told] == [units(line) for line in lines]
    assert [one.utterance_id for one in told] == [0, 1]
    assert told[0].stamp.media_ms < 700
    assert told[0].speech_end_ns < told[1].stamp.captured_ns


def test_the_same_sound_gives_the_same_words(hearing: RecordedHearing, say: Say) -> None:
    """Hearing a recording twice, in windows of other lengths, changes nothing."""
    sound = np.concatenate([silence(0.5), say("Where is my order?"), silence(1.2)])
    first, second = (
        [
            (event.text, event.speech_end_ns)
            for event in hearing.hear(windows(sound, window_samples=length))
            if isinstance(event, Transcript)
        ]
        for length in (320, 1_777)
    )
    assert first == second


@pytest.mark.timeout(60)
def test_a_minute_of_noise_says_nothing(hearing: RecordedHearing) -> None:
    """Hiss, rumble, hum, clicks, a gliding tone and chords, ten seconds each: no words, and nobody is interrupted."""
    sound = np.concatenate([sound for _, sound in noises(10.0)])
    events = list(hearing.hear(windows(sound)))
    assert len(sound) == 60 * 16_000
    assert not [event for event in events if isinstance(event, Transcript) and event.text]
    assert not [event for event in events if isinstance(event, VoiceStarted)]


@pytest.mark.timeout(180)
def test_ten_minutes_of_noise_and_music_say_nothing(hearing: RecordedHearing) -> None:
    """Noise of every colour, melodies, drums, coughs and typing, a minute each: the voice model is taken in at times,
    but no words come of it.
    """
    words = {
        name: [event.text for event in hearing.hear(windows(sound)) if isinstance(event, Transcript) and event.text]
        for name, sound in noise.noises(60.0)
    }
    assert words == dict.fromkeys(words, [])
    assert len(words) == 10


def test_nothing_at_all_is_no_error(hearing: RecordedHearing) -> None:
    """A recording without sound has no events."""
    assert list(hearing.hear([])) == []
