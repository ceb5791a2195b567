"""The customer's page as one call sees it: messages both ways over the data channel, and the page's clock."""

import asyncio
import logging
from collections.abc import Callable

import msgspec

from agent.core.clock import NS_PER_MS, Clock
from agent.media.capture_clock import PageClock
from agent.media.channel import Channel
from agent.transport.messages import ClockPing, ClockPong, FromPage, ToPage

log = logging.getLogger(__name__)

PING_PAUSES_S = (0.2, 0.3, 0.5, 1.0)
"""Pauses between the first clock pings, which narrow the offset down quickly."""
PING_EVERY_S = 5.0
"""Afterwards: often enough to follow two quartz clocks apart."""

_decoder = msgspec.json.Decoder(FromPage)


class Page:
    """Sends to the page and reads from it. A call whose offer had no data channel has a page that hears nothing."""

    def __init__(self, channel: Channel | None, page_clock: PageClock, clock: Clock) -> None:
        self._channel = channel
        self._page_clock = page_clock
        self._clock = clock
        self._pings: dict[int, int] = {}
        """Sending time by id of the pings that are not answered yet."""
        self._next_ping = 0
        self.malformed = 0
        """Messages from the page that were not of the protocol."""

    def show(self, message: ToPage) -> None:
        """Sends a message; it waits, bounded, until the channel is open."""
        if self._channel is not None:
            self._channel.send(msgspec.json.encode(message).decode())

    async def listen(self, on_message: Callable[[FromPage], None]) -> None:
        """Reads until the channel closes. Clock pongs are dealt with here; anything else goes to `on_message`."""
        if self._channel is None:
            return
        async for text in self._channel.inbox:
            try:
                message = _decoder.decode(text)
            except msgspec.DecodeError:
                self.malformed += 1
                continue
            if isinstance(message, ClockPong):
                self._take_pong(message)
            else:
                on_message(message)

    async def follow_clock(self) -> None:
        """Asks for the page's time, quickly at first and then every few seconds, until cancelled."""
        if self._channel is None:
            return
        await self._channel.opened.wait()
        while True:
            self._pings = {self._next_ping: self._clock.now_ns()}
            self.show(ClockPing(id=self._next_ping))
            pause_s = PING_PAUSES_S[self._next_ping] if self._next_ping < len(PING_PAUSES_S) else PING_EVERY_S
            self._next_ping += 1
            await asyncio.sleep(pause_s)

    def _take_pong(self, pong: ClockPong) -> None:
        sent_ns = self._pings.pop(pong.id, None)
        if sent_ns is not None:
            page_ns = round(pong.page_ms * NS_PER_MS)
            self._page_clock.on_pong(sent_ns=sent_ns, received_ns=self._clock.now_ns(), page_ns=page_ns)
