"""How long a silence must last follows the sound, the wording and the speaker's own habit, within limits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.perception.patience import Patience, Wording, wording

MIN_MS, MAX_MS = 240, 1_300


def patience(*pauses_ms: float) -> Patience:
    patience = Patience(min_silence_ms=MIN_MS, max_silence_ms=MAX_MS)
    for pause_ms in pauses_ms:
        patience.learn(pause_ms)
    return patience


def needed_ms(prob: float | None, text: str, language: str = "en") -> float:
    return patience().silence_needed_ms(prob, text, language=language)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Yes, please.", Wording.WHOLE),
        ("Uh-huh.", Wording.WHOLE),
        ("My order number is", Wording.UNFINISHED),
        ("I want to return my.", Wording.UNFINISHED),
        ("Well, the thing is...", Wording.UNFINISHED),
        ("Could I send it back with", Wording.UNFINISHED),
        ("I ordered a kettle and", Wording.UNFINISHED),
        ("Let me see.", Wording.UNFINISHED),
        ("What is it for?", Wording.PLAIN),
        ("Yes, it is.", Wording.PLAIN),
        ("Where is my order?", Wording.PLAIN),
        ("A 1 0", Wording.DICTATED),
        ("", Wording.PLAIN),
        ("...", Wording.PLAIN),
    ],
)
def test_lines_that_break_off_are_told_from_whole_ones(text: str, expected: Wording) -> None:
    """Function words at the end, trailing dots and openings break off; short answers are whole."""
    assert wording(text, "en") is expected


def test_wording_overrules_the_sound_in_english_only() -> None:
    """A line that breaks off waits the longest and a whole answer the shortest, whatever the model says."""
    assert needed_ms(1.0, "I want to return my") == MAX_MS
    assert needed_ms(None, "No.") == MIN_MS
    assert needed_ms(0.0, "No.", language="de") > MIN_MS
    assert needed_ms(1.0, "ich sah die", language="de") == MIN_MS


def test_numbers_are_given_time() -> None:
    """Who has dictated a digit has more digits to come, however final it sounds."""
    assert MIN_MS < needed_ms(1.0, "It is A 1 0") < MAX_MS


def test_without_an_answer_of_the_model_the_silence_is_the_longest() -> None:
    """A plain line is not taken to be over before it was looked at."""
    assert needed_ms(None, "Where is my order?") == MAX_MS


def test_long_pauses_are_learned_and_forgotten() -> None:
    """A speaker who pauses for most of a second is waited for; one who has stopped doing so is not."""
    slow = patience(*[700] * 8)
    assert slow.silence_needed_ms(1.0, "I sent it back.", language="en") > 700
    assert slow.silence_needed_ms(1.0, "Yes.", language="en") == MIN_MS
    again = patience(*[700] * 8, *[0] * 20)
    assert again.silence_needed_ms(1.0, "I sent it back.", language="en") < 320


@given(st.floats(0, 1), st.floats(0, 1), st.text(max_size=40), st.lists(st.floats(0, 1e5), max_size=20))
def test_surer_of_the_end_never_waits_longer(one: float, other: float, text: str, pauses_ms: list[float]) -> None:
    """The wait lies between the two limits and does not grow with the probability."""
    low, high = sorted((one, other))
    known = patience(*pauses_ms)
    short, long = (known.silence_needed_ms(prob, text, language="en") for prob in (high, low))
    assert MIN_MS <= short <= long <= MAX_MS
    assert MIN_MS <= known.usual_ms <= MAX_MS
