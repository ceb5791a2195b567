"""Calls between a real caller and a real peer."""

import asyncio
import threading

import httpx
import numpy as np
import pytest
from aiortc import RTCConfiguration, RTCPeerConnection

from agent.core.clock import SystemClock
from agent.core.consent import Choice, Consent, Purpose, consent_for
from agent.core.errors import MediaError, OfferRejected
from agent.core.lifecycle import EndReason
from agent.core.settings import MediaSettings
from agent.core.speech import SpeechChunk
from agent.core.types import CameraFrame, CaptureOrigin, read_only
from agent.media.barcode import read_barcode
from agent.media.caller import Caller
from agent.media.peer import Peer
from agent.media.speaker import Speaker
from tests.media.conftest import AGREED, Dial, barcoded
from tests.media.test_offer import page_offer

NOTHING = Consent(version="test", locale="en", given_at=0, purposes=frozenset())


def tone(seconds: float, *, text: str = "one two three four five", last: bool = True) -> SpeechChunk:
    samples = np.sin(np.arange(round(seconds * 22_050)) * 0.1).astype(np.float32) * 0.5
    return SpeechChunk(samples=read_only(samples), rate_hz=22_050, text=text, last=last)


async def next_frame(peer: Peer) -> CameraFrame:
    assert peer.frames is not None
    async with asyncio.timeout(5):
        return await peer.frames.get()


def number_of(frame: CameraFrame) -> int | None:
    return read_barcode(frame.pixels.rgb()[:, :, 1])


@pytest.mark.parametrize("codec", ["video/VP8", "video/H264", None])
async def test_picture_of_either_codec_arrives_in_order(dial: Dial, codec: str | None) -> None:
    """Frames come out decoded, numbered and in the order of capture, whichever codec is offered."""
    async with dial(frames=barcoded(), video_codec=codec) as line:
        frames = [await next_frame(line.peer) for _ in range(15)]
        numbers = [number for frame in frames if (number := number_of(frame)) is not None]
        assert len(numbers) >= 12
        assert numbers == sorted(set(numbers))
        assert [frame.stamp.frame_id for frame in frames] == sorted({frame.stamp.frame_id for frame in frames})
        assert (frames[0].width_px, frames[0].height_px) == (320, 240)


async def test_rtp_time_is_the_senders(dial: Dial) -> None:
    """Consecutive stamps differ by the 90 kHz ticks between the captures, and do not begin at zero."""
    async with dial(frames=barcoded()) as line:
        frames = [await next_frame(line.peer) for _ in range(10)]
        first, last = frames[1], frames[-1]
        camera = line.caller.camera
        assert camera is not None
        a, b = number_of(first), number_of(last)
        assert a is not None and b is not None
        apart_ns = camera.sent_ns[b] - camera.sent_ns[a]
        ticks = (last.stamp.rtp_timestamp - first.stamp.rtp_timestamp) % (1 << 32)
        assert abs(ticks - apart_ns * 90_000 / 1e9) <= 2
        assert last.stamp.media_ms - first.stamp.media_ms == pytest.approx(ticks / 90, abs=0.1)


async def test_capture_time_is_known_once_the_page_answers_pings(dial: Dial) -> None:
    """With a sender report and a ping answered, a frame's capture time is the true one within its stated error."""
    async with dial(frames=barcoded()) as line:
        camera = line.caller.camera
        assert camera is not None
        clock = line.peer._clock
        now_ns = clock.now_ns()
        line.peer.page_clock.on_pong(sent_ns=now_ns - 1_000_000, received_ns=now_ns, page_ns=clock.wall_ns() - 500_000)
        async with asyncio.timeout(8):
            while (frame := await next_frame(line.peer)).stamp.captured_from is not CaptureOrigin.SENDER:
                pass
        assert frame.stamp.captured_error_ns <= 100_000_000
        assert frame.stamp.captured_ns <= frame.stamp.arrived_ns


async def test_sound_arrives_without_gaps(dial: Dial) -> None:
    """Windows of 16 kHz mono follow each other sample by sample, and carry what was said."""
    async with dial() as line:
        assert line.caller.voice is not None and line.peer.windows is not None
        await line.caller.voice.play(tone(0.5))
        windows = [await line.peer.windows.get() for _ in range(50)]
        assert all(window.gap_samples == 0 for window in windows)
        starts = [window.start_sample for window in windows]
        assert starts == list(np.cumsum([0, *(len(window.samples) for window in windows[:-1])]))
        assert max(float(np.abs(window.samples).max()) for window in windows) > 0.3
        assert not windows[0].samples.flags.writeable


async def test_voice_and_messages_reach_the_customer(dial: Dial) -> None:
    """The customer hears what the speaker plays, and messages go both ways over the channel."""
    async with dial(on_message=lambda text: f"echo {text}") as line:
        channel = line.peer.channel
        assert channel is not None
        channel.send("before the channel is open")
        await line.peer.speaker.play(tone(0.4))
        async with asyncio.timeout(5):
            assert await channel.inbox.get() == "echo before the channel is open"
            await line.peer.speaker.idle.wait()
            await line.caller.recording.heard.wait()
        assert (await line.caller.report()).messages == 1


async def test_slow_consumer_gets_the_newest_frame(dial: Dial) -> None:
    """Whoever looks late sees the last picture, not the oldest one waiting."""
    async with dial(frames=barcoded()) as line:
        camera = line.caller.camera
        assert camera is not None and line.peer.frames is not None
        await next_frame(line.peer)
        await asyncio.sleep(1.0)
        number = number_of(await next_frame(line.peer))
        assert number is not None
        assert len(camera.sent_ns) - number <= 10
        assert line.peer.frames.dropped >= 10


async def test_send_only_offer_is_answered_receive_only(dial: Dial) -> None:
    """A plain WHIP client gets a=recvonly and no data channel, and a speaker that keeps its pace all the same."""
    async with dial(frames=barcoded(), send_only=True) as line:
        assert line.peer.channel is None
        assert line.peer.answer_sdp.count("a=recvonly") == 2
        assert "a=sendrecv" not in line.peer.answer_sdp
        await next_frame(line.peer)
        await line.peer.speaker.play(tone(0.1))
        async with asyncio.timeout(3):
            await line.peer.speaker.idle.wait()


async def test_our_page_gets_all_slots_in_the_first_answer(dial: Dial) -> None:
    """Sound, picture and channel are answered both ways at once, so that nothing is ever negotiated again."""
    async with dial(frames=barcoded()) as line:
        assert line.peer.answer_sdp.count("a=sendrecv") == 2
        assert "webrtc-datachannel" in line.peer.answer_sdp


@pytest.mark.parametrize("kind", ["audio", "video"])
async def test_one_kind_of_media_is_enough(dial: Dial, kind: str) -> None:
    """A call with a microphone or a camera alone is served, and says which one there is."""
    async with dial(frames=barcoded() if kind == "video" else None, voice=kind == "audio") as line:
        assert (line.peer.frames is None) is (kind == "audio")
        assert (line.peer.windows is None) is (kind == "video")


async def test_nothing_agreed_to_is_never_decoded(dial: Dial) -> None:
    """Without a purpose for it a track has no mailbox and reaches no decoder, though its packets are taken."""
    async with dial(frames=barcoded(), consent=NOTHING) as line:
        assert line.peer.frames is None and line.peer.windows is None
        await asyncio.sleep(0.7)
        assert line.peer.statistics.video.packets > 0 and line.peer.statistics.audio.packets > 0
        assert line.peer.statistics.video.frames == 0
        assert line.peer.statistics.audio.frames == 0


async def test_withdrawn_picture_stops_at_once(dial: Dial) -> None:
    """Taking back every purpose of the picture closes its mailbox; sound goes on."""
    async with dial(frames=barcoded()) as line:
        await next_frame(line.peer)
        line.peer.withdraw(AGREED.without(Purpose.EXPRESSION, Purpose.GESTURE))
        assert line.peer.frames is not None and line.peer.frames.closed
        decoded = line.peer.statistics.video.frames
        assert line.peer.windows is not None
        await line.peer.windows.get()
        await asyncio.sleep(0.3)
        assert line.peer.statistics.video.frames <= decoded + 2


async def test_gesture_alone_still_needs_the_picture(dial: Dial) -> None:
    """Without emotion analysis the picture is still received, for hand signs."""
    consent = consent_for(Choice.WITHOUT_EMOTION, locale="en", given_at=0)
    async with dial(frames=barcoded(), consent=consent) as line:
        frame = await next_frame(line.peer)
        assert frame.call_id == line.peer.call_id


async def test_hanging_up_ends_the_run(dial: Dial) -> None:
    """When the customer's side closes and does not come back, the run ends with that reason."""
    async with dial(settings=MediaSettings(resume_within_s=0)) as line:
        await line.caller._connection.close()
        async with asyncio.timeout(5):
            assert await line.ended is EndReason.CUSTOMER_LEFT


async def test_silence_on_the_wire_ends_the_run(dial: Dial) -> None:
    """A connection on which no packet comes for the set time has ended."""
    async with dial(settings=MediaSettings(silent_after_s=0.6, resume_within_s=0)) as line:
        assert line.caller.voice is not None
        line.caller.voice.stop()
        async with asyncio.timeout(5):
            assert await line.ended is EndReason.MEDIA_STOPPED


async def test_offer_that_never_connects_ends_the_run() -> None:
    """An answered offer whose sender never shows up is given up after the set time."""
    peer = await Peer.answer(
        await page_offer(),
        call_id="call-1",
        consent=AGREED,
        clock=SystemClock(),
        settings=MediaSettings(connect_within_s=0.3),
    )
    try:
        async with asyncio.timeout(5):
            assert await peer.run() is EndReason.NEVER_CONNECTED
    finally:
        await peer.close()


async def test_nothing_is_left_after_a_call(dial: Dial) -> None:
    """When a call is closed its tasks and threads are gone, and a second close does nothing."""
    before = asyncio.all_tasks()
    async with dial(frames=barcoded()) as line:
        await next_frame(line.peer)
        await line.peer.close()
        await line.peer.close()
    await asyncio.sleep(0.05)
    assert asyncio.all_tasks() <= before
    assert not [thread for thread in threading.enumerate() if "decoder" in thread.name]


async def test_staff_take_the_voice_and_give_it_back(dial: Dial) -> None:
    """The voice slot carries another track for a while without any new negotiation."""
    async with dial() as line:
        staff = Speaker()
        line.peer.set_voice_track(staff)
        await staff.play(tone(0.3))
        async with asyncio.timeout(5):
            await staff.idle.wait()
            await line.caller.recording.heard.wait()
        line.peer.set_voice_track(None)
        await asyncio.sleep(0.5)
        line.caller.recording.heard.clear()
        await asyncio.sleep(0.2)
        assert not line.caller.recording.heard.is_set(), "somebody is heard while neither speaks"
        await line.peer.speaker.play(tone(0.3))
        async with asyncio.timeout(5):
            await line.caller.recording.heard.wait()


async def test_refused_call_says_why() -> None:
    """A caller that is refused raises what the server said, and leaves nothing behind."""

    async def refuse(request: httpx.Request) -> httpx.Response:
        return httpx.Response(503, text="all lines are busy")

    async with httpx.AsyncClient(transport=httpx.MockTransport(refuse)) as client:
        with pytest.raises(MediaError, match="503 all lines are busy"):
            async with Caller("http://agent.test/whip", "token", client=client).call():
                pass
    await asyncio.sleep(0.05)
    assert len(asyncio.all_tasks()) == 1


async def test_offer_that_sends_nothing_is_rejected() -> None:
    """An offer of a data channel alone is refused with its own status."""
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    connection.createDataChannel("agent")
    await connection.setLocalDescription(await connection.createOffer())
    with pytest.raises(OfferRejected, match="neither audio nor video") as refused:
        await Peer.answer(
            connection.localDescription.sdp,
            call_id="call-1",
            consent=AGREED,
            clock=SystemClock(),
            settings=MediaSettings(),
        )
    assert refused.value.status == 422
    await connection.close()
