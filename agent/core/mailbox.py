"""A bounded mailbox between two tasks of one loop that never makes the sender wait: when full, the oldest goes."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class MailboxClosed(Exception):
    """The mailbox was closed and holds nothing more."""


class Mailbox(Generic[T]):
    """At most `capacity` items in order of arrival; `put` drops the oldest to make room and counts it in `dropped`.

    One consumer. Owned by one event loop: threads hand items over with `loop.call_soon_threadsafe(mailbox.put, item)`.
    """

    def __init__(self, capacity: int) -> None:
        if capacity < 1:
            raise ValueError(f"a mailbox holds at least one item, not {capacity}")
        self._items: deque[T] = deque(maxlen=capacity)
        self._arrived = asyncio.Event()
        self._closed = False
        self.dropped = 0
        """Items that were replaced by newer ones before anyone took them."""
        self.on_drop: Callable[[T], None] | None = None
        """Told of each of them."""

    def __len__(self) -> int:
        return len(self._items)

    @property
    def closed(self) -> bool:
        return self._closed

    def put(self, item: T) -> None:
        """Leaves `item`; never waits. After `close` it does nothing, as the consumer has gone."""
        if self._closed:
            return
        if len(self._items) == self._items.maxlen:
            self.dropped += 1
            oldest = self._items.popleft()
            if self.on_drop is not None:
                self.on_drop(oldest)
        self._items.append(item)
        self._arrived.set()

    async def get(self) -> T:
        """Waits for the oldest item held. Raises `MailboxClosed` when closed and empty."""
        while not self._items:
            if self._closed:
                raise MailboxClosed
            self._arrived.clear()
            await self._arrived.wait()
        return self._items.popleft()

    def clear(self) -> tuple[T, ...]:
        """Empties the mailbox of what is held, which it returns."""
        held = tuple(self._items)
        self._items.clear()
        return held

    def close(self) -> None:
        """Takes no more items; what is held can still be taken."""
        self._closed = True
        self._arrived.set()

    def __aiter__(self) -> "Mailbox[T]":
        return self

    async def __anext__(self) -> T:
        try:
            return await self.get()
        except MailboxClosed:
            raise StopAsyncIteration from None
