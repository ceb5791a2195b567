"""How long a silence must last before a turn has ended: by sound, by wording, and by how this speaker pauses."""

import re
from enum import Enum, auto

_SURE_PROB = 0.5
"""From here on the end-of-turn model says "finished"; below, the wait grows as the probability falls."""
_LONGEST_DOUBT_MS = 240
"""What the model alone can add. On 100 line ends it doubted 37, hardly fewer than lines that were cut in the middle."""
_DICTATING_MS = 700
"""For who ends on a digit or a letter: numbers are spoken in groups."""

_NOTABLE_PAUSE_MS = 400
"""Shorter pauses belong to fluent speech: people breathe."""
_HABIT_MS = 500
"""A habit is acted on from here on: below, waiting would cost every turn more than it saves."""
_LEARNING_RATE = 0.25
_DEVIATIONS = 2.0
"""A wait of the mean pause and so many mean deviations, as TCP waits for an acknowledgement (RFC 6298)."""

_NEVER_LAST = frozenset(
    "a an the my your our their his its this these every some any another and or but because so if when while than as "
    "um uh er erm hmm i i'm i'd i've i'll we're we've you're they're it's that's there's where's what's whose "
    "want need like gonna wanna".split()
)
_SELDOM_LAST = frozenset(
    "of for with from to at by in into on onto about between without during after before until since per via".split()
)
"""Last only in a question: "what is it for?"."""
_COPULAS = frozenset("is are was were be been am has have had does do did will would could can should may".split())
_PRONOUNS = frozenset("i you he she it we they this that there here who what which".split())
_OPENINGS = frozenset("well|so|let me see|one moment|just a moment|just a second|hold on|wait|hang on".split("|"))
_WHOLE_ANSWERS = frozenset(
    "yes|yeah|yep|no|nope|ok|okay|sure|correct|right|thanks|thank you|hello|hi|hey|bye|goodbye|never mind|"
    "yes please|no thanks|no thank you|that's all|that's right|that's it|uh huh|mm hmm|mhm|i see|got it|all right|"
    "alright|of course|exactly|great|fine|good".split("|")
)
_WORDS = re.compile(r"[\w']+")


class Wording(Enum):
    """How a line is worded, as far as it tells whether more comes."""

    WHOLE = auto()
    """An answer that is complete by itself."""
    PLAIN = auto()
    """Nothing to be told from it."""
    DICTATED = auto()
    """Ends on a digit or a single letter."""
    UNFINISHED = auto()
    """Breaks off: "my order number is"."""


def wording(text: str, language: str) -> Wording:
    """How `text` is worded. Other languages than English are all plain."""
    words = _WORDS.findall(text.lower().replace("-", " "))
    if language != "en" or not words:
        return Wording.PLAIN
    line = " ".join(words)
    if line in _WHOLE_ANSWERS:
        return Wording.WHOLE
    last, before = words[-1], words[-2] if len(words) > 1 else ""
    breaks_off = (
        text.endswith(("...", "…", ",", "-"))
        or line in _OPENINGS
        or last in _NEVER_LAST
        or (last in _SELDOM_LAST and not text.endswith("?"))
        or (last in _COPULAS and bool(before) and before not in _PRONOUNS)
    )
    if breaks_off:
        return Wording.UNFINISHED
    return Wording.DICTATED if last.isdigit() or len(last) == 1 else Wording.PLAIN


class Patience:
    """What is known of how one speaker pauses, as moving averages over turns. Owned by the turns of one call."""

    def __init__(self, *, min_silence_ms: int, max_silence_ms: int) -> None:
        self._min_ms = min_silence_ms
        self._max_ms = max_silence_ms
        self._mean_ms = float(min_silence_ms)
        self._deviation_ms = 0.0

    @property
    def usual_ms(self) -> float:
        """What this speaker's pauses inside a turn seldom last longer than; between the two limits."""
        return min(self._max_ms, max(self._min_ms, self._mean_ms + _DEVIATIONS * self._deviation_ms))

    def learn(self, longest_pause_ms: float) -> None:
        """Takes the longest pause inside a turn that has proved to be over; 0 for one without."""
        notable_ms = longest_pause_ms if longest_pause_ms >= _NOTABLE_PAUSE_MS else 0.0
        pause_ms = min(self._max_ms, max(self._min_ms, notable_ms))
        self._deviation_ms += _LEARNING_RATE * (abs(pause_ms - self._mean_ms) - self._deviation_ms)
        self._mean_ms += _LEARNING_RATE * (pause_ms - self._mean_ms)

    def silence_needed_ms(self, finished_prob: float | None, text: str, *, language: str) -> float:
        """How long the silence after `text` must last before the turn has ended; the longest when nothing is known.

        `finished_prob` is None as long as the end-of-turn model has not answered.
        """
        habit_ms = self.usual_ms if self.usual_ms >= _HABIT_MS else 0.0
        match wording(text, language):
            case Wording.WHOLE:
                return self._min_ms
            case Wording.UNFINISHED:
                return self._max_ms
            case Wording.DICTATED:
                return min(self._max_ms, max(_DICTATING_MS, habit_ms))
        if finished_prob is None:
            return self._max_ms
        doubt = 1.0 - min(1.0, finished_prob / _SURE_PROB)
        return min(self._max_ms, max(self._min_ms + doubt * _LONGEST_DOUBT_MS, habit_ms))
