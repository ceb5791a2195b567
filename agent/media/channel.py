"""The data channel between the customer's page and the agent: text both ways, bounded both ways."""

import asyncio
import time
from collections import deque
from collections.abc import Callable

from aiortc import RTCDataChannel

from agent.core.mailbox import Mailbox

LABEL = "agent"
MESSAGE_LIMIT_BYTES = 16 * 1024
"""A longer message from the page is dropped and counted."""
MESSAGES_PER_S = 30.0
"""On average; a page sends five a second at most. What comes faster for long is dropped and counted."""
MESSAGES_AT_ONCE = 120
WAITING_LIMIT = 64
BUFFERED_LIMIT_BYTES = 256 * 1024
"""Above this, what the page has not taken yet stays in our own, bounded queue."""


class Channel:
    """Text messages. It exists from the offer on; what is sent before it opens goes out when it does.

    When the page takes nothing, the last `WAITING_LIMIT` messages wait and older ones are dropped and counted: late
    captions are worth less than new ones.
    """

    def __init__(self, *, now_s: Callable[[], float] = time.monotonic) -> None:
        self.inbox: Mailbox[str] = Mailbox(WAITING_LIMIT)
        self.opened = asyncio.Event()
        self.sent = 0
        self.dropped = 0
        """Messages to the page that were given up."""
        self.refused = 0
        """Messages from the page that were too long, too many, or not text."""
        self._waiting: deque[str] = deque(maxlen=WAITING_LIMIT)
        self._channel: RTCDataChannel | None = None
        self._now_s = now_s
        self._counted_s = now_s()
        self._allowed = float(MESSAGES_AT_ONCE)
        """Messages that may come now."""

    def attach(self, channel: RTCDataChannel) -> None:
        """Takes the channel that the page opened. A second one is ignored, until `detach`."""
        if self._channel is not None:
            return
        self._channel = channel
        channel.bufferedAmountLowThreshold = BUFFERED_LIMIT_BYTES // 2
        channel.on("message", self._receive)
        channel.on("open", self._flush)
        channel.on("bufferedamountlow", self._flush)
        self._flush()

    def detach(self) -> None:
        """Forgets the page's channel, as its connection is gone: what is sent waits for the next one."""
        if self._channel is not None:
            self._channel.remove_listener("message", self._receive)
            self._channel = None

    def send(self, text: str) -> None:
        """Sends, or keeps for later; never waits."""
        if len(self._waiting) == WAITING_LIMIT:
            self.dropped += 1
        self._waiting.append(text)
        self._flush()

    def close(self) -> None:
        self.inbox.close()
        self._waiting.clear()

    def _flush(self) -> None:
        channel = self._channel
        if channel is None or channel.readyState != "open":
            return
        self.opened.set()
        while self._waiting and channel.bufferedAmount < BUFFERED_LIMIT_BYTES:
            channel.send(self._waiting.popleft())
            self.sent += 1

    def _receive(self, message: object) -> None:
        now_s = self._now_s()
        earned = (now_s - self._counted_s) * MESSAGES_PER_S
        self._allowed, self._counted_s = min(MESSAGES_AT_ONCE, self._allowed + earned), now_s
        if isinstance(message, str) and len(message.encode()) <= MESSAGE_LIMIT_BYTES and self._allowed >= 1:
            self._allowed -= 1
            self.inbox.put(message)
        else:
            self.refused += 1
