"""The agent's voice, sample by sample; frames are taken as fast as they come due."""

import asyncio

import numpy as np
import pytest
from aiortc.mediastreams import MediaStreamError
from av import AudioCodecContext, AudioFrame, Packet
from numpy.typing import NDArray

from agent.core.speech import SpeechChunk
from agent.core.types import read_only
from agent.media import speaker as speaker_module
from agent.media.clause import FRAME_SAMPLES, RATE_HZ
from agent.media.speaker import AHEAD_S, FADE_SAMPLES, Speaker


def speech(
    seconds: float, *, text: str = "one two three four", last: bool = True, rate_hz: int = RATE_HZ
) -> SpeechChunk:
    """A loud constant, whose every step shows."""
    samples = np.full(round(seconds * rate_hz), 0.5, np.float32)
    return SpeechChunk(samples=read_only(samples), rate_hz=rate_hz, text=text, last=last)


@pytest.fixture
def speaker(monkeypatch: pytest.MonkeyPatch) -> Speaker:
    """A speaker whose frames are due at once, so that seconds of speech take no time."""
    monkeypatch.setattr(speaker_module, "FRAME_NS", 0)
    return Speaker()


async def frame(speaker: Speaker) -> AudioFrame:
    """The next 20 ms, which are not ready encoded."""
    sent = await speaker.recv()
    assert isinstance(sent, AudioFrame)
    return sent


async def sound(speaker: Speaker, frames: int) -> NDArray[np.float32]:
    blocks = [(await frame(speaker)).to_ndarray().reshape(-1) for _ in range(frames)]
    heard: NDArray[np.float32] = np.multiply(np.concatenate(blocks), 1 / 32_767, dtype=np.float32)
    return heard


async def test_silence_when_idle(speaker: Speaker) -> None:
    """Frames come without speech too, and are silent; their times follow each other."""
    first, second = await frame(speaker), await frame(speaker)
    assert not first.to_ndarray().any()
    assert (first.samples, first.sample_rate) == (FRAME_SAMPLES, RATE_HZ)
    assert (first.pts, second.pts) == (0, FRAME_SAMPLES)


async def test_speech_is_sent_whole_and_ends_idle(speaker: Speaker) -> None:
    """All of the speech goes out, no more, and listeners learn of beginning and end."""
    told: list[bool] = []
    speaker.on_speaking = told.append
    await speaker.play(speech(0.11))
    assert speaker.speaking
    heard = await sound(speaker, 10)
    assert np.count_nonzero(heard) == pytest.approx(0.11 * RATE_HZ, abs=4)
    assert speaker.idle.is_set() and told == [True, False]
    assert speaker.first_sample_ns is not None


async def test_no_clicks_at_either_end(speaker: Speaker) -> None:
    """Speech fades in and out: no sample differs from the next by more than the fade's slope."""
    await speaker.play(speech(0.1))
    heard = await sound(speaker, 8)
    assert np.abs(np.diff(heard)).max() <= 0.5 / FADE_SAMPLES * 1.1 + 1e-3


@pytest.mark.parametrize("rate_hz", [16_000, 22_050, 44_100])
async def test_any_rate_becomes_48_khz(speaker: Speaker, rate_hz: int) -> None:
    """A voice of another rate lasts as long as it should."""
    await speaker.play(speech(0.5, rate_hz=rate_hz))
    assert speaker.queued_s == pytest.approx(0.5, abs=0.002)


async def test_stopping_is_silent_at_once_and_says_how_far(speaker: Speaker) -> None:
    """Within 10 ms of stopping there is silence; the words that went out are known, the rest is dropped."""
    await speaker.play(speech(0.4, text="first clause.", last=False))
    await speaker.play(speech(0.4, text="second clause has five words"))
    await sound(speaker, 30)
    spoken = speaker.stop_speaking()
    assert spoken.text == "first clause. second clause"
    assert spoken.spoken_ms == pytest.approx(600) and spoken.unspoken_ms == pytest.approx(200)
    heard = await sound(speaker, 3)
    assert np.count_nonzero(heard) <= FADE_SAMPLES
    assert np.abs(np.diff(heard)).max() <= 0.5 / FADE_SAMPLES * 1.1 + 1e-3
    assert not speaker.speaking


async def test_stopping_before_a_sample_went_out_says_nothing_was_said(speaker: Speaker) -> None:
    """A reply that is cut off before its first sample was not heard at all."""
    await speaker.play(speech(0.2))
    spoken = speaker.stop_speaking()
    assert (spoken.text, spoken.spoken_ms) == ("", 0)
    assert not (await sound(speaker, 3)).any()


async def test_pause_holds_and_resume_goes_on_at_the_word_that_was_cut(speaker: Speaker) -> None:
    """Speech between two words is taken up at the quiet place before it was cut; what came before is not repeated."""
    two_words = np.full(round(0.4 * RATE_HZ), 0.5, np.float32)
    two_words[4 * FRAME_SAMPLES : 6 * FRAME_SAMPLES] = 0.001
    await speaker.play(SpeechChunk(samples=read_only(two_words), rate_hz=RATE_HZ, text="one two", last=True))
    await sound(speaker, 10)
    speaker.pause()
    assert np.count_nonzero(await sound(speaker, 5)) <= FADE_SAMPLES
    assert speaker.speaking
    speaker.resume()
    heard = await sound(speaker, 20)
    assert np.count_nonzero(heard > 0.1) == pytest.approx(14 * FRAME_SAMPLES, rel=0.05)
    assert speaker.idle.is_set()


async def test_a_word_may_have_begun_in_the_piece_before(speaker: Speaker) -> None:
    """Speech that comes in pieces is taken up at the quiet place even when that lies in the piece before."""
    words = np.full(round(0.4 * RATE_HZ), 0.5, np.float32)
    words[4 * FRAME_SAMPLES : 6 * FRAME_SAMPLES] = 0.001
    first, second = words[: 8 * FRAME_SAMPLES], words[8 * FRAME_SAMPLES :]
    await speaker.play(SpeechChunk(samples=read_only(first.copy()), rate_hz=RATE_HZ, text="one", last=False))
    await speaker.play(SpeechChunk(samples=read_only(second.copy()), rate_hz=RATE_HZ, text="two", last=True))
    await sound(speaker, 10)
    speaker.pause()
    held = await sound(speaker, 2)
    assert np.abs(np.diff(held)).max() <= 0.5 / FADE_SAMPLES * 1.1 + 1e-3
    speaker.resume()
    heard = await sound(speaker, 20)
    assert np.count_nonzero(heard > 0.1) == pytest.approx(14 * FRAME_SAMPLES, rel=0.05)
    assert speaker.idle.is_set() and speaker.said == "one two"


async def test_resuming_what_was_not_paused_repeats_nothing(speaker: Speaker) -> None:
    """Only a pause is gone back from."""
    await speaker.play(speech(0.2))
    await sound(speaker, 5)
    speaker.resume()
    assert np.count_nonzero(await sound(speaker, 10)) == pytest.approx(0.1 * RATE_HZ, abs=4)


async def test_synthesizer_is_held_back(speaker: Speaker) -> None:
    """Beyond a few seconds of speech `play` waits until some of it was said."""
    await speaker.play(speech(AHEAD_S + 0.01, last=False))
    async with asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(speaker.play(speech(0.1)))
        await asyncio.sleep(0.05)
        assert not waiting.done()
        await sound(speaker, 3)
        async with asyncio.timeout(2):
            await waiting


async def test_stopping_drops_what_waits_to_be_queued(speaker: Speaker) -> None:
    """A clause that was held back when speech stopped is never said."""
    await speaker.play(speech(AHEAD_S + 0.01, last=False))
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(speaker.play(speech(0.1)))
        await asyncio.sleep(0.05)
        speaker.stop_speaking()
    assert speaker.idle.is_set() and speaker.queued_s == 0


async def test_late_clause_is_counted_and_joined(speaker: Speaker) -> None:
    """A clause that comes late leaves silence between, not an end."""
    told: list[bool] = []
    speaker.on_speaking = told.append
    await speaker.play(speech(0.05, last=False))
    await sound(speaker, 5)
    assert speaker.speaking and speaker.underruns == 1
    await speaker.play(speech(0.05))
    await sound(speaker, 5)
    assert told == [True, False]


async def test_utterance_whose_end_never_comes_is_over(speaker: Speaker, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the next clause does not come, the speaker stops waiting for it."""
    await speaker.play(speech(0.05, last=False))
    monkeypatch.setattr(speaker_module, "FRAME_NS", 20_000_000)
    monkeypatch.setattr(speaker, "_beat", _at_once)
    await sound(speaker, 60)
    assert speaker.idle.is_set()


async def _at_once() -> None:
    return


async def test_ended_track_says_so(speaker: Speaker) -> None:
    """After `stop` there are no frames, and `play` returns at once."""
    speaker.stop()
    with pytest.raises(MediaStreamError):
        await speaker.recv()
    await speaker.play(speech(0.1))
    assert not speaker.speaking


class Listener:
    """Decodes what a speaker sends in packets."""

    def __init__(self, speaker: Speaker) -> None:
        self._speaker = speaker
        self._decoder = AudioCodecContext.create("libopus", "r")
        self._decoder.layout = "mono"
        self.times: list[int | None] = []

    async def hear(self, packets: int) -> NDArray[np.float32]:
        """The next samples at 48 kHz."""
        heard = []
        for _ in range(packets):
            packet = await self._speaker.recv()
            assert isinstance(packet, Packet)
            self.times.append(packet.pts)
            heard += [np.asarray(decoded.to_ndarray(), np.int16) for decoded in self._decoder.decode(packet)]
        return np.multiply(np.concatenate(heard, axis=1).reshape(-1), 1 / 32_767, dtype=np.float32)


async def test_silence_goes_out_ready_encoded_and_in_time() -> None:
    """After its tail of silence an encoding speaker sends packets that decode to 20 ms of pure silence each."""
    listener = Listener(Speaker(encodes=True))
    await listener.hear(speaker_module.REST_AFTER_FRAMES + 1)
    assert not (await listener.hear(3)).any()
    assert listener.times == [FRAME_SAMPLES * number for number in range(len(listener.times))]


async def test_speech_ends_a_rest_with_the_next_packet() -> None:
    """What is played during silence comes out of the listener's decoder as loud and as long as it went in."""
    speaker = Speaker(encodes=True)
    listener = Listener(speaker)
    await listener.hear(speaker_module.REST_AFTER_FRAMES + 1)
    tone = 0.5 * np.sin(np.arange(RATE_HZ // 5) * 2 * np.pi * 440 / RATE_HZ).astype(np.float32)
    await speaker.play(SpeechChunk(samples=tone, rate_hz=RATE_HZ, text="a tone", last=True))
    heard = await listener.hear(16)
    loud = np.flatnonzero(np.abs(heard) > 0.05)
    assert loud[-1] - loud[0] == pytest.approx(len(tone), rel=0.05)
    assert np.abs(heard).max() == pytest.approx(0.5, rel=0.1)
