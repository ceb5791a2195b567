"""What waits to be sent to a reply engine: of state signals only the latest, of everything else all that fits."""

import asyncio

from agent.core.signals import STATE_KINDS, kind_of
from agent.dialogue.protocol import SignalSeen, ToEngine

Key = str | int


class Outbox:
    """Messages in order of arrival; `put` never waits. One consumer, which peeks, sends, and then discards.

    A state signal takes the place of the one of its kind that still waits, so that an engine that does not read gets
    what holds now and not what held once. Events are kept up to `capacity`; then the oldest goes and is counted.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._waiting: dict[Key, ToEngine] = {}
        self._events = 0
        self._arrived = asyncio.Event()
        self._drained = asyncio.Event()
        self._drained.set()
        self._next_key = 0
        self.dropped = 0
        """Events that were lost because the engine did not take them."""
        self.collapsed = 0
        """State signals that a newer one replaced before they were sent."""

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, message: ToEngine) -> None:
        """Leaves `message` to be sent."""
        if isinstance(message, SignalSeen) and (kind := kind_of(message.signal)) in STATE_KINDS:
            self.collapsed += kind in self._waiting
            self._waiting[kind] = message
        else:
            self._put_event(message)
        self._drained.clear()
        self._arrived.set()

    def _put_event(self, message: ToEngine) -> None:
        if self._events == self._capacity:
            del self._waiting[next(key for key in self._waiting if isinstance(key, int))]
            self._events -= 1
            self.dropped += 1
        self._waiting[self._next_key] = message
        self._next_key += 1
        self._events += 1

    async def peek(self) -> tuple[Key, ToEngine]:
        """Waits for the oldest message, which stays until it is discarded."""
        while not self._waiting:
            self._arrived.clear()
            await self._arrived.wait()
        return next(iter(self._waiting.items()))

    def discard(self, key: Key, message: ToEngine) -> None:
        """Forgets a message that was sent, unless a newer state took its place meanwhile."""
        if self._waiting.get(key) is message:
            del self._waiting[key]
            self._events -= isinstance(key, int)
            if not self._waiting:
                self._drained.set()

    async def drained(self) -> None:
        """Waits until nothing waits."""
        await self._drained.wait()
