"""What waits to be taken in by the ears, sound and answers of all calls, in order of arrival and under one lock."""

import asyncio
import threading
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from agent.core.clock import NS_PER_MS, NS_PER_S, Clock
from agent.core.errors import CallNotFound
from agent.core.speech import MIC_RATE_HZ, HearingEvent, MicWindow
from agent.perception.activity import VoiceActivity
from agent.perception.listening import Listener
from agent.perception.utterance import Answer

MOST_WAITING_SAMPLES = 2 * MIC_RATE_HZ
"""Sound of one call that may wait to be heard; beyond, the oldest is dropped, which is a gap to the listener."""
NO_SOUND_MARGIN_MS = 200
"""A track that brings nothing for this long beyond the longest silence has fallen silent."""

Deliver = Callable[[HearingEvent], None]


@dataclass(slots=True, kw_only=True)
class HeardCall:
    """What the ears know of one call. `windows` and `answers` are guarded by the line's lock, the rest is the ears'."""

    call_id: str
    loop: asyncio.AbstractEventLoop
    deliver: Deliver
    activity: VoiceActivity
    listener: Listener
    heard_ns: int
    open: bool = True
    windows: deque[MicWindow] = field(default_factory=deque)
    waiting_samples: int = 0
    answers: deque[Answer] = field(default_factory=deque)
    runs: Counter[str] = field(default_factory=Counter)


class SoundLine:
    """Filled from any thread, without waiting; emptied by one, the ears'."""

    def __init__(self, clock: Clock, *, max_silence_ms: int) -> None:
        """Silence of `max_silence_ms` ends any turn."""
        self._clock = clock
        self._silent_after_ns = (max_silence_ms + NO_SOUND_MARGIN_MS) * NS_PER_MS
        self._wake = threading.Condition()
        self._calls: dict[str, HeardCall] = {}
        self._ready: dict[str, HeardCall] = {}
        """Calls with something to take in, in order of arrival."""
        self._stopping = False
        self.dropped_samples = 0
        """Sound that came faster than it could be heard, over all calls."""

    @property
    def backlog_ms(self) -> float:
        """How much sound waits to be heard, of the call of which most does."""
        with self._wake:
            most = max((call.waiting_samples for call in self._calls.values()), default=0)
        return most / MIC_RATE_HZ * 1_000

    def open(self, call: HeardCall) -> None:
        with self._wake:
            self._calls[call.call_id] = call

    def find(self, call_id: str) -> HeardCall:
        """Raises `CallNotFound` for one that is not open."""
        with self._wake:
            call = self._calls.get(call_id)
        if call is None:
            raise CallNotFound(f"call {call_id} is not being heard")
        return call

    def close(self, call_id: str) -> None:
        """Takes no more of a call. One that is not open is no error."""
        with self._wake:
            call = self._calls.pop(call_id, None)
            self._ready.pop(call_id, None)
            if call is not None:
                call.open = False

    def stop(self) -> None:
        """Closes every call, and has `take` return None from here on."""
        with self._wake:
            self._stopping = True
            for call in self._calls.values():
                call.open = False
            self._wake.notify()

    def put(self, window: MicWindow) -> None:
        """The next window of a call. Raises `CallNotFound` for one that is not open."""
        with self._wake:
            call = self._calls.get(window.call_id)
            if call is None:
                raise CallNotFound(f"call {window.call_id} is not being heard; open it first")
            call.windows.append(window)
            call.waiting_samples += len(window.samples)
            while call.waiting_samples > MOST_WAITING_SAMPLES and len(call.windows) > 1:
                dropped = len(call.windows.popleft().samples)
                call.waiting_samples -= dropped
                self.dropped_samples += dropped
            self._ready[window.call_id] = call
            self._wake.notify()

    def put_answer(self, answer: Answer) -> None:
        """What became of a request; dropped where its call is over."""
        with self._wake:
            call = self._calls.get(answer.request.call_id)
            if call is None:
                return
            call.answers.append(answer)
            self._ready[call.call_id] = call
            self._wake.notify()

    def take(self) -> tuple[HeardCall, list[MicWindow], list[Answer]] | None:
        """Waits for a call with something to take in, or one with an open utterance that no sound comes for.

        None when the thread is to end.
        """
        with self._wake:
            while not self._stopping:
                if self._ready:
                    call = self._ready.pop(next(iter(self._ready)))
                    windows, answers = list(call.windows), list(call.answers)
                    call.windows.clear()
                    call.answers.clear()
                    call.waiting_samples = 0
                    return call, windows, answers
                due = [
                    (call.heard_ns + self._silent_after_ns, call)
                    for call in self._calls.values()
                    if call.open and call.listener.waits_for_silence
                ]
                first_ns, first = min(due, key=lambda pair: pair[0], default=(0, None))
                wait_ns = first_ns - self._clock.now_ns()
                if first is not None and wait_ns <= 0:
                    return first, [], []
                self._wake.wait(wait_ns / NS_PER_S if first is not None else None)
            return None
