"""Which role a word plays beside its neighbours, as far as its pronunciation depends on it: to record, a record."""

from collections.abc import Sequence

_BEFORE_VERB = frozenset(
    """to will would can could should shall may might must cannot not never please let's lets don't didn't doesn't won't
    can't couldn't wouldn't shouldn't i you we they who i'll you'll we'll they'll i'd you'd we'd they'd just also always
    and then""".split()
)
_BEFORE_PAST = frozenset(
    "have has had i've you've we've they've he's she's was were been be being is are get got having already".split()
)
_BEFORE_NOUN = frozenset(
    """a an the my your his her its our their this that these those some any no every each another which whose what in
    of for on with by from about per full new old first second last next one two three both more of's""".split()
)
_AFTER_VERB = frozenset("the a an my your his her its our their this that these those it them us me you".split())


def role_of(words: Sequence[str], position: int) -> str | None:
    """NOUN, VERB, ADJ or PAST for the lower-case word at `position`, None when nothing tells; marks are empty words.

    A guess from the words next to it, not a parse: "to record" is a VERB, "a record" a NOUN, "have read" is PAST.
    """
    word = words[position]
    before = words[position - 1] if position else ""
    after = words[position + 1] if position + 1 < len(words) else ""
    if word == "used":
        return "PAST" if after == "to" and before not in {"is", "are", "was", "were", "be", "been"} else None
    if before in _BEFORE_PAST or before.endswith("'ve"):
        return "ADJ" if word in {"live", "close", "separate"} else "PAST"
    if before in _BEFORE_VERB or (not before and after in _AFTER_VERB):
        return "VERB"
    if before in _BEFORE_NOUN or before.endswith("'s"):
        return "ADJ" if word == "close" else "NOUN"
    return None
