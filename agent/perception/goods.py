"""Finds all that somebody names to buy, and how many of each: "a tent and two sleeping bags"."""

from collections.abc import Callable, Mapping, Sequence
from re import Pattern

from agent.perception.numerals import cardinal, tokens

LONGEST_COUNT_WORDS = 3
MOST_OF_ONE_THING = 99
_BETWEEN = frozenset("of the those these new your pair pairs piece pieces more other".split())
"""Words that may stand between a number and what it counts."""


def goods(text: str, words: Mapping[str, Sequence[str]], naming: Callable[[str], Pattern[str]]) -> str | None:
    """ "1 x tent; 2 x sleeping bag": each value of `words` that `text` says, in the order of first mention, with the
    number right before it or else 1; of two values at one place the one said in more letters. `naming` gives the
    pattern of a way of saying. None where nothing is named.
    """
    lowered = text.lower()
    matches = sorted(
        (match.start(), -len(said), match.end(), value)
        for value, ways in words.items()
        for said in ways
        for match in naming(said).finditer(lowered)
    )
    counts: dict[str, int] = {}
    reached = 0
    for start, _, end, value in matches:
        if start < reached:
            continue
        counts[value] = min(MOST_OF_ONE_THING, counts.get(value, 0) + _count_before(lowered[reached:start]))
        reached = end
    return "; ".join(f"{count} x {value}" for value, count in counts.items()) or None


def _count_before(text: str) -> int:
    """The number at the end of `text`; 1 without one, or where it is none to count things with."""
    before = tokens(text)
    while before and before[-1] in _BETWEEN:
        before.pop()
    for start in range(max(0, len(before) - LONGEST_COUNT_WORDS), len(before)):
        read = cardinal(before, start)
        if read is not None and read[1] == len(before) and read[0] in range(1, MOST_OF_ONE_THING + 1):
            return int(read[0])
    return 1
