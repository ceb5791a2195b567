"""Gathers what the pieces of an utterance are in English, as the recogniser heard them."""

from collections import OrderedDict
from dataclasses import dataclass, field

from agent.core.speech import SpeechTranslated
from agent.core.types import Stamp
from agent.perception.utterance import Answer, Request, Utterance

MOST_OPEN = 4
"""Utterances of one call that may wait for their translation; beyond, the oldest is given up."""


@dataclass(slots=True)
class _Open:
    stamp: Stamp
    pieces: set[int]
    """Those that are still to come."""
    texts: dict[int, str] = field(default_factory=dict, repr=False)


class English:
    """Of one call. One thread at a time may use it."""

    def __init__(self, call_id: str) -> None:
        self._call_id = call_id
        self._open: OrderedDict[int, _Open] = OrderedDict()

    def want(self, utterance: Utterance, language: str) -> list[Request]:
        """What to ask for, of a complete utterance in `language`."""
        requests = utterance.translation_wanted(language)
        if requests:
            self._open[utterance.id] = _Open(utterance.stamp, {request.piece for request in requests})
            if len(self._open) > MOST_OPEN:
                self._open.popitem(last=False)
        return requests

    def take(self, answer: Answer) -> list[SpeechTranslated]:
        """What became of a request; the translation once its last piece is there. One that failed is none."""
        request = answer.request
        waiting = self._open.get(request.utterance_id)
        if waiting is None:
            return []
        waiting.pieces.discard(request.piece)
        if answer.words is None:
            del self._open[request.utterance_id]
            return []
        waiting.texts[request.piece] = answer.words.text
        if waiting.pieces:
            return []
        del self._open[request.utterance_id]
        text = " ".join(text for _, text in sorted(waiting.texts.items()) if text)
        if not text:
            return []
        return [
            SpeechTranslated(call_id=self._call_id, utterance_id=request.utterance_id, stamp=waiting.stamp, text=text)
        ]
