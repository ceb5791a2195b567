"""Fans signals, captions and pictures out to supervisors: encoded once, the latest of a state, all of the events."""

import asyncio
import time
from collections import deque
from collections.abc import Iterable

import msgspec

from agent.core.signals import STATE_KINDS, Signal, kind_of
from agent.transport.messages import (
    CallList,
    CallSummary,
    Caption,
    FrameTrace,
    SignalMessage,
    SupervisorCaption,
    ToSupervisor,
)

EVENT_LANE = 256
"""Events that may wait for one subscriber; one that falls further behind is let go (close code 1013)."""

CAPTIONS_KEPT = 100

Frame = bytes | str
"""A WebSocket message: str goes out as text, bytes as binary."""


class SubscriberTooSlow(Exception):
    """A subscriber's lane of events is full; it has to connect again and start from the present."""


class Outbox:
    """What waits for one subscriber. A state replaces its older self in place; events keep their order."""

    def __init__(self) -> None:
        self._order: deque[str | None] = deque()
        self._states: dict[str, tuple[Frame, int]] = {}
        self._events: deque[tuple[Frame, int]] = deque()
        self._arrived = asyncio.Event()
        self._too_slow = False
        self.replaced = 0
        """States that a newer one replaced before the subscriber took them."""
        self.published_ns = 0
        """Monotonic time at which the message that was taken last had been put."""

    def put_state(self, key: str, message: Frame) -> None:
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
        while not self._order and not self._too_slow:
            self._arrived.clear()
            await self._arrived.wait()
        if self._too_slow:
            raise SubscriberTooSlow
        key = self._order.popleft()
        message, self.published_ns = self._events.popleft() if key is None else self._states.pop(key)
        return message


class Subscription:
    """One supervisor's place at the hub: the list of calls always, and one watched call."""

    def __init__(self) -> None:
        self.outbox = Outbox()
        self.watching: str | None = None
        self.pictures = False
        self.traces = False


class Hub:
    """All subscriptions of a process. Owned by the event loop; publishing never waits."""

    def __init__(self) -> None:
        self._subscriptions: set[Subscription] = set()
        self._calls: dict[str, CallSummary] = {}
        self._captions: dict[str, dict[str, Frame]] = {}
        """What was said so far in each live call, by caption, for those who begin to watch later."""
        self._rated: int | None = None
        self._in_line = 0
        self._replaced = 0
        """Of subscribers that have gone."""
        self.let_go = 0
        """Subscribers that were too slow."""

    @property
    def subscribers(self) -> int:
        return len(self._subscriptions)

    @property
    def states_replaced(self) -> int:
        """States that subscribers missed because a newer one was there first."""
        return self._replaced + sum(subscription.outbox.replaced for subscription in self._subscriptions)

    def subscribe(self) -> Subscription:
        subscription = Subscription()
        self._subscriptions.add(subscription)
        subscription.outbox.put_state("calls", self._call_list())
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        if subscription in self._subscriptions:
            self._subscriptions.remove(subscription)
            self._replaced += subscription.outbox.replaced

    def calls(self) -> tuple[CallSummary, ...]:
        """Live calls, the oldest first."""
        return tuple(sorted(self._calls.values(), key=lambda call: call.started_at))

    def put_call(self, summary: CallSummary) -> None:
        """A call began or changed."""
        if self._calls.get(summary.call_id) != summary:
            self._calls[summary.call_id] = summary
            self._announce_calls()

    def drop_call(self, call_id: str) -> None:
        """A call ended."""
        self._captions.pop(call_id, None)
        if self._calls.pop(call_id, None) is not None:
            self._announce_calls()

    def put_line(self, *, rated: int, in_line: int) -> None:
        """How many calls may go on, and how many customers wait."""
        if (rated, in_line) != (self._rated, self._in_line):
            self._rated, self._in_line = rated, in_line
            self._announce_calls()

    def watch(self, subscription: Subscription, call_id: str, *, pictures: bool, traces: bool) -> None:
        """Lets `subscription` follow a call in place of the one before; it first gets what was said so far."""
        newly = subscription.watching != call_id
        subscription.watching, subscription.pictures, subscription.traces = call_id, pictures, traces
        if newly:
            for caption in self._captions.get(call_id, {}).values():
                subscription.outbox.put_event(caption)

    def pictured(self, call_id: str) -> bool:
        """Whether anyone looks at this call's pictures, so that a preview is worth making."""
        return any(watcher.pictures for watcher in self._watchers(call_id))

    def traced(self, call_id: str) -> bool:
        """Whether anyone follows this call's frames one by one."""
        return any(watcher.traces for watcher in self._watchers(call_id))

    def publish_signals(self, call_id: str, signals: Iterable[Signal]) -> None:
        watchers = self._watchers(call_id)
        if not watchers:
            return
        for signal in signals:
            message = _encode(SignalMessage(signal=signal))
            kind = kind_of(signal)
            for watcher in watchers:
                if kind in STATE_KINDS:
                    watcher.outbox.put_state(kind, message)
                else:
                    watcher.outbox.put_event(message)

    def publish_event(self, call_id: str, message: ToSupervisor) -> None:
        encoded = _encode(message)
        for watcher in self._watchers(call_id):
            watcher.outbox.put_event(encoded)

    def publish_caption(self, call_id: str, caption: Caption) -> None:
        """Words of either side; the latest `CAPTIONS_KEPT` are kept for as long as the call lasts."""
        encoded = _encode(SupervisorCaption(call_id=call_id, caption=caption))
        said = self._captions.setdefault(call_id, {})
        said[caption.id] = encoded
        if len(said) > CAPTIONS_KEPT:
            del said[next(iter(said))]
        for watcher in self._watchers(call_id):
            watcher.outbox.put_event(encoded)

    def publish_alert(self, message: ToSupervisor) -> None:
        """To every supervisor, whatever they watch."""
        encoded = _encode(message)
        for subscription in self._subscriptions:
            subscription.outbox.put_event(encoded)

    def publish_picture(self, call_id: str, message: bytes) -> None:
        for watcher in self._watchers(call_id):
            if watcher.pictures:
                watcher.outbox.put_state("picture", message)

    def publish_trace(self, trace: FrameTrace) -> None:
        encoded = _encode(trace)
        for watcher in self._watchers(trace.call_id):
            if watcher.traces:
                watcher.outbox.put_event(encoded)

    def _watchers(self, call_id: str) -> list[Subscription]:
        return [subscription for subscription in self._subscriptions if subscription.watching == call_id]

    def _call_list(self) -> str:
        return _encode(CallList(calls=self.calls(), rated=self._rated, in_line=self._in_line))

    def _announce_calls(self) -> None:
        message = self._call_list()
        for subscription in self._subscriptions:
            subscription.outbox.put_state("calls", message)


def _encode(message: ToSupervisor) -> str:
    return msgspec.json.encode(message).decode()
