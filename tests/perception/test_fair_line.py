"""The line is by deadline while there is enough for all, and by equal shares when there is not; nobody starves."""

import heapq
import itertools
from collections import Counter
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.clock import NS_PER_MS, NS_PER_S
from agent.perception.fair_line import Account, FairLine

DEADLINE_NS = 100 * NS_PER_MS


@dataclass(slots=True)
class Caller:
    """Sends frames evenly; the newest that has not been submitted waits, as in its mailbox."""

    name: str
    fps: float
    cost_ms: float
    account: Account
    newest_ns: int | None = None
    submitted: bool = False


def simulated(
    *callers: tuple[str, float, float], threads: int, seconds: float
) -> tuple[Counter[str], Counter[str], dict[str, list[float]]]:
    """Frames read and given up by caller, and ages at the end of reading, with callers of (name, fps, ms a frame).

    A simulation in steps of events on a clock of its own: arrivals and ends of readings.
    """
    line: FairLine[tuple[Caller, int]] = FairLine(threads)
    people = [Caller(name, fps, cost_ms, line.open()) for name, fps, cost_ms in callers]
    numbers = itertools.count()
    events: list[tuple[int, int, Caller, tuple[int, int] | None]] = []
    for index, person in enumerate(people):
        heapq.heappush(events, (index * NS_PER_MS, next(numbers), person, None))
    idle, read, given_up = threads, Counter[str](), Counter[str]()
    ages_ms: dict[str, list[float]] = {person.name: [] for person in people}

    def submit(person: Caller, now_ns: int) -> None:
        if person.newest_ns is not None and not person.submitted:
            person.submitted = True
            item = (person, person.newest_ns)
            line.join(person.account, item, deadline_ns=person.newest_ns + DEADLINE_NS, now_ns=now_ns)
            person.newest_ns = None

    while events and events[0][0] < seconds * NS_PER_S:
        now_ns, _, person, reading = heapq.heappop(events)
        if reading is None:
            person.newest_ns = now_ns
            heapq.heappush(events, (now_ns + round(NS_PER_S / person.fps), next(numbers), person, None))
        else:
            began_ns, arrived_ns = reading
            idle += 1
            line.give_back(person.account, began_ns=began_ns, reading_took_ns=now_ns - began_ns, now_ns=now_ns)
            read[person.name] += 1
            ages_ms[person.name].append((now_ns - arrived_ns) / NS_PER_MS)
            person.submitted = False
        submit(person, now_ns)
        while idle:
            taken, late = line.take(now_ns)
            for late_person, _ in late:
                given_up[late_person.name] += 1
                late_person.submitted = False
                submit(late_person, now_ns)
            if taken is None:
                break
            idle -= 1
            who, arrived_ns = taken
            ends_ns = now_ns + round(who.cost_ms * NS_PER_MS)
            heapq.heappush(events, (ends_ns, next(numbers), who, (now_ns, arrived_ns)))
    return read, given_up, ages_ms


EIGHT = [(f"call {number}", 30.0, 14.0) for number in range(8)]
"""Eight callers who ask for 3.4 threads."""


def test_eight_calls_on_two_threads_get_the_same_number_of_frames() -> None:
    """Where only 143 frames a second of 240 can be read, each call gets an eighth of them, within a tenth."""
    read, _, ages_ms = simulated(*EIGHT, threads=2, seconds=20)
    rates = [count / 20 for count in read.values()]
    assert len(rates) == 8
    assert sum(rates) == pytest.approx(143, rel=0.02)
    assert max(rates) <= 1.1 * min(rates)
    assert max(max(ages) for ages in ages_ms.values()) <= 100


def test_a_greedy_caller_takes_from_nobody() -> None:
    """One of the eight sends 60 frames a second that cost three times as much: the other seven get what they got
    before, and the greedy one gets the same time, so fewer frames."""
    before, _, _ = simulated(*EIGHT, threads=2, seconds=20)
    after, _, _ = simulated(*EIGHT[:7], ("greedy", 60.0, 42.0), threads=2, seconds=20)
    for name, _, _ in EIGHT[:7]:
        assert after[name] >= 0.95 * before[name]
    assert after["greedy"] == pytest.approx(before["call 7"] / 3, rel=0.25)


def test_those_who_ask_for_little_get_all_of_it() -> None:
    """Seven callers at 10 frames a second lose none to one at 60 that would fill both threads by itself."""
    modest = [(f"modest {number}", 10.0, 14.0) for number in range(7)]
    read, given_up, ages_ms = simulated(*modest, ("greedy", 60.0, 42.0), threads=2, seconds=20)
    for name, _, _ in modest:
        assert read[name] >= 198
        assert given_up[name] == 0
        assert max(ages_ms[name]) <= 100


def test_while_there_is_enough_for_all_the_order_is_by_deadline() -> None:
    """A call that has been served often does not wait behind one that has not, as long as its share is not used up."""
    line: FairLine[str] = FairLine(2)
    busy, fresh = line.open(), line.open()
    for number in range(10):
        at_ns = number * 33 * NS_PER_MS
        line.join(busy, "busy", deadline_ns=at_ns + DEADLINE_NS, now_ns=at_ns)
        assert line.take(at_ns) == ("busy", [])
        line.give_back(busy, began_ns=at_ns, reading_took_ns=7 * NS_PER_MS, now_ns=at_ns + 7 * NS_PER_MS)
    now_ns = NS_PER_S
    line.join(fresh, "later", deadline_ns=now_ns + 90 * NS_PER_MS, now_ns=now_ns)
    line.join(busy, "sooner", deadline_ns=now_ns + 80 * NS_PER_MS, now_ns=now_ns)
    assert line.take(now_ns) == ("sooner", [])


def test_a_frame_that_cannot_be_read_in_time_is_not_begun() -> None:
    """A call whose frames take 60 ms is given up 50 ms before the deadline; each refusal makes a next try likelier."""
    line: FairLine[int] = FairLine(1)
    slow = line.open()
    line.give_back(slow, began_ns=0, reading_took_ns=60 * NS_PER_MS, now_ns=60 * NS_PER_MS)
    outcomes = []
    for number in range(3):
        now_ns = (number + 2) * NS_PER_S
        line.join(slow, number, deadline_ns=now_ns + 50 * NS_PER_MS, now_ns=now_ns)
        outcomes.append(line.take(now_ns))
    assert outcomes == [(None, [0]), (None, [1]), (2, [])]


def test_a_call_in_hand_is_not_handed_out_again() -> None:
    """While one thread is busy with a call, another takes the next call's frame, however late its deadline."""
    line: FairLine[str] = FairLine(2)
    one, other = line.open(), line.open()
    line.join(one, "first", deadline_ns=DEADLINE_NS, now_ns=0)
    assert line.take(0) == ("first", [])
    line.join(one, "second", deadline_ns=DEADLINE_NS, now_ns=1)
    line.join(other, "other", deadline_ns=2 * DEADLINE_NS, now_ns=1)
    assert line.take(1) == ("other", [])
    assert line.take(2) == (None, [])
    line.give_back(one, began_ns=0, reading_took_ns=2, now_ns=2)
    assert line.take(2) == ("second", [])


def test_a_call_that_leaves_takes_no_other_call_with_it() -> None:
    """Of two calls that have sent nothing so far, the one that stays still counts, and can leave in its turn."""
    line: FairLine[str] = FairLine(1)
    stays, leaves, busy = line.open(), line.open(), line.open()
    line.close(leaves)
    line.join(stays, "stays", deadline_ns=DEADLINE_NS, now_ns=0)
    line.join(busy, "busy", deadline_ns=2 * DEADLINE_NS, now_ns=0)
    assert line.take(0) == ("stays", [])
    took_ns = 10 * NS_PER_MS
    line.give_back(stays, began_ns=0, reading_took_ns=took_ns, now_ns=took_ns)
    assert stays.paid_until_ns == 2 * took_ns, "two calls share the thread"
    line.close(stays)


@given(
    callers=st.lists(st.tuples(st.floats(1, 60), st.floats(1, 60)), min_size=1, max_size=10),
    threads=st.integers(1, 4),
)
def test_nobody_starves_and_nothing_is_begun_late(callers: list[tuple[float, float]], threads: int) -> None:
    """Whoever sends whatever: each caller whose frame fits the deadline at all is read every few seconds, and no frame
    is begun past its deadline."""
    named = [(f"call {number}", fps, cost_ms) for number, (fps, cost_ms) in enumerate(callers)]
    read, _, ages_ms = simulated(*named, threads=threads, seconds=6)
    for name, _, cost_ms in named:
        assert read[name] >= 1
        assert max(ages_ms[name]) <= 100 + cost_ms
