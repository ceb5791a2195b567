"""Splits a reply into clauses, so that the first is heard while the rest is still being synthesized."""

import re
from collections.abc import Iterator

LONGEST_CHARACTERS = 180
"""Of one clause; about ten seconds of speech."""

_SENTENCE_END = re.compile(r"[.!?…]+[\"')\]”’]*(?=\s|$)|[。！？]+|\n+|[;:](?=\s)|\s[-–—]+(?=\s)|—")
_COMMA = re.compile(r",(?=\s)")
_CONJUNCTION = re.compile(r"\s(?=(?:and|but|or|so|because|which|while|if|when|after|before|until|unless)\s)")
_NO_END = re.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Dr|Prof|St|Ave|Rd|Blvd|Apt|vs|e\.g|i\.e|approx|est|max|Dept|Ext|Tel|Qty|Jan|Feb|Mar|Apr|Aug"
    r"|Sept?|Oct|Nov|Dec|Mon|Tues?|Wed|Thurs?|Fri)|\b[A-Z])\.$"
)
_NO_END_BEFORE_LOWER_CASE = re.compile(r"\b(?:[ap]\.m|etc|Inc|Ltd|Co|Corp)\.$")
_SHORTEST_WORDS = 3
"""Words on each side of a comma that make it worth a clause of its own; after a conjunction one more."""
_COMFORTABLE_CHARACTERS = 90
"""A longer clause is split before a conjunction where it has one."""
_COMFORTABLE_AT_FIRST = 45
"""The same for the first clause, whose synthesis the customer waits for."""


def clauses(text: str, *, opening: bool = True) -> Iterator[str]:
    """Pieces of at most 180 characters that together are all of `text`, split where a speaker would pause.

    With `opening` the first is kept short, as the customer waits for it.
    """
    start = 0
    for match in _SENTENCE_END.finditer(text):
        stop = match.end()
        if _goes_on(text[start:stop], text[stop : stop + LONGEST_CHARACTERS].lstrip()):
            continue
        yield from _within_sentence(text[start:stop], first=opening and start == 0)
        start = stop
    yield from _within_sentence(text[start:], first=opening and start == 0)


def _goes_on(before: str, after: str) -> bool:
    """Whether the full stop that ends `before` belongs to an abbreviation, not to the sentence."""
    if not after:
        return False
    if before.lower().endswith("no."):
        return after[0].isdigit()
    if _NO_END_BEFORE_LOWER_CASE.search(before):
        return after[0].islower()
    return _NO_END.search(before) is not None


def _within_sentence(sentence: str, *, first: bool) -> Iterator[str]:
    start = 0
    for match in _COMMA.finditer(sentence):
        before, after = sentence[start : match.end()], sentence[match.end() :]
        shortest = 1 if first and start == 0 else _SHORTEST_WORDS
        if len(before.split()) >= shortest and len(after.split()) >= _SHORTEST_WORDS:
            yield from _comfortable(before, first=first and start == 0)
            start = match.end()
    yield from _comfortable(sentence[start:], first=first and start == 0)


def _comfortable(clause: str, *, first: bool) -> Iterator[str]:
    """The clause, cut before the conjunction nearest its middle when long, and at a space when still too long."""
    comfortable = _COMFORTABLE_AT_FIRST if first else _COMFORTABLE_CHARACTERS
    while len(clause) > comfortable:
        cut = _best_cut(clause)
        if cut is None:
            break
        yield clause[:cut]
        clause = clause[cut:]
        comfortable = _COMFORTABLE_CHARACTERS
    if clause:
        yield clause


def _best_cut(clause: str) -> int | None:
    """Where to cut a clause that is long, or None when it may stay whole."""
    window = clause[:LONGEST_CHARACTERS]
    cuts = [
        match.start()
        for match in _CONJUNCTION.finditer(window)
        if len(clause[: match.start()].split()) >= _SHORTEST_WORDS
        and len(clause[match.start() :].split()) > _SHORTEST_WORDS
    ]
    if cuts:
        return min(cuts, key=lambda position: abs(position - len(window) // 2))
    if len(clause) <= LONGEST_CHARACTERS:
        return None
    space = window.rstrip().rfind(" ")
    return space if space > 0 else LONGEST_CHARACTERS
