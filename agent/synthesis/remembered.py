"""A voice that keeps the sound of what every call hears, such as the greeting, and of nothing else."""

import threading
from collections import OrderedDict
from collections.abc import Generator, Iterable

from agent.synthesis.clauses import clauses
from agent.synthesis.voice import Piece, Style, Voice

MOST_BYTES = 16 * 1024 * 1024
"""Of samples that are kept, about a minute and a half; what was not said for longest goes first."""


class RememberingVoice:
    """Another voice, except that clauses of `sentences` are synthesized once for each style and then repeated.

    What is kept is known in advance: sentences that stand in the program or its domain pack, not what customers are
    told about themselves. A clause with somebody's name or order id is never kept, however often it is said.
    """

    def __init__(self, voice: Voice, sentences: Iterable[str], *, most_bytes: int = MOST_BYTES) -> None:
        self._voice = voice
        self._known = frozenset(
            clause.strip()
            for sentence in sentences
            for opening in (True, False)
            for clause in clauses(sentence, opening=opening)
        )
        self._most_bytes = most_bytes
        self._kept: OrderedDict[tuple[str, Style], tuple[Piece, ...]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    @property
    def rate_hz(self) -> int:
        return self._voice.rate_hz

    @property
    def fault(self) -> str | None:
        return self._voice.fault

    @property
    def kept_bytes(self) -> int:
        return self._bytes

    def speaks(self, language: str) -> bool:
        return self._voice.speaks(language)

    def can_speak(self, clause: str) -> bool:
        return self._voice.can_speak(clause)

    def stream(self, clause: str, style: Style) -> Generator[Piece, None, None]:
        """As `Voice.stream`."""
        key = clause.strip(), style
        kept = self._kept_for(key)
        if kept is not None:
            yield from kept
            return
        made: list[Piece] = []
        for piece in self._voice.stream(clause, style):
            made.append(piece)
            if piece.share >= 1.0:
                self._keep(key, tuple(made))
            yield piece

    def _kept_for(self, key: tuple[str, Style]) -> tuple[Piece, ...] | None:
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None:
                self._kept.move_to_end(key)
            return kept

    def _keep(self, key: tuple[str, Style], pieces: tuple[Piece, ...]) -> None:
        """Unless the clause is none of those known, or another voice stood in."""
        if key[0] not in self._known or self._voice.fault is not None:
            return
        with self._lock:
            if key not in self._kept:
                self._kept[key] = pieces
                self._bytes += _size(pieces)
            while self._bytes > self._most_bytes:
                _, dropped = self._kept.popitem(last=False)
                self._bytes -= _size(dropped)


def _size(pieces: tuple[Piece, ...]) -> int:
    return sum(piece.samples.nbytes for piece in pieces)
