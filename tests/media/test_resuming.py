"""A call whose connection breaks goes on over another one, as if there had been one all along."""

import asyncio

import pytest
from aiortc import RTCPeerConnection

from agent.core.consent import Purpose
from agent.core.errors import MediaError, OfferRejected
from agent.core.lifecycle import EndReason
from agent.core.settings import MediaSettings
from agent.media.peer import Peer
from agent.media.relay import EncodedTrack
from agent.media.speaker import Speaker
from tests.media.conftest import AGREED, Dial, barcoded
from tests.media.test_offer import page_offer
from tests.media.test_peer import tone

PATIENT = MediaSettings(resume_within_s=30)


async def lose(connection: RTCPeerConnection, states: "asyncio.Queue[bool]") -> None:
    """The customer's connection breaks, and the agent has noticed."""
    await connection.close()
    async with asyncio.timeout(10):
        assert await states.get() is False


def followed(peer: Peer) -> "asyncio.Queue[bool]":
    """What the peer says of its line, as it says it."""
    states: asyncio.Queue[bool] = asyncio.Queue()
    peer.on_line = states.put_nowait
    return states


@pytest.mark.timeout(60)
async def test_the_call_goes_on_over_another_connection(dial: Dial) -> None:
    """Pictures, sound and messages flow again both ways; numbers and times of frames and windows run on."""
    async with dial(frames=barcoded(), settings=PATIENT) as line:
        peer, states = line.peer, followed(line.peer)
        assert peer.frames is not None and peer.windows is not None and peer.channel is not None
        async with asyncio.timeout(10):
            before, heard = await peer.frames.get(), await peer.windows.get()
        await lose(line.caller._connection, states)
        peer.channel.send("while you were away")
        assert not line.ended.done()
        async with line.another().call() as again, asyncio.timeout(20):
            assert await states.get() is True
            peer.frames.clear()
            peer.windows.clear()
            after, heard_after = await peer.frames.get(), await peer.windows.get()
            assert again.channel is not None
            await again.channel.opened.wait()
            again.channel.send("here I am")
            assert await peer.channel.inbox.get() == "here I am"
            await peer.speaker.play(tone(0.3))
            await again.recording.heard.wait()
        assert after.stamp.frame_id > before.stamp.frame_id
        assert after.stamp.media_ms > before.stamp.media_ms
        assert heard_after.start_sample > heard.start_sample
        assert again.messages == 1
        assert peer.statistics.connections == 2


async def test_who_comes_back_takes_the_place_of_the_connection_that_is_still_there(dial: Dial) -> None:
    """The old connection is closed by the new one, whether the agent had noticed a loss or not."""
    async with dial(settings=PATIENT) as line:
        states = followed(line.peer)
        async with line.another().call(), asyncio.timeout(10):
            assert await states.get() is True, "a loss was told that there was not"
            await line.caller.ended.wait()
        assert not line.ended.done()


async def test_who_comes_back_twice_at_once_has_one_connection(dial: Dial) -> None:
    """Of two offers that come together both are answered, and one connection stays; nothing is left of the others."""
    async with dial(settings=PATIENT) as line:
        offers = [await page_offer(), await page_offer()]
        answers = await asyncio.gather(*(line.peer.resume(offer) for offer in offers))
        assert answers[0] != answers[1] and line.peer.answer_sdp in answers
        assert len(line.peer._open) == 1 and line.peer.statistics.connections == 3
        await line.peer.close()
        assert line.peer._open == set()


async def test_who_does_not_come_back_has_left(dial: Dial) -> None:
    """After the set time the call has ended, for the reason for which the connection did."""
    async with dial(settings=MediaSettings(resume_within_s=0.3)) as line:
        await lose(line.caller._connection, followed(line.peer))
        async with asyncio.timeout(5):
            assert await line.ended is EndReason.CUSTOMER_LEFT


async def test_an_offer_that_cannot_be_answered_changes_nothing(dial: Dial) -> None:
    """A bad offer is refused, and so is one in other codecs, as staff are passed on what comes; the call goes on."""
    async with dial(frames=barcoded(), settings=PATIENT, video_codec="video/VP8") as line:
        with pytest.raises(OfferRejected, match="no SDP"):
            await line.peer.resume("hello")
        other = line.another()
        other._video_codec = "video/H264"
        with pytest.raises(MediaError, match="prefer that again"):
            async with other.call():
                pass
        assert not line.ended.done() and not line.caller.ended.is_set()
        assert line.peer.statistics.connections == 1


@pytest.mark.timeout(60)
async def test_viewers_are_passed_on_the_picture_of_the_new_connection(dial: Dial) -> None:
    """A viewer's track goes on with a keyframe, at times that only move forward."""
    async with dial(frames=barcoded(), settings=PATIENT) as line:
        states = followed(line.peer)
        track: EncodedTrack = line.peer.relays["video"].open()
        async with asyncio.timeout(10):
            last = await track.recv()
        await lose(line.caller._connection, states)
        while track._backlog:
            last = await track.recv()
        async with line.another().call(), asyncio.timeout(20):
            after = await track.recv()
        assert last.pts is not None and after.pts is not None and after.pts > last.pts
        assert bytes(after)[0] & 1 == 0, "the first frame of another encoder is a keyframe (RFC 6386 section 9.1)"


async def test_what_was_taken_back_stays_so(dial: Dial) -> None:
    """A track that was closed as its purpose was withdrawn is not read over another connection either."""
    async with dial(frames=barcoded(), settings=PATIENT) as line:
        states = followed(line.peer)
        line.peer.withdraw(AGREED.without(Purpose.EXPRESSION, Purpose.GESTURE))
        await lose(line.caller._connection, states)
        async with line.another().call(), asyncio.timeout(10):
            assert await states.get() is True
            assert line.peer.frames is not None and line.peer.frames.closed
            assert not line.peer._connection.receivers["video"]._enabled  # type: ignore[union-attr]


async def test_what_the_first_connection_had_not_is_not_taken(dial: Dial) -> None:
    """What a connection brings that the first had not is not taken, and costs nothing of what it had."""
    async with dial(frames=barcoded(), voice=False, settings=PATIENT) as line:
        states = followed(line.peer)
        again = line.another()
        again.voice = Speaker()
        async with again.call(), asyncio.timeout(10):
            assert await states.get() is True
            assert line.peer.frames is not None and line.peer.windows is None
            line.peer.frames.clear()
            await line.peer.frames.get()
        assert "audio" not in line.peer.relays and line.peer.statistics.audio.frames == 0


async def test_who_no_longer_waits_for_a_connection_to_close_leaves_it_to_close(dial: Dial) -> None:
    """A call that ends while its connection is being closed, by whoever began that."""
    async with dial() as line, asyncio.TaskGroup() as tasks:
        connection = line.peer._connection
        assert connection is not None
        closing = tasks.create_task(connection._connection.close())
        await asyncio.sleep(0)
        waiting = tasks.create_task(connection.close())
        await asyncio.sleep(0)
        waiting.cancel()
        await closing
