"""The agent's side against real WebSocket servers: good ones, slow ones, ones that send garbage, and ones that die."""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from agent.core.errors import SettingsError
from agent.core.mailbox import MailboxClosed
from agent.dialogue.client import ReplyClient
from agent.dialogue.codec import decode_to_engine, encode
from agent.dialogue.link_timing import LinkTiming
from agent.dialogue.outbox import Outbox
from agent.dialogue.protocol import (
    AgentHello,
    CallEnded,
    CallStarted,
    Chat,
    ConsentChanged,
    EngineHello,
    Note,
    Say,
    SignalSeen,
    ToEngine,
    Utterance,
)
from agent.dialogue.sieve import BURST_MESSAGES, MESSAGES_A_S
from tests.dialogue.wire import affect_signal, gesture_signal

pytestmark = pytest.mark.usefixtures("unblocked_loop")

QUICK = LinkTiming(
    connect_within_s=1.0, first_retry_s=0.01, longest_retry_s=0.05, stable_after_s=5.0, flush_within_s=1.0
)
CALL = CallStarted(call_id="c1", locale="en", customer="guest")
Engine = Callable[[ServerConnection], Awaitable[None]]


@asynccontextmanager
async def engine_at(engine: Engine, *, port: int = 0) -> AsyncIterator[str]:
    """A WebSocket server that treats each connection as `engine` says, and its address."""
    async with serve(engine, "127.0.0.1", port, compression=None, close_timeout=1) as server:
        yield f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"


@asynccontextmanager
async def client_of(url: str, *, timing: LinkTiming = QUICK) -> AsyncIterator[tuple[ReplyClient, asyncio.Queue[bool]]]:
    """A running client, and the changes of its link; finished at the end, which must not raise."""
    changes: asyncio.Queue[bool] = asyncio.Queue()
    client = ReplyClient(
        url, CALL, timing=timing, random_source=random.Random(1), on_link=lambda up, _: changes.put_nowait(up)
    )
    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        tasks.create_task(client.run())
        yield client, changes
        client.finish("customer_left")


async def read_until_closed(socket: ServerConnection) -> list[ToEngine]:
    """Every message that the agent sends, hello first."""
    messages = [decode_to_engine(frame) async for frame in socket]
    return [message for message in messages if isinstance(message, ToEngine)]


async def test_introduces_itself_and_carries_both_ways() -> None:
    """The agent says hello, introduces the call, passes messages on in order, and ends with `call_ended`."""
    heard: asyncio.Future[list[ToEngine]] = asyncio.get_running_loop().create_future()

    async def engine(socket: ServerConnection) -> None:
        await socket.send(encode(EngineHello(engine="test")))
        await socket.send(encode(Say(id="s1", text="Hello")))
        heard.set_result(await read_until_closed(socket))

    async with engine_at(engine) as url:
        async with client_of(url) as (client, changes):
            assert await client.incoming.get() == Say(id="s1", text="Hello")
            assert client.connected
            assert await changes.get()
            client.send(Utterance(id=0, text="where is my order"))
            client.send(Chat(text="A1042"))
    assert heard.result() == [
        AgentHello(),
        CALL,
        Utterance(id=0, text="where is my order"),
        Chat(text="A1042"),
        CallEnded(reason="customer_left"),
    ]
    with pytest.raises(MailboxClosed):
        await client.incoming.get()


async def test_garbage_is_counted_and_the_connection_goes_on() -> None:
    """Broken JSON, wrong types, a megabyte and an unknown type do no harm to what comes after them."""

    async def engine(socket: ServerConnection) -> None:
        await socket.send("}{")
        await socket.send(encode(EngineHello()))
        for frame in ("not json", b"\x00\xff", '{"type":"say"}', '{"type":"note","text":"' + "x" * 1_000_000 + '"}'):
            await socket.send(frame)
        await socket.send('{"type":"sing","song":1}')
        await socket.send(encode(Note(text="still here")))
        await socket.wait_closed()

    async with engine_at(engine) as url, client_of(url) as (client, changes):
        assert await client.incoming.get() == Note(text="still here")
        assert (client.statistics.malformed, client.statistics.unknown) == (5, 1)
        assert await changes.get() and changes.empty()


async def test_message_beyond_the_hard_limit_costs_only_the_connection() -> None:
    """Five megabytes in one message close the connection; the client comes back and says that it resumes."""
    calls: asyncio.Queue[CallStarted] = asyncio.Queue()

    async def engine(socket: ServerConnection) -> None:
        await socket.send(encode(EngineHello()))
        await socket.recv()
        started = decode_to_engine(await socket.recv())
        assert isinstance(started, CallStarted)
        await calls.put(started)
        if not started.resumed:
            await socket.send("x" * 5_000_000)
        await socket.wait_closed()

    async with engine_at(engine) as url, client_of(url) as (client, changes):
        assert not (await calls.get()).resumed
        assert (await calls.get()).resumed
        assert client.statistics.losses == 1
        assert [await changes.get() for _ in range(3)] == [True, False, True]


async def test_engine_that_dies_is_met_again_with_what_waited() -> None:
    """While the engine is away events wait and state signals collapse; all arrive once it is back, in order."""
    gone = asyncio.Event()

    async def dying(socket: ServerConnection) -> None:
        await socket.send(encode(EngineHello()))
        await socket.recv()
        await socket.recv()
        gone.set()

    heard: asyncio.Future[list[ToEngine]] = asyncio.get_running_loop().create_future()

    async def reborn(socket: ServerConnection) -> None:
        await socket.send(encode(EngineHello()))
        heard.set_result(await read_until_closed(socket))

    lost = asyncio.Event()
    back = asyncio.Event()
    client: ReplyClient | None = None
    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        async with engine_at(dying) as url:
            client = ReplyClient(url, CALL, timing=QUICK, on_link=lambda up, _: (back if up else lost).set())
            tasks.create_task(client.run())
            await gone.wait()
            await lost.wait()
        back.clear()
        for seq in range(50):
            client.send(SignalSeen(signal=affect_signal(valence=-0.5, seq=seq)))
        client.send(Chat(text="anyone there?"))
        async with engine_at(reborn, port=int(url.rpartition(":")[2])):
            await back.wait()
            client.finish("customer_left")
            messages = await heard
    assert messages == [
        AgentHello(),
        CallStarted(call_id="c1", locale="en", customer="guest", resumed=True),
        SignalSeen(signal=affect_signal(valence=-0.5, seq=49)),
        Chat(text="anyone there?"),
        CallEnded(reason="customer_left"),
    ]


async def test_no_engine_at_all_is_said_once() -> None:
    """An address where nobody listens is reported as lost once, however many attempts follow, and ends quietly."""
    async with engine_at(read_nothing) as url:
        pass
    async with client_of(url) as (client, changes):
        assert await changes.get() is False
        client.send(Chat(text="hello?"))
    assert changes.empty()
    assert client.statistics.connections == 0


async def read_nothing(socket: ServerConnection) -> None:
    """An engine that accepts and then neither reads nor speaks."""
    await socket.wait_closed()


@pytest.mark.parametrize(
    "engine_says", [None, encode(EngineHello(protocol=2)), "x" * 100], ids=["silence", "version 2", "garbage"]
)
async def test_engine_without_a_proper_hello_is_not_used(engine_says: str | None) -> None:
    """An engine that says no hello, or one of another version, is reported as lost; nothing of the call reaches it."""
    heard: asyncio.Queue[object] = asyncio.Queue()

    async def engine(socket: ServerConnection) -> None:
        if engine_says is not None:
            await socket.send(engine_says)
        async for frame in socket:
            await heard.put(decode_to_engine(frame))

    impatient = LinkTiming(connect_within_s=0.05, first_retry_s=5.0, flush_within_s=0.1)
    async with engine_at(engine) as url, client_of(url, timing=impatient) as (client, changes):
        assert await heard.get() == AgentHello()
        assert await changes.get() is False
        assert not client.connected
        assert heard.empty()


async def test_engine_that_stops_reading_never_makes_the_call_wait() -> None:
    """With a stalled engine `send` returns at once, what waits stays bounded, and `finish` still ends the run."""

    async def engine(socket: ServerConnection) -> None:
        await socket.send(encode(EngineHello()))
        # Nothing is taken from the socket, so that the buffers of both sides fill up.
        socket.transport.pause_reading()
        await tired.wait()
        socket.transport.resume_reading()

    tired = asyncio.Event()
    async with engine_at(engine) as url:
        impatient = LinkTiming(connect_within_s=1.0, flush_within_s=0.1)
        async with client_of(url, timing=impatient) as (client, changes):
            assert await changes.get()
            for _ in range(5_000):
                client.send(Chat(text="x" * 4_000))
                await asyncio.sleep(0)
        assert client.events_dropped > 0
        tired.set()


async def test_words_stay_out_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """What is said, even in a broken message, is not logged."""

    async def engine(socket: ServerConnection) -> None:
        await socket.send(encode(EngineHello()))
        await socket.send('{"type":"say","id":1,"text":"my secret"}')
        await socket.send(encode(Say(id="s", text="my secret")))
        await socket.wait_closed()

    with caplog.at_level(logging.DEBUG, logger="agent"):
        async with engine_at(engine) as url, client_of(url) as (client, _):
            client.send(Chat(text="my secret"))
            await client.incoming.get()
    assert "call c1" in caplog.text
    assert "secret" not in caplog.text


def test_address_that_is_none_is_refused_at_once() -> None:
    """A setting that cannot work is an error before the call begins."""
    with pytest.raises(SettingsError, match=r"reply\.url"):
        ReplyClient("http://127.0.0.1:1", CALL)


def test_backoff_doubles_up_to_its_limit() -> None:
    """Waiting grows with each failure, is never zero, and never exceeds the longest."""
    timing = LinkTiming(first_retry_s=0.2, longest_retry_s=5.0)
    assert [timing.retry_after_s(failures, 1.0) for failures in (1, 2, 3, 4, 5, 6, 7)] == [
        0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0,
    ]  # fmt: skip
    assert timing.retry_after_s(1, 0.0) == 0.1
    assert timing.retry_after_s(10_000, 1.0) == 5.0


async def test_outbox_keeps_the_latest_state_and_every_event() -> None:
    """A newer state signal takes the older one's place; gestures and words are events and are all kept."""
    outbox = Outbox(capacity=8)
    outbox.put(SignalSeen(signal=affect_signal(valence=-0.1, seq=0)))
    outbox.put(SignalSeen(signal=gesture_signal("thumbs_up", seq=1)))
    outbox.put(SignalSeen(signal=affect_signal(valence=-0.9, seq=2)))
    outbox.put(SignalSeen(signal=gesture_signal("fist", seq=3)))
    taken = []
    while len(outbox):
        key, message = await outbox.peek()
        outbox.discard(key, message)
        assert isinstance(message, SignalSeen)
        taken.append(message.signal.seq)
    assert taken == [2, 1, 3]
    assert (outbox.collapsed, outbox.dropped) == (1, 0)


async def test_outbox_drops_the_oldest_event_and_counts_it() -> None:
    """Beyond its capacity an outbox forgets the oldest event, never the latest state."""
    outbox = Outbox(capacity=2)
    outbox.put(SignalSeen(signal=affect_signal(valence=0.3, seq=9)))
    for text in ("one", "two", "three"):
        outbox.put(Chat(text=text))
    assert len(outbox) == 3
    assert outbox.dropped == 1


async def test_state_that_changes_while_it_is_sent_is_sent_again() -> None:
    """Discarding what was sent does not discard the newer state that came meanwhile."""
    outbox = Outbox(capacity=2)
    outbox.put(SignalSeen(signal=affect_signal(valence=0.3, seq=0)))
    key, sent = await outbox.peek()
    newer = SignalSeen(signal=affect_signal(valence=0.1, seq=1))
    outbox.put(newer)
    outbox.discard(key, sent)
    assert await outbox.peek() == (key, newer)


async def test_replies_that_come_twice_or_for_nobody_stay_away() -> None:
    """Of an engine that repeats itself and answers turns that never were, only what belongs to the call comes out."""

    async def engine(socket: ServerConnection) -> None:
        await socket.send(encode(EngineHello()))
        async for frame in socket:
            if isinstance(message := decode_to_engine(frame), Utterance):
                for _ in range(2):
                    await socket.send(encode(Say(id="s1", text="Yes", in_reply_to=message.turn)))
                await socket.send(encode(Say(id="s2", text="Somebody else's balance", in_reply_to=77)))
                await socket.send(encode(Note(text="that was all")))

    async with engine_at(engine) as url, client_of(url) as (client, _):
        client.send(Utterance(id=0, text="hello", turn=1))
        came = [await client.incoming.get() for _ in range(2)]
    assert came == [Say(id="s1", text="Yes", in_reply_to=1), Note(text="that was all")]
    assert client.unwanted == {"repeated": 1, "misdirected": 1, "stale": 0, "overlong": 0}


async def test_engine_that_floods_is_left_alone_for_a_while() -> None:
    """A flood ends the connection, is reported as a loss, and does not keep the call from its end."""

    async def engine(socket: ServerConnection) -> None:
        await socket.send(encode(EngineHello()))
        with suppress(ConnectionClosed):
            while True:
                await socket.send(encode(Note(text="x" * 1_000)))

    patient = LinkTiming(connect_within_s=1.0, first_retry_s=5.0, longest_retry_s=5.0, flush_within_s=0.2)
    async with engine_at(engine) as url, client_of(url, timing=patient) as (client, changes):
        assert [await changes.get(), await changes.get()] == [True, False]
        assert client.statistics.received <= BURST_MESSAGES + MESSAGES_A_S


async def test_consent_that_was_withdrawn_stays_so_after_a_break() -> None:
    """The engine that is met again is told what the customer agrees to now, not what they agreed to at first."""
    calls: asyncio.Queue[CallStarted] = asyncio.Queue()

    async def engine(socket: ServerConnection) -> None:
        await socket.send(encode(EngineHello()))
        async for frame in socket:
            match decode_to_engine(frame):
                case CallStarted() as started:
                    await calls.put(started)
                case ConsentChanged():
                    return

    agreed = CallStarted(call_id="c1", purposes=("expression", "speech"))
    client: ReplyClient | None = None
    async with asyncio.timeout(10), engine_at(engine) as url, asyncio.TaskGroup() as tasks:
        client = ReplyClient(url, agreed, timing=QUICK)
        tasks.create_task(client.run())
        assert (await calls.get()).purposes == ("expression", "speech")
        client.send(ConsentChanged(purposes=("speech",)))
        again = await calls.get()
        client.finish("customer_left")
    assert (again.purposes, again.resumed) == (("speech",), True)
