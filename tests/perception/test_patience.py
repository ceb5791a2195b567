"""How long a silence must last follows the sound, the wording and the speaker's own habit, within limits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.perception.patience import Patience, Wording, leaves_open, wording

MIN_MS, MAX_MS = 240, 1_300


def patience(*pauses_ms: float) -> Patience:
    patience = Patience(min_silence_ms=MIN_MS, max_silence_ms=MAX_MS)
    for pause_ms in pauses_ms:
        patience.learn(pause_ms)
    return patience


def needed_ms(prob: float | None, text: str, language: str = "en") -> float:
    return patience().waits(text, language=language, finished_prob=prob).final_ms


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
    assert slow.waits("I sent it back.", language="en", finished_prob=1.0).final_ms > 700
    assert slow.waits("Yes.", language="en", finished_prob=1.0).final_ms == MIN_MS
    again = patience(*[700] * 8, *[0] * 20)
    assert again.waits("I sent it back.", language="en", finished_prob=1.0).final_ms < 320


def test_the_end_of_a_line_decides_how_long_is_waited() -> None:
    """A complete line is final and answered after the shortest silence, one that was broken off after the longest."""
    complete, open_end, broken = (
        patience().waits("I sent it back.", language="en", complete_prob=prob) for prob in (0.9, 0.5, 0.05)
    )
    assert complete.final_ms == complete.answer_ms == MIN_MS
    assert broken.final_ms == broken.answer_ms == MAX_MS
    assert MIN_MS < open_end.final_ms < 500 < open_end.answer_ms < MAX_MS


def test_the_sound_tells_where_the_line_leaves_it_open() -> None:
    """The end-of-turn model shortens or lengthens the wait after a doubtful line, and no other."""

    def final_ms(complete: float, finished: float) -> float:
        return (
            patience().waits("I sent it back.", language="en", complete_prob=complete, finished_prob=finished).final_ms
        )

    assert final_ms(0.5, 0.95) < final_ms(0.5, 0.5) < final_ms(0.5, 0.05)
    assert final_ms(0.9, 0.0) == MIN_MS
    assert final_ms(0.05, 1.0) == MAX_MS
    assert [leaves_open(prob) for prob in (0.05, 0.5, 0.9, None)] == [False, True, False, True]


def test_a_line_that_ends_well_is_believed_although_it_is_worded_as_if_it_broke_off() -> None:
    """ "What am I charged for" is a whole question to one who hears it."""
    line = "I do not know what I was charged for"
    assert patience().waits(line, language="en", complete_prob=0.9).final_ms == MIN_MS
    assert patience().waits(line, language="en", complete_prob=0.3).final_ms == MAX_MS


@given(
    st.tuples(st.floats(0, 1), st.floats(0, 1)),
    st.tuples(st.floats(0, 1), st.floats(0, 1)),
    st.text(max_size=40),
    st.lists(st.floats(0, 1e5), max_size=20),
)
def test_surer_of_the_end_never_waits_longer(
    complete: tuple[float, float], finished: tuple[float, float], text: str, pauses_ms: list[float]
) -> None:
    """The waits lie between the two limits, the answer's is never the shorter, and neither grows with what is known."""
    known = patience(*pauses_ms)
    ways = [
        [known.waits(text, language="en", complete_prob=max(complete), finished_prob=one) for one in sorted(finished)],
        [known.waits(text, language="en", complete_prob=one, finished_prob=finished[0]) for one in sorted(complete)],
        [known.waits(text, language="en", finished_prob=one) for one in sorted(finished)],
    ]
    for less, more in ways:
        assert MIN_MS <= more.final_ms <= less.final_ms <= MAX_MS
        assert more.answer_ms <= less.answer_ms
        assert all(one.final_ms <= one.answer_ms <= MAX_MS for one in (less, more))
    assert MIN_MS <= known.usual_ms <= MAX_MS
