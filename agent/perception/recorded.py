"""Hears a recording as a call would be heard, without threads or waiting: the same sound gives the same words."""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from agent.core.clock import NS_PER_MS, NS_PER_S, SystemClock
from agent.core.settings import HearingSettings
from agent.core.speech import MIC_RATE_HZ, HearingEvent, MicWindow
from agent.core.types import CaptureOrigin, Stamp, read_only
from agent.inference.runtime import Runtime
from agent.perception.activity import VoiceActivity
from agent.perception.listening import Listener
from agent.perception.transcriber import Reader
from agent.perception.turns import Outcome
from agent.perception.utterance import Urgency

WINDOW_SAMPLES = MIC_RATE_HZ // 50


def windows_of(sound: NDArray[np.float32], call_id: str = "recording") -> Iterator[MicWindow]:
    """The windows of 20 ms that a call would bring of `sound`, (n,) at 16 kHz, captured from time 0 on."""
    sound = read_only(sound)
    for number, start in enumerate(range(0, len(sound), WINDOW_SAMPLES)):
        captured_ns = start * NS_PER_S // MIC_RATE_HZ
        stamp = Stamp(
            frame_id=number,
            rtp_timestamp=start,
            arrived_ns=captured_ns,
            captured_ns=captured_ns,
            captured_error_ns=0,
            captured_from=CaptureOrigin.FILE,
            media_ms=captured_ns / NS_PER_MS,
        )
        yield MicWindow(call_id=call_id, stamp=stamp, samples=sound[start : start + WINDOW_SAMPLES], start_sample=start)


class RecordedHearing:
    """Models for one recording after another. One thread at a time may use it."""

    def __init__(self, runtime: Runtime, settings: HearingSettings, *, reads_emotion: bool = False) -> None:
        """Loads the models. `reads_emotion`: whether to tell how things are said. Raises as `Reader.open` does."""
        self._reads_emotion = reads_emotion
        self._settings = settings
        self._activity = runtime.open("voice_activity")
        self._reader = Reader.open(runtime, settings, SystemClock())

    def understands(self, language: str) -> bool:
        """Whether words in this language can be read."""
        return language in self._reader.languages

    def hear(self, windows: Iterable[MicWindow], *, language: str | None = None) -> Iterator[HearingEvent]:
        """Events in the order in which they become known, as if all models took no time; the last turn is ended.

        `language` stands in for the one of the settings.

        Nothing is read along while somebody speaks: partial transcripts come at pauses only.
        """
        settings = self._settings if language is None else self._settings.in_language(language)
        listener: Listener | None = None
        now_ns = 0
        for window in windows:
            if listener is None:
                listener = Listener(window.call_id, VoiceActivity(self._activity), settings)
                listener.reads_emotion = self._reads_emotion
            now_ns = window.stamp.captured_ns + len(window.samples) * NS_PER_S // MIC_RATE_HZ
            yield from self._settle(listener, listener.hear(window, now_ns), now_ns)
        if listener is not None:
            yield from self._settle(listener, listener.hear_nothing(now_ns), now_ns)

    def _settle(self, listener: Listener, outcome: Outcome, now_ns: int) -> Iterator[HearingEvent]:
        """The events of a step and of everything that follows from it."""
        yield from outcome.events
        for request in outcome.requests:
            if request.urgency is not Urgency.PARTIAL:
                yield from self._settle(listener, listener.take(self._reader.answer(request), now_ns), now_ns)
