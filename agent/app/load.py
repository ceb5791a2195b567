"""Keeps all calls of a process within their budget: who goes down the ladder first when time is short, and up again."""

import asyncio
import logging
import time
from collections import Counter, deque
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from statistics import median, median_low
from typing import Protocol

from agent.app.call_load import CallLoad
from agent.core.budget import LadderState, Measured, Rung, step, strain
from agent.core.clock import NS_PER_MS, NS_PER_S, Clock

log = logging.getLogger(__name__)

LOOK_EVERY_S = 0.25
WINDOW_LOOKS = 8
"""What is measured is measured over so many looks."""
OTHERS_ARE_SHORT = "other calls are short of time, too"
GREEDY = 1.5
"""A call that costs this many times the usual goes down before others have to."""
WORTH_S = 0.05
"""Below this share of a core nobody is greedy."""
BETWEEN_CLIMBS_S = 2.0
"""After any change, time to see what it did before a call goes up."""


class Threads(Protocol):
    """What is to be known of the perception threads; `VisionProcess` says it."""

    @property
    def threads(self) -> int: ...

    @property
    def busy_ns(self) -> int: ...

    @property
    def fault(self) -> str | None: ...

    @property
    def lost_threads(self) -> int: ...

    def used_ns(self, call_id: str) -> int: ...


class Ears(Protocol):
    """What is to be known of hearing; `Hearing` says it."""

    @property
    def backlog_ms(self) -> float: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a call is on the ladder, since when, and what it costs in shares of a core."""

    rung: Rung
    entered_ns: int
    cost: float


def first_to_fall(strained: Collection[str], calls: dict[str, Standing]) -> set[str]:
    """Whose turn it is to go down when `strained` miss their budget: the one call that costs far more than the usual;
    else those of them that are best off of all, at once; else the costliest of those that are better off than they."""
    usual = median(call.cost for call in calls.values())
    greedy = [
        call_id
        for call_id, call in calls.items()
        if call.cost > max(GREEDY * usual, WORTH_S) and call.rung < Rung.SLOWER_EXPRESSION and len(calls) > 1
    ]
    if greedy:
        return {max(greedy, key=lambda call_id: calls[call_id].cost)}
    best = min(call.rung for call in calls.values())
    best_off = {call_id for call_id, call in calls.items() if call.rung is best}
    return best_off & set(strained) or {max(best_off, key=lambda call_id: calls[call_id].cost)}


def first_to_climb(calls: dict[str, Standing]) -> set[str]:
    """Whose turn it is to go up when there is room: the one furthest down, for the longest time."""
    low = [call_id for call_id, call in calls.items() if call.rung is not Rung.FULL]
    return {max(low, key=lambda call_id: (calls[call_id].rung, -calls[call_id].entered_ns))} if low else set()


class Load:
    """Looks at all calls with a camera a few times a second. Belongs to the event loop."""

    def __init__(self, threads: Threads, ears: Ears, clock: Clock) -> None:
        self.changes: Counter[str] = Counter()
        """How often a call went "down" or "up"."""
        self.on_lag: Callable[[float], None] = lambda seconds: None
        """Told at each look how late the event loop came to it."""
        self._threads = threads
        self._ears = ears
        self._clock = clock
        self._calls: dict[str, CallLoad] = {}
        self._busy: deque[tuple[int, int]] = deque(maxlen=WINDOW_LOOKS + 1)
        self._lags_ms: deque[float] = deque(maxlen=WINDOW_LOOKS)
        self._changed_ns = 0

    def open_call(
        self,
        call_id: str,
        *,
        replaced: Callable[[], int],
        on_change: Callable[[LadderState], None],
        on_fault: Callable[[str | None], None],
    ) -> CallLoad:
        """Begins to look after a call, which starts where most others are.

        `replaced` counts its frames that a newer one replaced; `on_change` is told where it stands on the ladder, at
        once if it does not start at the top; `on_fault` what is wrong with the threads, or None once nothing is.
        """
        state = LadderState()
        if self._calls:
            rung = Rung(median_low(call.state.rung for call in self._calls.values()))
            if rung is not Rung.FULL:
                because = (OTHERS_ARE_SHORT,)
                state = LadderState(rung=rung, entered_ns=self._clock.now_ns(), because=because)
        call = CallLoad(state, lambda: self._threads.used_ns(call_id), replaced, on_change, on_fault)
        self._calls[call_id] = call
        if state.rung is not Rung.FULL:
            on_change(state)
        return call

    def close_call(self, call_id: str) -> None:
        """Does nothing for a call that is not looked after."""
        self._calls.pop(call_id, None)

    def rungs(self) -> Counter[str]:
        """Calls by the rung that they are on, by its name in small letters."""
        return Counter(call.state.rung.name.lower() for call in self._calls.values())

    def totals(self) -> dict[tuple[str, str], float]:
        """Counts since the start, by metric and label."""
        return {
            ("agent_ladder_steps", "down"): self.changes["down"],
            ("agent_ladder_steps", "up"): self.changes["up"],
            ("agent_perception_threads_lost", ""): self._threads.lost_threads,
        }

    async def run(self) -> None:
        """Looks after the calls until cancelled, and measures by it how late the event loop is."""
        while True:
            due_ns = time.monotonic_ns() + round(LOOK_EVERY_S * NS_PER_S)
            await asyncio.sleep(LOOK_EVERY_S)
            late_ns = max(0, time.monotonic_ns() - due_ns)
            self.on_lag(late_ns / NS_PER_S)
            try:
                self.look(lag_ms=late_ns / NS_PER_MS)
            except Exception:
                log.exception("the calls' load could not be looked at")

    def look(self, *, lag_ms: float) -> None:
        """One look: measures, decides whose turn it is, and moves those whose time has come."""
        now_ns = self._clock.now_ns()
        self._lags_ms.append(lag_ms)
        self._busy.append((now_ns, self._threads.busy_ns))
        shared = Measured(
            busy_share=self._busy_share(),
            # One late look in two seconds is no lack of time.
            loop_lag_ms=sorted(self._lags_ms)[-2] if len(self._lags_ms) > 1 else 0.0,
            hearing_backlog_ms=self._ears.backlog_ms,
        )
        fault = self._threads.fault
        measured = {call_id: call.measured(shared, now_ns) for call_id, call in self._calls.items()}
        for call_id, one in self._with_turns(measured, now_ns).items():
            call = self._calls[call_id]
            call.tell_fault(fault)
            before = call.state.rung
            if call.follow(step(call.state, one, now_ns)):
                self._changed_ns = now_ns
                self.changes["down" if call.state.rung > before else "up"] += 1
                log.info("call %s: %s, from %s", call_id, call.state.rung.name.lower(), before.name.lower())

    def _with_turns(self, measured: dict[str, Measured], now_ns: int) -> dict[str, Measured]:
        standing = {
            call_id: Standing(rung=call.state.rung, entered_ns=call.state.entered_ns, cost=call.cost)
            for call_id, call in self._calls.items()
        }
        strained = {call_id for call_id, one in measured.items() if strain(one)}
        if strained:
            first = first_to_fall(strained, standing)
        elif now_ns - self._changed_ns >= BETWEEN_CLIMBS_S * NS_PER_S:
            first = first_to_climb(standing)
        else:
            first = set()
        return {
            call_id: replace(
                one,
                turn=call_id in first,
                others_strained=bool(strained - {call_id}),
                costs_most=call_id in first and call_id not in strained,
            )
            for call_id, one in measured.items()
        }

    def _busy_share(self) -> float:
        (first_ns, busy_before_ns), (last_ns, busy_ns) = self._busy[0], self._busy[-1]
        if last_ns == first_ns:
            return 0.0
        return min(1.0, (busy_ns - busy_before_ns) / (last_ns - first_ns) / self._threads.threads)
