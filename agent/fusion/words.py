"""What a few words spoken over the agent mean: go on, an answer, the agent's own echo, or a turn of the customer."""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from enum import Enum, auto

CONTINUERS = frozenset(
    "uh huh|uhhuh|mm hmm|mm hm|mhm|mm mm|mm|mmm|hmm|hm|m|uh|um|ah|aha|oh|huh|ooh|嗯|嗯嗯|哦|啊".split("|")
)
"""Say no more than "I am listening"."""
ASSENTS = frozenset(
    "yeah|yes|yep|yup|okay|ok|right|sure|alright|all right|i see|got it|good|great|fine|exactly|of course|cool|perfect|"
    "thanks|thank you|you|好|好的|对|是|是的|行|明白".split("|")
)
"""Say the same, unless the agent is asking something: then they are an answer. "you" is what Whisper makes of a hum."""
LONGEST_PHRASE_WORDS = 2
MOST_WORDS = 4
ECHO_WORDS = 2
"""One word that the agent said too may be the customer's own."""
LONG_ECHO_WORDS, LONG_ECHO_SHARE = 4, 0.75
"""Of so many words, so large a share in the agent's order is an echo too: the rest was misheard."""
ECHO_REACH_WORDS = 14
"""An echo is of what the agent has just said."""

_WORD = re.compile(r"[\w']+")


class Meaning(Enum):
    NOTHING = auto()
    BACKCHANNEL = auto()
    ECHO = auto()
    WORDS = auto()


def meaning(text: str, *, asking: bool, agent_said: str) -> Meaning:
    """What `text`, heard while the agent spoke, means. `agent_said` is what it had spoken by then."""
    words = split(text)
    if not words:
        return Meaning.NOTHING
    if _is_echo(words, split(agent_said)[-ECHO_REACH_WORDS:]):
        return Meaning.ECHO
    phrases = CONTINUERS if asking else CONTINUERS | ASSENTS
    return Meaning.BACKCHANNEL if len(words) <= MOST_WORDS and _made_of(words, phrases) else Meaning.WORDS


def split(text: str) -> list[str]:
    """The words in lower case, without marks."""
    return _WORD.findall(text.lower().replace("-", " "))


def _made_of(words: Sequence[str], phrases: frozenset[str]) -> bool:
    """Whether the words are such phrases, one after the other, and nothing else."""
    if not words:
        return True
    sizes = range(1, min(LONGEST_PHRASE_WORDS, len(words)) + 1)
    return any(" ".join(words[:size]) in phrases and _made_of(words[size:], phrases) for size in sizes)


def _is_echo(words: Sequence[str], said: Sequence[str]) -> bool:
    """Whether the agent said these words in this order, or nearly."""
    size = len(words)
    if size >= LONG_ECHO_WORDS:
        alike = SequenceMatcher(None, words, said, autojunk=False).get_matching_blocks()
        return sum(block.size for block in alike) >= LONG_ECHO_SHARE * size
    return size >= ECHO_WORDS and any(said[at : at + size] == words for at in range(len(said) - size + 1))
