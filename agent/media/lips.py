"""Tells what a drawn mouth does while speech goes out, clause by clause, and when it stops."""

from collections.abc import Callable
from dataclasses import replace

from agent.core.speech import Viseme
from agent.media.clause import RATE_HZ, Clause


class Lips:
    """Of one speaker."""

    def __init__(self) -> None:
        self.on_move: Callable[[tuple[Viseme, ...]], None] | None = None
        """Told the shapes from now on whenever speech that knows them goes out, or goes on after a pause; none at all
        when such speech is over, held or stopped."""
        self._followed: Clause | None = None

    def follow(self, clause: Clause | None) -> None:
        """`clause` goes out now; None when nothing does. May be told again and again."""
        before, self._followed = self._followed, clause
        if before is clause or self.on_move is None:
            return
        if any(one is not None and one.visemes for one in (before, clause)):
            self.on_move(() if clause is None else shapes_ahead(clause))


def shapes_ahead(clause: Clause) -> tuple[Viseme, ...]:
    """What the mouth does from where the clause has got to, timed from there; the first is the shape that it has."""
    sent_ms = clause.sent * 1_000 // RATE_HZ
    begun = sum(viseme.at_ms <= sent_ms for viseme in clause.visemes)
    ahead = clause.visemes[max(0, begun - 1) :]
    return tuple(replace(viseme, at_ms=max(0, viseme.at_ms - sent_ms)) for viseme in ahead)
