"""The agent's own voice, come back through the microphone, is told from the customer's."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from agent.core.clock import NS_PER_MS, NS_PER_S
from agent.core.settings import HearingSettings
from agent.core.speech import HearingEvent, VoiceStarted
from agent.inference.runtime import Runtime
from agent.perception.activity import VoiceActivity
from agent.perception.echo import COMPARED_SAMPLES, EchoGuard, Playout, correlations
from agent.perception.listening import Listener
from agent.synthesis.sound import resampled
from tests.perception.sound import Say, silence, windows

BLOCK, RATE_HZ, MIC_HZ = 960, 48_000, 16_000
AGENT = "I can tell you where an order is, send something back for you, or check on a refund."
CUSTOMER = "Could I please return the blender that I bought last week?"


def _events(
    runtime: Runtime, played: NDArray[np.float32], heard: NDArray[np.float32]
) -> Iterator[tuple[float, HearingEvent]]:
    """What is made of `heard` at 16 kHz while `played` at 48 kHz goes out, with the second at which it is told."""
    playout = Playout()
    activity = VoiceActivity(runtime.open("voice_activity"))
    listener = Listener("call", activity, HearingSettings(), playout)
    blocks = iter(range(0, len(played) - BLOCK, BLOCK))
    for window in windows(heard):
        start = next(blocks, None)
        if start is not None:
            playout.put(played[start : start + BLOCK], start * NS_PER_S // RATE_HZ)
        for event in listener.hear(window, 0).events:
            yield window.stamp.captured_ns / NS_PER_S, event


def _delayed(sound: NDArray[np.float32], ms: int, db: float, length: int) -> NDArray[np.float32]:
    late = np.concatenate([np.zeros(ms * MIC_HZ // 1_000, np.float32), sound * np.float32(10 ** (db / 20))])
    return np.pad(late, (0, max(0, length - len(late))))[:length]


def _starts(events: Iterator[tuple[float, HearingEvent]]) -> list[float]:
    return [at_s for at_s, event in events if isinstance(event, VoiceStarted)]


@pytest.mark.parametrize(("delay_ms", "db"), [(20, -10.0), (80, -15.0), (230, -20.0), (480, -10.0)])
def test_an_echo_is_no_voice(runtime: Runtime, say: Say, delay_ms: int, db: float) -> None:
    """The agent's sentence comes back late and softer: nobody begins to speak."""
    own = say(AGENT)
    played = resampled(own, len(own) * 3)
    heard = _delayed(own, delay_ms, db, len(own)) + silence(len(own) / MIC_HZ)[: len(own)]
    assert not _starts(_events(runtime, played, heard))
    assert _starts(_events(runtime, np.zeros_like(played), heard))


def test_a_customer_is_heard_over_the_echo(runtime: Runtime, say: Say) -> None:
    """Speech on top of an echo 10 dB below it is found about as soon as without the echo."""
    own, customers = say(AGENT), say(CUSTOMER)
    played = resampled(own, len(own) * 3)
    room = silence(len(own) / MIC_HZ)[: len(own)]
    room[MIC_HZ : MIC_HZ + len(customers)] += customers[: len(own) - MIC_HZ]
    (alone, *_) = _starts(_events(runtime, played, room))
    (over, *_) = _starts(_events(runtime, played, room + _delayed(own, 80, -10.0, len(own))))
    assert over - alone <= 0.13


def test_silence_is_compared_with_nothing() -> None:
    """While the agent is silent nothing is an echo and no correlation is computed."""
    playout = Playout()
    guard = EchoGuard(playout)
    guard.hear(np.full(512, 0.1, np.float32))
    assert playout.before(0, 100) is None
    assert not guard.is_echo(0)
    playout.put(np.zeros(BLOCK, np.float32), 0)
    assert playout.before(20_000_000, 100) is None and not guard.is_echo(20_000_000)


@pytest.mark.parametrize(("mouth_talks", "expected"), [(True, False), (None, False), (False, True)])
def test_a_mouth_that_is_seen_tips_the_scales(mouth_talks: bool | None, expected: bool) -> None:
    """What is only somewhat alike is an echo if the customer's mouth is seen to be still."""
    random = np.random.default_rng(2)
    played = random.standard_normal(50 * BLOCK).astype(np.float32) * np.float32(0.1)
    playout = Playout(lambda: mouth_talks)
    for number in range(50):
        playout.put(played[number * BLOCK : (number + 1) * BLOCK], number * 20_000_000)
    guard = EchoGuard(playout)
    echo = played[: 45 * BLOCK].reshape(-1, 3).mean(axis=1)[-2_560:]
    other = random.standard_normal(len(echo)).astype(np.float32)
    guard.hear(np.asarray(0.45 * echo / echo.std() + 0.9 * other, np.float32))
    assert guard.is_echo(1_000_000_000) is expected


def test_what_was_played_is_found_by_its_time() -> None:
    """Asked for the sound before an instant, the playout gives exactly that, zeros where nothing is known."""
    playout = Playout()
    ramp = np.repeat(np.arange(1, 161, dtype=np.float32), 6)
    for number in range(3):
        playout.put(ramp + 1_000 * number, number * 20_000_000)
    known = playout.before(60_000_000, 320)
    assert known is not None
    assert known.tolist() == [*(1_000 + np.arange(1, 161)), *(2_000 + np.arange(1, 161))]
    later = playout.before(70_000_000, 160)
    assert later is not None
    assert later.tolist() == [*(2_000 + np.arange(81, 161)), *[0.0] * 80]


@given(st.integers(0, 3_000), st.sampled_from([-1.0, 0.01, 1.0]))
def test_a_copy_correlates_fully_wherever_it_lies(at: int, scale: float) -> None:
    """Neither loudness nor sign matters, and no value exceeds one."""
    played = np.random.default_rng(1).standard_normal(3_000 + COMPARED_SAMPLES).astype(np.float32)
    alike = correlations(played[at : at + COMPARED_SAMPLES] * np.float32(scale), played)
    assert alike.shape == (3_001,)
    assert int(np.argmax(alike)) == at
    assert alike[at] == pytest.approx(1, abs=1e-3) and alike.max() <= 1.001


def test_silence_that_was_left_out_keeps_its_length() -> None:
    """A speaker that rests plays nothing for a while: what was played before lies as far back as it does."""
    playout = Playout()
    loud = np.full(BLOCK, 0.5, np.float32)
    playout.put(loud, 0)
    playout.put(np.zeros(BLOCK, np.float32), 300 * NS_PER_MS)
    heard = playout.before(320 * NS_PER_MS, 2_560)
    assert heard is not None
    assert np.flatnonzero(np.abs(heard) > 0.01).max() < 200
    assert playout.before(320 * NS_PER_MS, 2_000) is None
    assert playout.before(5 * NS_PER_S, 2_560) is None
