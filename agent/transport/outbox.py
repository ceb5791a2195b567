"""What waits for one subscriber: the latest of each state, and every event, within a bound."""

import asyncio
import time
from collections import deque
from collections.abc import Callable

EVENT_LANE = 256
"""Events that may wait for one subscriber; one that falls further behind is let go (close code 1013)."""

Frame = bytes | str
"""A WebSocket message: str goes out as text, bytes as binary."""
Made = Callable[[], Frame | None]
"""Makes the message only when its turn has come, of how things stand then; None when nothing is left to say."""


class SubscriberTooSlow(Exception):
    """A subscriber's lane of events is full; it has to connect again and start from the present."""


class Outbox:
    """What waits for one subscriber. A state replaces its older self in place; events keep their order."""

    def __init__(self) -> None:
        self._order: deque[str | None] = deque()
        self._states: dict[str, tuple[Frame | Made, int]] = {}
        self._events: deque[tuple[Frame, int]] = deque()
        self._arrived = asyncio.Event()
        self._too_slow = False
        self.replaced = 0
        """States that a newer one replaced before the subscriber took them."""
        self.published_ns = 0
        """Monotonic time at which the message that was taken last had been put."""

    def put_state(self, key: str, message: Frame | Made) -> None:
        if key in self._states:
            self.replaced += 1
        else:
            self._order.append(key)
        self._states[key] = message, time.monotonic_ns()
        self._arrived.set()

    def put_event(self, message: Frame) -> None:
        if len(self._events) >= EVENT_LANE:
            self._too_slow = True
        else:
            self._events.append((message, time.monotonic_ns()))
            self._order.append(None)
        self._arrived.set()

    async def take(self) -> Frame:
        """Waits for the next message. Raises `SubscriberTooSlow` once events had to be refused."""
        while True:
            while not self._order and not self._too_slow:
                self._arrived.clear()
                await self._arrived.wait()
            if self._too_slow:
                raise SubscriberTooSlow
            message = self._next()
            if message is not None:
                return message

    def _next(self) -> Frame | None:
        key = self._order.popleft()
        message: Frame | Made
        message, self.published_ns = self._events.popleft() if key is None else self._states.pop(key)
        return message() if callable(message) else message
