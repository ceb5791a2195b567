"""How a line sounds tells, somewhat, whether its speaker has finished."""

import numpy as np
import pytest

from agent.core.speech import MIC_RATE_HZ
from agent.inference.runtime import Runtime
from agent.perception.end_of_turn import EndOfTurn
from tests.perception.sound import Say, silence


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
