"""How long a silence must last before a turn has ended: by a line's end, sound and wording, and its speaker's habit."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

_SURE_PROB = 0.5
"""From here on the end-of-turn model says "finished"; below, the wait grows as the probability falls."""
_LONGEST_DOUBT_MS = 240
"""What doubt alone can add, and what the end-of-turn model alone can: on 100 line ends it doubted 37, hardly fewer than
lines that were cut in the middle."""
_COMPLETE_PROB = 0.7
"""From here on a line counts as complete: two of three ends lie above, and one of ten breaks."""
_OPEN_PROB = 0.5
_DOUBTFUL_PROB = 0.3
_HOPELESS_PROB = 0.1
"""Below, a line counts as broken off: 3 of 120 ends lay there."""
_UNCERTAIN_MS = 800
"""How long the reply to a line that may not be complete is withheld."""
_SOUND_WEIGHT = 0.25
"""Of the end-of-turn model beside the line's end, both in log odds; in a fit to both it weighs nothing on synthesized
lines, and people's it helps to tell only where the line leaves it open."""
_LEAST_PROB = 0.01
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """Milliseconds of silence."""

    final_ms: float
    """After these the turn has ended and its words are final, as far as can be told."""
    answer_ms: float
    """After these an answer may be heard; never fewer."""


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

    def waits(
        self, text: str, *, language: str, complete_prob: float | None = None, finished_prob: float | None = None
    ) -> Waits:
        """How long to wait in the silence after `text`; the longest when nothing is known, the shortest without words.

        `complete_prob` is what its end tells, `finished_prob` what the end-of-turn model does; None as long as they do
        not.
        """
        habit_ms = self.usual_ms if self.usual_ms >= _HABIT_MS else 0.0
        worded = wording(text, language)
        if worded is Wording.WHOLE or not text:
            return self._between(0.0)
        if worded is Wording.DICTATED:
            return self._between(max(_DICTATING_MS, habit_ms))
        if worded is Wording.UNFINISHED and (complete_prob is None or complete_prob < _OPEN_PROB):
            return self._between(self._max_ms)
        if complete_prob is not None:
            prob = _both(complete_prob, finished_prob)
            answer_ms = _along(prob, ((_DOUBTFUL_PROB, self._max_ms), (_OPEN_PROB, _UNCERTAIN_MS)))
            return self._between(max(self._doubt_ms(prob), habit_ms), answer_ms if prob < _COMPLETE_PROB else 0.0)
        if finished_prob is None:
            return self._between(self._max_ms)
        return self._between(
            max(_along(finished_prob, ((0.0, self._doubtful_ms), (_SURE_PROB, self._min_ms))), habit_ms)
        )

    @property
    def _doubtful_ms(self) -> float:
        return self._min_ms + _LONGEST_DOUBT_MS

    def _doubt_ms(self, prob: float) -> float:
        return _along(
            prob, ((_HOPELESS_PROB, self._max_ms), (_DOUBTFUL_PROB, self._doubtful_ms), (_COMPLETE_PROB, self._min_ms))
        )

    def _between(self, final_ms: float, answer_ms: float = 0.0) -> Waits:
        final_ms = min(self._max_ms, max(self._min_ms, final_ms))
        return Waits(final_ms=final_ms, answer_ms=max(final_ms, min(self._max_ms, answer_ms)))


def leaves_open(complete_prob: float | None) -> bool:
    """Whether the end of a line leaves it to the end-of-turn model to say whether it is over."""
    return complete_prob is None or _HOPELESS_PROB < complete_prob < _COMPLETE_PROB


def _both(complete_prob: float, finished_prob: float | None) -> float:
    """The first, moved by the second where it left the matter open."""
    if finished_prob is None or not leaves_open(complete_prob):
        return complete_prob
    odds = _log_odds(complete_prob) + _SOUND_WEIGHT * _log_odds(finished_prob)
    return 1.0 / (1.0 + math.exp(-odds))


def _along(at: float, points: Sequence[tuple[float, float]]) -> float:
    """The height at `at` of straight lines from point to point, level before the first and after the last."""
    (x, y), *rest = points
    for after_x, after_y in rest:
        if at < after_x:
            return y + (after_y - y) * max(0.0, at - x) / (after_x - x)
        x, y = after_x, after_y
    return y


def _log_odds(prob: float) -> float:
    prob = min(1.0 - _LEAST_PROB, max(_LEAST_PROB, prob))
    return math.log(prob / (1.0 - prob))
