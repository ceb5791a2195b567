"""Decoded sound of any kind to windows of 16 kHz mono, gap by gap."""

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from av import AudioFrame

from agent.core.clock import NS_PER_MS, FakeClock
from agent.core.speech import MicWindow
from agent.media.capture_clock import PageClock
from agent.media.hardening import PromptReceiver
from agent.media.microphone import Microphone, WindowMailbox
from agent.media.timeline import Stretch, Timeline


class Arrivals(PromptReceiver):
    """A receiver that knows when frames came, and nothing else."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock

    def arrived_ns(self, pts: int) -> int | None:
        return self.clock.now_ns()


def microphone(clock: FakeClock, rate_hz: int = 48_000) -> tuple[Microphone, Callable[[AudioFrame], None]]:
    """A microphone, and what lets it take the frames of one connection."""
    timeline = Timeline(rate_hz, PageClock(), clock)
    mic, receiver, stretch = Microphone(timeline, call_id="call-1", clock=clock), Arrivals(clock), Stretch(timeline)
    return mic, lambda frame: mic.take(frame, receiver, stretch)


def tone(
    start: int, samples: int, *, rate_hz: int = 48_000, channels: int = 1, clock_hz: int | None = None
) -> AudioFrame:
    """440 Hz from sample `start` of the track on."""
    wave = (np.sin(2 * np.pi * 440 * np.arange(start, start + samples) / rate_hz) * 16_000).astype(np.int16)
    packed = np.repeat(wave, channels).reshape(1, -1)
    frame = AudioFrame.from_ndarray(packed, format="s16", layout="mono" if channels == 1 else "stereo")
    frame.sample_rate = rate_hz
    clock_hz = clock_hz or rate_hz
    frame.time_base = Fraction(1, clock_hz)
    frame.pts = start * clock_hz // rate_hz
    return frame


async def drain(microphone: Microphone) -> list[MicWindow]:
    microphone.windows.close()
    return [window async for window in microphone.windows]


@pytest.mark.parametrize(
    ("rate_hz", "channels", "clock_hz"),
    [(48_000, 2, 48_000), (48_000, 1, 48_000), (44_100, 2, 44_100), (8_000, 1, 8_000), (16_000, 1, 8_000)],
)
async def test_any_rate_and_layout_becomes_16_khz_mono(
    clock: FakeClock, rate_hz: int, channels: int, clock_hz: int
) -> None:
    """Whatever the codec, the tone keeps its pitch and loudness, without gaps, in windows of at most 20 ms."""
    mic, take = microphone(clock, clock_hz)
    per_frame = rate_hz // 50
    for index in range(50):
        take(tone(index * per_frame, per_frame, rate_hz=rate_hz, channels=channels, clock_hz=clock_hz))
    windows = await drain(mic)
    sound = np.concatenate([window.samples for window in windows])
    assert max(len(window.samples) for window in windows) == 320
    assert 0.95 * 16_000 <= len(sound) <= 16_000
    assert mic.gap_samples == 0
    spectrum = np.abs(np.fft.rfft(sound[:8_000]))
    assert np.argmax(spectrum) * 2 == pytest.approx(440, abs=4)
    assert np.abs(sound[4_000:8_000]).max() == pytest.approx(16_000 / 32_768, abs=0.02)


async def test_lost_sound_is_a_gap_of_its_length(clock: FakeClock) -> None:
    """Positions count what is missing, and nothing that came is thrown away."""
    mic, take = microphone(clock)
    for index in [0, 1, 2, 6, 7, 8]:
        take(tone(index * 960, 960))
    windows = await drain(mic)
    gaps = [(window.start_sample, window.gap_samples) for window in windows if window.gap_samples]
    assert gaps == [(6 * 320, 3 * 320)]
    assert sum(len(window.samples) for window in windows if window.start_sample < 960) == 960


async def test_window_says_when_its_first_sample_was_spoken(clock: FakeClock) -> None:
    """RTP time and position in the track advance with the samples, over gaps too."""
    mic, take = microphone(clock)
    for index in [0, 1, 5]:
        take(tone(10_000 + index * 960, 960))
        clock.advance(ms=20)
    windows = await drain(mic)
    for window in windows:
        assert window.stamp.rtp_timestamp == 10_000 + window.start_sample * 3
        assert window.stamp.captured_ns <= window.stamp.arrived_ns - len(window.samples) * 62_500
    assert windows[0].stamp.arrived_ns == 1_000_000 * NS_PER_MS


@pytest.mark.parametrize("jump", [-48_000, 48_000 * 3_600])
async def test_broken_clock_is_a_new_beginning(clock: FakeClock, jump: int) -> None:
    """A clock that went back, or far ahead, resets listeners by a short gap instead of an hour of silence."""
    mic, take = microphone(clock)
    take(tone(100_000, 960))
    take(tone(100_960 + jump, 960))
    windows = await drain(mic)
    assert [window.gap_samples for window in windows if window.gap_samples] == [320]


async def test_codec_may_change_in_a_call(clock: FakeClock) -> None:
    """Another rate and layout from one frame to the next is no error."""
    mic, take = microphone(clock)
    take(tone(0, 960))
    frame = tone(960, 320, rate_hz=16_000, channels=2)
    frame.pts = 960
    frame.time_base = Fraction(1, 48_000)
    take(frame)
    assert sum(len(window.samples) for window in await drain(mic)) >= 600


async def test_windows_dropped_unheard_are_owned_up_to(clock: FakeClock) -> None:
    """A listener that fell behind learns of the loss as a gap."""
    mic, take = microphone(clock)
    mic.windows = WindowMailbox(3)
    for index in range(3):
        take(tone(index * 960, 960))
    first = await mic.windows.get()
    for index in range(3, 10):
        take(tone(index * 960, 960))
    second = await mic.windows.get()
    assert second.gap_samples == second.start_sample - first.start_sample - len(first.samples) > 0
    assert (await mic.windows.get()).gap_samples == 0
