"""Follows the turns of one customer: where an utterance begins, pauses and ends, and what its words are.

Sans-I/O: stepped with frames and read words, it says what follows. Whoever steps it runs the requests, late or never,
and brings the answers. All is decided on positions in the track, so the same sound gives the same turns at any speed.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agent.core.clock import NS_PER_MS
from agent.core.settings import HearingSettings
from agent.core.speech import MIC_RATE_HZ, HearingEvent, HearingFailed, VoiceStarted, VoiceStopped
from agent.core.types import Stamp
from agent.perception.activity import START_WINDOWS, WINDOW_SAMPLES, VoiceGate
from agent.perception.framing import SoundFrame
from agent.perception.patience import Patience
from agent.perception.utterance import (
    LONGEST_UTTERANCE_SAMPLES,
    SEAL_AT_PAUSE_SAMPLES,
    Answer,
    Request,
    Urgency,
    Utterance,
)
from agent.perception.word_requests import WordRequests

PRE_ROLL_WINDOWS = 12
"""384 ms from before the first voiced window: soft consonants that the voice model misses, and a moment of quiet,
without which Whisper mishears first words more often."""
TAKEN_UP_SAMPLES = MIC_RATE_HZ * 3 // 2
"""Who speaks again this soon after a turn had not finished it."""
TELLING_SAMPLES = MIC_RATE_HZ
"""A shorter utterance tells nothing of how its speaker pauses."""
GAP_FILL_SAMPLES = MIC_RATE_HZ // 10
"""Silence put in the place of missing sound, at most."""

_MS_PER_SAMPLE = 1_000 / MIC_RATE_HZ


@dataclass(frozen=True, slots=True)
class Outcome:
    """What follows from a step: events to deliver, and sound of which the words are wanted."""

    events: tuple[HearingEvent, ...] = ()
    requests: tuple[Request, ...] = ()


class Turns:
    """The utterance being said and those whose words are still being read. One thread at a time may step it."""

    def __init__(self, call_id: str, settings: HearingSettings, stamp_at: Callable[[int], Stamp]) -> None:
        """`stamp_at` dates a position in the track near the frame that is being followed."""
        self.words = WordRequests(call_id, settings)
        """Those that are wanted, and the language that they are in."""
        self._call_id = call_id
        self._settings = settings
        self._stamp_at = stamp_at
        self._events: list[HearingEvent] = []
        self._sample = 0
        """Position in the track up to which frames were followed."""
        self._onset_sample = 0
        """Where the last stretch of voice began."""
        self._recent: deque[NDArray[np.float32]] = deque(maxlen=PRE_ROLL_WINDOWS + START_WINDOWS)
        self._paused = True
        """Whether the gate was closed after the last frame."""
        self._speaking = False
        """Whether the last voice event was `VoiceStarted`."""
        self._utterances = 0
        self._patience = Patience(min_silence_ms=settings.min_silence_ms, max_silence_ms=settings.max_silence_ms)
        self._last: Utterance | None = None
        """The turn that ended last, until the next one shows whether it was over."""
        self._current: Utterance | None = None
        self._ending: list[Utterance] = []
        """Ended turns whose words are not all known, oldest first."""

    @property
    def waits_for_silence(self) -> bool:
        """Whether an utterance is open."""
        return self._current is not None

    def outcome(self) -> Outcome:
        """What has followed since this was last asked."""
        outcome = Outcome(tuple(self._events), self.words.taken())
        self._events.clear()
        return outcome

    def follow(self, frame: SoundFrame, prob: float, gate: VoiceGate, now_ns: int) -> None:
        """Takes the next frame, and the gate after it."""
        self._sample = frame.end_sample
        self._recent.append(frame.samples)
        if gate.open and self._paused:
            self._onset_sample = self._sample - gate.voiced_windows * WINDOW_SAMPLES
        if self._current is not None:
            self._current.append(frame.samples, prob)
        if gate.open and self._current is None:
            self._begin()
        utterance = self._current
        if utterance is None:
            return
        resumed, paused = gate.open and self._paused, not gate.open and not self._paused
        self._paused = not gate.open
        if resumed:
            self._resume(utterance)
        if gate.voiced:
            utterance.voiced_end_sample = self._sample
            utterance.voiced_end = self._stamp_at(self._sample)
        self.words.follow(utterance, self._sample, prob, voiced=gate.voiced, paused=paused)
        if utterance.samples >= LONGEST_UTTERANCE_SAMPLES:
            self._recent.clear()
            self.end(now_ns)
        else:
            self._end_if_silent(now_ns)

    def miss(self, gap_samples: int, now_ns: int) -> bool:
        """Steps over missing sound. True when it was so long that it ended the turn."""
        self._recent.clear()
        utterance = self._current
        if utterance is None:
            return False
        for _ in range(min(gap_samples, GAP_FILL_SAMPLES) // WINDOW_SAMPLES):
            utterance.append(np.zeros(WINDOW_SAMPLES, np.float32), 0.0)
        if gap_samples * _MS_PER_SAMPLE < self._settings.max_silence_ms:
            return False
        self.end(now_ns)
        return True

    def end(self, now_ns: int) -> None:
        """Ends the turn, if there is one, whatever was heard last."""
        utterance = self._current
        if utterance is None:
            return
        self._fall_silent(utterance)
        self._current, self._last = None, utterance
        self._paused = True
        utterance.ended_ns = now_ns
        self._ending.append(utterance)
        answer = utterance.pause_answer()
        if answer is None:
            self.words.seal(utterance, len(utterance.windows), self._sample)
        else:
            piece = utterance.piece
            utterance.seal(len(utterance.windows))
            utterance.sealed[piece] = answer
        self._tell_finals(now_ns)

    def take(self, answer: Answer, now_ns: int) -> None:
        """Takes what became of an earlier request."""
        request = answer.request
        english = self.words.in_english(answer)
        if english is not None:
            self._events += english
            return
        utterance = self._find(request.utterance_id)
        if answer.failure is not None:
            stamp = utterance.stamp if utterance else self._stamp_at(self._sample)
            self._events.append(HearingFailed(call_id=self._call_id, stamp=stamp, reason=answer.failure))
        if utterance is None:
            return
        if answer.words is not None and answer.words.text:
            self.words.settle_language(answer.words)
        if request.piece in utterance.sealed:
            ended = utterance.ended_ns is not None and request.piece == utterance.piece - 1
            read_early = request.urgency is Urgency.PAUSE and ended and utterance.heard_whole(request)
            if request.urgency is Urgency.FINAL or (read_early and answer.words is not None):
                utterance.sealed[request.piece] = answer
                self._tell_finals(now_ns)
        elif answer.words is not None:
            self._tell_partial(utterance, answer, now_ns)
            self._end_if_silent(now_ns)

    def _tell_partial(self, utterance: Utterance, answer: Answer, now_ns: int) -> None:
        """Tells the words so far, once; those of a pause that still lasts may be all."""
        known = utterance.pause is not None and utterance.pause.request is answer.request
        paused = answer.request.urgency is Urgency.PAUSE and utterance.heard_whole(answer.request)
        if answer.request.urgency is Urgency.PAUSE:
            utterance.pause = answer
        text = utterance.text(answer)
        if known or not text:
            return
        if paused:
            utterance.told(text, now_ns)
        self._events.append(
            utterance.transcript(
                self._call_id, self.words.heard_language, growing=answer, final=False, paused=paused, now_ns=now_ns
            )
        )

    def _begin(self) -> None:
        self._learn()
        first = self._stamp_at(self._onset_sample)
        self._current = Utterance(id=self._utterances, stamp=first, voiced_end=first, voiced_end_sample=self._sample)
        self._utterances += 1
        self.words.begin()
        for window in self._recent:
            self._current.append(window, 0.0)

    def _learn(self) -> None:
        """Takes how the last turn paused, now that it is known whether it was over."""
        last, self._last = self._last, None
        if last is None or last.samples < TELLING_SAMPLES:
            return
        pause = self._onset_sample - last.voiced_end_sample
        longest = max(last.longest_pause_samples, pause if pause <= TAKEN_UP_SAMPLES else 0)
        self._patience.learn(longest * _MS_PER_SAMPLE)

    def _resume(self, utterance: Utterance) -> None:
        """The voice sets in, at the beginning of an utterance or after a pause in it."""
        pause = self._onset_sample - utterance.voiced_end_sample
        utterance.longest_pause_samples = max(utterance.longest_pause_samples, pause)
        if utterance.piece_samples >= SEAL_AT_PAUSE_SAMPLES:
            self.words.seal(utterance, len(utterance.windows) - START_WINDOWS - 1, self._sample)
        if not self._speaking:
            self._speaking = True
            first = self._stamp_at(self._onset_sample)
            self._events.append(VoiceStarted(call_id=self._call_id, stamp=first))

    def _end_if_silent(self, now_ns: int) -> None:
        """Ends the turn once the silence has lasted as long as what was said before it calls for."""
        utterance = self._current
        if utterance is None or not self._paused:
            return
        silence_ms = (self._sample - utterance.voiced_end_sample) * _MS_PER_SAMPLE
        if silence_ms >= self._settings.min_silence_ms:
            self._fall_silent(utterance)
        answer = utterance.pause_answer()
        if answer is None:
            if silence_ms >= self._settings.max_silence_ms:
                self.end(now_ns)
            return
        waits = self._patience.waits(
            utterance.text(answer),
            language=self.words.heard_language,
            complete_prob=answer.words.complete_prob if answer.words else None,
            finished_prob=answer.finished_prob,
        )
        if silence_ms >= waits.final_ms:
            utterance.answer_from_ns = utterance.voiced_end.captured_ns + round(waits.answer_ms * NS_PER_MS)
            self.end(now_ns)

    def _fall_silent(self, utterance: Utterance) -> None:
        if self._speaking:
            self._speaking = False
            self._events.append(VoiceStopped(call_id=self._call_id, stamp=utterance.voiced_end))

    def _tell_finals(self, now_ns: int) -> None:
        """Tells the words of ended turns in the order in which they were said."""
        while self._ending and self._ending[0].complete:
            utterance = self._ending.pop(0)
            if utterance.text() or not utterance.failed:
                self._events.append(
                    utterance.transcript(self._call_id, self.words.heard_language, final=True, now_ns=now_ns)
                )
                self.words.want_more(utterance)

    def _find(self, utterance_id: int) -> Utterance | None:
        known = [self._current, *self._ending] if self._current else self._ending
        return next((utterance for utterance in known if utterance.id == utterance_id), None)
