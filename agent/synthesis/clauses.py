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
_SHORTEST_WORDS = 3
"""Words on each side of a comma or conjunction that make it worth a clause of its own."""
_COMFORTABLE_CHARACTERS = 90
"""A longer clause is split before a conjunction where it has one."""


def clauses(text: str) -> Iterator[str]:
    """Pieces of at most 180 characters that together are all of `text`, split where a speaker would pause."""
    start = 0
    for match in _SENTENCE_END.finditer(text):
        stop = match.end()
        abbreviated = _NO_END.search(text, start, stop) is not None
        numbered = text[start:stop].lower().endswith(" no.") and text[stop : stop + 2].strip().isdigit()
        if (abbreviated or numbered) and text[stop:].strip():
            continue
        yield from _within_sentence(text[start:stop])
        start = stop
    yield from _within_sentence(text[start:])


def _within_sentence(sentence: str) -> Iterator[str]:
    start = 0
    for match in _COMMA.finditer(sentence):
        before, after = sentence[start : match.end()], sentence[match.end() :]
        if len(before.split()) >= _SHORTEST_WORDS and len(after.split()) >= _SHORTEST_WORDS:
            yield from _comfortable(before)
            start = match.end()
    yield from _comfortable(sentence[start:])


def _comfortable(clause: str) -> Iterator[str]:
    """The clause, cut before the conjunction nearest its middle when long, and at a space when still too long."""
    while len(clause) > _COMFORTABLE_CHARACTERS:
        window = clause[:LONGEST_CHARACTERS]
        cuts = [
            match.start()
            for match in _CONJUNCTION.finditer(window)
            if len(clause[: match.start()].split()) >= _SHORTEST_WORDS
            and len(clause[match.start() :].split()) >= _SHORTEST_WORDS
        ]
        if cuts:
            cut = min(cuts, key=lambda position: abs(position - min(len(clause), LONGEST_CHARACTERS) // 2))
        elif len(clause) <= LONGEST_CHARACTERS:
            break
        else:
            cut = window.rfind(" ") if " " in window.strip() else LONGEST_CHARACTERS
            cut = cut or LONGEST_CHARACTERS
        yield clause[:cut]
        clause = clause[cut:]
    if clause:
        yield clause
