"""The line of customers for whom nothing is free: first come, first served, and who no longer asks is forgotten."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agent.core.clock import NS_PER_S

FIRST_ASKS_EVERY_S = 5
"""The first in line is told to ask this often, so that what is freed does not lie idle for long."""
LONGEST_PAUSE_S = 30
"""Nobody is told to stay away for longer: a wait is a guess, and calls may end early."""
GRACE_S = 10
"""A place outlives the moment at which its holder was to ask again by so much."""

Fits = Callable[[Sequence[float]], bool]
"""Whether calls of these shares could all be taken now, besides those that go on."""
OnOver = Callable[[int, bool], None]
"""Told of each wait that is over how many nanoseconds it lasted, and whether it ended with a call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Somebody's place in line."""

    token: str
    """Shown with the next request, it keeps the place."""
    position: int
    """1 is the first."""
    ask_again_s: int


@dataclass(slots=True)
class _Waiter:
    share: float
    until_ns: int
    """The place is lost then."""
    holder: str | None
    since_ns: int


class WaitingLine:
    """Places by token, the first come first. Time is what it is told, and it never goes back.

    What a call needs is a share; shares may differ. Nobody overtakes: a share is free for a customer only if those
    ahead of them would still get theirs. So what is freed is held for the first in line for as long as their place
    lasts, `FIRST_ASKS_EVERY_S` and `GRACE_S` at most once they have been told that they are the first.
    """

    def __init__(self, most: int, on_over: OnOver = lambda waited_ns, served: None) -> None:
        """`most` may stand in line. Who never had to stand in it has waited for nothing."""
        self._most = most
        self._on_over = on_over
        self._waiters: dict[str, _Waiter] = {}

    def length(self, now_ns: int) -> int:
        self._forget(now_ns)
        return len(self._waiters)

    def longest_wait_ns(self, now_ns: int) -> int | None:
        """Of those who wait; None when nobody does."""
        self._forget(now_ns)
        return max((now_ns - waiter.since_ns for waiter in self._waiters.values()), default=None)

    def enter(self, token: str | None, share: float, fits: Fits, now_ns: int) -> bool:
        """Whether who asks may have a call now; if so, their place is given up. `token` is None for a newcomer."""
        self._forget(now_ns)
        if not fits([*self._ahead_of(token), share]):
            return False
        waiter = self._waiters.pop(token or "", None)
        self._on_over(0 if waiter is None else now_ns - waiter.since_ns, True)
        return True

    def held_by(self, holder: str, now_ns: int, *, but: str | None) -> int:
        """How many places `holder` has, not counting the one of the token `but`."""
        self._forget(now_ns)
        return sum(waiter.holder == holder for token, waiter in self._waiters.items() if token != but)

    def stand(
        self, token: str | None, share: float, *, ends_every_s: float, now_ns: int, holder: str | None = None
    ) -> Place | None:
        """The place of who may not have a call yet: the one of `token`, or the last. None when the line is full.

        A token that is not known, or no longer, is a newcomer's. `ends_every_s`: how often a call ends, on average; by
        it they are told when to ask again.
        """
        self._forget(now_ns)
        if token is None or token not in self._waiters:
            if len(self._waiters) >= self._most:
                return None
            token = secrets.token_urlsafe(16)
        position = len(self._ahead_of(token)) + 1
        longest_s = FIRST_ASKS_EVERY_S if position == 1 else LONGEST_PAUSE_S
        ask_again_s = max(1, min(round(position * ends_every_s), longest_s))
        waiter = self._waiters.setdefault(token, _Waiter(share, now_ns, holder, now_ns))
        waiter.share, waiter.until_ns = share, now_ns + (ask_again_s + GRACE_S) * NS_PER_S
        return Place(token=token, position=position, ask_again_s=ask_again_s)

    def leave(self, token: str, now_ns: int) -> None:
        """Gives a place up. Does nothing for one that is lost already."""
        waiter = self._waiters.pop(token, None)
        if waiter is not None:
            self._on_over(now_ns - waiter.since_ns, False)

    def _ahead_of(self, token: str | None) -> list[float]:
        """Shares of those who come first: everybody's, for who has no place yet."""
        shares = []
        for other, waiter in self._waiters.items():
            if other == token:
                break
            shares.append(waiter.share)
        return shares

    def _forget(self, now_ns: int) -> None:
        for token in [token for token, waiter in self._waiters.items() if waiter.until_ns <= now_ns]:
            self._on_over(self._waiters[token].until_ns - self._waiters.pop(token).since_ns, False)
