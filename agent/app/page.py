"""The customer's page as one call sees it: messages both ways over the data channel, and the page's clock."""

import asyncio
import logging
from collections.abc import Callable

import msgspec

from agent.app.shown import Shown
from agent.core.clock import NS_PER_MS, Clock
from agent.core.errors import ProtocolError
from agent.media.capture_clock import PageClock
from agent.media.channel import Channel
from agent.transport.messages import (
    ClockPing,
    ClockPong,
    FromPage,
    ToPage,
)
from agent.transport.reading import from_page

log = logging.getLogger(__name__)

PING_PAUSES_S = (0.2, 0.3, 0.5, 1.0)
"""Pauses between the first clock pings, which narrow the offset down quickly."""
PING_EVERY_S = 5.0
"""Afterwards: often enough to follow two quartz clocks apart."""
LATEST_PAGE_MS = 4_102_444_800_000
"""The year 2100: no page's clock shows more, and beyond that nothing can be calculated with it."""


class Page:
    """Sends to the page and reads from it. A call whose offer had no data channel has a page that hears nothing."""

    def __init__(self, channel: Channel | None, page_clock: PageClock, clock: Clock) -> None:
        self._channel = channel
        self._page_clock = page_clock
        self._clock = clock
        self._pings: dict[int, int] = {}
        """Sending time by id of the pings that are not answered yet."""
        self._next_ping = 0
        self._shown = Shown()
        self.malformed = 0
        """Messages from the page that were not of the protocol."""

    def show(self, message: ToPage) -> None:
        """Sends a message; it waits, bounded, until the channel is open."""
        self.note(message)
        if self._channel is not None:
            self._channel.send(msgspec.json.encode(message).decode())

    def note(self, message: ToPage) -> None:
        """The page has this already, and would need it again after being loaded anew."""
        if self._channel is not None:
            self._shown.note(message)

    def show_again(self) -> None:
        """To a page that has another connection, or is another: all that was said and shown."""
        for message in self._shown.again():
            self.show(message)

    async def listen(self, on_message: Callable[[FromPage], None]) -> None:
        """Reads until the channel closes. Clock pongs are dealt with here; anything else goes to `on_message`."""
        if self._channel is None:
            return
        async for text in self._channel.inbox:
            try:
                message = from_page(text)
            except ProtocolError:
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
        if not 0 <= pong.page_ms <= LATEST_PAGE_MS:
            self.malformed += 1
            return
        sent_ns = self._pings.pop(pong.id, None)
        if sent_ns is not None:
            page_ns = round(pong.page_ms * NS_PER_MS)
            self._page_clock.on_pong(sent_ns=sent_ns, received_ns=self._clock.now_ns(), page_ns=page_ns)
