"""Synthesized sound is cut, levelled and faded while it arrives."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from agent.synthesis.finish import Finish, Loudness
from agent.synthesis.sound import RATE_HZ
from tests.synthesis.tones import silence, tone


def known(power: float) -> Loudness:
    loudness = Loudness()
    loudness.learn(power * 100, 100)
    return loudness


def finished(
    samples: NDArray[np.float32],
    *,
    loudness: Loudness | None = None,
    level_db: float = -20.0,
    pause_s: float = 0.0,
    cuts: tuple[int, ...] = (),
) -> NDArray[np.float32]:
    finish = Finish(RATE_HZ, loudness or Loudness(), level_db=level_db)
    return np.concatenate([*(finish.push(part) for part in np.split(samples, sorted(cuts))), finish.end(pause_s)])


def level_db(samples: NDArray[np.float32]) -> float:
    return float(10 * np.log10(np.mean(np.square(samples))))


def speech() -> NDArray[np.float32]:
    """Something with loud, soft and silent stretches of many lengths."""
    random = np.random.default_rng(5)
    parts: list[NDArray[np.float32]] = [silence(0.13)]
    for _ in range(12):
        parts.append(tone(random.uniform(0.02, 0.2), random.uniform(0.02, 0.5), hz=random.uniform(100, 2_000)))
        parts.append(silence(random.uniform(0.0, 0.15)))
    return np.concatenate([*parts, silence(0.2)])


@pytest.mark.parametrize("amplitude", [0.01, 0.3, 0.9])
def test_level_is_the_one_asked_for(amplitude: float) -> None:
    """A voice never heard before comes out at the same level, loud or soft, whatever silence stood around it."""
    heard = finished(np.concatenate([silence(0.5), tone(1, amplitude)]))
    assert level_db(heard[RATE_HZ // 4 : -RATE_HZ // 4]) == pytest.approx(-20, abs=0.3)


def test_a_known_voice_is_heard_at_once() -> None:
    """Of a voice whose level is known, sound leaves with the first hundredth of a second."""
    finish = Finish(RATE_HZ, known(0.02), level_db=-20)
    assert len(finish.push(tone(0.05, 0.2))) >= 0.03 * RATE_HZ
    unheard = Finish(RATE_HZ, Loudness(), level_db=-20)
    assert len(unheard.push(tone(0.25, 0.2))) == 0 < len(unheard.push(tone(0.1, 0.2)))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, len(speech())), max_size=8), st.booleans())
def test_pieces_are_finished_as_the_whole(cuts: list[int], heard_before: bool) -> None:
    """However a clause arrives, it comes out the same sample by sample."""
    whole, pieces = (
        finished(speech(), loudness=known(0.05) if heard_before else None, pause_s=0.1, cuts=tuple(at))
        for at in ([], cuts)
    )
    assert len(whole) == len(pieces) and np.allclose(whole, pieces, atol=1e-6)


def test_a_softer_clause_is_raised_without_a_step() -> None:
    """A clause 6 dB below what is known of the voice is drawn towards the level, from one crest to the next unheard."""
    samples = tone(3, 0.1)
    heard = finished(samples, loudness=known(0.02))
    assert -26.5 < level_db(heard[RATE_HZ // 20 : RATE_HZ // 4]) < level_db(heard[-RATE_HZ // 2 :]) < -19.5
    begun = next(at for at in range(len(heard)) if heard[at])
    ratio = np.abs(heard[begun + 300 : -300])
    crests = ratio[1:-1][(ratio[1:-1] > ratio[:-2]) & (ratio[1:-1] >= ratio[2:])]
    assert np.abs(np.diff(20 * np.log10(crests))).max() < 0.1


def test_peaks_never_clip() -> None:
    """Neither a level that would clip nor a voice that turns out far louder than it was reaches full scale."""
    assert np.abs(finished(tone(1, 0.2), level_db=0)).max() <= 0.9
    sudden = finished(tone(1, 0.9), loudness=known(1e-5))
    assert np.abs(sudden).max() <= 0.9
    assert level_db(sudden[RATE_HZ // 10 :]) < -8


def test_ordinary_peaks_are_untouched() -> None:
    """Sound within the level that speech has is scaled and nothing else."""
    samples = tone(1, 0.2, hz=300)
    heard = finished(samples, loudness=known(0.02))
    assert np.allclose(heard[480:-960], samples[480 : len(heard) - 960] * 10**-1 / np.sqrt(0.02), atol=2e-3)


def test_silence_is_cut_and_a_pause_added() -> None:
    """Silence around the speech goes; the pause after it is as long as asked for."""
    samples = np.concatenate([silence(0.7), tone(1, 0.3), silence(0.7)])
    heard = finished(samples, pause_s=0.25)
    assert len(heard) / RATE_HZ == pytest.approx(1.25 + 0.06, abs=0.03)
    assert not heard[-round(0.25 * RATE_HZ) :].any()


def test_silence_inside_a_clause_stays() -> None:
    """A pause between two words is as long as it was."""
    samples = np.concatenate([tone(0.3, 0.3), silence(0.4), tone(0.3, 0.3)])
    heard = finished(samples, loudness=known(0.045), cuts=(20_000, 30_000))
    assert len(heard) == pytest.approx(len(samples), abs=RATE_HZ // 20)


def test_ends_do_not_click() -> None:
    """Speech begins and ends at zero, even when it was cut off."""
    heard = finished(tone(0.5, 0.5, hz=331))
    assert heard[0] == heard[-1] == 0.0


@pytest.mark.parametrize("seconds", [0.0, 0.001, 1.0])
@pytest.mark.parametrize("loudness", [None, known(0.02)])
def test_silence_stays_silence(seconds: float, loudness: Loudness | None) -> None:
    """Nothing audible gives the pause alone, not noise turned up."""
    heard = finished(silence(seconds), loudness=loudness, pause_s=0.1)
    assert len(heard) == RATE_HZ // 10 and not heard.any()


def test_a_voice_that_has_become_far_softer_is_still_heard() -> None:
    """What lies below the silence of the voice as it was known is raised at the clause's end, not lost."""
    heard = finished(tone(0.5, 0.002), loudness=known(0.1))
    assert level_db(heard[1_000:-2_000]) == pytest.approx(-20, abs=0.5)


def test_loudness_is_learnt_over_clauses() -> None:
    """What a voice's clauses have on average is known of it, the last half minute weighing most."""
    loudness = Loudness()
    assert loudness.power is None
    finished(tone(1, 0.2), loudness=loudness)
    assert loudness.power == pytest.approx(0.02, rel=0.05)
    loudness.learn(0.1 * 100, 100)
    assert loudness.power == pytest.approx(0.06, rel=0.1)
    for _ in range(300):
        loudness.learn(0.5 * 100, 100)
    assert loudness.power == pytest.approx(0.5, rel=0.01)
