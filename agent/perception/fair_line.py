"""Whose frame is read next: the earliest deadline, put off for calls that have used more than their share."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from agent.core.clock import NS_PER_S

T = TypeVar("T")

LEARNS_LONGER, LEARNS_SHORTER = 0.5, 0.2
"""Weight of the newest frame in what a call's next frame is expected to take."""
DOUBTS = 0.9
UNREAD_NS = NS_PER_S
"""While a call has not been read for this long, each frame that is given up lowers what the next is expected to take by
that factor, so that a few slow frames never end a call's analysis."""
ACTIVE_NS = NS_PER_S
"""A call shares the threads for this long after its last frame."""
LONGEST_DEBT_NS = NS_PER_S
"""Use beyond one's share is remembered no longer than this, so that nobody waits for ever."""


@dataclass(slots=True, eq=False)
class Account:
    """What one call has used of the threads, and will need."""

    expected_ns: float = 0.0
    """How long reading its next frame will take: a moving average."""
    paid_until_ns: int = 0
    """Until when its share of the threads is used up."""
    used_ns: int = 0
    """Time of threads since the call began."""
    asked_ns: int | None = None
    read_ns: int = 0
    """When its last frame was read."""
    in_hand: bool = False
    """A thread is busy with this call; the state of a call is never in two hands."""


@dataclass(slots=True, eq=False)
class Place(Generic[T]):
    """One frame in the line."""

    account: Account
    item: T
    deadline_ns: int
    urgency_ns: int
    """The deadline, put off by what the call has used beyond its share."""


class FairLine(Generic[T]):
    """The frames that wait for `threads` threads, at most one a call. Pure: the caller tells the time and locks.

    A thread that is free takes the place with the smallest urgency among calls that no thread has in hand. A frame that
    could not be read by its deadline is not begun. Reading a frame for t ns uses up the call's share of the threads for
    t x calls / threads; while there is enough for all, that has passed before its next frame comes, and the order is by
    deadline alone. When there is not, every call gets the same time of the threads, whatever it sends (as in Zhang's
    virtual clock, SIGCOMM 1990).
    """

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._accounts: list[Account] = []
        self._places: list[Place[T]] = []

    def __len__(self) -> int:
        return len(self._places)

    def open(self) -> Account:
        """A new call's account."""
        account = Account()
        self._accounts.append(account)
        return account

    def close(self, account: Account) -> None:
        """The call takes no share any more; a frame of it that waits is still handed out."""
        self._accounts.remove(account)

    def join(self, account: Account, item: T, *, deadline_ns: int, now_ns: int) -> None:
        account.asked_ns = now_ns
        debt_ns = max(0, account.paid_until_ns - now_ns)
        self._places.append(Place(account, item, deadline_ns, deadline_ns + debt_ns))

    def take(self, now_ns: int) -> tuple[T | None, list[T]]:
        """The frame to begin now, or None, and those that are given up: they cannot be read in time any more."""
        late = [place for place in self._places if now_ns + place.account.expected_ns > place.deadline_ns]
        for place in late:
            if now_ns - place.account.read_ns > UNREAD_NS:
                place.account.expected_ns *= DOUBTS
        self._places = [place for place in self._places if place not in late]
        free = [place for place in self._places if not place.account.in_hand]
        chosen = min(free, key=lambda place: place.urgency_ns, default=None)
        if chosen is not None:
            self._places.remove(chosen)
            chosen.account.in_hand = True
        return (None if chosen is None else chosen.item), [place.item for place in late]

    def give_back(self, account: Account, *, began_ns: int, reading_took_ns: int | None, now_ns: int) -> None:
        """A thread has done with a call that it took at `began_ns`; no reading came of it where that took None."""
        account.in_hand = False
        if reading_took_ns is not None:
            known_ns = account.expected_ns or reading_took_ns
            learns = LEARNS_LONGER if reading_took_ns > known_ns else LEARNS_SHORTER
            account.expected_ns = known_ns + learns * (reading_took_ns - known_ns)
            account.read_ns = now_ns
        took_ns = now_ns - began_ns
        account.used_ns += took_ns
        paid_until_ns = max(account.paid_until_ns, began_ns) + took_ns * max(1.0, self._active(now_ns) / self._threads)
        account.paid_until_ns = min(round(paid_until_ns), now_ns + LONGEST_DEBT_NS)

    def clear(self) -> list[T]:
        """Ends the waiting of all."""
        places, self._places = self._places, []
        return [place.item for place in places]

    def _active(self, now_ns: int) -> int:
        return sum(one.asked_ns is not None and now_ns - one.asked_ns < ACTIVE_NS for one in self._accounts)
