"""People on a call: what a customer sends is shown as it came, and a person is seen and heard in the agent's place."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from fractions import Fraction

import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpReceiver, RTCSessionDescription
from aiortc.mediastreams import MediaStreamTrack
from av import VideoFrame

from agent.core.errors import OfferRejected
from agent.media.barcode import read_barcode
from agent.media.caller import CameraTrack
from agent.media.candidates import CandidateSieve, reaches_for
from agent.media.peer import Peer
from agent.media.relay import BACKLOG_FRAMES, EncodedTrack, Relay
from agent.media.speaker import Speaker
from agent.media.staff_link import StaffLink
from tests.media.conftest import AGREED, Dial, barcoded
from tests.media.test_peer import next_frame, number_of, tone

KEYFRAME = b"\x10\x00\x00\x9d\x01\x2a\x40\x01"
OTHER_FRAME = b"\x11\x00\x00\x00\x00\x00\x00\x00"


def sieve() -> CandidateSieve:
    return CandidateSieve(reaches_for(None, private=None))


@asynccontextmanager
async def offering(*tracks: MediaStreamTrack | str) -> AsyncIterator[RTCPeerConnection]:
    """A browser's side that sends `tracks`, or receives the kinds that are named, with its offer made."""
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    for track in tracks:
        if isinstance(track, str):
            connection.addTransceiver(track, direction="recvonly")
        else:
            connection.addTransceiver(track, direction="sendonly")
    await connection.setLocalDescription(await connection.createOffer())
    try:
        yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def linked(connection: RTCPeerConnection, link: StaffLink) -> AsyncIterator[asyncio.Task[None]]:
    """The link, answered and up; gives its running task."""
    await connection.setRemoteDescription(RTCSessionDescription(link.answer_sdp, "answer"))
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(link.run())
        try:
            async with asyncio.timeout(10):
                await link.connected.wait()
            yield running
        finally:
            await link.close()


async def watched(peer: Peer, connection: RTCPeerConnection) -> StaffLink:
    return await StaffLink.viewing(connection.localDescription.sdp, sieve(), relays=peer.relays, codecs=peer.codecs)


def received(connection: RTCPeerConnection, kind: str) -> MediaStreamTrack:
    return next(one.receiver.track for one in connection.getTransceivers() if one.kind == kind)


@pytest.mark.parametrize("codec", ["video/VP8", "video/H264"])
async def test_a_supervisor_sees_the_very_frames(dial: Dial, codec: str) -> None:
    """The picture that arrives carries the numbers of what was sent, under an RTP time that leads back to the frame."""
    async with dial(frames=barcoded(), video_codec=codec) as line:
        await next_frame(line.peer)
        async with offering("video", "audio") as browser:
            link = await watched(line.peer, browser)
            async with linked(browser, link):
                seen, analysed = dict[int, int](), dict[int, int]()
                track = received(browser, "video")
                async with asyncio.timeout(10):
                    while len(seen.keys() & analysed.keys()) < 8:
                        frame, read = await asyncio.gather(track.recv(), next_frame(line.peer))
                        assert isinstance(frame, VideoFrame) and frame.pts is not None
                        shown, known = read_barcode(frame.to_ndarray(format="gray")), number_of(read)
                        if shown is not None and known is not None:
                            seen[shown], analysed[known] = frame.pts, read.stamp.rtp_timestamp
                offset = link.outgoing_offset("video")
    assert offset is not None
    both = seen.keys() & analysed.keys()
    assert {number: (seen[number] - offset) % (1 << 32) for number in both} == {
        number: analysed[number] for number in both
    }


async def test_nobody_is_shown_what_was_not_agreed_to(dial: Dial) -> None:
    """Once nothing may be seen any more, no frame is put together, and so none is passed on."""
    async with dial(frames=barcoded()) as line:
        await next_frame(line.peer)
        track = line.peer.relays["video"].open()
        line.peer.withdraw(AGREED.without(*AGREED.purposes))
        while track._backlog:
            await track.recv()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await track.recv()


async def test_a_person_speaks_in_the_agents_place(dial: Dial) -> None:
    """The customer hears the person's own encoded sound and sees their picture, and the agent again afterwards; nothing
    of it is decoded here."""
    async with dial(frames=barcoded()) as line:
        await next_frame(line.peer)
        voice = Speaker()
        async with offering(voice, CameraTrack(barcoded())) as browser:
            link = await StaffLink.standing_in(browser.localDescription.sdp, sieve(), codecs=line.peer.codecs)
            async with linked(browser, link):
                line.peer.set_voice_track(link.incoming["audio"].open())
                line.peer.set_staff_video(link.incoming["video"].open())
                heard_before = len(line.caller.recording.spans)
                await voice.play(tone(1.0))
                picture = received(line.caller._connection, "video")
                async with asyncio.timeout(10):
                    frame = await picture.recv()
                await voice.idle.wait()
                await asyncio.sleep(0.4)
                assert isinstance(frame, VideoFrame)
                assert len(line.caller.recording.spans) > heard_before
                assert all(receiver.decoded.taken == 0 for receiver in link._receivers)
                line.peer.set_voice_track(None)
                line.peer.set_staff_video(None)
                spans = len(line.caller.recording.spans)
                await line.peer.speaker.play(tone(0.5))
                await line.peer.speaker.idle.wait()
                await asyncio.sleep(0.4)
                assert len(line.caller.recording.spans) > spans


async def test_a_person_who_loses_the_network_is_let_go(dial: Dial) -> None:
    """Without a packet for two seconds the link is over, so that the agent can go on."""
    async with dial(frames=barcoded()) as line:
        async with offering(Speaker()) as browser:
            link = await StaffLink.standing_in(browser.localDescription.sdp, sieve(), codecs=line.peer.codecs)
            async with linked(browser, link) as running:
                for transceiver in browser.getTransceivers():
                    transceiver.sender._enabled = False
                async with asyncio.timeout(6):
                    await running
                assert not link.over, "it was let go for its silence, not because it was closed"


async def test_an_offer_that_cannot_be_served_is_refused(dial: Dial) -> None:
    """A viewer whose browser has not the customer's codec, and one with a data channel, are told so."""
    async with dial(frames=barcoded(), video_codec="video/H264") as line:
        await next_frame(line.peer)
        connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        capabilities = RTCRtpReceiver.getCapabilities("video")
        assert capabilities is not None
        only_vp8 = [one for one in capabilities.codecs if one.mimeType == "video/VP8"]
        connection.addTransceiver("video", direction="recvonly").setCodecPreferences(only_vp8)
        await connection.setLocalDescription(await connection.createOffer())
        with pytest.raises(OfferRejected, match="H264"):
            await watched(line.peer, connection)
        await connection.close()
        connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        connection.addTransceiver("audio", direction="recvonly")
        connection.createDataChannel("agent")
        await connection.setLocalDescription(await connection.createOffer())
        with pytest.raises(OfferRejected, match="data channel"):
            await watched(line.peer, connection)
        await connection.close()


async def test_keyframes_are_asked_for_once_for_all() -> None:
    """Ten viewers who join at a time cost the sender one keyframe."""
    asked: list[None] = []
    relay = Relay("video", 90_000, lambda: asked.append(None))
    tracks = [relay.open() for _ in range(10)]
    relay.put(OTHER_FRAME, 0)
    relay.put(KEYFRAME, 3_000)
    relay.put(OTHER_FRAME, 6_000)
    assert len(asked) == 1
    assert [(await track.recv()).pts for track in tracks] == [3_000] * 10


async def test_a_viewer_that_cannot_keep_up_goes_on_with_a_keyframe() -> None:
    """What has piled up is let go, and nothing that builds on it is sent."""
    track = EncodedTrack("video", 90_000)
    track.put(KEYFRAME, 0)
    for number in range(1, BACKLOG_FRAMES + 3):
        track.put(OTHER_FRAME, number)
    assert not track._backlog and track.dropped == BACKLOG_FRAMES + 3
    track.put(KEYFRAME, 9_000)
    assert (await track.recv()).pts == 9_000


async def test_times_are_those_of_the_codec() -> None:
    """Sound of a telephone's codec counts 8,000 ticks a second, not the 48,000 of Opus."""
    relay = Relay("audio", 8_000, lambda: None)
    track = relay.open()
    relay.put(b"\xff" * 160, 160)
    packet = await track.recv()
    assert packet.time_base is not None and packet.pts is not None
    assert packet.pts * packet.time_base == Fraction(1, 50)
