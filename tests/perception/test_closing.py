"""Complete lines are told from lines that break off by the marks that Whisper could have put behind them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from agent.inference.runtime import Runtime
from agent.perception.closing import Closing
from agent.perception.transcript import SpeechToText
from agent.perception.whisper import open_english
from tests.perception.sound import Say, silence

MARKS = {".": 0, "?": 1, "!": 2, ",": 3, "...": 4, "-": 5}
WORD, END = 6, 7


def closing() -> Closing:
    return Closing(lambda mark: [MARKS[mark]], END)


def scores(**likely: float) -> NDArray[np.float64]:
    """Logits in which each named token has this probability, and the rest is shared."""
    ids = {"stop": 0, "comma": 3, "ellipsis": 4, "word": WORD, "end": END}
    probs = np.full(8, 0.001)
    for name, prob in likely.items():
        probs[ids[name]] = prob
    logits: NDArray[np.float64] = np.log(probs)
    return logits


def test_a_line_is_complete_where_a_full_stop_was_the_likeliest() -> None:
    """What counts is the step behind the last word, whichever mark won there and whether one did."""
    for tokens, after in (([WORD, 0], [scores(end=0.9)]), ([WORD], [])):
        complete = closing().complete_prob(tokens, [scores(word=0.9), scores(stop=0.9, end=0.1), *after])
        broken = closing().complete_prob(tokens, [scores(word=0.9), scores(ellipsis=0.3, word=0.6), *after])
        assert complete is not None and complete > 0.8
        assert broken is not None and broken < 0.2


def test_nothing_is_known_of_words_that_were_cut_off_by_their_limit() -> None:
    """Without the step behind the last word there is no answer."""
    assert closing().complete_prob([WORD, WORD], [scores(word=0.9), scores(word=0.9)]) is None
    assert closing().complete_prob([], []) is None


@given(arrays.arrays(np.float32, 8, elements=st.floats(-50, 50, width=32)))
def test_the_answer_is_a_probability(logits: np.ndarray) -> None:
    """Whatever the scores are."""
    prob = closing().complete_prob([], [logits])
    assert prob is not None and 0 <= prob <= 1


@pytest.mark.timeout(60)
def test_whole_lines_are_surer_than_the_same_lines_broken_off(runtime: Runtime, say: Say) -> None:
    """With the models that ship: most lines count as complete, and every one more than its first half does."""
    model = SpeechToText(open_english(runtime), short_windows=True)

    def complete_prob(sound: np.ndarray) -> float:
        prob = model.read(np.concatenate([silence(0.3), sound, silence(0.1)])).complete_prob
        return 0.0 if prob is None else prob

    lines = [
        say(text)
        for text in (
            "I would like to return my headphones.",
            "Could I please return the jacket that I bought last week?",
            "Do you have any idea when my blender gets here?",
            "What is the procedure for sending something back to you?",
        )
    ]
    wholes = [complete_prob(line) for line in lines]
    halves = [complete_prob(line[: len(line) // 2]) for line in lines]
    assert all(whole > half for whole, half in zip(wholes, halves, strict=True))
    assert np.median(wholes) > 0.6 > 0.4 > np.median(halves)
