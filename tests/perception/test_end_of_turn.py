"""Who has finished is told from who pauses, and how sure that is decides how long the silence must last."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.types import MIC_RATE_HZ
from agent.inference.runtime import Runtime
from agent.perception.end_of_turn import EndOfTurn, silence_needed_ms
from tests.perception.sound import Say, silence


def needed_ms(prob: float, text: str, language: str = "en") -> float:
    return silence_needed_ms(prob, text, language=language, min_silence_ms=240, max_silence_ms=1_000)


def test_whole_lines_sound_more_finished_than_the_same_lines_cut(runtime: Runtime, say: Say) -> None:
    """For each line, the model is surer of the whole than of its first half."""
    end_of_turn = EndOfTurn(runtime.open("end_of_turn"))
    for line in ("Where is my order?", "I would like to return my headphones.", "The charger does not work."):
        sound = say(line)
        voiced = sound[: np.flatnonzero(np.abs(sound) > 0.01)[-1]]
        whole, half = (
            end_of_turn.finished_prob(np.concatenate([part, silence(0.1)]))
            for part in (voiced, voiced[: len(voiced) // 2])
        )
        assert 0.0 <= half < whole <= 1.0
        assert whole > 0.5


@pytest.mark.parametrize("seconds", [0.01, 8.0, 20.0])
def test_sound_of_any_length_gets_a_probability(runtime: Runtime, seconds: float) -> None:
    """Less than the model's 8 s is filled up, more is cut, and digital silence divides by nothing."""
    end_of_turn = EndOfTurn(runtime.open("end_of_turn"))
    for sound in (silence(seconds), np.zeros(round(seconds * MIC_RATE_HZ), np.float32)):
        assert 0.0 <= end_of_turn.finished_prob(sound) <= 1.0


@given(st.floats(0, 1), st.floats(0, 1), st.text(max_size=40))
def test_surer_of_the_end_never_waits_longer(one: float, other: float, text: str) -> None:
    """The wait lies between the two limits and does not grow with the probability."""
    low, high = sorted((one, other))
    assert 240 <= needed_ms(high, text) <= needed_ms(low, text) <= 1_000


def test_wording_overrules_the_sound_in_english_only() -> None:
    """A line that breaks off waits the longest and a whole answer the shortest, whatever the model says."""
    assert needed_ms(1.0, "I want to return my") == 1_000
    assert needed_ms(1.0, "Well, the thing is...") == 1_000
    assert needed_ms(0.0, "Yes, please.".replace(",", "")) == 240
    assert needed_ms(0.0, "No.") == 240
    assert needed_ms(0.0, "No.", language="de") == 1_000
    assert needed_ms(1.0, "ich sah die", language="de") == 240
