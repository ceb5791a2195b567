"""Following frames as a supervisor: which call is meant, which signals came, and which frame shaped a reply."""

import msgspec
import pytest
from websockets.asyncio.server import ServerConnection, serve

from agent.app.tracing import Follower, choose, follow
from agent.core.errors import CallNotFound, MediaError
from agent.core.signals import AffectSignal, AffectValue, HealthSignal, HealthValue, Signal
from agent.transport.messages import Caption
from agent.transport.supervisor_messages import (
    CallList,
    CallSummary,
    FrameTrace,
    SignalMessage,
    SignalRef,
    StageSpan,
    SupervisorCaption,
)


def _call(call_id: str, started_at: float) -> CallSummary:
    return CallSummary(call_id=call_id, state="speaking", started_at=started_at, locale="en", purposes=())


def _trace(frame_id: int, *seqs: int) -> FrameTrace:
    return FrameTrace(
        call_id="c1",
        frame_id=frame_id,
        rtp_timestamp=0,
        outcome="analysed",
        stage_ms={},
        spans=(StageSpan(name="decode", began_ms=1, took_ms=2),),
        signals=tuple(SignalRef(seq=seq, kind="affect") for seq in seqs),
        captured_at=100.0,
        captured_error_ms=5,
        captured_from="sender",
        arrived_at=100.004,
        published_at=100.02,
        age_ms=20,
    )


def _affect(frame_id: int, seq: int) -> Signal:
    return AffectSignal(
        value=AffectValue(label="unknown", valence=None, arousal=None, trend="unknown", coverage=0),
        **_envelope(frame_id, seq),  # type: ignore[arg-type]
    )


def _envelope(frame_id: int, seq: int) -> dict[str, object]:
    return {
        "call_id": "c1",
        "seq": seq,
        "confidence": None,
        "valid": False,
        "frame_id": frame_id,
        "captured_at": 100.0,
        "captured_error_ms": 5.0,
        "captured_from": "sender",
        "media_ms": 0.0,
        "age_ms": 20.0,
        "sources": (),
    }


def _reply(*seqs: int, speaker: str = "agent", final: bool = True) -> SupervisorCaption:
    caption = Caption(id="r1", speaker=speaker, text="Of course.", final=final, because=("why",), because_seqs=seqs)  # type: ignore[arg-type]
    return SupervisorCaption(call_id="c1", caption=caption)


def test_a_frame_is_told_with_the_signals_that_came() -> None:
    """A microphone's signal of the same number, and one that was replaced on the way, are not among them."""
    follower = Follower(now_s=lambda: 100.025)
    follower.take(SignalMessage(signal=_affect(5, 11)))
    follower.take(
        SignalMessage(signal=HealthSignal(value=HealthValue(state="good"), **_envelope(5, 99)))  # type: ignore[arg-type]
    )
    life = follower.take(_trace(5, 11, 12))
    assert life is not None
    assert [signal.seq for signal in life.signals] == [11]
    assert life.signals[0].after_ms == pytest.approx(25)


def test_the_last_frame_that_a_reply_names_shaped_it() -> None:
    """From the reply's reasons to signals, from these to frames; sooner replies and captions in the making are not."""
    follower = Follower(now_s=lambda: 101.5)
    for frame_id in (5, 6, 7):
        follower.take(_trace(frame_id, frame_id * 10))
    for caption in (_reply(), _reply(3), _reply(60, final=False), _reply(60, speaker="customer")):
        follower.take(caption)
        assert follower.shaped is None
    follower.take(_reply(50, 60))
    assert follower.shaped is not None and follower.shaped.reply is not None
    assert follower.shaped.trace.frame_id == 6
    assert follower.shaped.reply.after_ms == pytest.approx(1_500)


def test_following_for_hours_keeps_no_more_than_minutes() -> None:
    """Frames long gone are forgotten, and naming one of them is no error."""
    follower = Follower(now_s=lambda: 100.0)
    for frame_id in range(5_000):
        follower.take(SignalMessage(signal=_affect(frame_id, frame_id)))
        follower.take(_trace(frame_id, frame_id))
    follower.take(_reply(3))
    assert follower.shaped is None
    assert len(follower.lives) < 2_000 and len(follower._frame_of_seq) < 2_000


def test_the_call_that_is_meant() -> None:
    """ "latest" is the one that began last; the beginning of an id is enough if it is the only one."""
    calls = [_call("aa11", 3), _call("aa22", 9), _call("bb33", 5)]
    assert choose("latest", calls).call_id == "aa22"
    assert choose("bb", calls).call_id == "bb33"
    with pytest.raises(CallNotFound, match="several live calls begin with aa; there are: aa11, aa22, bb33"):
        choose("aa", calls)
    with pytest.raises(CallNotFound, match="no live call begins with cc; there are: aa11, aa22, bb33"):
        choose("cc", calls)
    with pytest.raises(CallNotFound, match="no call is going on"):
        choose("latest", [])


async def test_an_agent_that_goes_away_is_one_sentence() -> None:
    """Whoever follows a call learns that the connection broke off; it is no crash of theirs."""

    async def breaks_off(socket: ServerConnection) -> None:
        await socket.send(msgspec.json.encode(CallList(calls=(_call("aa11", 3),))).decode())
        await socket.recv()
        await socket.close(1011, "out of order")

    async with serve(breaks_off, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        with pytest.raises(MediaError, match="broke the connection off"):
            await follow(url, "latest", frames=1, until_reply=False, within_s=10)
