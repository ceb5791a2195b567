"""Finds the time that a patient wishes for among those that are free, or what can be offered instead."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from agent.core.cards import CardAction, CardContent, CardGroup
from agent.core.local_clock import LocalClock
from agent.dialogue.domains.clinic.calendar import Opening
from agent.dialogue.tools import ToolCall, ToolResult
from agent.dialogue.wording import Wording

SPOKEN = 3
"""Times that are read aloud; the card has more."""
SHOWN_DAYS = 4
SHOWN_A_DAY = 8
NOON = 12
_PLACES = {"first": 0, "second": 1, "third": 2, "last": -1}


@dataclass(frozen=True, slots=True)
class Wish:
    """What a call says about the time."""

    day: date | None
    time: str | None
    """ "10:20", "morning" or "afternoon"."""
    offered: tuple[str, ...]
    """References of what was read aloud."""
    place: int | None
    """Which of those."""

    @classmethod
    def of(cls, call: ToolCall) -> "Wish":
        given = call.arguments
        offered = tuple(given["offered"].split(", ")) if given.get("offered") else ()
        day = date.fromisoformat(given["day"]) if "day" in given else None
        return cls(day, given.get("time"), offered, place_in(offered, call))


def place_in(told: Sequence[object], call: ToolCall) -> int | None:
    """Which of the things that were read aloud the call means by its place, such as "the second one"."""
    place = _PLACES.get(call.arguments.get("choice", ""))
    return place if place is not None and told and place < len(told) else None


def pick(free: Sequence[Opening], wish: Wish, clock: LocalClock, words: Wording) -> Opening | ToolResult:
    """The one that is meant, or what is offered: `choose` what fits, `instead` when nothing does, `none_free`."""
    if not free:
        return ToolResult(outcome="none_free")
    if wish.place is not None:
        chosen = next((one for one in free if one.reference == wish.offered[wish.place]), None)
        return chosen or _offer("instead", free, clock, words)
    local = {one: clock.local(one.starts_at) for one in free}
    fits = [one for one in free if wish.day in (None, local[one].date())]
    if not fits:
        later = [one for one in free if wish.day is not None and local[one].date() > wish.day]
        return _offer("instead", later or free, clock, words)
    if wish.time is None:
        return _offer("choose", fits, clock, words, spread=wish.day is not None)
    wanted = [one for one in fits if _is_at(local[one], wish.time)]
    if ":" in wish.time:
        return wanted[0] if wanted else _offer("instead", _nearest(fits, local, wish.time), clock, words, near=True)
    if wanted:
        return _offer("choose", wanted, clock, words, spread=wish.day is not None)
    return _offer("instead", fits, clock, words, spread=wish.day is not None)


def spoken_time(starts_at: datetime, clock: LocalClock, words: Wording) -> str:
    """ "tomorrow at 10:20 am", "on Tuesday, November 24th at 10:20 am"."""
    local = clock.local(starts_at)
    return words.phrase("{day} at {time}", day=words.on_day(local.date(), clock.today()), time=words.time(local.time()))


def _is_at(local: datetime, time: str) -> bool:
    if ":" in time:
        return f"{local:%H:%M}" == time
    return (local.hour < NOON) == (time == "morning")


def _nearest(free: Sequence[Opening], local: Mapping[Opening, datetime], time: str) -> list[Opening]:
    """On the first day that has any, the nearest to the time come first."""
    hour, minute = (int(part) for part in time.split(":"))
    day = local[free[0]].date()
    same_day = [one for one in free if local[one].date() == day]
    return sorted(same_day, key=lambda one: abs(local[one].hour * 60 + local[one].minute - hour * 60 - minute))


def _offer(
    outcome: str,
    fits: Sequence[Opening],
    clock: LocalClock,
    words: Wording,
    *,
    spread: bool = False,
    near: bool = False,
) -> ToolResult:
    """Some of `fits` to be read aloud, and more on a card: the first of each day, or, with `spread`, early and late
    ones of a day, or, with `near`, the first few."""
    by_day = [list(times) for _, times in groupby(_by_time(fits), key=lambda one: clock.local(one.starts_at).date())]
    if near:
        read = _by_time(fits[:SPOKEN])
    elif spread:
        first = by_day[0]
        read = [first[index] for index in sorted({0, len(first) // 2, len(first) - 1})]
    else:
        read = [day[0] for day in by_day[:SPOKEN]]
    options = _options(read, clock, words)
    several = len({one.doctor.key for one in fits}) > 1
    groups = tuple(_group(day, clock, words, names=several) for day in by_day[:SHOWN_DAYS])
    values = {"options": options, "offered": ", ".join(one.reference for one in read)}
    return ToolResult(outcome=outcome, values=values, card=CardContent(groups=groups))


def _options(read: Sequence[Opening], clock: LocalClock, words: Wording) -> str:
    """Several times as part of a sentence, the day said once where it is the same."""
    local = [clock.local(one.starts_at) for one in read]
    if len({moment.date() for moment in local}) > 1:
        return words.listing([spoken_time(one.starts_at, clock, words) for one in read], "or")
    times = words.listing([words.time(moment.time()) for moment in local], "or")
    return words.phrase("{day} at {time}", day=words.on_day(local[0].date(), clock.today()), time=times)


def _by_time(times: Sequence[Opening]) -> list[Opening]:
    """In order, one a moment: whoever comes first in the clinic's list has it."""
    first: dict[datetime, Opening] = {}
    for one in times:
        first.setdefault(one.starts_at, one)
    return [first[moment] for moment in sorted(first)]


def _group(day: Sequence[Opening], clock: LocalClock, words: Wording, *, names: bool) -> CardGroup:
    """The free times of one day, to be tapped."""
    label = words.day(clock.local(day[0].starts_at).date())
    actions = []
    for one in day[:SHOWN_A_DAY]:
        time, doctor = words.time(clock.local(one.starts_at).time()), words.phrase(one.doctor.name)
        say = words.phrase("{day} at {time} with {doctor}", day=label, time=time, doctor=doctor)
        actions.append(CardAction(label=f"{time}, {doctor}" if names else time, say=say))
    return CardGroup(label=label, actions=tuple(actions))
