"""Which words of one customer are wanted, and when: while they speak, in each pause, and of what is over."""

import numpy as np
from numpy.typing import NDArray

from agent.core.settings import HearingSettings
from agent.core.speech import SpeechTranslated
from agent.perception.english import English
from agent.perception.transcript import AUTO
from agent.perception.utterance import SEAL_ANYWAY_SAMPLES, Answer, Request, Urgency, Utterance
from agent.perception.wished import Decoding, Words

PARTIAL_WINDOWS = 15
"""Words are asked for every 480 ms of speech."""
STEADY_PROB = 0.8
"""Below, a pause may be about to begin, whose words must not wait until others have been read."""
SURE_LANGUAGE_PROB = 0.7
"""The language found in an utterance is kept for the call; two-word lines in English had 0.8 and more."""


class WordRequests:
    """Of one call. Owned by its `Turns`, but for `reads_emotion`."""

    def __init__(self, call_id: str, settings: HearingSettings) -> None:
        self.reads_emotion = False
        """Whether to ask how things were said; may be changed at any time, by any thread."""
        self.heard_language = "en" if settings.language == AUTO else settings.language
        """What words were last read in."""
        self._call_id = call_id
        self._language = settings.language
        """What words are asked for in; `AUTO` until it is known."""
        self._decoding = Decoding(vocabulary=settings.vocabulary or "")
        self._english: English | None = English(call_id) if settings.translates else None
        self._partial_in = PARTIAL_WINDOWS
        self._requests: list[Request] = []

    def taken(self) -> tuple[Request, ...]:
        """What has been asked for since this was last asked."""
        requests = tuple(self._requests)
        self._requests.clear()
        return requests

    def begin(self) -> None:
        """Another utterance has begun."""
        self._partial_in = PARTIAL_WINDOWS

    def follow(self, utterance: Utterance, sample: int, prob: float, *, voiced: bool, paused: bool) -> None:
        """Asks for the words of what was said up to `sample`, if it is time to, after a frame with `prob` of speech.

        `voiced`: whether the frame counts as voice; `paused`: whether a pause has just begun.
        """
        self._partial_in -= voiced
        if paused:
            self._ask(utterance, utterance.piece, Urgency.PAUSE, utterance.sound(), sample)
        elif self._partial_in <= 0 and prob >= STEADY_PROB:
            self._partial_in = PARTIAL_WINDOWS
            self._ask(utterance, utterance.piece, Urgency.PARTIAL, utterance.sound(), sample)
        if utterance.piece_samples >= SEAL_ANYWAY_SAMPLES:
            self.seal(utterance, utterance.quietest_windows(), sample)

    def seal(self, utterance: Utterance, windows: int, sample: int) -> None:
        """Ends the growing piece after its first `windows`, and asks for its words."""
        piece = utterance.piece
        self._ask(utterance, piece, Urgency.FINAL, utterance.seal(windows), sample)

    def want_more(self, utterance: Utterance) -> None:
        """Asks how an utterance was said whose words are known, and what it is in English, where that is wanted."""
        if self.reads_emotion:
            self._requests += utterance.manner_wanted()
        if self._english is not None and self.heard_language != "en":
            self._requests += self._english.want(utterance, self.heard_language)

    def in_english(self, answer: Answer) -> list[SpeechTranslated] | None:
        """What came of the wish for English; None for an answer to any other."""
        if self._english is None or not answer.request.decoding.into_english:
            return None
        return self._english.take(answer)

    def settle_language(self, words: Words) -> None:
        """Keeps the language that was found, once that is sure."""
        self.heard_language = words.language
        if self._language == AUTO and words.language_prob >= SURE_LANGUAGE_PROB:
            self._language = words.language

    def _ask(
        self, utterance: Utterance, piece: int, urgency: Urgency, sound: NDArray[np.float32], heard_to_sample: int
    ) -> None:
        self._requests.append(
            Request(
                call_id=self._call_id,
                utterance_id=utterance.id,
                piece=piece,
                urgency=urgency,
                samples=sound,
                heard_to_sample=heard_to_sample,
                language=self._language,
                decoding=self._decoding,
                keeps_states=self.reads_emotion and urgency is not Urgency.PARTIAL,
            )
        )
