"""Messages both ways, bounded both ways, over a channel that a test opens and closes."""

from pyee.asyncio import AsyncIOEventEmitter

from agent.media.channel import (
    BUFFERED_LIMIT_BYTES,
    MESSAGE_LIMIT_BYTES,
    MESSAGES_AT_ONCE,
    MESSAGES_PER_S,
    WAITING_LIMIT,
    Channel,
)


class Pipe(AsyncIOEventEmitter):
    """What is used of aiortc's data channel."""

    def __init__(self, state: str = "connecting") -> None:
        super().__init__()
        self.readyState = state
        self.bufferedAmount = 0
        self.bufferedAmountLowThreshold = 0
        self.sent: list[str] = []

    def send(self, text: str) -> None:
        self.sent.append(text)

    def open(self) -> None:
        self.readyState = "open"
        self.emit("open")


async def test_messages_wait_for_the_channel_to_open() -> None:
    """What is said before the channel is there goes out when it opens, in order."""
    channel, pipe = Channel(), Pipe()
    channel.send("one")
    channel.attach(pipe)  # type: ignore[arg-type]
    channel.send("two")
    assert pipe.sent == [] and not channel.opened.is_set()
    pipe.open()
    assert pipe.sent == ["one", "two"] and channel.opened.is_set()


async def test_page_that_takes_nothing_loses_the_oldest() -> None:
    """With the wire full, the last messages wait and the first are given up and counted."""
    channel, pipe = Channel(), Pipe("open")
    channel.attach(pipe)  # type: ignore[arg-type]
    pipe.bufferedAmount = BUFFERED_LIMIT_BYTES
    for number in range(WAITING_LIMIT + 10):
        channel.send(str(number))
    assert channel.dropped == 10 and pipe.sent == []
    pipe.bufferedAmount = 0
    pipe.emit("bufferedamountlow")
    assert pipe.sent[0] == "10" and len(pipe.sent) == WAITING_LIMIT


async def test_bad_messages_are_refused_and_counted() -> None:
    """Bytes, and text beyond the limit, never reach the inbox."""
    channel, pipe = Channel(), Pipe("open")
    channel.attach(pipe)  # type: ignore[arg-type]
    for message in (b"bytes", "x" * (MESSAGE_LIMIT_BYTES + 1), "é" * (MESSAGE_LIMIT_BYTES // 2 + 1), "fine"):
        pipe.emit("message", message)
    assert channel.refused == 3
    assert await channel.inbox.get() == "fine"


async def test_flood_keeps_the_newest() -> None:
    """A page that floods fills a bounded inbox, no more."""
    channel, pipe = Channel(), Pipe("open")
    channel.attach(pipe)  # type: ignore[arg-type]
    for number in range(MESSAGES_AT_ONCE):
        pipe.emit("message", str(number))
    assert len(channel.inbox) == WAITING_LIMIT
    assert await channel.inbox.get() == str(MESSAGES_AT_ONCE - WAITING_LIMIT)


async def test_closing_ends_the_inbox() -> None:
    """Whoever reads the inbox learns that nothing more comes, and sending is harmless."""
    channel, pipe = Channel(), Pipe("open")
    channel.attach(pipe)  # type: ignore[arg-type]
    pipe.readyState = "closed"
    channel.close()
    assert [message async for message in channel.inbox] == []
    channel.send("to nobody")
    assert pipe.sent == []


async def test_the_next_connection_gets_what_waited() -> None:
    """Between two connections messages wait; then the new channel takes them, and nothing more is heard of the old."""
    channel, old, new = Channel(), Pipe("open"), Pipe("open")
    channel.attach(old)  # type: ignore[arg-type]
    channel.detach()
    channel.send("in between")
    old.emit("message", "late")
    channel.attach(new)  # type: ignore[arg-type]
    new.emit("message", "hello again")
    assert (old.sent, new.sent) == ([], ["in between"])
    assert await channel.inbox.get() == "hello again"


async def test_a_stream_of_messages_is_thinned_out() -> None:
    """A burst is taken, and what a page needs on average; a script that never pauses gets no more."""
    time_s = 0.0
    channel, pipe = Channel(now_s=lambda: time_s), Pipe("open")
    channel.attach(pipe)  # type: ignore[arg-type]
    for _ in range(10):
        for _ in range(1_000):
            pipe.emit("message", "again")
        time_s += 1.0
    taken = 10 * 1_000 - channel.refused
    assert taken == MESSAGES_AT_ONCE + 9 * MESSAGES_PER_S
