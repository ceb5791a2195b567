"""All calls are kept within their budget together: the greedy first, then everybody alike, and up again one by one."""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field, replace

import pytest
from av import VideoFrame

from agent.app.call_load import CallLoad
from agent.app.load import LOOK_EVERY_S, Load, Standing, first_to_climb, first_to_fall
from agent.core.budget import RATES, LadderState, Measured, Rung
from agent.core.clock import NS_PER_MS, NS_PER_S, FakeClock
from agent.core.pictures import Picture
from agent.core.types import CameraFrame, CaptureOrigin, Stamp
from agent.perception.vision import unread


@dataclass
class Threads:
    """Two threads whose work the test makes up."""

    threads: int = 2
    busy_ns: int = 0
    fault: str | None = None
    lost_threads: int = 0
    used: Counter[str] = field(default_factory=Counter)

    def used_ns(self, call_id: str) -> int:
        return self.used[call_id]


@dataclass
class Ears:
    backlog_ms: float = 0.0


@dataclass
class Customer:
    """Sends what the agent asks for, unless its page does not obey."""

    name: str
    fps: float = 15.0
    width_px: int = 640
    height_px: int = 480
    ms_a_frame: float = 6.0
    obeys: bool = True
    replaced: int = 0
    told: list[Rung] = field(default_factory=list)
    faults: list[str | None] = field(default_factory=list)
    load: CallLoad | None = None

    def sent_fps(self) -> float:
        assert self.load is not None
        asked = self.load.rates.asked_fps
        return min(self.fps, asked) if self.obeys and asked is not None else self.fps


class Town:
    """Customers on two simulated threads: while more is wanted than there is time for, frames are given up."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.threads, self.ears = Threads(), Ears()
        self.load = Load(self.threads, self.ears, clock)
        self.customers: list[Customer] = []
        self.elsewhere = 0.0
        """Share of the threads' time that is not to be had."""
        self.lag_ms = 1.0
        self._random = random.Random(7)

    def comes(self, customer: Customer) -> Customer:
        customer.load = self.load.open_call(
            customer.name,
            replaced=lambda: customer.replaced,
            on_change=lambda state: customer.told.append(state.rung),
            on_fault=customer.faults.append,
        )
        self.customers.append(customer)
        return customer

    def seconds(self, seconds: float) -> None:
        for _ in range(round(seconds / LOOK_EVERY_S)):
            self._live()
            self.load.look(lag_ms=self.lag_ms)

    def rungs(self) -> list[Rung]:
        return [customer.load.state.rung for customer in self.customers if customer.load is not None]

    def _live(self) -> None:
        """One look's time: everybody's frames, as many read as time allows and the rest given up."""
        self.clock.advance(ms=LOOK_EVERY_S * 1_000)
        wanted: list[tuple[Customer, CameraFrame]] = []
        for customer in self.customers:
            assert customer.load is not None
            frames = customer.sent_fps() * LOOK_EVERY_S
            for number in range(int(frames) + (self._random.random() < frames % 1)):
                arrived_ns = self.clock.now_ns() - round((LOOK_EVERY_S - number / customer.sent_fps()) * NS_PER_S)
                frame = _frame(customer, arrived_ns)
                if customer.load.wants(frame):
                    wanted.append((customer, frame))
        self._random.shuffle(wanted)
        left_ns = LOOK_EVERY_S * NS_PER_S * self.threads.threads * (1 - self.elsewhere)
        for customer, frame in wanted:
            assert customer.load is not None
            cost_ns = round(customer.ms_a_frame * NS_PER_MS)
            in_time = left_ns >= cost_ns
            reading = unread(frame, "no face" if in_time else "budget", now_ns=self.clock.now_ns())
            if in_time:
                left_ns -= cost_ns
                self.threads.busy_ns += cost_ns
                self.threads.used[customer.name] += cost_ns
            customer.load.came_back(reading, frame, frame.stamp.arrived_ns + 20 * NS_PER_MS)
        self.threads.busy_ns += round(LOOK_EVERY_S * NS_PER_S * self.threads.threads * self.elsewhere)


PIXELS = Picture(VideoFrame(16, 16, "rgb24"))


def _frame(customer: Customer, arrived_ns: int) -> CameraFrame:
    stamp = Stamp(
        frame_id=0,
        rtp_timestamp=0,
        arrived_ns=arrived_ns,
        captured_ns=arrived_ns,
        captured_error_ns=0,
        captured_from=CaptureOrigin.ARRIVAL,
        media_ms=arrived_ns / NS_PER_MS,
    )
    return CameraFrame(
        call_id=customer.name,
        stamp=stamp,
        width_px=customer.width_px,
        height_px=customer.height_px,
        pixels=PIXELS,
    )


@pytest.fixture
def town(clock: FakeClock) -> Town:
    return Town(clock)


def test_a_call_alone_is_left_alone(town: Town) -> None:
    """A minute of one ordinary call: nothing is asked, nothing is said."""
    customer = town.comes(Customer("alone", fps=30))
    town.seconds(60)
    assert customer.told == []
    assert town.load.rungs() == {"full": 1}


def test_too_many_calls_go_down_together_until_all_are_served(town: Town) -> None:
    """Twelve calls of 30 frames a second want 2.2 of two threads: they go down until nobody is late, nobody more than a
    rung further than another, and stay there."""
    for number in range(12):
        town.comes(Customer(f"call {number}", fps=30))
    town.seconds(15)
    settled = town.rungs()
    assert max(settled) is Rung.FEWER_PICTURES
    town.seconds(60)
    assert max(town.rungs()) - min(town.rungs()) <= 1
    assert town.load.totals()["agent_ladder_steps", "down"] == town.load.changes["down"]
    assert town.load.changes["down"] <= 16


def test_who_costs_most_goes_first_and_spares_the_others(town: Town) -> None:
    """A caller at 60 frames a second of 1080p that obeys nobody is cut down until the rest fit; they never notice."""
    ordinary = [town.comes(Customer(f"call {number}", fps=15, ms_a_frame=12)) for number in range(7)]
    greedy = town.comes(Customer("greedy", fps=60, width_px=1920, height_px=1080, ms_a_frame=30, obeys=False))
    town.seconds(20)
    assert greedy.told[:3] == [Rung.FEWER_PICTURES, Rung.SMALLER_PICTURES, Rung.SKIPPED_FRAMES]
    assert all(customer.told == [] for customer in ordinary)
    assert Rung.LISTENING_ONLY not in greedy.told


def test_when_the_load_is_gone_all_come_back_one_at_a_time(town: Town) -> None:
    """Another program takes most of both cores for a while. Afterwards everything is read again, and while calls climb,
    no two do so at once."""
    for number in range(6):
        town.comes(Customer(f"call {number}"))
    town.elsewhere = 0.85
    town.seconds(20)
    assert min(town.rungs()) > Rung.FULL
    town.elsewhere = 0.0
    for _ in range(round(180 / LOOK_EVERY_S)):
        ups = town.load.changes["up"]
        town.seconds(LOOK_EVERY_S)
        assert town.load.changes["up"] - ups <= 1
    assert set(town.rungs()) == {Rung.FULL}


def test_a_load_that_swings_does_not_make_calls_flap(town: Town) -> None:
    """Ten minutes in which a load comes and goes every twelve seconds: each call changes a few times a minute at
    most, and more rarely with time."""
    for number in range(6):
        town.comes(Customer(f"call {number}"))
    changes: list[int] = []
    for _ in range(5):
        before = town.load.changes.total()
        for _ in range(5):
            town.elsewhere = 0.85
            town.seconds(12)
            town.elsewhere = 0.0
            town.seconds(12)
        changes.append(town.load.changes.total() - before)
    a_call_a_minute = [count / 6 / 2 for count in changes]
    assert max(a_call_a_minute[1:]) <= 3
    assert a_call_a_minute[-1] <= a_call_a_minute[0]


def test_speech_comes_first(town: Town) -> None:
    """When hearing falls behind, pictures give way, though none of them was late."""
    customer = town.comes(Customer("talks"))
    town.ears.backlog_ms = 900
    town.seconds(3)
    assert customer.told[0] is Rung.FEWER_PICTURES
    assert customer.load is not None
    assert customer.load.state.because == ("listening falls behind",)


def test_one_late_look_is_no_strain_and_a_late_loop_is(town: Town) -> None:
    """A single pause of the loop changes nothing; a loop that is late all the time does."""
    customer = town.comes(Customer("alone"))
    town.seconds(5)
    town.load.look(lag_ms=400)
    town.seconds(5)
    assert customer.told == []
    town.lag_ms = 150
    town.seconds(3)
    assert customer.told


async def test_each_look_tells_how_late_the_loop_came_to_it(town: Town) -> None:
    """In seconds, and never less than nothing: metrics have it from here."""
    lags_s: asyncio.Queue[float] = asyncio.Queue()
    town.load.on_lag = lags_s.put_nowait
    async with asyncio.TaskGroup() as tasks:
        looking = tasks.create_task(town.load.run())
        assert await lags_s.get() >= 0
        looking.cancel()


def test_a_call_that_comes_late_starts_where_the_others_are(town: Town) -> None:
    """Otherwise it would be read in full while those before it are not, and push them further down."""
    for number in range(4):
        town.comes(Customer(f"call {number}"))
    town.elsewhere = 0.9
    town.seconds(10)
    others = town.rungs()
    late = town.comes(Customer("late"))
    assert late.told == [sorted(others)[1]]
    town.load.close_call("late")
    town.load.close_call("late")
    assert town.load.rungs().total() == 4


def test_every_call_is_told_once_that_threads_are_missing(town: Town) -> None:
    """And once that they are back."""
    customer = town.comes(Customer("alone"))
    town.seconds(1)
    town.threads.fault = "1 of 2 threads that read pictures work"
    town.seconds(2)
    town.threads.fault = None
    town.seconds(2)
    assert customer.faults == ["1 of 2 threads that read pictures work", None]


def test_a_burst_after_a_stall_is_no_strain(town: Town) -> None:
    """Sixty frames at once of which a newer one replaced nearly all: nobody lacked time, so nobody goes down."""
    town.comes(Customer("steady"))
    bursting = town.comes(Customer("bursting", fps=0.001))
    for _ in range(10):
        town.seconds(2)
        bursting.replaced += 58
        assert bursting.load is not None
        for _ in range(2):
            frame = _frame(bursting, town.clock.now_ns())
            if bursting.load.wants(frame):
                reading = unread(frame, "no face", now_ns=0)
                bursting.load.came_back(reading, frame, town.clock.now_ns() + 20 * NS_PER_MS)
    assert set(town.rungs()) == {Rung.FULL}


def test_only_the_costliest_falls_and_nobody_is_pushed_off_for_it() -> None:
    """Of two greedy calls the costlier goes; one that is far down already is left in peace, and the rest go."""
    calls = {
        "one": Standing(rung=Rung.FULL, entered_ns=0, cost=0.1),
        "two": Standing(rung=Rung.FULL, entered_ns=0, cost=0.1),
        "three": Standing(rung=Rung.FULL, entered_ns=0, cost=0.1),
        "big": Standing(rung=Rung.FULL, entered_ns=0, cost=0.3),
        "bigger": Standing(rung=Rung.SKIPPED_FRAMES, entered_ns=0, cost=0.4),
    }
    assert first_to_fall({"one"}, calls) == {"bigger"}
    calls["bigger"] = replace(calls["bigger"], rung=Rung.SLOWER_EXPRESSION)
    assert first_to_fall({"one"}, calls) == {"big"}
    calls["big"] = replace(calls["big"], rung=Rung.SLOWER_EXPRESSION)
    assert first_to_fall({"one", "two", "bigger"}, calls) == {"one", "two"}
    calls["one"] = replace(calls["one"], rung=Rung.FEWER_PICTURES)
    calls["two"] = replace(calls["two"], cost=0.12)
    assert first_to_fall({"one"}, calls) == {"two"}


def test_the_one_furthest_down_for_the_longest_climbs_first() -> None:
    """And nobody does when all are at the top."""
    calls = {
        "high": Standing(rung=Rung.FEWER_PICTURES, entered_ns=0, cost=0.1),
        "low": Standing(rung=Rung.SKIPPED_FRAMES, entered_ns=200, cost=0.1),
        "low for longer": Standing(rung=Rung.SKIPPED_FRAMES, entered_ns=100, cost=0.1),
        "top": Standing(rung=Rung.FULL, entered_ns=0, cost=0.1),
    }
    assert first_to_climb(calls) == {"low for longer"}
    assert first_to_climb({"top": calls["top"]}) == set()


def test_only_wanted_frames_count_as_unread(clock: FakeClock) -> None:
    """A call that is read twelve times a second of sixty is not short of anything."""
    state = LadderState(rung=Rung.SKIPPED_FRAMES, because=("pictures are read too late",))
    town = Town(clock)
    customer = town.comes(Customer("sixty", fps=60, obeys=False))
    assert customer.load is not None
    customer.load.follow(state)
    town.seconds(5)
    measured = customer.load.measured(Measured(), clock.now_ns())
    assert measured.unread_share <= 0.1
    assert measured.late_share == 0
    assert RATES[state.rung].frames_hz == 12
